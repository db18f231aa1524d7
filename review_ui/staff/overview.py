"""Staff's first page: what waits for somebody, each kind with its number, and whether everything is stopped."""

from collections.abc import Callable, Iterator, Sized
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from consent_registry.api import EnrolmentState, EstateState
from generator_gateway.api import AppearanceDesk, AppearanceState, OwnershipDesk, ReviewDesk
from review_ui.staff import enrolments, lockdown, objections, reports, standing
from review_ui.staff.door import ATTEST, Door
from trust_kernel.delivery.letters import DeadLetters, DeliveryFilter
from trust_kernel.web.access import Actor
from trust_kernel.web.delivery_routes import PERMISSION as DELIVERIES

PATH = "/staff"
_FOUND = ("person wants a video of them taken back", "people want a video of them taken back")
_OBJECTED = ("video whose owners did not come to terms", "videos whose owners did not come to terms")
_DEAD = ("notice that could not be delivered", "notices that could not be delivered")
_ENROLMENTS = ("enrolment to confirm or decide", "enrolments to confirm or decide")
MOST_COUNTED = 50
"""How far things are counted: whoever has more than that to do need not know how many."""


@dataclass(frozen=True, slots=True)
class Heap:
    """Things of one kind that wait.

    Attributes:
        one: read after the number 1.
        many: read after any other.
        count: as far as was counted.
        more: whether there are more than that.
        beside: what else there is to say.
    """

    href: str
    title: str
    one: str
    many: str
    count: int
    more: bool = False
    beside: str = ""

    @property
    def what(self) -> str:
        """Read after the number."""
        return self.one if self.count == 1 and not self.more else self.many


Further = Callable[[Actor], Iterator[Heap]]
"""Counts further heaps for an actor."""


@dataclass(frozen=True, slots=True)
class Desks:
    """Where things wait, beside the registry.

    Attributes:
        further: what else waits for whoever looks.
    """

    reviews: ReviewDesk
    appearances: AppearanceDesk
    ownership: OwnershipDesk
    letters: DeadLetters
    further: Further


def build_overview_page(door: Door, desks: Desks) -> APIRouter:
    """`/staff`."""
    router = APIRouter(include_in_schema=False)

    @router.get(PATH)
    def overview(request: Request, actor: Annotated[Actor, door.access.requires("case:read")]) -> HTMLResponse:
        now = door.registry.safety.lockdown()
        heaps = list(_heaps(door, desks, actor))
        return door.pages.render(
            request,
            "staff_overview.html",
            waiting=[heap for heap in heaps if heap.count],
            empty=[heap for heap in heaps if not heap.count],
            now=now,
            by=door.people.known(now.by) if now.on else None,
            may_stop=actor.may(lockdown.SET),
        )

    return router


def _heaps(door: Door, desks: Desks, actor: Actor) -> Iterator[Heap]:
    yield _cases(desks)
    found, more = desks.appearances.page(state=AppearanceState.DISPUTED, owner=None, after=None, limit=MOST_COUNTED)
    yield Heap("/appearances?state=disputed", "Found", *_FOUND, len(found), more)
    videos, more = desks.ownership.open_objections(due=True, after=None, limit=MOST_COUNTED)
    yield Heap(objections.PATH, "Objections", *_OBJECTED, len(videos), more)
    yield from desks.further(actor)
    if actor.may(ATTEST):
        yield from _people(door)
    if actor.may(reports.READ):
        told = door.registry.safety.reports(closed=False, after=None, limit=MOST_COUNTED + 1)
        yield _heap(reports.PATH, "Reports", ("report of somebody", "reports of people"), told)
    if actor.may(DELIVERIES):
        letters, more = desks.letters.page(DeliveryFilter(), after=None, limit=MOST_COUNTED)
        yield Heap("/staff/deliveries", "Deliveries", *_DEAD, len(letters), more)


def _cases(desks: Desks) -> Heap:
    held, more = desks.reviews.page(status="held", after=None, limit=MOST_COUNTED)
    theirs = sum(file.theirs_to_answer for file in held)
    beside = f"{theirs} more {'waits' if theirs == 1 else 'wait'} for the people in them." if theirs else ""
    return Heap("/cases?status=held", "Cases", "case to decide", "cases to decide", len(held) - theirs, more, beside)


def _people(door: Door) -> Iterator[Heap]:
    registry = door.registry
    attempts = registry.enrolments.waiting(MOST_COUNTED + 1)
    doubtful = sum(attempt.state is EnrolmentState.TO_REVIEW for attempt in attempts)
    beside = f"{doubtful} of them {'raises' if doubtful == 1 else 'raise'} a doubt." if doubtful else ""
    yield _heap(enrolments.PATH, "Enrolments", _ENROLMENTS, attempts, beside)
    links = registry.guardianship.waiting(MOST_COUNTED + 1)
    yield _heap(standing.GUARDIANS, "Guardians", ("guardian to vouch for", "guardians to vouch for"), links)
    known = registry.estates.standing(MOST_COUNTED + 1)
    claims = [estate for estate in known if estate.state is EstateState.CLAIMED]
    disputed = sum(bool(registry.estates.disputes(estate.id)) for estate in known if estate not in claims)
    beside = f"{disputed} of those that are held {'is' if disputed == 1 else 'are'} disputed." if disputed else ""
    yield _heap(standing.ESTATES, "Estates", ("estate to vouch for", "estates to vouch for"), claims, beside)


def _heap(href: str, title: str, what: tuple[str, str], found: Sized, beside: str = "") -> Heap:
    return Heap(href, title, *what, min(len(found), MOST_COUNTED), len(found) > MOST_COUNTED, beside)
