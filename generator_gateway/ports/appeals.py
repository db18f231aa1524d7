"""Appeals: somebody whose request was refused, or whose video was taken down, asks others to look again.

One appeal for each decision. It is open until staff uphold the decision or overturn it, the rights holders concerned
let this one be made, whoever appealed takes it back, or nothing is left to decide about. Silence decides nothing: what
is not answered in time is put before the administrators, and stays open.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from generator_gateway.ports.takedowns import Batch
from generator_gateway.stages import Request
from trust_kernel.decisions import Lift, Ruling, Stage, Verdict

LONGEST_STATEMENT = 2000
LONGEST_EVIDENCE = 5000
LONGEST_REFERENCE = 200
LONGEST_NOTE = 2000


class AppealKind(StrEnum):
    """What is appealed against."""

    REFUSED = "refused"
    """Policy denied it."""
    DECLINED = "declined"
    """A reviewer did."""
    TAKEN_DOWN = "taken_down"
    """It was out, and was taken down."""


class AppealState(StrEnum):
    """Where an appeal stands. Every state but OPEN is final."""

    OPEN = "open"
    UPHELD = "upheld"
    OVERTURNED = "overturned"
    LICENSED = "licensed"
    """The rights holders concerned let it be made, or what they claimed stands against it no more."""
    LAPSED = "lapsed"
    """Nothing is left to decide about: the video was deleted, or withdrawn for good."""
    WITHDRAWN = "withdrawn"
    """By whoever appealed."""


@dataclass(frozen=True, slots=True)
class Said:
    """What whoever appeals says.

    Attributes:
        statement: why the decision is wrong; staff read it.
        evidence: what speaks for that; staff read it.
        licence: number or name of a licence that they hold; the rights holders concerned see it too.
    """

    statement: str
    evidence: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Appeal:
    """One appeal.

    Attributes:
        id: ``appeal_...``.
        decision_id: of the decision, the review or the batch that it is against.
        stage: which look the decision was; OUTPUT for a takedown.
        draft: digest of what was made, where that was looked at; what is lifted is lifted for this draft alone.
        account_id: who appeals.
        due_at: when it is to be answered.
        escalated_at: when the administrators were told that it was not.
        proposed_by: who of staff said first that it is to be overturned, where that takes two; empty for nobody.
        lifts: what is lifted, or proposed to be.
        decided_by: who decided last; empty for nobody, and where no member of staff did.
        note: what they said; whoever appealed reads it.
    """

    id: str
    case_id: str
    kind: AppealKind
    decision_id: str
    stage: Stage
    account_id: str
    said: Said
    state: AppealState
    filed_at: datetime
    due_at: datetime
    draft: str = ""
    escalated_at: datetime | None = None
    proposed_by: str = ""
    lifts: frozenset[Lift] = frozenset()
    decided_by: str = ""
    decided_at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Voice:
    """What a rights holder concerned says of an appeal.

    Attributes:
        reasons: reason codes that its claim stopped the request with; empty for a takedown.
        comment: staff read it.
        permits: they let this one be made.
        by: account that said so; empty while nobody said anything.
    """

    appeal_id: str
    claim_id: str
    organisation_id: str
    reasons: tuple[str, ...] = ()
    comment: str = ""
    permits: bool = False
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Contested:
    """A decision that can be appealed against.

    Attributes:
        rulings: those that stop it; none for a takedown.
        until: the moment from which nobody can appeal any more.
        barred: accounts that made the decision, and may not decide about it again.
        about: ids of whomever and whatever the decision was about.
        batch: that took it down; None for any other.
    """

    kind: AppealKind
    decision_id: str
    stage: Stage
    until: datetime
    rulings: tuple[Ruling, ...] = ()
    barred: frozenset[str] = frozenset()
    about: frozenset[str] = frozenset()
    draft: str = ""
    batch: Batch | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that staff may lift, or may not.

    Attributes:
        verdict: DENY or HOLD.
        people: how many have to say so; 0 where nobody can.
    """

    lift: Lift
    verdict: Verdict
    people: int


@dataclass(frozen=True, slots=True)
class ClaimFacts:
    """A claim, as appeals need it."""

    id: str
    organisation_id: str
    title: str


class AppealShelf(Protocol):
    """The rows of appeals. Changes are made in the caller's transaction."""

    def add(self, appeal: Appeal, voices: Sequence[Voice]) -> None:
        """Insert; raises Conflict where there is one against this decision."""
        ...

    def get(self, appeal_id: str, *, lock: bool = False) -> Appeal | None:
        """One, locked until the transaction ends if asked."""
        ...

    def replace(self, appeal: Appeal) -> None:
        """Keep a changed one."""
        ...

    def of_case(self, case_id: str) -> Sequence[Appeal]:
        """Those of a case, newest first."""
        ...

    def of_cases(self, case_ids: Collection[str]) -> Mapping[str, Sequence[Appeal]]:
        """Those of several, by case; cases without are left out."""
        ...

    def page(self, state: AppealState | None, *, after: str | None, limit: int) -> tuple[list[Appeal], bool]:
        """By what is to be answered next, and whether there are more; `after` is the last id of the page before."""
        ...

    def late(self, at: datetime, limit: int) -> Sequence[str]:
        """Ids of open ones that were to be answered by then and are not escalated, the longest due first."""
        ...

    def open_ones(self, after: str, limit: int) -> Sequence[str]:
        """Ids of open ones, in order."""
        ...

    def open_against(self, decision_ids: Collection[str]) -> bool:
        """Whether one against any of these decisions is open."""
        ...

    def voices(self, appeal_id: str) -> Sequence[Voice]:
        """The rights holders concerned, in order of claim."""
        ...

    def put_voice(self, voice: Voice) -> None:
        """Keep what one says."""
        ...

    def heard_by(
        self, organisation_ids: Collection[str], *, after: str | None, limit: int
    ) -> tuple[list[tuple[Appeal, Voice]], bool]:
        """Appeals that concern claims of these organisations, newest first, and whether there are more."""
        ...

    def last_declines(self, case_ids: Collection[str]) -> Mapping[str, str]:
        """The last review that declined each case; cases that nobody declined are left out."""
        ...

    def decliners(self, case_id: str) -> Sequence[tuple[str, str]]:
        """Reviews that declined a case, as (id, account), newest first."""
        ...

    def media_there(self, case_id: str, digests: Collection[str]) -> bool:
        """Whether a case still has all of these."""
        ...


class Reopens(Protocol):
    """The case rows, as far as an appeal sends them back."""

    def reopen(self, case_id: str) -> None:
        """Have a refused case judged again; raises Conflict where it is not refused, or was deleted."""
        ...


class ForgetsStages(Protocol):
    """The journal, as far as an appeal needs it."""

    def forget(self, case_id: str, *stages: type) -> None:
        """Drop stages, so that they are earned again."""
        ...


class ClaimHolders(Protocol):
    """Knows claims and whose they are."""

    def claims(self, ids: Collection[str]) -> Mapping[str, ClaimFacts]:
        """Those of these ids that are claims, by id."""
        ...

    def members(self, organisation_id: str) -> frozenset[str]:
        """Accounts that act for an organisation."""
        ...

    def organisations(self, account_id: str, *, acting: bool) -> frozenset[str]:
        """For which an account looks, or, if asked, acts."""
        ...

    def stands_against(self, claim_id: str, request: Request) -> bool:
        """Whether a claim still stops a request: it stands, blocks this, and no licence permits it."""
        ...


class People(Protocol):
    """Knows who is who; the registry is one."""

    def concerned(self, account_id: str, ids: Collection[str]) -> bool:
        """Whether one of these ids is this account's own subject, or a minor's whom it looks after."""
        ...


class TakenDown(Protocol):
    """The batches that took videos down, as far as appeals need them."""

    def of_cases(self, case_ids: Collection[str]) -> Mapping[str, Sequence[Batch]]:
        """Batches that took releases down, newest first, by release; those that none did are left out."""
        ...

    def keep(self, batch_id: str, until: datetime) -> Batch:
        """Have a batch stay undoable until a moment."""
        ...

    def spare(self, batch: Batch, case_id: str, by: str) -> None:
        """Let one release of a batch out again; what a notice took down, the notice gives back.

        Raises:
            Conflict: the batch does not hold it down, or its law sets dates.
            NotPermitted: whoever decides is concerned.
        """
        ...

    def giver(self, batch: Batch) -> str | None:
        """Account that gave the notice that a batch is about; None where there is no such account."""
        ...


class Staff(Protocol):
    """Knows who runs the house."""

    def who_may(self, permission: str) -> Collection[str]:
        """Accounts with a permission."""
        ...
