"""Several looks of one person, and asking them to enrol again after a change of model."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from consent_registry.domain import ConsentEvent, ConsentFault
from consent_registry.domain.enrolments import Look
from consent_registry.service.announcing import Announcer
from consent_registry.service.enrolment import Enrolment
from consent_registry.service.parts import RegistryParts, changing
from trust_kernel.errors import Conflict, NotFound


class Looks:
    """Lists looks, takes them away, and asks for new ones."""

    def __init__(self, parts: RegistryParts, enrolment: Enrolment) -> None:
        self._parts = parts
        self._enrolment = enrolment
        self._announce = Announcer(parts)

    def of(self, subject_id: str) -> Sequence[Look]:
        """All of a subject, oldest first, with the model versions of their templates."""
        with self._parts.unit.reading():
            looks = self._parts.store.looks(subject_id)
            versions = self._parts.enroller.template_versions(subject_id)
        return [replace(look, models=tuple(versions.get(look.id, ()))) for look in looks]

    def remove(self, subject_id: str, look_id: str, *, actor: str) -> None:
        """Destroy one look's templates and kept media, and no other's.

        Raises:
            NotFound: no such look.
            Conflict: it is the only one; leaving is another thing.
        """
        with changing(self._parts, subject_id, actor) as change:
            looks = self._parts.store.looks(subject_id)
            gone = next((look for look in looks if look.id == look_id), None)
            if gone is None:
                raise NotFound("there is no such look", code=ConsentFault.LOOK_UNKNOWN)
            if len(looks) == 1:
                raise Conflict("the only look cannot be taken away", code=ConsentFault.LOOK_LAST)
            self._parts.enroller.drop_look(subject_id, look_id)
            self._parts.store.drop_look(look_id)
            before = self._parts.store.cameo(subject_id)
            keeps = before is not None and before.keeps_reference
            if gone.keeps_reference:  # the portrait and the voice for the backend may be of this look
                self._parts.store.drop_media(subject_id)
                keeps = False
            cameo = self._enrolment.next_version(change, keeps_reference=keeps)
            change.record(ConsentEvent.LOOK_REMOVED, {"look": look_id, "version": cameo.version})
            change.tell(
                ConsentEvent.LOOK_REMOVED,
                frozenset({change.subject.account_id}),
                {"look_id": look_id, "label": gone.label, "keeps_reference": keeps},
            )

    def ask_again(self, subject_ids: Collection[str], models: str) -> int:
        """Ask people whom only a former model knows to enrol again, each once for these models; gives how many.

        Args:
            subject_ids: may hold ids that are no subjects; those are passed over.
            models: the versions in use.
        """
        return sum(self._asked(subject_id, models) for subject_id in subject_ids)

    def _asked(self, subject_id: str, models: str) -> bool:
        with self._parts.unit.transaction():
            record = self._parts.store.lock([subject_id]).get(subject_id)
            if record is None or record.account_id is None:
                return False
            now = self._parts.clock.now()
            if not self._parts.store.note_renewal_ask(subject_id, models, now):
                return False
            payload = {"subject_id": subject_id, "handle": record.handle}
            self._announce.tell(ConsentEvent.RENEWAL_NEEDED, {record.account_id}, payload)
        return True
