"""Routes of notices under a statute. They are called legal notices here: `/v1/notices` is what an account is told."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, Query, UploadFile, params

from copyright_optout.api import (
    CounterTexts,
    Element,
    GivenNotice,
    Notice,
    NoticeDesk,
    NoticeState,
    Statute,
    Texts,
)
from copyright_optout.domain import NoticeFault
from copyright_optout.ports.notices import Place
from copyright_optout.routes.access import ACTIVATE
from copyright_optout.schemas.notices import (
    ClockList,
    ClockView,
    CounterBody,
    GivenView,
    NoticePage,
    NoticeView,
    OwnNotices,
    PlacesBody,
    ReceivedView,
    RejectionBody,
    RequirementsView,
    SuitBody,
)
from trust_kernel.errors import InvalidInput
from trust_kernel.web.access import Access, Actor

PATH = "/v1/legal-notices"
_PLACE = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z~\w{1,64}$"
_Text = Annotated[str, Form(max_length=10_000)]


def build_legal_notice_router(desk: NoticeDesk, access: Access, guards: list[params.Depends]) -> APIRouter:
    """`/v1/legal-notices` and below.

    Args:
        desk: the notices.
        access: guards each route.
        guards: what everybody without an account passes first: a limit on how often.
    """
    router = APIRouter(tags=["legal notices"])
    _add_giving(router, desk, access, guards)
    _add_following(router, desk, access, guards)
    _add_owners(router, desk, access)
    _add_reading(router, desk, access)
    _add_deciding(router, desk, access)
    return router


def _add_giving(router: APIRouter, desk: NoticeDesk, access: Access, guards: list[params.Depends]) -> None:
    @router.get(f"{PATH}/requirements", dependencies=[access.public()])
    def requirements() -> RequirementsView:
        """What each law asks of a notice, and where it says so."""
        return RequirementsView.whole()

    @router.post(PATH, status_code=201, dependencies=guards)
    def give_notice(
        actor: Annotated[Actor | None, access.optional()],
        statute: Annotated[Statute, Form()],
        name: _Text = "",
        email: _Text = "",
        phone: _Text = "",
        address: _Text = "",
        on_behalf_of: _Text = "",
        work: _Text = "",
        statement: _Text = "",
        signature: _Text = "",
        videos: Annotated[list[str] | None, Form()] = None,
        declared: Annotated[list[Element] | None, Form()] = None,
        language: Annotated[Literal["en", "it"], Form()] = "en",
        file: Annotated[UploadFile | None, File()] = None,
    ) -> GivenView:
        """Give notice, with an account or without; `missing` says what the law asks for beyond what was given."""
        texts = Texts(name, email, phone, address, on_behalf_of, work, statement, tuple(videos or ()), signature)
        account_id = actor.account_id if actor else None
        with kept_for_now(file) as path:
            given = GivenNotice(statute, texts, frozenset(declared or ()), path, account_id, language)
            return _given_view(desk, desk.intake.file(given))


def _add_following(router: APIRouter, desk: NoticeDesk, access: Access, guards: list[params.Depends]) -> None:
    passed = [access.public(), *guards]

    @router.get(f"{PATH}/status/{{token}}", dependencies=passed)
    def notice_status(token: str) -> GivenView:
        """Where one's notice stands; the token is all that it takes."""
        return _given_view(desk, desk.intake.of_token(token))

    @router.post(f"{PATH}/status/{{token}}", dependencies=passed)
    def complete_notice(
        token: str,
        name: _Text = "",
        email: _Text = "",
        phone: _Text = "",
        address: _Text = "",
        on_behalf_of: _Text = "",
        work: _Text = "",
        statement: _Text = "",
        signature: _Text = "",
        videos: Annotated[list[str] | None, Form()] = None,
        declared: Annotated[list[Element] | None, Form()] = None,
        file: Annotated[UploadFile | None, File()] = None,
    ) -> GivenView:
        """Add what an incomplete notice lacks; the clock starts once nothing is missing."""
        notice = desk.intake.of_token(token)
        texts = Texts(name, email, phone, address, on_behalf_of, work, statement, tuple(videos or ()), signature)
        with kept_for_now(file) as path:
            given = GivenNotice(notice.statute, texts, frozenset(declared or ()), path)
            return _given_view(desk, desk.intake.complete(notice.id, given))

    @router.post(f"{PATH}/status/{{token}}/withdraw", dependencies=passed)
    def withdraw_notice(token: str) -> GivenView:
        """Take one's notice back; what it took down comes back at once."""
        return _given_view(desk, desk.intake.withdraw(desk.intake.of_token(token).id))

    @router.post(f"{PATH}/status/{{token}}/suit", dependencies=passed)
    def say_suit(token: str, body: SuitBody) -> GivenView:
        """Say that one has filed suit, or that it is over: 17 U.S.C. 512(g)(2)(C)."""
        notice = desk.intake.of_token(token)
        return _given_view(desk, desk.bench.suit(notice.id, pending=body.pending, by="notifier"))


def _add_owners(router: APIRouter, desk: NoticeDesk, access: Access) -> None:
    @router.get(f"{PATH}/own")
    def own_notices(actor: Annotated[Actor, access.signed_in()]) -> OwnNotices:
        """Notices that one gave, and those that took down one's videos."""
        return OwnNotices(
            given=[_given_view(desk, notice) for notice in desk.intake.own(actor.account_id)],
            received=[ReceivedView.of(one) for one in desk.counters.received(actor.account_id)],
        )

    @router.post(f"{PATH}/{{notice_id}}/counter")
    def counter_notice(notice_id: str, actor: Annotated[Actor, access.signed_in()], body: CounterBody) -> ReceivedView:
        """Ask for one's videos back by a counter-notice: 17 U.S.C. 512(g)(3)."""
        texts: CounterTexts = body.texts()
        desk.counters.counter(notice_id, actor.account_id, texts, body.declared)
        return ReceivedView.of(desk.counters.one(notice_id, actor.account_id))


def _add_reading(router: APIRouter, desk: NoticeDesk, access: Access) -> None:
    staff = access.requires(ACTIVATE)

    @router.get(PATH)
    def list_notices(
        actor: Annotated[Actor, staff],
        state: Annotated[list[NoticeState] | None, Query()] = None,
        statute: Statute | None = None,
        after: Annotated[str | None, Query(max_length=64)] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
    ) -> NoticePage:
        """Every notice, newest first, without what was written."""
        del actor
        found = desk.bench.page(states=state or (), statute=statute, after=after, limit=limit + 1)
        return NoticePage.of(found, limit)

    @router.get(f"{PATH}/clocks")
    def list_clocks(
        actor: Annotated[Actor, staff],
        after: Annotated[str | None, Query(pattern=_PLACE)] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
    ) -> ClockList:
        """What runs, by notice: the one whose clock runs out next first; `after` is the `next` of the page before."""
        del actor
        found = desk.bench.next_clocks(_place(after), limit + 1)
        data = [ClockView.of(clock) for _, clocks in found[:limit] for clock in clocks]
        return ClockList(data=data, next=_said(found[limit - 1][0]) if len(found) > limit else None)

    @router.get(f"{PATH}/{{notice_id}}")
    def show_notice(notice_id: str, actor: Annotated[Actor, staff]) -> NoticeView:
        """One, with what was written."""
        del actor
        return _staff_view(desk, desk.bench.notice(notice_id))


def _place(said: str | None) -> Place | None:
    if said is None:
        return None
    due, _, notice_id = said.partition("~")
    try:
        return datetime.fromisoformat(due).astimezone(UTC), notice_id
    except (ValueError, OverflowError):
        raise InvalidInput("this continues nothing", code=NoticeFault.PLACE, field="after") from None


def _said(place: Place) -> str:
    return f"{place[0].astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}~{place[1]}"


def _add_deciding(router: APIRouter, desk: NoticeDesk, access: Access) -> None:
    staff = access.requires(ACTIVATE)
    bench = desk.bench

    @router.post(f"{PATH}/{{notice_id}}/act")
    def act_on_notice(notice_id: str, actor: Annotated[Actor, staff]) -> NoticeView:
        """Take down what a valid notice is about, with known identical copies, and keep what is like it out."""
        return _staff_view(desk, bench.act(notice_id, actor.account_id))

    @router.post(f"{PATH}/{{notice_id}}/reject")
    def reject_notice(notice_id: str, actor: Annotated[Actor, staff], body: RejectionBody) -> NoticeView:
        """Turn it down; under the TAKE IT DOWN Act also afterwards, which gives the videos back."""
        return _staff_view(desk, bench.reject(notice_id, body.why, actor.account_id))

    @router.post(f"{PATH}/{{notice_id}}/videos")
    def locate_videos(notice_id: str, actor: Annotated[Actor, staff], body: PlacesBody) -> NoticeView:
        """Add videos that staff found; an incomplete notice may become valid by that."""
        return _staff_view(desk, bench.locate(notice_id, body.videos, actor.account_id))

    @router.post(f"{PATH}/{{notice_id}}/suit")
    def note_suit(notice_id: str, actor: Annotated[Actor, staff], body: SuitBody) -> NoticeView:
        """Note that a law suit is pending, or over."""
        return _staff_view(desk, bench.suit(notice_id, pending=body.pending, by=actor.account_id))

    @router.post(f"{PATH}/{{notice_id}}/restore")
    def restore_videos(notice_id: str, actor: Annotated[Actor, staff]) -> NoticeView:
        """Give back what counter-notices ask for whose time has come."""
        return _staff_view(desk, bench.restore(notice_id, actor.account_id))

    @router.post(f"{PATH}/{{notice_id}}/close")
    def close_notice(notice_id: str, actor: Annotated[Actor, staff]) -> NoticeView:
        """What is down stays down, for good."""
        return _staff_view(desk, bench.close(notice_id, actor.account_id))


@contextmanager
def kept_for_now(file: UploadFile | None) -> Iterator[Path | None]:
    """A file that came with a form, where a child process can read it; gone afterwards. None where none came."""
    if file is None or not file.filename:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="notice-") as folder:
        path = Path(folder) / "file"
        with path.open("wb") as target:
            shutil.copyfileobj(file.file, target)
        yield path


def _given_view(desk: NoticeDesk, notice: Notice) -> GivenView:
    token = desk.links.token(notice.id)
    return GivenView.of(notice, token, desk.intake.texts(notice.id), desk.counters.texts(notice))


def _staff_view(desk: NoticeDesk, notice: Notice) -> NoticeView:
    return NoticeView.of(notice, desk.intake.texts(notice.id), desk.counters.texts(notice))
