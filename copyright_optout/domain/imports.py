"""Long lists of claims, what becomes of each line, and how far an import has come."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from copyright_optout.domain.concerns import Concerning
from copyright_optout.domain.proving import Declaration, Proof
from copyright_optout.domain.reasons import FeedFault, ImportFault, OptOutFault

COLUMNS = (
    "title",
    "kind",
    "names",
    "descriptions",
    "settings",
    "territories",
    "licensees",
    "told",
    "starts_at",
    "expires_at",
    "reference",
    "ground",
    "statement",
    "registration",
)
"""Columns of a table, or members of a JSON object; only `title` must be there, beside `kind` where it is not given once
for all."""

LISTS = frozenset({"names", "descriptions", "settings", "territories", "licensees"})
"""Columns of several values, in a table parted by ``|``."""

MOST_LINES = 200_000
"""Lines of one list, twice what is promised; longer ones are sent in parts."""
MOST_TRIES = 5
"""Times that a worker takes an import up without getting any further, before it is given up."""


class ImportState(StrEnum):
    """Where an import stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    """The file could not be read to its end; what stands before that place was taken in."""
    CANCELLED = "cancelled"
    """Somebody ended it; what was taken in until then stays."""
    ACTIVATING = "activating"
    ACTIVATED = "activated"


READING = frozenset({ImportState.WAITING, ImportState.RUNNING})
"""States in which there is a file to be read."""
WORKING = READING | {ImportState.ACTIVATING}
"""States in which a worker has something to do."""


class LineOutcome(StrEnum):
    """What became of a line."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class LineTrouble:
    """Why a line was rejected.

    Attributes:
        code: an `ImportFault` or `OptOutFault`.
        detail: one sentence.
        field: the column at fault; empty where it is the whole line.
        limit: what was passed, or what may be said; empty where there is none.
    """

    code: str
    detail: str
    field: str = ""
    limit: str = ""

    @property
    def advice(self) -> str:
        """What to do about it, in one sentence."""
        return _ADVICE.get(self.code, "Correct the line and send the file again.")


_ADVICE: Mapping[str, str] = MappingProxyType(
    {
        ImportFault.UNREADABLE: "Close every bracket and quotation mark; give a row as many cells as the header has.",
        ImportFault.ENCODING: "Save the file as UTF-8 and send it again.",
        ImportFault.TOO_LARGE: "Shorten the line; a plot belongs into descriptions.",
        ImportFault.COLUMN: "Use the columns that the limit names.",
        ImportFault.VALUE: "Use one of the values that the limit names.",
        ImportFault.REPEATED: "Keep one of the two lines, or give each its own reference.",
        ImportFault.STANDS: "Withdraw the claim and file another, or change its licences alone.",
        ImportFault.ENDED: "Give the line another reference to claim it anew.",
        OptOutFault.NAME_EMPTY: "Give a title or name with a letter or digit in it.",
        OptOutFault.NAME_LENGTH: "Shorten the title or name.",
        OptOutFault.NAME_COMMON: "Claim the whole name, not a word of every sentence.",
        OptOutFault.DATES: "Change expires_at or starts_at.",
        OptOutFault.TERRITORY: "Use codes of two letters, such as IT.",
        OptOutFault.LICENCES: "Name fewer licensees.",
        OptOutFault.DECLARATIONS: "Declare all of it, once for the whole import, if it is true.",
        OptOutFault.REFERENCES: "Give the rest another name.",
        FeedFault.ENTRY: "Correct the entry and send the feed again.",
        FeedFault.OPEN: "Nothing is to be done: there is nothing to claim.",
        FeedFault.HASH: "Leave it out, or have a better picture hashed.",
        OptOutFault.PROOF: "Give a ground and a statement or registration, in the line or once for all.",
    }
)


@dataclass(frozen=True, slots=True)
class LineReport:
    """What became of a line, and what is to be known of its claim.

    Attributes:
        line: of the table or of JSON lines, or the number of the member of an array, from 1.
        reference: the rights holder's key, or the one made of title and kind.
        claim_id: empty where nothing is kept.
    """

    line: int
    outcome: LineOutcome
    title: str = ""
    reference: str = ""
    claim_id: str = ""
    trouble: LineTrouble | None = None
    concerns: tuple[Concerning, ...] = ()

    @property
    def is_wanting(self) -> bool:
        """Whether somebody has to look at it."""
        return self.trouble is not None or bool(self.concerns)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many lines became what; `concerning` of those that were not rejected have a concern."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    concerning: int = 0

    @property
    def wanting(self) -> int:
        """Lines that somebody has to look at."""
        return self.rejected + self.concerning

    def with_lines(self, reports: Iterable[LineReport]) -> "Counts":
        """With these lines too."""
        found = {"added": self.added, "changed": self.changed, "unchanged": self.unchanged, "rejected": self.rejected}
        concerning = self.concerning
        for report in reports:
            found[report.outcome.value] += 1
            concerning += bool(report.concerns)
        return Counts(**found, concerning=concerning)


@dataclass(frozen=True, slots=True)
class ClaimImport:
    """A list of claims on its way in.

    Attributes:
        id: ``imp_...``.
        by: account that sent it.
        submit: hand each claim in; else they are kept as drafts.
        proof: of every line that gives none itself.
        declared: once for all lines.
        kind: of every line that names none; empty where each must.
        digest: by which its file is found; empty once that is dropped.
        size: bytes of the file.
        read: bytes read, about.
        lines: lines that were dealt with.
        last_line: number of the last of them.
        batches: reports kept.
        failure: why it could not be read to its end.
        activated: claims that were activated.
        left: claims that were not, because of a concern or their state.
        reached: batches that were gone through in activating.
        activated_by: who had it activated; empty where nobody has.
        held_until: until then a worker is at it.
        ended_at: when the last of its lines was taken in; claims that changed since are not activated with it.
        tries: times that a worker took it up since it last got any further.
    """

    id: str
    organisation_id: str
    by: str
    submit: bool
    state: ImportState
    digest: str
    size: int
    created_at: datetime
    changed_at: datetime
    proof: Proof | None = None
    declared: frozenset[Declaration] = frozenset()
    kind: str = ""
    read: int = 0
    lines: int = 0
    last_line: int = 0
    batches: int = 0
    counts: Counts = Counts()
    failure: LineTrouble | None = None
    activated: int = 0
    left: int = 0
    reached: int = 0
    activated_by: str = ""
    held_until: datetime | None = None
    ended_at: datetime | None = None
    tries: int = 0

    @property
    def is_unfinished(self) -> bool:
        """Whether a worker has something to do."""
        return self.state in WORKING

    def ended(self, state: ImportState, at: datetime, failure: LineTrouble | None = None) -> "ClaimImport":
        """In a state in which its file is not needed any more."""
        return replace(self, state=state, failure=failure, changed_at=at, ended_at=at, held_until=None, tries=0)
