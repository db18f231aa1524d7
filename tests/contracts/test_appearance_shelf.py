"""What every shelf of appearances must do, on SQLite and PostgreSQL."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from generator_gateway.ports import AppearanceShelf, AppearanceState, NewAppearance
from generator_gateway.store import AppearanceStore
from generator_gateway.tables import AppearanceRow, CaseRow, OwnerRow, ReleaseRow
from tests.factories.databases import postgres, sqlite
from trust_kernel.db import Database
from trust_kernel.errors import Conflict, NotFound
from trust_kernel.ids import new_release_number

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
OPEN, DISPUTED, WITHDRAWN, DISMISSED = AppearanceState
ADA = NewAppearance("subj_ada", "video_1", "face", "match", 0.9, 0.99, 0.001, "enrolled")


class World:
    """Cases and releases that appearances are about."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def case(self, case_id: str, status: str = "completed", release: str | None = "released") -> None:
        number = new_release_number()
        with self.database.transaction() as session:
            session.add(
                CaseRow(
                    id=case_id,
                    account_id="acct_maker",
                    status=status,
                    request={},
                    release_number=number,
                    created_at=NOW,
                )
            )
            if release:
                session.add(
                    ReleaseRow(
                        case_id=case_id,
                        release_number=number,
                        media_digest="0" * 64,
                        manifest_label="urn:1",
                        fingerprints=[],
                        status=release,
                        released_at=NOW,
                        ledger_index=0,
                    )
                )

    def owned(self, case_id: str, account_id: str, subject_id: str | None = None, *modalities: str) -> None:
        role = "subject" if subject_id else "requester"
        row = OwnerRow(case_id=case_id, account_id=account_id, role=role, subject_id=subject_id, rights=[])
        row.modalities = list(modalities)
        with self.database.transaction() as session:
            session.add(row)

    def withdrawn(self, case_id: str) -> None:
        with self.database.transaction() as session:
            row = session.get(ReleaseRow, case_id)
            assert row is not None
            row.status = "withdrawn"
            session.add(row)


class AppearanceShelfContract:
    """Subclasses give `shelf` and `world` over the same rows."""

    def keep(self, shelf: AppearanceShelf, new: NewAppearance = ADA) -> str:
        assert shelf.note(new, NOW)
        found, _ = shelf.page(state=None, owner=new.owner, after=None, limit=100)
        return next(one.id for one in found if one.found == new)

    def test_a_new_one_is_open_and_reads_back(self, shelf: AppearanceShelf, world: World) -> None:
        world.case("video_1")
        kept = shelf.get(self.keep(shelf))
        assert (kept.found, kept.state, kept.at) == (ADA, OPEN, NOW)
        assert (kept.decided_by, kept.decided_at, kept.note, kept.disputed_at) == ("", None, "", None)
        assert kept.disputable

    def test_a_second_time_changes_the_figures_alone(self, shelf: AppearanceShelf, world: World) -> None:
        world.case("video_1")
        identity = self.keep(shelf)
        newer = replace(ADA, band="unsure", score=0.6, probability=0.4, fpir=0.1, cause="revoked")
        assert not shelf.note(newer, NOW + timedelta(days=1))
        assert (shelf.get(identity).found, shelf.get(identity).at) == (newer, NOW)

    def test_two_at_once_keep_one(self, shelf: AppearanceShelf, world: World) -> None:
        world.case("video_1")
        for number in range(10):
            new, start = replace(ADA, owner=f"subj_{number}"), threading.Barrier(2)

            def keep(new: NewAppearance = new, start: threading.Barrier = start) -> bool:
                start.wait()
                return shelf.note(new, NOW)

            with ThreadPoolExecutor(2) as pool:
                assert sorted(one.result() for one in [pool.submit(keep), pool.submit(keep)]) == [False, True]
            assert len(shelf.page(state=None, owner=new.owner, after=None, limit=9)[0]) == 1

    def test_face_and_voice_other_people_and_other_cases_are_others(self, shelf: AppearanceShelf, world: World) -> None:
        world.case("video_1")
        world.case("video_2")
        others = (ADA, replace(ADA, modality="voice"), replace(ADA, owner="subj_bea"), replace(ADA, case_id="video_2"))
        assert [shelf.note(one, NOW) for one in others] == [True] * 4
        assert len(shelf.page(state=None, owner=None, after=None, limit=10)[0]) == 4

    def test_a_decision_is_kept_and_no_search_or_second_decision_changes_it(
        self, shelf: AppearanceShelf, world: World
    ) -> None:
        world.case("video_1")
        identity = self.keep(shelf)
        shelf.decide(identity, DISMISSED, "acct_staff", "a twin", NOW)
        assert not shelf.note(replace(ADA, score=0.99), NOW)
        with pytest.raises(Conflict):
            shelf.decide(identity, WITHDRAWN, "acct_other", "", NOW)
        kept = shelf.get(identity)
        assert (kept.state, kept.decided_by, kept.decided_at, kept.note) == (DISMISSED, "acct_staff", NOW, "a twin")
        assert kept.found == ADA

    def test_a_dispute_comes_once_and_opens_what_was_dismissed(self, shelf: AppearanceShelf, world: World) -> None:
        world.case("video_1")
        identity = self.keep(shelf)
        shelf.decide(identity, DISMISSED, "acct_staff", "", NOW)
        shelf.dispute(identity, NOW)
        assert (shelf.get(identity).state, shelf.get(identity).disputed_at) == (DISPUTED, NOW)
        shelf.decide(identity, DISMISSED, "acct_staff", "", NOW)
        with pytest.raises(Conflict):
            shelf.dispute(identity, NOW)

    def test_what_was_taken_back_cannot_be_disputed(self, shelf: AppearanceShelf, world: World) -> None:
        world.case("video_1")
        identity = self.keep(shelf)
        shelf.decide(identity, WITHDRAWN, "acct_staff", "", NOW)
        with pytest.raises(Conflict):
            shelf.dispute(identity, NOW)

    def test_an_undecided_one_is_withdrawn_with_its_release(self, shelf: AppearanceShelf, world: World) -> None:
        for number, state in enumerate((OPEN, DISPUTED, DISMISSED)):
            world.case(f"video_{number}")
            identity = self.keep(shelf, replace(ADA, case_id=f"video_{number}"))
            if state is DISPUTED:
                shelf.dispute(identity, NOW)
            if state is DISMISSED:
                shelf.decide(identity, DISMISSED, "acct_staff", "", NOW)
            world.withdrawn(f"video_{number}")

        def cases(state: AppearanceState) -> list[str]:
            found, _ = shelf.page(state=state, owner=None, after=None, limit=10)
            assert {one.state for one in found} <= {state}
            return sorted(one.found.case_id for one in found)

        assert [cases(state) for state in (OPEN, DISPUTED, WITHDRAWN, DISMISSED)] == [
            [],
            [],
            ["video_0", "video_1"],
            ["video_2"],
        ]

    @pytest.mark.parametrize("limit", [1, 2, 3, 7])
    def test_pages_give_everything_once_disputed_first_then_newest_first(
        self, shelf: AppearanceShelf, world: World, limit: int
    ) -> None:
        ids = []
        for number in range(7):
            world.case(f"video_{number}")
            ids.append(self.keep(shelf, replace(ADA, case_id=f"video_{number}")))
        disputed = [ids[1], ids[4]]
        for identity in disputed:
            shelf.dispute(identity, NOW)
        wanted = sorted(disputed, reverse=True) + sorted(set(ids) - set(disputed), reverse=True)
        seen: list[str] = []
        more = True
        while more:
            page, more = shelf.page(state=None, owner="subj_ada", after=seen[-1] if seen else None, limit=limit)
            assert 0 < len(page) <= limit
            seen += [one.id for one in page]
        assert seen == wanted

    def test_a_list_can_be_of_one_person(self, shelf: AppearanceShelf, world: World) -> None:
        world.case("video_1")
        self.keep(shelf)
        self.keep(shelf, replace(ADA, owner="subj_bea"))
        assert [one.found.owner for one in shelf.page(state=None, owner="subj_bea", after=None, limit=9)[0]] == [
            "subj_bea"
        ]

    def test_what_became_of_cases(self, shelf: AppearanceShelf, world: World) -> None:
        world.case("video_out")
        world.case("video_shared")
        world.case("video_own")
        world.case("video_back", release="withdrawn")
        world.case("video_queued", "queued", None)
        world.case("video_running", "in_progress", None)
        world.case("video_held", "held", None)
        world.case("video_failed", "failed", None)
        world.owned("video_shared", "acct_ada", "subj_ada", "voice")
        world.owned("video_shared", "acct_bea", "subj_bea", "face", "voice")
        world.owned("video_own", "acct_ada")
        names = ("out", "shared", "own", "back", "queued", "running", "held", "failed", "none")
        asked = [f"video_{name}" for name in names]
        standing = shelf.standing("subj_ada", "acct_ada", asked)
        assert standing.released == {
            "video_out": frozenset(),
            "video_shared": {"voice"},
            "video_own": {"face", "voice"},
        }
        assert standing.running == {"video_queued", "video_running"}
        assert set(shelf.standing("blk_1", None, asked).released.values()) == {frozenset()}
        nothing = shelf.standing("subj_ada", "acct_ada", [])
        assert (nothing.released, nothing.running) == ({}, frozenset())

    def test_one_that_is_not_there_is_not_found(self, shelf: AppearanceShelf) -> None:
        with pytest.raises(NotFound):
            shelf.get("app_none")
        with pytest.raises(NotFound):
            shelf.decide("app_none", DISMISSED, "acct_staff", "", NOW)
        with pytest.raises(NotFound):
            shelf.dispute("app_none", NOW)
        with pytest.raises(NotFound):
            shelf.page(state=None, owner=None, after="app_none", limit=1)


class TestOnSqlite(AppearanceShelfContract):
    @pytest.fixture
    def world(self, tmp_path: Path) -> Iterator[World]:
        with sqlite(tmp_path) as database:
            yield World(database)

    @pytest.fixture
    def shelf(self, world: World) -> AppearanceShelf:
        return AppearanceStore(world.database)


@pytest.mark.postgres
class TestOnPostgres(AppearanceShelfContract):
    @pytest.fixture(scope="class")
    def server(self) -> Iterator[Database]:
        with postgres() as database:
            yield database

    @pytest.fixture
    def world(self, server: Database) -> World:
        with server.transaction() as session:
            for table in (AppearanceRow, OwnerRow, ReleaseRow, CaseRow):
                session.exec(delete(table))
        return World(server)

    @pytest.fixture
    def shelf(self, world: World) -> AppearanceShelf:
        return AppearanceStore(world.database)
