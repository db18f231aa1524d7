"""What every `LeaversCases` finds of a person who leaves, on each kind of database."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import placet.wiring.tables  # noqa: F401 - every table is known before a database is made
from generator_gateway.service.leaving import LeaversCases
from generator_gateway.store import CaseStore, LeaseBook, ReleaseStore
from generator_gateway.store.leaving import LeavingCases
from generator_gateway.store.ownership import ToldUseStore
from tests.factories.cases import a_decision, a_finding, a_request, a_ruling
from tests.factories.databases import postgres, sqlite
from tests.factories.ownership import appearing, out
from tests.fakes.consent import FakeClock
from trust_kernel.db import Database
from trust_kernel.decisions import Outcome, Verdict

ADA = "subj_ada"


class Cases:
    """Cases of which nothing came out, and what was said of people in them."""

    def __init__(self, database: Database) -> None:
        clock = FakeClock()
        self.leaving: LeaversCases = LeavingCases(database)
        self.cases = CaseStore(database, clock, LeaseBook(database, clock, timedelta(seconds=30)))
        self.releases = ReleaseStore(database)
        self.told = ToldUseStore(database)

    def judged(self, case_id: str, outcome: Outcome, about: str = ADA) -> None:
        self.cases.accept(a_request(case_id, f"acct_of_{case_id}"))
        finding = replace(a_finding(outcome), about=about)
        ruling = replace(a_ruling(Verdict.DENY), finding=finding)
        self.cases.save_decision(case_id, a_decision(ruling, decision_id=f"dec_{case_id}"))


def _server(folder: Path) -> AbstractContextManager[Database]:
    del folder
    return postgres()


@pytest.fixture(params=[sqlite, pytest.param(_server, marks=pytest.mark.postgres)])
def cases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cases]:
    with request.param(tmp_path) as database:
        yield Cases(database)


def test_a_case_is_about_whom_it_surely_recognised_asked_or_told(cases: Cases) -> None:
    for outcome in (Outcome.MATCH, Outcome.CONSENTED, Outcome.AWAITING, Outcome.UNSURE, Outcome.CLEAR):
        cases.judged(f"video_{outcome.value}", outcome)
    cases.cases.accept(a_request("video_told"))
    cases.told.first("video_told", ADA, "likeness:use:drafted")
    found = cases.leaving.unreleased(ADA)
    assert found == ("video_awaiting", "video_consented", "video_match", "video_told")


def test_somebody_whose_id_reads_alike_is_somebody_else(cases: Cases) -> None:
    for at, other in enumerate((f"{ADA}m", "subjXada", "subj_%")):
        cases.judged(f"video_{at}", Outcome.MATCH, about=other)
    cases.told.first("video_0", f"{ADA}m", "likeness:use:drafted")
    assert cases.leaving.unreleased(ADA) == ()


@pytest.mark.parametrize(
    ("prompt", "named"),
    [
        ("@ada waves", True),
        ("a walk with @ADA.", True),
        ("@adam waves", False),
        ("ada waves", False),
        ("write to mail@ada", False),
    ],
)
def test_a_case_under_way_that_nobody_looked_at_yet_is_found_by_its_words(
    cases: Cases, prompt: str, named: bool
) -> None:
    cases.cases.accept(a_request("video_1", prompt=prompt))
    assert cases.leaving.naming("ada") == (("video_1",) if named else ())
    cases.cases.drop("video_1")
    assert cases.leaving.naming("ada") == ()


def test_what_came_out_is_found_by_who_owns_it(cases: Cases) -> None:
    out(cases.cases, cases.releases, "video_1", appearing("ada", grants=["grant_1"]))
    cases.told.first("video_1", ADA, "likeness:use:released")
    assert cases.leaving.showing(ADA) == ("video_1",)
