"""Whose is it, and may they: another account's things do not exist, a key does no more than it says."""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import CHARACTER
from tests.e2e.deployment import Person, Server, person_with

PUBLIC = {
    ("get", "/.well-known/placet-jwks.json"),
    ("get", "/healthz"),
    ("get", "/readyz"),
    ("post", "/notices/off/{token}"),
    ("get", "/s/{token}/about"),
    ("get", "/s/{token}/content"),
    ("get", "/ledger/checkpoint"),
    ("get", "/ledger/entries"),
    ("get", "/ledger/key"),
    ("get", "/ledger/proof/consistency"),
    ("get", "/ledger/proof/inclusion"),
    ("get", "/sbr/manifests/{manifestId}"),
    ("get", "/sbr/matches/byBinding"),
    ("post", "/sbr/matches/byBinding"),
    ("post", "/sbr/matches/byContent"),
    ("get", "/sbr/services/supportedAlgorithms"),
    ("post", "/verify"),
    ("post", "/verify/crjson"),
    ("post", "/verify/feedback"),
    ("get", "/verify/{sha256}"),
    ("get", "/v1/legal-notices/requirements"),
    ("post", "/v1/legal-notices"),
    ("get", "/v1/legal-notices/status/{token}"),
    ("post", "/v1/legal-notices/status/{token}"),
    ("post", "/v1/legal-notices/status/{token}/suit"),
    ("post", "/v1/legal-notices/status/{token}/withdraw"),
}
"""Every route that is open to everybody. A route that is added must be named here or ask for a key."""


def operations(description: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Method and path of every route in an OpenAPI description."""
    for path, item in description["paths"].items():
        yield from ((method, path) for method in item)


def filled(path: str) -> str:
    """A path with something in each of its places."""
    return "/".join("x_1" if part.startswith("{") else part for part in path.split("/"))


def scoped(person: Person, server: Server, *scopes: str) -> tuple[Person, str]:
    """The same account by a key that may do less; and the key's id."""
    made = person.http.post("/v1/keys", json={"name": "scoped", "scopes": list(scopes)})
    assert made.status_code == 201, made.text
    return person_with(server, person.account_id, made.json()["key"]), made.json()["id"]


def test_no_route_answers_without_a_key_unless_it_is_public(server: Server) -> None:
    with httpx.Client(base_url=server.url, timeout=60) as nobody:
        described = set(operations(nobody.get("/openapi.json").raise_for_status().json()))
        answers = {
            (method, path): nobody.request(method, filled(path)).status_code
            for method, path in sorted(described - PUBLIC)
        }
    assert described >= PUBLIC
    assert len(answers) > 25
    assert {route: status for route, status in answers.items() if status not in {401, 403}} == {}


@pytest.mark.parametrize("key", ["plc_", "plc_0000000000000000_wrong", "sk-123", "\u00e9".encode("latin-1")])
def test_a_wrong_key_is_refused(server: Server, key: str | bytes) -> None:
    sent = key if isinstance(key, bytes) else key.encode()
    answer = httpx.get(f"{server.url}/v1/videos", headers={b"authorization": b"Bearer " + sent}, timeout=60)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["error"]["type"] == "authentication_error"


@pytest.mark.parametrize(
    ("verb", "ending"),
    [("GET", ""), ("GET", "/content"), ("GET", "/appeal"), ("DELETE", "/appeal"), ("POST", "/remix"), ("DELETE", "")],
    ids=str,
)
def test_another_accounts_video_does_not_exist(
    mallory: Person, ada: Person, own_video: str, verb: str, ending: str
) -> None:
    body = {"prompt": "the same at night"} if verb == "POST" else None
    theirs = mallory.http.request(verb, f"/v1/videos/{own_video}{ending}", json=body)
    nowhere = mallory.http.request(verb, f"/v1/videos/video_none{ending}", json=body)
    assert (theirs.status_code, theirs.json()["code"]) == (404, "video:object:unknown")
    assert (theirs.json()["detail"], theirs.json()["code"]) == (nowhere.json()["detail"], nowhere.json()["code"])
    assert ada.video(own_video)["status"] == "completed"


def test_another_accounts_videos_are_in_nobody_elses_list(mallory: Person, own_video: str) -> None:
    listed = mallory.http.get("/v1/videos", params={"limit": 100}).raise_for_status().json()["data"]
    assert own_video not in [video["id"] for video in listed]
    after = mallory.http.get("/v1/videos", params={"after": own_video})
    assert after.status_code == 404 or own_video not in after.text
    remix = mallory.http.post("/v1/videos", json={"prompt": "again", "remixed_from_video_id": own_video})
    assert (remix.status_code, remix.json()["code"]) == (404, "video:object:unknown")


def test_another_accounts_likeness_and_keys_do_not_exist(mallory: Person, ada: Person) -> None:
    for verb, path in (
        ("GET", f"/v1/subjects/{ada.subject_id}/grants"),
        ("POST", f"/v1/subjects/{ada.subject_id}/grants/revoke"),
        ("POST", f"/v1/subjects/{ada.subject_id}/challenges"),
        ("DELETE", f"/v1/subjects/{ada.subject_id}"),
    ):
        assert mallory.http.request(verb, path).status_code == 404, path
    key = ada.http.get("/v1/keys").json()["data"][0]["id"]
    assert mallory.http.delete(f"/v1/keys/{key}").status_code == 404
    assert ada.http.get("/v1/me").status_code == 200


def test_an_account_does_nothing_that_its_roles_do_not_say(mallory: Person, ada: Person) -> None:
    account = {"email": "x@e2e.example.org", "password": "a long password", "name": "X", "roles": ["admin"]}
    for verb, path, more in (
        ("POST", "/v1/accounts", {"json": account}),
        ("GET", "/v1/cases", {}),
        ("GET", "/v1/appeals", {}),
        ("GET", "/v1/blocklist", {}),
        ("POST", "/v1/blocklist", {"data": {"name": "Ada"}}),
        ("POST", f"/v1/subjects/{ada.subject_id}/enrolment", {}),
        ("POST", "/v1/optouts/claim_1/activate", {}),
        ("GET", "/v1/takedowns", {}),
        ("POST", "/v1/takedowns", {"json": {"claim_id": "claim_1"}}),
        ("POST", "/v1/optouts/imports/imp_1/activate", {}),
    ):
        answer = mallory.http.request(verb, path, **more)
        assert (answer.status_code, answer.json()["error"]["type"]) == (403, "permission_error"), path


def test_another_organisations_claims_go_out_to_nobody_else(mallory: Person, admin: Person) -> None:
    everybodys = admin.http.get("/v1/optouts").raise_for_status().json()["data"]
    theirs = next(claim for claim in everybodys if claim["title"] == CHARACTER)["organisation_id"]
    for organisation in (theirs, "org_none"):
        said = {"format": "rsl", "organisation": organisation}
        assert mallory.http.get("/v1/feeds/export", params=said).status_code == 404
        sent = mallory.http.post("/v1/feeds/import", data=said, files={"file": ("feed", b"<rsl/>")})
        assert sent.status_code == 404
    assert CHARACTER not in mallory.http.get("/v1/feeds/export", params={"format": "rsl"}).raise_for_status().text
    assert CHARACTER in admin.http.get("/v1/feeds/export", params={"format": "rsl"}).text


def test_a_key_does_no_more_than_its_scopes(ada: Person, server: Server, own_video: str) -> None:
    reader, _ = scoped(ada, server, "video:read")
    assert reader.http.get("/v1/me").json()["permissions"] == ["video:read"]
    assert reader.video(own_video)["id"] == own_video
    assert reader.http.post("/v1/videos", json={"prompt": "A kite"}).status_code == 403
    assert reader.http.post(f"/v1/videos/{own_video}/remix", json={"prompt": "A kite"}).status_code == 403
    assert reader.http.delete(f"/v1/videos/{own_video}").status_code == 403
    assert reader.http.post("/v1/keys", json={"name": "more"}).status_code == 403
    assert reader.http.get(f"/v1/subjects/{ada.subject_id}/grants").status_code == 403


def test_a_key_makes_no_key_that_may_do_more(ada: Person, server: Server) -> None:
    maker, _ = scoped(ada, server, "key:manage", "video:read")
    more = maker.http.post("/v1/keys", json={"name": "more", "scopes": ["video:create"]})
    assert (more.status_code, more.json()["code"]) == (422, "kernel:scope:not_held")
    same = maker.http.post("/v1/keys", json={"name": "same"}).json()
    assert set(same["scopes"]) == {"key:manage", "video:read"}
    foreign = ada.http.post("/v1/keys", json={"name": "staff", "scopes": ["case:decide"]})
    assert foreign.status_code == 422


def test_a_revoked_key_is_refused_with_the_very_next_request(ada: Person, server: Server) -> None:
    other, key_id = scoped(ada, server, "video:read")
    assert other.http.get("/v1/videos").status_code == 200
    assert ada.http.delete(f"/v1/keys/{key_id}").status_code == 204
    refused = other.http.get("/v1/videos")
    assert (refused.status_code, refused.json()["code"]) == (401, "kernel:auth:key_invalid")
    listed = {key["id"]: key for key in ada.http.get("/v1/keys").json()["data"]}
    assert listed[key_id]["revoked_at"] is not None
    assert all("key" not in key for key in listed.values())


def test_no_template_is_ever_part_of_an_answer(ada: Person) -> None:
    me = ada.http.get("/v1/subjects/me").raise_for_status().json()
    assert set(me["cameo"]) == {
        "id", "version", "assurance", "has_face", "has_voice", "keeps_reference", "created_at"
    }  # fmt: skip


def test_signing_in_needs_the_password_and_the_forms_own_token(server: Server) -> None:
    form = {"email": "ada@e2e.example.org", "password": "wrong"}
    with httpx.Client(base_url=server.url, timeout=60) as browser:
        assert browser.post("/sign-in", data=form).status_code == 403
        crossing = browser.post("/sign-in", data=form, headers={"origin": "https://evil.example"})
        assert crossing.status_code == 403
