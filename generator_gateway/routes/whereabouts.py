"""Where a person is in what was released, for the person."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from consent_registry.api import ConsentFault, ConsentRegistry
from generator_gateway.service.whereabouts import Whereabout, WhereaboutsDesk
from trust_kernel.errors import NotFound
from trust_kernel.web.access import Access, Actor


class PartOut(BaseModel):
    """What of the person is in a video.

    Attributes:
        modality: "face" or "voice".
        use: "consented", "own" or "unconsented".
        band: "match", or "unsure": it may be somebody who looks or sounds like them; null where nothing was found.
        probability: in [0, 1], that it is this person.
        fpir: share of strangers who would score as high among as many tracks.
        seconds: stretches [start, end) where they are seen or heard.
        appearance_id: what `/v1/me/appearances/{id}/dispute` takes.
        state: where that stands: "open", "disputed", "withdrawn" or "dismissed".
    """

    modality: str
    use: str
    band: str | None
    probability: float | None
    fpir: float | None
    seconds: list[tuple[float, float]]
    appearance_id: str | None
    state: str | None


class WhereaboutOut(BaseModel):
    """A video that shows the person, or may.

    Attributes:
        by: the maker's handle; null where they have none, and where it may be somebody else in it.
        state: "released", "objected", "taken_down" or "withdrawn".
    """

    video_id: str
    by: str | None
    state: str
    released_at: datetime
    withdrawn_at: datetime | None
    parts: list[PartOut]


class WhereaboutsPage(BaseModel):
    """A page, newest first."""

    data: list[WhereaboutOut]
    has_more: bool


def build_whereabouts_router(desk: WhereaboutsDesk, registry: ConsentRegistry, access: Access) -> APIRouter:
    """The route `/v1/subjects/{subject_id}/whereabouts`."""
    router = APIRouter(prefix="/v1", tags=["appearances"])
    manage = access.requires("likeness:manage")

    @router.get("/subjects/{subject_id}/whereabouts")
    def whereabouts(
        subject_id: str,
        actor: Annotated[Actor, manage],
        after: str | None = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> WhereaboutsPage:
        """Every released video in which one's own face or voice, or a ward's, was found, consented or not."""
        theirs = registry.subject(subject_id).account_id == actor.account_id
        if not theirs and actor.account_id not in registry.guardians(subject_id):
            # word for word what a subject that is not there is answered with
            raise NotFound("there is no such subject", code=ConsentFault.SUBJECT_UNKNOWN)
        found, more = desk.of(subject_id, after=after, limit=limit)
        return WhereaboutsPage(data=[_shown(one) for one in found], has_more=more)

    return router


def _shown(one: Whereabout) -> WhereaboutOut:
    return WhereaboutOut(
        video_id=one.video_id,
        by=one.by,
        state=one.state.value,
        released_at=one.released_at,
        withdrawn_at=one.withdrawn_at,
        parts=[
            PartOut(
                modality=part.modality,
                use=part.use.value,
                band=part.band,
                probability=part.probability,
                fpir=part.fpir,
                seconds=list(part.seconds),
                appearance_id=part.appearance_id,
                state=part.state.value if part.state else None,
            )
            for part in one.parts
        ],
    )
