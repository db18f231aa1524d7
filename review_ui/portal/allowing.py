"""Letting others use one's likeness: the simple form, with every further limit behind one fold."""

from dataclasses import fields
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from consent_registry.api import AudienceKind, Subject
from review_ui.portal.door import MANAGE, Door
from review_ui.portal.faults import Faults, faults_in, sentence
from review_ui.portal.terms import FIELDS, MORE, AllowForm
from review_ui.portal.words import CLOSED, CONTEXTS, MODES, OPEN, PURPOSES, TRAITS
from trust_kernel.errors import InvalidInput, NotPermitted
from trust_kernel.web.access import Actor

PATH = "/me/allow"
_AUDIENCES = (
    (AudienceKind.PEOPLE.value, "certain people, by their handle"),
    (AudienceKind.GROUPS.value, "people in my groups"),
    (AudienceKind.MUTUALS.value, "people who follow me and whom I follow"),
    (AudienceKind.EVERYONE.value, "everyone"),
)
_OPTIONS: dict[str, Any] = {
    "audiences": _AUDIENCES,
    "purposes": tuple((one.value, said) for one, said in PURPOSES.items()),
    "modes": tuple((one.value, *said) for one, said in MODES.items()),
    "closed": tuple((one.value, CONTEXTS[one]) for one in CLOSED),
    "opened": tuple((one.value, CONTEXTS[one]) for one in OPEN),
    "traits": tuple((one.value, said) for one, said in TRAITS.items()),
}
_Text = Annotated[str, Form(max_length=200)]
_Long = Annotated[str, Form(max_length=10_000)]
_Many = Annotated[list[str] | None, Form()]


def _simple(
    audience: _Text = "",
    person: _Long = "",
    groups: _Many = None,
    modality: _Many = None,
    purpose: _Many = None,
    days: _Text = "",
    uses: _Text = "",
    mode: _Text = "",
) -> dict[str, Any]:
    """What the form asks of everybody."""
    return {
        "audience": audience,
        "person": person,
        "groups": tuple(groups or ()),
        "modality": tuple(modality or ()),
        "purpose": tuple(purpose or ()),
        "days": days,
        "uses": uses,
        "mode": mode,
    }


def _places(territories: _Text = "", languages: _Text = "", unsaid: _Long = "", note: _Long = "") -> dict[str, Any]:
    """Limits that are written."""
    return {"territories": territories, "languages": languages, "unsaid": unsaid, "note": note}


def _limits(
    start: _Text = "",
    daily: _Text = "",
    minors: _Text = "",
    remix: _Text = "",
    keep: _Text = "",
    opened: Annotated[list[str] | None, Form(alias="open")] = None,
    closed: Annotated[list[str] | None, Form(alias="close")] = None,
    fixed: _Many = None,
) -> dict[str, Any]:
    """Limits that are chosen."""
    return {
        "start": start,
        "daily": daily,
        "minors": minors,
        "remix": remix,
        "keep": keep,
        "open": tuple(opened or ()),
        "close": tuple(closed or ()),
        "fixed": tuple(fixed or ()),
    }


def _typed(
    simple: Annotated[dict[str, Any], Depends(_simple)],
    places: Annotated[dict[str, Any], Depends(_places)],
    limits: Annotated[dict[str, Any], Depends(_limits)],
) -> AllowForm:
    """The whole form, as it was typed."""
    return AllowForm(**simple, **places, **limits)


def build_allowing_pages(door: Door) -> APIRouter:
    """`/me/allow`."""
    router = APIRouter(include_in_schema=False)
    manage = door.access.requires(MANAGE)

    @router.get(PATH)
    def ask(request: Request, actor: Annotated[Actor, manage], of: str = "", person: str = "") -> HTMLResponse:
        return _show(door, request, actor, door.spoken_for(actor, of), AllowForm(person=person[:100]))

    @router.post(PATH, response_model=None)
    def allow(
        request: Request,
        actor: Annotated[Actor, manage],
        form: Annotated[AllowForm, Depends(_typed)],
        of: Annotated[str, Form()] = "",
    ) -> HTMLResponse | RedirectResponse:
        subject = door.spoken_for(actor, of)
        try:
            friends = door.registry.subjects_named(form.handles)
            theirs = {group.id for group in door.registry.groups.of(subject.id)}
            terms = form.terms(door.registry.now(), friends, theirs)
            made = door.registry.grant(subject.id, terms, actor=actor.account_id)
        except InvalidInput as error:
            faults = faults_in(error, FIELDS)
            return _show(door, request, actor, subject, form, faults=faults)
        except NotPermitted as error:
            return _show(door, request, actor, subject, form, problem=sentence(error))
        return RedirectResponse(f"/me/grants/{made.id}?done=given", HTTPStatus.SEE_OTHER)

    return router


def _show(
    door: Door,
    request: Request,
    actor: Actor,
    subject: Subject,
    form: AllowForm,
    *,
    faults: Faults | None = None,
    problem: str = "",
) -> HTMLResponse:
    """The page; with faults, what was typed is still there, and the fold is open where the fault is behind it."""
    wrong = faults or Faults()
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.FORBIDDEN if problem else HTTPStatus.OK
    groups = tuple((group.id, group.name) for group in door.registry.groups.of(subject.id))
    shown = {field.name for field in fields(AllowForm)} - (set() if groups else {"groups"})
    return door.pages.render(
        request,
        "me_allow.html",
        status=status,
        subject=subject,
        of=door.own_subject_id(actor, subject),
        form=form,
        faults=wrong,
        # a fault that belongs to no field that is shown is said above it
        problem=problem or " ".join(said for name, said in wrong.by_field.items() if name not in shown),
        unfolded=form.more or any(wrong.of(name) for name in MORE),
        enrolled=door.registry.cameo(subject.id) is not None,
        groups=groups,
        **_OPTIONS,
    )
