"""A revocation holds at commit: while workers release in parallel, no release of a revoked grant is ever live after."""

import random
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from statistics import median

import pytest
from sqlmodel import col, select

from consent_registry.api import ConsentReason
from generator_gateway.errors import GatewayReason
from generator_gateway.stages import Logged, Released, Request, Stopped
from generator_gateway.tables import CaseRow, ReleaseGrantRow, ReleaseRow
from placet.wiring import House
from tests.integration.deployments import Consented, Place, allow, ask, settle
from trust_kernel.ids import new_id

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

ROUNDS = 30
CASES = 4
"""Cases on the point of release in each round, two for each worker."""
WORST_SECONDS = 5.0
"""A revocation waits for the releases that it races with, and for nothing else."""


def _sealed(house: House, account: str) -> Logged:
    """One real case, walked as far as the door out."""
    case = ask(house, account)
    lease = house.shelves.leases.claim(case.id)
    assert lease is not None
    line = house.gateway.line
    admitted = line.request_gates.judge(line.ledger.open(case.request))
    assert not isinstance(admitted, Stopped)
    passed = line.output_gates.judge(line.backend.render(admitted))
    assert not isinstance(passed, Stopped)
    return line.ledger.seal(line.signer.sign(line.marker.mark(passed)))


def _again(house: House, pattern: Logged, grant_id: str, epoch: int) -> Logged:
    """The same pictures as another case under another grant, as far as the door out."""
    marked = pattern.signed.marked
    draft = marked.passed.draft
    request: Request = replace(draft.admitted.opened.request, case_id=new_id("video"))
    house.shelves.cases.accept(request)
    lease = house.shelves.leases.claim(request.case_id)
    assert lease is not None
    number = house.shelves.cases.release_number(request.case_id)
    opened = replace(draft.admitted.opened, request=request, release_number=number)
    consents = tuple(replace(consent, grant_id=grant_id, epoch=epoch) for consent in draft.admitted.consents)
    admitted = replace(draft.admitted, opened=opened, consents=consents)
    passed = replace(marked.passed, draft=replace(draft, admitted=admitted))
    logged = replace(pattern, signed=replace(pattern.signed, marked=replace(marked, passed=passed)))
    journal = house.shelves.journal
    for stage in (opened, admitted, passed.draft, passed, logged.signed.marked, logged.signed, logged):
        journal.earn(request.case_id, stage)
    house.shelves.leases.let_go(lease, timedelta())
    return logged


def _live(house: House, grant_id: str) -> list[str]:
    under = select(ReleaseGrantRow.case_id).where(ReleaseGrantRow.grant_id == grant_id)
    live = select(ReleaseRow.case_id).where(ReleaseRow.status == "released", col(ReleaseRow.case_id).in_(under))
    with house.kernel.database.reading() as session:
        return list(session.exec(live))


def _seconds_of_a_release(house: House, people: Consented, pattern: Logged) -> float:
    """How long one takes that nothing races with, so that revocations come before, amid and after."""
    grant = allow(house, people.subject, people.ada, people.bruno)
    case = _again(house, pattern, grant.id, house.guards.registry.subject(people.subject).consent_epoch)
    started = time.monotonic()
    assert isinstance(house.gateway.runner.run(case.case_id), Released)
    return time.monotonic() - started


class _Round:
    """Two workers release what lies ready under one grant while it is revoked."""

    def __init__(self, houses: Sequence[House], people: Consented, cases: Sequence[str], grant_id: str) -> None:
        self._houses = houses
        self._people = people
        self._cases = cases
        self._grant_id = grant_id
        self._start = threading.Barrier(3)
        self.ended: dict[str, Released | Stopped | None] = {}
        self.errors: list[BaseException] = []
        self.live_at_commit: list[str] = []
        self.seconds = 0.0

    def run(self, delay: float) -> None:
        halves = (self._cases[::2], self._cases[1::2])
        threads = [threading.Thread(target=self._work, args=pair) for pair in zip(self._houses, halves, strict=False)]
        for thread in threads:
            thread.start()
        self._start.wait()
        time.sleep(delay)
        started = time.monotonic()
        self._houses[-1].guards.registry.revoke(self._grant_id, actor=self._people.bruno)
        self.seconds = time.monotonic() - started
        self.live_at_commit = _live(self._houses[-1], self._grant_id)
        for thread in threads:
            thread.join()

    def _work(self, house: House, cases: Sequence[str]) -> None:
        self._start.wait()
        for case_id in cases:
            try:
                self.ended[case_id] = house.gateway.runner.run(case_id)
            except BaseException as error:  # noqa: BLE001 - shown to the test, which fails on any
                self.errors.append(error)


def test_no_release_of_a_revoked_grant_is_live_once_the_revocation_committed(postgres_place: Place) -> None:
    chance = random.Random(20)  # noqa: S311 - jitter
    with ExitStack() as stack:
        houses = [stack.enter_context(postgres_place.house(lease_seconds=30)) for _ in range(3)]
        home = houses[-1]
        people = settle(home)
        pattern = _sealed(home, people.ada)
        alone = _seconds_of_a_release(home, people, pattern)
        released = refused = 0
        seconds = []
        for _ in range(ROUNDS):
            grant = allow(home, people.subject, people.ada, people.bruno)
            epoch = home.guards.registry.subject(people.subject).consent_epoch
            cases = [_again(home, pattern, grant.id, epoch).case_id for _ in range(CASES)]
            race = _Round(houses, people, cases, grant.id)
            race.run(delay=chance.uniform(0, 2 * alone))
            assert race.errors == []
            assert race.live_at_commit == []
            assert _live(home, grant.id) == []
            seconds.append(race.seconds)
            for case_id in cases:
                ended = race.ended[case_id]
                released += isinstance(ended, Released)
                refused += isinstance(ended, Stopped)
                _assert_told_apart(home, case_id, ended)
        assert released + refused == ROUNDS * CASES
        # the race was one: both ends were reached
        assert released > 0
        assert refused > 0
        assert max(seconds) < WORST_SECONDS, f"median {median(seconds):.3f} s, worst {max(seconds):.3f} s"
        assert home.kernel.ledger.verify().ok


def _assert_told_apart(house: House, case_id: str, ended: Released | Stopped | None) -> None:
    """Either it was released and withdrawn, or it was refused for the true reason and never released."""
    with house.kernel.database.reading() as session:
        release, case = session.get(ReleaseRow, case_id), session.get(CaseRow, case_id)
        assert case is not None
        if isinstance(ended, Released):
            assert release is not None
            assert (release.status, release.withdrawn_reason) == ("withdrawn", ConsentReason.GRANT_REVOKED)
            assert case.status == "completed"
        else:
            assert release is None
            assert case.status == "failed"
            assert case.error_code in {ConsentReason.GRANT_REVOKED, ConsentReason.EPOCH_CHANGED}
            assert case.error_code != GatewayReason.CASE_BROKEN
