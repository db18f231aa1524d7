"""What every page of a person's own begins with: who they are, and how pages are made."""

from dataclasses import dataclass
from typing import Protocol

from consent_registry.api import ConsentRegistry, Grant, Subject
from generator_gateway.api import ReleaseRecord
from trust_kernel.errors import NotFound
from trust_kernel.web.access import Access, Actor
from trust_kernel.web.pages import Pages

MANAGE = "likeness:manage"
"""The permission that all of `/me` asks for."""


class Showing(Protocol):
    """Finds the releases that show somebody."""

    def showing(self, subject_id: str) -> tuple[ReleaseRecord, ...]:
        """Newest first."""
        ...


@dataclass(frozen=True, slots=True)
class Door:
    """What the modules of `/me` share."""

    registry: ConsentRegistry
    pages: Pages
    access: Access

    def own(self, actor: Actor) -> Subject:
        """Whose pages these are; raises NotFound where they have no handle yet."""
        subject = self.registry.subject_of(actor.account_id)
        if subject is None:
            raise NotFound("choose a handle first, under My likeness")
        return subject

    def spoken_for(self, actor: Actor, subject_id: str) -> Subject:
        """Oneself where no id is given, or a minor whose verified guardian one is; to anybody else there is nobody."""
        own = self.registry.subject_of(actor.account_id)
        if own is not None and subject_id in {"", own.id}:
            return own
        if not subject_id:
            return self.own(actor)
        if actor.account_id not in self.registry.guardians(subject_id):
            raise NotFound("there is no such person")
        return self.registry.subject(subject_id)

    def wards(self, actor: Actor) -> list[Subject]:
        """Minors whose verified guardian one is, as far as they have a handle."""
        links = self.registry.guardianship.about(actor.account_id)
        found = {link.ward: self.registry.subject_of(link.ward) for link in links if link.guardian == actor.account_id}
        return [ward for ward in found.values() if ward and actor.account_id in self.registry.guardians(ward.id)]

    def own_grant(self, actor: Actor, grant_id: str) -> tuple[Subject, Grant]:
        """A grant of one's own, or of a minor whose guardian one is; to anybody else there is none."""
        try:
            grant = self.registry.grant_named(grant_id)
            return self.spoken_for(actor, grant.subject_id), grant
        except NotFound as error:
            raise NotFound("there is no such grant") from error

    def handle(self, account_id: str) -> str | None:
        """The handle of an account, where it has one."""
        subject = self.registry.subject_of(account_id)
        return subject.handle if subject else None

    def own_subject_id(self, actor: Actor, subject: Subject) -> str:
        """What a form carries along of whom it is for: "" for oneself."""
        return "" if subject.account_id == actor.account_id else subject.id
