"""Claims as their rights holders see them: the list, filing one, and everything that can be done about it."""

import tempfile
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse

from copyright_optout.api import (
    CHANGEABLE,
    CLAIM_ENDED,
    Claim,
    ClaimKind,
    ClaimState,
    Declaration,
    Filing,
    Ground,
    Licence,
    Role,
    Setting,
    Told,
    without_whom,
)
from copyright_optout.api import check_territories as territories_of
from copyright_optout.routes.access import acting_for, reachable
from copyright_optout.routes.references import added_reference, received_file
from review_ui.portal.faults import Faults, faults_in, sentence
from review_ui.portal.typed import whole
from review_ui.rights.door import CLAIMS, HOME, READ, WRITE, Door, Typed
from review_ui.rights.forms import ClaimForm, ProofForm, chosen, claim_form, day, needed, proof_form, settings_of
from trust_kernel.errors import Conflict, InvalidInput, NotFound, PlacetError, Unavailable
from trust_kernel.web.access import Actor
from trust_kernel.web.problems import status_of

_PAGE = 50
_REFUSALS = (Conflict, InvalidInput, Unavailable)
_FIELDS = {"proof": "statement", "settings": "blocks"}
"""What a form calls a field of an error."""
_CHOICES = {
    "kinds": [one.value for one in ClaimKind],
    "blocked": [one.value for one in Setting],
    "tellings": [one.value for one in Told],
    "grounds": [one.value for one in Ground],
    "declarations": [one.value for one in Declaration],
}
_Answer = HTMLResponse | RedirectResponse
_Short = Annotated[str, Form(max_length=10_000)]


def build_claim_pages(door: Door) -> APIRouter:
    """`/rights` and `/rights/claims`."""
    router = APIRouter(include_in_schema=False)
    page = _Claims(door)
    _add_list(router, page)
    _add_filing(router, page)
    _add_one(router, page)
    _add_drafts(router, page)
    _add_licences(router, page)
    _add_references(router, page)
    return router


class _Claims:
    """The pages, and what goes wrong on them."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.read = door.access.requires(READ)
        self.write = door.access.requires(WRITE)

    def form(
        self,
        request: Request,
        actor: Actor,
        said: ClaimForm,
        proof: ProofForm | None,
        *,
        claim: Claim | None = None,
        faults: Faults | None = None,
    ) -> HTMLResponse:
        """The form of a claim; without proof where a draft is changed."""
        seats = self.door.optouts.organisations.seats(actor.account_id)
        return self.door.pages.render(
            request,
            "rights_form.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK,
            said=said,
            proof=proof,
            claim=claim,
            faults=faults or Faults(),
            organisations=[seat.organisation for seat in seats if seat.role.may(Role.AGENT)],
            **_CHOICES,
        )

    def show(
        self,
        request: Request,
        claim: Claim,
        *,
        error: PlacetError | None = None,
        typed: Mapping[str, str] | None = None,
        proof: ProofForm | None = None,
        which: str = "",
    ) -> HTMLResponse:
        """One claim; with what was wrong, and what was typed, in which of its forms."""
        optouts = self.door.optouts
        claim = optouts.claim(claim.id)
        faults = faults_in(error, _FIELDS) if error is not None and error.field else Faults()
        return self.door.pages.render(
            request,
            "rights_claim.html",
            status=status_of(error) if error is not None else HTTPStatus.OK,
            claim=claim,
            organisation=optouts.organisations.organisation(claim.organisation_id),
            concerns=without_whom(optouts.concerns([claim.id]).get(claim.id, ())),
            references=optouts.references.of_claim(claim.id) if optouts.references else (),
            takes_references=optouts.references is not None and claim.state in CHANGEABLE,
            rehearsal=optouts.rehearsals.latest(claim.id) if optouts.rehearsals else None,
            rehearses=optouts.rehearsals is not None,
            blind=self.door.blind_spots,
            over=claim.state in CLAIM_ENDED,
            faults=faults,
            problem=sentence(error) if error is not None else "",
            which=which,
            typed=Typed(typed or {}),
            proof=proof or ProofForm.of(claim),
            **_CHOICES,
        )


def _add_list(router: APIRouter, page: _Claims) -> None:
    @router.get(HOME)
    def claims(
        request: Request, actor: Annotated[Actor, page.read], state: str = "", after: str | None = None
    ) -> HTMLResponse:
        optouts = page.door.optouts
        wanted = [one for one in ClaimState if one.value == state]
        found = optouts.page(actor.account_id, states=wanted, after=after, limit=_PAGE + 1)
        rows = found[:_PAGE]
        concerns = optouts.concerns(claim.id for claim in rows)
        return page.door.pages.render(
            request,
            "rights_home.html",
            rows=[(claim, concerns.get(claim.id, ())) for claim in rows],
            states=[one.value for one in ClaimState],
            wanted=wanted[0].value if wanted else "",
            blind=page.door.blind_spots,
            after=after,
            next=rows[-1].id if len(found) > _PAGE else None,
        )


def _add_filing(router: APIRouter, page: _Claims) -> None:
    optouts = page.door.optouts

    @router.get(f"{CLAIMS}/new")
    def new(request: Request, actor: Annotated[Actor, page.write]) -> HTMLResponse:
        return page.form(request, actor, ClaimForm(), ProofForm())

    @router.post(f"{CLAIMS}/new", response_model=None)
    def file(
        request: Request,
        actor: Annotated[Actor, page.write],
        said: Annotated[ClaimForm, Depends(claim_form)],
        proof: Annotated[ProofForm, Depends(proof_form)],
        deed: _Short = "",
    ) -> _Answer:
        draft = deed != "submit"
        try:
            filing = Filing(
                organisation_id=acting_for(optouts, actor, said.organisation or None),
                by=actor.account_id,
                terms=said.terms(),
                proof=proof.draft_proof if draft else proof.proof,
                # what is declared counts when it is handed in, so that nobody is held to a box that they clear later
                declared=frozenset() if draft else proof.declared,
                draft=draft,
            )
            claim = optouts.desk.file(filing)
        except _REFUSALS as error:
            return page.form(request, actor, said, proof, faults=faults_in(error, _FIELDS))
        return _back(claim, "drafted" if draft else "submitted")


def _add_one(router: APIRouter, page: _Claims) -> None:
    optouts = page.door.optouts

    @router.get(f"{CLAIMS}/{{claim_id}}")
    def one(request: Request, claim_id: str, actor: Annotated[Actor, page.read]) -> HTMLResponse:
        return page.show(request, reachable(optouts, actor, claim_id, Role.VIEWER))

    @router.post(f"{CLAIMS}/{{claim_id}}/rehearsal", response_model=None)
    def rehearse(request: Request, claim_id: str, actor: Annotated[Actor, page.write], days: _Short = "") -> _Answer:
        claim = reachable(optouts, actor, claim_id, Role.VIEWER)
        if optouts.rehearsals is None:
            raise NotFound("nothing is tried here")
        try:
            optouts.rehearsals.ask(claim, whole(days, "days"), by=actor.account_id)
        except InvalidInput as error:
            return page.show(request, claim, error=error, typed={"days": days}, which="rehearsal")
        return _back(claim, "rehearsed", "rehearsal")

    @router.post(f"{CLAIMS}/{{claim_id}}/withdraw", response_model=None)
    def withdraw(request: Request, claim_id: str, actor: Annotated[Actor, page.write]) -> _Answer:
        claim = reachable(optouts, actor, claim_id, Role.AGENT)
        try:
            optouts.desk.move(claim_id, ClaimState.WITHDRAWN, actor=actor.account_id)
        except Conflict as error:
            return page.show(request, claim, error=error)
        return _back(claim, "withdrawn")


def _add_drafts(router: APIRouter, page: _Claims) -> None:
    optouts = page.door.optouts

    @router.get(f"{CLAIMS}/{{claim_id}}/change")
    def draft(request: Request, claim_id: str, actor: Annotated[Actor, page.write]) -> HTMLResponse:
        claim = reachable(optouts, actor, claim_id, Role.AGENT)
        return page.form(request, actor, ClaimForm.of(claim), None, claim=claim)

    @router.post(f"{CLAIMS}/{{claim_id}}/change", response_model=None)
    def change(
        request: Request,
        claim_id: str,
        actor: Annotated[Actor, page.write],
        said: Annotated[ClaimForm, Depends(claim_form)],
    ) -> _Answer:
        claim = reachable(optouts, actor, claim_id, Role.AGENT)
        try:
            optouts.desk.change(claim_id, said.terms(claim.terms.licences), by=actor.account_id)
        except _REFUSALS as error:
            return page.form(request, actor, said, None, claim=claim, faults=faults_in(error, _FIELDS))
        return _back(claim, "changed")

    @router.post(f"{CLAIMS}/{{claim_id}}/submit", response_model=None)
    def submit(
        request: Request,
        claim_id: str,
        actor: Annotated[Actor, page.write],
        proof: Annotated[ProofForm, Depends(proof_form)],
    ) -> _Answer:
        claim = reachable(optouts, actor, claim_id, Role.AGENT)
        try:
            optouts.desk.submit(claim_id, by=actor.account_id, proof=proof.proof, declared=proof.declared)
        except _REFUSALS as error:
            return page.show(request, claim, error=error, proof=proof, which="submit")
        return _back(claim, "submitted")


def _add_licences(router: APIRouter, page: _Claims) -> None:
    optouts = page.door.optouts

    @router.post(f"{CLAIMS}/{{claim_id}}/licences", response_model=None)
    def license_claim(
        request: Request,
        claim_id: str,
        actor: Annotated[Actor, page.write],
        licensee: _Short = "",
        licensed: Annotated[list[str] | None, Form()] = None,
        places: _Short = "",
        until: _Short = "",
    ) -> _Answer:
        claim = reachable(optouts, actor, claim_id, Role.AGENT)
        try:
            account_id = needed(licensee, "licensee", "Give the number of an account.")
            where = territories_of(places.replace(",", " ").split())
            made = Licence(account_id, settings_of(licensed or ()), where, day(until, "until"))
            others = [one for one in claim.terms.licences if one.account_id != made.account_id]
            optouts.desk.license(claim_id, [*others, made], by=actor.account_id)
        except InvalidInput as error:
            typed = {"licensee": licensee, "places": places, "until": until, "licensed": " ".join(licensed or ())}
            return page.show(request, claim, error=error, typed=typed, which="licences")
        return _back(claim, "licensed", "licences")

    @router.post(f"{CLAIMS}/{{claim_id}}/licences/end", response_model=None)
    def end_licence(claim_id: str, actor: Annotated[Actor, page.write], licensee: _Short = "") -> _Answer:
        claim = reachable(optouts, actor, claim_id, Role.AGENT)
        left = [one for one in claim.terms.licences if one.account_id != licensee]
        optouts.desk.license(claim_id, left, by=actor.account_id)
        return _back(claim, "unlicensed", "licences")


def _add_references(router: APIRouter, page: _Claims) -> None:
    door = page.door

    @router.post(f"{CLAIMS}/{{claim_id}}/references", response_model=None)
    def add(
        request: Request,
        claim_id: str,
        actor: Annotated[Actor, page.write],
        file: Annotated[UploadFile | None, File()] = None,
    ) -> _Answer:
        claim = reachable(door.optouts, actor, claim_id, Role.AGENT)
        try:
            sent = chosen(file)
            with tempfile.TemporaryDirectory(prefix="optout-") as folder:
                path = received_file(sent, Path(folder) / "file", door.limits)
                added_reference(door.optouts, claim.id, path, door.decoder, door.limits, actor)
        except _REFUSALS as error:
            return page.show(request, claim, error=error, which="references")
        return _back(claim, "referenced", "references")

    @router.post(f"{CLAIMS}/{{claim_id}}/references/{{reference_id}}/drop", response_model=None)
    def drop(claim_id: str, reference_id: str, actor: Annotated[Actor, page.write]) -> RedirectResponse:
        claim = reachable(door.optouts, actor, claim_id, Role.AGENT)
        if door.optouts.references is None:
            raise NotFound("reference media are not kept here")
        door.optouts.references.drop(claim.id, reference_id, by=actor.account_id)
        return _back(claim, "dropped", "references")


def _back(claim: Claim, done: str, part: str = "") -> RedirectResponse:
    """To the claim's page, which says what was done, so that reloading it does not do it again."""
    anchor = f"#{part}" if part else ""
    return RedirectResponse(f"{CLAIMS}/{claim.id}?done={done}{anchor}", HTTPStatus.SEE_OTHER)
