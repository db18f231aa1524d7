"""What every store of blocklist entries does, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from likeness_guard.domain.people import (
    Alias,
    Category,
    Entry,
    EntryChange,
    EntryEvent,
    EntryQuery,
    LiftedBy,
    LiftProposal,
)
from likeness_guard.ports import EntryStore
from likeness_guard.service.blocklist_terms import made
from likeness_guard.store import DatabaseEntryStore
from tests.factories import databases
from trust_kernel.clock import SystemClock
from trust_kernel.db import Database
from trust_kernel.errors import Conflict

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def entry(number: int, name: str = "", **fields: object) -> Entry:
    plain = Entry(
        id=f"blk_{number:03}",
        name=name or f"Person {number:03}",
        aliases=(Alias(f"Alias {number}", "en"),),
        category=Category.JUDGE,
        has_face=False,
        has_voice=False,
        lifted_by=LiftedBy.PERSON,
        created_by="acct_one",
        created_at=NOW,
        updated_at=NOW,
        salt="00",
    )
    return replace(plain, **fields)  # type: ignore[arg-type] # the test names real fields


def added(one: Entry) -> tuple[Entry, EntryChange]:
    return one, made(one, EntryEvent.ADDED, "acct_one")


class EntryStoreContract:
    """Subclasses give `store`."""

    def test_an_entry_comes_back_as_it_was_kept(self, store: EntryStore) -> None:
        proposal = LiftProposal("acct_two", "why", NOW, LiftedBy.ESTATE, "letter")
        one = entry(
            1, "Zoë", starts_at=NOW, external_id="Q1", media=("aa", "bb"), proposal=proposal, note="a\nb", has_face=True
        )
        store.put([added(one), added(entry(2))], new=True)
        assert store.entry("blk_001") == one
        assert store.entry("blk_002", lock=True) == entry(2)
        assert store.entry("blk_003") is None
        assert store.count() == 2

    def test_a_change_replaces_every_field(self, store: EntryStore) -> None:
        store.put([added(entry(1, external_id="Q1", ends_at=NOW))], new=True)
        changed = entry(1, "Other", aliases=(), version=2)
        store.put([(changed, made(changed, EntryEvent.CHANGED, "acct_two", {"name": ("a", "b")}))], new=False)
        assert store.entry("blk_001") == changed
        assert store.by_external(["Q1"]) == {}
        newest, first = store.history("blk_001", 10)
        assert (newest.changes, newest.by, newest.version, first.event) == (
            {"name": ("a", "b")},
            "acct_two",
            2,
            EntryEvent.ADDED,
        )

    def test_an_external_id_is_one_entrys_and_the_rest_of_the_transaction_lives(self, store: EntryStore) -> None:
        store.put([added(entry(1, external_id="Q1"))], new=True)
        with store.together():
            store.put([added(entry(5))], new=True)
            with pytest.raises(Conflict):
                store.put([added(entry(2, external_id="Q1"))], new=True)
        assert [one.id for one in store.entries()] == ["blk_001", "blk_005"]
        assert set(store.by_external(["Q1", "Q2", ""], lock=True)) == {"Q1"}

    def test_only_who_stands_is_standing(self, store: EntryStore) -> None:
        store.put([added(entry(1)), added(entry(2, ends_at=NOW)), added(entry(3, starts_at=NOW))], new=True)
        assert set(store.standing(["blk_001", "blk_002", "blk_003", "blk_004"], NOW)) == {"blk_001", "blk_003"}
        assert set(store.standing([], NOW)) == set()
        listed = [one.id for one in store.page(EntryQuery(standing_at=NOW))]
        assert listed == ["blk_001", "blk_003"]

    def test_many_ids_can_be_asked_for_at_once(self, store: EntryStore) -> None:
        store.put([added(entry(number)) for number in range(1200)], new=True)
        assert len(store.standing([f"blk_{number:03}" for number in range(1200)], NOW)) == 1200

    def test_pages_follow_each_other(self, store: EntryStore) -> None:
        store.put([added(entry(number, f"P{number // 2}")) for number in range(7)], new=True)
        first = store.page(EntryQuery(limit=4))
        second = store.page(EntryQuery(limit=4, after=(first[-1].name, first[-1].id)))
        assert [one.id for one in (*first, *second)] == [f"blk_{number:03}" for number in range(7)]

    def test_the_feed_tells_of_every_change_in_order_and_of_what_is_gone(self, store: EntryStore) -> None:
        assert store.entries_version() == 0
        store.put([added(entry(number)) for number in range(3)], new=True)
        everything = store.changed_since(0, 1)
        assert (everything.number, len(everything.names)) == (3, 3)
        assert everything.names["blk_001"] == ("Person 001", "Alias 1")
        changed = entry(1, "Other", aliases=(), version=2)
        store.put([(changed, made(changed, EntryEvent.CHANGED, "x"))], new=False)
        assert store.remove_entry(made(entry(2, version=2), EntryEvent.LIFTED, "x"))
        first = store.changed_since(3, 1)
        assert (first.number, first.names) == (4, {"blk_001": ("Other",)})
        second = store.changed_since(4, 10)
        assert (second.number, second.names) == (5, {"blk_002": None})
        assert store.changed_since(5, 10).names == {}
        assert store.entries_version() == 5
        assert not store.remove_entry(made(entry(2), EntryEvent.LIFTED, "x"))

    def test_what_was_rolled_back_was_never_told(self, store: EntryStore) -> None:
        def undone() -> None:
            with store.together():
                store.put([added(entry(1))], new=True)
                assert store.entries_version() == 0
                raise RuntimeError

        with pytest.raises(RuntimeError):
            undone()
        assert (store.entries_version(), store.count()) == (0, 0)

    def test_folded_names_are_found_by_a_part(self, store: EntryStore) -> None:
        store.put([added(entry(1, "Zoë Čapek")), added(entry(2, "Karel 100%"))], new=True)
        assert dict(store.folded_names()) == {"blk_001": "zoe capek\nalias 1", "blk_002": "karel 100\nalias 2"}
        assert [found for found, _ in store.folded_names(["cape", "xyz"])] == ["blk_001"]
        assert list(store.folded_names(["%"])) == []


class TestSqlite(EntryStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[EntryStore]:
        with databases.sqlite(tmp_path) as database:
            yield _store(database)


@pytest.mark.postgres
class TestPostgres(EntryStoreContract):
    @pytest.fixture
    def store(self) -> Iterator[EntryStore]:
        with databases.postgres() as database:
            yield _store(database)

    def test_nobody_is_blocked_behind_the_back_of_who_stands_at_the_fence(self, store: EntryStore) -> None:
        store.put([added(entry(1))], new=True)
        with ThreadPoolExecutor(1) as pool:
            with store.together():
                number = store.fence()
                change = pool.submit(store.put, [added(entry(2))], new=True)
                with pytest.raises(TimeoutError):
                    change.result(timeout=0.3)
            change.result(timeout=10)
        assert store.fence() == number + 1


def _store(database: Database) -> EntryStore:
    return DatabaseEntryStore(database, SystemClock())
