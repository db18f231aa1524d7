"""Giving consent and ending it."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter

from consent_registry.api import ConsentRegistry
from consent_registry.routes.own import MANAGE, own, own_grant
from consent_registry.schemas import GrantList, GrantOut, NewGrant, RevocationOut
from consent_registry.schemas.safety import Ending
from trust_kernel.web.access import Access, Actor


def add_grants(router: APIRouter, registry: ConsentRegistry, access: Access) -> None:
    """Routes of grants."""

    @router.get("/v1/subjects/{subject_id}/grants")
    def grants(subject_id: str, actor: Annotated[Actor, access.requires(MANAGE)]) -> GrantList:
        """All grants of a subject, oldest first."""
        own(registry, subject_id, actor)
        now = registry.now()
        return GrantList(data=[GrantOut.of(grant, now) for grant in registry.grants(subject_id)])

    @router.post("/v1/subjects/{subject_id}/grants", status_code=HTTPStatus.CREATED)
    def grant(subject_id: str, body: NewGrant, actor: Annotated[Actor, access.requires(MANAGE)]) -> GrantOut:
        """Give consent. Only the subject can, or a minor's guardian; an administrator may end one, never give one."""
        own(registry, subject_id, actor)
        return GrantOut.of(registry.grant(subject_id, body.terms(), actor=actor.account_id), registry.now())

    @router.post("/v1/subjects/{subject_id}/grants/revoke")
    def revoke_all(
        subject_id: str, actor: Annotated[Actor, access.requires(MANAGE)], body: Ending | None = None
    ) -> RevocationOut:
        """End every grant of a subject at once. For everything of one person, bar them."""
        own(registry, subject_id, actor)
        take_back = (body or Ending()).take_back
        return RevocationOut.of(registry.revoke_all(subject_id, actor=actor.account_id, take_back=take_back))

    @router.post("/v1/grants/{grant_id}/revoke")
    def revoke(
        grant_id: str, actor: Annotated[Actor, access.requires(MANAGE)], body: Ending | None = None
    ) -> RevocationOut:
        """End a grant. It holds for nobody once this is answered; a second time can still take back what was kept."""
        own_grant(registry, grant_id, actor)
        take_back = (body or Ending()).take_back
        return RevocationOut.of(registry.revoke(grant_id, actor=actor.account_id, take_back=take_back))
