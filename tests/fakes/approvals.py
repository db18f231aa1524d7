"""Uses that people are asked about, without any gateway."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from consent_registry.api import Approval, ApprovalState, AskedUse


class FakeUses:
    """`AskedUses` in memory; remembers what was resumed and woken."""

    def __init__(self) -> None:
        self._uses: dict[str, AskedUse] = {}
        self.resumed: list[str] = []
        self.woken: list[str] = []

    def add(self, use_id: str, account_id: str = "acct_bob", prompt: str = "@ada waves") -> None:
        """Somebody wants something."""
        self._uses[use_id] = AskedUse(use_id, account_id, prompt, "personal")

    def end(self, use_id: str, *, released: bool = False) -> None:
        """It is out, or was stopped."""
        self._uses[use_id] = replace(self._uses[use_id], open=False, released=released)

    def told(self, use_ids: Collection[str]) -> Mapping[str, AskedUse]:
        return {use_id: use for use_id, use in self._uses.items() if use_id in use_ids}

    def resume(self, use_id: str) -> None:
        self.resumed.append(use_id)

    def wake(self, use_id: str) -> None:
        self.woken.append(use_id)


class FakeApprovals:
    """`ApprovalStore` in memory."""

    def __init__(self) -> None:
        self._approvals: dict[str, Approval] = {}
        self._notes: dict[str, str] = {}

    def add_approval(self, approval: Approval) -> bool:
        if approval.grant_id in self.of_use(approval.use_id, approval.subject_id):
            return False
        self._approvals[approval.id] = approval
        return True

    def approval(self, approval_id: str) -> Approval | None:
        return self._approvals.get(approval_id)

    def of_use(self, use_id: str, subject_id: str) -> Mapping[str, Approval]:
        return {one.grant_id: one for one in self.approvals_of_use(use_id) if one.subject_id == subject_id}

    def approvals_of_use(self, use_id: str) -> list[Approval]:
        found = [one for one in self._approvals.values() if one.use_id == use_id]
        return sorted(found, key=lambda one: (one.until, one.id))

    def approvals_of(self, subject_ids: Collection[str], *, after: str | None, limit: int) -> list[Approval]:
        mine = [one for one in self._approvals.values() if one.subject_id in subject_ids]
        waiting = sorted((one for one in mine if one.answer is None), key=lambda one: (one.until, one.id))
        answered = sorted((one for one in mine if one.answer is not None), key=lambda one: (one.until, one.id))
        answered.sort(key=lambda one: one.answered_at or one.until, reverse=True)
        ordered = waiting + answered
        start = next((place + 1 for place, one in enumerate(ordered) if one.id == after), 0)
        return ordered[start : start + limit]

    def answer_approval(self, approval_id: str, answer: ApprovalState, at: datetime, note: str) -> None:
        self._approvals[approval_id] = replace(self._approvals[approval_id], answer=answer, answered_at=at)
        self._notes[approval_id] = note

    def ask_anew(self, approval_id: str, shown: str, at: datetime, until: datetime) -> None:
        anew = {"shown": shown, "asked_at": at, "until": until, "answer": None, "answered_at": None}
        self._approvals[approval_id] = replace(self._approvals[approval_id], **anew)  # type: ignore[arg-type] # by their fields
        self._notes[approval_id] = ""

    def note_of(self, approval_id: str) -> str:
        return self._notes.get(approval_id, "")

    def unanswered_since(self, moment: datetime, limit: int) -> list[Approval]:
        due = [one for one in self._approvals.values() if one.answer is None and one.until <= moment]
        return sorted(due, key=lambda one: (one.until, one.id))[:limit]

    def unanswered_after(self, approval_id: str, limit: int) -> list[Approval]:
        found = [one for one in self._approvals.values() if one.answer is None and one.id > approval_id]
        return sorted(found, key=lambda one: one.id)[:limit]

    def strip_approvals(self, subject_id: str) -> None:
        for one in list(self._approvals.values()):
            if one.subject_id == subject_id:
                self._notes[one.id] = ""
                if one.answer is None:
                    lapsed = replace(one, answer=ApprovalState.LAPSED, answered_at=one.until)
                    self._approvals[one.id] = lapsed
