"""What must hold however the threads fall, on both kinds of database."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import text

from consent_registry.api import (
    Audience,
    AudienceKind,
    ConsentReason,
    ConsentRegistry,
    ConsentSnapshot,
    RequesterCaps,
    Revocation,
)
from consent_registry.ports import Ending
from tests.unit.consent_registry.conftest import House
from trust_kernel.errors import Conflict

RACERS = 20


def race(*runners: Callable[[], object]) -> list[object]:
    """Run all at once; what each gave, in order."""
    start = threading.Barrier(len(runners))

    def run(runner: Callable[[], object]) -> object:
        start.wait()
        return runner()

    with ThreadPoolExecutor(len(runners)) as pool:
        return [future.result() for future in [pool.submit(run, runner) for runner in runners]]


def test_twenty_releases_racing_for_five_uses_make_five(any_house: House) -> None:
    house = any_house
    ada = house.person("ada")
    grant = house.give(ada, max_uses=5)
    snapshot = house.admit("acct_bob", ada)
    results = race(*[lambda: house.release("acct_bob", snapshot)] * RACERS)
    assert results.count(None) == 5
    assert results.count(ConsentReason.GRANT_EXHAUSTED) == RACERS - 5
    assert house.uses(grant) == 5


def test_twenty_releases_by_one_person_racing_for_three_a_day_make_three(any_house: House) -> None:
    house = any_house
    ada = house.person("ada")
    grant = house.give(ada, daily_uses=3)
    snapshot = house.admit("acct_bob", ada)
    results = race(*[lambda: house.release("acct_bob", snapshot)] * RACERS)
    assert results.count(None) == 3
    assert results.count(ConsentReason.DAY_SPENT) == RACERS - 3
    assert house.uses(grant) == 3


def test_releases_with_different_people_racing_for_a_requesters_cap_stay_within_it(any_house: House) -> None:
    house = any_house
    house.parts = replace(house.parts, caps=RequesterCaps(unknown=2))
    house.registry = ConsentRegistry(house.parts)
    snapshots = []
    for name in ("ada", "dee", "eve", "flo"):
        subject = house.person(name)
        house.give(subject)
        snapshots.append(house.admit("acct_bob", subject))
    results = race(*[lambda one=one: house.release("acct_bob", one) for one in snapshots * 2])
    assert results.count(None) == 2
    assert results.count(ConsentReason.REQUESTER_SPENT) == 6


def test_nothing_is_released_once_a_lockdown_is_set(any_house: House) -> None:
    house = any_house
    ada = house.person("ada")
    grant = house.give(ada)
    snapshot = house.admit("acct_bob", ada)
    order: list[str] = []

    def release() -> object:
        with house.database.transaction():
            reason = house.registry.recheck([snapshot], account_id="acct_bob", at=house.clock.now())
            order.append("out" if reason is None else "refused")
        return reason

    def lock() -> None:
        house.registry.safety.set_lockdown("acct_admin", on=True, reason="a leak")
        order.append("locked")

    results = race(*[release] * 6, lock, *[release] * 6)
    assert set(results) <= {None, ConsentReason.LOCKDOWN}
    # whoever was let through had checked before the switch was thrown, which waits for them
    assert "out" not in order[order.index("refused") :] if "refused" in order else True
    assert house.uses(grant) == results[:6].count(None) + results[7:].count(None)
    assert house.release("acct_bob", snapshot) is ConsentReason.LOCKDOWN


class ReleasingVault:
    """Releases in the transaction that re-checks, and withdraws in the one that revokes, as the gateway does."""

    def __init__(self, house: House) -> None:
        self.house = house
        with house.database.transaction() as session:
            session.connection().execute(text("CREATE TABLE test_releases (id TEXT PRIMARY KEY, withdrawn INTEGER)"))

    def release(self, number: int, snapshots: list[ConsentSnapshot]) -> ConsentReason | None:
        with self.house.database.transaction() as session:
            now = self.house.clock.now()
            reason = self.house.registry.recheck(snapshots, account_id="acct_cyd", at=now)
            if reason is None:
                session.connection().execute(
                    text("INSERT INTO test_releases VALUES (:id, 0)"), {"id": f"video_{number:02}"}
                )
            return reason

    def withdraw_for(self, ending: Ending) -> tuple[str, ...]:
        del ending  # one subject and one grant here
        with self.house.database.transaction() as session:
            connection = session.connection()
            standing = connection.execute(
                text("SELECT id FROM test_releases WHERE withdrawn = 0 ORDER BY id")
            ).scalars()
            withdrawn = tuple(standing)
            connection.execute(text("UPDATE test_releases SET withdrawn = 1"))
            return withdrawn

    def out(self) -> int:
        with self.house.database.reading() as session:
            counted = session.connection().execute(text("SELECT count(*) FROM test_releases WHERE withdrawn = 0"))
            return int(counted.scalar_one())


@pytest.mark.parametrize("_round", range(3))
def test_a_release_is_before_a_revocation_and_withdrawn_by_it_or_refused(any_house: House, _round: int) -> None:
    house = any_house
    ada = house.person("ada")
    grant = house.give(ada)
    snapshot = house.admit("acct_cyd", ada)
    vault = ReleasingVault(house)
    object.__setattr__(house.parts, "withdrawals", vault)

    def releasing(number: int) -> Callable[[], object]:
        return lambda: vault.release(number, [snapshot])

    before = [releasing(number) for number in range(6)]
    after = [releasing(number) for number in range(6, 12)]
    *results, revocation = race(*before, *after, lambda: house.registry.revoke(grant.id, actor="acct_ada"))

    assert isinstance(revocation, Revocation)
    assert vault.out() == 0
    assert len(revocation.withdrawn) == results.count(None)
    assert set(results) <= {None, ConsentReason.GRANT_REVOKED}
    assert vault.release(99, [snapshot]) is ConsentReason.GRANT_REVOKED


def test_releases_of_the_same_people_in_either_order_do_not_block_each_other(any_house: House) -> None:
    house = any_house
    snapshots = []
    for name in ("ada", "bob", "dee"):
        subject = house.person(name)
        house.give(subject)
        snapshots.append(house.admit("acct_cyd", subject))
    orders = [snapshots, snapshots[::-1]] * 6
    results = race(*[lambda order=order: house.release("acct_cyd", *order) for order in orders])
    assert results == [None] * len(orders)


def test_one_revocation_of_many_at_once_does_the_work(any_house: House) -> None:
    house = any_house
    ada = house.person("ada")
    grant = house.give(ada)
    house.withdrawals.out = {"video_1": grant.id}
    results = race(*[lambda: house.registry.revoke(grant.id, actor="acct_ada")] * 8)
    assert sorted(len(one.withdrawn) for one in results if isinstance(one, Revocation)) == [0] * 7 + [1]
    assert house.registry.grant_named(grant.id).version == 2


def test_of_two_who_want_a_handle_at_once_one_gets_it(any_house: House) -> None:
    def wanting(account: str) -> Callable[[], object]:
        def ask() -> object:
            try:
                return any_house.registry.register_subject(account, "ada", "Ada").account_id
            except Conflict as conflict:
                return conflict.code

        return ask

    results = race(*[wanting(f"acct_{number}") for number in range(8)])
    assert results.count("consent:handle:taken") == 7


def test_a_revocation_waits_for_a_release_under_way_and_withdraws_it(any_house: House) -> None:
    house = any_house
    ada = house.person("ada")
    grant = house.give(ada)
    snapshot = house.admit("acct_cyd", ada)
    vault = ReleasingVault(house)
    object.__setattr__(house.parts, "withdrawals", vault)
    with ThreadPoolExecutor(1) as pool:
        with house.database.transaction():
            assert vault.release(1, [snapshot]) is None
            revoking = pool.submit(house.registry.revoke, grant.id, actor="acct_ada")
            with pytest.raises(TimeoutError):
                revoking.result(timeout=0.3)
        assert revoking.result(timeout=10).withdrawn == ("video_01",)


def test_a_release_waits_for_a_revocation_under_way_and_is_refused(any_house: House) -> None:
    house = any_house
    ada = house.person("ada")
    grant = house.give(ada)
    snapshot = house.admit("acct_cyd", ada)
    with ThreadPoolExecutor(1) as pool:
        with house.database.transaction():
            house.registry.revoke(grant.id, actor="acct_ada")
            releasing = pool.submit(house.release, "acct_cyd", snapshot)
            with pytest.raises(TimeoutError):
                releasing.result(timeout=0.3)
        assert releasing.result(timeout=10) is ConsentReason.GRANT_REVOKED
    assert house.uses(grant) == 0


def test_a_release_to_a_mutual_waits_for_an_unfollowing_under_way(any_house: House) -> None:
    house = any_house
    ada = house.person("ada")
    house.give(ada, Audience(AudienceKind.MUTUALS))
    house.registry.follow("acct_ada", "acct_cyd")
    house.registry.follow("acct_cyd", "acct_ada")
    snapshot = house.admit("acct_cyd", ada)
    with ThreadPoolExecutor(1) as pool:
        with house.database.transaction():
            house.registry.unfollow("acct_ada", "acct_cyd")
            releasing = pool.submit(house.release, "acct_cyd", snapshot)
            with pytest.raises(TimeoutError):
                releasing.result(timeout=0.3)
        assert releasing.result(timeout=10) is ConsentReason.GRANT_NONE
