"""The blocklist over HTTP."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

from likeness_guard.api import Gallery
from likeness_guard.routes import MOST_IMPORT_FILES, build_router
from tests.fakes.likeness import image, picture_of
from tests.unit.likeness_guard.blocklist_house import House
from trust_kernel.db import Database
from trust_kernel.media.refs import Look, MediaLimits
from trust_kernel.web.access import Access, Actor, declared_permission, routes_of
from trust_kernel.web.problems import install


class StaffKeys:
    """One reader, two writers."""

    def actor_for_key(self, key: str) -> Actor | None:
        both = {"blocklist:read", "blocklist:write"}
        permissions = {"reads": {"blocklist:read"}, "writes": both, "writes-too": both}.get(key)
        return Actor(f"acct_{key}", "Staff", frozenset(), frozenset(permissions), "key") if permissions else None

    def actor_for_session(self, token: str) -> Actor | None:  # noqa: ARG002 - keys alone here
        return None


class PlainDecoder:
    """Pillow, without a sandbox: these bytes are our own."""

    def look(self, path: Path, limits: MediaLimits = MediaLimits(), *, field: str = "file") -> Look:  # noqa: ARG002, B008 - the port's signature; the limits are frozen
        return image(np.asarray(Image.open(path).convert("RGB"), np.uint8))


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    return House(database, tmp_path / "root.key")


@pytest.fixture
def client(house: House) -> TestClient:
    app = FastAPI()
    app.include_router(build_router(house.list, Access(StaffKeys()), PlainDecoder()))
    install(app)
    return TestClient(app, headers={"Authorization": "Bearer writes"})


READS = {"Authorization": "Bearer reads"}
SECOND = {"Authorization": "Bearer writes-too"}
PATH = "/v1/blocklist"


def png(*people: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture_of(*people)).save(out, "PNG")
    return out.getvalue()


def made(client: TestClient, name: str = "Ada Lovelace", **fields: Any) -> dict[str, Any]:
    answer = client.post(PATH, data={"name": name, **fields})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_staff_block_and_unblock_a_face_over_http(client: TestClient, house: House) -> None:
    answer = client.post(
        PATH,
        data={"name": "Ada Lovelace", "aliases": ["Augusta Byron", "Ада@ru"], "category": "royalty"},
        files=[("faces", ("face.png", png(5), "image/png"))],
    )
    assert answer.status_code == 201
    body = answer.json()
    assert body["aliases"] == [{"name": "Augusta Byron", "language": ""}, {"name": "Ада", "language": "ru"}]
    assert (body["has_face"], body["has_voice"], body["created_by"]) == (True, False, "acct_writes")
    assert house.guard.examine(image(picture_of(5))).sightings[0].name == "Ada Lovelace"
    entry = f"{PATH}/{body['id']}"
    told = {name: value for name, value in body.items() if name not in {"similar", "noisy"}}
    assert client.get(PATH, headers=READS).json()["data"] == [told]
    assert client.get(entry, headers=READS).json() == told
    lifted = client.delete(entry, params={"reason": "mistaken"})
    assert (lifted.status_code, lifted.json()["status"]) == (200, "lifted")
    assert house.guard.examine(image(picture_of(5))).sightings[0].gallery is Gallery.STRANGER
    assert client.get(entry, headers=READS).status_code == 404
    assert [line["event"] for line in client.get(f"{entry}/history", headers=READS).json()["data"]] == [
        "likeness:entry:lifted",
        "likeness:entry:added",
    ]


def test_an_upload_with_two_faces_is_refused_with_its_field(client: TestClient) -> None:
    answer = client.post(
        PATH,
        data={"name": "Ada Lovelace"},
        files=[("faces", ("a.png", png(5), "image/png")), ("faces", ("b.png", png(5, 9), "image/png"))],
    )
    assert answer.status_code in {400, 422}
    assert "faces.1" in answer.text
    assert client.get(PATH).json()["data"] == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "…"}, "name"),
        ({"name": "Ada", "category": "wizard"}, "category"),
        ({"name": "Ada", "lifted_by": "me"}, "lifted_by"),
        ({"name": "Ada", "ends_at": "soon"}, "ends_at"),
        ({"name": "Ada", "external_id": "a b"}, "external_id"),
    ],
)
def test_bad_fields_are_named(client: TestClient, fields: dict[str, str], field: str) -> None:
    answer = client.post(PATH, data=fields)
    assert answer.status_code in {400, 422}
    assert field in answer.text


def test_the_answer_says_who_is_like_them_and_which_names_are_noisy(client: TestClient) -> None:
    first = made(client, "Ada King")
    second = made(client, "King, Ada", aliases=["Will"])
    assert [(one["about"], one["kind"]) for one in second["similar"]] == [(first["id"], "likeness:similar:same_name")]
    assert second["noisy"] == [{"name": "Will", "why": "likeness:name:common_word"}]


def test_an_entry_is_changed_and_a_stale_change_refused(client: TestClient) -> None:
    entry = made(client, ends_at="2027-01-31")
    path = f"{PATH}/{entry['id']}"
    changed = client.patch(path, json={"aliases": ["Countess", {"name": "Ада", "language": "ru"}], "ends_at": None})
    assert changed.status_code == 200
    assert (entry["ends_at"], changed.json()["ends_at"], changed.json()["version"]) == ("2027-02-01T00:00:00Z", None, 2)
    assert client.patch(path, json={"ends_at": "2027-01-31"}).json()["ends_at"] == entry["ends_at"]
    assert client.patch(path, json={"ends_at": "soon"}).json()["field"] == "ends_at"
    assert client.patch(path, json={"note": "x", "version": 1}).status_code == 409
    assert client.patch(path, json={"name": None}).status_code in {400, 422}
    assert client.patch(path, json={"nonsense": 1}).status_code in {400, 422}
    assert client.patch(path, json={"name": "\x00"}).status_code in {400, 422}


def test_a_minors_block_takes_two_to_lift(client: TestClient) -> None:
    path = f"{PATH}/{made(client, category='minor')['id']}"
    assert client.patch(path, json={"category": "other"}).status_code == 403
    for _ in range(2):
        asked = client.delete(path, params={"reason": "grown up"})
        assert (asked.status_code, asked.json()["status"]) == (202, "proposed")
    assert client.get(path).json()["proposal"]["by"] == "acct_writes"
    assert client.delete(path, params={"reason": "grown up"}, headers=SECOND).status_code == 200
    assert client.get(path).status_code == 404


def test_lifting_says_what_is_missing(client: TestClient) -> None:
    path = f"{PATH}/{made(client, lifted_by='estate')['id']}"
    assert client.delete(path).json()["field"] == "reason"
    refused = client.delete(path, params={"reason": "why"})
    assert (refused.status_code, refused.json()["code"]) == (403, "likeness:blocklist:word_missing")
    params = {"reason": "they wrote", "asked_by": "estate", "proof": "letter of 3 May"}
    assert client.delete(path, params=params).status_code == 202
    never = f"{PATH}/{made(client, 'Grace', lifted_by='nobody')['id']}"
    assert client.delete(never, params=params).json()["code"] == "likeness:blocklist:lifted_by_nobody"


def test_a_list_comes_in_pages_searched_and_filtered(client: TestClient) -> None:
    for number in range(5):
        made(client, f"Person {number}", category="judge" if number % 2 else "athlete")
    seen, after = [], ""
    while True:
        page = client.get(PATH, params={"limit": 2, "after": after}).json()
        assert page["total"] == 5
        seen += [entry["name"] for entry in page["data"]]
        after = page["next"]
        if not page["has_more"]:
            break
    assert seen == [f"Person {number}" for number in range(5)]
    names = [entry["name"] for entry in client.get(PATH, params={"category": "judge"}).json()["data"]]
    assert names == ["Person 1", "Person 3"]
    assert len(client.get(PATH, params={"q": "SON 4", "standing": True}).json()["data"]) == 1


@pytest.mark.parametrize(
    "params",
    [{"after": "é"}, {"after": "AAAA"}, {"after": "WzEsMl0="}, {"limit": 0}, {"limit": 1001}, {"category": "x"}],
)
def test_a_list_that_cannot_be_given_is_refused(client: TestClient, params: dict[str, Any]) -> None:
    assert client.get(PATH, params=params).status_code in {400, 422}


@pytest.mark.parametrize("entry", ["blk_no", "%00", "%ED%A0%80", "x" * 500])
def test_an_id_of_nobody_is_not_found(client: TestClient, entry: str) -> None:
    assert client.get(f"{PATH}/{entry}").status_code == 404
    assert client.get(f"{PATH}/{entry}/history").status_code == 404
    assert client.patch(f"{PATH}/{entry}", json={"note": "x"}).status_code == 404
    assert client.delete(f"{PATH}/{entry}", params={"reason": "x"}).status_code == 404


def test_reference_media_are_added_once(client: TestClient, house: House) -> None:
    path = f"{PATH}/{made(client)['id']}/references"
    upload = [("faces", ("a.png", png(5), "image/png"))]
    assert client.post(path, files=upload).json()["version"] == 2
    assert client.post(path, files=upload).json()["version"] == 2
    assert client.post(path).status_code in {400, 422}
    assert house.guard.examine(image(picture_of(5))).sightings[0].name == "Ada Lovelace"


def test_a_list_with_pictures_is_imported(client: TestClient, house: House) -> None:
    table = "name,external_id,faces\nAda,Q1,a.png\nGrace,Q2,gone.png\n,Q3,\nJean Bartik,Q4,\n"
    files = [("file", ("list.csv", table.encode(), "text/csv")), ("pictures", ("a.png", png(5), "image/png"))]
    body = client.post(f"{PATH}/import", files=files, data={"source": "the team"}).json()
    counts = {name: body[name] for name in ("lines", "added", "updated", "unchanged", "rejected", "to_look_at")}
    assert counts == {"lines": 4, "added": 3, "updated": 0, "unchanged": 0, "rejected": 1, "to_look_at": 3}
    assert [(line["line"], line["outcome"]) for line in body["data"]] == [(2, "added"), (3, "added"), (4, "rejected")]
    assert house.names("Jean Bartik") == ["Jean Bartik"]
    assert client.get(PATH).json()["data"][0]["source"] == "the team"
    assert house.guard.examine(image(picture_of(5))).sightings[0].name == "Ada"


def test_a_dry_run_keeps_nothing(client: TestClient) -> None:
    upload = [("file", ("list.json", json.dumps([{"labels": {"en": {"value": "Ada"}}}]), "application/json"))]
    body = client.post(f"{PATH}/import", files=upload, data={"dry_run": "true"}).json()
    assert (body["added"], body["dry_run"], client.get(PATH).json()["total"]) == (1, True, 0)


@pytest.mark.parametrize("content", [b"", b"\x89PNG\x00", b"{]", b"no header\n", b'{"a": 1'])
def test_a_file_that_is_no_list_is_a_clear_refusal(client: TestClient, content: bytes) -> None:
    answer = client.post(f"{PATH}/import", files=[("file", ("x", content, "text/csv"))])
    assert answer.status_code in {400, 422}
    assert answer.json()["field"] == "file"


@pytest.mark.parametrize("names", [["../a.png"], ["a.png", "a.png"], ["a\\b.png"]])
def test_uploads_under_other_than_plain_names_are_refused(client: TestClient, names: list[str]) -> None:
    files = [("file", ("x.csv", b"name\nAda\n", "text/csv")), *(("pictures", (n, b"x", "image/png")) for n in names)]
    answer = client.post(f"{PATH}/import", files=files)
    assert answer.status_code in {400, 422}
    assert "pictures." in answer.json()["field"]


def test_too_many_files_are_refused_with_the_limit(client: TestClient) -> None:
    files = [("pictures", (f"{n}.png", b"x", "image/png")) for n in range(MOST_IMPORT_FILES + 1)]
    answer = client.post(f"{PATH}/import", files=[("file", ("x.csv", b"name\nAda\n", "text/csv")), *files])
    assert (answer.json()["field"], answer.json()["limit"]) == ("pictures", f"{MOST_IMPORT_FILES} files")
    faces = [("faces", (f"{n}.png", b"x", "image/png")) for n in range(11)]
    assert client.post(PATH, data={"name": "Ada"}, files=faces).json()["field"] == "faces"


def test_readers_may_not_write_and_strangers_may_not_read(client: TestClient) -> None:
    entry = f"{PATH}/{made(client)['id']}"
    assert client.post(PATH, headers=READS, data={"name": "Ada"}).status_code == 403
    assert client.patch(entry, headers=READS, json={"note": "x"}).status_code == 403
    assert client.delete(entry, headers=READS, params={"reason": "x"}).status_code == 403
    assert client.post(f"{PATH}/import", headers=READS, files=[("file", ("x", b"name\nX", ""))]).status_code == 403
    assert client.get(PATH, headers={"Authorization": ""}).status_code == 401


def test_every_route_declares_a_permission(house: House) -> None:
    declared = [
        declared_permission(route) for route in routes_of(build_router(house.list, Access(StaffKeys()), PlainDecoder()))
    ]
    assert len(declared) == 8
    assert set(declared) == {"blocklist:read", "blocklist:write"}
