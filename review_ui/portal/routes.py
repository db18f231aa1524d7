"""My likeness: who may use it, where it was used, and the button that ends it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Protocol

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from consent_registry.api import Audience, AudienceKind, ConsentRegistry, Grant, GrantTerms, Modality, Subject
from generator_gateway.api import ReleaseRecord
from trust_kernel.clock import Clock
from trust_kernel.errors import InvalidInput, NotFound
from trust_kernel.events import Outbox
from trust_kernel.web.access import Access, Actor
from trust_kernel.web.pages import Pages

_SEE_OTHER = 303
_NOTICES = 20


class Showing(Protocol):
    """Finds the releases that show somebody."""

    def showing(self, subject_id: str) -> tuple[ReleaseRecord, ...]:
        """Newest first."""
        ...


@dataclass(frozen=True, slots=True)
class GrantView:
    """A grant as its page shows it, at this moment."""

    id: str
    audience: Audience
    modalities: tuple[str, ...]
    expires_at: datetime
    uses: int
    max_uses: int | None
    allows_remix: bool
    state: str


def _view(grant: Grant, now: datetime) -> GrantView:
    return GrantView(
        id=grant.id,
        audience=grant.audience,
        modalities=tuple(modality.value for modality in grant.modalities),
        expires_at=grant.expires_at,
        uses=grant.uses,
        max_uses=grant.max_uses,
        allows_remix=grant.allows_remix,
        state=grant.state_at(now).value,
    )


def build_portal_pages(
    registry: ConsentRegistry, releases: Showing, outbox: Outbox, clock: Clock, pages: Pages, access: Access
) -> APIRouter:
    """`/me` and below."""
    router = APIRouter(include_in_schema=False)
    manage = access.requires("likeness:manage")

    def own(actor: Actor) -> Subject:
        subject = registry.subject_of(actor.account_id)
        if subject is None:
            raise NotFound("choose a handle first")
        return subject

    @router.get("/me")
    def me(request: Request, actor: Annotated[Actor, manage]) -> HTMLResponse:
        subject = registry.subject_of(actor.account_id)
        now = clock.now()
        return pages.render(
            request,
            "me.html",
            subject=subject,
            cameo=registry.cameo(subject.id) if subject else None,
            grants=[_view(grant, now) for grant in registry.grants(subject.id)] if subject else [],
            uses=releases.showing(subject.id) if subject else (),
            notices=outbox.for_recipient(actor.account_id, _NOTICES),
        )

    @router.post("/me/handle")
    def take_handle(actor: Annotated[Actor, manage], handle: Annotated[str, Form()]) -> RedirectResponse:
        registry.register_subject(actor.account_id, handle, actor.name)
        return RedirectResponse("/me", _SEE_OTHER)

    @router.post("/me/grants")
    def allow(
        actor: Annotated[Actor, manage],
        audience: Annotated[str, Form()],
        days: Annotated[int, Form()],
        person: Annotated[str, Form()] = "",
        modality: Annotated[list[str] | None, Form()] = None,
        remix: Annotated[str, Form()] = "",
    ) -> RedirectResponse:
        subject = own(actor)
        terms = GrantTerms(
            audience=_audience(registry, audience, person),
            modalities=frozenset(Modality(name) for name in modality or () if name in set(Modality)),
            expires_at=clock.now() + timedelta(days=days),
            allows_remix=remix == "yes",
        )
        registry.grant(subject.id, terms, actor=actor.account_id)
        return RedirectResponse("/me", _SEE_OTHER)

    @router.post("/me/grants/{grant_id}/revoke")
    def revoke(grant_id: str, actor: Annotated[Actor, manage]) -> RedirectResponse:
        if grant_id not in {grant.id for grant in registry.grants(own(actor).id)}:
            raise NotFound("there is no such grant")
        registry.revoke(grant_id, actor=actor.account_id)
        return RedirectResponse("/me", _SEE_OTHER)

    return router


def _audience(registry: ConsentRegistry, kind: str, person: str) -> Audience:
    if kind not in {AudienceKind.PEOPLE, AudienceKind.MUTUALS, AudienceKind.EVERYONE}:
        raise InvalidInput("choose whom it is for", field="audience")
    if kind != AudienceKind.PEOPLE:
        return Audience(AudienceKind(kind))
    friend = registry.by_handle(person.strip().removeprefix("@"))
    if friend is None:
        raise InvalidInput("nobody has this handle", field="person")
    return Audience(AudienceKind.PEOPLE, frozenset({friend.account_id}))
