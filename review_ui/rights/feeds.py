"""Exchange with others: claims given out in a format of theirs, and what they exchange taken in."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import HTMLResponse

from copyright_optout.api import HASHES, FeedDesk, FeedFormat, FeedOut, Role
from copyright_optout.routes.access import acting_for
from copyright_optout.routes.feeds import claimants, received_feed
from review_ui.portal.faults import Faults, faults_in, sentence
from review_ui.portal.typed import one_of
from review_ui.rights.door import READ, WRITE, Door, Typed
from review_ui.rights.forms import chosen
from trust_kernel.errors import Conflict, InvalidInput, PlacetError
from trust_kernel.web.access import Actor
from trust_kernel.web.problems import status_of

PATH = "/rights/feeds"
_MOST_SHOWN = 100
"""Entries with something to tell that the page shows."""
_FORMAT = "Choose a format."
_FILES = {FeedFormat.RSL: "claims.xml", FeedFormat.PDQ: "claims.txt"}
_Short = Annotated[str, Form(max_length=10_000)]


def build_feed_pages(door: Door, feeds: FeedDesk) -> APIRouter:
    """`/rights/feeds`."""
    router = APIRouter(include_in_schema=False)
    page = _Exchange(door)

    @router.get(PATH)
    def exchange(
        request: Request,
        actor: Annotated[Actor, door.access.requires(READ)],
        wanted: Annotated[str, Query(alias="format", max_length=100)] = "",
        organisation: Annotated[str, Query(max_length=100)] = "",
    ) -> HTMLResponse:
        if not wanted:
            return page.show(request, actor)
        asked = Typed({"format": wanted, "organisation": organisation})
        try:
            form = one_of(FeedFormat, wanted, "format", _FORMAT)
        except InvalidInput as error:
            return page.show(request, actor, asked=asked, error=error)
        out = feeds.give_out(form, claimants(door.optouts, actor, organisation or None))
        return page.show(request, actor, asked=asked, form=form, out=out)

    @router.post(PATH)
    def take_in(
        request: Request,
        actor: Annotated[Actor, door.access.requires(WRITE)],
        file: Annotated[UploadFile | None, File()] = None,
        form: Annotated[str, Form(alias="format", max_length=10_000)] = "",
        organisation: _Short = "",
        bank: _Short = "",
    ) -> HTMLResponse:
        typed = Typed({"format": form, "organisation": organisation, "bank": bank})
        try:
            data = received_feed(chosen(file))
            own = acting_for(door.optouts, actor, organisation or None)
            what = one_of(FeedFormat, form, "format", _FORMAT)
            report = feeds.take_in(what, data, organisation_id=own, by=actor.account_id, bank=bank)
        except (Conflict, InvalidInput) as error:
            return page.show(request, actor, typed=typed, error=error)
        # Shown at once, as what an entry lost is kept nowhere; sent again, the same feed adds nothing.
        return door.pages.render(
            request,
            "rights_feed.html",
            report=report,
            form=what,
            notes=report.notes[:_MOST_SHOWN],
            more=len(report.notes) - _MOST_SHOWN,
        )

    return router


class _Exchange:
    """The page with both forms."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def show(
        self,
        request: Request,
        actor: Actor,
        *,
        asked: Typed | None = None,
        form: FeedFormat | None = None,
        out: FeedOut | None = None,
        typed: Typed | None = None,
        error: PlacetError | None = None,
    ) -> HTMLResponse:
        """The page; with what there is to give out, or with what was wrong, and everything typed."""
        seats = self._door.optouts.organisations.seats(actor.account_id)
        faults = faults_in(error) if error is not None and error.field else Faults()
        return self._door.pages.render(
            request,
            "rights_feeds.html",
            status=status_of(error) if error is not None else HTTPStatus.OK,
            formats=[one.value for one in FeedFormat],
            of_hashes=[one.value for one in FeedFormat if one in HASHES],
            theirs=[seat.organisation for seat in seats],
            agents=[seat.organisation for seat in seats if seat.role.may(Role.AGENT)],
            asked=asked or Typed(),
            out=out,
            out_form=form.value if form else "",
            file=_FILES.get(form, "claims.json") if form else "",
            typed=typed or Typed(),
            asking=Faults() if typed else faults,
            faults=faults if typed else Faults(),
            problem=sentence(error) if error is not None and not faults else "",
        )
