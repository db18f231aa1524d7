"""Whoever has no account may ask so often and no more, however they come."""

import ipaddress
import threading

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from trust_kernel.web.problems import install
from trust_kernel.web.rate import RateLimit, TokenBuckets, TooOften, client_key

PROXY = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))


class Hand:
    """A stopwatch that a test moves."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def hand() -> Hand:
    return Hand()


def key(peer: str | None, *forwarded: str, proxies: bool = False) -> str:
    headers = [(b"x-forwarded-for", value.encode("latin-1")) for value in forwarded]
    scope = {"type": "http", "client": (peer, 1) if peer is not None else None, "headers": headers}
    return client_key(scope, PROXY if proxies else ())


def test_a_minutes_worth_may_come_at_once_and_then_no_more(hand: Hand) -> None:
    buckets = TokenBuckets(3, stopwatch=hand)
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 0]
    assert buckets.take("a") == pytest.approx(20.0)
    assert buckets.take("b") == 0


def test_a_refusal_takes_nothing_so_that_waiting_helps(hand: Hand) -> None:
    buckets = TokenBuckets(3, stopwatch=hand)
    for _ in range(10):
        buckets.take("a")
    hand.time += 20.1
    assert buckets.take("a") == 0
    assert buckets.take("a") > 0


def test_a_long_silence_saves_up_no_more_than_a_minutes_worth(hand: Hand) -> None:
    buckets = TokenBuckets(3, stopwatch=hand)
    buckets.take("a")
    hand.time += 1e6
    assert [buckets.take("a") > 0 for _ in range(4)] == [False, False, False, True]


def test_memory_is_bounded_however_many_addresses_come(hand: Hand) -> None:
    buckets = TokenBuckets(1, most=100, stopwatch=hand)
    for at in range(10_000):
        buckets.take(f"address {at}")
    assert len(buckets) == 100


def test_whoever_keeps_asking_is_not_forgotten_first(hand: Hand) -> None:
    buckets = TokenBuckets(1, most=3, stopwatch=hand)
    buckets.take("busy")
    for at in range(50):
        assert buckets.take("busy") > 0
        buckets.take(f"other {at}")


def test_threads_together_get_no_more_than_one_alone() -> None:
    buckets = TokenBuckets(50, stopwatch=lambda: 0.0)
    allowed: list[float] = []
    threads = [threading.Thread(target=lambda: allowed.extend(buckets.take("a") for _ in range(40))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(wait == 0 for wait in allowed) == 50


@given(st.lists(st.floats(0, 100), max_size=60), st.integers(1, 30))
def test_no_pattern_of_asking_gets_more_than_the_bucket_and_what_flowed_in(pauses: list[float], rate: int) -> None:
    hand = Hand()
    buckets = TokenBuckets(rate, stopwatch=hand)
    allowed = 0
    for pause in pauses:
        hand.time += pause
        allowed += buckets.take("a") == 0
    assert allowed <= rate + hand.time * rate / 60 + 1e-6


@pytest.mark.parametrize("wrong", [(0, 10), (10, 0)])
def test_a_limit_of_nothing_is_a_mistake(wrong: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="at least one"):
        TokenBuckets(*wrong)


def test_one_ipv6_customer_is_one_client() -> None:
    assert key("2001:db8:1:2::1") == key("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert key("2001:db8:1:3::1") != key("2001:db8:1:2::1")
    assert key("::ffff:192.0.2.7") == key("192.0.2.7") == "192.0.2.7"
    assert key("fe80::1%eth0") == "fe80::/64"


def test_the_header_is_not_believed_without_a_setting() -> None:
    assert key("203.0.113.9", "192.0.2.1") == "203.0.113.9"
    assert key("203.0.113.9", "192.0.2.1", proxies=True) == "203.0.113.9"


def test_a_known_proxys_word_is_taken_and_what_its_client_wrote_before_it_is_not() -> None:
    assert key("10.0.0.1", "6.6.6.6, 192.0.2.1", proxies=True) == "192.0.2.1"
    assert key("10.0.0.1", "6.6.6.6", "192.0.2.1, 10.0.0.2", proxies=True) == "192.0.2.1"
    assert key("fd00::1", "2001:db8::5", proxies=True) == "2001:db8::/64"


@pytest.mark.parametrize(("word", "client"), [("192.0.2.1:4711", "192.0.2.1"), ("[2001:db8::5]:4711", "2001:db8::/64")])
def test_a_proxy_that_writes_ports_does_not_make_one_client_of_all(word: str, client: str) -> None:
    assert key("10.0.0.1", word, proxies=True) == client


@pytest.mark.parametrize("header", ["", "garbage", "192.0.2.1, garbage", ",,,", "unix:", "[::1", "1.2.3.4:80:80"])
def test_a_header_that_cannot_be_read_leaves_the_proxys_own_address(header: str) -> None:
    assert key("10.0.0.1", header, proxies=True) == "10.0.0.1"


@given(st.text(alphabet=st.characters(codec="latin-1"), max_size=200))
def test_any_header_gives_some_key(header: str) -> None:
    assert key("10.0.0.1", header, proxies=True)


def test_without_an_address_all_share_one_key() -> None:
    assert key(None) == ""
    assert key("testclient") == "testclient"


def test_a_route_refuses_with_429_and_says_when_to_come_back() -> None:
    app = FastAPI()
    limit = RateLimit(TokenBuckets(2, stopwatch=lambda: 0.0))

    @app.get("/ask", dependencies=[limit.guard()])
    def ask() -> str:
        return "answer"

    install(app)
    client = TestClient(app)
    assert [client.get("/ask").status_code for _ in range(3)] == [200, 200, 429]
    answer = client.get("/ask")
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) >= 30
    assert answer.json()["limit"] == "2 a minute"


def test_the_error_knows_the_seconds() -> None:
    assert TooOften(30, 2).retry_after == 30
