"""Webhooks: signed, sent at least once and to each endpoint once it took them, given up after 72 hours."""

import json
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text
from standardwebhooks import Webhook

from tests.factories.databases import postgres, sqlite
from tests.fakes.web import FakeIdentities, access_of, an_actor
from trust_kernel.db import Database
from trust_kernel.delivery import DeliveryReport, WebhookDelivery
from trust_kernel.envelope import LocalKeyFile
from trust_kernel.errors import Conflict, InvalidInput, NotFound, NotPermitted, Unavailable
from trust_kernel.events import Outbox, OutboxRow
from trust_kernel.web import problems
from trust_kernel.web.outgoing import HttpxPoster, public_addresses
from trust_kernel.web.webhook_routes import build_router


class Ticking:
    def __init__(self) -> None:
        self.moment = datetime.now(UTC)

    def now(self) -> datetime:
        return self.moment


class Receiver:
    """Keeps what is posted; answers as told, by URL."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: dict[str, int | BaseException] = {}
        self._lock = threading.Lock()

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        with self._lock:
            self.got.append((url, dict(headers), body))
        answer = self.answers.get(url, 200)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def at(self, url: str) -> int:
        return sum(got == url for got, _, _ in self.got)


URL, OTHER = "https://hooks.example.org/a", "https://hooks.example.org/b"


class Post:
    """Everything about deliveries, over one database."""

    def __init__(self, database: Database, directory: Path) -> None:
        self.database = database
        self.clock = Ticking()
        self.receiver = Receiver()
        self.outbox = Outbox(database, self.clock)
        self.delivery = WebhookDelivery(database, self.clock, self.receiver, LocalKeyFile(directory / "key"))

    def emit(self, kind: str = "case:video:completed", to: str = "acct_a") -> str:
        return self.outbox.emit(kind, to, {"id": "video_1"}).id

    def row(self, event_id: str) -> OutboxRow:
        with self.database.reading() as session:
            found = session.get(OutboxRow, event_id)
        assert found is not None
        return found


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    with sqlite(tmp_path) as database:
        yield Post(database, tmp_path)


def test_an_event_arrives_signed_so_that_its_receiver_can_verify_it(post: Post) -> None:
    secret = post.delivery.register("acct_a", URL).secret
    event_id = post.emit()
    assert post.delivery.deliver_due() == DeliveryReport(delivered=1)
    url, headers, body = post.receiver.got[0]
    assert (url, headers["webhook-id"]) == (URL, event_id)
    assert Webhook(secret).verify(body, headers) == {
        "id": event_id,
        "object": "event",
        "created_at": int(post.clock.moment.timestamp()),
        "type": "case:video:completed",
        "data": {"id": "video_1"},
    }
    assert post.delivery.deliver_due() == DeliveryReport()


def test_what_nobody_subscribed_to_stays_in_the_app(post: Post) -> None:
    post.delivery.register("acct_a", URL, ["grant:*"])
    ids = [post.emit(), post.emit(to="acct_b")]
    assert post.delivery.deliver_due() == DeliveryReport(delivered=2)
    assert post.receiver.got == []
    assert all(post.row(event_id).delivered_at is not None for event_id in ids)


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [("*", True), ("case:*", True), ("case:video:completed", True), ("case:video", False), ("grant:*", False)],
)
def test_an_endpoint_gets_the_types_it_asked_for(post: Post, pattern: str, matches: bool) -> None:
    post.delivery.register("acct_a", URL, [pattern])
    post.emit()
    post.delivery.deliver_due()
    assert bool(post.receiver.got) is matches


@pytest.mark.parametrize("answer", [500, 302, 404, Unavailable("no answer"), NotPermitted("private address")])
def test_what_is_not_taken_is_tried_again_later_and_later(post: Post, answer: int | Exception) -> None:
    post.delivery.register("acct_a", URL)
    event_id = post.emit()
    post.receiver.answers[URL] = answer
    waits = []
    for _ in range(4):
        assert post.delivery.deliver_due() == DeliveryReport(retrying=1)
        assert post.delivery.deliver_due() == DeliveryReport()
        due = post.row(event_id).due_at.replace(tzinfo=UTC)
        waits.append((due - post.clock.moment).total_seconds())
        post.clock.moment = due
    assert waits == [5, 300, 1800, 7200]
    post.receiver.answers[URL] = 204
    assert post.delivery.deliver_due() == DeliveryReport(delivered=1)


def test_after_72_hours_an_event_is_dead(post: Post) -> None:
    post.delivery.register("acct_a", URL)
    event_id, begun = post.emit(), post.clock.moment
    post.receiver.answers[URL] = 500
    for _ in range(20):
        if post.delivery.deliver_due().dead:
            break
        post.clock.moment = post.row(event_id).due_at.replace(tzinfo=UTC)
    assert post.row(event_id).dead
    assert post.clock.moment - begun == timedelta(hours=72)
    post.clock.moment += timedelta(days=30)
    assert post.delivery.deliver_due() == DeliveryReport()


def test_a_retry_goes_only_where_it_was_not_taken(post: Post) -> None:
    post.delivery.register("acct_a", URL)
    post.delivery.register("acct_a", OTHER)
    post.emit()
    post.receiver.answers[OTHER] = 503
    assert post.delivery.deliver_due().retrying == 1
    post.receiver.answers.clear()
    post.clock.moment += timedelta(seconds=5)
    assert post.delivery.deliver_due().delivered == 1
    assert (post.receiver.at(URL), post.receiver.at(OTHER)) == (1, 2)


def test_an_endpoint_that_is_gone_is_asked_no_more(post: Post) -> None:
    post.delivery.register("acct_a", URL)
    post.receiver.answers[URL] = 410
    post.emit()
    assert post.delivery.deliver_due() == DeliveryReport(delivered=1)
    post.emit()
    post.delivery.deliver_due()
    assert post.receiver.at(URL) == 1
    assert post.delivery.endpoints("acct_a")[0].disabled


def test_a_sender_that_died_is_stepped_in_for_after_its_lease(post: Post) -> None:
    post.delivery.register("acct_a", URL)
    post.emit()
    post.receiver.answers[URL] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        post.delivery.deliver_due()
    post.receiver.answers.clear()
    assert post.delivery.deliver_due() == DeliveryReport()
    post.clock.moment += timedelta(seconds=120)
    assert post.delivery.deliver_due() == DeliveryReport(delivered=1)


def race(post: Post) -> None:
    post.delivery.register("acct_a", URL)
    ids = {post.emit() for _ in range(20)}
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: post.delivery.deliver_due(), range(4)))
    sent = [headers["webhook-id"] for _, headers, _ in post.receiver.got]
    assert sorted(sent) == sorted(ids)


def test_processes_that_deliver_at_once_send_each_event_once(post: Post) -> None:
    race(post)


@pytest.mark.postgres
def test_processes_that_deliver_at_once_send_each_event_once_on_postgresql(tmp_path: Path) -> None:
    with postgres() as database:
        race(Post(database, tmp_path))


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.org/",
        "ftp://hooks.example.org/",
        "https://user:pw@hooks.example.org/",
        "https://hooks.example.org/#x",
        "https:///x",
        "https://[::1",
        "https://hooks.example.org:99999/",
        "https://hooks.example.org/a b",
        "nonsense",
    ],
)
def test_only_plain_https_urls_are_taken(post: Post, url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        post.delivery.register("acct_a", url)
    assert caught.value.field == "url"


def test_an_account_has_few_endpoints_and_only_its_own(post: Post) -> None:
    made = [post.delivery.register("acct_a", f"{URL}/{number}") for number in range(5)]
    with pytest.raises(Conflict):
        post.delivery.register("acct_a", URL)
    with pytest.raises(NotFound):
        post.delivery.remove("acct_b", made[0].endpoint.id)
    post.delivery.remove("acct_a", made[0].endpoint.id)
    assert len(post.delivery.endpoints("acct_a")) == 4


def test_the_secret_lies_wrapped_in_the_database(post: Post) -> None:
    secret = post.delivery.register("acct_a", URL).secret
    with post.database.reading() as session:
        stored = session.connection().execute(text("SELECT secret FROM webhook_endpoints")).scalar_one()
    assert Webhook(secret)._whsecret not in bytes(stored)


def test_webhooks_are_managed_over_http(post: Post) -> None:
    identities = FakeIdentities()
    headers = identities.add(an_actor("webhook:manage", account_id="acct_a"))
    app = FastAPI()
    problems.install(app)
    app.include_router(build_router(post.delivery, access_of(identities)))
    client = TestClient(app, headers=headers)
    made = client.post("/v1/webhooks", json={"url": URL}).json()
    assert made["secret"].startswith("whsec_")
    listed = client.get("/v1/webhooks").json()["data"]
    assert [(endpoint["url"], "secret" in endpoint) for endpoint in listed] == [(URL, False)]
    assert client.delete(f"/v1/webhooks/{made['id']}").status_code == 204
    assert client.delete(f"/v1/webhooks/{made['id']}").status_code == 404
    refused = client.post("/v1/webhooks", json={"url": "http://x/", "types": ["*"]})
    assert (refused.status_code, refused.json()["field"]) == (422, "url")


INNER = (
    "127.0.0.1 10.0.0.1 169.254.169.254 ::1 ::ffff:127.0.0.1 fd00::1 0.0.0.0 100.64.0.1 64:ff9b::a00:1 2002:7f00:1:: "
    "224.0.0.1 localhost"
)


@pytest.mark.parametrize("host", INNER.split())
def test_no_address_of_our_own_network_is_reached(host: str) -> None:
    with pytest.raises(NotPermitted):
        public_addresses(host, 443)


def test_a_public_address_is_reached() -> None:
    assert public_addresses("93.184.215.14", 443) == ["93.184.215.14"]


def test_the_vetted_address_is_the_one_connected_to() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(302, headers={"location": "https://127.0.0.1/"})

    poster = HttpxPoster(lambda _host, _port: ["203.0.113.9"], transport=httpx.MockTransport(answer))
    assert poster.post("https://hooks.example.org:8443/a?b=c", {"webhook-id": "evt_1"}, b"{}") == 302
    assert len(seen) == 1
    assert str(seen[0].url) == "https://203.0.113.9:8443/a?b=c"
    assert seen[0].headers["host"] == "hooks.example.org:8443"
    assert seen[0].extensions["sni_hostname"] == "hooks.example.org"
    assert json.loads(seen[0].content) == {}


def test_a_receiver_that_does_not_answer_is_unavailable() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    poster = HttpxPoster(lambda _host, _port: ["203.0.113.9"], transport=httpx.MockTransport(fail))
    with pytest.raises(Unavailable):
        poster.post(URL, {}, b"")
