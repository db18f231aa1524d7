"""Who gets through which route, and what a browser must prove."""

from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import APIRouter, FastAPI, Form
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from tests.factories.databases import sqlite
from tests.fakes.web import FakeIdentities, access_of, an_actor
from trust_kernel.clock import SystemClock
from trust_kernel.web import problems
from trust_kernel.web.access import PUBLIC, SIGNED_IN, Access, Actor, Cookies, declared_permission, routes_of
from trust_kernel.web.accounts import Accounts
from trust_kernel.web.csrf import csrf_token
from trust_kernel.web.limits import SecurityHeaders
from trust_kernel.web.pages import Pages
from trust_kernel.web.routes import build_pages_router, build_router, local_path

PASSWORD = "a long enough secret"
BASE = (
    "<title>{% block title %}{% endblock %}</title>{{ branding.name }}|{{ actor.name if actor else 'nobody' }}"
    "{% block main %}{% endblock %}"
)


def guarded(access: Access) -> FastAPI:
    app = FastAPI()
    problems.install(app)
    router = APIRouter()

    @router.post("/videos")
    def create(actor: Annotated[Actor, access.requires("video:create")]) -> str:
        return actor.account_id

    @router.get("/open", dependencies=[access.public()])
    def open_to_all() -> str:
        return "open"

    @router.get("/maybe")
    def maybe(actor: Annotated[Actor | None, access.optional()]) -> str:
        return actor.account_id if actor else "nobody"

    @router.post("/form")
    def form(text: Annotated[str, Form()], actor: Annotated[Actor, access.signed_in()]) -> str:
        return f"{actor.account_id}:{text}"

    @router.get("/forgotten")
    def forgotten() -> str:
        return "no guard"

    app.include_router(router, prefix="/v1")
    return app


@pytest.fixture
def identities() -> FakeIdentities:
    return FakeIdentities()


@pytest.fixture
def client(identities: FakeIdentities) -> TestClient:
    return TestClient(guarded(access_of(identities)), base_url="http://placet.test")


def sign_in(client: TestClient, identities: FakeIdentities, *permissions: str) -> str:
    identities.sessions["token"] = an_actor(*permissions, account_id="acct_web", via="session")
    client.cookies.set("placet_session", "token")
    return csrf_token("token")


def test_every_route_says_what_it_needs(identities: FakeIdentities) -> None:
    app = guarded(access_of(identities))
    declared = {route.path: declared_permission(route) for route in routes_of(app) if route.path.startswith("/v1")}
    assert declared == {
        "/v1/videos": "video:create",
        "/v1/open": PUBLIC,
        "/v1/maybe": PUBLIC,
        "/v1/form": SIGNED_IN,
        "/v1/forgotten": None,
    }


@pytest.mark.parametrize("permission", ["public", "actor:any", "video"])
def test_a_permission_has_an_area_and_an_action(permission: str, identities: FakeIdentities) -> None:
    with pytest.raises(ValueError, match="area:action"):
        access_of(identities).requires(permission)


def test_a_key_with_the_permission_gets_through(client: TestClient, identities: FakeIdentities) -> None:
    headers = identities.add(an_actor("video:create", account_id="acct_key"))
    assert client.post("/v1/videos", headers=headers).json() == "acct_key"


def test_without_credentials_nobody_gets_through(client: TestClient) -> None:
    answer = client.post("/v1/videos")
    assert (answer.status_code, answer.json()["code"]) == (401, "kernel:auth:required")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_key_without_the_permission_does_not(client: TestClient, identities: FakeIdentities) -> None:
    answer = client.post("/v1/videos", headers=identities.add(an_actor("video:read")))
    assert (answer.status_code, answer.json()["code"]) == (403, "kernel:permission:missing")


@pytest.mark.parametrize("path", ["/v1/videos", "/v1/maybe"])
def test_a_wrong_key_is_refused_even_where_none_is_needed(client: TestClient, path: str) -> None:
    method = "POST" if path == "/v1/videos" else "GET"
    answer = client.request(method, path, headers={"authorization": "Bearer plc_x_y"})
    assert (answer.status_code, answer.json()["code"]) == (401, "kernel:auth:key_invalid")


def test_a_stale_cookie_is_nobody(client: TestClient) -> None:
    client.cookies.set("placet_session", "stale")
    assert client.get("/v1/maybe").json() == "nobody"


def test_a_cookie_alone_changes_nothing(client: TestClient, identities: FakeIdentities) -> None:
    token = sign_in(client, identities, "video:create")
    refused = client.post("/v1/videos")
    assert (refused.status_code, refused.json()["code"]) == (403, "kernel:csrf:missing")
    assert client.post("/v1/videos", headers={"x-csrf-token": token}).json() == "acct_web"
    assert client.post("/v1/videos", headers={"x-csrf-token": csrf_token("another")}).status_code == 403
    strange = [(b"x-csrf-token", "é".encode())]
    assert client.post("/v1/videos", headers=strange).status_code == 403


def test_a_form_carries_its_token_in_a_field(client: TestClient, identities: FakeIdentities) -> None:
    token = sign_in(client, identities)
    sent = {"text": "hello", "csrf_token": token}
    assert client.post("/v1/form", data=sent).json() == "acct_web:hello"
    assert client.post("/v1/form", data=sent, files={"file": b"x"}).json() == "acct_web:hello"
    assert client.post("/v1/form", data={"text": "hello"}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.test"},
        {"origin": "null"},
        {"origin": "http://placet.test.evil.test"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_another_sites_request_is_refused_even_with_the_token(
    client: TestClient, identities: FakeIdentities, headers: dict[str, str]
) -> None:
    token = sign_in(client, identities, "video:create")
    answer = client.post("/v1/videos", headers=headers | {"x-csrf-token": token})
    assert (answer.status_code, answer.json()["code"]) == (403, "kernel:csrf:origin")
    own = {"origin": "https://placet.test", "x-csrf-token": token}
    assert client.post("/v1/videos", headers=own).status_code == 200


def test_a_key_needs_no_token_and_outweighs_the_cookie(client: TestClient, identities: FakeIdentities) -> None:
    sign_in(client, identities)
    headers = identities.add(an_actor("video:create", account_id="acct_key"))
    assert client.post("/v1/videos", headers=headers).json() == "acct_key"


@given(st.text(max_size=40))
def test_after_signing_in_nobody_is_sent_to_another_site(path: str) -> None:
    goal = local_path(path)
    assert goal.startswith("/")
    assert not goal.startswith(("//", "/\\"))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[TestClient]:
    with sqlite(tmp_path) as database:
        hasher = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
        roles = {"admin": frozenset({"account:write", "key:manage"}), "member": frozenset({"key:manage"})}
        accounts = Accounts(database, SystemClock(), roles, hasher=hasher)
        accounts.register("ada@example.org", PASSWORD, ["admin"], "Ada")
        access = Access(accounts, Cookies(secure=False))
        pages = Pages([DictLoader({"base.html": BASE})], access.cookies, {"name": "Site"})
        app = FastAPI()
        problems.install(app, pages=pages)
        app.add_middleware(SecurityHeaders)
        app.include_router(build_router(accounts, access))
        app.include_router(build_pages_router(accounts, access, pages, [ip_network("10.0.0.0/8")]))
        yield TestClient(app, base_url="http://placet.test")


def enter(site: TestClient, password: str = PASSWORD, **extra: str) -> int:
    site.get("/sign-in")
    token = csrf_token(site.cookies["placet_visit"])
    form = {"email": "ada@example.org", "password": password, "csrf_token": token, **extra}
    return site.post("/sign-in", data=form, follow_redirects=False).status_code


def test_a_browser_signs_in_looks_and_signs_out(site: TestClient) -> None:
    assert enter(site) == 303
    me = site.get("/v1/me").json()
    assert (me["name"], me["via"], me["permissions"]) == ("Ada", "session", ["account:write", "key:manage"])
    token = csrf_token(site.cookies["placet_session"])
    assert site.post("/sign-out", data={"csrf_token": "wrong"}).status_code == 403
    assert site.post("/sign-out", data={"csrf_token": token}, follow_redirects=False).status_code == 303
    assert site.get("/v1/me").status_code == 401


@pytest.mark.parametrize(("proxy", "status"), [("10.0.0.1", 401), ("198.51.100.9", 429)])
def test_failures_behind_a_trusted_proxy_are_each_clients_own(site: TestClient, proxy: str, status: int) -> None:
    def tried(whom: str) -> int:
        browser = TestClient(site.app, base_url="http://placet.test", client=(proxy, 4711))
        browser.headers["x-forwarded-for"] = whom
        return enter(browser, "not the password")

    assert [tried("192.0.2.1") for _ in range(6)] == [401] * 5 + [429]
    assert tried("192.0.2.2") == status


def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(site: TestClient) -> None:
    site.get("/sign-in")
    form = {"email": "ada@example.org", "password": PASSWORD, "csrf_token": csrf_token(site.cookies["placet_visit"])}
    answer = site.post("/sign-in", data=form, follow_redirects=False)
    cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith("placet_session="))
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert Cookies().session.startswith("__Host-")


def test_a_failed_sign_in_says_so_and_keeps_the_email_escaped(site: TestClient) -> None:
    site.get("/sign-in")
    token = csrf_token(site.cookies["placet_visit"])
    form = {"email": '"><script>x</script>', "password": "wrong", "csrf_token": token}
    answer = site.post("/sign-in", data=form)
    assert answer.status_code == 401
    assert "E-mail or password is wrong" in answer.text
    assert "<script>" not in answer.text
    assert "wrong" not in answer.text.replace("is wrong", "")


def test_signing_in_needs_the_pages_own_token(site: TestClient) -> None:
    assert enter(site, csrf_token="00") == 403
    site.cookies.clear()
    assert site.post("/sign-in", data={"email": "a", "password": "b"}).status_code == 403


def test_a_browser_is_led_to_the_sign_in_page_and_back(site: TestClient) -> None:
    answer = site.get("/v1/me?x=1&y=2", headers={"accept": "text/html"}, follow_redirects=False)
    assert answer.status_code == 303
    page = site.get(answer.headers["location"])
    assert 'value="/v1/me?x=1&amp;y=2"' in page.text
    assert 'value="/"' in site.get("/sign-in?next=https://evil.test/").text


def test_an_error_is_a_page_for_a_browser(site: TestClient) -> None:
    answer = site.get("/nowhere", headers={"accept": "text/html"})
    assert answer.status_code == 404
    assert "<h1>There is nothing here</h1>" in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_keys_are_made_listed_used_and_revoked_over_http(site: TestClient) -> None:
    enter(site)
    csrf = {"x-csrf-token": csrf_token(site.cookies["placet_session"])}
    made = site.post("/v1/keys", json={"name": "ci", "scopes": ["key:manage"]}, headers=csrf).json()
    site.cookies.clear()
    bearer = {"authorization": f"Bearer {made['key']}"}
    assert site.get("/v1/me", headers=bearer).json()["permissions"] == ["key:manage"]
    wider = site.post("/v1/keys", json={"name": "wider", "scopes": ["account:write"]}, headers=bearer)
    assert (wider.status_code, wider.json()["field"]) == (422, "scopes")
    listed = site.get("/v1/keys", headers=bearer).json()["data"]
    assert [key["id"] for key in listed] == [made["id"]]
    assert "key" not in listed[0]
    assert site.delete(f"/v1/keys/{made['id']}", headers=bearer).status_code == 204
    assert site.get("/v1/me", headers=bearer).status_code == 401


def test_accounts_are_made_by_those_who_may(site: TestClient) -> None:
    enter(site)
    csrf = {"x-csrf-token": csrf_token(site.cookies["placet_session"])}
    new = {"email": "bo@example.org", "password": "another secret!", "name": "Bo", "roles": ["member"]}
    made = site.post("/v1/accounts", json=new, headers=csrf)
    assert (made.status_code, made.json()["roles"]) == (201, ["member"])
    assert "password" not in made.text
    assert site.post("/v1/accounts", json=new, headers=csrf).status_code == 409
    assert site.post("/v1/accounts", json=new | {"extra": 1}, headers=csrf).status_code == 422
    site.cookies.clear()
    assert site.post("/v1/accounts", json=new).status_code == 401
