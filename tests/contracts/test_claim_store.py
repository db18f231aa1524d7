"""What every store of claims does."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from copyright_optout.domain import (
    Blocks,
    Claim,
    ClaimKind,
    ClaimState,
    ClaimTerms,
    Concern,
    Concerning,
    Fingerprint,
    Licence,
    Membership,
    Organisation,
    Role,
    Setting,
    Told,
)
from copyright_optout.errors import UnknownClaim
from copyright_optout.ports import ClaimStore
from copyright_optout.store import DatabaseClaims, DatabaseOrganisations
from tests.factories.claims import DECLARED, PROOF
from tests.factories.databases import postgres
from tests.fakes.optout import MemoryClaims
from trust_kernel.db import Database
from trust_kernel.errors import Conflict

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PRINT = Fingerprint("ab" * 32, 90)


def claim(number: int, of: str = "org_a", state: ClaimState = ClaimState.SUBMITTED) -> Claim:
    says = ClaimTerms(
        ClaimKind.CHARACTER,
        "Fennimore",
        ("Fenn\u00e9", "\u521d\u97f3"),
        ("a teal fox with a captain's hat",),
        Blocks(frozenset({Setting.VIOLENT}), frozenset({"DE", "IT"})),
        (Licence("acct_l", frozenset({Setting.COMEDY}), frozenset({"IT"}), NOW),),
        Told.KIND,
        NOW,
        NOW + timedelta(days=9),
    )
    made = NOW + timedelta(seconds=number)
    return Claim(
        f"claim_{number}", of, "acct_a", says, state, made, NOW, f"ref-{number}", PROOF, DECLARED, (("picture", 1),)
    )


def with_organisations(database: Database) -> DatabaseClaims:
    database.create_all()
    organisations = DatabaseOrganisations(database)
    for organisation_id in ("org_a", "org_b"):
        owner = Membership(organisation_id, "acct_a", Role.OWNER, NOW)
        organisations.found(Organisation(organisation_id, "Studio", NOW), owner)
    return DatabaseClaims(database)


def add(store: ClaimStore, made: Claim, *prints: Fingerprint) -> None:
    store.add([made], {})
    store.add_prints(made.id, prints)


def activated(store: ClaimStore, number: int) -> Claim:
    submitted = claim(number)
    add(store, submitted, PRINT)
    made = claim(number, state=ClaimState.ACTIVE)
    store.replace(made)
    return made


class ClaimStoreContract:
    @pytest.fixture
    def store(self, tmp_path: Path) -> ClaimStore:
        raise NotImplementedError

    def test_a_claim_comes_back_as_it_was_kept(self, store: ClaimStore) -> None:
        add(store, claim(1), PRINT)
        assert store.get("claim_1") == claim(1)
        assert store.get("claim_1", lock=True) == claim(1)
        assert store.get("claim_2") is None

    def test_claims_are_paged_newest_first_by_organisation_and_state(self, store: ClaimStore) -> None:
        for number, of in ((1, "org_a"), (2, "org_b"), (3, "org_a")):
            add(store, claim(number, of))
        activated(store, 4)
        assert [each.id for each in store.page(["org_a"])] == ["claim_4", "claim_3", "claim_1"]
        assert [each.id for each in store.page(None, limit=2)] == ["claim_4", "claim_3"]
        assert [each.id for each in store.page(None, after="claim_3")] == ["claim_2", "claim_1"]
        assert [each.id for each in store.page(None, states=[ClaimState.ACTIVE])] == ["claim_4"]
        assert not store.page([])

    def test_a_reference_is_an_organisations_own(self, store: ClaimStore) -> None:
        add(store, claim(1))
        with pytest.raises(Conflict):
            store.add([replace(claim(2), reference="ref-1")], {})
        store.add([replace(claim(3, "org_b"), reference="ref-1")], {})
        store.add([replace(claim(number), reference="") for number in (4, 5)], {})
        assert {key: one.id for key, one in store.by_reference("org_a", ["ref-1", "ref-9"]).items()} == {
            "ref-1": "claim_1"
        }

    def test_many_claims_are_kept_anew_under_one_generation_and_found_by_their_new_names(
        self, store: ClaimStore
    ) -> None:
        store.add([replace(claim(number), reference="") for number in (1, 2, 3)], {})
        before = store.latest_generation()
        renamed = replace(claim(2), terms=replace(claim(2).terms, title="Grizelda", names=()), reference="")
        store.replace_many([replace(claim(1, state=ClaimState.ACTIVE), reference=""), renamed])
        store.replace_many([])
        assert [(each.claim_id, each.active) for each in store.changes_since(before, 100)] == [
            ("claim_1", True),
            ("claim_2", False),
        ]
        assert {each.generation for each in store.changes_since(before, 100)} == {store.latest_generation()}
        found = store.called(["grizelda", "fennimore"])
        assert {name: [each.id for each in claims] for name, claims in found.items()} == {
            "grizelda": ["claim_2"],
            "fennimore": ["claim_1", "claim_3"],
        }
        with store.transaction():
            assert store.many(["claim_1", "claim_2", "claim_9"], lock=True) == {
                "claim_1": replace(claim(1, state=ClaimState.ACTIVE), reference=""),
                "claim_2": renamed,
            }

    def test_claims_are_found_by_a_folded_name_until_they_end(self, store: ClaimStore) -> None:
        activated(store, 1)
        add(store, claim(2, "org_b"))
        found = store.called(["fennimore", "fenne", "nobody"])
        assert {name: [each.id for each in claims] for name, claims in found.items()} == {
            "fennimore": ["claim_1", "claim_2"],
            "fenne": ["claim_1", "claim_2"],
        }
        store.replace(claim(1, state=ClaimState.WITHDRAWN))
        assert [each.id for each in store.called(["fenne"])["fenne"]] == ["claim_2"]

    def test_a_renamed_claim_is_found_by_its_new_name_alone(self, store: ClaimStore) -> None:
        add(store, claim(1))
        store.replace(replace(claim(1), terms=ClaimTerms(ClaimKind.WORK, "Boxwell")))
        assert set(store.called(["fennimore", "boxwell"])) == {"boxwell"}

    def test_concerns_are_kept_and_replaced(self, store: ClaimStore) -> None:
        known = Concerning(Concern.DUPLICATE, "Fennimore", "claim_9")
        store.add([claim(1)], {"claim_1": [known]})
        assert {key: list(said) for key, said in store.concerns(["claim_1", "claim_2"]).items()} == {"claim_1": [known]}
        store.set_concerns("claim_1", [Concerning(Concern.FLOOD, about="12")])
        assert [one.concern for one in store.concerns(["claim_1"])["claim_1"]] == [Concern.FLOOD]

    def test_claims_that_are_over_are_found_where_they_stopped_something(self, store: ClaimStore) -> None:
        activated(store, 1)
        add(store, claim(2))
        end = NOW + timedelta(days=9)
        assert list(store.expired(end, 10)) == ["claim_1"]
        assert not store.expired(end - timedelta(microseconds=1), 10)

    def test_a_claim_that_was_only_filed_is_no_change(self, store: ClaimStore) -> None:
        add(store, claim(1), PRINT)
        assert store.latest_generation() == 0
        assert not store.changes_since(0, 100)

    def test_changes_come_in_the_order_in_which_they_were_made(self, store: ClaimStore) -> None:
        activated(store, 2)
        activated(store, 1)
        first, second = store.changes_since(0, 100)
        assert (first.claim_id, second.claim_id) == ("claim_2", "claim_1")
        assert first.active
        assert first.fingerprints == (PRINT.bits,)
        assert first.aliases == ("Fennimore", "Fenn\u00e9", "\u521d\u97f3")
        assert second.generation == store.latest_generation() > first.generation
        assert [change.claim_id for change in store.changes_since(first.generation, 100)] == ["claim_1"]

    def test_changes_come_in_pieces_of_whole_generations(self, store: ClaimStore) -> None:
        store.add([replace(claim(number), reference="") for number in range(7)], {})
        for numbers in ((6,), (5, 4, 3), (2, 1), (0,)):
            store.replace_many([replace(claim(each, state=ClaimState.ACTIVE), reference="") for each in numbers])
        pieces, reached = [], 0
        while changes := store.changes_since(reached, 2):
            pieces.append([change.claim_id for change in changes])
            reached = changes[-1].generation
        assert pieces == [["claim_6", "claim_3", "claim_4", "claim_5"], ["claim_1", "claim_2"], ["claim_0"]]

    def test_a_withdrawal_is_a_change_without_content(self, store: ClaimStore) -> None:
        activated(store, 1)
        seen = store.latest_generation()
        store.replace(claim(1, state=ClaimState.WITHDRAWN))
        (change,) = store.changes_since(seen, 100)
        assert (change.claim_id, change.active, change.aliases, change.fingerprints) == ("claim_1", False, (), ())

    def test_what_is_rolled_back_never_was(self, store: ClaimStore) -> None:
        add(store, claim(1), PRINT)

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
        add(store, claim(1))
        assert set(store.many({"claim_1", "claim_9"})) == {"claim_1"}


class TestMemoryClaims(ClaimStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> ClaimStore:
        del tmp_path
        return MemoryClaims()


class TestDatabaseClaims(ClaimStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> ClaimStore:
        database = Database(f"sqlite:///{tmp_path}/claims.db")
        return with_organisations(database)

    def test_a_change_that_may_yet_be_undone_is_not_told(self, tmp_path: Path) -> None:
        database = Database(f"sqlite:///{tmp_path}/open.db")
        store = with_organisations(database)
        add(store, claim(1), PRINT)
        with database.transaction():
            store.replace(claim(1, state=ClaimState.ACTIVE))
            assert not store.changes_since(0, 100)
        assert store.changes_since(0, 100)


@pytest.mark.postgres
class TestDatabaseClaimsOnPostgres(ClaimStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[ClaimStore]:
        del tmp_path
        with postgres() as database:
            yield with_organisations(database)

    def test_a_reader_never_passes_over_a_change_that_commits_late(self, store: ClaimStore) -> None:
        for number in range(24):
            add(store, claim(number), PRINT)
        seen: list[str] = []
        reached = 0
        with ThreadPoolExecutor(4) as pool:
            changes = [pool.submit(store.replace, claim(number, state=ClaimState.ACTIVE)) for number in range(24)]
            while len(seen) < len(changes):
                done = all(change.done() for change in changes)
                for change in store.changes_since(reached, 100):
                    seen.append(change.claim_id)
                    reached = change.generation
                assert not done or len(seen) == len(changes)
        assert sorted(seen) == sorted(f"claim_{number}" for number in range(24))

    def test_no_claim_takes_effect_behind_the_back_of_who_stands_at_the_fence(self, store: ClaimStore) -> None:
        add(store, claim(1), PRINT)
        with ThreadPoolExecutor(1) as pool:
            with store.transaction():
                number = store.fence()
                change = pool.submit(store.replace, claim(1, state=ClaimState.ACTIVE))
                with pytest.raises(TimeoutError):
                    change.result(timeout=0.3)
                assert store.fence() == number
            change.result(timeout=10)
        assert store.fence() == number + 1
