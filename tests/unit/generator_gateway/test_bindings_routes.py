"""The Soft Binding Resolution API over HTTP, as the standard's description of it asks (C2PA, version 2.2)."""

import base64
import json
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient

from generator_gateway.ports.bindings import Prints
from generator_gateway.routes.bindings import MOST_IN_URL, build_binding_router
from generator_gateway.service.bindings_values import MOST_TEXT
from tests.contracts.test_bindings import CODE, pictures
from tests.fakes.web import FakeIdentities, access_of
from tests.unit.generator_gateway.test_bindings_service import NUMBER, Desk
from tests.unit.watermark.test_jumbf import described
from trust_kernel.errors import NotPermitted
from trust_kernel.web.access import PUBLIC, declared_permission, routes_of
from trust_kernel.web.problems import install

MOST_BYTES = 1000
MARK = base64.b64encode(NUMBER.to_bytes(8, "big")).decode()
MARK_NAME = "com.placet.mark.1"
LABEL = "urn:c2pa:F9168C5E-CEB2-4FAA-B6BF-329BF39FA1E4"
STORE = described("c2pa", described("urn:c2pa:parent"), described(LABEL))


class Door(Desk):
    """The API over fakes."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.refusing = False
        self.app = FastAPI()
        access = access_of(FakeIdentities())
        router = build_binding_router(self.service, access, MOST_BYTES, guards=[Depends(self._guard)])
        self.app.include_router(router, prefix="/sbr")
        install(self.app, openai_prefixes=("/sbr",))
        self.client = TestClient(self.app, raise_server_exceptions=False)

    def _guard(self) -> None:
        if self.refusing:
            raise NotPermitted("not now")

    def content(self, body: bytes = b"a file", kind: str = "video/mp4", **query: str | int) -> tuple[int, list[object]]:
        """Status and matches for a file that is sent."""
        answer = self.client.post(
            "/sbr/matches/byContent", params=query, content=body, headers={"content-type": kind} if kind else {}
        )
        return answer.status_code, answer.json().get("matches")


@pytest.fixture
def door(tmp_path: Path) -> Door:
    made = Door(tmp_path)
    made.sent(Prints(pictures(1)), mark=NUMBER)
    made.world.release("video_c", 3, LABEL, 3)
    made.world.bindings.register("video_c", Prints(), made.world.blob(STORE))
    return made


def test_every_route_of_the_standard_is_there_and_open_to_everybody(door: Door) -> None:
    offered = {
        f"{method} {route.path}": declared_permission(route)
        for route in routes_of(door.app)
        for method in route.methods or ()
        if route.path.startswith("/sbr")
    }
    assert offered == dict.fromkeys(
        (
            "GET /sbr/matches/byBinding",
            "POST /sbr/matches/byBinding",
            "POST /sbr/matches/byContent",
            "GET /sbr/manifests/{manifestId}",
            "GET /sbr/services/supportedAlgorithms",
        ),
        PUBLIC,
    )


def test_the_parameters_are_called_as_in_the_standard(door: Door) -> None:
    paths = door.app.openapi()["paths"]
    names = {
        f"{method} {path}": {parameter["name"] for parameter in operation.get("parameters", ())}
        for path, methods in paths.items()
        for method, operation in methods.items()
    }
    assert names == {
        "get /sbr/matches/byBinding": {"alg", "value", "maxResults"},
        "post /sbr/matches/byBinding": {"maxResults"},
        "post /sbr/matches/byContent": {"alg", "maxResults", "hintAlg", "hintValue"},
        "get /sbr/manifests/{manifestId}": {"manifestId", "returnActiveManifest"},
        "get /sbr/services/supportedAlgorithms": set(),
    }


def test_the_algorithms_are_listed_by_name_and_kind(door: Door) -> None:
    answer = door.client.get("/sbr/services/supportedAlgorithms").json()
    assert [each["alg"] for each in answer["watermarks"]] == ["com.placet.mark.1", "com.placet.sound.1"]
    assert [each["alg"] for each in answer["fingerprints"]] == [
        "com.placet.pdq.1",
        "com.placet.sound-print.1",
        "io.iscc.v0",
    ]


def test_a_mark_leads_to_a_manifest_s_identifier(door: Door) -> None:
    expected = {"matches": [{"manifestId": "urn:c2pa:video_a", "similarityScore": 100}]}
    query = {"alg": MARK_NAME, "value": MARK}
    assert door.client.get("/sbr/matches/byBinding", params=query).json() == expected
    assert door.client.post("/sbr/matches/byBinding", json=query).json() == expected


def test_a_binding_of_nothing_here_gives_an_empty_list(door: Door) -> None:
    answer = door.client.get("/sbr/matches/byBinding", params={"alg": MARK_NAME, "value": "AAAAAAAAAAA="})
    assert (answer.status_code, answer.json()) == (200, {"matches": []})


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"alg": MARK_NAME},
        {"value": MARK},
        {"alg": "com.example.1", "value": MARK},
        {"alg": MARK_NAME, "value": "?"},
        {"alg": MARK_NAME, "value": MARK, "maxResults": "0"},
        {"alg": MARK_NAME, "value": MARK, "maxResults": "x"},
        {"alg": "a" * 300, "value": MARK},
    ],
)
def test_a_query_that_cannot_be_answered_is_a_400(door: Door, query: dict[str, str]) -> None:
    answer = door.client.get("/sbr/matches/byBinding", params=query)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"alg": 1, "value": ""}', '{"alg": "io.iscc.v0", "value": "AAAA"}'])
def test_a_posted_query_that_cannot_be_answered_is_a_400(door: Door, body: str) -> None:
    answer = door.client.post("/sbr/matches/byBinding", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400


def test_a_value_too_long_for_a_url_is_a_414_and_can_be_posted(door: Door) -> None:
    raw = b"".join(map(bytes.fromhex, pictures(1))) * 20
    query = {"alg": "com.placet.pdq.1", "value": base64.b64encode(raw).decode()}
    assert len(query["value"]) > MOST_IN_URL
    assert door.client.get("/sbr/matches/byBinding", params=query).status_code == 414
    assert len(door.client.post("/sbr/matches/byBinding", json=query).json()["matches"]) == 1
    query["value"] = "A" * (MOST_TEXT + 1)
    assert door.client.post("/sbr/matches/byBinding", json=query).status_code == 400


def test_as_many_matches_are_given_as_asked_for(door: Door) -> None:
    door.world.released("video_d", Prints(pictures(1)), number=77)
    raw = b"".join(map(bytes.fromhex, pictures(1)))
    query: dict[str, str | int] = {"alg": "com.placet.pdq.1", "value": base64.b64encode(raw).decode(), "maxResults": 1}
    assert len(door.client.get("/sbr/matches/byBinding", params=query).json()["matches"]) == 1
    query["maxResults"] = 1_000_000
    assert len(door.client.get("/sbr/matches/byBinding", params=query).json()["matches"]) == 2


@pytest.mark.parametrize("kind", ["video/mp4", "image/png", "audio/mpeg", "application/octet-stream", ""])
def test_a_file_leads_to_a_manifest_s_identifier(door: Door, kind: str) -> None:
    assert door.content(kind=kind) == (200, [{"manifestId": "urn:c2pa:video_a", "similarityScore": 100}])


@pytest.mark.parametrize("kind", ["text/plain", "model/gltf+json", "multipart/form-data; boundary=x"])
def test_an_asset_of_a_kind_that_holds_no_media_is_a_415(door: Door, kind: str) -> None:
    assert door.content(kind=kind)[0] == 415


def test_a_file_that_is_no_medium_is_a_415_whatever_its_type_says(door: Door) -> None:
    assert door.content(b"%PDF-1.7", "video/mp4")[0] == 415


def test_an_empty_body_is_a_400_and_too_large_a_one_a_413(door: Door) -> None:
    assert door.content(b"")[0] == 400
    assert door.content(b"x" * (MOST_BYTES + 1))[0] == 413
    assert door.prints.made == 0


def test_a_file_is_asked_about_in_one_way_or_with_a_hint(door: Door) -> None:
    assert door.content(alg="io.iscc.v0") == (200, [])
    value = base64.b64encode(CODE.encode()).decode()
    status, matches = door.content(alg="com.placet.sound.1", hintAlg="io.iscc.v0", hintValue=value)
    assert (status, matches) == (200, [{"manifestId": "urn:c2pa:video_a", "similarityScore": 100}])
    assert door.content(alg="com.example.1")[0] == 400
    assert door.content(hintAlg="io.iscc.v0")[0] == 400
    assert door.content(hintAlg="io.iscc.v0", hintValue="?")[0] == 400


def test_nothing_of_a_file_is_kept(door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = set(tmp_path.iterdir())
    assert door.content()[0] == 200
    assert door.content(b"%PDF-1.7")[0] == 415
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize("identifier", [LABEL, quote(LABEL, safe="")])
def test_a_manifest_store_comes_as_it_was_signed(door: Door, identifier: str) -> None:
    answer = door.client.get(f"/sbr/manifests/{identifier}")
    assert (answer.status_code, answer.content) == (200, STORE)
    assert answer.headers["content-type"] == "application/c2pa"


def test_the_active_manifest_comes_alone_where_asked_for(door: Door) -> None:
    answer = door.client.get(f"/sbr/manifests/{LABEL}", params={"returnActiveManifest": "true"})
    assert answer.content == described("c2pa", described(LABEL))
    whole = door.client.get(f"/sbr/manifests/{LABEL}", params={"returnActiveManifest": "false"})
    assert whole.content == STORE


def test_an_unknown_manifest_is_a_404_and_what_names_none_a_400(door: Door) -> None:
    assert door.client.get("/sbr/manifests/urn:c2pa:other").status_code == 404
    assert door.client.get("/sbr/manifests/video_a").status_code == 400
    assert door.client.get(f"/sbr/manifests/{LABEL}?returnActiveManifest=maybe").status_code == 400


def test_a_rate_limit_comes_before_every_search_and_not_before_manifests(door: Door) -> None:
    door.refusing = True
    assert door.client.get("/sbr/matches/byBinding", params={"alg": MARK_NAME, "value": MARK}).status_code == 403
    assert door.client.post("/sbr/matches/byBinding", json={"alg": MARK_NAME, "value": MARK}).status_code == 403
    assert door.client.post("/sbr/matches/byContent", content=b"a file").status_code == 403
    assert door.client.get(f"/sbr/manifests/{LABEL}").status_code == 200
    assert door.prints.made == 0


def test_no_answer_says_whose_or_which_video_it_is(door: Door) -> None:
    answers = [
        door.client.get("/sbr/matches/byBinding", params={"alg": MARK_NAME, "value": MARK}),
        door.client.post("/sbr/matches/byContent", content=b"a file"),
    ]
    for answer in answers:
        for match in answer.json()["matches"]:
            assert set(match) <= {"manifestId", "endpoint", "similarityScore"}
        assert "withdrawn" not in json.dumps(answer.json())
