"""Routes of feeds: claims and hashes in the formats of others."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, UploadFile
from fastapi.responses import StreamingResponse

from copyright_optout.api import LARGEST_FEED, FeedDesk, FeedFormat, OptOutIndex, Role
from copyright_optout.domain.reasons import FeedFault
from copyright_optout.routes.access import ACTIVATE, READ, WRITE, acting_for
from copyright_optout.schemas.feeds import FeedView
from trust_kernel.errors import InvalidInput
from trust_kernel.web.access import Access, Actor

LOST_HEADER = "Placet-Lost"
"""What the claims say and the format cannot, with commas."""
_TYPES = {
    FeedFormat.RSL: "application/rsl+xml",
    FeedFormat.PDQ: "text/plain",
}


def add_feeds(router: APIRouter, service: OptOutIndex, feeds: FeedDesk, access: Access) -> None:
    """Routes under /v1/feeds."""
    writer, reader = access.requires(WRITE), access.requires(READ)

    @router.post("/v1/feeds/import", status_code=202)
    def import_feed(
        actor: Annotated[Actor, writer],
        file: UploadFile,
        form: Annotated[FeedFormat, Form(alias="format")],
        organisation: Annotated[str | None, Form(max_length=100)] = None,
        bank: Annotated[str, Form(max_length=400)] = "",
    ) -> FeedView:
        """Have a feed become drafts; what of it cannot be said here is told by entry. `bank` names hashes."""
        data = received_feed(file)
        own = acting_for(service, actor, organisation)
        return FeedView.of(feeds.take_in(form, data, organisation_id=own, by=actor.account_id, bank=bank))

    @router.get("/v1/feeds/export", response_class=StreamingResponse)
    def export_feed(
        actor: Annotated[Actor, reader],
        form: Annotated[FeedFormat, Query(alias="format")],
        organisation: Annotated[str | None, Query(max_length=100)] = None,
    ) -> StreamingResponse:
        """Claims of one's organisations in a format; staff get everybody's. `Placet-Lost` tells what it cannot say."""
        whose = claimants(service, actor, organisation)
        return StreamingResponse(
            feeds.pieces(form, whose),
            media_type=_TYPES.get(form, "application/json"),
            headers={LOST_HEADER: ", ".join(sorted(feeds.lost(form, whose)))},
        )


def received_feed(file: UploadFile) -> bytes:
    """All of a feed that was sent; raises InvalidInput where it is too large."""
    data = file.file.read(LARGEST_FEED + 1)
    if len(data) > LARGEST_FEED:
        raise InvalidInput(
            "this feed is too large", code=FeedFault.TOO_LARGE, field="file", limit=f"{LARGEST_FEED} bytes"
        )
    return data


def claimants(service: OptOutIndex, actor: Actor, organisation: str | None) -> list[str] | None:
    """Whose claims somebody may give out: of one organisation, of all of theirs, or, for staff, None: of everybody.

    Raises:
        NotFound: they do not act for this one.
    """
    if organisation is not None:
        if not actor.may(ACTIVATE):
            service.organisations.seat(actor.account_id, organisation, Role.VIEWER)
        return [organisation]
    if actor.may(ACTIVATE):
        return None
    return [seat.organisation.id for seat in service.organisations.seats(actor.account_id)]
