"""What somebody sees who has a share link: the video, that it was made, and nothing about anybody."""

from http import HTTPStatus

from fastapi import APIRouter, Request, params
from fastapi.responses import HTMLResponse

from generator_gateway.api import SharingDesk
from trust_kernel.errors import Gone, NotFound
from trust_kernel.web.access import Access
from trust_kernel.web.pages import Pages

_HEADERS = {
    # The address is the secret: it must not go along to wherever this page leads, or into a search engine.
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex, nofollow",
}


def build_shared_pages(desk: SharingDesk, pages: Pages, access: Access, guards: list[params.Depends]) -> APIRouter:
    """`GET /s/{token}`.

    Args:
        desk: opens links.
        pages: renders.
        access: declares the route public. Nobody is recognised on it: its headers keep its forms from working.
        guards: what every request that comes by a link passes first.
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/s/{token}", dependencies=[access.public(), *guards])
    def shared(request: Request, token: str) -> HTMLResponse:
        try:
            found = desk.open(token)
        except (Gone, NotFound) as error:
            status = HTTPStatus.GONE if isinstance(error, Gone) else HTTPStatus.NOT_FOUND
            answer = pages.render(request, "shared_gone.html", status=status, gone=isinstance(error, Gone))
        else:
            answer = pages.render(request, "shared.html", shared=found, content=f"/s/{token}/content")
        answer.headers.update(_HEADERS)
        return answer

    return router
