"""The worker inside the server's process."""

from contextlib import ExitStack
from pathlib import Path

from placet.worker import EmbeddedWorker
from tests.integration.deployments import PASSWORD, Place, ask, finished, until


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
