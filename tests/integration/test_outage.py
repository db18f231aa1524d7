"""What people see while something is out: work is kept, errors say that it may go better later, nothing passes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import event, text

from generator_gateway.api import NewVideo
from generator_gateway.errors import GatewayReason
from placet.app import build_app
from placet.wiring import House, build_house
from tests.factories.servers import RedisServer, empty_postgres, free_port, need, redis_server
from tests.integration.deployments import PASSWORD, Place, ask, bruno, finished, settings, settle, until
from tests.integration.evidence import assert_all_settled, assert_released_once, row
from trust_kernel.errors import Unavailable

_VIDEO = {"prompt": "A paper boat drifts down a street", "seconds": "1", "size": "640x360"}


@pytest.fixture
def silent_redis() -> Iterator[RedisServer]:
    """A broker that does not run yet."""
    with redis_server(running=False) as server:
        yield server


@contextmanager
def _client(house: House, account_id: str) -> Iterator[TestClient]:
    accounts = house.kernel.accounts
    key = accounts.issue_key(account_id, "tests", accounts.permissions(account_id)).plaintext
    with TestClient(build_app(house), headers={"authorization": f"Bearer {key}"}) as client:
        yield client


# --- the broker


@pytest.mark.broker
@pytest.mark.slow
def test_a_case_sent_while_the_broker_is_out_is_kept_and_done_once_it_is_back(
    tmp_path: Path, silent_redis: RedisServer
) -> None:
    place = Place(tmp_path, broker_url=silent_redis.url)
    with place.house() as house:
        people = settle(house)
        never_up = ask(house, people.ada)  # nothing listens yet
        silent_redis.start()
        sent = ask(house, people.ada)
        silent_redis.stop()
        gone_again = ask(house, people.ada)  # the connection that was open is broken
        cases = [never_up.id, sent.id, gone_again.id]
        assert {row(house, case_id).status for case_id in cases} == {"queued"}
        silent_redis.start()
        with place.command("worker", name="worker") as worker:
            for case_id in cases:
                until(lambda: finished(house, case_id), f"the end: {worker.said()[-2000:]}")  # noqa: B023 - waited for
        for case_id in cases:
            assert_released_once(house, case_id, people)
        assert_all_settled(house, people, released=len(cases))


@pytest.mark.broker
@pytest.mark.slow
def test_a_worker_and_its_sweeper_outlive_the_broker(tmp_path: Path, silent_redis: RedisServer) -> None:
    silent_redis.start()
    place = Place(tmp_path, broker_url=silent_redis.url)
    with place.house() as house, place.command("worker", name="worker") as worker:
        people = settle(house)
        first = ask(house, people.ada)
        until(lambda: row(house, first.id).status == "in_progress", "the first case to begin")
        silent_redis.stop()  # the first case's message is not acknowledged
        meanwhile = ask(house, people.ada)
        until(lambda: worker.said().count("the broker does not answer") >= 2, "the sweeper to try twice")
        silent_redis.start()  # empty: what it held is lost
        for case_id in (first.id, meanwhile.id):
            until(lambda: finished(house, case_id), f"the end: {worker.said()[-2000:]}")  # noqa: B023 - waited for
        assert worker.runs
        for case_id in (first.id, meanwhile.id):
            assert_released_once(house, case_id, people)


# --- the database


def test_a_locked_database_is_a_503_that_says_when_to_come_back(sqlite_place: Place) -> None:
    sign = sqlite_place.folder / "locked"
    with sqlite_place.house() as house:
        event.listen(house.kernel.database.engine, "connect", _impatient)
        house.kernel.database.dispose()
        account = house.kernel.accounts.register("ada@placet.test", PASSWORD, ["requester"], "Ada").id
        with _client(house, account) as client:
            client.get("/v1/videos").raise_for_status()  # the key's first use is noted, later ones by the minute
            lock = ("-m", "tests.integration.second_process", "lock", str(sign))
            with sqlite_place.running(*lock, name="lock") as holder:
                until(sign.exists, f"the lock: {holder.said()}")
                refused = client.post("/v1/videos", json=_VIDEO)
                assert client.get("/v1/videos").status_code == httpx.codes.OK  # readers do not wait
            accepted = client.post("/v1/videos", json=_VIDEO)
        _assert_retryable(refused)
        assert accepted.status_code == httpx.codes.OK


def _impatient(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA busy_timeout=200")


@pytest.mark.postgres
def test_a_database_that_is_gone_is_a_503(sqlite_place: Place) -> None:
    need("postgres")
    url = f"postgresql+psycopg://placet@127.0.0.1:{free_port()}/placet"
    with sqlite_place.house() as other:  # only to have a key of the true form
        account = other.kernel.accounts.register("ada@placet.test", PASSWORD, ["requester"], "Ada").id
        key = other.kernel.accounts.issue_key(account, "tests", {"video:read"}).plaintext
    house = build_house(settings(sqlite_place.folder / "nowhere", database_url=url))
    with TestClient(build_app(house), headers={"authorization": f"Bearer {key}"}) as client:
        for path in ("/v1/videos", "/v1/me", "/ledger/checkpoint", "/ledger/entries"):
            _assert_retryable(client.get(path))
        assert client.get("/healthz").status_code == httpx.codes.OK
    with pytest.raises(Unavailable):
        ask(house, "acct_ada", "A paper boat")


@pytest.mark.postgres
def test_connections_that_the_server_dropped_are_made_anew(postgres_place: Place) -> None:
    with postgres_place.house() as house:
        account = house.kernel.accounts.register("ada@placet.test", PASSWORD, ["requester"], "Ada").id
        with _client(house, account) as client:
            assert client.get("/v1/videos").status_code == httpx.codes.OK
            with empty_postgres() as other, Place(postgres_place.folder / "other", other).house() as elsewhere:
                mine = house.kernel.database.engine.url.database
                with elsewhere.kernel.database.reading() as session:
                    kill = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
                    assert session.connection().execute(kill, {"name": mine}).rowcount > 0
            assert client.post("/v1/videos", json=_VIDEO).status_code == httpx.codes.OK


@pytest.mark.postgres
def test_a_connection_lost_in_the_middle_of_a_transaction_is_an_outage_and_changes_nothing(
    postgres_place: Place,
) -> None:
    with postgres_place.house() as house:
        database = house.kernel.database

        def lose_the_connection() -> None:
            with database.transaction() as session:
                house.kernel.outbox.emit("video:case:completed", "acct_ada", {})
                session.flush()
                session.connection().execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

        with pytest.raises(Unavailable):
            lose_the_connection()
        assert house.kernel.outbox.for_recipient("acct_ada") == []


def _assert_retryable(answer: Any) -> None:
    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "kernel:database:unavailable"
    assert int(answer.headers["retry-after"]) > 0


# --- the models


def test_a_gate_without_its_models_holds_the_case(sqlite_place: Place) -> None:
    with sqlite_place.house(model_cache=sqlite_place.folder / "empty") as house:
        account = house.kernel.accounts.register("ada@placet.test", PASSWORD, ["requester"], "Ada").id
        case = house.gateway.videos.submit(account, _with_picture(sqlite_place.folder))
        house.gateway.runner.run(case.id)
        held = house.shelves.cases.get(case.id)
        assert (held.status, held.error_code) == ("held", GatewayReason.GATE_UNAVAILABLE)
        assert house.shelves.releases.find(case.id) is None


def _with_picture(folder: Path) -> NewVideo:
    path = folder / "bruno.png"
    Image.fromarray(np.asarray(bruno().looks[3])).save(path)
    return NewVideo("He waves from a ferry", "animatic", seconds="1", size="640x360", references=(path,))


# --- the index


@pytest.mark.parametrize("where", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_somebody_blocked_by_another_process_is_found_by_the_next_request_here(where: str, tmp_path: Path) -> None:
    with _place(where, tmp_path) as place, place.house() as house:
        account = house.kernel.accounts.register("ada@placet.test", PASSWORD, ["requester"], "Ada").id
        house.guards.likeness.warm()
        house.guards.optouts.warm_up()
        before = house.gateway.videos.submit(account, _with_picture(place.folder))
        house.gateway.runner.run(before.id)
        assert "likeness:face:blocklisted" not in house.shelves.cases.get(before.id).reasons
        named = house.gateway.videos.submit(account, NewVideo("Bruno Bianconi reads the news", "animatic"))
        assert not house.guards.likeness.named(named.request.prompt)

        block = ("-m", "tests.integration.second_process", "block", "Bruno Bianconi")
        with place.running(*block, name="block") as other:
            until(lambda: not other.runs, "the other process")
            assert other.status == 0, other.said()[-2000:]
        assert house.guards.likeness.readiness().lag > 0

        after = house.gateway.videos.submit(account, _with_picture(place.folder))
        house.gateway.runner.run(after.id)
        assert house.shelves.cases.get(after.id).reasons[0] == "likeness:face:blocklisted"
        house.gateway.runner.run(named.id)
        assert "likeness:name:blocklisted" in house.shelves.cases.get(named.id).reasons
        assert house.guards.likeness.readiness().lag == 0


@contextmanager
def _place(where: str, folder: Path) -> Iterator[Place]:
    if where == "sqlite":
        yield Place(folder)
    else:
        with empty_postgres() as url:
            yield Place(folder, url)
