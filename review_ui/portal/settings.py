"""Settings: how one is told, how often others may use one's likeness, a pause, looks, the birth year, guardians."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from consent_registry.api import EnrolmentAttempt, EnrolmentState, GuardianLink
from review_ui.portal.door import MANAGE, Door
from review_ui.portal.faults import Faults, faults_in, sentence
from review_ui.portal.typed import number_in, one_of, somebody, whole
from trust_kernel.delivery.settings import AreaSetting, Mailing, NoticeBook, NoticeSettings
from trust_kernel.errors import Conflict, InvalidInput, NotPermitted
from trust_kernel.web.access import Actor

AREAS: Mapping[str, str] = {
    "consent": "Consents, questions to you, enrolment",
    "likeness": "Uses of your {likeness}",
    "release": "Videos that you co-own",
    "review": "Decisions by staff",
    "video": "Videos that you asked for",
}
"""What notices are about, in words; the page says what this site calls a cameo."""
LANGUAGES: Mapping[str, str] = {"en": "English", "it": "Italiano"}
MAILINGS: Sequence[tuple[str, str]] = (
    (Mailing.NOW.value, "at once"),
    (Mailing.DIGEST.value, "once a day"),
    (Mailing.OFF.value, "never"),
)
_GUARDIAN_STATES = {
    "asked": "waits for an answer",
    "accepted": "waits for staff, two of whom have to see papers",
    "verified": "holds",
    "ended": "has ended",
}
_Form = HTMLResponse | RedirectResponse


class Side(StrEnum):
    """Which of the two somebody is."""

    MINOR = "minor"
    GUARDIAN = "guardian"


@dataclass(frozen=True, slots=True)
class LinkView:
    """A guardian or a minor.

    Attributes:
        guards: whether one is the guardian.
        mine_to_answer: whether the other side asked, and waits.
        subject_id: of the minor, whose verified guardian one is; None else.
        waiting: enrolments of theirs that wait for one's yes.
    """

    id: str
    who: str
    guards: bool
    state: str
    standing: bool
    mine_to_answer: bool
    subject_id: str | None
    waiting: Sequence[EnrolmentAttempt] = ()


def build_settings_pages(door: Door, book: NoticeBook) -> APIRouter:
    """`/me/settings` and below."""
    router = APIRouter(include_in_schema=False)
    settings = _Settings(door, book)
    _add_page(router, settings)
    _add_notices(router, settings)
    _add_limits(router, settings)
    _add_age(router, settings)
    _add_guardians(router, settings)
    _add_wards(router, settings)
    return router


@dataclass(frozen=True, slots=True)
class _Settings:
    """The page, and what goes wrong on it."""

    door: Door
    book: NoticeBook

    def show(
        self,
        request: Request,
        actor: Actor,
        faults: Faults | None = None,
        problem: str = "",
        typed_notices: NoticeSettings | None = None,
        **typed: str,
    ) -> HTMLResponse:
        """The page; with what was typed where something was wrong with it."""
        registry, account_id = self.door.registry, actor.account_id
        subject = registry.subject_of(account_id)
        age = registry.ages.of(account_id)
        chosen = typed_notices or self.book.of(account_id)
        kept = registry.safety.settings(subject.id) if subject else None
        cap = kept.daily_uses if kept else None
        return self.door.pages.render(
            request,
            "my_settings.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY if faults or problem else HTTPStatus.OK,
            chosen=chosen,
            areas=[(area, AREAS.get(area, area), one) for area, one in sorted(chosen.areas.items())],
            languages=[(code, LANGUAGES.get(code, code)) for code in self.book.rules.languages],
            hours=[(str(hour), f"{hour:02}:00") for hour in range(24)],
            mailings=MAILINGS,
            subject=subject,
            kept=kept,
            looks=registry.looks.of(subject.id) if subject else (),
            age=age,
            band=registry.ages.band(account_id).value,
            links=[self._link(link, account_id) for link in registry.guardianship.about(account_id)],
            faults=faults or Faults(),
            problem=problem,
            **(
                {
                    "zone": chosen.zone,
                    "daily_uses": "" if cap is None else str(cap),
                    "birth_year": str(age.birth_year) if age else "",
                    "guardian": "",
                    "i_am": "",
                }
                | typed
            ),
        )

    def tried(self, request: Request, actor: Actor, deed: Callable[[], object], done: str) -> _Form:
        """Do something, and say that it is done; where it can't be, why, above the page as it stands."""
        try:
            deed()
        except (Conflict, NotPermitted) as error:
            return self.show(request, actor, problem=sentence(error))
        return _back(done)

    def _link(self, link: GuardianLink, account_id: str) -> LinkView:
        registry = self.door.registry
        other = link.ward if link.guardian == account_id else link.guardian
        handle = self.door.handle(other)
        guards = link.guardian == account_id
        verified = link.state.value == "verified"
        subject_id = registry.guardianship.subject_of_ward(link) if guards and verified else None
        attempts = registry.enrolments.of(subject_id) if subject_id else ()
        return LinkView(
            id=link.id,
            who=f"@{handle}" if handle else "somebody without a handle",
            guards=guards,
            state=_GUARDIAN_STATES[link.state.value],
            standing=link.state.value != "ended",
            mine_to_answer=link.state.value == "asked" and link.other == account_id,
            subject_id=subject_id,
            waiting=[one for one in attempts if one.state is EnrolmentState.WITH_GUARDIAN],
        )


def _add_page(router: APIRouter, settings: _Settings) -> None:
    @router.get("/me/settings")
    def page(request: Request, actor: Annotated[Actor, settings.door.access.requires(MANAGE)]) -> HTMLResponse:
        return settings.show(request, actor)


async def _sent(request: Request) -> dict[str, str]:
    """A form's fields, where their names are not known before."""
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


def _add_notices(router: APIRouter, settings: _Settings) -> None:
    @router.post("/me/settings/notices", response_model=None)
    def choose(
        request: Request,
        actor: Annotated[Actor, settings.door.access.requires("notice:manage")],
        sent: Annotated[dict[str, str], Depends(_sent)],
    ) -> _Form:
        held = settings.book.of(actor.account_id)
        hour, areas = number_in(sent.get("hour", "")), _areas(sent, held)
        wanted = NoticeSettings(
            language=sent.get("language") or held.language,
            hour=held.hour if hour is None else hour,
            zone=sent.get("zone", "").strip() or held.zone,
            areas={**held.areas, **areas},
        )
        try:
            settings.book.choose(
                actor.account_id,
                language=sent.get("language") or None,
                hour=hour,
                zone=sent.get("zone", "").strip() or None,
                areas=areas,
            )
        except InvalidInput as error:
            return settings.show(request, actor, faults_in(error), typed_notices=wanted)
        return _back("notices")


def _areas(sent: Mapping[str, str], held: NoticeSettings) -> dict[str, AreaSetting]:
    ways = {one.value for one in Mailing}
    return {
        area: AreaSetting(Mailing(sent[f"mail_{area}"]), in_app=sent.get(f"app_{area}") == "yes")
        for area in held.areas
        if sent.get(f"mail_{area}") in ways
    }


def _add_limits(router: APIRouter, settings: _Settings) -> None:
    door = settings.door
    manage = door.access.requires(MANAGE)
    safety = door.registry.safety

    @router.post("/me/settings/cap", response_model=None)
    def cap(
        request: Request,
        actor: Annotated[Actor, manage],
        daily_uses: Annotated[str, Form(max_length=20)] = "",
    ) -> _Form:
        subject = door.own(actor)
        try:
            most = whole(daily_uses, "daily_uses") if daily_uses.strip() else None
            safety.cap(subject.id, actor.account_id, most)
        except (InvalidInput, NotPermitted) as error:
            return settings.show(request, actor, Faults({"daily_uses": sentence(error)}), daily_uses=daily_uses)
        return _back("cap")

    @router.post("/me/settings/pause", response_model=None)
    def pause(
        request: Request, actor: Annotated[Actor, manage], paused: Annotated[str, Form(max_length=10)] = ""
    ) -> _Form:
        stop, subject = paused == "yes", door.own(actor)
        deed = partial(safety.pause, subject.id, actor.account_id, paused=stop)
        return settings.tried(request, actor, deed, "paused" if stop else "resumed")

    @router.post("/me/settings/looks/{look_id}/remove", response_model=None)
    def remove_look(request: Request, look_id: str, actor: Annotated[Actor, manage]) -> _Form:
        deed = partial(door.registry.looks.remove, door.own(actor).id, look_id, actor=actor.account_id)
        return settings.tried(request, actor, deed, "look")


def _add_age(router: APIRouter, settings: _Settings) -> None:
    door = settings.door

    @router.post("/me/settings/age", response_model=None)
    def state(
        request: Request,
        actor: Annotated[Actor, door.access.requires(MANAGE)],
        birth_year: Annotated[str, Form(max_length=20)] = "",
    ) -> _Form:
        try:
            door.registry.ages.state(actor.account_id, whole(birth_year, "birth_year"))
        except (InvalidInput, Conflict) as error:
            return settings.show(request, actor, Faults({"birth_year": sentence(error)}), birth_year=birth_year)
        return _back("age")


def _add_guardians(router: APIRouter, settings: _Settings) -> None:
    door = settings.door
    manage = door.access.requires(MANAGE)
    desk = door.registry.guardianship

    @router.post("/me/settings/guardians", response_model=None)
    def ask(
        request: Request,
        actor: Annotated[Actor, manage],
        guardian: Annotated[str, Form(max_length=100)] = "",
        i_am: Annotated[str, Form(max_length=20)] = "",
    ) -> _Form:
        try:
            side = one_of(Side, i_am, "i_am", "Choose which of the two you are.")
            other = somebody(door.registry, guardian, "guardian")
            desk.ask(actor.account_id, other.account_id, as_guardian=side is Side.GUARDIAN)
        except (InvalidInput, Conflict, NotPermitted) as error:
            faults = Faults({"i_am" if error.field == "i_am" else "guardian": sentence(error)})
            return settings.show(request, actor, faults, guardian=guardian, i_am=i_am)
        return _back("asked")

    @router.post("/me/settings/guardians/{link_id}/accept", response_model=None)
    def accept(request: Request, link_id: str, actor: Annotated[Actor, manage]) -> _Form:
        return settings.tried(request, actor, partial(desk.accept, link_id, by=actor.account_id), "accepted")

    @router.post("/me/settings/guardians/{link_id}/end", response_model=None)
    def end(request: Request, link_id: str, actor: Annotated[Actor, manage]) -> _Form:
        return settings.tried(request, actor, partial(desk.end, link_id, by=actor.account_id), "ended")


def _add_wards(router: APIRouter, settings: _Settings) -> None:
    door = settings.door

    @router.post("/me/settings/enrolments/{attempt_id}/approve", response_model=None)
    def approve(
        request: Request,
        attempt_id: str,
        actor: Annotated[Actor, door.access.requires(MANAGE)],
        yes: Annotated[str, Form(max_length=10)] = "",
    ) -> _Form:
        deed = partial(door.registry.enrolments.approve, attempt_id, by=actor.account_id, yes=yes == "yes")
        return settings.tried(request, actor, deed, "answered")


def _back(done: str) -> RedirectResponse:
    return RedirectResponse(f"/me/settings?done={done}", HTTPStatus.SEE_OTHER)
