"""Staff's pages about who speaks for whom: guardians of minors, and estates of the dead. Two have to vouch."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from consent_registry.api import (
    ESTATE_PROOFS,
    GUARDIAN_PROOFS,
    AgeBand,
    AgeRecord,
    Attestation,
    Dispute,
    Estate,
    EstateState,
    GuardianLink,
    Proof,
)
from review_ui.staff.answers import NOTHING, REFUSALS, Wrong, back, missing, refused
from review_ui.staff.door import ATTEST, Door
from review_ui.staff.people import Known
from trust_kernel.web.access import Actor

GUARDIANS, ESTATES = "/staff/guardians", "/staff/estates"


@dataclass(frozen=True, slots=True)
class Party:
    """One of the two of a link, with what is known of their age."""

    who: Known
    age: AgeRecord | None
    band: AgeBand


@dataclass(frozen=True, slots=True)
class Link:
    """A guardian's link that waits for staff.

    Attributes:
        first: who vouched for it already; None where nobody did.
        closed: why the one who looks cannot vouch; "" where they can.
    """

    link: GuardianLink
    guardian: Party
    ward: Party
    vouched: Attestation | None
    first: Known | None
    closed: str


@dataclass(frozen=True, slots=True)
class Claim:
    """An estate, claimed or held, with what was said against it."""

    estate: Estate
    by: Known
    vouched: Attestation | None
    first: Known | None
    second: Known | None
    disputes: Sequence[tuple[Dispute, Known]]
    closed: str

    @property
    def last_day(self) -> date:
        """The last day on which somebody speaks for the dead person."""
        return self.estate.until.date()

    @property
    def held(self) -> bool:
        """Whether two have vouched for it."""
        return self.estate.state is EstateState.HELD


def build_guardian_pages(door: Door) -> APIRouter:
    """`/staff/guardians`."""
    router = APIRouter(include_in_schema=False)

    def show(request: Request, actor: Actor, wrong: Wrong = NOTHING) -> HTMLResponse:
        links = [_link(door, link, actor) for link in door.registry.guardianship.waiting()]
        proofs = [one for one in Proof if one in GUARDIAN_PROOFS]
        return door.pages.render(
            request, "staff_guardians.html", status=wrong.status, rows=links, proofs=proofs, wrong=wrong
        )

    @router.get(GUARDIANS)
    def guardians(request: Request, actor: Annotated[Actor, door.access.requires(ATTEST)]) -> HTMLResponse:
        return show(request, actor)

    @router.post(GUARDIANS, response_model=None)
    def decide(
        request: Request,
        actor: Annotated[Actor, door.access.requires(ATTEST)],
        which: Annotated[str, Form()] = "",
        deed: Annotated[str, Form()] = "",
        proof: Annotated[str, Form()] = "",
    ) -> HTMLResponse | RedirectResponse:
        desk, shown = door.registry.guardianship, _proof(proof, GUARDIAN_PROOFS)
        try:
            if deed == "refuse":
                return back(GUARDIANS, str(desk.end(which, by=actor.account_id, staff=True).state))
            if deed != "vouch" or shown is None:
                return show(request, actor, missing("Say what you have seen.", which=which))
            return back(GUARDIANS, str(desk.attest(which, shown, by=actor.account_id).state))
        except REFUSALS as error:
            return show(request, actor, refused(error, which=which))

    return router


def build_estate_pages(door: Door) -> APIRouter:
    """`/staff/estates`."""
    router = APIRouter(include_in_schema=False)

    def show(request: Request, actor: Actor, wrong: Wrong = NOTHING) -> HTMLResponse:
        rows = [_claim(door, estate, actor) for estate in door.registry.estates.standing()]
        return door.pages.render(
            request,
            "staff_estates.html",
            status=wrong.status,
            claims=[row for row in rows if not row.held],
            # whatever somebody objects to comes first
            held=sorted((row for row in rows if row.held), key=lambda row: not row.disputes),
            proofs=[one for one in Proof if one in ESTATE_PROOFS],
            wrong=wrong,
        )

    @router.get(ESTATES)
    def estates(request: Request, actor: Annotated[Actor, door.access.requires(ATTEST)]) -> HTMLResponse:
        return show(request, actor)

    @router.post(ESTATES, response_model=None)
    def decide(
        request: Request,
        actor: Annotated[Actor, door.access.requires(ATTEST)],
        which: Annotated[str, Form()] = "",
        deed: Annotated[str, Form()] = "",
        proof: Annotated[str, Form()] = "",
    ) -> HTMLResponse | RedirectResponse:
        desk, shown = door.registry.estates, _proof(proof, ESTATE_PROOFS)
        try:
            if deed == "end":
                return back(ESTATES, str(desk.end(which, by=actor.account_id).state))
            if deed != "vouch" or shown is None:
                return show(request, actor, missing("Say what you have seen.", which=which))
            return back(ESTATES, str(desk.attest(which, shown, by=actor.account_id).state))
        except REFUSALS as error:
            return show(request, actor, refused(error, which=which))

    return router


def _link(door: Door, link: GuardianLink, actor: Actor) -> Link:
    vouched = door.registry.guardianship.vouched(link.id)
    return Link(
        link=link,
        guardian=_party(door, link.guardian),
        ward=_party(door, link.ward),
        vouched=vouched,
        first=door.people.known(vouched.first_by) if vouched else None,
        closed=_closed(vouched, link.parties, actor),
    )


def _party(door: Door, account_id: str) -> Party:
    ages = door.registry.ages
    return Party(door.people.known(account_id), ages.of(account_id), ages.band(account_id))


def _claim(door: Door, estate: Estate, actor: Actor) -> Claim:
    desk = door.registry.estates
    vouched = desk.vouched(estate.id)
    return Claim(
        estate=estate,
        by=door.people.known(estate.account_id),
        vouched=vouched,
        first=door.people.known(vouched.first_by) if vouched else None,
        second=door.people.known(vouched.second_by) if vouched and vouched.second_by else None,
        disputes=[(one, door.people.known(one.by)) for one in desk.disputes(estate.id)],
        closed=_closed(vouched, {estate.account_id}, actor),
    )


def _closed(vouched: Attestation | None, parties: Collection[str], actor: Actor) -> str:
    if actor.account_id in parties:
        return "This concerns you: somebody else has to look at it."
    if vouched is not None and vouched.first_by == actor.account_id:
        return "You vouched for this. Another member of staff has to do so too."
    return ""


def _proof(typed: str, allowed: Collection[Proof]) -> Proof | None:
    return next((proof for proof in allowed if proof == typed), None)
