"""What the routes of feeds give."""

from pydantic import BaseModel

from copyright_optout.domain.feeds import EntryNote, FeedReport, Lost
from copyright_optout.schemas.imports import ImportView, TroubleView


class NoteView(BaseModel):
    """An entry that was not taken in whole."""

    entry: int
    trouble: TroubleView | None
    lost: list[Lost]

    @classmethod
    def of(cls, note: EntryNote) -> "NoteView":
        """The view of a note."""
        trouble = TroubleView.of(note.trouble) if note.trouble else None
        return cls(entry=note.number, trouble=trouble, lost=sorted(note.lost))


class FeedView(BaseModel):
    """What became of a feed: the import that takes its claims in, or the claim that its hashes are of."""

    list_import: ImportView | None
    claim_id: str | None
    added: int
    notes: list[NoteView]

    @classmethod
    def of(cls, report: FeedReport) -> "FeedView":
        """The view of a report."""
        return cls(
            list_import=ImportView.of(report.job) if report.job else None,
            claim_id=report.claim_id or None,
            added=report.added,
            notes=[NoteView.of(note) for note in report.notes],
        )
