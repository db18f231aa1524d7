"""The worker inside the server's process."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from placet.worker import EmbeddedWorker
from tests.factories.servers import redis_server
from tests.integration.deployments import PASSWORD, Place, ask, finished, settle, until
from tests.integration.evidence import assert_released_once, row


def test_two_houses_in_one_process_each_run_their_own_cases(tmp_path: Path) -> None:
    with ExitStack() as stack:
        cases = []
        for name in ("one", "two"):
            folder = tmp_path / name
            folder.mkdir()
            house = stack.enter_context(Place(folder).house(sweep_seconds=0.2))
            worker = EmbeddedWorker(house)
            worker.start()
            stack.callback(worker.stop)
            account = house.kernel.accounts.register("ada@placet.test", PASSWORD, ["requester"], "Ada").id
            cases += [(house, ask(house, account, "@nobody_here waves").id) for _ in range(3)]
        for house, case_id in cases:
            until(lambda: finished(house, case_id), "the end")  # noqa: B023 - waited for
            assert house.shelves.cases.get(case_id).reasons[0] == "consent:cameo:unknown"


@pytest.mark.broker
@pytest.mark.slow
def test_it_outlives_a_broker_that_goes_with_a_message_in_hand(tmp_path: Path) -> None:
    with redis_server() as redis:
        place = Place(tmp_path, broker_url=redis.url)
        with place.house(sweep_seconds=0.3, lease_seconds=2) as house:
            people = settle(house)
            worker = EmbeddedWorker(house)
            worker.start()
            try:
                first = ask(house, people.ada)
                until(lambda: row(house, first.id).status == "in_progress", "the first case to begin")
                redis.stop()
                meanwhile = ask(house, people.ada)
                redis.start()
                for case_id in (first.id, meanwhile.id):
                    until(lambda: finished(house, case_id), "the end")  # noqa: B023 - waited for
                    assert_released_once(house, case_id, people)
            finally:
                worker.stop()
