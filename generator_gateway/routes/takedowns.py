"""Batches of releases that are taken down because of a claim or a person on the blocklist: for staff."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, model_validator

from generator_gateway.ports.takedowns import Batch, BatchItem, BatchState
from generator_gateway.service.takedown_asking import AskedSearches
from generator_gateway.service.takedowns import TakedownDesk
from trust_kernel.web.access import Access, Actor

_MOST_NOTE = 2000


class TouchedOut(BaseModel):
    """One release of a batch.

    Attributes:
        found_by: "bytes", "picture", "video", "sound", "prompt", "face", "voice" or "named".
        score: in [0, 1].
        what: the words that matched; empty where it was no prompt.
        about: id of the claim or blocklist entry that touches it; empty for that of the batch.
        name: what the blocklist calls whom it is about; empty for claims.
    """

    video_id: str
    found_by: str
    score: float
    what: str
    about: str
    name: str
    state: str


class TakedownOut(BaseModel):
    """A batch, as staff see it.

    Attributes:
        about: id of the claim, notice or blocklist entry; empty where it is about several.
        several: of how many claims or people it is, where that is more than one; else 0.
        name: what the blocklist calls whom it is about; owners are not told.
        found: releases that the search found; a batch holds 1,000 at most, and the rest is found by the next search.
        counts: releases by their state in this batch.
        groundless_since: when it was noticed that what it holds videos down for does not stand any more: they are not
            withdrawn for good meanwhile. None while it does, and once nothing is held down.
        videos: None in lists.
    """

    object: Literal["takedown"] = "takedown"
    id: str
    reason: str
    about: str
    several: int
    title: str
    name: str
    state: str
    found: int
    counts: dict[str, int]
    opened_by: str
    opened_at: datetime
    confirmed_by: str
    confirmed_at: datetime | None
    undo_until: datetime | None
    ended_by: str
    ended_at: datetime | None
    note: str
    groundless_since: datetime | None
    videos: list[TouchedOut] | None = None


class TakedownPage(BaseModel):
    """Batches, newest first."""

    data: list[TakedownOut]
    has_more: bool


class TakedownIn(BaseModel):
    """What claim, or whom on the blocklist, releases are to be looked for that it touches: one of the two."""

    claim_id: str = Field(default="", max_length=100)
    entry_id: str = Field(default="", max_length=100)

    @model_validator(mode="after")
    def _one(self) -> Self:
        if bool(self.claim_id) == bool(self.entry_id):
            raise ValueError("name a claim_id or an entry_id")
        return self


class ConfirmIn(BaseModel):
    """Which videos of a batch are to be taken down; all of them where none are named."""

    videos: list[Annotated[str, Field(max_length=100)]] | None = Field(default=None, max_length=1000)
    note: str = Field(default="", max_length=_MOST_NOTE)


class NoteIn(BaseModel):
    """Why, for other staff."""

    note: str = Field(default="", max_length=_MOST_NOTE)


def build_takedown_router(desk: TakedownDesk, searches: AskedSearches, access: Access) -> APIRouter:
    """Routes under `/v1/takedowns`."""
    router = APIRouter(prefix="/v1/takedowns", tags=["takedowns"])
    _add_looking(router, desk, searches, access)
    _add_deciding(router, desk, searches, access)
    return router


def _add_looking(router: APIRouter, desk: TakedownDesk, searches: AskedSearches, access: Access) -> None:
    read = access.requires("case:read")

    @router.get("")
    def list_takedowns(
        _actor: Annotated[Actor, read],
        state: BatchState | None = None,
        about: str | None = None,
        groundless: bool = False,
        after: str | None = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> TakedownPage:
        """Batches of everybody, or of one claim, notice or blocklist entry; or those with nothing to stand on."""
        found, more = desk.page(state=state, about=about, groundless=groundless, after=after, limit=limit)
        names = searches.names(one.cause.about for one in found)
        return TakedownPage(data=[takedown_out(one, names) for one in found], has_more=more)

    @router.get("/{takedown_id}")
    def read_takedown(takedown_id: str, _actor: Annotated[Actor, read]) -> TakedownOut:
        """One batch with its videos."""
        return _whole(desk, searches, desk.batch(takedown_id))


def _add_deciding(router: APIRouter, desk: TakedownDesk, searches: AskedSearches, access: Access) -> None:
    decide = access.requires("case:decide")

    @router.post("", status_code=202)
    def search_takedown(body: TakedownIn, actor: Annotated[Actor, decide]) -> TakedownOut:
        """Have released videos looked for that a claim or somebody on the blocklist touches; a worker does it."""
        if body.entry_id:
            asked = searches.of_person(body.entry_id, actor.account_id)
        else:
            asked = searches.of_claim(body.claim_id, actor.account_id)
        return takedown_out(asked, searches.names([asked.cause.about]))

    @router.post("/{takedown_id}/confirm")
    def confirm_takedown(takedown_id: str, body: ConfirmIn, actor: Annotated[Actor, decide]) -> TakedownOut:
        """Take down what was found, or a part of it; the rest stays."""
        return _whole(desk, searches, desk.confirm(takedown_id, actor.account_id, body.videos, note=body.note))

    @router.post("/{takedown_id}/dismiss")
    def dismiss_takedown(takedown_id: str, actor: Annotated[Actor, decide], body: NoteIn | None = None) -> TakedownOut:
        """Let everything stay that was found."""
        return _whole(desk, searches, desk.dismiss(takedown_id, actor.account_id, note=body.note if body else ""))

    @router.post("/{takedown_id}/undo")
    def undo_takedown(takedown_id: str, actor: Annotated[Actor, decide], body: NoteIn | None = None) -> TakedownOut:
        """Bring back what this batch took down and nothing else keeps down; within 30 days."""
        return _whole(desk, searches, desk.restore(takedown_id, actor.account_id, note=body.note if body else ""))


def takedown_out(batch: Batch, names: Mapping[str, str] = MappingProxyType({})) -> TakedownOut:
    """A batch without its videos; `names` are of people on the blocklist, by entry."""
    return TakedownOut(
        id=batch.id,
        reason=batch.cause.reason,
        about=batch.cause.about,
        several=batch.several,
        title=batch.cause.title,
        name=names.get(batch.cause.about, ""),
        state=batch.state.value,
        found=batch.found,
        counts={state.value: count for state, count in batch.counts.items()},
        opened_by=batch.opened_by,
        opened_at=batch.opened_at,
        confirmed_by=batch.confirmed_by,
        confirmed_at=batch.confirmed_at,
        undo_until=batch.undo_until,
        ended_by=batch.ended_by,
        ended_at=batch.ended_at,
        note=batch.note,
        groundless_since=batch.groundless_since,
    )


def _whole(desk: TakedownDesk, searches: AskedSearches, batch: Batch) -> TakedownOut:
    items = desk.items(batch.id)
    names = searches.names([batch.cause.about, *(item.touched.about for item in items)])
    return takedown_out(batch, names).model_copy(update={"videos": [_item(one, names) for one in items]})


def _item(item: BatchItem, names: Mapping[str, str]) -> TouchedOut:
    touched = item.touched
    return TouchedOut(
        video_id=touched.case_id,
        found_by=touched.found_by,
        score=touched.score,
        what=touched.what,
        about=touched.about,
        name=names.get(touched.about, ""),
        state=item.state.value,
    )
