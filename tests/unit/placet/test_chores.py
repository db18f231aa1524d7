"""What a worker does beside cases, and what waits for what."""

from collections.abc import Callable, Iterator

import pytest

from placet.wiring import House, build_house
from placet.worker import EmbeddedWorker
from trust_kernel.settings import Settings


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = build_house(Settings(data_dir=tmp_path_factory.mktemp("chores"), match_descriptions=False, _env_file=None))
    yield made
    made.kernel.database.dispose()


def test_neither_mails_nor_dry_runs_nor_searches_keep_the_flood_watch_waiting(house: House) -> None:
    optouts, gateway = house.guards.optouts, house.gateway
    alone = {sweeper._chores for sweeper in gateway.apart}
    assert alone == {(gateway.notices.mails.post,), (optouts.guard,), (optouts.rehearse,)}
    others = [chore for sweeper in gateway.sweepers if sweeper not in gateway.apart for chore in sweeper._chores]
    assert not {chores[0] for chores in alone} & set(others)
    assert gateway.takedowns.search in gateway.searcher._chores


def test_a_worker_starts_and_stops_every_sweeper(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[tuple[str, object]] = []

    def noted(what: str) -> Callable[[object], None]:
        return lambda sweeper: done.append((what, sweeper))

    for what in ("start", "stop"):
        monkeypatch.setattr(type(house.gateway.sweeper), what, noted(what))
        monkeypatch.setattr(type(house.delivery.courier), what, noted(what))
    worker = EmbeddedWorker(house)
    monkeypatch.setattr(worker, "_made", lambda: None)
    monkeypatch.setattr(worker, "_work", lambda: None)
    monkeypatch.setattr(type(house.guards.likeness), "warm", lambda _self: None)
    monkeypatch.setattr(type(house.guards.optouts), "warm_up", lambda _self: None)
    worker.start()
    worker.stop()
    for sweeper in house.gateway.sweepers:
        assert [what for what, which in done if which is sweeper] == ["start", "stop"]
