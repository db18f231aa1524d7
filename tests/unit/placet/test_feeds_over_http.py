"""Feeds in a whole house: claims out in a format of others, in again, and banks of hashes."""

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from copyright_optout.adapters.pdq import PdqHasher
from copyright_optout.api import Band, Declaration, Ground, Proof
from copyright_optout.domain import MOST_REFERENCES
from copyright_optout.tables import OptOutClaimRow
from generator_gateway.ports.bindings import Prints
from tests.factories.ownership import out
from tests.factories.references import picture, video
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

    def activated(self, claim_id: str) -> dict[str, Any]:
        desk, proof = self.town.house.guards.optouts.desk, Proof(Ground.OWNER, "ours")
        seen = desk.submit(claim_id, by=self.other.account_id, proof=proof, declared=frozenset(Declaration)).changed_at
        looked = {"seen": seen.isoformat()}
        found: dict[str, Any] = self.call(self.staff, "POST", f"/{claim_id}/activate", json=looked).json()
        return found

    def theirs(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call(self.other, "GET", "").json()["data"]
        return found


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Exchange]:
    made = Exchange(tmp_path / "data")
    yield made
    made.town.house.kernel.database.dispose()


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    """One that nothing is kept in."""
    made = Exchange(tmp_path_factory.mktemp("refusing"))
    yield made
    made.town.house.kernel.database.dispose()


def bank(count: int) -> list[str]:
    bits = random.Random(7)  # noqa: S311 - any hashes will do
    return [f"{bits.getrandbits(256):064x}" for _ in range(count)]


@pytest.mark.parametrize("form", ["tdmrep", "rsl", "tdmai"])
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
    assert (first["entry"], first["trouble"], first["lost"]) == (1, None, ["policy"])
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


def test_staff_who_have_a_bank_before_them_see_that_it_grew(exchange: Exchange) -> None:
    first, second = bank(2)
    claim_id = exchange.taken(first.encode(), "pdq", bank="Films")["claim_id"]
    before, same = exchange.theirs()[0]["changed_at"], exchange.taken(first.encode(), "pdq", bank="Films")
    assert (same["added"], exchange.theirs()[0]["changed_at"]) == (0, before)
    exchange.taken(second.encode(), "pdq", bank="Films")
    assert exchange.theirs()[0]["changed_at"] > before
    assert exchange.theirs()[0]["id"] == claim_id


def test_a_bank_that_was_looked_at_takes_no_further_hashes(exchange: Exchange) -> None:
    first, second = bank(2)
    claim_id = exchange.taken(first.encode(), "pdq", bank="Films")["claim_id"]
    with exchange.town.house.kernel.database.transaction() as session:
        session.get_one(OptOutClaimRow, claim_id).state = "active"
    assert exchange.taken(first.encode(), "pdq", bank="Films")["added"] == 0
    refused = exchange.send(second.encode(), "pdq", bank="Films")
    assert (refused.status_code, refused.json()["code"]) == (409, "optout:import:stands")


def frames(*seeds: int) -> str:
    """A video of drawn pictures as a line of HMA's file exchange, a frame a second."""
    hashes = [PdqHasher().references(picture(seed))[0].bits for seed in seeds]
    return f"vpdq {json.dumps([f'{bits},100,{second}.0' for second, bits in enumerate(hashes)])}"


def test_a_banked_video_is_recognised_by_four_fifths_of_it_and_one_frame_is_for_a_person(exchange: Exchange) -> None:
    optouts, film = exchange.town.house.guards.optouts, range(100, 120)
    dull = f'vpdq ["{"0" * 64},100,0.0"]'
    done = exchange.taken("\n".join([frames(*film), dull, frames(*film)]).encode(), "pdq", bank="Films")
    assert (done["added"], [note["entry"] for note in done["notes"]]) == (1, [2])
    assert exchange.taken(frames(*film).encode(), "pdq", bank="Films")["added"] == 0
    assert exchange.activated(done["claim_id"])["state"] == "active"
    (copy,) = optouts.pictured(video(*film[:16], *range(4)))
    assert (copy.band, copy.overlap and copy.overlap.work_share) == (Band.MATCH, 0.8)
    (glimpse,) = optouts.pictured(video(film[0], *range(20)))
    assert glimpse.band is Band.UNSURE
    assert optouts.pictured(video(*range(20))) == ()
    again = exchange.given("pdq", by=exchange.other).content
    assert exchange.taken(again, "pdq", bank="Films")["added"] == 0
    exchange.call(exchange.other, "POST", f"/{done['claim_id']}/withdraw").raise_for_status()
    assert optouts.pictured(video(*film)) == ()
    assert exchange.given("pdq", by=exchange.other).content == b""


def test_what_its_source_takes_back_is_not_taken_in_and_told_by_entry(exchange: Exchange) -> None:
    good, harmless, gone = bank(3)
    feed = [
        {"raw_indicator": good, "type": "HASH_PDQ", "status": "MALICIOUS"},
        {"raw_indicator": harmless, "type": "HASH_PDQ", "status": "NON_MALICIOUS"},
        {"indicator": gone, "type": "HASH_PDQ", "should_delete": True},
    ]
    done = exchange.taken(json.dumps({"data": feed}).encode(), "threatexchange", bank="Films")
    assert done["added"] == 1
    told = [(note["entry"], note["trouble"]["code"]) for note in done["notes"]]
    assert told == [(2, "optout:feed:open"), (3, "optout:feed:open")]
    assert exchange.given("pdq", by=exchange.other).text == f"pdq {good}\n"
    assert exchange.given("rsl", by=exchange.other).headers["Placet-Lost"] == "references"


def test_a_bank_has_room_for_so_many_videos_and_the_rest_is_told_by_entry(exchange: Exchange) -> None:
    lines = [f'vpdq ["{bits},100,0.0"]' for bits in bank(MOST_REFERENCES + 1)]
    done = exchange.taken("\n".join(lines).encode(), "pdq", bank="Films")
    assert done["added"] == MOST_REFERENCES
    (note,) = done["notes"]
    assert (note["entry"], note["trouble"]["code"]) == (MOST_REFERENCES + 1, "optout:reference:too_many")


def test_frames_whose_moments_were_rounded_together_stay_frames_of_their_own(exchange: Exchange) -> None:
    optouts, film = exchange.town.house.guards.optouts, range(100, 120)
    line = re.sub(r",100,\d+\.0", ",100,1e+03", frames(*film))
    done = exchange.taken(line.encode(), "pdq", bank="Films")
    exchange.activated(done["claim_id"])
    (glimpse,) = optouts.pictured(video(film[0], *range(20)))
    assert glimpse.band is Band.UNSURE


def test_a_bank_that_would_stop_too_much_is_quarantined_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLACET_FLOOD_REQUESTS", "4")
    exchange = Exchange(tmp_path / "flood")
    shelves, hashes = exchange.town.house.shelves, bank(6)
    for number, bits in enumerate(hashes[:5]):
        name = f"video_{number:016}"
        out(shelves.cases, shelves.releases, name, maker=exchange.studio.account_id, media_digest=f"{number:064}")
        shelves.bindings.register(name, Prints(pictures=(bits,)), "")
    flooding = exchange.taken("\n".join([hashes[0], hashes[5]]).encode(), "pdq", bank="Flood")["claim_id"]
    harmless = exchange.taken(hashes[5].encode(), "pdq", bank="Other")["claim_id"]
    assert [exchange.activated(one)["state"] for one in (flooding, harmless)] == ["quarantined", "active"]
    (concern,) = exchange.call(exchange.staff, "GET", f"/{flooding}").json()["concerns"]
    assert (concern["concern"], concern["about"]) == ("flood", "20.0")
    exchange.call(exchange.other, "POST", f"/{flooding}/withdraw").raise_for_status()
    assert {one["title"]: one["state"] for one in exchange.theirs()} == {
        "Bank of hashes: Flood": "withdrawn",
        "Bank of hashes: Other": "active",
    }
    exchange.town.house.kernel.database.dispose()


def test_a_claim_goes_out_under_the_code_of_its_medium_and_otherwise_under_that_of_its_title(
    exchange: Exchange,
) -> None:
    claim, references = exchange.filed("Fennimore Fox")["id"], exchange.town.house.guards.optouts.references
    assert references is not None
    (bare,) = exchange.given("tdmai").json()
    assert bare["iscc"] == references.text_code(exchange.town.house.guards.optouts.claim(claim)) != ""
    kept = references.add_picture(claim, picture(1), by=exchange.studio.account_id)
    answer = exchange.given("tdmai")
    assert [one["iscc"] for one in answer.json()] == list(kept.codes)
    assert answer.headers["Placet-Lost"] == "proof, references"


def test_what_is_no_claim_in_our_own_term_spoils_its_entry_alone(exchange: Exchange) -> None:
    terms: list[object] = [["title"], "title,kind", 7, {"title": ["x"]}, {"a": [[[[[]]]]]}]
    feed = [{"location": f"/{place}", "tdm-reservation": 1, "placet:claim": said} for place, said in enumerate(terms)]
    done = exchange.taken(json.dumps([*feed, {"location": "/b", "tdm-reservation": 1}]).encode(), "tdmrep")
    assert [one["title"] for one in exchange.theirs()] == ["/b"]
    assert [note["entry"] for note in done["notes"]] == [1, 2, 3]


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
def test_what_is_no_feed_is_refused_as_a_whole(refusing: Exchange, form: str, data: bytes, code: str) -> None:
    answer = refusing.send(data, form)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_claims_are_given_to_their_holder_and_to_staff_alone(exchange: Exchange) -> None:
    own = exchange.filed("Fennimore Fox")["organisation_id"]
    assert [len(exchange.given("tdmrep", by=one).json()) for one in (exchange.other, exchange.staff)] == [0, 1]
    path = f"/v1/feeds/export?format=tdmrep&organisation={own}"
    assert exchange.town.http.get(path, headers=exchange.other.headers).status_code == 404
    assert exchange.given("tdmrep", by=exchange.ada).status_code == 403
    assert exchange.town.http.post("/v1/feeds/import", headers=exchange.ada.headers).status_code == 403
