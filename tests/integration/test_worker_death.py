"""Workers are killed with SIGKILL wherever it hurts; each case still ends exactly once."""

import json
from contextlib import ExitStack
from pathlib import Path

import pytest

from generator_gateway.errors import GatewayReason
from tests.integration.deployments import Place, ask, finished, settle, until
from tests.integration.evidence import STAGES, assert_all_settled, assert_released_once, entries, journal, notices, row
from tests.integration.stalling_worker import sign

pytestmark = [pytest.mark.broker, pytest.mark.slow]

_STANDING = ("-m", "tests.integration.stalling_worker")


def _signs(place: Place) -> Path:
    folder = place.folder / "signs"
    folder.mkdir()
    return folder


def test_a_case_whose_workers_die_inside_every_step_is_released_once(place: Place) -> None:
    signs = _signs(place)
    with place.house() as house:
        people = settle(house)
        case = ask(house, people.ada)
        for done, stage in enumerate(STAGES):
            with place.running(*_STANDING, str(signs), "inside", stage, name=stage, max_attempts=50) as worker:
                until(sign(signs, case.id, stage).exists, f"{stage}: {worker.said()[-2000:]}")
                worker.kill()
            # what the dead worker wrote and did not commit is gone; what earlier ones earned is not
            assert set(journal(house, case.id)) == set(STAGES[:done])
        earlier = journal(house, case.id)
        with place.command("worker", name="plain", max_attempts=50) as worker:
            until(lambda: finished(house, case.id), f"the end: {worker.said()[-2000:]}")
        assert row(house, case.id).attempts > len(STAGES)
        assert {stage: journal(house, case.id)[stage] for stage in earlier} == earlier
        assert_released_once(house, case.id, people)
        assert_all_settled(house, people, released=1)


def test_cases_whose_worker_dies_after_every_step_go_on_from_there(place: Place) -> None:
    signs = _signs(place)
    with place.house() as house:
        people = settle(house)
        plan = {ask(house, people.ada).id: stage for stage in STAGES}
        (place.folder / "plan.json").write_text(json.dumps(plan))
        arguments = (*_STANDING, str(signs), "after", str(place.folder / "plan.json"))
        with place.running(*arguments, name="standing", worker_threads=3 * len(plan), max_attempts=50) as worker:
            for case_id, stage in plan.items():
                until(sign(signs, case_id, stage).exists, f"{stage}: {worker.said()[-2000:]}")
            worker.kill()
        earlier = {case_id: journal(house, case_id) for case_id in plan}
        for case_id, stage in plan.items():
            assert set(earlier[case_id]) == set(STAGES[: STAGES.index(stage) + 1])
        with place.command("worker", name="plain") as worker:
            for case_id in plan:
                until(lambda: finished(house, case_id), f"the end: {worker.said()[-2000:]}")  # noqa: B023 - waited for
        for case_id, kept in earlier.items():
            assert {stage: journal(house, case_id)[stage] for stage in kept} == kept  # no step was repeated
            assert_released_once(house, case_id, people)
        assert_all_settled(house, people, released=len(plan))


def test_two_workers_end_each_of_six_cases_once(place: Place) -> None:
    with place.house() as house, ExitStack() as stack:
        people = settle(house)
        workers = [stack.enter_context(place.command("worker", name=name)) for name in ("first", "second")]
        cases = [ask(house, people.ada).id for _ in range(6)]
        for case_id in cases:
            until(lambda: finished(house, case_id), f"the end: {workers[0].said()[-2000:]}")  # noqa: B023 - waited for
        for case_id in cases:
            until(lambda: row(house, case_id).lease is None, "the lease's end")  # noqa: B023 - waited for
            assert_released_once(house, case_id, people)
        assert_all_settled(house, people, released=len(cases))


def test_a_case_that_kills_every_worker_is_given_up(broker_place: Place) -> None:
    place, signs = broker_place, _signs(broker_place)
    with place.house() as house:
        people = settle(house)
        case = ask(house, people.ada)
        for _ in range(5):
            with place.running(*_STANDING, str(signs), "inside", "Opened", name="deadly", lease_seconds=1) as worker:
                until(sign(signs, case.id, "Opened").exists, f"death: {worker.said()[-2000:]}")
                worker.kill()
            sign(signs, case.id, "Opened").unlink()
        with place.command("worker", name="plain") as worker:
            until(lambda: finished(house, case.id), f"the end: {worker.said()[-2000:]}")
        given_up = row(house, case.id)
        assert (given_up.status, given_up.error_code) == ("failed", GatewayReason.CASE_EXHAUSTED)
        assert given_up.attempts == 6
        assert journal(house, case.id) == {}
        assert entries(house, case.id) == {"case:request:denied": 1}
        assert notices(house, case.id) == {("video:case:failed", people.ada): 1}
        assert_all_settled(house, people, released=0)
