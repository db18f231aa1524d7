"""My likeness: who may use it, where it was used, and the button that ends it."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from consent_registry.api import ConsentRegistry, Grant, Subject
from generator_gateway.api import ReleaseRecord
from review_ui.portal.terms import AllowForm, Faults, faults_in
from review_ui.portal.views import UseView, grant_view, under, use_view
from trust_kernel.clock import Clock
from trust_kernel.errors import Conflict, InvalidInput, NotFound
from trust_kernel.events import Outbox
from trust_kernel.web.access import Access, Actor
from trust_kernel.web.pages import Pages

_NOTICES = 20


class Showing(Protocol):
    """Finds the releases that show somebody."""

    def showing(self, subject_id: str) -> tuple[ReleaseRecord, ...]:
        """Newest first."""
        ...


def build_portal_pages(
    registry: ConsentRegistry, releases: Showing, outbox: Outbox, clock: Clock, pages: Pages, access: Access
) -> APIRouter:
    """`/me` and below."""
    router = APIRouter(include_in_schema=False)
    portal = _Portal(registry, releases, outbox, clock, pages)
    _add_home(router, portal, access)
    _add_allowing(router, portal, access)
    _add_revoking(router, portal, access)
    return router


@dataclass(frozen=True, slots=True)
class _Portal:
    """What the pages of one person are made from."""

    registry: ConsentRegistry
    releases: Showing
    outbox: Outbox
    clock: Clock
    pages: Pages

    def own(self, actor: Actor) -> Subject:
        subject = self.registry.subject_of(actor.account_id)
        if subject is None:
            raise NotFound("choose a handle first")
        return subject

    def own_grant(self, actor: Actor, grant_id: str) -> tuple[Subject, Grant]:
        subject = self.own(actor)
        for grant in self.registry.grants(subject.id):
            if grant.id == grant_id:
                return subject, grant
        raise NotFound("there is no such grant")

    def handle(self, account_id: str) -> str | None:
        subject = self.registry.subject_of(account_id)
        return subject.handle if subject else None

    def uses(self, subject: Subject, releases: list[ReleaseRecord] | tuple[ReleaseRecord, ...]) -> list[UseView]:
        return [use_view(release, subject.account_id, subject.id, self.handle) for release in releases]

    def show(
        self,
        request: Request,
        actor: Actor,
        *,
        form: AllowForm | None = None,
        faults: Faults | None = None,
        **more: Any,
    ) -> HTMLResponse:
        """The page itself; with faults, what was typed is still there."""
        subject = self.registry.subject_of(actor.account_id)
        status = HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
        context = {"typed_handle": "", "form": form or AllowForm(), "faults": faults or Faults()} | more
        if subject is None:
            return self.pages.render(request, "handle.html", status=status, **context)
        now = self.clock.now()
        return self.pages.render(
            request,
            "me.html",
            status=status,
            subject=subject,
            cameo=self.registry.cameo(subject.id),
            grants=[grant_view(grant, now, self.handle) for grant in reversed(self.registry.grants(subject.id))],
            uses=self.uses(subject, self.releases.showing(subject.id)),
            notices=self.outbox.for_recipient(actor.account_id, _NOTICES),
            **context,
        )


def _add_home(router: APIRouter, portal: _Portal, access: Access) -> None:
    manage = access.requires("likeness:manage")

    @router.get("/me")
    def me(request: Request, actor: Annotated[Actor, manage]) -> HTMLResponse:
        return portal.show(request, actor)

    @router.post("/me/handle", response_model=None)
    def take_handle(
        request: Request, actor: Annotated[Actor, manage], handle: Annotated[str, Form()] = ""
    ) -> HTMLResponse | RedirectResponse:
        try:
            portal.registry.register_subject(actor.account_id, handle.strip().removeprefix("@"), actor.name)
        except (InvalidInput, Conflict) as error:
            if portal.registry.subject_of(actor.account_id) is not None:
                # The form was sent twice: the first time did it.
                return RedirectResponse("/me", HTTPStatus.SEE_OTHER)
            faults = Faults({"handle": f"{error.detail[:1].upper()}{error.detail[1:]}."})
            return portal.show(request, actor, faults=faults, typed_handle=handle)
        return RedirectResponse("/me", HTTPStatus.SEE_OTHER)


def _add_allowing(router: APIRouter, portal: _Portal, access: Access) -> None:
    manage = access.requires("likeness:manage")

    @router.post("/me/grants", response_model=None)
    def allow(
        request: Request,
        actor: Annotated[Actor, manage],
        audience: Annotated[str, Form()] = "",
        person: Annotated[str, Form(max_length=100)] = "",
        days: Annotated[str, Form(max_length=100)] = "",
        uses: Annotated[str, Form(max_length=100)] = "",
        modality: Annotated[list[str] | None, Form()] = None,
        remix: Annotated[str, Form()] = "",
        keep: Annotated[str, Form()] = "",
        note: Annotated[str, Form(max_length=5000)] = "",
    ) -> HTMLResponse | RedirectResponse:
        subject = portal.own(actor)
        form = AllowForm(audience, person, tuple(modality or ()), days, uses, remix, keep, note)
        try:
            friend = portal.registry.by_handle(form.handle) if form.handle else None
            made = portal.registry.grant(subject.id, form.terms(portal.clock.now(), friend), actor=actor.account_id)
        except InvalidInput as error:
            return portal.show(request, actor, form=form, faults=faults_in(error))
        return RedirectResponse(f"/me/grants/{made.id}", HTTPStatus.SEE_OTHER)


def _add_revoking(router: APIRouter, portal: _Portal, access: Access) -> None:
    manage = access.requires("likeness:manage")

    @router.get("/me/grants/{grant_id}")
    def grant_page(request: Request, grant_id: str, actor: Annotated[Actor, manage]) -> HTMLResponse:
        subject, grant = portal.own_grant(actor, grant_id)
        made = portal.uses(subject, under(grant.id, portal.releases.showing(subject.id)))
        view = grant_view(grant, portal.clock.now(), portal.handle)
        return portal.pages.render(request, "grant.html", grant=view, uses=made)

    @router.post("/me/grants/{grant_id}/revoke")
    def revoke(grant_id: str, actor: Annotated[Actor, manage]) -> RedirectResponse:
        _, grant = portal.own_grant(actor, grant_id)
        portal.registry.revoke(grant.id, actor=actor.account_id)
        # The grant's own page says what was withdrawn, now and whenever it is looked at again.
        return RedirectResponse(f"/me/grants/{grant.id}", HTTPStatus.SEE_OTHER)

    @router.get("/me/revoke-all")
    def ask_all(request: Request, actor: Annotated[Actor, manage]) -> HTMLResponse:
        subject = portal.own(actor)
        now = portal.clock.now()
        grants = [grant_view(grant, now, portal.handle) for grant in portal.registry.grants(subject.id)]
        return portal.pages.render(request, "revoke_all.html", grants=[grant for grant in grants if grant.revocable])

    @router.post("/me/revoke-all")
    def revoke_all(actor: Annotated[Actor, manage]) -> RedirectResponse:
        portal.registry.revoke_all(portal.own(actor).id, actor=actor.account_id)
        return RedirectResponse("/me", HTTPStatus.SEE_OTHER)
