"""The page for anyone: is this AI-made?"""

import base64
import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, File, Request, UploadFile
from fastapi.responses import HTMLResponse

from generator_gateway.api import VerificationDesk
from generator_gateway.routes.verify import store_upload, verification_out
from review_ui.verify.evidence import evidence_of, notes_of
from trust_kernel.errors import InvalidInput
from trust_kernel.web.access import Access
from trust_kernel.web.pages import Pages

_MEGA = 1_000_000
_UNPROCESSABLE = 422


def build_verify_pages(desk: VerificationDesk, pages: Pages, access: Access, max_bytes: int) -> APIRouter:
    """`/` and `/is-this-ai`, open to everybody."""
    router = APIRouter(include_in_schema=False)
    blank: dict[str, Any] = {
        "max_megabytes": max_bytes // _MEGA,
        "found": None,
        "evidence": None,
        "problem": "",
        "name": "",
    }

    @router.get("/", dependencies=[access.optional()])
    def home(request: Request) -> HTMLResponse:
        return pages.render(request, "home.html")

    @router.get("/is-this-ai", dependencies=[access.optional()])
    def ask(request: Request) -> HTMLResponse:
        return pages.render(request, "verify.html", **blank)

    @router.post("/is-this-ai", dependencies=[access.public_form(), access.optional()])
    def answer(request: Request, file: Annotated[UploadFile | str | None, File()] = None) -> HTMLResponse:
        # A form that is sent without a file carries an empty one, or an empty text.
        if file is None or isinstance(file, str) or not file.filename:
            said = blank | {"problem": "Choose a file first."}
            return pages.render(request, "verify.html", status=_UNPROCESSABLE, **said)
        try:
            with tempfile.TemporaryDirectory(prefix="placet-verify-") as folder:
                found = desk.verify(store_upload(file, Path(folder), max_bytes))
        except InvalidInput as error:
            said = blank | {"problem": f"{error.detail.capitalize()}."}
            return pages.render(request, "verify.html", status=_UNPROCESSABLE, **said)
        document = verification_out(found).model_dump_json(indent=2)
        told: dict[str, Any] = blank | {
            "found": found,
            "evidence": evidence_of(found),
            "notes": notes_of(found),
            "name": file.filename,
            "document": document,
            "download": f"data:application/json;base64,{base64.b64encode(document.encode()).decode()}",
        }
        return pages.render(request, "verify.html", **told)

    return router
