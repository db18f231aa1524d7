"""Organisations of rights holders: founding one, its members, and letting nothing be made without a licence."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from copyright_optout.api import Role
from review_ui.portal.faults import Faults, faults_in, sentence
from review_ui.portal.typed import one_of
from review_ui.rights.door import READ, WRITE, Door, Typed
from trust_kernel.errors import Conflict, InvalidInput, NotFound, NotPermitted, PlacetError
from trust_kernel.web.access import Actor
from trust_kernel.web.problems import status_of

PATH = "/rights/organisations"
_REFUSALS = (Conflict, InvalidInput, NotFound, NotPermitted)
_Short = Annotated[str, Form(max_length=10_000)]
_Answer = HTMLResponse | RedirectResponse


def build_organisation_pages(door: Door) -> APIRouter:
    """`/rights/organisations`."""
    router = APIRouter(include_in_schema=False)
    _add_list(router, door)
    _add_members(router, door)
    return router


def _show(
    door: Door,
    request: Request,
    actor: Actor,
    *,
    error: PlacetError | None = None,
    typed: Mapping[str, str] | None = None,
    which: str = "",
) -> HTMLResponse:
    desk = door.optouts.organisations
    seats = desk.seats(actor.account_id)
    return door.pages.render(
        request,
        "rights_organisations.html",
        status=status_of(error) if error is not None else HTTPStatus.OK,
        invitations=desk.invitations(actor.account_id),
        rows=[(seat, desk.members(seat.organisation.id, actor.account_id)) for seat in seats],
        roles=[one.value for one in Role],
        faults=faults_in(error) if error is not None and error.field else Faults(),
        problem=sentence(error) if error is not None else "",
        typed=Typed(typed or {}),
        which=which,
    )


def _add_list(router: APIRouter, door: Door) -> None:
    desk = door.optouts.organisations
    read, write = door.access.requires(READ), door.access.requires(WRITE)

    @router.get(PATH)
    def organisations(request: Request, actor: Annotated[Actor, read]) -> HTMLResponse:
        return _show(door, request, actor)

    @router.post(PATH, response_model=None)
    def found(request: Request, actor: Annotated[Actor, write], name: _Short = "") -> _Answer:
        try:
            desk.found(name, actor.account_id)
        except InvalidInput as error:
            return _show(door, request, actor, error=error, typed={"name": name}, which="new")
        return _back("founded")

    @router.post(f"{PATH}/{{organisation_id}}/rule", response_model=None)
    def rule(
        request: Request, organisation_id: str, actor: Annotated[Actor, write], only_licensed: _Short = ""
    ) -> _Answer:
        try:
            desk.change(organisation_id, actor.account_id, only_licensed=only_licensed == "yes")
        except _REFUSALS as error:
            return _show(door, request, actor, error=error, which=organisation_id)
        return _back("closed" if only_licensed == "yes" else "opened")


def _add_members(router: APIRouter, door: Door) -> None:
    desk = door.optouts.organisations
    write = door.access.requires(WRITE)

    @router.post(f"{PATH}/{{organisation_id}}/members", response_model=None)
    def put(
        request: Request,
        organisation_id: str,
        actor: Annotated[Actor, write],
        account_id: _Short = "",
        role: _Short = "",
    ) -> _Answer:
        try:
            chosen = one_of(Role, role, "role", "Choose what they may do.")
            desk.put_member(organisation_id, account_id.strip(), chosen, actor.account_id)
        except _REFUSALS as error:
            typed = {"account_id": account_id, "role": role}
            return _show(door, request, actor, error=error, typed=typed, which=organisation_id)
        return _back("invited")

    @router.post(f"{PATH}/{{organisation_id}}/accept", response_model=None)
    def accept(request: Request, organisation_id: str, actor: Annotated[Actor, write]) -> _Answer:
        try:
            desk.accept(organisation_id, actor.account_id)
        except _REFUSALS as error:
            return _show(door, request, actor, error=error, which=organisation_id)
        return _back("joined")

    @router.post(f"{PATH}/{{organisation_id}}/members/{{account_id}}/drop", response_model=None)
    def drop(request: Request, organisation_id: str, account_id: str, actor: Annotated[Actor, write]) -> _Answer:
        try:
            desk.drop_member(organisation_id, account_id, actor.account_id)
        except _REFUSALS as error:
            return _show(door, request, actor, error=error, which=organisation_id)
        return _back("left")


def _back(done: str) -> RedirectResponse:
    return RedirectResponse(f"{PATH}?done={done}", HTTPStatus.SEE_OTHER)
