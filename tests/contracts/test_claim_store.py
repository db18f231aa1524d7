"""What every store of claims does."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from copyright_optout.domain import Claim, ClaimKind, ClaimState, Fingerprint
from copyright_optout.errors import UnknownClaim
from copyright_optout.ports import ClaimStore
from copyright_optout.store import DatabaseClaims
from tests.factories.databases import postgres, sqlite_at
from tests.fakes.optout import MemoryClaims

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PRINT = Fingerprint("ab" * 32, 90)


def claim(number: int, holder: str = "acct_a", state: ClaimState = ClaimState.SUBMITTED) -> Claim:
    return Claim(
        id=f"claim_{number}",
        rights_holder=holder,
        kind=ClaimKind.CHARACTER,
        title="Fennimore",
        names=("Fenn\u00e9", "\u521d\u97f3"),
        licensees=("acct_l",),
        territory="EU",
        state=state,
        pictures=1,
        created_at=NOW + timedelta(seconds=number),
        changed_at=NOW,
        expires_at=NOW + timedelta(days=9),
    )


def activated(store: ClaimStore, number: int) -> Claim:
    submitted = claim(number)
    store.add(submitted, [PRINT])
    made = claim(number, state=ClaimState.ACTIVE)
    store.replace(made)
    return made


class ClaimStoreContract:
    @pytest.fixture
    def store(self, tmp_path: Path) -> ClaimStore:
        raise NotImplementedError

    def test_a_claim_comes_back_as_it_was_kept(self, store: ClaimStore) -> None:
        store.add(claim(1), [PRINT])
        assert store.get("claim_1") == claim(1)
        assert store.get("claim_1", lock=True) == claim(1)
        assert store.get("claim_2") is None

    def test_claims_are_listed_by_holder_newest_first(self, store: ClaimStore) -> None:
        for number, holder in ((1, "acct_a"), (2, "acct_b"), (3, "acct_a")):
            store.add(claim(number, holder), [])
        assert [each.id for each in store.of_holder("acct_a")] == ["claim_3", "claim_1"]
        assert [each.id for each in store.of_holder(None)] == ["claim_3", "claim_2", "claim_1"]

    def test_a_claim_that_was_only_filed_is_no_change(self, store: ClaimStore) -> None:
        store.add(claim(1), [PRINT])
        assert store.latest_generation() == 0
        assert not store.changes_since(0)

    def test_changes_come_in_the_order_in_which_they_were_made(self, store: ClaimStore) -> None:
        activated(store, 2)
        activated(store, 1)
        first, second = store.changes_since(0)
        assert (first.claim_id, second.claim_id) == ("claim_2", "claim_1")
        assert first.active
        assert first.fingerprints == (PRINT.bits,)
        assert first.aliases == ("Fennimore", "Fenn\u00e9", "\u521d\u97f3")
        assert second.generation == store.latest_generation() > first.generation
        assert [change.claim_id for change in store.changes_since(first.generation)] == ["claim_1"]

    def test_a_withdrawal_is_a_change_without_content(self, store: ClaimStore) -> None:
        activated(store, 1)
        seen = store.latest_generation()
        store.replace(claim(1, state=ClaimState.WITHDRAWN))
        (change,) = store.changes_since(seen)
        assert (change.claim_id, change.active, change.aliases, change.fingerprints) == ("claim_1", False, (), ())

    def test_what_is_rolled_back_never_was(self, store: ClaimStore) -> None:
        store.add(claim(1), [PRINT])

        def fail() -> None:
            with store.transaction():
                store.replace(claim(1, state=ClaimState.ACTIVE))
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()
        assert store.get("claim_1") == claim(1)
        assert store.latest_generation() == 0

    def test_only_known_claims_can_be_changed_or_found(self, store: ClaimStore) -> None:
        with pytest.raises(UnknownClaim):
            store.replace(claim(9))
        store.add(claim(1), [])
        assert set(store.many({"claim_1", "claim_9"})) == {"claim_1"}


class TestMemoryClaims(ClaimStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> ClaimStore:
        del tmp_path
        return MemoryClaims()


class TestDatabaseClaims(ClaimStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> ClaimStore:
        return DatabaseClaims(sqlite_at(tmp_path / "claims.db"))

    def test_a_change_that_may_yet_be_undone_is_not_told(self, tmp_path: Path) -> None:
        database = sqlite_at(tmp_path / "open.db")
        store = DatabaseClaims(database)
        store.add(claim(1), [PRINT])
        with database.transaction():
            store.replace(claim(1, state=ClaimState.ACTIVE))
            assert not store.changes_since(0)
        assert store.changes_since(0)


@pytest.mark.postgres
class TestDatabaseClaimsOnPostgres(ClaimStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[ClaimStore]:
        del tmp_path
        with postgres() as database:
            yield DatabaseClaims(database)

    def test_a_reader_never_passes_over_a_change_that_commits_late(self, store: ClaimStore) -> None:
        for number in range(24):
            store.add(claim(number), [PRINT])
        seen: list[str] = []
        reached = 0
        with ThreadPoolExecutor(4) as pool:
            changes = [pool.submit(store.replace, claim(number, state=ClaimState.ACTIVE)) for number in range(24)]
            while len(seen) < len(changes):
                done = all(change.done() for change in changes)
                for change in store.changes_since(reached):
                    seen.append(change.claim_id)
                    reached = change.generation
                assert not done or len(seen) == len(changes)
        assert sorted(seen) == sorted(f"claim_{number}" for number in range(24))
