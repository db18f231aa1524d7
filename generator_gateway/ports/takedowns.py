"""Taking releases down for a reason that is not a person's consent, so that it can be undone for a while.

A batch is what one cause takes down: a search proposes it or a notice names it; a person confirms; for 30 days it can
be undone; then it is for good. Two batches may hold one release down: it is out again when none does any more.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

UNDO_DAYS = 30
"""How long a batch can be undone, unless it is kept longer."""
NOTICE = "ntc_"
"""What the ids of notices begin with: a batch about one is undone through it."""
NO_BATCH = "-"
"""Stands for a batch where whoever was found needs none: policy lets it through, the block is over, or one has it."""
MOST_RELEASES = 1000
"""Releases of one batch: it is one transaction, and a person must be able to look through it."""


class BatchState(StrEnum):
    """Where a batch stands."""

    SEARCHING = "searching"
    """What the cause touches is still being looked for."""
    NOTHING = "nothing"
    """The search that somebody asked for found nothing that is out."""
    PROPOSED = "proposed"
    """Found by a search; nothing happens before a person confirms."""
    DISMISSED = "dismissed"
    """A person let everything stay."""
    TAKEN_DOWN = "taken_down"
    UNDONE = "undone"
    FINAL = "final"
    """What it still held down was withdrawn, for good."""


class ItemState(StrEnum):
    """Where one release of a batch stands, as far as this batch goes."""

    PROPOSED = "proposed"
    SPARED = "spared"
    """Whoever confirmed let this one stay."""
    TAKEN_DOWN = "taken_down"
    RESTORED = "restored"
    """This batch does not hold it down any more; another, or an objection, may."""
    OVERTAKEN = "overtaken"
    """Something else withdrew it meanwhile, which nothing undoes."""
    FINAL = "final"
    LAPSED = "lapsed"
    """What it was about ended, or was contested, before anybody confirmed; a later search may propose it again."""


class Footing(StrEnum):
    """Where a claim, or a block of a person, stands that a batch is about."""

    STANDS = "stands"
    WAITS = "waits"
    """It stops nothing now, but may: it begins later, or staff have still to look at it."""
    ENDED = "ended"
    """It is over, is contested, or is not there any more."""


@dataclass(frozen=True, slots=True)
class TakedownCause:
    """Why releases are taken down.

    Attributes:
        reason: reason code; owners and the ledger are told it.
        about: id of the claim, notice or blocklist entry; staff see it and the ledger holds it. Not told to owners.
            Empty where a batch is about several: each of its releases says about which it is.
        title: what owners are told it is about, as far as they may know; empty for nothing.
    """

    reason: str
    about: str = ""
    title: str = ""

    @property
    def of_notice(self) -> bool:
        """Whether it is a notice: a law sets dates then, and what is done is done through the notice."""
        return self.about.startswith(NOTICE)


@dataclass(frozen=True, slots=True)
class Touched:
    """A release that a cause touches, and what it was found by.

    Attributes:
        found_by: "bytes" for nearly the same file, "picture", "video" (a claimed one),
            "sound", "prompt", "face", "voice", or "named" where somebody said which.
        score: in [0, 1]: how much of the release, how sure the name, or the chance that it is the person.
        what: the words that matched, or empty.
        about: id of the claim or blocklist entry that touches it; empty for that of the batch.
    """

    case_id: str
    found_by: str = "named"
    score: float = 1.0
    what: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One release of a batch."""

    touched: Touched
    state: ItemState


@dataclass(frozen=True, slots=True)
class Batch:
    """What one cause takes down.

    Attributes:
        id: ``takedown_...``.
        opened_by: account, or "system".
        found: releases that the search found; more than the batch holds where there are more than MOST_RELEASES.
        confirmed_by: account that had it taken down or dismissed; empty before.
        undo_until: from this moment on it cannot be undone; None before it is confirmed.
        counts: how many of its releases are in each `ItemState`; states with none are left out.
        note: what whoever decided last said; staff read it.
        several: of how many claims or people it is, where it is about more than one; 0 where it is about one.
        groundless_since: when it was noticed that what it holds something down for does not stand any more; None
            while it does, and once nothing is held down.
    """

    id: str
    cause: TakedownCause
    state: BatchState
    opened_by: str
    opened_at: datetime
    found: int = 0
    confirmed_by: str = ""
    confirmed_at: datetime | None = None
    undo_until: datetime | None = None
    ended_by: str = ""
    ended_at: datetime | None = None
    note: str = ""
    counts: Mapping[ItemState, int] = field(default_factory=lambda: MappingProxyType({}))
    several: int = 0
    groundless_since: datetime | None = None


class Takedowns(Protocol):
    """The use-cases: `service.takedowns.TakedownDesk`. Each is one transaction and joins one that is open.

    Every step is on the ledger (``release:batch:*`` for the batch, ``release:video:*`` for each release), and every
    owner, and a minor's guardians, is told with the reason and how to appeal.
    """

    def take_down(
        self, case_ids: Collection[str], cause: TakedownCause, by: str, *, until: datetime | None = None
    ) -> Batch:
        """Take releases down now, as one confirmed batch. What is withdrawn or was never released is left out.

        Args:
            case_ids: which; at most MOST_RELEASES.
            cause: why.
            by: account that decides, or "system".
            until: how long it can be undone; None for UNDO_DAYS from now.

        Raises:
            InvalidInput: too many, or none of them is there to be taken down.
        """
        ...

    def restore(self, batch_id: str, by: str, *, note: str = "", by_notice: bool = False) -> Batch:
        """Undo: what only this batch holds down is out again, or held back again where somebody objects to it.

        A batch about a notice under a statute is undone by what becomes of the notice alone, whenever: `by_notice`.

        Raises:
            NotFound: there is no such batch.
            Conflict: it is not TAKEN_DOWN, its time to be undone is over, or it is about a notice.
        """
        ...

    def spare(self, batch_id: str, case_ids: Collection[str], by: str, *, by_notice: bool = False) -> Batch:
        """Let some of a batch out again, as far as nothing withdrew it; with the last of them the batch is undone.

        Raises:
            NotFound, Conflict: as `restore`, or the batch holds none of them down.
        """
        ...

    def lock(self, batch_ids: Collection[str], case_ids: Collection[str]) -> None:
        """Lock batches and then releases, each in order of id, in the caller's transaction, which has locked neither.

        For steps with several batches: no later one waits for anybody then.
        """
        ...

    def finalise(self, batch_id: str, by: str) -> Batch:
        """Withdraw for good what the batch still holds down; raises as `restore`, but whatever its time.

        What is held down for a claim or a person for which nothing stands now stays as it is, undoable a while longer.
        """
        ...

    def keep(self, batch_id: str, until: datetime) -> Batch:
        """Have a batch stay undoable until a moment, because something is undecided; never sooner than it was.

        Raises:
            NotFound, Conflict: as `restore`.
        """
        ...

    def batch(self, batch_id: str) -> Batch:
        """One; raises NotFound."""
        ...

    def items(self, batch_id: str) -> Sequence[BatchItem]:
        """The releases of a batch, in order of id; raises NotFound."""
        ...


class TakedownShelf(Protocol):
    """The rows of batches. Changes are made in the caller's transaction."""

    def add(self, batch: Batch, touched: Sequence[Touched], state: ItemState, matters: Collection[str] = ()) -> None:
        """Insert a batch with its releases, all in one state, and what it is about where that is several."""
        ...

    def matters(self, batch_id: str) -> Sequence[str]:
        """What a batch is about, where that is several; else nothing."""
        ...

    def settle(self, batch_id: str, about: str) -> bool:
        """Take one of several off what a batch is about; whether it was there."""
        ...

    def met(self, about: str, case_ids: Collection[str], states: Collection[ItemState]) -> frozenset[str]:
        """Which of these are in one of these states in a batch about this."""
        ...

    def fill(self, batch: Batch, touched: Sequence[Touched], matters: Collection[str] = ()) -> None:
        """Keep what a search found, as proposed, the batch as it is now, and what it is about where that is several."""
        ...

    def drop(self, batch_id: str) -> None:
        """Forget a batch in which there is nothing."""
        ...

    def get(self, batch_id: str, *, lock: bool = False) -> Batch | None:
        """One, locked until the transaction ends if asked."""
        ...

    def replace(self, batch: Batch) -> None:
        """Keep a changed batch; its counts are those of its items."""
        ...

    def items(self, batch_id: str) -> Sequence[BatchItem]:
        """The releases of a batch, in order of id."""
        ...

    def set_items(self, batch_id: str, case_ids: Collection[str], state: ItemState) -> None:
        """Put some releases of a batch into a state."""
        ...

    def held_by_others(self, batch_id: str, case_ids: Collection[str]) -> frozenset[str]:
        """Which of these another batch holds down, as committed now."""
        ...

    def page(
        self, *, state: BatchState | None, about: str | None, groundless: bool, after: str | None, limit: int
    ) -> tuple[list[Batch], bool]:
        """Newest first, and whether there are more; `after` is the last id of the page before.

        With `groundless` only those that hold something down for what does not stand any more.
        """
        ...

    def open_ones(self, after: str, limit: int) -> Sequence[Batch]:
        """PROPOSED and TAKEN_DOWN ones behind an id, oldest first, not counted; a notice looks after those about it."""
        ...

    def of_cases(self, case_ids: Collection[str]) -> Mapping[str, Sequence[Batch]]:
        """Batches that took releases down, newest first, by release; those that none did are left out."""
        ...

    def due(self, at: datetime, limit: int) -> Sequence[str]:
        """Ids of batches that are TAKEN_DOWN and cannot be undone any more; a notice ends those about it."""
        ...

    def searching(self, limit: int) -> Sequence[str]:
        """Ids of batches whose search was not done, oldest first."""
        ...


class Touches(Protocol):
    """Finds the releases that something touches, from what is stored of them; opens no medium."""

    def by_claims(self, claim_ids: Collection[str]) -> Mapping[str, Sequence[Touched]]:
        """By claim id, releases that the claim would have stopped and that are out, the surest first."""
        ...

    def waiting(self, claim_ids: Collection[str]) -> frozenset[str]:
        """Which of these begin at a later moment, and have not ended."""
        ...

    def footing(self, claim_ids: Collection[str]) -> Mapping[str, Footing]:
        """Where each of these claims stands now."""
        ...

    def titles(self, claim_ids: Collection[str]) -> Mapping[str, str]:
        """By claim id, what owners of releases may be told that it is about; empty where nothing."""
        ...


class TouchesPeople(Protocol):
    """Finds the releases that show or name people on the blocklist, and that policy would not let through today."""

    def by_people(self, entry_ids: Collection[str]) -> Mapping[str, Sequence[Touched]]:
        """By entry, releases whose prompt names the person, or whose tracks were found to be theirs; surest first."""
        ...

    def waiting(self, entry_ids: Collection[str]) -> frozenset[str]:
        """Which of these are to be blocked from a later moment on."""
        ...

    def footing(self, entry_ids: Collection[str]) -> Mapping[str, Footing]:
        """Where the block of each of these stands now."""
        ...

    def tracked(self) -> Mapping[str, Sequence[Touched]]:
        """The same of tracks alone, of everybody: what was found in them and is in no batch yet."""
        ...

    def proposed(self, batch_id: str, pairs: Collection[tuple[str, str]]) -> None:
        """Note that pairs of entry and release are in a batch, in the caller's transaction, behind all its locks."""
        ...

    def let_stay(self, batch_id: str, case_ids: Collection[str], by: str) -> None:
        """Note that staff looked at a batch and let these stay, in the caller's transaction, likewise."""
        ...


class NobodyBlocked:
    """A `TouchesPeople` where nobody is on a blocklist."""

    def by_people(self, entry_ids: Collection[str]) -> Mapping[str, Sequence[Touched]]:  # noqa: ARG002 - the port's shape
        """Nothing."""
        return {}

    def waiting(self, entry_ids: Collection[str]) -> frozenset[str]:  # noqa: ARG002 - the port's shape
        """Nobody."""
        return frozenset()

    def footing(self, entry_ids: Collection[str]) -> Mapping[str, Footing]:
        """None of them is there."""
        return dict.fromkeys(entry_ids, Footing.ENDED)

    def tracked(self) -> Mapping[str, Sequence[Touched]]:
        """Nothing."""
        return {}

    def proposed(self, batch_id: str, pairs: Collection[tuple[str, str]]) -> None:
        """Nothing to note."""

    def let_stay(self, batch_id: str, case_ids: Collection[str], by: str) -> None:
        """Nothing to note."""
