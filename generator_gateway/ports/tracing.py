"""Which releases show somebody: who looks, what is kept of it, and who is looked for."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class SearchCause(StrEnum):
    """Why somebody is looked for in everything that was made."""

    ENROLLED = "enrolled"
    BLOCKED = "blocked"
    REVOKED = "revoked"


class AppearanceState(StrEnum):
    """What came of an appearance."""

    OPEN = "open"
    """Nobody has decided."""
    DISPUTED = "disputed"
    """The person asks for it to be taken back; staff look at these first."""
    WITHDRAWN = "withdrawn"
    """The release is no longer out."""
    DISMISSED = "dismissed"
    """Staff looked and let the release stay; a later search does not open it again."""


UNDECIDED = frozenset({AppearanceState.OPEN, AppearanceState.DISPUTED})


class Judged(Protocol):
    """How surely."""

    @property
    def band(self) -> str: ...  # noqa: D102
    @property
    def score(self) -> float: ...  # noqa: D102
    @property
    def probability(self) -> float: ...  # noqa: D102
    @property
    def fpir(self) -> float: ...  # noqa: D102


class Found(Protocol):
    """A person in the output of a case; the likeness guard's `Appearance` is one."""

    @property
    def case_id(self) -> str: ...  # noqa: D102
    @property
    def modality(self) -> str: ...  # noqa: D102
    @property
    def judgement(self) -> Judged: ...  # noqa: D102


class DueSearch(Protocol):
    """A search that is due; the likeness guard's `PendingSearch` is one."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def owner(self) -> str: ...  # noqa: D102
    @property
    def cause(self) -> str: ...  # noqa: D102


class Seeker(Protocol):
    """Notes whom to look for."""

    def look_for(self, owner: str, cause: str) -> None:
        """Have a person looked for in everything that was made, in the caller's transaction."""
        ...


class Finder(Seeker, Protocol):
    """Looks for people in the kept tracks of what was made; the likeness guard is one."""

    def searches_due(self, limit: int) -> Sequence[DueSearch]:
        """People who are to be looked for, longest waiting first."""
        ...

    def search_done(self, search_id: str) -> bool:
        """Strike a search off, in the caller's transaction; False where somebody else did."""
        ...

    def appearances(self, owner: str) -> Sequence[Found]:
        """Cases whose output shows or sounds like a person, the surest first.

        Raises:
            Unavailable: a model, an index or the database does not answer.
            NotFound: the person's templates were shredded.
        """
        ...

    def adopt(self, subject_id: str) -> int:
        """Make every track that surely shows a subject theirs, so that forgetting them destroys it; gives how many."""
        ...


class Tracks(Protocol):
    """Faces and voices kept of what was made."""

    def discard(self, case_id: str) -> None:
        """Destroy what was kept of a case's output; a second time changes nothing."""
        ...


@dataclass(frozen=True, slots=True)
class NewAppearance:
    """A person found in a release.

    Attributes:
        owner: subject or blocklist entry.
        modality: "face" or "voice".
        band: "match" or "unsure".
        score: cosine in [-1, 1].
        probability: in [0, 1], that it is this person.
        fpir: share of strangers who would score as high among as many tracks.
        cause: a `SearchCause`.
    """

    owner: str
    case_id: str
    modality: str
    band: str
    score: float
    probability: float
    fpir: float
    cause: str


@dataclass(frozen=True, slots=True)
class Appearance:
    """An appearance as it stands.

    Attributes:
        found: by the newest search that found it while nobody had decided.
        state: WITHDRAWN too where the release went for another reason.
        at: when it was first found.
        decided_by: account of the member of staff; empty where nobody decided.
        disputed_at: when the person asked for it to be taken back; they can once.
        batch_id: of the batch that staff decide it by, where a blocked person was found; else empty.
    """

    id: str
    found: NewAppearance
    state: AppearanceState
    at: datetime
    decided_by: str = ""
    decided_at: datetime | None = None
    note: str = ""
    disputed_at: datetime | None = None
    batch_id: str = ""

    @property
    def disputable(self) -> bool:
        """Whether the person can still ask for it to be taken back."""
        return self.disputed_at is None and self.state in {AppearanceState.OPEN, AppearanceState.DISMISSED}


@dataclass(frozen=True, slots=True)
class Standing:
    """What has become of some cases, for one person.

    Attributes:
        released: cases whose release is out, each with what of the person is a known use: what they co-own it by, and
            everything where they made it themselves.
        running: cases that may yet be released as they were looked at.
    """

    released: Mapping[str, frozenset[str]] = field(default_factory=dict)
    running: frozenset[str] = frozenset()


class AppearanceShelf(Protocol):
    """The rows of appearances."""

    def standing(self, owner: str, account_id: str | None, case_ids: Collection[str]) -> Standing:
        """What has become of cases in which a person was found.

        Args:
            owner: subject or blocklist entry.
            account_id: the account that speaks for the person; None for a blocked one.
            case_ids: in which they were found.
        """
        ...

    def note(self, new: NewAppearance, at: datetime) -> bool:
        """Keep an appearance, in the caller's transaction; True where it was not known.

        A known one that nobody decided takes the new figures; a decided one stays as it is.
        """
        ...

    def get(self, appearance_id: str) -> Appearance:
        """One; raises NotFound."""
        ...

    def page(
        self, *, state: AppearanceState | None, owner: str | None, after: str | None, limit: int
    ) -> tuple[list[Appearance], bool]:
        """Disputed ones first, then newest first; and whether there are more."""
        ...

    def decide(self, appearance_id: str, state: AppearanceState, by: str, note: str, at: datetime) -> None:
        """Keep a decision, in the caller's transaction.

        Raises:
            Conflict: ``likeness:appearance:decided``, it is decided already.
        """
        ...

    def dispute(self, appearance_id: str, at: datetime) -> None:
        """Keep that the person asks for it to be taken back.

        Raises:
            Conflict: ``likeness:appearance:decided``, they did once, or there is nothing to take back.
        """
        ...
