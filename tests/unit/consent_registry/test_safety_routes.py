"""Bars, pauses, caps, groups, reports and the lockdown over HTTP."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from consent_registry.routes.groups import build_groups_router
from consent_registry.routes.own import ADMINISTER, MANAGE
from consent_registry.routes.safety import build_safety_router
from consent_registry.service.safety import READ_REPORTS, SET_LOCKDOWN
from tests.fakes.web import FakeIdentities, access_of, an_actor
from tests.unit.consent_registry.conftest import House
from trust_kernel.web.problems import install


class Door:
    """Ada, who is enrolled, Bob, who has a handle, and staff."""

    def __init__(self, house: House) -> None:
        self.house = house
        identities = FakeIdentities()
        app = FastAPI()
        for build in (build_safety_router, build_groups_router):
            app.include_router(build(house.registry, access_of(identities)))
        install(app)
        self.client = TestClient(app, raise_server_exceptions=False)
        self.ada, self.bob = (identities.add(an_actor(MANAGE, account_id=f"acct_{name}")) for name in ("ada", "bob"))
        self.admin = identities.add(an_actor(MANAGE, ADMINISTER, SET_LOCKDOWN, READ_REPORTS, account_id="acct_admin"))
        self.subject = house.person("ada")
        house.person("bob", enrolled=False)
        self.mine = f"/v1/subjects/{self.subject.id}"

    def call(self, method: str, path: str, who: object = None, **body: object) -> tuple[int, dict[str, object]]:
        answer = self.client.request(method, path, headers=who or self.ada, json=body or None)  # type: ignore[arg-type] # headers
        return answer.status_code, answer.json() if answer.content else {}


@pytest.fixture
def door(house: House) -> Door:
    return Door(house)


def test_everything_is_ended_for_one_person_by_their_handle(door: Door) -> None:
    door.house.give(door.subject)
    status, said = door.call("POST", f"{door.mine}/bars", handle="@bob", take_back="stop_new")
    assert (status, said["withdrawn"]) == (200, [])
    assert not door.house.ask("acct_bob", door.subject).permitted
    _, listed = door.call("GET", f"{door.mine}/bars")
    assert [bar["account_id"] for bar in listed["data"]] == ["acct_bob"]  # type: ignore[attr-defined] # JSON
    assert door.call("DELETE", f"{door.mine}/bars/acct_bob")[0] == 204
    assert door.house.ask("acct_bob", door.subject).permitted


@pytest.mark.parametrize(
    ("body", "status"),
    [({"handle": "nobody_here"}, 404), ({}, 422), ({"handle": "bob", "account_id": "acct_bob"}, 422)],
)
def test_whoever_is_barred_is_named_in_one_way(door: Door, body: dict[str, object], status: int) -> None:
    assert door.call("POST", f"{door.mine}/bars", **{**body, "take_back": "stop_new"})[0] == status


def test_a_pause_and_a_cap_are_set_and_lifted_by_the_person_alone(door: Door) -> None:
    assert door.call("POST", f"{door.mine}/pause", door.admin)[0] == 200
    assert door.call("DELETE", f"{door.mine}/pause", door.admin)[0] == 403
    assert door.call("DELETE", f"{door.mine}/pause")[1] == {"paused_at": None, "daily_uses": None}
    assert door.call("PUT", f"{door.mine}/cap", daily_uses=3)[1]["daily_uses"] == 3
    assert door.call("PUT", f"{door.mine}/cap", door.admin, daily_uses=4)[0] == 403
    assert door.call("PUT", f"{door.mine}/cap", door.admin, daily_uses=2)[0] == 200
    assert door.call("PUT", f"{door.mine}/cap", daily_uses=-1)[0] == 422
    assert door.call("GET", f"{door.mine}/safety")[1]["daily_uses"] == 2


def test_nobody_sees_or_changes_what_another_has_set(door: Door) -> None:
    _, made = door.call("POST", f"{door.mine}/groups", name="Family")
    calls: tuple[tuple[str, str, dict[str, object]], ...] = (
        ("GET", f"{door.mine}/bars", {}),
        ("POST", f"{door.mine}/pause", {}),
        ("GET", f"{door.mine}/safety", {}),
        ("GET", f"{door.mine}/groups", {}),
        ("PATCH", f"/v1/groups/{made['id']}", {"name": "Mine"}),
        ("POST", f"/v1/groups/{made['id']}/members", {"handle": "bob"}),
        ("DELETE", f"/v1/groups/{made['id']}", {}),
    )
    assert {door.call(method, path, door.bob, **body)[0] for method, path, body in calls} == {404}


def test_a_group_is_made_filled_emptied_and_deleted(door: Door) -> None:
    status, made = door.call("POST", f"{door.mine}/groups", name="Family")
    assert status == 201
    path = f"/v1/groups/{made['id']}"
    assert door.call("POST", f"{path}/members", handle="bob")[1]["account_ids"] == ["acct_bob"]
    assert door.call("PATCH", path, name="Kin")[1]["name"] == "Kin"
    assert door.call("DELETE", f"{path}/members/acct_bob")[1]["account_ids"] == []
    assert door.call("DELETE", path)[0] == 204
    assert door.call("GET", f"{door.mine}/groups")[1] == {"data": []}


def test_a_report_is_read_and_closed_by_staff_alone(door: Door) -> None:
    status, made = door.call("POST", "/v1/reports", door.bob, handle="ada", reason="fraud", text="look at this")
    assert status == 201
    assert door.call("GET", "/v1/staff/reports", door.bob)[0] == 403
    _, listed = door.call("GET", "/v1/staff/reports?limit=1", door.admin)
    assert [one["reporter"] for one in listed["data"]] == ["acct_bob"]  # type: ignore[attr-defined] # JSON
    assert listed["has_more"] is False
    closing = f"/v1/staff/reports/{made['id']}/close"
    assert door.call("POST", closing, door.admin, note="warned")[1]["closed_by"] == "acct_admin"
    assert door.call("POST", closing, door.admin, note="again")[0] == 409


def test_the_lockdown_is_set_by_whoever_may(door: Door) -> None:
    assert door.call("PUT", "/v1/lockdown", on=True, reason="a leak")[0] == 403
    assert door.call("PUT", "/v1/lockdown", door.admin, on=True, reason="a leak")[1]["on"] is True
    assert not door.house.ask("acct_ada", door.subject).permitted
    assert door.call("GET", "/v1/lockdown", door.admin)[1]["by"] == "acct_admin"
    assert door.call("PUT", "/v1/lockdown", door.admin, on=False, reason="mended")[1]["on"] is False
