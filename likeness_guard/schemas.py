"""HTTP shapes. None of them ever holds a template."""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from likeness_guard.domain.people import (
    Added,
    Alias,
    Category,
    Entry,
    EntryChange,
    LiftedBy,
    NoisyName,
    Similar,
)
from likeness_guard.errors import BlocklistFault
from likeness_guard.service.blocklist_import import LineReport, Outcome
from likeness_guard.service.blocklist_terms import moment_of
from trust_kernel.errors import InvalidInput


class AliasShape(BaseModel):
    """Another name; `language` is a BCP 47 tag, empty where nobody said."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=1000)
    language: str = Field(default="", max_length=40)


class ProposalOut(BaseModel):
    """A lift that waits for a second person."""

    by: str
    reason: str
    at: datetime
    asked_by: LiftedBy | None
    proof: str


class BlocklistEntryOut(BaseModel):
    """A blocked public figure."""

    id: str
    object: str = "blocklist.entry"
    name: str
    aliases: list[AliasShape]
    category: Category
    lifted_by: LiftedBy
    starts_at: datetime | None
    ends_at: datetime | None
    source: str
    external_id: str
    note: str
    has_face: bool
    has_voice: bool
    created_by: str
    created_at: datetime
    updated_at: datetime
    version: int
    proposal: ProposalOut | None

    @classmethod
    def of(cls, entry: Entry) -> "BlocklistEntryOut":
        """What HTTP shows of an entry."""
        return cls(**_fields(entry))


class SimilarOut(BaseModel):
    """Somebody like them: an entry, or an enrolled person (`gallery` is ``cameo``)."""

    about: str
    kind: str
    score: float
    sure: bool
    gallery: str
    name: str

    @classmethod
    def of(cls, similar: Similar) -> "SimilarOut":
        """The same for HTTP."""
        return cls(
            about=similar.about,
            kind=similar.kind.value,
            score=similar.score,
            sure=similar.sure,
            gallery=similar.gallery,
            name=similar.name,
        )


class NoisyOut(BaseModel):
    """A name that will be found where nobody is meant."""

    name: str
    why: str

    @classmethod
    def of(cls, noisy: NoisyName) -> "NoisyOut":
        """The same for HTTP."""
        return cls(name=noisy.name, why=noisy.why.value)


class BlocklistAddedOut(BlocklistEntryOut):
    """An entry just made or changed, and what staff should look at."""

    similar: list[SimilarOut]
    noisy: list[NoisyOut]

    @classmethod
    def told(cls, added: Added) -> "BlocklistAddedOut":
        """The entry, who is like it, and its noisy names."""
        return cls(
            **_fields(added.entry),
            similar=[SimilarOut.of(one) for one in added.similar],
            noisy=[NoisyOut.of(one) for one in added.noisy],
        )


class BlocklistOut(BaseModel):
    """A page of blocked public figures, by name."""

    object: str = "list"
    data: list[BlocklistEntryOut]
    has_more: bool
    next: str | None
    """What to send as `after` for the next page."""
    total: int
    """Entries in all, whatever was asked for."""


class BlocklistPatch(BaseModel):
    """What to change; fields that are left out stay. `version` refuses if somebody else was faster."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, max_length=1000)
    aliases: list[str | AliasShape] | None = Field(default=None, max_length=1000)
    category: Category | None = None
    lifted_by: LiftedBy | None = None
    starts_at: str | None = Field(default=None, max_length=100)
    ends_at: str | None = Field(default=None, max_length=100)
    source: str | None = Field(default=None, max_length=10_000)
    external_id: str | None = Field(default=None, max_length=1000)
    note: str | None = Field(default=None, max_length=10_000)
    version: int | None = None

    def fields(self) -> dict[str, object]:
        """The new values by name. Only dates can be taken away by null."""
        given = {name: getattr(self, name) for name in self.model_fields_set - {"version"}}
        for name, value in given.items():
            if value is None and name not in {"starts_at", "ends_at"}:
                raise InvalidInput(f"{name} cannot be null", code=BlocklistFault.MALFORMED, field=name)
        for name in {"starts_at", "ends_at"} & given.keys():
            given[name] = moment_of(given[name] or "", name, last=name == "ends_at")
        if "aliases" in given:
            given["aliases"] = [_alias(alias) for alias in given["aliases"]]
        return given


class HistoryLineOut(BaseModel):
    """One change of an entry; `changes` holds what was there before and after, by field."""

    version: int
    event: str
    by: str
    at: datetime
    name: str
    changes: dict[str, tuple[str, str]]
    reason: str

    @classmethod
    def of(cls, change: EntryChange) -> "HistoryLineOut":
        """The same for HTTP."""
        return cls(
            version=change.version,
            event=change.event.value,
            by=change.by,
            at=change.at,
            name=change.name,
            changes=dict(change.changes),
            reason=change.reason,
        )


class HistoryOut(BaseModel):
    """What happened to an entry, newest first."""

    object: str = "list"
    data: list[HistoryLineOut]


class LiftOut(BaseModel):
    """What asking to lift a block came to: ``lifted``, or ``proposed`` and waiting for a second person."""

    id: str
    status: str
    entry: BlocklistEntryOut | None


class TroubleOut(BaseModel):
    """What is wrong with a line or one of its files."""

    code: str
    detail: str
    field: str
    limit: str


class LineOut(BaseModel):
    """What became of a line."""

    line: int
    outcome: Outcome
    name: str
    external_id: str
    entry_id: str
    troubles: list[TroubleOut]
    similar: list[SimilarOut]
    noisy: list[NoisyOut]

    @classmethod
    def of(cls, report: LineReport) -> "LineOut":
        """The same for HTTP."""
        return cls(
            line=report.line,
            outcome=report.outcome,
            name=report.name,
            external_id=report.external_id,
            entry_id=report.entry_id,
            troubles=[
                TroubleOut(code=one.code, detail=one.detail, field=one.field, limit=one.limit)
                for one in report.troubles
            ],
            similar=[SimilarOut.of(one) for one in report.similar],
            noisy=[NoisyOut.of(one) for one in report.noisy],
        )


class ImportOut(BaseModel):
    """What an import did: counts, and the lines that somebody should look at, up to a thousand."""

    object: str = "blocklist.import"
    dry_run: bool
    lines: int
    added: int
    updated: int
    unchanged: int
    rejected: int
    to_look_at: int
    """Lines that were rejected or hold something to look at, listed or not."""
    data: list[LineOut]


def cursor_of(entry: Entry) -> str:
    """Where the next page begins, as text without meaning to the caller."""
    return base64.urlsafe_b64encode(json.dumps([entry.name, entry.id]).encode()).decode("ascii")


def place_of(cursor: str) -> tuple[str, str]:
    """What `cursor_of` made, read again; raises InvalidInput."""
    try:
        name, entry_id = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
    except (ValueError, binascii.Error, RecursionError):
        name, entry_id = None, None
    if not isinstance(name, str) or not isinstance(entry_id, str) or "\0" in name + entry_id or not _encodes(name):
        raise InvalidInput("this is no `next` of a page", code=BlocklistFault.MALFORMED, field="after")
    return name, entry_id


def page_out(found: Sequence[Entry], limit: int, total: int) -> BlocklistOut:
    """A page of at most `limit` of what was found, which is one more where there is another page."""
    shown = found[:limit]
    more = len(found) > limit
    return BlocklistOut(
        data=[BlocklistEntryOut.of(entry) for entry in shown],
        has_more=more,
        next=cursor_of(shown[-1]) if more else None,
        total=total,
    )


def _encodes(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _alias(given: str | AliasShape) -> str | Alias:
    return given if isinstance(given, str) else Alias(given.name, given.language)


def _fields(entry: Entry) -> dict[str, object]:
    names = ("id", "name", "category", "lifted_by", "starts_at", "ends_at", "source", "external_id", "note")
    more = ("has_face", "has_voice", "created_by", "created_at", "updated_at", "version")
    waiting = entry.proposal
    return {
        **{name: getattr(entry, name) for name in (*names, *more)},
        "aliases": [AliasShape(name=alias.name, language=alias.language) for alias in entry.aliases],
        "proposal": waiting
        and ProposalOut(
            by=waiting.by, reason=waiting.reason, at=waiting.at, asked_by=waiting.word_of, proof=waiting.proof
        ),
    }
