"""What those who run a deployment do to somebody's consent, for them: it only ever takes away, and says why."""

from consent_registry.domain import ConsentEvent, Subject, TakeBack, check_text
from consent_registry.domain.grants import Assisted
from consent_registry.service.announcing import Announcer
from consent_registry.service.granting import Granting
from consent_registry.service.parts import RegistryParts, unknown_grant, unknown_subject
from consent_registry.service.safety import Safety


class Operating:
    """Ends grants and pauses likenesses for people who cannot do so themselves at that moment.

    Nothing here differs from what the person could do; beside it, why it was done is told to the person, and its
    digest stands on the ledger with who did it.
    """

    def __init__(self, parts: RegistryParts, granting: Granting, safety: Safety) -> None:
        self._parts = parts
        self._granting = granting
        self._safety = safety
        self._announce = Announcer(parts)

    def revoke(
        self,
        subject_id: str,
        actor: str,
        reason: str,
        *,
        grant_id: str | None = None,
        take_back: TakeBack = TakeBack.AS_GRANTED,
    ) -> Assisted:
        """End one grant, or every grant, of a person.

        Args:
            subject_id: whose.
            actor: account of the operator.
            reason: for the person, 1 to 2,000 characters.
            grant_id: which; None for all of them.
            take_back: what becomes of what was made.

        Returns:
            What ended and what was withdrawn; nothing of either where there was nothing to do, and then nobody is told.

        Raises:
            InvalidInput: no reason.
            NotFound: no such subject, or no such grant of theirs.
        """
        reason = check_text(reason, "reason", needed=True)
        with self._parts.unit.transaction():
            subject = self._locked(subject_id)
            theirs = self._granting.of(subject_id)
            if grant_id is not None and grant_id not in {grant.id for grant in theirs}:
                raise unknown_grant()
            ended = tuple(grant.id for grant in theirs if grant.revoked_at is None and grant_id in {None, grant.id})
            if grant_id is None:
                done = self._granting.revoke_all(subject_id, actor, take_back)
            else:
                done = self._granting.revoke(grant_id, actor, take_back)
            if ended or done.withdrawn:
                self._announce.record(
                    ConsentEvent.OPERATOR_REVOKED,
                    actor,
                    {**self._entry(subject, reason), "grants": len(ended), "withdrawn": len(done.withdrawn)},
                )
                payload = {**_payload(subject, reason), "count": len(ended), "withdrawn": len(done.withdrawn)}
                self._announce.tell(ConsentEvent.OPERATOR_REVOKED, {subject.account_id}, payload)
            return Assisted(ended, done.withdrawn)

    def pause(self, subject_id: str, actor: str, reason: str) -> bool:
        """Stop every use of a person's likeness until they let it go on.

        Args:
            subject_id: whose.
            actor: account of the operator.
            reason: for the person, 1 to 2,000 characters.

        Returns:
            Whether it was not stopped before; else nothing happens, and nobody is told.

        Raises:
            InvalidInput: no reason.
            NotFound: no such subject.
        """
        reason = check_text(reason, "reason", needed=True)
        with self._parts.unit.transaction():
            subject = self._locked(subject_id)
            if self._safety.settings(subject_id).paused_at is not None:
                return False
            self._safety.pause(subject_id, actor, paused=True)
            self._announce.record(ConsentEvent.OPERATOR_PAUSED, actor, self._entry(subject, reason))
            self._announce.tell(ConsentEvent.OPERATOR_PAUSED, {subject.account_id}, _payload(subject, reason))
            return True

    def _locked(self, subject_id: str) -> Subject:
        """The subject, locked so that nobody ends anything between the look at it and the deed."""
        record = self._parts.store.lock([subject_id]).get(subject_id)
        subject = record.as_of(self._parts.clock.now()) if record else None
        if subject is None:
            raise unknown_subject()
        return subject

    def _entry(self, subject: Subject, reason: str) -> dict[str, str | int]:
        # the reason may name people, so that its digest alone stands on the ledger
        return {"subject": self._parts.pseudonym(subject.id), "reason": self._parts.digest(reason)}


def _payload(subject: Subject, reason: str) -> dict[str, str | int | bool | None]:
    return {"subject_id": subject.id, "handle": subject.handle, "reason": reason}
