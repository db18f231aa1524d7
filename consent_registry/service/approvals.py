"""Asking people about single uses, hearing them, and giving up on whoever stays silent."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from consent_registry.domain import (
    Approval,
    ApprovalState,
    ConsentEvent,
    ConsentFault,
    ConsentReason,
    GrantState,
    Mode,
    Subject,
    SubjectRecord,
    standing,
)
from consent_registry.domain.approvals import check_answer_note
from consent_registry.ports import AskedUses
from consent_registry.service.announcing import Announcer
from consent_registry.service.families import check_giver, guardians_of, wards_of
from consent_registry.service.parts import Change, RegistryParts, changing
from consent_registry.service.questions import Awaited, Question, Wanted, question_state
from trust_kernel.errors import Conflict, NotFound
from trust_kernel.ids import new_id

_CLOCK = "placet:clock"
"""Who acts where nobody does: the time that is up."""


class ApprovalDesk:
    """Puts questions, takes answers.

    Args:
        parts: the registry's own.
        uses: what people are asked about; resumed with every answer.
        patience: how long somebody has to answer.
    """

    def __init__(self, parts: RegistryParts, uses: AskedUses, patience: timedelta) -> None:
        self._parts = parts
        self._uses = uses
        self._patience = patience
        self._walked = ""

    # --- for the release path

    def await_answers(self, use_id: str, account_id: str, wanted: Iterable[Wanted]) -> tuple[Awaited, ...]:
        """Ask everybody who was not asked yet, and tell them, in the caller's transaction.

        Somebody is not asked whose grant ended since it was looked at, who barred whoever asks, or who paused, and in a
        lockdown nobody is; the use is judged again instead.

        Returns:
            Whom the use waits for now, the earliest deadline first.
        """
        parts = self._parts
        with parts.unit.transaction():
            asked = sorted(set(wanted), key=lambda one: (one.subject_id, one.grant_id))
            locked = parts.store.lock({one.subject_id for one in asked})
            now = parts.clock.now()
            for one in asked:
                subject = self._to_be_asked(locked.get(one.subject_id), account_id, now)
                until = self._deadline(one, now)
                if subject is None or until is None:
                    self._uses.resume(use_id)
                else:
                    self._put(use_id, account_id, one, subject, now, until)
            return self.awaited(use_id)

    def awaited(self, use_id: str) -> tuple[Awaited, ...]:
        """Whose answer a use waits for, the earliest deadline first."""
        now = self._parts.clock.now()
        with self._parts.unit.reading():
            waiting = [
                approval
                for approval in self._parts.store.approvals_of_use(use_id)
                if approval.state_at(now) is ApprovalState.WAITING and self._willing(approval)
            ]
            return tuple(
                Awaited(approval.subject_id, self._handle(approval.subject_id), approval.mode, approval.until)
                for approval in waiting
            )

    def previews(self, grant_id: str) -> bool:
        """Whether a grant's subject sees what was made before anybody gets it."""
        with self._parts.unit.reading():
            grant = self._parts.store.grant(grant_id)
        return grant is not None and grant.terms.mode is Mode.PREVIEW

    def preview_of(self, use_id: str, subject_id: str, grant_id: str, shown: str) -> ConsentReason | None:
        """Why what was made under a grant that asks for a preview may not go out; None where its subject said yes.

        Args:
            use_id: which use.
            subject_id: whose likeness.
            grant_id: the grant.
            shown: digest of what was made; a yes to anything else that was made does not count.
        """
        with self._parts.unit.reading():
            said = self._parts.store.of_use(use_id, subject_id)
        if any(approval.answer is ApprovalState.REFUSED for approval in said.values()):
            return ConsentReason.PREVIEW_REFUSED
        about = said.get(grant_id)
        return standing(Mode.PREVIEW, about if about and about.shown == shown else None, self._parts.clock.now())

    def watchable(self, approval_id: str, account_id: str) -> Approval | None:
        """A question with a preview that may be watched this moment, by the one who is asked; else None.

        Not once anybody in it said no, let the time pass, or ended the grant.

        Raises:
            NotFound: no such question, or somebody else's.
        """
        with self._parts.unit.reading():
            approval = self._own(approval_id, account_id)
            if approval.mode is not Mode.PREVIEW or not self._open(approval):
                return None
            everybody = self._parts.store.approvals_of_use(approval.use_id)
            return approval if all(self._willing(one) for one in everybody) else None

    def asked(self, approval_id: str, account_id: str) -> Approval | None:
        """A question that waits, or was answered with a yes, under a grant that holds; else None.

        Raises:
            NotFound: no such question, or somebody else's.
        """
        with self._parts.unit.reading():
            approval = self._own(approval_id, account_id)
            return approval if self._open(approval) and self._willing(approval) else None

    # --- for the person

    def mine(self, account_id: str, *, after: str | None, limit: int) -> Sequence[Question]:
        """Questions to an account's subject and its wards': what waits first, the earliest deadline first."""
        store = self._parts.store
        with self._parts.unit.reading():
            accounts = {account_id} | wards_of(store, account_id, self._parts.clock.now())
            subjects = {found.id for account in accounts if (found := store.subject_of(account))}
            return self._questions(store.approvals_of(subjects, after=after, limit=limit)) if subjects else ()

    def one(self, approval_id: str, account_id: str) -> Question:
        """One question to an account's subject.

        Raises:
            NotFound: no such question, or somebody else's.
        """
        with self._parts.unit.reading():
            return self._questions([self._own(approval_id, account_id)])[0]

    def answer(self, approval_id: str, said: ApprovalState, *, actor: str, note: str = "") -> Question:
        """Say yes or no. A yes may become a no until what was asked about is out; a no stays.

        For a minor a guardian alone says yes; both can say no.

        Args:
            approval_id: which question.
            said: `ApprovalState.APPROVED` or `ApprovalState.REFUSED`.
            actor: the person's account or a guardian's; nobody else can answer, whatever they may do otherwise.
            note: at most `MAX_ANSWER_NOTE` characters, for the person's own records.

        Raises:
            InvalidInput: the note is too long or holds control characters.
            NotFound: no such question, or somebody else's.
            NotPermitted: a minor's own yes.
            Conflict: the time is up, it was answered with no, nobody needs the answer any more, or a yes could not let
                it go on now: the person paused, or there is a lockdown.
        """
        check_answer_note(note)
        parts = self._parts
        with parts.unit.transaction():
            subject_id = self._own(approval_id, actor).subject_id
            parts.store.lock([subject_id])
            # read under the lock: another answer, or the release itself, may have come first
            approval = self._own(approval_id, actor)
            if approval.answer is not said:
                self._check_open(approval, said)
                with changing(parts, subject_id, actor) as change:
                    if said is ApprovalState.APPROVED:
                        check_giver(parts.store, change.subject, actor, change.at)
                        self._check_going(subject_id)
                    self._hear(change, approval, said, note)
        self._uses.wake(approval.use_id)
        return self.one(approval_id, actor)

    def sweep(self, limit: int = 100) -> int:
        """End the questions whose time is up, and have their uses judged again; gives how many. A worker's chore.

        Looks at some of the others too, a further part each time: what nobody needs an answer to any more is put away.
        """
        with self._parts.unit.reading():
            due = self._parts.store.unanswered_since(self._parts.clock.now(), limit)
            others = self._parts.store.unanswered_after(self._walked, limit)
            uses = self._uses.told({approval.use_id for approval in others})
        self._walked = others[-1].id if len(others) == limit else ""
        open_ones = {use_id for use_id, use in uses.items() if use.open}
        moot = [approval for approval in others if approval.use_id not in open_ones]
        for approval_id in dict.fromkeys(approval.id for approval in (*due, *moot)):
            self._lapse(approval_id)
        return len(due)

    # --- within

    def _deadline(self, wanted: Wanted, now: datetime) -> datetime | None:
        grant = self._parts.store.grant(wanted.grant_id)
        if grant is None or grant.subject_id != wanted.subject_id or grant.state_at(now) is not GrantState.ACTIVE:
            return None
        return min(now + self._patience, grant.expires_at)

    def _to_be_asked(self, record: SubjectRecord | None, account_id: str, now: datetime) -> Subject | None:
        """Whoever can be asked by an account now, their row locked; None where no answer could let the use go on."""
        subject = record.as_of(now) if record and record.paused_at is None else None
        if subject is None or self._parts.store.barred(subject.id, account_id) or self._parts.store.lockdown().on:
            return None
        return subject

    def _put(
        self, use_id: str, account_id: str, wanted: Wanted, subject: Subject, now: datetime, until: datetime
    ) -> None:
        parts = self._parts
        approval = Approval(
            id=new_id("appr"),
            use_id=use_id,
            subject_id=wanted.subject_id,
            grant_id=wanted.grant_id,
            account_id=account_id,
            mode=wanted.mode,
            asked_at=now,
            until=until,
            shown=wanted.shown,
        )
        if not parts.store.add_approval(approval):
            earlier = parts.store.of_use(use_id, wanted.subject_id)[wanted.grant_id]
            if earlier.shown == wanted.shown or earlier.answer is ApprovalState.REFUSED:
                return
            approval = replace(approval, id=earlier.id)
            parts.store.ask_anew(approval.id, wanted.shown, now, until)
        kind = ConsentEvent.PREVIEW_ASKED if wanted.mode is Mode.PREVIEW else ConsentEvent.APPROVAL_ASKED
        payload = {**_facts(approval), "by": self._asker(account_id) or account_id, "until": until.isoformat()}
        Announcer(parts).tell(kind, {subject.account_id}, payload)

    def _hear(self, change: Change, approval: Approval, said: ApprovalState, note: str) -> None:
        self._parts.store.answer_approval(approval.id, said, change.at, note)
        kind = ConsentEvent.APPROVAL_GIVEN if said is ApprovalState.APPROVED else ConsentEvent.APPROVAL_DENIED
        change.record(kind, _entry(approval))
        change.tell(kind, frozenset({change.subject.account_id}), _facts(approval))
        self._uses.resume(approval.use_id)

    def _lapse(self, approval_id: str) -> None:
        parts = self._parts
        with parts.unit.transaction():
            approval = parts.store.approval(approval_id)
            if approval is None:
                return
            record = parts.store.lock([approval.subject_id]).get(approval.subject_id)
            approval = parts.store.approval(approval_id)
            if approval is None or approval.answer is not None:
                return
            now, needed = parts.clock.now(), self._open(approval)
            if needed and now < approval.until:
                return
            parts.store.answer_approval(approval_id, ApprovalState.LAPSED, now, "")
            if record is None or record.account_id is None or not needed:
                return  # nobody is left to be told, or nobody needs the answer
            with changing(parts, approval.subject_id, _CLOCK) as change:
                change.record(ConsentEvent.APPROVAL_SILENT, _entry(approval))
                change.tell(ConsentEvent.APPROVAL_SILENT, frozenset({change.subject.account_id}), _facts(approval))
                parts.notifier.emit(ConsentEvent.APPROVAL_SILENT, approval.account_id, _facts(approval))
                self._uses.resume(approval.use_id)
        self._uses.wake(approval.use_id)

    def _check_open(self, approval: Approval, said: ApprovalState) -> None:
        if not self._open(approval):
            raise Conflict(
                "nobody waits for this any more: the video is out, or was stopped. What is out can be taken back",
                code=ConsentFault.APPROVAL_ENDED,
            )
        state = approval.state_at(self._parts.clock.now())
        if state is ApprovalState.LAPSED:
            raise Conflict("the time to answer is up, which is a no", code=ConsentFault.APPROVAL_LATE)
        if state is ApprovalState.REFUSED and said is ApprovalState.APPROVED:
            raise Conflict("you said no to this, and a no stays", code=ConsentFault.APPROVAL_ANSWERED)

    def _check_going(self, subject_id: str) -> None:
        """A yes that the next gate would make a no is not taken: it can be said once what is stopped goes on."""
        record = self._parts.store.subject(subject_id)
        if record is not None and record.paused_at is not None:
            raise Conflict(
                "every use of this likeness is paused: let it go on before you say yes, or say no",
                code=ConsentFault.APPROVAL_STOPPED,
            )
        if self._parts.store.lockdown().on:
            raise Conflict(
                "every use of every likeness is stopped here at the moment: say yes once that ends, or say no",
                code=ConsentFault.APPROVAL_STOPPED,
            )

    def _open(self, approval: Approval) -> bool:
        use = self._uses.told([approval.use_id]).get(approval.use_id)
        return use is not None and use.open

    def _willing(self, approval: Approval) -> bool:
        """Whether somebody who was asked has neither said no nor fallen silent, under a grant that still holds."""
        now = self._parts.clock.now()
        if approval.state_at(now) not in {ApprovalState.WAITING, ApprovalState.APPROVED}:
            return False
        grant = self._parts.store.grant(approval.grant_id)
        return grant is not None and grant.state_at(now) is GrantState.ACTIVE

    def _own(self, approval_id: str, account_id: str) -> Approval:
        """A question to the person, or the ward, of an account; to anybody else there is none."""
        store, now = self._parts.store, self._parts.clock.now()
        approval = store.approval(approval_id)
        record = store.subject(approval.subject_id) if approval else None
        theirs = record.account_id if record else None
        if not approval or not theirs or account_id not in {theirs} | guardians_of(store, theirs, now):
            raise NotFound("there is no such question", code=ConsentFault.APPROVAL_UNKNOWN)
        return approval

    def _questions(self, approvals: Collection[Approval]) -> list[Question]:
        uses = self._uses.told({approval.use_id for approval in approvals})
        now = self._parts.clock.now()
        askers = {account: self._asker(account) for account in {approval.account_id for approval in approvals}}
        return [
            Question(
                approval=approval,
                asker=askers[approval.account_id],
                use=uses.get(approval.use_id),
                note=self._parts.store.note_of(approval.id) if approval.answer else "",
                state=question_state(approval, uses.get(approval.use_id), now),
            )
            for approval in approvals
        ]

    def _asker(self, account_id: str) -> str | None:
        record = self._parts.store.subject_of(account_id)
        return record.handle if record else None

    def _handle(self, subject_id: str) -> str:
        record = self._parts.store.subject(subject_id)
        return (record.handle if record else None) or ""


def _entry(approval: Approval) -> dict[str, str | int]:
    """What of it the ledger has: ids and codes."""
    return {
        "approval": approval.id,
        "use": approval.use_id,
        "grant": approval.grant_id,
        "mode": str(approval.mode),
    }


def _facts(approval: Approval) -> dict[str, str | int | bool]:
    return {"approval_id": approval.id, "video_id": approval.use_id, "mode": str(approval.mode)}
