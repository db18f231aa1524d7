"""Staff's page about people who were reported: what for, by whom, and what was done."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from consent_registry.api import PersonReport
from review_ui.staff.answers import NOTHING, REFUSALS, Wrong, back, missing, refused
from review_ui.staff.door import Door
from review_ui.staff.people import Known
from trust_kernel.web.access import Actor

PATH = "/staff/reports"
READ = "report:read"
_PAGE = 20


@dataclass(frozen=True, slots=True)
class Report:
    """A report with the people in it.

    Attributes:
        own: whether it concerns the one who looks, who then does not close it.
    """

    report: PersonReport
    reporter: Known
    reported: Known
    closed_by: Known | None
    own: bool


def build_report_pages(door: Door) -> APIRouter:
    """`/staff/reports`."""
    router = APIRouter(include_in_schema=False)

    def show(
        request: Request, actor: Actor, *, closed: bool = False, after: str | None = None, wrong: Wrong = NOTHING
    ) -> HTMLResponse:
        found = door.registry.safety.reports(closed=closed, after=after, limit=_PAGE + 1)
        rows = [_row(door, report, actor) for report in found[:_PAGE]]
        return door.pages.render(
            request,
            "staff_reports.html",
            status=wrong.status,
            rows=rows,
            closed=closed,
            after=after,
            next=found[_PAGE - 1].id if len(found) > _PAGE else None,
            wrong=wrong,
        )

    @router.get(PATH)
    def reports(
        request: Request,
        actor: Annotated[Actor, door.access.requires(READ)],
        state: str = "",
        after: str | None = None,
    ) -> HTMLResponse:
        return show(request, actor, closed=state == "closed", after=after)

    @router.post(PATH, response_model=None)
    def close(
        request: Request,
        actor: Annotated[Actor, door.access.requires(READ)],
        which: Annotated[str, Form()] = "",
        note: Annotated[str, Form()] = "",
    ) -> HTMLResponse | RedirectResponse:
        if not note.strip():
            return show(request, actor, wrong=missing("Say what was done.", which=which))
        try:
            door.registry.safety.decide_report(which, actor.account_id, note)
        except REFUSALS as error:
            return show(request, actor, wrong=refused(error, note, which))
        return back(PATH, "closed")

    return router


def _row(door: Door, report: PersonReport, actor: Actor) -> Report:
    return Report(
        report=report,
        reporter=door.people.known(report.reporter),
        reported=door.people.known(report.reported),
        closed_by=door.people.known(report.closed_by) if report.closed_by else None,
        own=actor.account_id in {report.reporter, report.reported},
    )
