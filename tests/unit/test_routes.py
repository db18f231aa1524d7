"""Every route says who may use it, in the words of `placet/roles.py`."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from placet.app import build_app
from placet.roles import ROLES
from placet.wiring import build_house
from trust_kernel.settings import Settings
from trust_kernel.web.access import PUBLIC, SIGNED_IN, declared_permission, routes_of

PUBLIC_ROUTES = {
    "GET /",
    "GET /.well-known/placet-jwks.json",
    "GET /favicon.ico",
    "GET /healthz",
    "GET /is-this-ai",
    "GET /is-this-ai/{sha256}",
    "GET /ledger/checkpoint",
    "GET /ledger/entries",
    "GET /ledger/key",
    "GET /ledger/proof/consistency",
    "GET /ledger/proof/inclusion",
    "GET /notice",
    "GET /notice/{token}",
    "GET /notices/off/{token}",
    "GET /openapi.json",
    "GET /readyz",
    "GET /s/{token}",
    "GET /s/{token}/about",
    "GET /s/{token}/content",
    "GET /sign-in",
    "GET /sbr/manifests/{manifestId}",
    "GET /sbr/matches/byBinding",
    "GET /sbr/services/supportedAlgorithms",
    "GET /static/{name}",
    "GET /v1/legal-notices/requirements",
    "GET /v1/legal-notices/status/{token}",
    "GET /verify",
    "GET /verify/{sha256}",
    "POST /is-this-ai",
    "POST /notice",
    "POST /notice/{token}",
    "POST /notice/{token}/suit",
    "POST /notice/{token}/withdraw",
    "POST /notices/off/{token}",
    "POST /is-this-ai/feedback",
    "POST /sbr/matches/byBinding",
    "POST /sbr/matches/byContent",
    "POST /sign-in",
    "POST /v1/legal-notices",
    "POST /v1/legal-notices/status/{token}",
    "POST /v1/legal-notices/status/{token}/suit",
    "POST /v1/legal-notices/status/{token}/withdraw",
    "POST /verify",
    "POST /verify/crjson",
    "POST /verify/feedback",
}
ASKED_INSIDE = {"likeness:administer"}
"""Permissions that no route names: a route that everybody has asks for them too, about other people's things."""


@dataclass(frozen=True)
class Declared:
    """A route as people write it ("GET /healthz"), and what it declared."""

    route: str
    permission: str | None


def declared_routes(data: Path, *, pages: bool = True) -> list[Declared]:
    """Every route of the application, in the order in which they are matched."""
    app = build_app(build_house(Settings(data_dir=data)), pages=pages)
    return [
        Declared(f"{method} {route.path}", declared_permission(route))
        for route in routes_of(app)
        for method in sorted(set(route.methods or {"ANY"}) - {"HEAD"})
    ]


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> list[Declared]:
    return declared_routes(tmp_path_factory.mktemp("routes"))


def test_every_route_declares_a_permission_or_says_that_it_is_public(routes: list[Declared]) -> None:
    assert [route for route in routes if route.permission is None] == []
    assert len(routes) > 50


def test_no_route_is_there_twice(routes: list[Declared]) -> None:
    names = [route.route for route in routes]
    assert sorted(names) == sorted(set(names))


def test_exactly_these_routes_are_public(routes: list[Declared]) -> None:
    assert {route.route for route in routes if route.permission == PUBLIC} == PUBLIC_ROUTES


def test_the_api_alone_has_no_pages(tmp_path: Path, routes: list[Declared]) -> None:
    alone = {route.route for route in declared_routes(tmp_path, pages=False)}
    pages = {route.route for route in routes} - alone
    assert {"GET /", "GET /me", "GET /cases", "POST /sign-in"} <= pages
    # Whoever types the API's address into a browser is led to its page.
    among_the_api = [page for page in pages if page.split()[1].startswith(("/v1/", "/ledger/", "/verify"))]
    assert among_the_api == ["GET /verify"]


def test_every_permission_that_a_route_names_is_in_a_role(routes: list[Declared]) -> None:
    named = {route.permission for route in routes} - {PUBLIC, SIGNED_IN, None}
    given = frozenset[str]().union(*ROLES.values())
    assert named - given == set()


def test_every_permission_of_a_role_opens_something(routes: list[Declared]) -> None:
    named = {route.permission for route in routes}
    given = frozenset[str]().union(*ROLES.values())
    assert given - named == ASKED_INSIDE


def test_an_administrator_may_do_everything() -> None:
    assert ROLES["admin"] == frozenset[str]().union(*ROLES.values())
