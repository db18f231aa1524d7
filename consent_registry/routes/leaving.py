"""Taking everything along."""

from contextlib import ExitStack
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from consent_registry.api import ConsentRegistry
from consent_registry.ports.leaving import Exporter
from consent_registry.routes.own import MANAGE, own
from trust_kernel.web.access import Access, Actor


def build_leaving_router(registry: ConsentRegistry, exporter: Exporter, access: Access) -> APIRouter:
    """The route of the archive.

    Args:
        registry: whose people they are.
        exporter: makes archives.
        access: makes the guards.
    """
    router = APIRouter(tags=["consent"])

    @router.get("/v1/subjects/{subject_id}/export", response_class=FileResponse)
    def export(subject_id: str, actor: Annotated[Actor, access.requires(MANAGE)]) -> FileResponse:
        """Everything about a person as one ZIP archive, with an index to read."""
        subject = own(registry, subject_id, actor)
        stack = ExitStack()
        path = stack.enter_context(exporter.archive(subject_id))
        headers = {"cache-control": "no-store"}
        # The archive is deleted once it was sent, whole or not.
        gone = BackgroundTask(stack.close)
        name = f"placet-{subject.handle}.zip"
        return FileResponse(path, media_type="application/zip", filename=name, headers=headers, background=gone)

    return router
