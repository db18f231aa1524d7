"""A revocation holds at commit: while workers release in parallel, no release of a revoked grant is ever live after."""

import random
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from statistics import median

import pytest
from sqlmodel import col, select

from benchmarks.revocation import figures_of, late_releases, prepared
from benchmarks.revocation_parts import Giver, Round, Try, allow, at_the_door, release, remember_prints
from consent_registry.api import ConsentReason
from generator_gateway.tables import CaseRow, ReleaseGrantRow, ReleaseRow
from placet.wiring import House
from tests.factories.cases import reached
from tests.integration.deployments import Place

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

ROUNDS = 30
CASES = 4
"""Cases on the point of release in each round, two for each worker."""
WORST_SECONDS = 5.0
"""A revocation waits for the releases that it races with, and for nothing else."""


def _live(house: House, grant_id: str) -> list[str]:
    under = select(ReleaseGrantRow.case_id).where(ReleaseGrantRow.grant_id == grant_id)
    live = select(ReleaseRow.case_id).where(ReleaseRow.status == "released", col(ReleaseRow.case_id).in_(under))
    with house.kernel.database.reading() as session:
        return list(session.exec(live))


class _Race:
    """Two workers release what lies ready under one grant while it is revoked."""

    def __init__(self, houses: Sequence[House], giver: Giver, cases: Sequence[str], grant_id: str) -> None:
        self._houses = houses
        self._giver = giver
        self._cases = cases
        self._grant_id = grant_id
        self._start = threading.Barrier(3)
        self.tries: dict[str, Try] = {}
        self.errors: list[BaseException] = []
        self.live_at_commit: list[str] = []

    def run(self, delay: float) -> Round:
        halves = (self._cases[::2], self._cases[1::2])
        threads = [threading.Thread(target=self._work, args=pair) for pair in zip(self._houses, halves, strict=False)]
        for thread in threads:
            thread.start()
        self._start.wait()
        time.sleep(delay)
        started = time.monotonic()
        self._houses[-1].guards.registry.revoke(self._grant_id, actor=self._giver.owner)
        committed = time.monotonic()
        self.live_at_commit = _live(self._houses[-1], self._grant_id)
        for thread in threads:
            thread.join()
        after = release(self._houses[0], self._cases[0])
        return Round(self._grant_id, committed, committed - started, (*self.tries.values(), after), (after,))

    def _work(self, house: House, cases: Sequence[str]) -> None:
        self._start.wait()
        for case_id in cases:
            try:
                self.tries[case_id] = release(house, case_id)
            except BaseException as error:  # noqa: BLE001 - shown to the test, which fails on any
                self.errors.append(error)


def test_no_release_of_a_revoked_grant_is_live_once_the_revocation_committed(postgres_place: Place) -> None:
    chance = random.Random(20)  # noqa: S311 - jitter
    with ExitStack() as stack:
        houses = [stack.enter_context(postgres_place.house(lease_seconds=30)) for _ in range(3)]
        home = houses[-1]
        parts = prepared(home)
        for house in houses:
            remember_prints(house, parts.prints)
        asker, giver = parts.cast.asker, parts.cast.givers[0]
        alone = release(home, at_the_door(home, parts.pattern, giver, allow(home, asker, giver)))
        assert alone.done
        rounds: list[Round] = []
        for _ in range(ROUNDS):
            grant_id = allow(home, asker, giver)
            cases = [at_the_door(home, parts.pattern, giver, grant_id) for _ in range(CASES)]
            race = _Race(houses, giver, cases, grant_id)
            rounds.append(race.run(delay=chance.uniform(0, 2 * (alone.ended - alone.began))))
            assert race.errors == []
            assert race.live_at_commit == []
            assert _live(home, grant_id) == []
            for case_id in cases:
                _assert_told_apart(home, case_id, race.tries[case_id])
        figures = figures_of(rounds, late_releases(home, rounds))
        assert (figures["releases_after_commit"], figures["served_after_commit"]) == (0, 0)
        # the race was one: both ends were reached
        assert figures["released_before"] > 0
        assert figures["refused"] > ROUNDS
        seconds = [one.took for one in rounds]
        assert max(seconds) < WORST_SECONDS, f"median {median(seconds):.3f} s, worst {max(seconds):.3f} s"
        assert home.kernel.ledger.verify().ok


def _assert_told_apart(house: House, case_id: str, tried: Try) -> None:
    """Either it was released and withdrawn, or it was sent back to the start and never released."""
    with house.kernel.database.reading() as session:
        found, case = session.get(ReleaseRow, case_id), session.get(CaseRow, case_id)
        assert case is not None
        if tried.done:
            assert found is not None
            assert (found.status, found.withdrawn_reason) == ("withdrawn", ConsentReason.GRANT_REVOKED)
            assert case.status == "completed"
        else:
            assert found is None
            assert case.status in {"queued", "in_progress"}  # in progress where the last attempt found it sent back
            assert reached(house.kernel.database, case_id) == ()
