"""The HTTP door of the opt-outs."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient
from PIL import Image

from copyright_optout.api import OptOutIndex
from copyright_optout.routes import build_router
from copyright_optout.store import DatabaseClaims, DatabaseOrganisations
from tests.factories.characters import fox
from tests.factories.claims import FORM
from tests.fakes.optout import PillowDecoder, look_at, optout_parts
from trust_kernel.db import Database
from trust_kernel.errors import PlacetError
from trust_kernel.media.refs import MediaLimits
from trust_kernel.web.access import Access, Actor, declared_permission, routes_of

_HOLDER = frozenset({"optout:write", "optout:read"})
_STAFF = frozenset({"optout:write", "optout:read", "optout:activate"})


class Keys:
    """API keys that name their account."""

    def actor_for_key(self, key: str) -> Actor | None:
        permissions = {"a": _HOLDER, "b": _HOLDER, "staff": _STAFF, "nobody": frozenset[str]()}.get(key)
        return None if permissions is None else Actor(f"acct_{key}", key, frozenset(), permissions, "key")

    def actor_for_session(self, token: str) -> Actor | None:
        del token
        return None


class Site:
    def __init__(self, path: Path) -> None:
        database = Database(f"sqlite:///{path}/routes.db")
        database.create_all()
        self.optouts = OptOutIndex(optout_parts(DatabaseClaims(database), DatabaseOrganisations(database)))
        app = FastAPI()
        app.include_router(build_router(self.optouts, Access(Keys()), PillowDecoder(), MediaLimits(max_bytes=200_000)))

        @app.exception_handler(PlacetError)
        def say(_request: Request, error: PlacetError) -> JSONResponse:
            return JSONResponse({"error": type(error).__name__, "field": error.field}, status_code=418)

        self.app = app
        self.client = TestClient(app)

    def call(self, method: str, path: str, key: str, **more: object) -> tuple[int, dict[str, object]]:
        answer = self.client.request(
            method,
            path if path.startswith("/v1") else f"/v1/optouts{path}",
            headers={"Authorization": f"Bearer {key}"},
            **more,  # type: ignore[arg-type]
        )
        return answer.status_code, answer.json()

    def file(self, key: str = "a", picture: bytes | None = None, **form: object) -> tuple[int, dict[str, object]]:
        files = [("pictures", ("fox.png", picture or png(fox(0)), "image/png"))]
        data = {"title": "Fennimore Fox", "kind": "character", "names": ["Fenn", "The Teal Fox"]} | FORM | form
        return self.call("POST", "", key, data=data, files=files)


def png(picture: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_a_claim_is_filed_with_names_and_pictures_and_activated_by_staff(site: Site) -> None:
    status, claim = site.file()
    assert (status, claim["state"], claim["references"]) == (201, "submitted", {"picture": 1})
    assert claim["names"] == ["Fenn", "The Teal Fox"]
    assert not site.optouts.named("the teal fox dances")
    status, claim = site.call("POST", f"/{claim['id']}/activate", "staff", json={"seen": claim["changed_at"]})
    assert (status, claim["state"]) == (200, "active")
    assert site.optouts.named("the teal fox dances")
    assert site.optouts.pictured(look_at(fox(0)))


def test_a_rights_holder_sees_and_withdraws_only_their_own(site: Site) -> None:
    _, claim = site.file("a")
    assert site.call("GET", "", "b")[1] == {"data": [], "has_more": False}
    assert site.call("GET", f"/{claim['id']}", "b")[1]["error"] == "UnknownClaim"
    assert site.call("POST", f"/{claim['id']}/withdraw", "b")[1]["error"] == "UnknownClaim"
    assert site.call("GET", f"/{claim['id']}", "a")[1]["state"] == "submitted"
    assert site.call("POST", f"/{claim['id']}/withdraw", "a")[1]["state"] == "withdrawn"


def test_staff_see_every_claim(site: Site) -> None:
    site.file("a")
    site.file("b")
    data = site.call("GET", "", "staff")[1]["data"]
    assert isinstance(data, list)
    assert {claim["filed_by"] for claim in data} == {"acct_a", "acct_b"}


def test_a_rights_holder_cannot_activate_their_own_claim(site: Site) -> None:
    _, claim = site.file("a")
    looked = {"seen": claim["changed_at"]}
    assert site.call("POST", f"/{claim['id']}/activate", "a", json=looked)[1]["error"] == "NotPermitted"
    assert site.call("GET", f"/{claim['id']}", "a")[1]["state"] == "submitted"


def test_without_permission_or_key_nothing_is_done(site: Site) -> None:
    assert site.file("nobody")[1]["error"] == "NotPermitted"
    assert site.call("GET", "", "wrong")[1]["error"] == "NotAuthenticated"


def test_unusable_input_names_its_field(site: Site) -> None:
    assert site.file(title=" ")[1]["field"] == "title"
    assert site.file(picture=b"\0" * 200_001)[1]["field"] == "pictures"
    assert site.file(picture=png(np.zeros((64, 64, 3), np.uint8)))[1]["field"] == "pictures"


def test_every_route_declares_its_permission(site: Site) -> None:
    routes = [route for route in routes_of(site.app) if route.path.startswith("/v1/o")]
    assert {declared_permission(route) for route in routes} == {
        "optout:write",
        "optout:read",
        "optout:activate",
        "likeness:manage",
    }


def test_a_draft_is_changed_and_handed_in(site: Site) -> None:
    _, draft = site.file(draft=True, ground="", statement="", declarations=[])
    assert draft["state"] == "draft"
    path = f"/{draft['id']}"
    changed = {"title": "Boxwell", "kind": "work", "settings": ["violent"], "territories": ["de"]}
    claim = site.call("PUT", f"{path}/terms", "a", json=changed)[1]
    assert (claim["title"], claim["settings"], claim["territories"]) == ("Boxwell", ["violent"], ["DE"])
    assert site.call("POST", f"{path}/submit", "a", json={"ground": "author", "statement": "ours"})[1]["field"] == (
        "declarations"
    )
    assert site.call("POST", f"{path}/submit", "a", json=FORM)[1]["state"] == "submitted"


def test_licences_are_changed_at_any_time_by_agents_alone(site: Site) -> None:
    _, claim = site.file()
    licence = {"account_id": "acct_l", "settings": ["comedy"], "territories": ["it"], "until": "2027-01-01T00:00:00Z"}
    path = f"/{claim['id']}/licences"
    said = site.call("PUT", path, "a", json={"licences": [licence]})[1]["licences"]
    assert said == [licence | {"territories": ["IT"]}]
    assert site.call("PUT", path, "b", json={"licences": []})[1]["error"] == "UnknownClaim"
    assert site.call("PUT", path, "a", json={"licences": [{"account_id": "x", "territories": ["Italy"]}]})[1][
        "field"
    ] == ("territories")


def test_a_viewer_sees_and_an_agent_acts(site: Site) -> None:
    _, claim = site.file()
    members = f"/v1/organisations/{claim['organisation_id']}/members"
    assert site.call("PUT", f"{members}/acct_b", "a", json={"role": "viewer"})[1]["role"] == "viewer"
    assert site.call("GET", f"/{claim['id']}", "b")[1]["error"] == "UnknownClaim"
    offered: Any = site.call("GET", "/v1/organisations", "b")[1]["invitations"]
    (offered,) = offered
    assert (offered["id"], offered["role"]) == (claim["organisation_id"], "viewer")
    site.call("POST", f"/v1/organisations/{claim['organisation_id']}/membership", "b")
    assert site.call("GET", f"/{claim['id']}", "b")[1]["id"] == claim["id"]
    assert site.call("POST", f"/{claim['id']}/withdraw", "b")[1]["error"] == "NotPermitted"
    site.call("PUT", f"{members}/acct_b", "a", json={"role": "agent"})
    assert site.call("POST", f"/{claim['id']}/withdraw", "b")[1]["state"] == "withdrawn"


def test_somebody_has_to_own_an_organisation(site: Site) -> None:
    made = site.call("POST", "/v1/organisations", "a", json={"name": "  Fox   Studio "})[1]
    assert (made["name"], made["role"], made["only_licensed"]) == ("Fox Studio", "owner", False)
    members = f"/v1/organisations/{made['id']}/members"
    assert site.call("DELETE", f"{members}/acct_a", "a")[1]["error"] == "Conflict"
    assert site.call("PUT", f"{members}/acct_a", "a", json={"role": "viewer"})[1]["error"] == "Conflict"
    site.call("PUT", f"{members}/acct_b", "a", json={"role": "owner"})
    assert site.call("DELETE", f"{members}/acct_a", "a")[1]["error"] == "Conflict", "who is invited owns nothing yet"
    site.call("POST", f"/v1/organisations/{made['id']}/membership", "b")
    assert site.client.delete(f"{members}/acct_a", headers={"Authorization": "Bearer a"}).status_code == 204
    assert site.call("GET", "/v1/organisations", "a")[1] == {"data": [], "invitations": []}
    assert site.call("PATCH", f"/v1/organisations/{made['id']}", "b", json={"only_licensed": True})[1]["only_licensed"]


def test_an_organisation_that_one_has_nothing_to_do_with_is_not_found(site: Site) -> None:
    made = site.call("POST", "/v1/organisations", "a", json={"name": "Fox Studio"})[1]
    for method, path, more in (
        ("PATCH", "", {"json": {"name": "Mine"}}),
        ("GET", "/members", {}),
        ("PUT", "/members/acct_b", {"json": {"role": "owner"}}),
    ):
        assert site.call(method, f"/v1/organisations/{made['id']}{path}", "b", **more)[1]["error"] == "NotFound"
    assert site.file("b", organisation=made["id"])[1]["error"] == "NotFound"


def test_whom_a_concern_is_about_only_staff_are_told(site: Site) -> None:
    _, first = site.file("a")
    _, second = site.file("b")
    said = {key: site.call("GET", f"/{second['id']}", key)[1]["concerns"] for key in ("b", "staff")}
    assert {one["about"] for one in said["b"]} == {None}  # type: ignore[attr-defined]
    assert {one["about"] for one in said["staff"]} == {first["id"]}  # type: ignore[attr-defined]
