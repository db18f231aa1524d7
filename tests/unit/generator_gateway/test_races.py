"""What must hold however the threads fall: nothing that somebody took back is ever left standing."""

import contextvars
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from generator_gateway.service.videos import NewVideo
from generator_gateway.stages import Logged, Released, Stopped
from tests.factories.databases import postgres
from tests.unit.generator_gateway.conftest import House, elsewhere
from tests.unit.generator_gateway.test_vault import at_the_door
from trust_kernel.errors import Conflict

ROUNDS = 55
STEP = 0.002
"""Seconds by which one thread starts before the other, from five steps early to five late."""


@pytest.fixture
def server_house(tmp_path: Path) -> Iterator[House]:
    """A house on PostgreSQL; each round has its own people and its own case."""
    with postgres() as database:
        yield House(database, tmp_path)


def race(*runners: Callable[[], object]) -> list[object]:
    """Run all at once, as the worker that this thread is; what each gave or raised, in order."""
    start = threading.Barrier(len(runners))

    def run(runner: Callable[[], object]) -> object:
        start.wait()
        try:
            return runner()
        except Conflict as error:
            return error

    with ThreadPoolExecutor(len(runners)) as pool:
        running = [pool.submit(contextvars.copy_context().run, run, runner) for runner in runners]
        return [future.result() for future in running]


@pytest.mark.postgres
def test_a_release_racing_a_revocation_is_withdrawn_or_refused(server_house: House) -> None:
    house = server_house
    ends: list[object] = []
    for number in range(ROUNDS):
        bea = house.person(f"racer_{number}")
        grant = house.give(bea)
        logged = at_the_door(house, f"@racer_{number} waves")

        def release(logged: Logged = logged, after: int = number) -> object:
            time.sleep(max(0, after % 11 - 5) * STEP)
            return house.line.vault.release(logged)

        def revoke(grant_id: str = grant.id, actor: str = bea.account_id, after: int = number) -> object:
            time.sleep(max(0, 5 - after % 11) * STEP)
            return house.registry.revoke(grant_id, actor=actor)

        ended, revoked = race(release, revoke)
        record = house.releases.find(logged.case_id)
        ends.append(type(ended))
        if isinstance(ended, Released):
            assert record is not None
            assert record.status == "withdrawn", "released and live after the revocation"
            assert getattr(revoked, "withdrawn", None) == (logged.case_id,)
        else:  # the revocation took the case from this worker; the next one is told why
            assert record is None
            again = elsewhere(partial(house.runner.run, logged.case_id))
            assert isinstance(again, Stopped)
            assert again.reasons == ("consent:grant:revoked",)
    assert set(ends) == {Released, Conflict}, f"the race went one way only: {ends[0]}"


@pytest.mark.postgres
def test_a_release_racing_the_deletion_of_its_case_is_never_left_out(server_house: House) -> None:
    house = server_house
    ends: list[object] = []
    for number in range(ROUNDS // 2):
        logged = at_the_door(house, f"a quiet harbour {number}")

        def release(logged: Logged = logged, after: int = number) -> object:
            time.sleep(max(0, after % 11 - 5) * STEP)
            return house.line.vault.release(logged)

        def delete(case_id: str = logged.case_id, after: int = number) -> object:
            # Longer steps: a release makes its fingerprints before it takes a lock.
            time.sleep(max(0, 5 - after % 11) * 5 * STEP)
            house.desk.delete("acct_ada", case_id)
            return None

        ended, deleted = race(release, delete)
        assert deleted is None
        ends.append(type(ended))
        record = house.releases.find(logged.case_id)
        assert record is None or record.status == "withdrawn", "deleted and still out"
    assert set(ends) == {Released, Conflict}, f"the race went one way only: {ends[0]}"


def test_one_of_many_workers_gets_a_case(any_house: House) -> None:
    case_id = any_house.submit().id
    claims = race(*[lambda: any_house.leases.claim(case_id)] * 8)
    assert sum(claim is not None for claim in claims) == 1


def test_one_case_comes_of_many_requests_under_one_key(any_house: House) -> None:
    house = any_house
    new = NewVideo("a harbour", "fake", size="640x360")
    cases = race(*[lambda: house.desk.submit("acct_ada", new, "key-1").id] * 6)
    assert len(set(cases)) == 1
    assert house.queue.sent == [cases[0]]


def test_releases_racing_for_one_last_use_make_one(any_house: House) -> None:
    house = any_house
    grant = house.give(house.person("bea"), max_uses=1)
    ids = [house.submit(f"@bea waves {number}").id for number in range(4)]
    ended = race(*[lambda case_id=case_id: house.runner.run(case_id) for case_id in ids])
    assert sum(isinstance(end, Released) for end in ended) == 1
    assert sum(house.releases.find(case_id) is not None for case_id in ids) == 1
    assert house.uses(grant) == 1
