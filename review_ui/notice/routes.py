"""`/notice`: giving notice under a statute, without an account; and the private page on which it is followed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Query, Request, UploadFile, params
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from copyright_optout.api import (
    NOTICE_ENDED,
    REQUIRED,
    STATEMENTS,
    Element,
    GivenNotice,
    Notice,
    NoticeDesk,
    NoticeState,
    Statute,
    Texts,
    restore_window,
)
from copyright_optout.routes.notices import kept_for_now
from generator_gateway.api import Wording, language_for
from review_ui.dates import moment
from review_ui.notice.words import notice_page_words
from trust_kernel.errors import Conflict, InvalidInput, NotFound, Unavailable
from trust_kernel.web.access import Access, Actor
from trust_kernel.web.pages import Pages

PATH = "/notice"
_WRITTEN = ("name", "email", "phone", "address", "on_behalf_of", "work", "statement", "signature")
_Text = Annotated[str, Form(max_length=10_000)]
_Lang = Annotated[str, Query(max_length=20)]


@dataclass(frozen=True, slots=True)
class SentNotice:
    """A notice in the list of whoever gave it; moments in words.

    Attributes:
        clock: what comes next; empty where nothing runs.
        due: when.
    """

    notice: Notice
    token: str
    received: str
    clock: str = ""
    due: str = ""


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed; a page that finds fault with it shows it again."""

    texts: Mapping[str, str] = field(default_factory=dict)
    videos: str = ""
    declared: frozenset[str] = frozenset()
    file: UploadFile | None = None

    def given(self, statute: Statute, path: Path | None, account_id: str | None, language: str) -> GivenNotice:
        """The notice that this is."""
        texts = Texts(**{name: self.texts.get(name, "") for name in _WRITTEN}, places=tuple(self.videos.splitlines()))
        declared = frozenset(element for element in Element if element.value in self.declared)
        return GivenNotice(statute, texts, declared, path, account_id, language)


def typed(
    name: _Text = "",
    email: _Text = "",
    phone: _Text = "",
    address: _Text = "",
    on_behalf_of: _Text = "",
    work: _Text = "",
    statement: _Text = "",
    signature: _Text = "",
    videos: Annotated[str, Form(max_length=60_000)] = "",
    declared: Annotated[list[str] | None, Form()] = None,
    file: Annotated[UploadFile | None, File()] = None,
) -> Typed:
    """Read the form; raises nothing where a field is missing, because the notice says what it lacks."""
    values = (name, email, phone, address, on_behalf_of, work, statement, signature)
    return Typed(dict(zip(_WRITTEN, values, strict=True)), videos, frozenset(declared or ()), file)


def build_notice_pages(
    desk: NoticeDesk, pages: Pages, access: Access, guards: list[params.Depends], agent: str
) -> APIRouter:
    """The pages of notices.

    Args:
        desk: takes notices.
        pages: renders.
        access: makes the guards of routes.
        guards: what whoever sends something, or follows a private link, passes first.
        agent: the agent for notices, in words; empty for none.
    """
    router = APIRouter(include_in_schema=False)
    page = _Page(desk, pages, access, agent)
    _add_giving(router, page, guards)
    _add_sent(router, page)
    _add_following(router, page, guards)
    return router


def _add_giving(router: APIRouter, page: "_Page", guards: list[params.Depends]) -> None:
    access = page.access

    @router.get(PATH, dependencies=[access.optional()])
    def ask(request: Request, law: Statute | None = None, lang: _Lang = "") -> HTMLResponse:
        return page.form(request, law, _words(request, lang))

    @router.post(PATH, dependencies=[access.public_form(), *guards])
    async def give(
        request: Request, law: Annotated[Statute, Form()], said: Annotated[Typed, Depends(typed)], lang: _Lang = ""
    ) -> Response:
        actor = await access.actor(request)
        return await page.given(request, law, said, _words(request, lang), actor.account_id if actor else None)


def _add_sent(router: APIRouter, page: "_Page") -> None:
    @router.get(f"{PATH}/sent")
    def sent(request: Request, actor: Annotated[Actor, page.access.signed_in()], lang: _Lang = "") -> HTMLResponse:
        return page.sent(request, actor, _words(request, lang))


def _add_following(router: APIRouter, page: "_Page", guards: list[params.Depends]) -> None:
    access = page.access

    @router.get(f"{PATH}/{{token}}", dependencies=[access.public(), *guards])
    def follow(request: Request, token: str, lang: _Lang = "") -> HTMLResponse:
        return page.status(request, token, lang)

    @router.post(f"{PATH}/{{token}}", dependencies=[access.public_form(), *guards])
    def complete(request: Request, token: str, said: Annotated[Typed, Depends(typed)], lang: _Lang = "") -> Response:
        return page.completed(request, token, said, lang)

    @router.post(f"{PATH}/{{token}}/withdraw", dependencies=[access.public_form(), *guards])
    def withdraw(token: str) -> Response:
        page.desk.intake.withdraw(page.desk.intake.of_token(token).id)
        return _back(token)

    @router.post(f"{PATH}/{{token}}/suit", dependencies=[access.public_form(), *guards])
    def suit(token: str, pending: Annotated[bool, Form()]) -> Response:
        notice = page.desk.intake.of_token(token)
        page.desk.bench.suit(notice.id, pending=pending, by="notifier")
        return _back(token)


class _Page:
    """The page in its states: which law, the form of one, a notice that was given."""

    def __init__(self, desk: NoticeDesk, pages: Pages, access: Access, agent: str) -> None:
        self.desk = desk
        self.access = access
        self._pages = pages
        self._agent = agent

    def form(
        self, request: Request, law: Statute | None, words: Wording, said: Typed | None = None, fault: str = ""
    ) -> HTMLResponse:
        """Which law; or the form of one, with what was typed and what is wrong with it."""
        status = HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK
        context = _form(law, said or Typed()) if law is not None else {"law": None, "laws": list(Statute)}
        template = "notice_form.html" if law is not None else "notice.html"
        return self._render(request, words, template, status, fault=fault, agent=self._agent, **context)

    async def given(
        self, request: Request, law: Statute, said: Typed, words: Wording, account_id: str | None
    ) -> Response:
        """Take a notice in, and lead to its private page."""

        def filed() -> Notice:
            with kept_for_now(said.file) as path:
                return self.desk.intake.file(said.given(law, path, account_id, words.language))

        try:
            notice = await run_in_threadpool(filed)
        except (InvalidInput, Unavailable) as error:
            return self.form(request, law, words, said, _told(error))
        return _back(self.desk.links.token(notice.id))

    def sent(self, request: Request, actor: Actor, words: Wording) -> HTMLResponse:
        """What somebody gave while they were signed in, newest first, with what comes next."""
        given = self.desk.intake.own(actor.account_id)
        rows = [self._sent(notice, words.language) for notice in given]
        return self._render(request, words, "notice_sent.html", HTTPStatus.OK, rows=rows)

    def _sent(self, notice: Notice, language: str) -> SentNotice:
        token, received = self.desk.links.token(notice.id), moment(notice.received_at, language)
        clock = self.desk.intake.next_clock(notice)
        if clock is None:
            return SentNotice(notice, token, received)
        return SentNotice(notice, token, received, clock.kind.value, moment(clock.due, language))

    def status(
        self, request: Request, token: str, lang: str, said: Typed | None = None, fault: str = ""
    ) -> HTMLResponse:
        """Where a notice stands, in the language that it was given in."""
        try:
            notice = self.desk.intake.of_token(token)
        except NotFound:
            return self._render(request, _words(request, lang), "notice_gone.html", HTTPStatus.NOT_FOUND)
        words = notice_page_words(lang or notice.language)
        counters = self.desk.counters.texts(notice)
        asked = [
            (moment(restore_window(notice.statute, one)[0], words.language), counters.get(one.id))
            for one in notice.open_counters
        ]
        context = _form(notice.statute, said or Typed(declared=frozenset(one.value for one in notice.declared)))
        status = HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK
        return self._render(
            request,
            words,
            "notice_status.html",
            status,
            notice=notice,
            token=token,
            asked=asked,
            sent=self._sent(notice, words.language),
            may_withdraw=notice.state not in NOTICE_ENDED,
            may_sue=notice.state in {NoticeState.ACTED, NoticeState.COUNTERED},
            fault=fault,
            **context,
        )

    def completed(self, request: Request, token: str, said: Typed, lang: str) -> Response:
        """Take in what was missing."""
        notice = self.desk.intake.of_token(token)
        try:
            with kept_for_now(said.file) as path:
                given = said.given(notice.statute, path, None, notice.language)
                self.desk.intake.complete(notice.id, given)
        except (InvalidInput, Unavailable, Conflict) as error:
            return self.status(request, token, lang, said, _told(error))
        return _back(token)

    def _render(self, request: Request, words: Wording, template: str, status: int, **context: Any) -> HTMLResponse:
        def say(code: str, /, **values: str | float) -> str:
            return words.say(code, values.items())

        made = self._pages.render(request, template, status=status, words=words, say=say, home=PATH, **context)
        made.headers["content-language"] = words.language
        # The address of a private page is a secret: it must not come into a search engine.
        made.headers["x-robots-tag"] = "noindex, nofollow"
        return made


def _form(law: Statute, said: Typed) -> dict[str, Any]:
    needed = [one.element for one in REQUIRED[law]]
    return {
        "law": law,
        "said": said,
        "needed": needed,
        "asks_work": Element.WORK in needed or Element.PERSON in needed,
        "statements": [element for element in needed if element in STATEMENTS],
    }


def _words(request: Request, lang: str) -> Wording:
    return notice_page_words(language_for(request.headers.get("accept-language", ""), lang))


def _told(error: InvalidInput | Unavailable | Conflict) -> str:
    return f"{error.detail} ({error.field}: {error.limit})" if error.limit else error.detail


def _back(token: str) -> RedirectResponse:
    return RedirectResponse(f"{PATH}/{token}", HTTPStatus.SEE_OTHER)
