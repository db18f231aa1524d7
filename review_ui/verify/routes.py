"""The page for anyone: is this AI-made?"""

import tempfile
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, File, Request, UploadFile
from fastapi.responses import HTMLResponse

from generator_gateway.api import VerificationDesk
from generator_gateway.routes.verify import store_upload
from trust_kernel.web.access import Access
from trust_kernel.web.pages import Pages

_MEGA = 1_000_000


def build_verify_pages(desk: VerificationDesk, pages: Pages, access: Access, max_bytes: int) -> APIRouter:
    """`/` and `/is-this-ai`, open to everybody."""
    router = APIRouter(include_in_schema=False)
    limit = {"max_megabytes": max_bytes // _MEGA}

    @router.get("/", dependencies=[access.optional()])
    def home(request: Request) -> HTMLResponse:
        return pages.render(request, "home.html")

    @router.get("/is-this-ai", dependencies=[access.optional()])
    def ask(request: Request) -> HTMLResponse:
        return pages.render(request, "verify.html", found=None, **limit)

    @router.post("/is-this-ai", dependencies=[access.public_form()])
    def answer(request: Request, file: Annotated[UploadFile, File()]) -> HTMLResponse:
        with tempfile.TemporaryDirectory(prefix="placet-verify-") as folder:
            found = desk.verify(store_upload(file, Path(folder), max_bytes))
        return pages.render(request, "verify.html", found=found, **limit)

    return router
