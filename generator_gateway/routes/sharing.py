"""Share links: for owners under `/v1/videos/{video_id}/links`, for whoever has one under `/s/{token}`."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Response, params
from pydantic import BaseModel

from generator_gateway.ports.ownership import ShareLink
from generator_gateway.routes.handing import hand_out, media_type_of
from generator_gateway.service.sharing import DEFAULT_DAYS, SharingDesk
from trust_kernel.web.access import Access, Actor

SHARED = "/s"
"""Where links lead."""


class ShareIn(BaseModel):
    """How long a link lasts, in days."""

    days: int = DEFAULT_DAYS


class LinkOut(BaseModel):
    """A link, without what it takes to use it.

    Attributes:
        mine: whether the one who asks made it.
    """

    id: str
    video_id: str
    mine: bool
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class NewLinkOut(LinkOut):
    """A link just made.

    Attributes:
        url: in this answer and nowhere else.
    """

    url: str


class LinkList(BaseModel):
    """All links of a video, newest first."""

    data: list[LinkOut]


class SharedOut(BaseModel):
    """What a link leads to: nothing of whoever made it or is in it, but how many people are.

    Attributes:
        content: where the file is.
    """

    object: Literal["shared.video"] = "shared.video"
    video_id: str
    seconds: int
    size: str
    people: int
    expires_at: datetime
    content: str


def build_sharing_router(desk: SharingDesk, access: Access, public_url: str, guards: list[params.Depends]) -> APIRouter:
    """Routes of share links.

    Args:
        desk: what they do.
        access: who may.
        public_url: where this deployment is reached.
        guards: what every request that comes by a link passes first.
    """
    router = APIRouter(tags=["sharing"])
    _add_owners(router, desk, access, public_url.rstrip("/"))
    _add_public(router, desk, access, guards)
    return router


def _add_owners(router: APIRouter, desk: SharingDesk, access: Access, public_url: str) -> None:
    share = access.requires("video:share")
    read = access.requires("video:read")

    @router.post("/v1/videos/{video_id}/links", status_code=201)
    def make_link(video_id: str, actor: Annotated[Actor, share], body: ShareIn | None = None) -> NewLinkOut:
        """Make a link by which anybody who has it watches the video; the other owners are told."""
        made = desk.share(actor.account_id, video_id, (body or ShareIn()).days)
        shown = _shown(made.link, actor.account_id)
        return NewLinkOut(**shown.model_dump(), url=f"{public_url}{SHARED}/{made.token}")

    @router.get("/v1/videos/{video_id}/links")
    def list_links(video_id: str, actor: Annotated[Actor, read]) -> LinkList:
        """Every link of a video, whoever of its owners made it."""
        return LinkList(data=[_shown(link, actor.account_id) for link in desk.links(actor.account_id, video_id)])

    @router.delete("/v1/videos/{video_id}/links/{link_id}", status_code=204)
    def end_link(video_id: str, link_id: str, actor: Annotated[Actor, share]) -> Response:
        """End a link, whoever of the owners made it."""
        desk.end(actor.account_id, video_id, link_id)
        return Response(status_code=204)


def _add_public(router: APIRouter, desk: SharingDesk, access: Access, guards: list[params.Depends]) -> None:
    open_to_all = [access.public(), *guards]

    @router.get(f"{SHARED}/{{token}}/about", dependencies=open_to_all)
    def show_shared(token: str, response: Response) -> SharedOut:
        """What a link leads to, as it stands this moment."""
        shared = desk.open(token)
        response.headers["cache-control"] = "no-store"
        # The address is the secret: it must not go along to wherever a page leads next.
        response.headers["referrer-policy"] = "no-referrer"
        return SharedOut(
            video_id=shared.video_id,
            seconds=shared.seconds,
            size=shared.size,
            people=shared.people,
            expires_at=shared.link.expires_at,
            content=f"{SHARED}/{token}/content",
        )

    @router.get(f"{SHARED}/{{token}}/content", response_class=Response, dependencies=open_to_all)
    def download_shared(token: str, variant: str = "video") -> Response:
        """The file, its thumbnail or its spritesheet; whether it is out is read from the database this very moment."""
        media_type = media_type_of(variant)
        answer = hand_out(desk.download(token, variant), media_type)
        answer.headers["referrer-policy"] = "no-referrer"
        return answer


def _shown(link: ShareLink, account_id: str) -> LinkOut:
    return LinkOut(
        id=link.id,
        video_id=link.case_id,
        mine=link.account_id == account_id,
        created_at=link.created_at,
        expires_at=link.expires_at,
        revoked_at=link.revoked_at,
    )
