"""Staff's pages about rights holders' claims: what waits, what they rest on, and letting them take effect."""

from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from copyright_optout.api import Claim, ClaimState, Concern, OptOutIndex
from copyright_optout.routes.access import ACTIVATE
from review_ui.staff.answers import NOTHING, REFUSALS, Wrong, back, missing, refused
from review_ui.staff.door import Door
from trust_kernel.errors import PlacetError
from trust_kernel.web.access import Actor

PATH = "/staff/claims"
WAITING = (ClaimState.SUBMITTED, ClaimState.VERIFIED, ClaimState.QUARANTINED, ClaimState.DISPUTED)
_PAGE = 20
_ACTIVATE = "activate"
_PEOPLES = frozenset({Concern.PERSON, Concern.OBJECTION})
"""Concerns that are about an account."""
_MOVES = {"verify": ClaimState.VERIFIED, "dispute": ClaimState.DISPUTED, "withdraw": ClaimState.WITHDRAWN}
_DEEDS = {
    ClaimState.SUBMITTED: ("activate", "verify", "withdraw"),
    ClaimState.VERIFIED: ("activate", "withdraw"),
    ClaimState.QUARANTINED: ("activate", "withdraw"),
    ClaimState.DISPUTED: ("activate", "withdraw"),
    ClaimState.ACTIVE: ("dispute", "withdraw"),
}
"""What staff may do about a claim in each state; nothing in any other."""


def build_staff_claim_pages(door: Door, optouts: OptOutIndex) -> APIRouter:
    """`/staff/claims` and below."""
    router = APIRouter(include_in_schema=False)
    _add_list(router, door, optouts)
    _add_one(router, door, optouts)
    return router


def _add_list(router: APIRouter, door: Door, optouts: OptOutIndex) -> None:
    @router.get(PATH)
    def claims(
        request: Request,
        _actor: Annotated[Actor, door.access.requires(ACTIVATE)],
        state: str = "",
        after: str | None = None,
    ) -> HTMLResponse:
        wanted = [one for one in ClaimState if one.value == state]
        found = optouts.page(None, states=wanted or WAITING, after=after, limit=_PAGE + 1)
        rows = found[:_PAGE]
        concerns = optouts.concerns(claim.id for claim in rows)
        return door.pages.render(
            request,
            "staff_claims.html",
            rows=[(one, optouts.organisations.organisation(one.organisation_id), concerns.get(one.id)) for one in rows],
            states=[one.value for one in ClaimState if one is not ClaimState.DRAFT],
            wanted=wanted[0].value if wanted else "",
            after=after,
            next=rows[-1].id if len(found) > _PAGE else None,
        )


def _add_one(router: APIRouter, door: Door, optouts: OptOutIndex) -> None:
    guard = door.access.requires(ACTIVATE)

    def show(
        request: Request, claim_id: str, wrong: Wrong = NOTHING, despite: frozenset[str] = frozenset()
    ) -> HTMLResponse:
        claim = optouts.claim(claim_id)
        concerns = optouts.concerns([claim_id]).get(claim_id, ())
        return door.pages.render(
            request,
            "staff_claim.html",
            status=wrong.status,
            claim=claim,
            organisation=optouts.organisations.organisation(claim.organisation_id),
            filed_by=door.people.known(claim.filed_by),
            concerns=concerns,
            # each kind once: whoever activates has looked at all of a kind
            kinds=list(dict.fromkeys(one.concern.value for one in concerns)),
            accounts={one.about: door.people.known(one.about) for one in concerns if one.concern in _PEOPLES},
            deeds=_DEEDS.get(claim.state, ()),
            despite=despite,
            wrong=wrong,
            rehearsal=optouts.rehearsals.latest(claim_id) if optouts.rehearsals else None,
        )

    @router.get(f"{PATH}/{{claim_id}}")
    def one(request: Request, claim_id: str, _actor: Annotated[Actor, guard]) -> HTMLResponse:
        return show(request, claim_id)

    @router.post(f"{PATH}/{{claim_id}}", response_model=None)
    def decide(
        request: Request,
        claim_id: str,
        actor: Annotated[Actor, guard],
        deed: Annotated[str, Form()] = "",
        despite: Annotated[list[str] | None, Form()] = None,
        seen: Annotated[datetime | None, Form()] = None,
    ) -> HTMLResponse | RedirectResponse:
        ticked = frozenset(despite or ())
        if deed not in (_ACTIVATE, *_MOVES):
            return show(request, claim_id, missing("Choose what becomes of the claim."), ticked)
        if seen is None:
            return show(request, claim_id, missing("Look at the claim, and decide then."), ticked)
        try:
            done = _decided(optouts, claim_id, deed, actor.account_id, ticked, seen)
        except REFUSALS as error:
            return show(request, claim_id, _refused(error), ticked)
        return back(f"{PATH}/{claim_id}", done.state.value)

    @router.post(f"{PATH}/{{claim_id}}/rehearsal", response_model=None)
    def rehearse(
        request: Request,
        claim_id: str,
        actor: Annotated[Actor, guard],
        days: Annotated[str, Form(max_length=10)] = "",
    ) -> HTMLResponse | RedirectResponse:
        if optouts.rehearsals is None or not days.strip().isdecimal():
            said = Wrong("Give a whole number of days.", HTTPStatus.UNPROCESSABLE_ENTITY)
            return show(request, claim_id, said)
        try:
            optouts.rehearsals.ask(optouts.claim(claim_id), int(days), by=actor.account_id)
        except REFUSALS as error:
            return show(request, claim_id, refused(error))
        return back(f"{PATH}/{claim_id}", "rehearsed")


def _refused(error: PlacetError) -> Wrong:
    """What stands in the way; concerns are not called by their codes, as the page has words for them below."""
    wrong = refused(error)
    if error.field != "despite":
        return wrong
    return replace(wrong, said="Look at this first, and tick below that you have.")


def _decided(
    optouts: OptOutIndex, claim_id: str, deed: str, actor: str, ticked: frozenset[str], seen: datetime
) -> Claim:
    if deed != _ACTIVATE:
        return optouts.desk.move(claim_id, _MOVES[deed], actor=actor, seen=seen)
    looked_at = [one for one in Concern if one.value in ticked]
    return optouts.desk.activate(claim_id, actor=actor, despite=looked_at, seen=seen)
