"""Other people: groups that consents can be for, whom nothing covers, and telling staff of somebody."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from consent_registry.api import GrantState, Group, ReportReason, Subject, TakeBack
from review_ui.portal.door import MANAGE, Door
from review_ui.portal.faults import Faults, faults_in, sentence
from review_ui.portal.typed import one_of, somebody
from trust_kernel.errors import Conflict, InvalidInput, NotFound, NotPermitted
from trust_kernel.web.access import Actor

REPORT_REASONS: Mapping[ReportReason, str] = {
    ReportReason.HARASSMENT: "they harass me or somebody else",
    ReportReason.IMPERSONATION: "they pretend to be me or somebody else",
    ReportReason.SEXUAL: "something sexual that nobody agreed to",
    ReportReason.VIOLENCE: "violence, or threats of it",
    ReportReason.MINOR_AT_RISK: "a child is at risk",
    ReportReason.FRAUD: "fraud or scams",
    ReportReason.OTHER: "something else",
}
"""What somebody is reported for, in words."""
TAKE_BACKS: Sequence[tuple[str, str, str]] = (
    (
        TakeBack.AS_GRANTED.value,
        "as each consent says",
        "Some said that videos stay out, some that they are withdrawn.",
    ),
    (TakeBack.STOP_NEW.value, "it stays out", "They can make nothing new."),
    (TakeBack.TAKE_BACK.value, "it is withdrawn", "Nobody can watch or download it here any more."),
)
"""What becomes of what somebody made: value, words, a line below."""
_MOST_TEXT = 10_000
_Form = HTMLResponse | RedirectResponse


@dataclass(frozen=True, slots=True)
class Other:
    """Another person on a list; `handle` is "" where they have none."""

    account_id: str
    handle: str
    at: datetime | None = None

    @property
    def said(self) -> str:
        """How they are called."""
        return f"@{self.handle}" if self.handle else "somebody without a handle"


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed into the forms of the page, as it was typed."""

    bar: str = ""
    take_back: str = TakeBack.AS_GRANTED.value
    name: str = ""
    who: str = ""
    reason: str = ""
    text: str = ""
    video: str = ""


def build_people_pages(door: Door) -> APIRouter:
    """`/me/people` and below."""
    router = APIRouter(include_in_schema=False)
    people = _People(door)
    _add_list(router, people)
    _add_bars(router, people)
    _add_groups(router, people)
    _add_reports(router, people)
    return router


@dataclass(frozen=True, slots=True)
class _People:
    """The pages about other people."""

    door: Door
    manage: Any = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "manage", self.door.access.requires(MANAGE))

    def show(
        self, request: Request, actor: Actor, typed: Typed, faults: Faults | None = None, problem: str = ""
    ) -> HTMLResponse:
        registry = self.door.registry
        subject = registry.subject_of(actor.account_id)
        bars = registry.safety.bars(subject.id) if subject else ()
        return self.door.pages.render(
            request,
            "my_people.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY if faults or problem else HTTPStatus.OK,
            subject=subject,
            bars=[self.other(bar.account_id, bar.at) for bar in bars],
            groups=registry.groups.of(subject.id) if subject else (),
            reasons=[(reason.value, said) for reason, said in REPORT_REASONS.items()],
            take_backs=TAKE_BACKS,
            typed=typed,
            faults=faults or Faults(),
            problem=problem,
        )

    def show_group(
        self, request: Request, subject: Subject, group: Group, faults: Faults | None = None, **typed: str
    ) -> HTMLResponse:
        """A group; with what was typed where something was wrong with it."""
        registry = self.door.registry
        now = registry.now()
        members = sorted((self.other(one) for one in group.account_ids), key=lambda one: (one.handle, one.account_id))
        consents = [
            grant
            for grant in registry.grants(subject.id)
            if group.id in grant.terms.audience.group_ids
            and grant.state_at(now) in {GrantState.ACTIVE, GrantState.SCHEDULED}
        ]
        return self.door.pages.render(
            request,
            "my_group.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK,
            group=group,
            members=members,
            consents=[grant.id for grant in consents],
            faults=faults or Faults(),
            **({"name": group.name, "who": ""} | typed),
        )

    def tried_in(
        self,
        request: Request,
        actor: Actor,
        group_id: str,
        deed: Callable[[Group], None],
        done: str,
        **typed: str,
    ) -> _Form:
        """Change a group of one's own, and say so; where it can't be, why, at the one field that was typed into."""
        subject, group = self.own_group(actor, group_id)
        try:
            deed(group)
        except (InvalidInput, Conflict, NotPermitted) as error:
            return self.show_group(request, subject, group, _named(next(iter(typed)), error), **typed)
        return _back(f"/me/people/groups/{group.id}", done)

    def other(self, account_id: str, at: datetime | None = None) -> Other:
        return Other(account_id, self.door.handle(account_id) or "", at)

    def own_group(self, actor: Actor, group_id: str) -> tuple[Subject, Group]:
        """A group of one's own; to anybody else there is none."""
        subject = self.door.own(actor)
        group = self.door.registry.groups.named(group_id)
        if group.subject_id != subject.id:
            raise NotFound("there is no such group")
        return subject, group


def _add_list(router: APIRouter, people: _People) -> None:
    @router.get("/me/people")
    def people_page(
        request: Request, actor: Annotated[Actor, people.manage], who: str = "", video: str = ""
    ) -> HTMLResponse:
        return people.show(request, actor, Typed(bar=who[:40], who=who[:40], video=video[:64]))


def _add_bars(router: APIRouter, people: _People) -> None:
    door = people.door

    @router.post("/me/people/bars", response_model=None)
    def bar(
        request: Request,
        actor: Annotated[Actor, people.manage],
        handle: Annotated[str, Form(alias="bar", max_length=100)] = "",
        take_back: Annotated[str, Form(max_length=40)] = "",
    ) -> _Form:
        subject = door.own(actor)
        try:
            who = somebody(door.registry, handle, "bar")
            ends = one_of(TakeBack, take_back, "take_back", "Choose what becomes of what they made.")
            door.registry.safety.bar(subject.id, who.account_id, actor.account_id, ends)
        except InvalidInput as error:
            faults = faults_in(error, {"account_id": "bar"})
            return people.show(request, actor, Typed(bar=handle, take_back=take_back), faults)
        return _back("/me/people", "barred")

    @router.post("/me/people/bars/{account_id}/undo", response_model=None)
    def unbar(request: Request, account_id: str, actor: Annotated[Actor, people.manage]) -> _Form:
        try:
            door.registry.safety.unbar(door.own(actor).id, account_id, actor.account_id)
        except NotPermitted as error:
            return people.show(request, actor, Typed(), problem=sentence(error))
        return _back("/me/people", "unbarred")


def _add_groups(router: APIRouter, people: _People) -> None:
    groups = people.door.registry.groups

    @router.post("/me/people/groups", response_model=None)
    def create(
        request: Request, actor: Annotated[Actor, people.manage], name: Annotated[str, Form(max_length=200)] = ""
    ) -> _Form:
        try:
            made = groups.create(people.door.own(actor).id, name, actor.account_id)
        except (InvalidInput, Conflict) as error:
            return people.show(request, actor, Typed(name=name), _named("name", error))
        return _back(f"/me/people/groups/{made.id}", "made")

    @router.get("/me/people/groups/{group_id}")
    def group_page(request: Request, group_id: str, actor: Annotated[Actor, people.manage]) -> HTMLResponse:
        return people.show_group(request, *people.own_group(actor, group_id))

    @router.post("/me/people/groups/{group_id}/name", response_model=None)
    def rename(
        request: Request,
        group_id: str,
        actor: Annotated[Actor, people.manage],
        name: Annotated[str, Form(max_length=200)] = "",
    ) -> _Form:
        def rename_it(group: Group) -> None:
            groups.rename(group.id, name, actor.account_id)

        return people.tried_in(request, actor, group_id, rename_it, "named", name=name)

    @router.post("/me/people/groups/{group_id}/delete")
    def delete(group_id: str, actor: Annotated[Actor, people.manage]) -> RedirectResponse:
        _, group = people.own_group(actor, group_id)
        groups.delete(group.id, actor.account_id)
        return _back("/me/people", "deleted")

    _add_members(router, people)


def _add_members(router: APIRouter, people: _People) -> None:
    groups = people.door.registry.groups

    @router.post("/me/people/groups/{group_id}/members", response_model=None)
    def add(
        request: Request,
        group_id: str,
        actor: Annotated[Actor, people.manage],
        who: Annotated[str, Form(max_length=100)] = "",
    ) -> _Form:
        def add_them(group: Group) -> None:
            groups.add(group.id, somebody(people.door.registry, who, "who").account_id, actor.account_id)

        return people.tried_in(request, actor, group_id, add_them, "added", who=who)

    @router.post("/me/people/groups/{group_id}/members/{account_id}/remove")
    def remove(group_id: str, account_id: str, actor: Annotated[Actor, people.manage]) -> RedirectResponse:
        _, group = people.own_group(actor, group_id)
        groups.remove(group.id, account_id, actor.account_id)
        return _back(f"/me/people/groups/{group.id}", "removed")


def _add_reports(router: APIRouter, people: _People) -> None:
    @router.post("/me/people/reports", response_model=None)
    def report(
        request: Request,
        actor: Annotated[Actor, people.manage],
        who: Annotated[str, Form(max_length=100)] = "",
        reason: Annotated[str, Form(max_length=40)] = "",
        text: Annotated[str, Form(max_length=_MOST_TEXT)] = "",
        video: Annotated[str, Form(max_length=100)] = "",
    ) -> _Form:
        try:
            other = somebody(people.door.registry, who, "who")
            why = one_of(ReportReason, reason, "reason", "Choose what it is about.")
            people.door.registry.safety.report(actor.account_id, other.account_id, why, text, video.strip() or None)
        except (InvalidInput, Conflict) as error:
            typed = Typed(who=who, reason=reason, text=text, video=video)
            faults = faults_in(error, {"account_id": "who", "video_id": "video", "": "text"})
            return people.show(request, actor, typed, faults)
        return _back("/me/people", "reported")


def _named(name: str, error: InvalidInput | Conflict | NotPermitted) -> Faults:
    """What was wrong, at the one field that a form has."""
    return Faults({name: sentence(error)})


def _back(path: str, done: str) -> RedirectResponse:
    return RedirectResponse(f"{path}?done={done}", HTTPStatus.SEE_OTHER)
