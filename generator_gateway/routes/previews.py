"""What a person is asked about, for their eyes alone: the video that was made, and what was handed in, blurred."""

from pathlib import Path
from typing import Annotated, Protocol

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from generator_gateway.service.previews import PreviewDesk
from trust_kernel.web.access import Access, Actor

_NO_STORE = {"cache-control": "no-store"}
_MANAGE = "likeness:manage"


class Blurs(Protocol):
    """Makes a still on which nobody can be recognised."""

    def __call__(self, path: Path) -> bytes:
        """WebP."""
        ...


def build_preview_router(desk: PreviewDesk, access: Access, blurred: Blurs) -> APIRouter:
    """Routes below `/v1/approvals/{id}`; whether the question stands is read from the database at every request."""
    router = APIRouter(prefix="/v1/approvals", tags=["consent"])

    @router.get("/{approval_id}/preview", response_class=Response)
    def preview(approval_id: str, actor: Annotated[Actor, access.requires(_MANAGE)]) -> Response:
        """What was made, with sound, marked; for the one who is asked, until anybody in it says no."""
        opened = desk.open(approval_id, actor.account_id)
        path = opened.__enter__()
        close = BackgroundTask(opened.__exit__, None, None, None)
        return FileResponse(path, media_type="video/mp4", headers=_NO_STORE, background=close)

    @router.get("/{approval_id}/references/{reference_id}", response_class=Response)
    def reference(approval_id: str, reference_id: str, actor: Annotated[Actor, access.requires(_MANAGE)]) -> Response:
        """A still of a picture or video that was handed in, too blurred to recognise anybody."""
        with desk.reference(approval_id, actor.account_id, reference_id) as path:
            return Response(blurred(path), media_type="image/webp", headers=_NO_STORE)

    return router
