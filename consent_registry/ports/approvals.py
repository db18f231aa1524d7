"""Questions to people about single uses, as they are kept; and the uses themselves, which others keep."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from consent_registry.domain import Approval, ApprovalState


class Approvals(Protocol):
    """What people answered about a use. `ConsentStore` is one, so whoever has the store can ask."""

    def of_use(self, use_id: str, subject_id: str) -> Mapping[str, Approval]:
        """One person's questions about one use, by grant id, as committed or as changed in this transaction."""
        ...


class ApprovalStore(Approvals, Protocol):
    """Keeps questions and answers. Every method joins the transaction that is open."""

    def add_approval(self, approval: Approval) -> bool:
        """Insert; False, and nothing changes, where this use, person and grant have one. The subject is locked."""
        ...

    def approval(self, approval_id: str) -> Approval | None:
        """By id."""
        ...

    def approvals_of_use(self, use_id: str) -> Sequence[Approval]:
        """Everybody's about one use, the earliest deadline first."""
        ...

    def approvals_of(self, subject_ids: Collection[str], *, after: str | None, limit: int) -> Sequence[Approval]:
        """Those to some people: without an answer first, the earliest deadline first; then the others, newest first.

        Args:
            subject_ids: whose.
            after: id of the last one of the page before.
            limit: how many at most.
        """
        ...

    def answer_approval(self, approval_id: str, answer: ApprovalState, at: datetime, note: str) -> None:
        """Write an answer over whatever was answered before."""
        ...

    def ask_anew(self, approval_id: str, shown: str, at: datetime, until: datetime) -> None:
        """Put a question again, about something else that was made: an earlier yes counts no more."""
        ...

    def note_of(self, approval_id: str) -> str:
        """What the person wrote beside their answer; empty where nothing."""
        ...

    def unanswered_since(self, moment: datetime, limit: int) -> Sequence[Approval]:
        """Questions without an answer whose deadline is at or before a moment, the earliest first."""
        ...

    def unanswered_after(self, approval_id: str, limit: int) -> Sequence[Approval]:
        """Questions without an answer, in order of id, behind one; empty begins at the first."""
        ...

    def strip_approvals(self, subject_id: str) -> None:
        """Erase a person's notes and end their questions, for when they are forgotten."""
        ...


@dataclass(frozen=True, slots=True)
class AskedUse:
    """What a person is asked about, told to them.

    Attributes:
        use_id: the gateway's case.
        account_id: who wants it.
        prompt: in their words.
        purpose: what they say it is for.
        territories: where; empty for anywhere.
        languages: in which; empty for any.
        contexts: what they say that it shows.
        references: ids of the pictures, videos and sounds that they handed in.
        remix_of: the video that it is made from.
        open: whether it may still come to a release: neither released nor stopped for good.
        released: whether it is, or was, out.
    """

    use_id: str
    account_id: str
    prompt: str
    purpose: str
    territories: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    contexts: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    remix_of: str | None = None
    open: bool = True
    released: bool = False


class Resumption(Protocol):
    """Goes on with what waited."""

    def resume(self, use_id: str) -> None:
        """Have a use judged again soon, in the caller's transaction; nothing happens where it has ended."""
        ...


class AskedUses(Resumption, Protocol):
    """The uses that people are asked about; the gateway implements it and wiring joins the two."""

    def told(self, use_ids: Collection[str]) -> Mapping[str, AskedUse]:
        """What is asked for, by id; those that are not there are left out."""
        ...

    def wake(self, use_id: str) -> None:
        """After the commit of what resumed a use: do not wait for the next round to find it."""
        ...
