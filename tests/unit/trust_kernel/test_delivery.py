"""Webhooks: signed, sent at least once and to each endpoint once it took them, given up after 72 hours."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
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
from tests.factories.deliveries import Postal
from tests.fakes.web import FakeIdentities, access_of, an_actor
from trust_kernel.delivery.courier import DeliveryReport
from trust_kernel.delivery.domain import Answer, DeliveryState, Outcome
from trust_kernel.delivery.queue import DeliveryQueue
from trust_kernel.errors import Conflict, InvalidInput, NotFound, NotPermitted, Unavailable
from trust_kernel.events import OutboxRow
from trust_kernel.web import problems
from trust_kernel.web.outgoing import HttpxPoster, public_addresses
from trust_kernel.web.webhook_routes import build_router

URL, OTHER = "https://hooks.example.org/a", "https://hooks.example.org/b"


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Postal]:
    with sqlite(tmp_path) as database:
        yield Postal(database, tmp_path)


def test_an_event_arrives_signed_so_that_its_receiver_can_verify_it(post: Postal) -> None:
    secret = post.endpoints.register("acct_a", URL).secret
    post.clock.moment = datetime.now(UTC)  # receivers take no old signatures
    event_id = post.emit()
    assert post.courier.round() == DeliveryReport(delivered=1)
    url, headers, body = post.receiver.got[0]
    assert (url, headers["webhook-id"]) == (URL, event_id)
    assert Webhook(secret).verify(body, headers) == {
        "id": event_id,
        "object": "event",
        "created_at": int(post.clock.moment.timestamp()),
        "type": "ads:video:completed",
        "data": {"id": "video_1"},
    }
    assert post.courier.round() == DeliveryReport()


def test_what_nobody_subscribed_to_stays_in_the_app(post: Postal) -> None:
    post.endpoints.register("acct_a", URL, ["grant:*"])
    ids = [post.emit(), post.emit(to="acct_b")]
    assert post.courier.round() == DeliveryReport()
    assert post.receiver.got == []
    assert [post.rows(event_id) for event_id in ids] == [[], []]
    assert len(post.inbox.page("acct_a")[0]) == len(post.inbox.page("acct_b")[0]) == 1


def test_an_endpoint_made_later_gets_nothing_of_before(post: Postal) -> None:
    post.emit()
    post.courier.round()
    post.endpoints.register("acct_a", URL)
    post.courier.round()
    assert post.receiver.got == []


def test_an_endpoint_can_ask_for_another_style_and_gets_what_that_style_has(post: Postal) -> None:
    post.endpoints.register("acct_a", URL, style="short")
    post.emit("consent:grant:given")
    post.emit("case:video:done")
    post.courier.round()
    (only,) = post.receiver.got
    assert (json.loads(only[2])["type"], json.loads(only[2])["data"]) == ("case.video.done", {"it": "is"})
    with pytest.raises(InvalidInput) as caught:
        post.endpoints.register("acct_a", OTHER, style="baroque")
    assert caught.value.field == "style"


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [("*", True), ("ads:*", True), ("ads:video:completed", True), ("ads:video", False), ("grant:*", False)],
)
def test_an_endpoint_gets_the_types_it_asked_for(post: Postal, pattern: str, matches: bool) -> None:
    post.endpoints.register("acct_a", URL, [pattern])
    post.emit()
    post.courier.round()
    assert bool(post.receiver.got) is matches


@pytest.mark.parametrize("answer", [500, 302, 404, Unavailable("no answer"), NotPermitted("private address")])
def test_what_is_not_taken_is_tried_again_later_and_later(post: Postal, answer: int | Exception) -> None:
    post.endpoints.register("acct_a", URL)
    event_id = post.emit()
    post.receiver.answers[URL] = answer
    waits = []
    for _ in range(4):
        assert post.courier.round() == DeliveryReport(retrying=1)
        assert post.courier.round() == DeliveryReport()
        due = post.row(event_id).due_at.replace(tzinfo=UTC)
        waits.append((due - post.clock.moment).total_seconds())
        post.clock.moment = due
    assert waits == [5, 300, 1800, 7200]
    post.receiver.answers[URL] = 204
    assert post.courier.round() == DeliveryReport(delivered=1)


def test_after_72_hours_an_event_is_dead(post: Postal) -> None:
    post.endpoints.register("acct_a", URL)
    event_id, begun = post.emit(), post.clock.moment
    post.receiver.answers[URL] = 500
    for _ in range(20):
        if post.courier.round().dead:
            break
        post.clock.moment = post.row(event_id).due_at.replace(tzinfo=UTC)
    assert post.row(event_id).state == DeliveryState.DEAD
    assert post.clock.moment - begun == timedelta(hours=72)
    post.clock.moment += timedelta(days=30)
    assert post.courier.round() == DeliveryReport()


def test_a_retry_goes_only_where_it_was_not_taken(post: Postal) -> None:
    post.endpoints.register("acct_a", URL)
    post.endpoints.register("acct_a", OTHER)
    post.emit()
    post.receiver.answers[OTHER] = 503
    assert post.courier.round() == DeliveryReport(delivered=1, retrying=1)
    post.receiver.answers.clear()
    post.clock.moment += timedelta(seconds=5)
    assert post.courier.round() == DeliveryReport(delivered=1)
    assert (post.receiver.at(URL), post.receiver.at(OTHER)) == (1, 2)


def test_a_receiver_that_failed_is_left_in_peace_for_a_moment(post: Postal) -> None:
    post.endpoints.register("acct_a", URL)
    ids = [post.emit() for _ in range(5)]
    post.receiver.answers[URL] = 500
    assert post.courier.round() == DeliveryReport(retrying=1)
    assert post.receiver.at(URL) == 1
    post.receiver.answers.clear()
    post.clock.moment += timedelta(seconds=5)
    assert post.courier.round() == DeliveryReport(delivered=5)
    assert {post.row(event_id).state for event_id in ids} == {DeliveryState.SENT}


def test_what_the_last_attempt_said_is_kept_as_a_code(post: Postal) -> None:
    post.endpoints.register("acct_a", URL)
    event_id = post.emit()
    for answer, said in ((500, "500"), (Unavailable("no", code="webhook:receiver:silent"), "webhook:receiver:silent")):
        post.receiver.answers[URL] = answer
        post.courier.round()
        assert post.row(event_id).said == said
        post.clock.moment += timedelta(hours=1)


def test_an_endpoint_that_is_gone_is_asked_no_more(post: Postal) -> None:
    post.endpoints.register("acct_a", URL)
    post.receiver.answers[URL] = 410
    post.emit()
    assert post.courier.round() == DeliveryReport(delivered=1)
    post.emit()
    post.courier.round()
    assert post.receiver.at(URL) == 1
    assert post.endpoints.of("acct_a")[0].disabled


def test_an_endpoint_that_is_deleted_gets_nothing_that_was_still_waiting(post: Postal) -> None:
    made = post.endpoints.register("acct_a", URL)
    post.receiver.answers[URL] = 500
    event_id = post.emit()
    post.courier.round()
    post.endpoints.remove("acct_a", made.endpoint.id)
    post.clock.moment += timedelta(seconds=5)
    assert post.courier.round() == DeliveryReport(dropped=1)
    assert (post.receiver.at(URL), post.row(event_id).state) == (1, DeliveryState.DROPPED)


def test_what_was_erased_before_it_was_sent_is_told_to_nobody(post: Postal) -> None:
    post.endpoints.register("acct_a", URL)
    post.endpoints.register("acct_b", OTHER)
    event_id = post.emit()
    kept = post.emit(to="acct_b")
    DeliveryQueue(post.database, post.clock, post.senders).route()
    with post.database.transaction() as session:
        session.delete(session.get(OutboxRow, event_id))
    assert post.courier.round() == DeliveryReport(delivered=1)
    assert (post.receiver.at(URL), post.row(event_id).said) == (0, "delivery:event:gone")
    assert post.row(kept).state == DeliveryState.SENT


def test_a_sender_that_died_is_stepped_in_for_after_its_lease(post: Postal) -> None:
    post.endpoints.register("acct_a", URL)
    post.emit()
    post.receiver.answers[URL] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        post.courier.round()
    post.receiver.answers.clear()
    assert post.courier.round() == DeliveryReport()
    post.clock.moment += timedelta(seconds=120)
    assert post.courier.round() == DeliveryReport(delivered=1)
    first, second = (headers["webhook-id"] for _, headers, _ in post.receiver.got)
    assert first == second, "whoever got it the first time can tell"


def test_a_delivery_that_kills_every_sender_is_given_up_too(post: Postal) -> None:
    post.endpoints.register("acct_a", URL)
    event_id = post.emit()
    post.receiver.answers[URL] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        post.courier.round()
    post.clock.moment += timedelta(hours=73)
    assert post.courier.round() == DeliveryReport()
    assert (post.row(event_id).state, post.row(event_id).said) == (DeliveryState.DEAD, "delivery:sender:died")


def test_a_sender_that_was_overtaken_changes_nothing_but_a_success(post: Postal) -> None:
    post.endpoints.register("acct_a", URL)
    event_id = post.emit()
    queue = DeliveryQueue(post.database, post.clock, post.senders)
    queue.route()
    slow = queue.claim()
    assert slow is not None
    assert queue.claim() is None
    post.clock.moment += timedelta(seconds=121)
    quick = queue.claim()
    assert quick is not None
    assert (quick.id, quick.attempt) == (slow.id, 2)
    queue.settle(slow, Answer(Outcome.LATER, "500"))
    assert post.row(event_id).leased_until is not None, "still the other's"
    queue.settle(slow, Answer(Outcome.TAKEN, "200"))
    assert post.row(event_id).state == DeliveryState.SENT
    queue.settle(quick, Answer(Outcome.LATER, "500"))
    assert post.row(event_id).state == DeliveryState.SENT


def test_what_went_well_long_ago_is_swept_away_and_what_did_not_stays(post: Postal) -> None:
    post.endpoints.register("acct_a", URL)
    sent = post.emit()
    post.courier.round()
    post.receiver.answers[URL] = KeyboardInterrupt()
    lost = post.emit()
    with pytest.raises(KeyboardInterrupt):
        post.courier.round()
    post.clock.moment += timedelta(days=31)
    post.courier.round()
    queue = DeliveryQueue(post.database, post.clock, post.senders)
    assert queue.prune() == 1
    assert (post.rows(sent), post.row(lost).state) == ([], DeliveryState.DEAD)
    assert len(post.inbox.page("acct_a")[0]) == 2


def test_the_courier_delivers_within_seconds_until_it_is_told_to_stop(post: Postal) -> None:
    post.endpoints.register("acct_a", URL)
    stop = threading.Event()
    runner = threading.Thread(target=post.courier.run, args=(stop, 0.02))
    runner.start()
    post.emit()
    deadline = time.monotonic() + 10
    while not post.receiver.got and time.monotonic() < deadline:
        time.sleep(0.01)
    stop.set()
    runner.join(10)
    assert (len(post.receiver.got), runner.is_alive()) == (1, False)


def test_what_breaks_one_delivery_does_not_stop_the_courier(post: Postal, caplog: pytest.LogCaptureFixture) -> None:
    post.endpoints.register("acct_a", URL)
    post.endpoints.register("acct_b", OTHER)
    post.receiver.answers[URL] = ZeroDivisionError("a@example.org")
    post.emit()
    stop = threading.Event()
    runner = threading.Thread(target=post.courier.run, args=(stop, 0.02))
    runner.start()
    deadline = time.monotonic() + 10
    while not post.receiver.at(URL) and time.monotonic() < deadline:
        time.sleep(0.01)
    post.emit(to="acct_b")
    while not post.receiver.at(OTHER) and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.1)
    stop.set()
    runner.join(10)
    assert (post.receiver.at(URL), post.receiver.at(OTHER)) == (1, 1)
    assert "ZeroDivisionError" in caplog.text
    assert "example.org" not in caplog.text


def race(post: Postal) -> None:
    post.endpoints.register("acct_a", URL)
    ids = {post.emit() for _ in range(20)}
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: post.courier.round(), range(4)))
    sent = [headers["webhook-id"] for _, headers, _ in post.receiver.got]
    assert sorted(sent) == sorted(ids)


def test_processes_that_deliver_at_once_send_each_event_once(post: Postal) -> None:
    race(post)


@pytest.mark.postgres
def test_processes_that_deliver_at_once_send_each_event_once_on_postgresql(tmp_path: Path) -> None:
    with postgres() as database:
        race(Postal(database, tmp_path))


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
def test_only_plain_https_urls_are_taken(post: Postal, url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        post.endpoints.register("acct_a", url)
    assert caught.value.field == "url"


def test_an_account_has_few_endpoints_and_only_its_own(post: Postal) -> None:
    made = [post.endpoints.register("acct_a", f"{URL}/{number}") for number in range(5)]
    with pytest.raises(Conflict):
        post.endpoints.register("acct_a", URL)
    with pytest.raises(NotFound):
        post.endpoints.remove("acct_b", made[0].endpoint.id)
    post.endpoints.remove("acct_a", made[0].endpoint.id)
    assert len(post.endpoints.of("acct_a")) == 4


def test_the_secret_lies_wrapped_in_the_database(post: Postal) -> None:
    secret = post.endpoints.register("acct_a", URL).secret
    with post.database.reading() as session:
        stored = session.connection().execute(text("SELECT secret FROM webhook_endpoints")).scalar_one()
    assert Webhook(secret)._whsecret not in bytes(stored)


def test_webhooks_are_managed_over_http(post: Postal) -> None:
    identities = FakeIdentities()
    headers = identities.add(an_actor("webhook:manage", account_id="acct_a"))
    app = FastAPI()
    problems.install(app)
    app.include_router(build_router(post.endpoints, access_of(identities)))
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


def test_a_receiver_that_sends_a_byte_now_and_then_is_not_waited_for() -> None:
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                while not done.wait(0.05):
                    connection.sendall(b"H")

        slow = threading.Thread(target=drip)
        slow.start()
        poster = HttpxPoster(lambda _host, _port: ["127.0.0.1"], seconds=0.4)
        began = time.monotonic()
        with pytest.raises(Unavailable):
            poster.post(f"http://hooks.example.org:{listener.getsockname()[1]}/", {}, b"")
        assert time.monotonic() - began < 5
        done.set()
        slow.join(10)


def test_a_receiver_that_does_not_answer_is_unavailable() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    poster = HttpxPoster(lambda _host, _port: ["203.0.113.9"], transport=httpx.MockTransport(fail))
    with pytest.raises(Unavailable):
        poster.post(URL, {}, b"")
