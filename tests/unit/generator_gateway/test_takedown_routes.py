"""Batches over HTTP: staff search, confirm and undo; nobody else sees any."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from generator_gateway.ports.takedowns import TakedownCause, Touched
from generator_gateway.routes.takedowns import build_takedown_router
from generator_gateway.service.takedown_asking import AskedSearches
from likeness_guard.api import Entry
from tests.factories.claims import filing
from tests.factories.databases import sqlite
from tests.fakes.web import FakeIdentities, access_of, an_actor
from tests.unit.generator_gateway.test_claims_past import FOX, Past, past_of
from trust_kernel.web.problems import install

WHY = TakedownCause("release:claim:touched", "claim_1", "Fennimore Fox")


@pytest.fixture
def past(tmp_path: Path) -> Iterator[Past]:
    with sqlite(tmp_path) as database:
        yield past_of(database, tmp_path)


class Nobody:
    """A blocklist with nobody on it."""

    def blocked(self, entry_ids: Collection[str]) -> Mapping[str, Entry]:
        del entry_ids
        return {}

    def enrolled_as(self, entry_id: str) -> frozenset[str]:
        del entry_id
        return frozenset()


def searches(past: Past) -> AskedSearches:
    return AskedSearches(past.desk, past.optouts, Nobody())


@pytest.fixture
def staff(past: Past) -> TestClient:
    """A client of a reviewer."""
    identities = FakeIdentities()
    app = FastAPI()
    install(app)
    app.include_router(build_takedown_router(past.desk, searches(past), access_of(identities)))
    headers = identities.add(an_actor("case:read", "case:decide", account_id="acct_s"))
    return TestClient(app, headers=headers)


def test_staff_have_a_claims_videos_looked_for_confirm_and_undo(past: Past, staff: TestClient) -> None:
    video = past.released("Fennimore Fox dances")
    claim = past.optouts.desk.file(filing(past.optouts, FOX)).id
    asked = staff.post("/v1/takedowns", json={"claim_id": claim})
    assert (asked.status_code, asked.json()["state"], asked.json()["videos"]) == (202, "searching", None)
    past.desk.search()
    (listed,) = staff.get("/v1/takedowns", params={"state": "proposed", "about": claim}).json()["data"]
    assert (listed["title"], listed["found"], listed["counts"]) == ("Fennimore Fox", 1, {"proposed": 1})
    at = f"/v1/takedowns/{listed['id']}"
    (touched,) = staff.get(at).json()["videos"]
    assert touched == {
        "video_id": video,
        "found_by": "prompt",
        "score": 1.0,
        "what": "Fennimore Fox",
        "about": "",
        "name": "",
        "state": "proposed",
    }
    early = staff.post(f"{at}/confirm", json={})
    assert (early.status_code, early.json()["error"]["code"]) == (409, "takedown:batch:groundless")
    past.optouts.desk.activate(claim, actor="acct_s")
    done = staff.post(f"{at}/confirm", json={"videos": [video], "note": "ours"}).json()
    assert (done["state"], done["confirmed_by"], done["note"]) == ("taken_down", "acct_s", "ours")
    assert past.house.release(video).status == "taken_down"
    assert staff.post(f"{at}/undo", json={"note": "licensed"}).json()["state"] == "undone"
    assert past.house.release(video).status == "released"
    again = staff.post(f"{at}/undo")
    assert (again.status_code, again.json()["code"]) == (409, "takedown:batch:state")


def test_what_was_found_can_be_let_be(past: Past, staff: TestClient) -> None:
    video = past.released("a harbour")
    batch = past.desk.propose([Touched(video)], WHY, "system")
    assert staff.post(f"/v1/takedowns/{batch.id}/dismiss").json()["state"] == "dismissed"
    assert past.house.release(video).status == "released"


@pytest.mark.parametrize(
    ("verb", "path", "body", "status", "code"),
    [
        ("POST", "/v1/takedowns", {"claim_id": "claim_none"}, 404, "optout:claim:unknown"),
        ("POST", "/v1/takedowns", {"entry_id": "blk_none"}, 404, "likeness:blocklist:not_found"),
        ("GET", "/v1/takedowns/takedown_none", None, 404, "takedown:batch:unknown"),
        ("POST", "/v1/takedowns/takedown_none/confirm", {}, 404, "takedown:batch:unknown"),
        ("POST", "/v1/takedowns/takedown_none/undo", None, 404, "takedown:batch:unknown"),
    ],
)
def test_what_is_not_there_is_said(
    staff: TestClient, verb: str, path: str, body: object, status: int, code: str
) -> None:
    answer = staff.request(verb, path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("body", [{}, {"claim_id": "claim_1", "entry_id": "blk_1"}])
def test_a_search_is_for_a_claim_or_for_a_person(staff: TestClient, body: object) -> None:
    assert staff.post("/v1/takedowns", json=body).status_code == 422


def test_without_the_permission_nothing_is_seen_or_done(past: Past) -> None:
    identities = FakeIdentities()
    app = FastAPI()
    install(app)
    app.include_router(build_takedown_router(past.desk, searches(past), access_of(identities)))
    client = TestClient(app, headers=identities.add(an_actor("optout:write", "video:create")))
    assert client.get("/v1/takedowns").status_code == 403
    assert client.post("/v1/takedowns", json={"claim_id": "claim_1"}).status_code == 403
    reader = TestClient(app, headers=identities.add(an_actor("case:read", account_id="acct_r")))
    assert reader.get("/v1/takedowns").status_code == 200
    assert reader.post("/v1/takedowns/takedown_1/confirm", json={}).status_code == 403
