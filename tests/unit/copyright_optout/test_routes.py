"""The HTTP door of the opt-outs."""

import io
from pathlib import Path

import numpy as np
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient
from PIL import Image

from copyright_optout.adapters.bit_matrix import BitMatrix
from copyright_optout.adapters.pdq import PdqHasher
from copyright_optout.api import OptOutIndex
from copyright_optout.routes import build_router
from copyright_optout.store import DatabaseClaims
from tests.factories.characters import fox
from tests.factories.databases import sqlite_at
from tests.fakes.optout import MemoryRecord, PillowDecoder, SetClock, look_at
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
        database = sqlite_at(path / "routes.db")
        self.optouts = OptOutIndex(DatabaseClaims(database), PdqHasher(), BitMatrix(), MemoryRecord(), SetClock())
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
            f"/v1/optouts{path}",
            headers={"Authorization": f"Bearer {key}"},
            **more,  # type: ignore[arg-type]
        )
        return answer.status_code, answer.json()

    def file(self, key: str = "a", picture: bytes | None = None, **form: object) -> tuple[int, dict[str, object]]:
        files = [("pictures", ("fox.png", picture or png(fox(0)), "image/png"))]
        data = {"title": "Fennimore Fox", "kind": "character", "names": ["Fenn", "The Teal Fox"]} | form
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
    assert (status, claim["state"], claim["pictures"]) == (201, "submitted", 1)
    assert claim["names"] == ["Fenn", "The Teal Fox"]
    assert not site.optouts.named("the teal fox dances")
    status, claim = site.call("POST", f"/{claim['id']}/activate", "staff")
    assert (status, claim["state"]) == (200, "active")
    assert site.optouts.named("the teal fox dances")
    assert site.optouts.pictured(look_at(fox(0)))


def test_a_rights_holder_sees_and_withdraws_only_their_own(site: Site) -> None:
    _, claim = site.file("a")
    assert site.call("GET", "", "b")[1] == {"data": []}
    assert site.call("GET", f"/{claim['id']}", "b")[1]["error"] == "UnknownClaim"
    assert site.call("POST", f"/{claim['id']}/withdraw", "b")[1]["error"] == "UnknownClaim"
    assert site.call("GET", f"/{claim['id']}", "a")[1]["state"] == "submitted"
    assert site.call("POST", f"/{claim['id']}/withdraw", "a")[1]["state"] == "withdrawn"


def test_staff_see_every_claim(site: Site) -> None:
    site.file("a")
    site.file("b")
    data = site.call("GET", "", "staff")[1]["data"]
    assert isinstance(data, list)
    assert {claim["rights_holder"] for claim in data} == {"acct_a", "acct_b"}


def test_a_rights_holder_cannot_activate_their_own_claim(site: Site) -> None:
    _, claim = site.file("a")
    assert site.call("POST", f"/{claim['id']}/activate", "a")[1]["error"] == "NotPermitted"
    assert site.call("GET", f"/{claim['id']}", "a")[1]["state"] == "submitted"


def test_without_permission_or_key_nothing_is_done(site: Site) -> None:
    assert site.file("nobody")[1]["error"] == "NotPermitted"
    assert site.call("GET", "", "wrong")[1]["error"] == "NotAuthenticated"


def test_unusable_input_names_its_field(site: Site) -> None:
    assert site.file(title=" ")[1]["field"] == "title"
    assert site.file(picture=b"\0" * 200_001)[1]["field"] == "pictures"
    assert site.file(picture=png(np.zeros((64, 64, 3), np.uint8)))[1]["field"] == "pictures"


def test_every_route_declares_its_permission(site: Site) -> None:
    routes = [route for route in routes_of(site.app) if route.path.startswith("/v1/optouts")]
    assert len(routes) == 5
    assert {declared_permission(route) for route in routes} == {"optout:write", "optout:read", "optout:activate"}
