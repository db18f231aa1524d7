"""What cannot be kept as text is refused by every route, by the name of the field; PostgreSQL would break over it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from placet.app import build_app
from placet.wiring import House, build_house
from tests.factories.claims import FORM
from trust_kernel.settings import Settings

JSON = {"content-type": "application/json"}
NUL, HALF = "a\0b", "a\ud800b"
AREAS = ("optouts", "organisations", "feeds", "legal-notices", "appeal", "takedowns")
"""Parts of paths whose every field is tried; of others one field is."""
IN_PIECES = ("/verify", "/verify/crjson", "/is-this-ai", "/is-this-ai/feedback")
"""Read by their routes themselves, which keep none of these words."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = build_house(Settings(data_dir=tmp_path_factory.mktemp("texts")))
    made.kernel.database.create_all()
    yield made
    made.kernel.database.dispose()


@pytest.fixture(scope="module")
def app(house: House) -> FastAPI:
    return build_app(house)


@pytest.fixture(scope="module")
def http(app: FastAPI, house: House) -> TestClient:
    accounts = house.kernel.accounts
    ada = accounts.register("ada@example.org", "a long password", ("admin",), "Ada")
    key = accounts.issue_key(ada.id, "test", accounts.permissions(ada.id)).plaintext
    return TestClient(app, headers={"authorization": f"Bearer {key}"}, raise_server_exceptions=False)


def bodies(app: FastAPI, kind: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and schema of every body of a kind."""
    described = app.openapi()
    for path, methods in described["paths"].items():
        for method, told in methods.items():
            schema = told.get("requestBody", {}).get("content", {}).get(kind, {}).get("schema")
            if schema is not None and path not in IN_PIECES:
                yield method, path.replace("{", "").replace("}", ""), schema


def fields(app: FastAPI, schema: dict[str, Any], text: str, seen: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Each place in a body that takes a text: its name, and a body with nothing but such a text there."""
    for one in (schema, *schema.get("anyOf", ()), *schema.get("allOf", ()), *schema.get("oneOf", ())):
        ref = one.get("$ref", "").rpartition("/")[2]
        if ref and ref not in seen:
            yield from fields(app, app.openapi()["components"]["schemas"][ref], text, (*seen, ref))
        for name, inner in one.get("properties", {}).items():
            for place, value in fields(app, inner, text, seen):
                yield f"{name}.{place}".rstrip("."), {name: value}
        if one.get("type") == "array":
            for place, value in fields(app, one["items"], text, seen):
                yield f"0.{place}".rstrip("."), [value]
        if one.get("type") == "string" and "contentMediaType" not in one and one.get("format") != "binary":
            yield "", text


def refused(answer: Any, field: str) -> bool:
    said = answer.json()
    return answer.status_code in {400, 422} and (said["code"], said["field"]) == ("kernel:text:unreadable", field)


def test_every_text_in_json_is_looked_at(app: FastAPI, http: TestClient) -> None:
    tried: set[str] = set()
    for method, path, schema in bodies(app, "application/json"):
        found = {place: value for place, value in fields(app, schema, NUL) if place}
        whole = any(area in path for area in AREAS)
        for place, value in list(found.items())[: None if whole else 1]:
            sent = json.dumps(value)
            for said in (sent, sent.replace("\\u0000", "\\ud800")) if whole else (sent,):
                answer = http.request(method, path, content=said, headers=JSON)
                assert refused(answer, place), (method, path, place, answer.text)
            tried.add(f"{path} {place}")
    assert {"/v1/optouts/claim_id/terms title", "/v1/optouts/claim_id/terms licences.0.account_id"} <= tried
    assert len(tried) > 40


def test_every_field_of_a_form_is_looked_at(app: FastAPI, http: TestClient) -> None:
    tried: set[str] = set()
    for kind in ("multipart/form-data", "application/x-www-form-urlencoded"):
        for method, path, schema in bodies(app, kind):
            names = {place.removesuffix(".0") for place, _ in fields(app, schema, NUL) if place}
            for name in sorted(names):
                answer = http.request(method, path, data={name: NUL}, headers={"accept": "application/json"})
                assert refused(answer, name), (method, path, name, answer.text)
                tried.add(f"{path} {name}")
    assert {"/v1/optouts title", "/v1/optouts statement", "/v1/optouts names", "/v1/feeds/import bank"} <= tried


def test_paths_queries_and_names_are_looked_at(http: TestClient) -> None:
    assert http.get("/v1/optouts/claim%00").status_code == 404
    assert refused(http.get("/v1/optouts", params={"after": NUL}), "after")
    assert refused(http.put("/v1/optouts/x/terms", json={"a\0": 1}), "a\\x00")
    content = json.dumps({"names": ["x", HALF]})
    answer = http.put("/v1/optouts/x/terms", content=content, headers=JSON)
    assert refused(answer, "names.1")


def test_a_prompt_is_looked_at_by_the_route_that_reads_it(http: TestClient) -> None:
    assert refused(http.post("/v1/videos", json={"prompt": NUL}), "prompt")
    half = http.post("/v1/videos", content=json.dumps({"prompt": HALF}), headers=JSON)
    assert (half.status_code, half.json()["code"]) == (400, "request:body:malformed")


def test_letters_of_any_alphabet_and_beyond_the_first_plane_are_text(http: TestClient) -> None:
    form = {"title": "\u521d\u97f3\u30df\u30af \U0001f98a Fox", "kind": "character", **FORM}
    answer = http.post("/v1/optouts", data=form)
    assert answer.status_code == 201, answer.text
    assert answer.json()["title"] == form["title"]
