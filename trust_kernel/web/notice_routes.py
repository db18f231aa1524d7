"""In-app notices: what an account was told, newest first."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from trust_kernel.events import Outbox
from trust_kernel.web.access import Access, Actor


class NoticeOut(BaseModel):
    """Something that the account was told.

    Attributes:
        type: ``area:thing:what``.
        data: ids, codes and short texts.
    """

    id: str
    type: str
    at: datetime
    data: dict[str, str | int | bool | None]


class NoticeList(BaseModel):
    """Notices, newest first."""

    data: list[NoticeOut]


def build_router(outbox: Outbox, access: Access) -> APIRouter:
    """`GET /v1/notices`."""
    router = APIRouter(prefix="/v1/notices", tags=["notices"])

    @router.get("")
    def notices(
        actor: Annotated[Actor, access.signed_in()], limit: Annotated[int, Query(ge=1, le=200)] = 50
    ) -> NoticeList:
        """What the caller was told."""
        events = outbox.for_recipient(actor.account_id, limit)
        return NoticeList(
            data=[NoticeOut(id=event.id, type=event.type, at=event.at, data=dict(event.payload)) for event in events]
        )

    return router
