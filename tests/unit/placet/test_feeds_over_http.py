"""Feeds in a whole house: claims out in a format of others, in again, and banks of hashes."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from copyright_optout.tables import OptOutClaimRow
from tests.unit.placet.test_claims_over_http import Registry

FOX = {
    "names": ["Fenn & <Co>", "Фокс"],
    "descriptions": ["a teal fox in a raincoat"],
    "settings": ["sexual"],
    "territories": ["IT", "DE"],
    "told": "kind",
    "reference": "fox-1",
    "expires_at": "2090-01-01T00:00:00+00:00",
}
SAID = ("title", "kind", "names", "descriptions", "settings", "territories", "told", "reference", "expires_at")
BOMB = b'<!DOCTYPE rsl [<!ENTITY a "aaaa">]><rsl xmlns="https://rslstandard.org/rsl">&a;</rsl>'
RSL = b"""<rsl xmlns="https://rslstandard.org/rsl">
<content url="https://studio.example/films/"><license><prohibits type="usage">ai-train</prohibits>
<payment type="purchase"/></license></content>
<content url="/open/"><license><permits type="usage">all</permits></license></content></rsl>"""


class Exchange(Registry):
    """Two studios: what one gives out the other takes in."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.other = self.town.person("other", "rights_holder")

    def send(self, data: bytes, form: str, **more: str) -> Any:
        return self.town.http.post(
            "/v1/feeds/import",
            headers=self.other.headers,
            files={"file": ("feed", data)},
            data={"format": form, **more},
        )

    def taken(self, data: bytes, form: str, **more: str) -> dict[str, Any]:
        answer = self.send(data, form, **more)
        assert answer.status_code == 202, answer.text
        found: dict[str, Any] = answer.json()
        if found["list_import"]:
            desk = self.town.house.guards.optouts.imports
            assert desk is not None
            desk.work(found["list_import"]["id"])
        return found

    def given(self, form: str, **person: Any) -> Any:
        who = person.get("by", self.studio)
        return self.town.http.get("/v1/feeds/export", params={"format": form}, headers=who.headers)

    def theirs(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call(self.other, "GET", "").json()["data"]
        return found


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Exchange]:
    made = Exchange(tmp_path / "data")
    yield made
    made.town.house.kernel.database.dispose()


def bank(count: int) -> list[str]:
    bits = random.Random(7)  # noqa: S311 - any hashes will do
    return [f"{bits.getrandbits(256):064x}" for _ in range(count)]


@pytest.mark.parametrize("form", ["tdmrep", "rsl"])
def test_what_one_gives_out_another_takes_in_word_for_word_and_once(exchange: Exchange, form: str) -> None:
    made = exchange.filed("Fennimore Fox", **FOX)
    out = exchange.given(form)
    assert out.headers["Placet-Lost"] == "proof"
    for _ in range(2):
        assert exchange.taken(out.content, form)["notes"] == []
    (found,) = exchange.theirs()
    assert found["state"] == "draft"
    assert {name: found[name] for name in SAID} == {name: made[name] for name in SAID}


def test_a_reservation_alone_becomes_a_draft_and_what_is_not_reserved_nothing(exchange: Exchange) -> None:
    done = exchange.taken(RSL, "rsl")
    (found,) = exchange.theirs()
    assert (found["title"], found["kind"], found["state"]) == ("https://studio.example/films/", "work", "draft")
    first, second = done["notes"]
    assert (first["entry"], first["trouble"], first["lost"]) == (1, None, ["limits", "policy"])
    assert (second["entry"], second["trouble"]["code"]) == (2, "optout:feed:open")


def test_half_a_letter_is_no_location(exchange: Exchange) -> None:
    done = exchange.taken(json.dumps([{"location": "/\ud800", "tdm-reservation": 1}]).encode(), "tdmrep")
    assert (done["list_import"], done["notes"][0]["trouble"]["code"]) == (None, "optout:feed:entry")


def test_a_bad_entry_costs_itself_alone_and_keeps_the_numbers_of_the_others(exchange: Exchange) -> None:
    code = "ISCC:KACYPXW445FTYNJ3CYSXHAFJMA2HUWULUNRFE3BLHRSCXYH2M5AEGQY"
    feed = [{"iscc": "nothing", "tdm-reservation": 1}, {"iscc": code, "tdm-reservation": 1, "placet:claim": {"x": 1}}]
    done = exchange.taken(json.dumps([*feed, {"iscc": code, "tdm-reservation": 1}]).encode(), "tdmai")
    assert [note["entry"] for note in done["notes"]] == [1]
    path = f"/imports/{done['list_import']['id']}/report"
    lines = [json.loads(line) for line in exchange.call(exchange.other, "GET", path).text.splitlines()]
    assert [(line["line"], line["outcome"]) for line in lines] == [(2, "rejected"), (3, "added")]
    assert [one["title"] for one in exchange.theirs()] == [code]


@pytest.mark.parametrize("form", ["pdq", "threatexchange"])
def test_a_bank_of_hashes_is_one_claim_that_grows_and_comes_out_again(exchange: Exchange, form: str) -> None:
    hashes, blank = bank(3), "0" * 63 + "1"
    lines = [f"pdq {hashes[0]}", hashes[1].upper(), f"{hashes[2]},80", f"{hashes[0]},20", blank, "no hash"]
    done = exchange.taken("\n".join(lines).encode(), "pdq", bank="Films")
    assert (done["added"], [note["entry"] for note in done["notes"]]) == (3, [4, 5, 6])
    again = exchange.given(form, by=exchange.other)
    assert again.headers["Placet-Lost"] == "terms"
    repeated = exchange.taken(again.content, form, bank="Films")
    assert (repeated["claim_id"], repeated["added"]) == (done["claim_id"], 0)
    other = exchange.taken(again.content, form, bank="More")
    assert other["added"] == len(hashes)
    assert {one["title"] for one in exchange.theirs()} == {"Bank of hashes: Films", "Bank of hashes: More"}


def test_a_bank_that_was_looked_at_takes_no_further_hashes(exchange: Exchange) -> None:
    first, second = bank(2)
    claim_id = exchange.taken(first.encode(), "pdq", bank="Films")["claim_id"]
    with exchange.town.house.kernel.database.transaction() as session:
        session.get_one(OptOutClaimRow, claim_id).state = "active"
    assert exchange.taken(first.encode(), "pdq", bank="Films")["added"] == 0
    refused = exchange.send(second.encode(), "pdq", bank="Films")
    assert (refused.status_code, refused.json()["code"]) == (409, "optout:import:stands")


@pytest.mark.parametrize(
    ("form", "data", "code"),
    [
        ("rsl", BOMB, "optout:feed:unreadable"),
        ("rsl", b'<?xml version="1.0" encoding="nobodys"?><rsl/>', "optout:feed:unreadable"),
        ("rsl", b"<html/>", "optout:feed:unreadable"),
        ("rsl", b'<rsl xmlns="https://rslstandard.org/rsl">', "optout:feed:unreadable"),
        ("tdmrep", b"[" * 100_000, "optout:feed:unreadable"),
        ("tdmrep", b"\xff", "optout:feed:unreadable"),
        ("tdmrep", b"[" + b"1," * 4_000 + b"1]", "optout:feed:too_large"),
        ("threatexchange", b"1", "optout:feed:unreadable"),
        ("pdq", b"x" * 4_000_001, "optout:feed:too_large"),
        ("pdq", b"x", "optout:feed:bank"),
    ],
)
def test_what_is_no_feed_is_refused_as_a_whole(exchange: Exchange, form: str, data: bytes, code: str) -> None:
    answer = exchange.send(data, form)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_claims_are_given_to_their_holder_and_to_staff_alone(exchange: Exchange) -> None:
    own = exchange.filed("Fennimore Fox")["organisation_id"]
    assert [len(exchange.given("tdmrep", by=one).json()) for one in (exchange.other, exchange.staff)] == [0, 1]
    path = f"/v1/feeds/export?format=tdmrep&organisation={own}"
    assert exchange.town.http.get(path, headers=exchange.other.headers).status_code == 404
    assert exchange.given("tdmrep", by=exchange.ada).status_code == 403
