"""Staff's pages about notices under a statute: what runs out next, and what was written."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from copyright_optout.api import REJECTIONS, NoticeDesk, NoticeState
from copyright_optout.routes.access import ACTIVATE
from review_ui.staff.answers import NOTHING, REFUSALS, Wrong, back, missing, refused
from review_ui.staff.door import Door
from trust_kernel.web.access import Actor

PATH = "/staff/notices"
_PAGE = 20
_NEXT = 50


def build_staff_notice_pages(door: Door, desk: NoticeDesk) -> APIRouter:
    """`/staff/notices` and below."""
    router = APIRouter(include_in_schema=False)
    _add_list(router, door, desk)
    _add_one(router, door, desk)
    return router


def _add_list(router: APIRouter, door: Door, desk: NoticeDesk) -> None:
    @router.get(PATH)
    def notices(
        request: Request,
        _actor: Annotated[Actor, door.access.requires(ACTIVATE)],
        state: str = "",
        after: str | None = None,
    ) -> HTMLResponse:
        wanted = [one for one in NoticeState if one.value == state]
        found = desk.bench.page(states=wanted, after=after, limit=_PAGE + 1)
        rows = found[:_PAGE]
        return door.pages.render(
            request,
            "staff_notices.html",
            clocks=desk.bench.first_clocks(_NEXT),
            now=door.registry.now(),
            rows=rows,
            states=[one.value for one in NoticeState if one is not NoticeState.RECEIVED],
            wanted=wanted[0].value if wanted else "",
            after=after,
            next=rows[-1].id if len(found) > _PAGE else None,
        )


def _add_one(router: APIRouter, door: Door, desk: NoticeDesk) -> None:
    guard = door.access.requires(ACTIVATE)

    def show(request: Request, notice_id: str, wrong: Wrong = NOTHING) -> HTMLResponse:
        notice = desk.bench.notice(notice_id)
        return door.pages.render(
            request,
            "staff_notice.html",
            status=wrong.status,
            notice=notice,
            texts=desk.intake.texts(notice_id),
            counters=desk.counters.texts(notice),
            clocks=desk.bench.clocks_of(notice),
            mail=desk.mails.of(notice_id),
            rejections=[one.value for one in REJECTIONS],
            wrong=wrong,
        )

    @router.get(f"{PATH}/{{notice_id}}")
    def one(request: Request, notice_id: str, _actor: Annotated[Actor, guard]) -> HTMLResponse:
        return show(request, notice_id)

    @router.post(f"{PATH}/{{notice_id}}", response_model=None)
    def decide(
        request: Request,
        notice_id: str,
        actor: Annotated[Actor, guard],
        deed: Annotated[str, Form()] = "",
        why: Annotated[str, Form()] = "",
        videos: Annotated[str, Form(max_length=60_000)] = "",
    ) -> HTMLResponse | RedirectResponse:
        try:
            wrong = _done(desk, notice_id, actor.account_id, deed, why, videos)
        except REFUSALS as error:
            wrong = refused(error, videos)
        return back(f"{PATH}/{notice_id}", deed) if wrong is None else show(request, notice_id, wrong)


def _done(desk: NoticeDesk, notice_id: str, by: str, deed: str, why: str, videos: str) -> Wrong | None:
    """Do what staff decided; what they left out, else None."""
    bench = desk.bench
    if deed == "reject":
        reason = next((one for one in REJECTIONS if one.value == why), None)
        if reason is None:
            return missing("Say why it is turned down.", videos)
        bench.reject(notice_id, reason, by)
    elif deed == "locate":
        bench.locate(notice_id, [line.strip() for line in videos.splitlines() if line.strip()], by)
    elif deed in {"sued", "unsued"}:
        bench.suit(notice_id, pending=deed == "sued", by=by)
    elif deed == "act":
        bench.act(notice_id, by)
    elif deed == "restore":
        bench.restore(notice_id, by)
    elif deed == "close":
        bench.close(notice_id, by)
    else:
        return missing("Choose what becomes of it.", videos)
    return None
