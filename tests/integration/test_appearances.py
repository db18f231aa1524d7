"""The real guard, registry and ledger: who says something later is found in what went out before, by itself."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from consent_registry.api import ConsentRegistry
from generator_gateway.ports import AppearanceState
from generator_gateway.service.retention import Retention
from generator_gateway.service.tracing import Tracer
from generator_gateway.service.withdrawing import RevocationWithdrawals
from generator_gateway.store import AppearanceStore, MediaUses
from generator_gateway.tables import AppearanceRow
from likeness_guard.api import LikenessGuard, NewEntry
from likeness_guard.tables import LikenessOutputRow
from tests.factories.databases import postgres, sqlite
from tests.fakes.likeness import fake_guard, picture_of, video, voice_of
from tests.unit.generator_gateway.conftest import House
from trust_kernel.db import Database

ADA, BEA = 5, 9
"""People by their colours and loudness."""
KEEP = timedelta(hours=1)


@dataclass
class Town:
    """A gateway whose releases show coloured squares, and the guard that saw them."""

    house: House
    guard: LikenessGuard
    tracer: Tracer

    def released(self, *people: int, voice: int | None = None) -> str:
        """A release that shows strangers."""
        case_id = self.house.released()
        sound = voice_of(voice) if voice else None
        self.guard.examine(video([picture_of(*people), picture_of(*people)], sound), keep_as=case_id)
        return case_id

    def person(self, name: str, number: int) -> str:
        subject = self.house.person(name)
        self.guard.enrol(subject.id, [picture_of(number)], [voice_of(number)])
        return subject.id

    def found(self, owner: str) -> set[tuple[str, str]]:
        with self.house.database.reading() as session:
            rows = session.exec(select(AppearanceRow).where(AppearanceRow.owner == owner)).all()
        assert {row.band for row in rows} <= {"match", "unsure"}
        return {(row.case_id, row.modality) for row in rows}


def town_over(database: Database, folder: Path) -> Town:
    house = House(database, folder)
    guard = fake_guard(database, folder / "root.key")
    parts = replace(house.registry._parts, withdrawals=RevocationWithdrawals(house.recall, house.halting, guard))
    house.registry = ConsentRegistry(parts)
    shelf = AppearanceStore(database)
    tracer = Tracer(database, house.clock, guard, shelf, house.registry, house.ledger, house.outbox)
    return Town(house, guard, tracer)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def town(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Town]:
    with sqlite(tmp_path) if request.param == "sqlite" else postgres() as database:
        yield town_over(database, tmp_path)


def test_enrolled_later_is_found_seen_and_heard(town: Town) -> None:
    shown, heard, other = town.released(ADA), town.released(20, voice=ADA), town.released(BEA, voice=BEA)
    ada = town.person("ada_late", ADA)
    assert town.tracer.sweep() == 1
    assert town.found(ada) == {(shown, "face"), (heard, "voice")}
    assert other not in {case_id for case_id, _ in town.found(ada)}
    assert town.tracer.sweep() == 0


def test_blocked_later_is_found(town: Town) -> None:
    shown = town.released(ADA, BEA)
    entry = town.guard.add_entry(NewEntry("Ada Example", faces=[picture_of(ADA)]))
    town.tracer.sweep()
    assert town.found(entry) == {(shown, "face")}


def test_a_revocation_finds_what_was_made_since_and_without_any_grant(town: Town) -> None:
    ada = town.person("ada_late", ADA)
    town.tracer.sweep()
    subject = town.house.registry.subject(ada)
    grant = town.house.give(subject)
    unknown = town.released(ADA)
    assert town.found(ada) == set()
    town.house.registry.revoke(grant.id, actor=subject.account_id)
    assert town.tracer.sweep() == 1
    assert town.found(ada) == {(unknown, "face")}
    (one,), _ = AppearanceStore(town.house.database).page(state=AppearanceState.OPEN, owner=ada, after=None, limit=9)
    assert one.found.cause == "revoked"
    assert 0.5 < one.found.probability <= 1


def test_somebody_forgotten_before_the_search_is_not_searched(town: Town) -> None:
    town.released(ADA)
    ada = town.person("ada_late", ADA)
    town.guard.forget(ada)
    assert town.tracer.sweep() == 1
    assert (town.found(ada), town.guard.searches_due(10)) == (set(), ())


def test_forgetting_somebody_destroys_the_tracks_that_a_search_found(town: Town) -> None:
    shown, other = town.released(ADA), town.released(BEA)
    ada = town.person("ada_late", ADA)
    town.tracer.sweep()
    town.guard.forget(ada)
    with town.house.database.reading() as session:
        standing = session.exec(select(LikenessOutputRow.owner).where(col(LikenessOutputRow.sealed).is_not(None)))
        assert set(standing) == {other}
    assert town.found(ada) == {(shown, "face")}, "staff may still decide"


def test_tracks_of_what_was_taken_back_go_with_its_media(town: Town) -> None:
    house = town.house
    gone, kept = town.released(ADA), town.released(ADA)
    retention = Retention(MediaUses(house.database), house.blobs, house.clock, KEEP, town.guard)
    house.desk.delete("acct_ada", gone)
    house.clock.advance(hours=2)
    retention.sweep()
    with house.database.reading() as session:
        standing = session.exec(select(LikenessOutputRow.owner).where(col(LikenessOutputRow.sealed).is_not(None)))
        assert set(standing) == {kept}
    assert {one.case_id for one in town.guard.appearances(town.person("ada_late", ADA))} == {kept}
