"""What every shelf of kept verifications does."""

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from generator_gateway.api import ReleaseRecord
from generator_gateway.ports.reports import Feedback, KeptReport, Reports
from generator_gateway.store import ReleaseStore
from generator_gateway.store.reports import ReportStore
from tests.factories.cases import NOON
from tests.factories.databases import postgres, sqlite
from tests.fakes.verification import MemoryReports
from trust_kernel.db import Database

DAY = timedelta(days=1)


def digest() -> str:
    return uuid.uuid4().hex * 2


def report(sha256: str, body: str = "{}", days: int = 1) -> KeptReport:
    return KeptReport(sha256, body, NOON, NOON + days * DAY)


class ReportsContract:
    """Every adapter keeps these."""

    @pytest.fixture
    def reports(self) -> Reports:
        raise NotImplementedError

    def test_what_was_kept_is_found_until_its_time_is_over(self, reports: Reports) -> None:
        kept = report(digest(), '{"x": "é"}')
        reports.keep(kept)
        assert reports.find(kept.sha256, NOON) == kept
        assert reports.find(kept.sha256, NOON + DAY) is None
        assert reports.find(digest(), NOON) is None

    def test_a_later_report_takes_the_place_of_an_earlier_one(self, reports: Reports) -> None:
        first = report(digest(), "first")
        second = report(first.sha256, "second", days=2)
        reports.keep(first)
        reports.keep(second)
        assert reports.find(first.sha256, NOON + DAY) == second

    def test_several_may_keep_the_same_file_at_once(self, reports: Reports) -> None:
        for _ in range(10):
            sha256, together = digest(), threading.Barrier(3)

            def keep(number: int, sha256: str = sha256, together: threading.Barrier = together) -> None:
                together.wait(10)
                reports.keep(report(sha256, str(number)))

            with ThreadPoolExecutor(3) as pool:
                list(pool.map(keep, range(3)))
            assert reports.find(sha256, NOON) is not None

    def test_only_what_has_run_out_is_forgotten(self, reports: Reports) -> None:
        reports.forget(NOON + 1000 * DAY)
        short, long = report(digest()), report(digest(), days=9)
        reports.keep(short)
        reports.keep(long)
        reports.say(Feedback(short.sha256, False, "wrong", NOON), NOON + DAY)
        assert reports.forget(NOON + 2 * DAY) == 2
        assert reports.forget(NOON + 2 * DAY) == 0
        assert reports.find(long.sha256, NOON + 2 * DAY) == long

    def test_feedback_comes_newest_first_and_runs_out(self, reports: Reports) -> None:
        reports.forget(NOON + 1000 * DAY)
        old = Feedback(digest(), True, "", NOON)
        new = Feedback(digest(), False, "it is mine", NOON + DAY)
        reports.say(old, NOON + 2 * DAY)
        reports.say(new, NOON + 3 * DAY)
        assert reports.said(NOON, 10) == (new, old)
        assert reports.said(NOON, 1) == (new,)
        assert reports.said(NOON + 2 * DAY, 10) == (new,)

    def test_a_digest_that_no_release_has_names_none(self, reports: Reports) -> None:
        assert reports.released_as(digest()) is None


class TestMemoryReports(ReportsContract):
    @pytest.fixture
    def reports(self) -> Reports:
        return MemoryReports()


class TestReportStoreOnSqlite(ReportsContract):
    @pytest.fixture
    def database(self, tmp_path: Path) -> Iterator[Database]:
        with sqlite(tmp_path) as database:
            yield database

    @pytest.fixture
    def reports(self, database: Database) -> Reports:
        return ReportStore(database)

    def test_a_released_file_is_found_by_its_digest(self, database: Database, reports: Reports) -> None:
        sha256 = digest()
        ReleaseStore(database).add(ReleaseRecord("video_1", 7, sha256, "urn:x", (), "released", NOON, 1, ()))
        assert reports.released_as(sha256) == "video_1"


@pytest.fixture(scope="module")
def server() -> Iterator[Database]:
    with postgres() as database:
        yield database


@pytest.mark.postgres
class TestReportStoreOnPostgres(ReportsContract):
    @pytest.fixture
    def reports(self, server: Database) -> Reports:
        return ReportStore(server)
