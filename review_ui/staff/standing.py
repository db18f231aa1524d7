"""Staff's pages about who speaks for whom: guardians of minors, and estates of the dead. Two have to vouch."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

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


@dataclass(frozen=True, slots=True)
class _Page:
    """A page on which two vouch for something, or one ends it.

    Attributes:
        proofs: what may be seen for it.
        ending: what the button says to the server that ends it.
        rows: everything on it, to a member of staff.
        attest: vouches, of what id, by what proof, by whom; gives where it stands then.
        end: ends it, of what id, by whom; gives the same.
    """

    path: str
    template: str
    proofs: Collection[Proof]
    ending: str
    rows: Callable[[Actor], Mapping[str, Any]]
    attest: Callable[[str, Proof, str], StrEnum]
    end: Callable[[str, str], StrEnum]


def build_guardian_pages(door: Door) -> APIRouter:
    """`/staff/guardians`."""
    desk = door.registry.guardianship
    page = _Page(
        path=GUARDIANS,
        template="staff_guardians.html",
        proofs=GUARDIAN_PROOFS,
        ending="refuse",
        rows=lambda actor: {"rows": [_link(door, link, actor) for link in desk.waiting()]},
        attest=lambda which, proof, by: desk.attest(which, proof, by=by).state,
        end=lambda which, by: desk.end(which, by=by, staff=True).state,
    )
    return _router(door, page)


def build_estate_pages(door: Door) -> APIRouter:
    """`/staff/estates`."""
    desk = door.registry.estates

    def rows(actor: Actor) -> Mapping[str, Any]:
        known = [_claim(door, estate, actor) for estate in desk.standing()]
        return {
            "claims": [row for row in known if not row.held],
            # whatever somebody objects to comes first
            "held": sorted((row for row in known if row.held), key=lambda row: not row.disputes),
        }

    page = _Page(
        path=ESTATES,
        template="staff_estates.html",
        proofs=ESTATE_PROOFS,
        ending="end",
        rows=rows,
        attest=lambda which, proof, by: desk.attest(which, proof, by=by).state,
        end=lambda which, by: desk.end(which, by=by).state,
    )
    return _router(door, page)


def _router(door: Door, page: _Page) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    def show(request: Request, actor: Actor, wrong: Wrong = NOTHING) -> HTMLResponse:
        proofs = [one for one in Proof if one in page.proofs]
        return door.pages.render(
            request, page.template, status=wrong.status, proofs=proofs, wrong=wrong, **page.rows(actor)
        )

    @router.get(page.path)
    def look(request: Request, actor: Annotated[Actor, door.access.requires(ATTEST)]) -> HTMLResponse:
        return show(request, actor)

    @router.post(page.path, response_model=None)
    def decide(
        request: Request,
        actor: Annotated[Actor, door.access.requires(ATTEST)],
        which: Annotated[str, Form()] = "",
        deed: Annotated[str, Form()] = "",
        proof: Annotated[str, Form()] = "",
    ) -> HTMLResponse | RedirectResponse:
        shown = next((one for one in page.proofs if one == proof), None)
        try:
            if deed == page.ending:
                return back(page.path, str(page.end(which, actor.account_id)))
            if deed != "vouch" or shown is None:
                return show(request, actor, missing("Say what you have seen.", which=which))
            return back(page.path, str(page.attest(which, shown, actor.account_id)))
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
