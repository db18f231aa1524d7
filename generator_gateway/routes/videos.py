"""The videos API (`/v1/videos`), for the stock OpenAI client and everybody else."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from generator_gateway.ports import CaseSummary
from generator_gateway.routes.handing import hand_out, media_type_of
from generator_gateway.routes.intake import VideoIntake
from generator_gateway.schemas import RemixIn, VideoDeleted, VideoOut, VideoPage, video_out
from generator_gateway.service.appeals import AppealDesk
from generator_gateway.service.videos import NewVideo, VideoDesk
from trust_kernel.web.access import Access, Actor

POLL_AFTER_MS = "500"


def build_video_router(desk: VideoDesk, appeals: AppealDesk, intake: VideoIntake, access: Access) -> APIRouter:
    """Routes of the videos API."""
    router = APIRouter(prefix="/v1/videos", tags=["videos"])
    create = access.requires("video:create")
    read = access.requires("video:read")
    delete = access.requires("video:delete")

    def shown(case: CaseSummary, actor: Actor) -> VideoOut:
        return listed([case], actor)[0]

    def listed(cases: Sequence[CaseSummary], actor: Actor) -> list[VideoOut]:
        releases = desk.releases_of([case.id for case in cases])
        until = appeals.rooms(actor.account_id, cases)
        return [video_out(case, releases.get(case.id), until.get(case.id)) for case in cases]

    @router.post("")
    async def create_video(
        request: Request,
        actor: Annotated[Actor, create],
        idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
    ) -> VideoOut:
        """Ask for a video; the answer is the job, not the video."""
        async with intake.read(request) as new:
            case = await run_in_threadpool(desk.submit, actor.account_id, new, idempotency_key)
        return shown(case, actor)

    @router.get("")
    def list_videos(
        actor: Annotated[Actor, read],
        after: str | None = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        order: Annotated[str, Query(pattern="^(asc|desc)$")] = "desc",
    ) -> VideoPage:
        """The caller's videos and those that it co-owns."""
        cases, more = desk.list(actor.account_id, after=after, limit=limit, ascending=order == "asc")
        data = listed(cases, actor)
        return VideoPage(
            data=data,
            first_id=data[0].id if data else None,
            last_id=data[-1].id if data else None,
            has_more=more,
        )

    @router.get("/{video_id}")
    def retrieve_video(video_id: str, response: Response, actor: Annotated[Actor, read]) -> VideoOut:
        """One video job."""
        response.headers["openai-poll-after-ms"] = POLL_AFTER_MS
        return shown(desk.see(actor.account_id, video_id), actor)

    @router.get("/{video_id}/content", response_class=Response)
    def download_video(video_id: str, actor: Annotated[Actor, read], variant: str = "video") -> Response:
        """The file, its thumbnail or its spritesheet; its status is read from the database this very moment."""
        media_type = media_type_of(variant)
        return hand_out(desk.download(actor.account_id, video_id, variant), media_type)

    @router.delete("/{video_id}")
    def delete_video(video_id: str, actor: Annotated[Actor, delete]) -> VideoDeleted:
        """Take a video back for everybody."""
        desk.delete(actor.account_id, video_id)
        return VideoDeleted(id=video_id)

    @router.post("/{video_id}/remix")
    def remix_video(video_id: str, body: RemixIn, actor: Annotated[Actor, create]) -> VideoOut:
        """A new video from a finished one; everybody in every ancestor must agree again."""
        parent = desk.see(actor.account_id, video_id).request
        new = NewVideo(
            prompt=body.prompt,
            model=parent.model,
            seconds=str(parent.seconds),
            size=f"{parent.width}x{parent.height}",
            remix_of=video_id,
            purpose=parent.purpose,
        )
        return shown(desk.submit(actor.account_id, new), actor)

    return router
