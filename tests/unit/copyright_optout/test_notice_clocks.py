"""Clocks of notices, whatever anybody does and in whatever order: the properties that the laws ask for."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given as randomly
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from copyright_optout.api import ClockKind, Element, NoticeDesk, NoticeState, Rejection, Statute
from copyright_optout.domain.notice_clocks import MARGIN, clocks_of
from copyright_optout.domain.notices import REQUIRED, Located, Notice
from copyright_optout.service import notice_deciding
from tests.factories.notices import COUNTER, SWORN, given
from tests.fakes.notices import COPY, MAKER, STAFF, VIDEO, NoticeWorld
from trust_kernel.errors import Conflict, PlacetError

NEVER_LONGER = timedelta(hours=48)
PLACES = (VIDEO, "video_2")
STEP = timedelta(minutes=30)
"""How often the worker looks here; it looks every few seconds."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# --- by example


def test_a_take_down_demand_is_followed_in_the_last_hour_where_nobody_decided() -> None:
    world = NoticeWorld()
    notice = world.desk.intake.file(given())
    world.later(hours=35)
    world.desk.bench.tend()
    assert world.told("optout:notice:due") == []
    world.later(hours=2)
    assert (world.desk.bench.tend(), world.desk.bench.tend()) == (1, 0)
    assert world.told("optout:notice:due") == [STAFF]
    world.later(hours=9, minutes=59)
    world.desk.bench.tend()
    assert world.takedowns.down == set()
    world.later(minutes=2)
    world.desk.bench.tend()
    assert world.takedowns.down == {VIDEO, COPY}
    assert world.desk.bench.notice(notice.id).state is NoticeState.ACTED


def test_a_worker_that_was_away_acts_as_soon_as_it_is_back() -> None:
    world = NoticeWorld()
    world.desk.intake.file(given())
    world.later(days=9)
    world.desk.bench.tend()
    assert world.takedowns.down == {VIDEO, COPY}


def test_the_operator_can_have_nothing_done_without_a_person() -> None:
    world = NoticeWorld(acts_by_itself=False)
    world.desk.intake.file(given())
    world.later(hours=60)
    world.desk.bench.tend()
    assert world.takedowns.down == set()
    assert world.told("optout:notice:due") == [STAFF]
    world.later(minutes=5)
    NoticeDesk(replace(world.parts, acts_by_itself=True)).bench.tend()  # and change their mind
    assert world.takedowns.down == {VIDEO, COPY}


def test_a_copyright_notice_is_never_followed_without_a_person() -> None:
    world = NoticeWorld()
    world.desk.intake.file(given(Statute.DMCA))
    world.later(days=30)
    world.desk.bench.tend()
    assert world.takedowns.down == set()
    assert world.told("optout:notice:due") == [STAFF]


def test_one_notice_that_cannot_be_followed_does_not_keep_the_others_waiting() -> None:
    world = NoticeWorld()
    world.desk.intake.file(given())
    world.desk.intake.file(given(places=("video_2",)))

    def copies(case_ids: object) -> list[Located]:
        if case_ids == [VIDEO]:
            raise Conflict("the search is broken")
        return []

    world.videos.copies = copies  # type: ignore[method-assign] # a part that fails for one of them
    world.later(hours=48)
    world.desk.bench.tend()
    assert world.takedowns.down == {"video_2"}


def test_however_many_notices_nobody_decides_about_a_take_down_demand_is_followed_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(notice_deciding, "_PAGE", 3)
    world = NoticeWorld()
    for _ in range(10):
        world.desk.intake.file(given(Statute.DMCA, places=("video_2",)))
    world.later(days=4)
    demand = world.desk.intake.file(given())
    assert world.desk.bench.tend() == 10
    assert len(world.told("optout:notice:due")) == 10
    # Whoever was warned is done with: the worker does not even read these again.
    assert world.store.to_look_at(world.clock.now() + timedelta(days=1), None, 100) == []
    assert [clock.due for clock in world.desk.bench.clocks_of(demand)] == [world.clock.now() + timedelta(days=2)]
    world.later(hours=47)
    assert world.desk.bench.tend() == 1
    assert world.takedowns.down == {VIDEO, COPY}


def test_one_look_goes_on_through_all_that_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notice_deciding, "_PAGE", 3)
    world = NoticeWorld()
    notices = [world.desk.intake.file(given(places=("video_2",))) for _ in range(10)]
    world.later(hours=48)
    assert world.desk.bench.tend() == 10
    assert {world.desk.bench.notice(one.id).state for one in notices} == {NoticeState.ACTED}


def test_what_could_not_be_done_is_tried_again_soon_and_not_at_every_look() -> None:
    world = NoticeWorld()
    world.desk.intake.file(given())
    working, tried = world.videos.copies, []

    def copies(case_ids: Collection[str]) -> Sequence[Located]:
        tried.append(case_ids)
        raise Conflict("the search is broken")

    world.videos.copies = copies  # type: ignore[method-assign] # a part that fails for a while
    world.later(hours=47)
    world.desk.bench.tend()
    world.desk.bench.tend()
    assert len(tried) == 1
    world.videos.copies = working  # type: ignore[method-assign] # and then works
    world.later(minutes=5)
    world.desk.bench.tend()
    assert world.takedowns.down == {VIDEO, COPY}


def test_an_open_appeal_puts_the_end_off_and_keeps_nothing_else_waiting() -> None:
    world = NoticeWorld()
    notice = world.desk.intake.file(given(Statute.TAKE_IT_DOWN))
    world.desk.bench.act(notice.id, STAFF)
    world.takedowns.appealed = set(world.takedowns.batches)
    world.later(days=31)
    assert world.desk.bench.tend() == 0
    assert world.store.to_look_at(world.clock.now(), None, 1) == []
    world.takedowns.appealed = set()
    world.later(minutes=5)
    assert world.desk.bench.tend() == 1
    assert world.desk.bench.notice(notice.id).state is NoticeState.FINAL


def test_a_video_comes_back_between_the_tenth_and_the_fourteenth_business_day() -> None:
    world = NoticeWorld()
    world.clock.moment = at("2026-11-20T15:00")  # a Friday; the Thursday after is Thanksgiving
    notice = world.desk.intake.file(given(Statute.DMCA))
    world.desk.bench.act(notice.id, STAFF)
    world.desk.counters.counter(notice.id, MAKER, COUNTER, SWORN)
    begins, ends = (clock.due for clock in world.desk.bench.clocks())
    assert (begins, ends) == (at("2026-12-08T05:00"), at("2026-12-12T05:00"))
    world.clock.moment = begins - timedelta(seconds=1)
    with pytest.raises(Conflict) as raised:
        world.desk.bench.restore(notice.id, STAFF)
    assert raised.value.code == "optout:notice:early"
    world.clock.moment = begins
    assert world.desk.bench.restore(notice.id, STAFF).state is NoticeState.ACTED
    assert world.takedowns.down == {COPY}


def test_a_video_comes_back_by_itself_before_the_fourteenth_business_day_ends() -> None:
    world = NoticeWorld()
    notice = world.desk.intake.file(given(Statute.DMCA))
    world.desk.bench.act(notice.id, STAFF)
    world.desk.counters.counter(notice.id, MAKER, COUNTER, SWORN)
    (ends,) = (clock.due for clock in world.desk.bench.clocks() if clock.kind is ClockKind.RESTORE_BY)
    world.clock.moment = ends - MARGIN
    world.desk.bench.tend()
    assert world.takedowns.down == {COPY}
    assert world.takedowns.until[next(iter(world.takedowns.batches))] > ends


def test_what_nobody_contests_stays_down_for_good_after_thirty_days() -> None:
    world = NoticeWorld()
    notice = world.desk.intake.file(given(Statute.DMCA))
    world.desk.bench.act(notice.id, STAFF)
    world.later(days=30)
    world.desk.bench.tend()
    assert world.desk.bench.notice(notice.id).state is NoticeState.FINAL
    assert world.takedowns.final == {VIDEO, COPY}
    assert world.desk.bench.clocks() == []


def test_the_overview_has_all_of_them_in_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notice_deciding, "_PAGE", 3)
    world = NoticeWorld()
    ids = []
    for _ in range(8):
        ids.append(world.desk.intake.file(given(Statute.DMCA)).id)
        world.later(minutes=1)
    bench = world.desk.bench
    assert [clock.notice_id for clock in bench.clocks()] == ids
    assert [clock.notice_id for clock in bench.first_clocks(2)] == ids[:2]
    first = bench.next_clocks(None, 5)
    assert [place[1] for place, _ in (*first, *bench.next_clocks(first[-1][0], 5))] == ids


def test_the_overview_has_what_runs_out_next_first() -> None:
    world = NoticeWorld()
    world.desk.intake.file(given(Statute.DMCA))
    world.later(hours=1)
    world.desk.intake.file(given(Statute.TAKE_IT_DOWN))
    world.desk.intake.file(given(Statute.NO_FAKES, without=(Element.CONTACT,)))
    found = [(clock.statute, clock.kind) for clock in world.desk.bench.clocks()]
    assert found == [(Statute.TAKE_IT_DOWN, ClockKind.TAKE_DOWN), (Statute.DMCA, ClockKind.DECIDE)]


# --- in any order


@randomly(
    statute=st.sampled_from([Statute.DMCA, Statute.NO_FAKES]),
    steps=st.lists(
        st.tuples(st.sampled_from(["sue", "settle", "restore", "tend"]), st.integers(0, 24 * 8)),
        min_size=3,
        max_size=12,
    ),
)
def test_nothing_comes_back_before_its_date_nor_while_a_suit_is_pending_whatever_is_tried(
    statute: Statute, steps: list[tuple[str, int]]
) -> None:
    world = NoticeWorld()
    bench = world.desk.bench
    notice = world.desk.intake.file(given(statute))
    bench.act(notice.id, STAFF)
    world.desk.counters.counter(notice.id, MAKER, COUNTER, SWORN)
    tries = {
        "sue": lambda: bench.suit(notice.id, pending=True, by="notifier"),
        "settle": lambda: bench.suit(notice.id, pending=False, by="notifier"),
        "restore": lambda: bench.restore(notice.id, STAFF),
        "tend": bench.tend,
    }
    begun, pending = world.clock.now(), False
    for what, hours in steps:
        world.later(hours=hours)
        with suppress(PlacetError):
            tries[what]()
        if VIDEO not in world.takedowns.down:
            # Ten business days are never less than two weeks.
            assert world.clock.now() - begun >= timedelta(days=14)
            assert not pending
            return
        pending = {"sue": True, "settle": False}.get(what, pending)


class Notices(RuleBasedStateMachine):
    """People give, complete, contest and withdraw notices; staff decide; time passes; a worker looks now and then."""

    known = Bundle("known")

    def __init__(self) -> None:
        super().__init__()
        self.world = NoticeWorld()

    @initialize(target=known)
    def one_of_each_law_is_given(self) -> object:
        return multiple(*(self.world.desk.intake.file(given(statute)).id for statute in Statute))

    @rule(target=known, statute=st.sampled_from(Statute), number=st.integers(0, 6), place=st.sampled_from(PLACES))
    def somebody_gives_notice_without_something(self, statute: Statute, number: int, place: str) -> str:
        needed = [one.element for one in REQUIRED[statute]]
        without = (needed[number % len(needed)],)
        return self.world.desk.intake.file(given(statute, without=without, places=(place,))).id

    @rule(notice_id=known)
    def somebody_completes_it(self, notice_id: str) -> None:
        statute = self.world.desk.bench.notice(notice_id).statute
        with suppress(PlacetError):
            self.world.desk.intake.complete(notice_id, given(statute))

    @rule(notice_id=known)
    def staff_act(self, notice_id: str) -> None:
        with suppress(PlacetError):
            self.world.desk.bench.act(notice_id, STAFF)

    @rule(notice_id=known, why=st.sampled_from(Rejection))
    def staff_reject(self, notice_id: str, why: Rejection) -> None:
        with suppress(PlacetError):
            self.world.desk.bench.reject(notice_id, why, STAFF)

    @rule(notice_id=known)
    def staff_restore(self, notice_id: str) -> None:
        with suppress(PlacetError):
            self.world.desk.bench.restore(notice_id, STAFF)

    @rule(notice_id=known)
    def staff_close(self, notice_id: str) -> None:
        with suppress(PlacetError):
            self.world.desk.bench.close(notice_id, STAFF)

    @rule(notice_id=known, who=st.sampled_from([MAKER, MAKER, "acct_copier", "acct_shown"]))
    def an_owner_counters(self, notice_id: str, who: str) -> None:
        with suppress(PlacetError):
            self.world.desk.counters.counter(notice_id, who, COUNTER, SWORN)

    @rule(notice_id=known, pending=st.booleans())
    def a_suit_begins_or_ends(self, notice_id: str, pending: bool) -> None:
        with suppress(PlacetError):
            self.world.desk.bench.suit(notice_id, pending=pending, by="notifier")

    @rule(notice_id=known)
    def it_is_withdrawn(self, notice_id: str) -> None:
        with suppress(PlacetError):
            self.world.desk.intake.withdraw(notice_id)

    @rule(hours=st.sampled_from([1, 11, 24, 49, 24 * 8, 24 * 13, 24 * 22, 24 * 31]))
    def time_passes_with_a_worker(self, hours: int) -> None:
        for _ in range(timedelta(hours=hours) // STEP):
            self.world.clock.moment += STEP
            if self.world.store.to_look_at(self.world.clock.now(), None, 1):
                self._watched(self.world.desk.bench.tend)

    def _watched(self, tend: object) -> None:
        """What comes back while the worker looks, comes back by a counter-notice whose time has come."""
        before = {one.id: one for one in self.world.desk.bench.page(limit=1000)}
        assert callable(tend)
        tend()
        for one in self.world.desk.bench.page(limit=1000):
            self._check_given_back(before[one.id], one)

    def _check_given_back(self, before: Notice, after: Notice) -> None:
        if len(after.down) < len(before.down):
            assert before.suit_at is None
            clocks = clocks_of(before, self.world.parts.terms)
            begins = min(clock.due for clock in clocks if clock.kind is ClockKind.RESTORE_FROM)
            assert begins <= self.world.clock.now()

    @invariant()
    def nothing_runs_for_an_incomplete_notice_or_one_that_has_ended(self) -> None:
        running = {clock.notice_id for clock in self.world.desk.bench.clocks()}
        for one in self.world.desk.bench.page(limit=1000):
            if one.state in {NoticeState.INCOMPLETE, NoticeState.REJECTED, NoticeState.WITHDRAWN, NoticeState.FINAL}:
                assert one.id not in running
            if one.state is NoticeState.INCOMPLETE:
                assert one.valid_at is None
                assert not one.down

    @invariant()
    def a_valid_demand_is_followed_within_48_hours_unless_it_was_rejected_or_withdrawn(self) -> None:
        for one in self.world.desk.bench.page(limit=1000):
            if one.statute is Statute.TAKE_IT_DOWN and one.valid_at is not None:
                let_go = one.state in {NoticeState.REJECTED, NoticeState.WITHDRAWN}
                in_time = (one.acted_at or self.world.clock.now()) <= one.valid_at + NEVER_LONGER
                assert let_go or in_time

    @invariant()
    def nothing_is_given_back_before_its_date_nor_while_a_suit_is_pending(self) -> None:
        for one in self.world.desk.bench.page(limit=1000):
            for counter in one.counters:
                if counter.restored_at is not None and one.state is not NoticeState.WITHDRAWN:
                    least = timedelta(days=14)  # ten business days are two weeks at least
                    assert counter.restored_at >= counter.received_at + least
            if one.state in {NoticeState.ACTED, NoticeState.COUNTERED} and one.suit_at is not None:
                back = [video.restored_at for video in one.videos if video.restored_at is not None]
                assert all(moment <= one.suit_at for moment in back)

    @invariant()
    def what_a_notice_says_is_down_is_down(self) -> None:
        held = {video.case_id for one in self.world.desk.bench.page(limit=1000) for video in one.down}
        assert held == self.world.takedowns.down


TestNoticesInAnyOrder = Notices.TestCase
TestNoticesInAnyOrder.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
