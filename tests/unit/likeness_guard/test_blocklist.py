"""Blocked names, and the blocklist over HTTP."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

from likeness_guard.api import EnrolmentFault, Gallery, LikenessGuard, NewEntry
from likeness_guard.routes import build_router
from tests.fakes.likeness import image, picture_of
from tests.unit.likeness_guard.conftest import GuardMaker
from trust_kernel.errors import InvalidInput, NotFound
from trust_kernel.media.refs import Look, MediaLimits
from trust_kernel.web.access import Access, Actor, declared_permission, routes_of
from trust_kernel.web.problems import install


def names(guard: LikenessGuard, text: str) -> Sequence[tuple[str, str, str]]:
    return [(hit.name, hit.alias, text[slice(*hit.span)]) for hit in guard.named(text)]


def test_a_blocked_person_is_found_by_name_and_by_alias(guard: LikenessGuard) -> None:
    guard.add_entry(NewEntry("Ada Lovelace", aliases=["Countess of Lovelace", " ", "Ada Lovelace"]))
    assert names(guard, "a film of Ada Lovelace dancing") == [("Ada Lovelace", "Ada Lovelace", "Ada Lovelace")]
    assert names(guard, "the Countess of Lovelace")[0][:2] == ("Ada Lovelace", "Countess of Lovelace")
    assert names(guard, "a film of a red bicycle") == []


def test_a_name_is_blocked_in_every_process_at_once_and_lifted_in_every_one(make_guard: GuardMaker) -> None:
    here, there = make_guard(), make_guard()
    assert names(here, "Ada Lovelace") == []
    entry = there.add_entry(NewEntry("Ada Lovelace"))
    assert len(names(here, "Ada Lovelace")) == 1
    here.remove_entry(entry)
    assert names(there, "Ada Lovelace") == []


def test_an_entry_without_a_name_is_refused(guard: LikenessGuard) -> None:
    with pytest.raises(InvalidInput) as refused:
        guard.add_entry(NewEntry("  "))
    assert (refused.value.code, refused.value.field) == (EnrolmentFault.NAME_MISSING, "name")


def test_lifting_a_block_that_is_not_there_is_not_found(guard: LikenessGuard) -> None:
    with pytest.raises(NotFound):
        guard.remove_entry("blk_nothing")


class StaffKeys:
    """One reader, one writer."""

    def actor_for_key(self, key: str) -> Actor | None:
        permissions = {"reads": {"blocklist:read"}, "writes": {"blocklist:read", "blocklist:write"}}.get(key)
        return Actor("acct_1", "Staff", frozenset(), frozenset(permissions), "key") if permissions else None

    def actor_for_session(self, token: str) -> Actor | None:  # noqa: ARG002 - keys alone here
        return None


class PlainDecoder:
    """Pillow, without a sandbox: these bytes are our own."""

    def look(self, path: Path, limits: MediaLimits = MediaLimits(), *, field: str = "file") -> Look:  # noqa: ARG002, B008 - the port's signature; the limits are frozen
        return image(np.asarray(Image.open(path).convert("RGB"), np.uint8))


@pytest.fixture
def client(guard: LikenessGuard) -> TestClient:
    app = FastAPI()
    app.include_router(build_router(guard, Access(StaffKeys()), PlainDecoder()))
    install(app)
    return TestClient(app)


WRITES = {"Authorization": "Bearer writes"}
READS = {"Authorization": "Bearer reads"}


def png(*people: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture_of(*people)).save(out, "PNG")
    return out.getvalue()


def test_staff_block_and_unblock_a_face_over_http(client: TestClient, guard: LikenessGuard) -> None:
    answer = client.post(
        "/v1/blocklist",
        headers=WRITES,
        data={"name": "Ada Lovelace", "aliases": ["Augusta Byron", "Ada King"], "category": "historic"},
        files=[("faces", ("face.png", png(5), "image/png"))],
    )
    assert answer.status_code == 201
    body = answer.json()
    assert (body["aliases"], body["has_face"], body["has_voice"]) == (["Augusta Byron", "Ada King"], True, False)
    assert guard.examine(image(picture_of(5))).sightings[0].name == "Ada Lovelace"
    assert [entry["id"] for entry in client.get("/v1/blocklist", headers=READS).json()["data"]] == [body["id"]]
    assert client.get(f"/v1/blocklist/{body['id']}", headers=READS).json() == body
    assert client.delete(f"/v1/blocklist/{body['id']}", headers=WRITES).status_code == 204
    assert guard.examine(image(picture_of(5))).sightings[0].gallery is Gallery.STRANGER
    assert client.get(f"/v1/blocklist/{body['id']}", headers=READS).status_code == 404


def test_an_upload_with_two_faces_is_refused_with_its_field(client: TestClient) -> None:
    answer = client.post(
        "/v1/blocklist",
        headers=WRITES,
        data={"name": "Ada Lovelace"},
        files=[("faces", ("a.png", png(5), "image/png")), ("faces", ("b.png", png(5, 9), "image/png"))],
    )
    assert answer.status_code in {400, 422}
    assert "faces.1" in answer.text
    assert client.get("/v1/blocklist", headers=READS).json()["data"] == []


def test_readers_may_not_write_and_strangers_may_not_read(client: TestClient) -> None:
    assert client.post("/v1/blocklist", headers=READS, data={"name": "Ada"}).status_code == 403
    assert client.delete("/v1/blocklist/blk_1", headers=READS).status_code == 403
    assert client.get("/v1/blocklist").status_code == 401


def test_every_route_declares_a_permission(guard: LikenessGuard) -> None:
    router = build_router(guard, Access(StaffKeys()), PlainDecoder())
    declared = [declared_permission(route) for route in routes_of(router)]
    assert declared
    assert set(declared) == {"blocklist:read", "blocklist:write"}
