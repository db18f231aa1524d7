"""Ending things: everything for one person, or everything; each says first what it will do."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from consent_registry.api import Grant, Subject, TakeBack
from generator_gateway.api import ReleaseRecord
from review_ui.portal.door import MANAGE, Door, Showing
from review_ui.portal.faults import Faults
from review_ui.portal.views import grant_view
from trust_kernel.web.access import Actor

PATH = "/me/end"
_REQUESTER = "requester"


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody whom a grant names, or who made something with the likeness.

    Attributes:
        name: "@ada"; without a handle, the end of the account's number.
    """

    account_id: str
    name: str


def take_back_of(text: str) -> TakeBack:
    """What a form says becomes of what exists; as it was granted where it says nothing known."""
    return TakeBack(text) if text in set(TakeBack) else TakeBack.AS_GRANTED


def build_ending_pages(door: Door, releases: Showing) -> APIRouter:
    """`/me/end` and below."""
    router = APIRouter(include_in_schema=False)
    ends = _Ends(door, releases)
    _add_person(router, ends)
    _add_everything(router, ends)
    return router


@dataclass(frozen=True, slots=True)
class _Ends:
    """What the pages here are made from."""

    door: Door
    releases: Showing

    def show(
        self, request: Request, actor: Actor, subject: Subject, faults: Faults | None = None, typed: str = ""
    ) -> HTMLResponse:
        """The overview."""
        door, now = self.door, self.door.registry.now()
        grants = door.registry.grants(subject.id)
        views = [grant_view(grant, now, door.handle) for grant in reversed(grants)]
        return door.pages.render(
            request,
            "me_end.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK,
            subject=subject,
            of=door.own_subject_id(actor, subject),
            grants=[view for view in views if view.holds],
            known=self.known(subject, grants),
            faults=faults or Faults(),
            typed=typed,
        )

    def known(self, subject: Subject, grants: Sequence[Grant]) -> list[Known]:
        """Everybody but the person themselves, by name."""
        named = {account for grant in grants for account in grant.terms.audience.account_ids}
        made = {maker_of(release) for release in self.releases.showing(subject.id)}
        found = [self._known(account) for account in (named | made) - {subject.account_id, ""}]
        return sorted(found, key=lambda one: one.name)

    def meant(self, subject: Subject, text: str) -> Known | None:
        """The person that a handle stands for, or the account id of one who is known; None where nobody is."""
        typed = text.strip()
        other = self.door.registry.by_handle(typed.removeprefix("@")) if typed else None
        if other is not None:
            return None if other.id == subject.id else Known(other.account_id, f"@{other.handle}")
        known = self.known(subject, self.door.registry.grants(subject.id))
        return next((one for one in known if one.account_id == typed), None)

    def _known(self, account_id: str) -> Known:
        handle = self.door.handle(account_id)
        return Known(account_id, f"@{handle}" if handle else f"somebody without a handle (…{account_id[-6:]})")


def maker_of(release: ReleaseRecord) -> str:
    """The account that asked for a release; "" where it left."""
    return next((owner.account_id for owner in release.owners if owner.role == _REQUESTER), "")


def _add_person(router: APIRouter, ends: _Ends) -> None:
    manage = ends.door.access.requires(MANAGE)

    @router.get(PATH)
    def overview(request: Request, actor: Annotated[Actor, manage], of: str = "") -> HTMLResponse:
        return ends.show(request, actor, ends.door.spoken_for(actor, of))

    @router.get(f"{PATH}/person")
    def ask(request: Request, actor: Annotated[Actor, manage], of: str = "", person: str = "") -> HTMLResponse:
        door, subject = ends.door, ends.door.spoken_for(actor, of)
        who = ends.meant(subject, person[:100])
        if who is None:
            said = f"Nobody else here is called {person[:100].strip()}." if person.strip() else "Say who: their handle."
            return ends.show(request, actor, subject, Faults({"person": said}), person[:100])
        now = door.registry.now()
        grants = [
            grant_view(grant, now, door.handle) for grant in door.registry.grants(subject.id) if _only(grant, who)
        ]
        made = [release for release in ends.releases.showing(subject.id) if maker_of(release) == who.account_id]
        return door.pages.render(
            request,
            "me_end_person.html",
            subject=subject,
            of=door.own_subject_id(actor, subject),
            who=who,
            grants=grants,
            faults=Faults(),
            out=sum(release.withdrawn_at is None for release in made),
            barred=any(bar.account_id == who.account_id for bar in door.registry.safety.bars(subject.id)),
        )

    @router.post(f"{PATH}/person", response_model=None)
    def end(
        request: Request,
        actor: Annotated[Actor, manage],
        of: Annotated[str, Form()] = "",
        person: Annotated[str, Form()] = "",
        take_back: Annotated[str, Form()] = "",
    ) -> HTMLResponse | RedirectResponse:
        subject = ends.door.spoken_for(actor, of)
        who = ends.meant(subject, person)
        if who is None:
            return ends.show(request, actor, subject, Faults({"person": "Say who: their handle."}), person[:100])
        ends.door.registry.safety.bar(subject.id, who.account_id, actor.account_id, take_back_of(take_back))
        return _back(ends, actor, subject, "person")


def _add_everything(router: APIRouter, ends: _Ends) -> None:
    manage = ends.door.access.requires(MANAGE)

    @router.get(f"{PATH}/everything")
    def ask(request: Request, actor: Annotated[Actor, manage], of: str = "") -> HTMLResponse:
        door, subject = ends.door, ends.door.spoken_for(actor, of)
        now = door.registry.now()
        grants = [grant_view(grant, now, door.handle) for grant in door.registry.grants(subject.id)]
        shown = [one for one in ends.releases.showing(subject.id) if maker_of(one) != subject.account_id]
        return door.pages.render(
            request,
            "me_end_everything.html",
            subject=subject,
            of=door.own_subject_id(actor, subject),
            grants=[grant for grant in grants if grant.holds],
            faults=Faults(),
            out=sum(release.withdrawn_at is None for release in shown),
        )

    @router.post(f"{PATH}/everything")
    def end(
        actor: Annotated[Actor, manage],
        of: Annotated[str, Form()] = "",
        take_back: Annotated[str, Form()] = "",
    ) -> RedirectResponse:
        subject = ends.door.spoken_for(actor, of)
        ends.door.registry.revoke_all(subject.id, actor=actor.account_id, take_back=take_back_of(take_back))
        return _back(ends, actor, subject, "everything")


def _only(grant: Grant, who: Known) -> bool:
    return grant.revoked_at is None and grant.terms.audience.account_ids == {who.account_id}


def _back(ends: _Ends, actor: Actor, subject: Subject, done: str) -> RedirectResponse:
    of = ends.door.own_subject_id(actor, subject)
    return RedirectResponse(f"{PATH}?done={done}{f'&of={of}' if of else ''}", HTTPStatus.SEE_OTHER)
