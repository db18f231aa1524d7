"""When something about a notice runs out: by statute, or by what the operator set."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from copyright_optout.domain.business_days import business_day_after, day_of, end_of
from copyright_optout.domain.notices import Counter, Notice, NoticeState, Statute

TAKE_IT_DOWN_WITHIN = timedelta(hours=48)
"""47 U.S.C. 223a(a)(3): as soon as possible, but not later than 48 hours after a valid request was received."""
RESTORE_NOT_BEFORE, RESTORE_NOT_AFTER = 10, 14
"""Business days after a counter-notice: 17 U.S.C. 512(g)(2)(C)."""
NO_FAKES_WAIT = timedelta(days=14)
"""After a counter-notice under the NO FAKES bill, for whoever gave notice to go to court."""
NO_FAKES_GRACE = timedelta(days=2)
"""In which a video is then given back; the bill says no figure."""
MARGIN = timedelta(hours=1)
"""How long before the last moment the site acts by itself: a server may be down for minutes."""
AGAIN = timedelta(minutes=5)
"""After which a notice is looked at again where it was time to act and nobody did."""


class ClockKind(StrEnum):
    """What runs out."""

    TAKE_DOWN = "take_down"
    """The videos have to be down, by law."""
    DECIDE = "decide"
    """Staff have to decide: "expeditiously", in the words of 17 U.S.C. 512(c)(1)(C); the operator sets a figure."""
    RESTORE_FROM = "restore_from"
    """From here on the videos may be given back."""
    RESTORE_BY = "restore_by"
    """The videos have to be given back."""
    FINAL = "final"
    """Until here a counter-notice, or staff, can undo it; after that what is down stays down."""


@dataclass(frozen=True, slots=True)
class ClockTerms:
    """What the operator set.

    Attributes:
        decide: in which staff should decide where the law says no figure.
        undo: for which a take-down can be undone; the law sets counter-notices no limit, and a site cannot keep what
            is down for ever.
        warn: before something runs out, staff are told.
    """

    decide: timedelta = timedelta(hours=72)
    undo: timedelta = timedelta(days=30)
    warn: timedelta = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class NoticeClock:
    """Something that runs out.

    Attributes:
        counter_id: of which counter-notice; empty where of none.
    """

    due: datetime
    kind: ClockKind
    notice_id: str
    statute: Statute
    counter_id: str = ""


def clocks_of(notice: Notice, terms: ClockTerms) -> tuple[NoticeClock, ...]:
    """What runs for a notice, the next first: nothing where it is incomplete or ended, nor while a suit is pending."""

    def clock(kind: ClockKind, due: datetime, counter_id: str = "") -> NoticeClock:
        return NoticeClock(due, kind, notice.id, notice.statute, counter_id)

    found: list[NoticeClock] = []
    if notice.state is NoticeState.VALID and notice.valid_at is not None:
        if notice.statute is Statute.TAKE_IT_DOWN:
            found.append(clock(ClockKind.TAKE_DOWN, notice.valid_at + TAKE_IT_DOWN_WITHIN))
        else:
            found.append(clock(ClockKind.DECIDE, notice.valid_at + terms.decide))
    if notice.state is NoticeState.ACTED and notice.acted_at is not None and notice.suit_at is None:
        found.append(clock(ClockKind.FINAL, notice.acted_at + terms.undo))
    if notice.state is NoticeState.COUNTERED and notice.suit_at is None:
        for counter in notice.open_counters:
            begins, ends = restore_window(notice.statute, counter)
            found += [clock(ClockKind.RESTORE_FROM, begins, counter.id), clock(ClockKind.RESTORE_BY, ends, counter.id)]
    return tuple(sorted(found, key=lambda one: (one.due, one.kind)))


def next_act(notice: Notice, terms: ClockTerms) -> NoticeClock | None:
    """The next clock at whose end something has to have happened."""
    return next((one for one in clocks_of(notice, terms) if one.kind is not ClockKind.RESTORE_FROM), None)


def acts_from(clock: NoticeClock) -> datetime | None:
    """From when the site does by itself what a clock is for; None where only a person does that."""
    if clock.kind is ClockKind.FINAL:
        return clock.due
    return clock.due - MARGIN if clock.kind in {ClockKind.TAKE_DOWN, ClockKind.RESTORE_BY} else None


def next_look(clock: NoticeClock | None, terms: ClockTerms, *, warned: bool) -> datetime | None:
    """When the worker has to look at a notice next; None where nothing is left for it to do.

    What only warns is done with once staff were warned: however many notices nobody decides about, none of them keeps
    the worker from one that it has to act on.

    Args:
        clock: of `next_act`.
        terms: what the operator set.
        warned: whether staff were warned of this clock.
    """
    if clock is None:
        return None
    warns = None if warned or clock.kind is ClockKind.FINAL else clock.due - terms.warn
    return min((moment for moment in (warns, acts_from(clock)) if moment is not None), default=None)


def restore_window(statute: Statute, counter: Counter) -> tuple[datetime, datetime]:
    """From when and until when a video is to be given back after a counter-notice, unless there is a suit."""
    if statute is Statute.NO_FAKES:
        begins = counter.received_at + NO_FAKES_WAIT
        return begins, begins + NO_FAKES_GRACE
    day = day_of(counter.received_at)
    begins = end_of(business_day_after(day, RESTORE_NOT_BEFORE))
    return begins, end_of(business_day_after(day, RESTORE_NOT_AFTER))
