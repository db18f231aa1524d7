"""What waits for staff about rights holders' claims: claims, takedowns to confirm or undo, notices, appeals."""

from collections.abc import Iterator
from dataclasses import dataclass

from copyright_optout.api import NoticeDesk, NoticeState, OptOutIndex
from copyright_optout.routes.access import ACTIVATE
from generator_gateway.api import AppealReview, BatchState, TakedownDesk
from review_ui.staff import appeals, claims, notices, takedowns
from review_ui.staff.overview import MOST_COUNTED, Heap
from trust_kernel.web.access import Actor


@dataclass(frozen=True, slots=True)
class ClaimHeaps:
    """Counts them for staff's first page."""

    optouts: OptOutIndex
    takedowns: TakedownDesk
    notices: NoticeDesk
    appeals: AppealReview

    def __call__(self, actor: Actor) -> Iterator[Heap]:
        """Each kind that they may see."""
        if actor.may(ACTIVATE):
            filed = self.optouts.page(None, states=claims.WAITING, limit=MOST_COUNTED + 1)
            yield _heap(claims.PATH, "Claims", ("claim to decide", "claims to decide"), len(filed))
            given = self.notices.bench.page(states=[NoticeState.VALID], limit=MOST_COUNTED + 1)
            yield _heap(notices.PATH, "Notices", ("legal notice to decide", "legal notices to decide"), len(given))
        proposed, more = self.takedowns.page(state=BatchState.PROPOSED, limit=MOST_COUNTED)
        what = ("batch of videos to confirm", "batches of videos to confirm")
        yield Heap(f"{takedowns.PATH}?state=proposed", "Takedowns", *what, len(proposed), more)
        down, more = self.takedowns.page(groundless=True, limit=MOST_COUNTED)
        what = ("batch whose cause does not stand any more", "batches whose cause does not stand any more")
        yield Heap(f"{takedowns.PATH}?state={takedowns.GROUNDLESS}", "Takedowns to undo", *what, len(down), more)
        asked, more = self.appeals.page(limit=MOST_COUNTED)
        yield Heap(appeals.PATH, "Appeals", "appeal to answer", "appeals to answer", len(asked), more)


def _heap(href: str, title: str, what: tuple[str, str], count: int) -> Heap:
    return Heap(href, title, *what, min(count, MOST_COUNTED), count > MOST_COUNTED)
