"""What every store of imports does."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from copyright_optout.domain import Concern, Concerning, Declaration, Ground, Membership, Organisation, Proof, Role
from copyright_optout.domain.imports import ClaimImport, Counts, ImportState, LineOutcome, LineReport, LineTrouble
from copyright_optout.ports.imports import ImportStore
from copyright_optout.store import DatabaseImports, DatabaseOrganisations
from tests.factories.databases import postgres, sqlite
from trust_kernel.db import Database
from trust_kernel.errors import NotFound

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LINES = (
    LineReport(2, LineOutcome.ADDED, "Fennimore", "ref-1", "claim_1"),
    LineReport(3, LineOutcome.REJECTED, "the", trouble=LineTrouble("optout:name:common", "no name", "title", "none")),
    LineReport(
        4, LineOutcome.CHANGED, "初音", "r", "claim_2", None, (Concerning(Concern.DUPLICATE, "初音", "claim_9"),)
    ),
)


def made(number: int, of: str = "org_a", state: ImportState = ImportState.WAITING) -> ClaimImport:
    at = NOW + timedelta(seconds=number)
    return ClaimImport(f"imp_{number}", of, "acct_a", True, state, "d" * 64, 1000, at, at)


def with_organisations(database: Database) -> DatabaseImports:
    organisations = DatabaseOrganisations(database)
    for organisation_id in ("org_a", "org_b"):
        owner = Membership(organisation_id, "acct_a", Role.OWNER, NOW)
        organisations.found(Organisation(organisation_id, "Studio", NOW), owner)
    return DatabaseImports(database)


class ImportStoreContract:
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[ImportStore]:
        raise NotImplementedError

    def test_an_import_comes_back_as_it_was_kept(self, store: ImportStore) -> None:
        store.add(made(1))
        assert store.get("imp_1") == made(1)
        whole = replace(
            made(1, state=ImportState.FAILED),
            proof=Proof(Ground.OWNER, "since 1998"),
            declared=frozenset(Declaration),
            kind="character",
            read=10,
            lines=3,
            last_line=5,
            batches=1,
            counts=Counts(1, 1, 0, 1, 1),
            failure=LineTrouble("optout:import:unreadable", "it ends", "file", ""),
            activated=1,
            left=2,
            reached=1,
            activated_by="acct_s",
            held_until=NOW,
        )
        store.put(whole)
        assert store.get("imp_1", lock=True) == whole
        assert store.get("imp_2") is None
        with pytest.raises(NotFound):
            store.put(made(2))

    def test_imports_are_paged_newest_first_by_organisation(self, store: ImportStore) -> None:
        for number, of in ((1, "org_a"), (2, "org_b"), (3, "org_a")):
            store.add(made(number, of))
        assert [one.id for one in store.page(["org_a"])] == ["imp_3", "imp_1"]
        assert [one.id for one in store.page(None, after="imp_3", limit=1)] == ["imp_2"]
        assert not store.page([])

    def test_what_nobody_is_at_is_due_the_longest_waiting_first(self, store: ImportStore) -> None:
        store.add(replace(made(1), held_until=NOW + timedelta(seconds=60)))
        store.add(made(2, state=ImportState.DONE))
        store.add(made(4, state=ImportState.ACTIVATING))
        store.add(made(3, state=ImportState.RUNNING))
        assert store.due(NOW) == "imp_3"
        assert store.due(NOW + timedelta(seconds=60)) == "imp_1"
        assert store.unfinished("org_a") == 2
        assert store.unfinished("org_b") == 0

    def test_reports_come_back_batch_by_batch(self, store: ImportStore) -> None:
        store.add(made(1))
        store.add_report("imp_1", 0, LINES)
        store.add_report("imp_1", 1, ())
        assert store.report("imp_1", 0) == list(LINES)
        assert store.report("imp_1", 1) == []
        assert store.report("imp_1", 2) == []

    def test_the_first_lines_to_look_at_are_found_without_reading_the_others(self, store: ImportStore) -> None:
        store.add(made(1))
        for number in range(6):
            store.add_report("imp_1", number, LINES if number in {1, 4} else LINES[:1])
        assert [line.line for line in store.wanting("imp_1", 10)] == [3, 4, 3, 4]
        assert [line.line for line in store.wanting("imp_1", 3)] == [3, 4, 3]
        assert store.wanting("imp_2", 3) == []
        assert Counts().with_lines(LINES).wanting == 2

    def test_only_what_is_over_and_old_is_forgotten_with_its_report(self, store: ImportStore) -> None:
        store.add(made(1, state=ImportState.RUNNING))
        store.add(made(2, state=ImportState.DONE))
        store.add(made(30, state=ImportState.DONE))
        store.add_report("imp_2", 0, LINES)
        assert store.drop_older(NOW + timedelta(seconds=20), 10) == 1
        assert [one.id for one in store.page(None)] == ["imp_30", "imp_1"]
        assert store.report("imp_2", 0) == []

    def test_files_that_nobody_needs_are_known_until_they_are_dropped(self, store: ImportStore) -> None:
        for number, state in ((1, ImportState.RUNNING), (2, ImportState.DONE), (3, ImportState.CANCELLED)):
            store.add(made(number, state=state))
        store.put(replace(made(3, state=ImportState.CANCELLED), digest=""))
        assert [one.id for one in store.with_needless_files(10)] == ["imp_2"]


class TestSqlite(ImportStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[ImportStore]:
        with sqlite(tmp_path) as database:
            yield with_organisations(database)


class TestPostgres(ImportStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[ImportStore]:
        del tmp_path
        with postgres() as database:
            yield with_organisations(database)
