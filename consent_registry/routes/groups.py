"""People's own groups."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter

from consent_registry.api import ConsentRegistry, Group
from consent_registry.domain import ConsentFault
from consent_registry.routes.own import MANAGE, own
from consent_registry.routes.safety import account_of
from consent_registry.schemas.safety import GroupList, GroupOut, NewGroup, Somebody
from trust_kernel.errors import NotFound
from trust_kernel.web.access import Access, Actor


def build_groups_router(registry: ConsentRegistry, access: Access) -> APIRouter:
    """Routes of groups. Who is in one when somebody asks is who a grant to it covers."""
    router = APIRouter(tags=["consent"])
    _add_groups(router, registry, access)
    _add_members(router, registry, access)
    return router


def _add_groups(router: APIRouter, registry: ConsentRegistry, access: Access) -> None:
    @router.get("/v1/subjects/{subject_id}/groups")
    def groups(subject_id: str, actor: Annotated[Actor, access.requires(MANAGE)]) -> GroupList:
        """All groups of a person, oldest first."""
        own(registry, subject_id, actor)
        return GroupList(data=[GroupOut.of(group) for group in registry.groups.of(subject_id)])

    @router.post("/v1/subjects/{subject_id}/groups", status_code=HTTPStatus.CREATED)
    def create(subject_id: str, body: NewGroup, actor: Annotated[Actor, access.requires(MANAGE)]) -> GroupOut:
        """Make an empty group."""
        own(registry, subject_id, actor)
        return GroupOut.of(registry.groups.create(subject_id, body.name, actor.account_id))

    @router.patch("/v1/groups/{group_id}")
    def rename(group_id: str, body: NewGroup, actor: Annotated[Actor, access.requires(MANAGE)]) -> GroupOut:
        """Call a group something else."""
        _own_group(registry, group_id, actor)
        return GroupOut.of(registry.groups.rename(group_id, body.name, actor.account_id))

    @router.delete("/v1/groups/{group_id}", status_code=HTTPStatus.NO_CONTENT)
    def delete(group_id: str, actor: Annotated[Actor, access.requires(MANAGE)]) -> None:
        """Delete a group. Grants to it cover nobody any more."""
        _own_group(registry, group_id, actor)
        registry.groups.delete(group_id, actor.account_id)


def _add_members(router: APIRouter, registry: ConsentRegistry, access: Access) -> None:
    @router.post("/v1/groups/{group_id}/members")
    def add(group_id: str, body: Somebody, actor: Annotated[Actor, access.requires(MANAGE)]) -> GroupOut:
        """Put somebody in, by account or by handle: every grant to the group covers them from now on."""
        _own_group(registry, group_id, actor)
        return GroupOut.of(registry.groups.add(group_id, account_of(registry, body), actor.account_id))

    @router.delete("/v1/groups/{group_id}/members/{account_id}")
    def remove(group_id: str, account_id: str, actor: Annotated[Actor, access.requires(MANAGE)]) -> GroupOut:
        """Take somebody out: grants to the group stop covering them at once."""
        _own_group(registry, group_id, actor)
        return GroupOut.of(registry.groups.remove(group_id, account_id, actor.account_id))


def _own_group(registry: ConsentRegistry, group_id: str, actor: Actor) -> Group:
    """A group that the caller may see; to anybody else there is none."""
    group = registry.groups.named(group_id)
    try:
        own(registry, group.subject_id, actor)
    except NotFound as error:
        raise NotFound("there is no such group", code=ConsentFault.GROUP_UNKNOWN) from error
    return group
