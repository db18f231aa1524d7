"""One worker at a time: leases, their end, and workers that come back from the dead."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from generator_gateway.jobs import Sweeper
from generator_gateway.ports import Lease, Progress, RenderOrder
from generator_gateway.service.runner import CaseRunner
from generator_gateway.stages import Released, Stopped
from generator_gateway.store import CaseJournal, CaseStore, LeaseBook
from tests.factories.cases import an_opened, reached
from tests.fakes.gateway import WritingBackend
from tests.unit.generator_gateway.conftest import TTL, House, elsewhere
from trust_kernel.decisions import Verdict
from trust_kernel.errors import Broken, Conflict, InvalidInput, NotFound, PlacetError, Unavailable

EXPIRED = TTL.total_seconds() + 1


def another_worker(house: House) -> LeaseBook:
    return LeaseBook(house.database, house.clock, TTL)


def test_a_claimed_case_is_in_progress_and_nobody_else_gets_it(any_house: House) -> None:
    house = any_house
    case_id = house.submit().id
    lease = house.claimed(case_id)
    assert (lease.case_id, lease.attempt) == (case_id, 1)
    assert house.cases.get(case_id).status == "in_progress"
    assert another_worker(house).claim(case_id) is None
    assert house.leases.claim(case_id) is None


def test_a_case_that_is_not_there_cannot_be_claimed(house: House) -> None:
    assert house.leases.claim("video_nowhere") is None


def test_a_lease_holds_until_its_last_moment_and_then_hands_over(any_house: House) -> None:
    house = any_house
    case_id = house.submit().id
    first = house.claimed(case_id)
    house.clock.advance(seconds=TTL.total_seconds())
    assert another_worker(house).claim(case_id) is None
    house.clock.advance(seconds=0.001)
    second = another_worker(house).claim(case_id)
    assert second is not None
    assert second.attempt == 2
    assert second.token != first.token


def test_a_worker_that_says_that_it_lives_keeps_its_case(house: House) -> None:
    case_id = house.submit().id
    lease = house.claimed(case_id)
    for _ in range(3):
        house.clock.advance(seconds=TTL.total_seconds() - 1)
        elsewhere(lambda: house.leases.renew(lease))
    assert another_worker(house).claim(case_id) is None


def test_progress_keeps_a_case_too(house: House) -> None:
    case_id = house.submit().id
    house.claimed(case_id)
    house.clock.advance(seconds=TTL.total_seconds() - 1)
    house.cases.advance(case_id, 40)
    house.clock.advance(seconds=TTL.total_seconds() - 1)
    assert another_worker(house).claim(case_id) is None
    assert house.cases.get(case_id).progress == 40


def test_progress_never_goes_back_and_never_says_done(house: House) -> None:
    case_id = house.submit().id
    house.claimed(case_id)
    for percent, shown in ((40, 40), (20, 40), (100, 99)):
        house.cases.advance(case_id, percent)
        assert house.cases.get(case_id).progress == shown


CHANGES: dict[str, Callable[[House, str], object]] = {
    "earn": lambda house, case_id: house.journal.earn(case_id, an_opened(house.cases.requested(case_id))),
    "stop": lambda house, case_id: house.cases.stop(Stopped(case_id, Verdict.DENY, ("a:b:c",), "no")),
    "close": lambda house, case_id: house.line.ledger.close(Stopped(case_id, Verdict.DENY, ("a:b:c",), "no")),
    "complete": lambda house, case_id: house.cases.complete(case_id, house.clock.now()),
    "advance": lambda house, case_id: house.cases.advance(case_id, 50),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_worker_whose_case_was_taken_over_changes_nothing(
    any_house: House, change: Callable[[House, str], object]
) -> None:
    house = any_house
    case_id = house.submit().id
    zombie = house.claimed(case_id)
    house.clock.advance(seconds=EXPIRED)
    # in the same process, as the other thread of a worker with two
    assert elsewhere(lambda: house.leases.claim(case_id)) is not None
    before = (house.cases.get(case_id), reached(house.database, case_id), house.ledger.size())
    with pytest.raises(Conflict) as lost:
        change(house, case_id)
    assert lost.value.code == "case:lease:lost"
    with pytest.raises(Conflict):
        house.leases.renew(zombie)
    assert (house.cases.get(case_id), reached(house.database, case_id), house.ledger.size()) == before


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_nobody_changes_a_case_without_claiming_it(house: House, change: Callable[[House, str], object]) -> None:
    case_id = house.submit().id
    with pytest.raises(Conflict):
        change(house, case_id)


def test_a_zombie_giving_a_case_back_does_not_take_it_from_its_new_worker(house: House) -> None:
    case_id = house.submit().id
    zombie = house.claimed(case_id)
    house.clock.advance(seconds=EXPIRED)

    def new_worker() -> None:
        house.claimed(case_id)
        house.leases.let_go(zombie)
        house.cases.advance(case_id, 30)

    elsewhere(new_worker)
    assert house.cases.get(case_id).progress == 30
    assert another_worker(house).claim(case_id) is None


def test_a_case_given_back_may_be_claimed_at_once(house: House) -> None:
    case_id = house.submit().id
    house.leases.let_go(house.claimed(case_id))
    lease = house.leases.claim(case_id)
    assert lease is not None
    assert lease.attempt == 2


def test_whoever_gave_a_case_back_may_not_change_it(house: House) -> None:
    case_id = house.submit().id
    house.leases.let_go(house.claimed(case_id))
    with pytest.raises(Conflict):
        house.cases.advance(case_id, 10)


def test_a_worker_may_hold_several_cases(house: House) -> None:
    first, second = house.submit("one").id, house.submit("two").id
    lease = house.claimed(first)
    house.claimed(second)
    house.cases.advance(first, 10)
    house.leases.let_go(lease)
    house.cases.advance(second, 20)
    assert [house.cases.get(case_id).progress for case_id in (first, second)] == [10, 20]


def test_a_resting_case_is_left_alone_until_it_is_rested(house: House) -> None:
    case_id = house.submit().id
    house.leases.let_go(house.claimed(case_id), timedelta(seconds=4))
    house.clock.advance(seconds=3.9)
    assert house.leases.claim(case_id) is None
    assert house.leases.abandoned() == []
    house.clock.advance(seconds=0.1)
    assert house.leases.abandoned() == [case_id]
    assert house.leases.claim(case_id) is not None


@pytest.mark.parametrize("status", ["completed", "failed", "held"])
def test_a_closed_case_cannot_be_claimed(house: House, status: str) -> None:
    case_id = house.submit().id
    house.claimed(case_id)
    if status == "completed":
        house.cases.complete(case_id, house.clock.now())
    else:
        verdict = Verdict.HOLD if status == "held" else Verdict.DENY
        house.cases.stop(Stopped(case_id, verdict, ("a:b:c",), "no"))
    assert house.cases.get(case_id).status == status
    house.clock.advance(days=1)
    assert house.leases.claim(case_id) is None
    assert house.leases.abandoned() == []


# --- the sweeper


def test_the_sweeper_puts_back_exactly_what_nobody_works_on(any_house: House) -> None:
    house = any_house
    waiting, dead, alive, done = (house.submit(name).id for name in ("waiting", "dead", "alive", "done"))
    house.claimed(dead)
    house.runner.run(done)
    house.clock.advance(seconds=EXPIRED)
    house.claimed(alive)
    house.queue.sent.clear()
    sweeper = Sweeper(house.leases, house.queue, 60.0)
    assert sweeper.sweep() == sorted([waiting, dead])
    assert house.queue.sent == sorted([waiting, dead])


def test_the_sweeper_takes_a_bounded_bite_oldest_first(house: House) -> None:
    ids = sorted(house.submit(f"number {number}").id for number in range(4))
    assert house.leases.abandoned(limit=3) == ids[:3]


def test_the_sweeper_does_its_chores_at_each_sweep(house: House) -> None:
    done: list[str] = []
    sweeper = Sweeper(house.leases, house.queue, 60.0, (lambda: done.append("swept"),))
    sweeper.sweep()
    sweeper.sweep()
    assert done == ["swept", "swept"]


@pytest.mark.parametrize("error", [Unavailable("down"), Broken("odd")])
def test_a_sweep_that_fails_is_not_the_last(house: House, error: PlacetError) -> None:
    swept: list[int] = []

    def chore() -> None:
        swept.append(1)
        if len(swept) == 1:
            raise error
        sweeper.forget.set()

    class Stoppable(Sweeper):
        """Says when it has swept again."""

        def __init__(self) -> None:
            super().__init__(house.leases, house.queue, 0.01, (chore,))
            self.forget = threading.Event()

    sweeper = Stoppable()
    sweeper.start()
    assert sweeper.forget.wait(10)
    sweeper.stop()
    assert len(swept) >= 2


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_sweep_that_breaks_as_nobody_foresaw_is_not_the_last(house: House) -> None:
    case_id = house.submit().id
    house.queue.sent.clear()
    put_back = threading.Event()

    class Breaking:
        """Breaks once."""

        broken = False

        def enqueue(self, found: str) -> None:
            if not self.broken:
                self.broken = True
                raise ZeroDivisionError("a bug")
            assert found == case_id
            put_back.set()

    sweeper = Sweeper(house.leases, Breaking(), 0.01)
    sweeper.start()
    assert put_back.wait(10)
    sweeper.stop()


# --- the runner


def test_a_runner_leaves_what_another_works_on(house: House) -> None:
    case_id = house.submit().id
    elsewhere(lambda: house.claimed(case_id))
    assert house.runner.run(case_id) is None
    assert house.backend.orders == []


def test_an_outage_rests_the_case_longer_each_time_but_does_not_count_as_an_attempt(house: House) -> None:
    house.backend.failing = Unavailable("the backend is out")
    case_id = house.submit().id
    rests = (2, 4, 8, 16, 32, 64, 128, 256, 300, 300)
    for seconds in rests:
        assert house.runner.run(case_id) is None
        assert house.cases.get(case_id).status == "in_progress"
        house.clock.advance(seconds=seconds - 0.1)
        assert house.runner.run(case_id) is None
        house.clock.advance(seconds=0.1)
    assert len(house.backend.orders) == len(rests)
    house.backend.failing = None
    assert isinstance(house.runner.run(case_id), Released)


def test_an_outage_that_lasts_a_day_ends_the_case(house: House) -> None:
    house.backend.failing = Unavailable("the backend is out")
    case_id = house.submit().id
    assert house.runner.run(case_id) is None
    house.clock.advance(seconds=24 * 3600)
    assert house.runner.run(case_id) is None, "the patience is not over before its last second"
    house.clock.advance(seconds=301)
    ended = house.runner.run(case_id)
    assert isinstance(ended, Stopped)
    assert (ended.verdict, ended.reasons) == (Verdict.DENY, ("case:machine:exhausted",))
    case = house.cases.get(case_id)
    assert (case.status, case.error_code) == ("failed", "case:machine:exhausted")
    assert len(house.backend.orders) == 2
    assert house.kinds() == ["case:request:opened", "case:request:denied"]


def test_an_outage_that_is_over_is_forgotten(house: House) -> None:
    house.marking.failing = Unavailable("the key is out")
    case_id = house.submit().id
    assert house.runner.run(case_id) is None
    house.clock.advance(seconds=2)
    house.marking.failing = ZeroDivisionError("a bug")
    with pytest.raises(ZeroDivisionError):
        house.runner.run(case_id)
    house.clock.advance(seconds=25 * 3600)
    house.marking.failing = Unavailable("the key is out again")
    assert house.runner.run(case_id) is None
    assert house.cases.get(case_id).status == "in_progress"


def test_a_step_that_comes_no_further_than_half_way_rests_longer_each_time_and_is_given_up(house: House) -> None:
    class HalfWay(WritingBackend):
        """Draws half of it, then its device is gone."""

        def render(self, order: RenderOrder, target: Path, progress: Progress) -> None:
            del target
            self.orders.append(order)
            progress(0.5)
            raise Unavailable("the device is out")

    house.backend = HalfWay()
    runner = CaseRunner(house.line_with(house.journal), house.leases, house.cases)
    case_id = house.submit().id
    for seconds in (2, 4, 8, 16):
        assert runner.run(case_id) is None
        house.clock.advance(seconds=seconds - 0.1)
        assert house.leases.abandoned() == []
        house.clock.advance(seconds=0.1)
    house.clock.advance(seconds=24 * 3600)
    assert isinstance(runner.run(case_id), Stopped)
    assert house.cases.get(case_id).error_code == "case:machine:exhausted"
    assert len(house.backend.orders) == 4


def test_an_outage_of_one_step_is_over_once_the_step_is_taken(house: House) -> None:
    house.backend.failing = Unavailable("the backend is out")
    case_id = house.submit().id
    assert house.runner.run(case_id) is None
    house.clock.advance(seconds=23 * 3600)
    house.backend.failing, house.marking.failing = None, Unavailable("the key is out")
    assert house.runner.run(case_id) is None
    house.clock.advance(seconds=2 * 3600)
    assert house.runner.run(case_id) is None
    assert house.cases.get(case_id).status == "in_progress"


def test_a_case_goes_on_after_an_outage(house: House) -> None:
    house.backend.failing = Unavailable("the backend is out")
    case_id = house.submit().id
    house.runner.run(case_id)
    house.backend.failing = None
    house.clock.advance(seconds=2)
    assert isinstance(house.runner.run(case_id), Released)
    assert len(house.gate.views) == 2


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidInput("too large", code="backend:order:size"), "backend:order:size"),
        (Broken("no mark", code="watermark:video:unreadable"), "watermark:video:unreadable"),
        (Broken("secrets inside", code="kernel:key:foreign"), "case:machine:broken"),
        (NotFound("gone", code="kernel:key:shredded"), "case:machine:broken"),
    ],
)
def test_a_failure_that_repeating_cannot_mend_ends_the_case(house: House, error: PlacetError, code: str) -> None:
    house.marking.failing = error
    case_id = house.submit().id
    ended = house.runner.run(case_id)
    assert isinstance(ended, Stopped)
    assert ended.reasons == (code,)
    case = house.cases.get(case_id)
    assert (case.status, case.error_code) == ("failed", code)
    assert "secrets" not in (case.error_message or "")
    assert house.releases.find(case_id) is None


def test_a_bug_ends_nothing_but_counts_as_an_attempt_and_rests(house: House) -> None:
    house.marking.failing = ZeroDivisionError("a bug")
    case_id = house.submit().id
    for seconds in (2, 4, 8, 16, 32):
        with pytest.raises(ZeroDivisionError):
            house.runner.run(case_id)
        assert house.cases.get(case_id).status == "in_progress"
        assert house.leases.abandoned() == []
        house.clock.advance(seconds=seconds)
    assert isinstance(house.runner.run(case_id), Stopped)
    assert house.cases.get(case_id).error_code == "case:machine:exhausted"


def test_another_conflict_than_a_lost_lease_is_not_swallowed(house: House) -> None:
    house.marking.failing = Conflict("odd", code="x:y:z")
    with pytest.raises(Conflict, match="odd"):
        house.runner.run(house.submit().id)


def test_a_runner_that_loses_its_case_gives_up_quietly(house: House) -> None:
    case_id = house.submit().id

    class Stealing(WritingBackend):
        """While it draws, another worker takes the case."""

        def render(self, order: RenderOrder, target: Path, progress: Progress) -> None:
            house.clock.advance(seconds=EXPIRED)
            elsewhere(lambda: house.claimed(case_id))
            super().render(order, target, progress)

    house.backend = Stealing()
    assert CaseRunner(house.line_with(house.journal), house.leases, house.cases).run(case_id) is None
    assert house.cases.get(case_id).status == "in_progress"
    assert house.releases.find(case_id) is None


def test_a_slow_step_keeps_its_lease_by_the_runners_pulse(house: House) -> None:
    beats: list[Lease] = []

    class Counted(LeaseBook):
        """Leaves the row alone and counts."""

        def renew(self, lease: Lease) -> None:
            beats.append(lease)

    class Slow(WritingBackend):
        """Draws for half a second, says nothing meanwhile, and fails."""

        def render(self, order: RenderOrder, target: Path, progress: Progress) -> None:
            del order, target, progress
            time.sleep(0.5)
            raise InvalidInput("after all that", code="backend:order:size")

    house.backend = Slow()
    house.leases = Counted(house.database, house.clock, timedelta(seconds=0.06))
    house.cases = CaseStore(house.database, house.clock, house.leases)
    journal = CaseJournal(house.database, house.clock, house.leases)
    case_id = house.submit().id
    runner = CaseRunner(house.line_with(journal), house.leases, house.cases)
    assert isinstance(runner.run(case_id), Stopped)
    assert len(beats) > 2
    assert {lease.case_id for lease in beats} == {case_id}
    told = len(beats)
    time.sleep(0.1)
    assert len(beats) == told, "the pulse outlived the work"
