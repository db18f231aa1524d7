"""Whoever decides at once about a notice, its batches, its claim and appeals about it waits, and nobody for each other.

On PostgreSQL, which ends one of two that wait for each other: that one would see that the database does not answer.
"""

import random
import threading
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

import placet.wiring.tables  # noqa: F401 - every table is known before a database is made
from copyright_optout.api import GivenNotice, Licence, Notice
from generator_gateway.api import Said
from generator_gateway.ports.bindings import Prints
from placet.wiring import House, build_house
from tests.factories.databases import postgres
from tests.factories.notices import given
from tests.factories.ownership import ADA, out
from trust_kernel.db import Database
from trust_kernel.errors import PlacetError, Unavailable
from trust_kernel.settings import Settings

pytestmark = pytest.mark.postgres

_VIDEOS = ("takedowns", "releases", "ledger_head")
_CLAIMS = ("optout_claims", "optout_generation", "ledger_head")
STAFF, JUDGE, SECOND = "acct_staff", "acct_judge", "acct_second"
PATIENCE = 10.0
"""Seconds that one who has a lock waits at most for the other to have one too, to wait for theirs, or to be done."""
_WAITS = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


@dataclass(frozen=True, slots=True)
class Scene:
    """A demand about two videos of Ada's that was followed, one of which she appealed about; and one that was not."""

    house: House
    followed: Notice
    waiting: Notice

    @property
    def batch(self) -> str:
        return self.followed.videos[0].batch_id

    def withdraw(self) -> object:
        return self.house.gateway.notices.intake.withdraw(self.followed.id)

    def act(self) -> object:
        return self.house.gateway.notices.bench.act(self.waiting.id, STAFF)

    def license(self) -> object:
        return self.house.guards.optouts.desk.license(self.followed.claim_id, [Licence("acct_bea")], by=STAFF)

    def finalise(self) -> object:
        return self.house.gateway.takedowns.finalise(self.batch, STAFF)

    def win(self) -> object:
        (appeal,) = self.house.gateway.appeals.review.page()[0]
        return self.house.gateway.appeals.review.overturn(appeal.id, SECOND, "Nobody is in it.")

    def take_back(self) -> object:
        return self.house.gateway.owning.ownership.withdraw(ADA, "video_1")


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with postgres() as database:
        house = build_house(Settings(data_dir=tmp_path, database_url=database.url, _env_file=None))
        shelves, desk = house.shelves, house.gateway.notices
        for number in (1, 2, 3):
            out(shelves.cases, shelves.releases, f"video_{number}")
            dice = random.Random(number)  # noqa: S311 - fingerprints that differ, no secret
            shelves.bindings.register(f"video_{number}", Prints((f"{dice.getrandbits(256):064x}",) * 4), "")
        followed = desk.bench.act(desk.intake.file(_asked("video_1", "video_2")).id, STAFF)
        house.gateway.appeals.desk.file(ADA, "video_1", Said("It is nobody."))
        (appeal,) = house.gateway.appeals.review.page()[0]
        house.gateway.appeals.review.overturn(appeal.id, JUDGE, "Nobody is in it.")
        yield Scene(house, followed, desk.intake.file(_asked("video_3")))
        house.kernel.database.dispose()


def _asked(*places: str) -> GivenNotice:
    return given(places=places)


def met(database: Database, tables: Collection[str], *deeds: Callable[[], object]) -> list[PlacetError | None]:
    """What came of two deeds at once, each stopped at its first lock in these tables until the other came as far."""
    doing, there = threading.local(), set[int]()

    def stop(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        number = getattr(doing, "number", None)
        if number is None or number in there or not _locks(" ".join(statement.split()), tables):
            return
        there.add(number)
        deadline = time.monotonic() + PATIENCE
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while len(there) < len(deeds) and not connection.scalar(_WAITS):
                assert time.monotonic() < deadline, "the other neither has a lock nor waits for one"
                time.sleep(0.01)

    def done(number: int) -> PlacetError | None:
        doing.number = number
        try:
            return tried(deeds[number])
        finally:
            there.add(number)

    event.listen(database.engine, "after_cursor_execute", stop)
    try:
        with ThreadPoolExecutor(len(deeds)) as both:
            return list(both.map(done, range(len(deeds))))
    finally:
        event.remove(database.engine, "after_cursor_execute", stop)


def _locks(statement: str, tables: Collection[str]) -> bool:
    return "FOR UPDATE" in statement and any(f"FROM {table} " in statement for table in tables)


def tried(deed: Callable[[], object]) -> PlacetError | None:
    try:
        deed()
    except PlacetError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("one", "other", "tables"),
    [
        (Scene.withdraw, Scene.finalise, _VIDEOS),
        (Scene.withdraw, Scene.take_back, _VIDEOS),
        (Scene.withdraw, Scene.license, _CLAIMS),
        (Scene.act, Scene.license, _CLAIMS),
        (Scene.win, Scene.withdraw, _VIDEOS),
        (Scene.win, Scene.finalise, _VIDEOS),
        (Scene.win, Scene.license, _CLAIMS),
    ],
)
def test_two_who_decide_at_once_wait_and_never_for_each_other(
    scene: Scene, one: Callable[[Scene], object], other: Callable[[Scene], object], tables: Collection[str]
) -> None:
    ends = met(scene.house.kernel.database, tables, lambda: one(scene), lambda: other(scene))
    assert not [end for end in ends if isinstance(end, Unavailable)]
    assert None in ends
    assert scene.house.kernel.ledger.verify().ok


def test_a_wrong_order_shows_also_where_one_comes_late(scene: Scene) -> None:
    database, tables = scene.house.kernel.database, ("takedowns", "optout_generation")

    def lock(names: Collection[str], after: float = 0.0) -> None:
        time.sleep(after)
        with database.transaction() as session:
            for name in names:
                session.connection().execute(text(f"SELECT * FROM {name} FOR UPDATE"))  # noqa: S608 - names of ours

    ends = met(database, tables, lambda: lock(tables), lambda: lock(tables[::-1], after=0.6))
    assert sum(isinstance(end, Unavailable) for end in ends) == 1
