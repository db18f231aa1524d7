"""Where people were found in releases: for staff, and for the people themselves."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from generator_gateway.ports import Appearance, AppearanceState
from generator_gateway.service.tracing import AppearanceDesk
from trust_kernel.web.access import Access, Actor

_MOST_WORDS = 2000
_DECISIONS = {"withdraw": AppearanceState.WITHDRAWN, "dismiss": AppearanceState.DISMISSED}
_Limit = Annotated[int, Query(ge=1, le=100)]


class AppearanceOut(BaseModel):
    """A person who was found in a release, as staff see it.

    Attributes:
        owner: subject or blocklist entry.
        name: their handle, or name on the blocklist.
        band: "match" or "unsure".
        score: cosine.
        probability: that it is this person.
        fpir: share of strangers who would score as high among as many tracks.
        cause: "enrolled", "blocked" or "revoked".
        takedown_id: batch that it is proposed in, where somebody on the blocklist was found; else None.
    """

    id: str
    owner: str
    name: str
    video_id: str
    modality: str
    band: str
    score: float
    probability: float
    fpir: float
    cause: str
    state: str
    at: datetime
    disputed_at: datetime | None
    decided_by: str
    decided_at: datetime | None
    note: str
    takedown_id: str | None


class AppearancePage(BaseModel):
    """A page of appearances, disputed ones first, then newest first."""

    data: list[AppearanceOut]
    has_more: bool


class DecideIn(BaseModel):
    """What a member of staff says of an appearance."""

    decision: Literal["withdraw", "dismiss"]
    note: str = Field(default="", max_length=_MOST_WORDS)


class OwnAppearanceOut(BaseModel):
    """Where somebody was found, as they see it: neither scores, nor who made it, nor what was asked for.

    Attributes:
        band: "match", or "unsure": it may be somebody who looks or sounds like them.
        disputable: whether they can ask for it to be taken back.
    """

    id: str
    video_id: str
    modality: str
    band: str
    cause: str
    state: str
    at: datetime
    disputed_at: datetime | None
    disputable: bool


class OwnAppearancePage(BaseModel):
    """A page of one's own appearances, disputed ones first, then newest first."""

    data: list[OwnAppearanceOut]
    has_more: bool


def build_appearance_router(desk: AppearanceDesk, access: Access) -> APIRouter:
    """Routes under `/v1/appearances` and `/v1/me/appearances`."""
    router = APIRouter(prefix="/v1", tags=["appearances"])
    _add_staff(router, desk, access)
    _add_own(router, desk, access)
    return router


def _add_staff(router: APIRouter, desk: AppearanceDesk, access: Access) -> None:
    read = access.requires("case:read")
    decide = access.requires("case:decide")

    @router.get("/appearances")
    def list_appearances(
        _actor: Annotated[Actor, read],
        state: AppearanceState | None = None,
        owner: str | None = None,
        after: str | None = None,
        limit: _Limit = 20,
    ) -> AppearancePage:
        """Everybody's appearances."""
        found, more = desk.page(state=state, owner=owner, after=after, limit=limit)
        return AppearancePage(data=[_shown(desk, one) for one in found], has_more=more)

    @router.get("/appearances/{appearance_id}")
    def read_appearance(appearance_id: str, _actor: Annotated[Actor, read]) -> AppearanceOut:
        """One appearance."""
        return _shown(desk, desk.open(appearance_id))

    @router.post("/appearances/{appearance_id}")
    def decide_appearance(appearance_id: str, body: DecideIn, actor: Annotated[Actor, decide]) -> AppearanceOut:
        """Take the video back for everybody, or let it stay."""
        decided = desk.decide(appearance_id, actor.account_id, _DECISIONS[body.decision], body.note)
        return _shown(desk, decided)


def _add_own(router: APIRouter, desk: AppearanceDesk, access: Access) -> None:
    manage = access.requires("likeness:manage")

    @router.get("/me/appearances")
    def own_appearances(
        actor: Annotated[Actor, manage], after: str | None = None, limit: _Limit = 20
    ) -> OwnAppearancePage:
        """Where one was found."""
        found, more = desk.own(actor.account_id, after=after, limit=limit)
        return OwnAppearancePage(data=[_own(one) for one in found], has_more=more)

    @router.post("/me/appearances/{appearance_id}/dispute")
    def dispute_appearance(appearance_id: str, actor: Annotated[Actor, manage]) -> OwnAppearanceOut:
        """Ask for the video to be taken back, once; staff decide."""
        return _own(desk.dispute(actor.account_id, appearance_id))


def _shown(desk: AppearanceDesk, appearance: Appearance) -> AppearanceOut:
    found = appearance.found
    return AppearanceOut(
        id=appearance.id,
        owner=found.owner,
        name=desk.name(appearance),
        video_id=found.case_id,
        modality=found.modality,
        band=found.band,
        score=found.score,
        probability=found.probability,
        fpir=found.fpir,
        cause=found.cause,
        state=appearance.state,
        at=appearance.at,
        disputed_at=appearance.disputed_at,
        decided_by=appearance.decided_by,
        decided_at=appearance.decided_at,
        note=appearance.note,
        takedown_id=appearance.batch_id or None,
    )


def _own(appearance: Appearance) -> OwnAppearanceOut:
    return OwnAppearanceOut(
        id=appearance.id,
        video_id=appearance.found.case_id,
        modality=appearance.found.modality,
        band=appearance.found.band,
        cause=appearance.found.cause,
        state=appearance.state,
        at=appearance.at,
        disputed_at=appearance.disputed_at,
        disputable=appearance.disputable,
    )
