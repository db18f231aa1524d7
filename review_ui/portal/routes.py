"""My likeness: what waits for me, what holds, where it was used, and what I was told."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from consent_registry.api import OPEN, ApprovalDesk, EnrolmentState, GuardianState, Subject
from generator_gateway.api import AppearanceDesk
from review_ui.portal.approvals import PATH as APPROVALS
from review_ui.portal.approvals import question_view
from review_ui.portal.door import MANAGE, Door, Showing
from review_ui.portal.faults import Faults, faults_in
from review_ui.portal.grants import views_of
from review_ui.portal.views import use_view
from trust_kernel.delivery.inbox import Inbox
from trust_kernel.errors import Conflict, InvalidInput, NotFound
from trust_kernel.web.access import Actor

_NOTICES = 20
_USES = 5
_QUESTIONS = 50
_FOUND = 50
_ATTEMPTS = {
    EnrolmentState.EXAMINED: "Your enrolment waits for a second member of staff. You need not do anything.",
    EnrolmentState.WITH_GUARDIAN: "Your enrolment waits for your guardian's yes.",
    EnrolmentState.TO_REVIEW: "A member of staff looks at your enrolment. You need not do anything.",
}


@dataclass(frozen=True, slots=True)
class Task:
    """Something that waits.

    Attributes:
        said: what it is, as a sentence.
        href: where it is done; "" where nothing is to be done.
        act: what the link there says.
        until: when it is too late; None where there is no such moment.
    """

    said: str
    href: str = ""
    act: str = "Look at it"
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class HomeDesks:
    """What the first page is made from, beside the registry."""

    releases: Showing
    approvals: ApprovalDesk
    appearances: AppearanceDesk
    inbox: Inbox


def build_portal_pages(door: Door, desks: HomeDesks) -> APIRouter:
    """`/me`, and taking a handle."""
    router = APIRouter(include_in_schema=False)
    manage = door.access.requires(MANAGE)

    @router.get("/me")
    def me(request: Request, actor: Annotated[Actor, manage]) -> HTMLResponse:
        subject = door.registry.subject_of(actor.account_id)
        return _handle_page(door, request, actor) if subject is None else _home(door, desks, request, actor, subject)

    @router.post("/me/handle", response_model=None)
    def take_handle(
        request: Request, actor: Annotated[Actor, manage], handle: Annotated[str, Form()] = ""
    ) -> HTMLResponse | RedirectResponse:
        try:
            door.registry.register_subject(actor.account_id, handle.strip().removeprefix("@"), actor.name)
        except (InvalidInput, Conflict) as error:
            if door.registry.subject_of(actor.account_id) is None:
                faults = Faults({"handle": faults_in(error).of(error.field or "")})
                return _handle_page(door, request, actor, faults, handle)
        # The form may have been sent twice: the first time did it.
        return RedirectResponse("/me", HTTPStatus.SEE_OTHER)

    @router.post("/me/told")
    def read(actor: Annotated[Actor, manage], through: Annotated[str, Form()] = "") -> RedirectResponse:
        with suppress(NotFound):  # it was cleared away meanwhile: then there is nothing to mark
            desks.inbox.mark_read_through(actor.account_id, through)
        return RedirectResponse("/me#told", HTTPStatus.SEE_OTHER)

    return router


def _handle_page(
    door: Door, request: Request, actor: Actor, faults: Faults | None = None, typed: str = ""
) -> HTMLResponse:
    return door.pages.render(
        request,
        "handle.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK,
        faults=faults or Faults(),
        typed_handle=typed,
        wards=door.wards(actor),
    )


def _home(door: Door, desks: HomeDesks, request: Request, actor: Actor, subject: Subject) -> HTMLResponse:
    registry = door.registry
    grants = views_of(door, subject, list(reversed(registry.grants(subject.id))))
    showing = desks.releases.showing(subject.id)
    notices, _more = desks.inbox.page(subject.account_id, limit=_NOTICES)
    return door.pages.render(
        request,
        "me.html",
        subject=subject,
        cameo=registry.cameo(subject.id),
        lockdown=registry.safety.lockdown().on,
        paused=registry.safety.settings(subject.id).paused_at,
        tasks=list(_tasks(door, desks, subject)),
        holding=[grant for grant in grants if grant.holds],
        ended=[grant for grant in grants if not grant.holds],
        uses=[use_view(one, subject.account_id, subject.id, door.handle) for one in showing[:_USES]],
        more_uses=len(showing) > _USES,
        notices=notices,
        unread=desks.inbox.unread(subject.account_id),
        wards=door.wards(actor),
    )


def _tasks(door: Door, desks: HomeDesks, subject: Subject) -> Iterator[Task]:
    """What waits for a person: what has a deadline first."""
    for question in desks.approvals.mine(subject.account_id, after=None, limit=_QUESTIONS):
        view = question_view(question, door, subject.account_id)
        if view.may_answer:
            said = "made a video of {}. Watch it and say yes or no." if view.watch else "asks to make a video of {}."
            who = view.who[:1].upper() + view.who[1:]
            yield Task(
                f"{who} {said.format(view.whom)}",
                f"{APPROVALS}/{view.id}",
                "Watch and answer" if view.watch else "Answer",
                view.until,
            )
    yield from _family_tasks(door, subject)
    found, more = desks.appearances.own(subject.account_id, after=None, limit=_FOUND)
    open_ones = sum(one.disputable for one in found)
    if open_ones:
        many = f"{open_ones}{' or more' if more else ''} video{'' if open_ones == 1 and not more else 's'}"
        yield Task(f"You were found in {many} made without your say.", "/me/appearances", "See them")
    attempts = [one for one in door.registry.enrolments.of(subject.id) if one.state in OPEN]
    yield from (Task(_ATTEMPTS[one.state], "/me/enrol", "See where it stands") for one in attempts)
    if not attempts and door.registry.cameo(subject.id) is None:
        said = "You are not enrolled yet: until you are, nobody can use your likeness here, and we can't recognise you."
        yield Task(said, "/me/enrol", "Enrol now")


def _family_tasks(door: Door, subject: Subject) -> Iterator[Task]:
    """What guardians and minors wait for."""
    registry = door.registry
    for link in registry.guardianship.about(subject.account_id):
        theirs = door.handle(link.ward if link.guardian == subject.account_id else link.guardian)
        who = f"@{theirs}" if theirs else "Somebody"
        if link.state is GuardianState.ASKED and link.other == subject.account_id:
            as_what = "ward" if link.asked_by == link.guardian else "guardian"
            yield Task(f"{who} asks you to be their {as_what}.", "/me/settings", "Answer")
        ward = registry.guardianship.subject_of_ward(link)
        if link.guardian == subject.account_id and link.state is GuardianState.VERIFIED and ward is not None:
            for attempt in registry.enrolments.of(ward):
                if attempt.state is EnrolmentState.WITH_GUARDIAN:
                    yield Task(f"{who} wants to enrol and needs your yes.", "/me/settings", "Answer", attempt.until)
