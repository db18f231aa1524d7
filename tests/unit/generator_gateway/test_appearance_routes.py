"""Appearances over HTTP: who sees what of whom, and who may do something about it."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from generator_gateway.routes import build_appearance_router
from tests.fakes.tracing import There
from tests.fakes.web import FakeIdentities, access_of, an_actor
from tests.unit.generator_gateway.conftest import House
from tests.unit.generator_gateway.test_tracing import Tracing
from trust_kernel.web.access import declared_permission, routes_of
from trust_kernel.web.problems import install

SECRETS = {"score", "probability", "fpir", "owner", "name", "note", "decided_by", "prompt", "account_id"}


class Door:
    """A client of the routes, and the credentials of those who use them."""

    def __init__(self, house: House) -> None:
        self.tracing = Tracing(house)
        identities = FakeIdentities()
        self.app = FastAPI()
        self.app.include_router(build_appearance_router(self.tracing.desk, access_of(identities)))
        install(self.app)
        self.client = TestClient(self.app, raise_server_exceptions=False)
        self.staff = identities.add(an_actor("case:read", "case:decide", account_id="acct_staff"))
        self.reader = identities.add(an_actor("case:read", account_id="acct_reader"))
        self.maker = identities.add(an_actor("case:read", "case:decide", account_id="acct_ada"))
        self.bea, self.dot = (
            identities.add(an_actor("likeness:manage", account_id=f"acct_{name}")) for name in ("bea", "dot")
        )


@pytest.fixture
def door(house: House) -> Iterator[Door]:
    made = Door(house)
    with made.client:
        yield made


def test_every_route_declares_its_permission(door: Door) -> None:
    declared = {
        (method, route.path): declared_permission(route) for route in routes_of(door.app) for method in route.methods
    }
    assert {key: value for key, value in declared.items() if key[1].startswith("/v1")} == {
        ("GET", "/v1/appearances"): "case:read",
        ("GET", "/v1/appearances/{appearance_id}"): "case:read",
        ("POST", "/v1/appearances/{appearance_id}"): "case:decide",
        ("GET", "/v1/me/appearances"): "likeness:manage",
        ("POST", "/v1/me/appearances/{appearance_id}/dispute"): "likeness:manage",
    }


def test_staff_list_read_and_decide(door: Door) -> None:
    bea, identity = door.tracing.one()
    listed = door.client.get("/v1/appearances?state=open", headers=door.staff).json()
    (one,) = listed["data"]
    assert (one["id"], one["owner"], one["name"], listed["has_more"]) == (identity, bea.id, "@bea", False)
    assert (one["band"], one["score"], one["probability"], one["fpir"]) == ("match", 0.91, 0.98, 0.001)
    assert (one["modality"], one["cause"], one["state"]) == ("face", "enrolled", "open")
    path = f"/v1/appearances/{identity}"
    assert door.client.get(path, headers=door.staff).json() == one
    done = door.client.post(path, headers=door.staff, json={"decision": "withdraw", "note": "it is her"})
    assert (done.status_code, done.json()["state"], done.json()["note"]) == (200, "withdrawn", "it is her")
    assert done.json()["decided_by"] == "acct_staff"
    again = door.client.post(path, headers=door.staff, json={"decision": "dismiss"})
    assert (again.status_code, again.json()["code"]) == (409, "likeness:appearance:decided")
    assert door.client.get("/v1/appearances?state=open", headers=door.staff).json()["data"] == []


def test_a_list_can_be_of_one_person_and_has_pages(door: Door) -> None:
    ids = [door.tracing.one(name)[1] for name in ("bea", "dot", "eve")]
    owner = door.tracing.desk.open(ids[1]).found.owner
    alone = door.client.get(f"/v1/appearances?owner={owner}", headers=door.reader).json()
    assert [one["id"] for one in alone["data"]] == [ids[1]]
    first = door.client.get("/v1/appearances?limit=2", headers=door.reader).json()
    rest = door.client.get(f"/v1/appearances?limit=2&after={first['data'][-1]['id']}", headers=door.reader).json()
    assert [one["id"] for one in first["data"] + rest["data"]] == sorted(ids, reverse=True)
    assert (first["has_more"], rest["has_more"]) == (True, False)


@pytest.mark.parametrize("query", ["state=lost", "limit=0", "limit=101"])
def test_what_cannot_be_listed_is_refused(door: Door, query: str) -> None:
    assert door.client.get(f"/v1/appearances?{query}", headers=door.staff).status_code == 422


@pytest.mark.parametrize("body", [{}, {"decision": "delete"}, {"decision": "dismiss", "note": "x" * 2001}])
def test_a_decision_says_one_of_two_things(door: Door, body: dict[str, str]) -> None:
    _, identity = door.tracing.one()
    assert door.client.post(f"/v1/appearances/{identity}", headers=door.staff, json=body).status_code == 422


def test_people_see_their_own_without_scores_makers_or_prompts(door: Door) -> None:
    _, identity = door.tracing.one("bea")
    door.tracing.one("dot")
    (own,) = door.client.get("/v1/me/appearances", headers=door.bea).json()["data"]
    assert (own["id"], own["state"], own["disputable"]) == (identity, "open", True)
    assert not SECRETS & own.keys()
    assert "harbour" not in str(own)


def test_a_person_asks_for_a_video_back(door: Door) -> None:
    _, identity = door.tracing.one("bea")
    path = f"/v1/me/appearances/{identity}/dispute"
    asked = door.client.post(path, headers=door.bea).json()
    assert (asked["state"], asked["disputable"]) == ("disputed", False)
    again = door.client.post(path, headers=door.bea)
    assert (again.status_code, again.json()["code"]) == (409, "likeness:appearance:decided")


def test_the_appearances_of_others_do_not_exist(door: Door) -> None:
    _, identity = door.tracing.one("bea")
    theirs = door.client.post(f"/v1/me/appearances/{identity}/dispute", headers=door.dot)
    nowhere = door.client.post("/v1/me/appearances/app_none/dispute", headers=door.dot)
    assert (theirs.status_code, theirs.json()["code"]) == (404, "likeness:appearance:unknown")
    assert (theirs.json()["detail"], theirs.json()["code"]) == (nowhere.json()["detail"], nowhere.json()["code"])
    assert door.client.get("/v1/me/appearances", headers=door.dot).json() == {"data": [], "has_more": False}


def test_whoever_made_the_video_does_not_decide_on_it(door: Door) -> None:
    _, identity = door.tracing.one()
    answer = door.client.post(f"/v1/appearances/{identity}", headers=door.maker, json={"decision": "dismiss"})
    assert (answer.status_code, answer.json()["code"]) == (403, "review:case:own")


def test_nobody_does_what_their_permissions_do_not_say(door: Door) -> None:
    _, identity = door.tracing.one()
    asks = (("GET", ""), ("GET", f"/{identity}"), ("POST", f"/{identity}"))
    for method, path in asks:
        body = {"decision": "dismiss"}
        url = f"/v1/appearances{path}"
        assert door.client.request(method, url, headers=door.bea, json=body).status_code == 403
        assert door.client.request(method, url, json=body).status_code == 401
    decided = door.client.post(f"/v1/appearances/{identity}", headers=door.reader, json={"decision": "dismiss"})
    assert decided.status_code == 403
    assert door.client.get("/v1/me/appearances", headers=door.staff).status_code == 403
    assert door.client.post(f"/v1/me/appearances/{identity}/dispute", headers=door.staff).status_code == 403


def test_a_blocked_person_has_the_name_of_their_entry(door: Door) -> None:
    case_id = door.tracing.house.released()
    door.tracing.house.finder.shows("blk_1", There(case_id))
    door.tracing.house.finder.shows("blk_lifted", There(case_id))
    door.tracing.sweep("blk_1", "blocked")
    door.tracing.sweep("blk_lifted", "blocked")
    listed = door.client.get("/v1/appearances", headers=door.staff).json()["data"]
    assert {one["owner"]: one["name"] for one in listed} == {
        "blk_1": "Bonnie Prince",
        "blk_lifted": "not on the list any more",
    }
