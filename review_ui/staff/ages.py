"""Staff's page about ages: what somebody said, and the year that a member of staff has seen proof of."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from review_ui.staff.answers import NOTHING, REFUSALS, Wrong, back, missing, refused
from review_ui.staff.door import ATTEST, Door
from trust_kernel.web.access import Actor

PATH = "/staff/ages"


def build_age_pages(door: Door) -> APIRouter:
    """`/staff/ages`: one person at a time, by handle or account; nobody's age is in a list."""
    router = APIRouter(include_in_schema=False)

    def show(request: Request, actor: Actor, who: str, wrong: Wrong = NOTHING) -> HTMLResponse:
        person = door.people.meant(who)
        checked = door.registry.ages.of(person.account_id) if person else None
        if who.strip() and person is None and not wrong.said:
            wrong = Wrong(f"Nobody here is called {who.strip()[:80]}.")
        return door.pages.render(
            request,
            "staff_ages.html",
            status=wrong.status,
            who=who,
            person=person,
            age=checked,
            band=door.registry.ages.band(person.account_id) if person else None,
            by=door.people.known(checked.by) if checked and checked.verified else None,
            own=person is not None and person.account_id == actor.account_id,
            wrong=wrong,
        )

    @router.get(PATH)
    def ages(request: Request, actor: Annotated[Actor, door.access.requires(ATTEST)], who: str = "") -> HTMLResponse:
        return show(request, actor, who)

    @router.post(PATH, response_model=None)
    def check(
        request: Request,
        actor: Annotated[Actor, door.access.requires(ATTEST)],
        account: Annotated[str, Form()] = "",
        birth_year: Annotated[str, Form()] = "",
    ) -> HTMLResponse | RedirectResponse:
        person = door.people.meant(account)
        if person is None:
            return show(request, actor, account)
        typed = birth_year.strip()
        if not (typed.isascii() and typed.isdigit() and len(typed) <= _DIGITS):
            return show(request, actor, account, missing("Give the year as four digits.", typed))
        try:
            door.registry.ages.verify(person.account_id, int(typed), by=actor.account_id)
        except REFUSALS as error:
            return show(request, actor, account, refused(error, typed))
        return back(f"{PATH}?who={person.account_id}", "checked")

    return router


_DIGITS = 4
