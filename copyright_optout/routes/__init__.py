"""The HTTP door: rights holders file, see and withdraw their claims; staff let them take effect."""

from fastapi import APIRouter

from copyright_optout.api import OptOutIndex
from copyright_optout.ports import PictureDecoder
from copyright_optout.routes.access import ACTIVATE, READ, WRITE
from copyright_optout.routes.claims import add_claims
from copyright_optout.routes.feeds import add_feeds
from copyright_optout.routes.imports import add_imports
from copyright_optout.routes.organisations import add_organisations
from copyright_optout.routes.references import add_references
from copyright_optout.routes.rehearsals import add_rehearsals
from trust_kernel.media.refs import MediaLimits
from trust_kernel.web.access import Access


def build_router(
    service: OptOutIndex,
    access: Access,
    decoder: PictureDecoder,
    limits: MediaLimits,
    files: MediaLimits | None = None,
) -> APIRouter:
    """Routes of claims and of those who claim.

    Args:
        service: the claims.
        access: guards each route.
        decoder: decodes uploads in the sandbox.
        limits: what one uploaded picture may be.
        files: what one reference video or sound may be; the same where None.
    """
    router = APIRouter(tags=["opt-outs"])
    add_organisations(router, service, access)
    if service.imports is not None:
        add_imports(router, service, service.imports, access)
    if service.feeds is not None:
        add_feeds(router, service, service.feeds, access)
    add_claims(router, service, access, decoder, limits)
    add_rehearsals(router, service, access)
    add_references(router, service, access, decoder, files or limits)
    return router


__all__ = ["ACTIVATE", "READ", "WRITE", "build_router"]
