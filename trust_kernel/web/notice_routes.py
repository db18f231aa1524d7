"""Notices over HTTP: what an account was told, what it has read, and how it wants to be told."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field

from trust_kernel.delivery.inbox import Inbox, Notice
from trust_kernel.delivery.mail import DIGEST, OFF_PATH, OffLinks
from trust_kernel.delivery.settings import AreaSetting, Mailing, NoticeBook, NoticeSettings
from trust_kernel.web.access import Access, Actor

_MOST_IDS = 200


class NoticeOut(BaseModel):
    """Something that the account was told.

    Attributes:
        type: ``area:thing:what``.
        data: ids, codes and short texts.
        read_at: when it was marked as read; null until then.
    """

    id: str
    type: str
    at: datetime
    data: dict[str, str | int | bool | None]
    read_at: datetime | None

    @classmethod
    def of(cls, notice: Notice) -> "NoticeOut":
        """From the domain's value."""
        event = notice.event
        return cls(id=event.id, type=event.type, at=event.at, data=dict(event.payload), read_at=notice.read_at)


class NoticeList(BaseModel):
    """Notices, newest first.

    Attributes:
        unread: how many there are in all that were not read.
    """

    data: list[NoticeOut]
    has_more: bool
    unread: int


class NoticesRead(BaseModel):
    """What was read: these, or one and everything before it."""

    model_config = ConfigDict(extra="forbid")

    ids: list[str] = Field(default_factory=list, max_length=_MOST_IDS)
    through: str | None = Field(default=None, max_length=64)


class Unread(BaseModel):
    """How many are left."""

    unread: int


class AreaChoice(BaseModel):
    """How one area's notices reach somebody."""

    model_config = ConfigDict(extra="forbid")

    mail: Mailing
    in_app: bool = True


class SettingsOut(BaseModel):
    """How an account is told.

    Attributes:
        hour: of the daily digest, in `zone`.
        always: kinds that are listed in the app whatever `areas` says.
    """

    language: str
    hour: int
    zone: str
    areas: dict[str, AreaChoice]
    always: list[str]

    @classmethod
    def of(cls, settings: NoticeSettings, always: frozenset[str]) -> "SettingsOut":
        """From the domain's value."""
        areas = {area: AreaChoice(mail=one.mail, in_app=one.in_app) for area, one in sorted(settings.areas.items())}
        return cls(
            language=settings.language, hour=settings.hour, zone=settings.zone, areas=areas, always=sorted(always)
        )


class SettingsChange(BaseModel):
    """What changes; the rest stays."""

    model_config = ConfigDict(extra="forbid")

    language: str | None = Field(default=None, max_length=20)
    hour: int | None = None
    zone: str | None = Field(default=None, max_length=64)
    areas: dict[str, AreaChoice] | None = Field(default=None, max_length=50)


@dataclass(frozen=True, slots=True)
class MailEnding:
    """What the link that ends mails needs.

    Attributes:
        links: reads tokens.
        exists: whether there is such an account; mails outlive it, and nothing is written about one that is gone.
        ended: says, in a language, that mails have ended.
    """

    links: OffLinks
    exists: Callable[[str], bool]
    ended: Callable[[str], str]


def build_router(inbox: Inbox, book: NoticeBook, ending: MailEnding, access: Access) -> APIRouter:
    """`/v1/notices` and below, and the link that ends mails.

    Args:
        inbox: notices in the app.
        book: what accounts chose.
        ending: of mails, by their link.
        access: makes the guards.
    """
    router = APIRouter(tags=["notices"])
    _add_inbox(router, inbox, access)
    _add_settings(router, book, access)
    _add_off(router, book, ending, access)
    return router


def _add_inbox(router: APIRouter, inbox: Inbox, access: Access) -> None:
    @router.get("/v1/notices")
    def notices(
        actor: Annotated[Actor, access.signed_in()],
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        after: Annotated[str | None, Query(max_length=64)] = None,
        *,
        unread: bool = False,
    ) -> NoticeList:
        """What the caller was told, newest first."""
        found, more = inbox.page(actor.account_id, after=after, limit=limit, unread=unread)
        return NoticeList(
            data=[NoticeOut.of(notice) for notice in found], has_more=more, unread=inbox.unread(actor.account_id)
        )

    @router.post("/v1/notices/read")
    def read(body: NoticesRead, actor: Annotated[Actor, access.signed_in()]) -> Unread:
        """Mark as read."""
        if body.through is not None:
            inbox.mark_read_through(actor.account_id, body.through)
        if body.ids:
            inbox.mark_read(actor.account_id, body.ids)
        return Unread(unread=inbox.unread(actor.account_id))


def _add_settings(router: APIRouter, book: NoticeBook, access: Access) -> None:
    @router.get("/v1/notices/settings")
    def settings(actor: Annotated[Actor, access.requires("notice:manage")]) -> SettingsOut:
        """How the caller is told."""
        return SettingsOut.of(book.of(actor.account_id), book.rules.always)

    @router.patch("/v1/notices/settings")
    def choose(body: SettingsChange, actor: Annotated[Actor, access.requires("notice:manage")]) -> SettingsOut:
        """Change what is given."""
        areas = {area: AreaSetting(one.mail, one.in_app) for area, one in (body.areas or {}).items()}
        chosen = book.choose(
            actor.account_id, language=body.language, hour=body.hour, zone=body.zone, areas=areas or None
        )
        return SettingsOut.of(chosen, book.rules.always)


def _add_off(router: APIRouter, book: NoticeBook, ending: MailEnding, access: Access) -> None:
    @router.post(f"{OFF_PATH}/{{token}}", dependencies=[access.public()])
    def off(token: str) -> PlainTextResponse:
        """End mails about something: what a mail program's button sends (RFC 8058). The token is all that it takes."""
        account_id, area = ending.links.read(token)
        if ending.exists(account_id):
            if area == DIGEST:
                book.digest_off(account_id)
            else:
                book.mail_off(account_id, area)
        return PlainTextResponse(ending.ended(book.of(account_id).language) + "\n")
