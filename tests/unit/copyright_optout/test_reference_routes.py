"""Reference media over HTTP: who may add what to which claim, and what is said of it."""

from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient

from copyright_optout.api import Claim, ClaimKind, ClaimState
from copyright_optout.routes import build_router
from tests.factories.claims import FORM
from tests.factories.references import Claimant, Spelling, video
from trust_kernel.db import Database
from trust_kernel.errors import PlacetError
from trust_kernel.media.refs import MediaLimits
from trust_kernel.web.access import Access, Actor

_HOLDER = frozenset({"optout:write", "optout:read"})
_STAFF = _HOLDER | {"optout:activate"}


class Keys:
    """API keys that name their account; a acts for the organisation, b for nobody."""

    def actor_for_key(self, key: str) -> Actor | None:
        permissions = {"a": _HOLDER, "b": _HOLDER, "staff": _STAFF}.get(key)
        return None if permissions is None else Actor(f"acct_{key}", key, frozenset(), permissions, "key")

    def actor_for_session(self, token: str) -> Actor | None:
        del token
        return None


class Site:
    def __init__(self, database: Database) -> None:
        files = Spelling()
        self.claimant = Claimant(database, files=files)
        app = FastAPI()
        limits = MediaLimits(max_bytes=100)
        app.include_router(build_router(self.claimant.optouts, Access(Keys()), files, limits))

        @app.exception_handler(PlacetError)
        def say(_request: Request, error: PlacetError) -> JSONResponse:
            said = {"error": type(error).__name__, "code": error.code, "field": error.field, "limit": error.limit}
            return JSONResponse(said, status_code=418)

        self.client = TestClient(app)

    def call(self, method: str, claim: Claim, key: str, path: str = "", **more: Any) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {key}"}
        url = f"/v1/optouts/{claim.id}/references{path}"
        answer = self.client.request(method, url, headers=headers, **more)
        return answer.status_code, answer.json() if answer.content else {}

    def add(self, claim: Claim, said: str, key: str = "a") -> tuple[int, dict[str, Any]]:
        return self.call("POST", claim, key, files={"file": ("file", said.encode(), "video/mp4")})


@pytest.fixture
def site(tmp_path: Path) -> Site:
    database = Database(f"sqlite:///{tmp_path}/routes.db")
    database.create_all()
    return Site(database)


def test_a_claim_is_recognised_by_what_was_added_once_it_is_active(site: Site) -> None:
    claim = site.claimant.claim(ClaimKind.MUSIC, ClaimState.DRAFT)
    assert site.add(claim, "video 1 2 3 4")[0] == 201
    assert site.add(claim, "sound 7 12")[0] == 201
    status, picture = site.add(claim, "picture 9")
    assert (status, picture["kind"]) == (201, "picture")
    _, said = site.call("GET", claim, "a")
    assert said["looks_searched"] is False
    kinds = {one["kind"]: (one["seconds"], one["frames"], one["sound_by"]) for one in said["data"]}
    assert kinds["video"] == (3.0, 4, [])
    assert kinds["sound"] == (pytest.approx(11.3, abs=0.2), 0, ["energy-1"])
    assert kinds["picture"] == kinds["text"] == (0.0, 0, [])
    assert site.claimant.optouts.claim(claim.id).references == (("picture", 1), ("sound", 1), ("video", 1))
    assert site.claimant.optouts.pictured(video(9)) == ()
    site.claimant.moves(site.claimant.optouts.claim(claim.id), ClaimState.ACTIVE)
    for look in (video(9), video(1, 2, 3)):
        assert [work.claim.id for work in site.claimant.optouts.pictured(look)] == [claim.id]


def test_pictures_that_come_with_a_claim_are_kept_as_those_that_are_added_to_one(site: Site) -> None:
    added = site.claimant.claim(state=ClaimState.DRAFT)
    codes = [site.add(added, f"picture {number}")[1]["iscc"] for number in (1, 2)]
    files = [("pictures", (f"{number}.png", f"picture {number}".encode(), "image/png")) for number in (1, 2)]
    form = {"title": "Fennimore Fox", "kind": "character", **FORM}
    answer = site.client.post("/v1/optouts", data=form, files=files, headers={"Authorization": "Bearer a"})
    assert answer.status_code == 201, answer.text
    filed = site.claimant.optouts.claim(answer.json()["id"])
    kept = site.call("GET", filed, "a")[1]["data"]
    assert sorted(one["iscc"] for one in kept if one["kind"] == "picture") == sorted(codes)
    assert [one["iscc"][0][:7] for one in kept if one["kind"] == "text"] == ["ISCC:AA"]
    assert filed.references == (("picture", 2),)
    site.claimant.moves(filed, ClaimState.ACTIVE)
    assert [work.claim.id for work in site.claimant.optouts.pictured(video(2))] == [filed.id]


def test_a_picture_with_nothing_in_it_keeps_the_whole_claim_from_being_filed(site: Site) -> None:
    files = [("pictures", (f"{number}.png", said, "image/png")) for number, said in enumerate((b"picture 1", b"plain"))]
    form = {"title": "Fennimore Fox", "kind": "character", **FORM}
    answer = site.client.post("/v1/optouts", data=form, files=files, headers={"Authorization": "Bearer a"})
    said = answer.json()
    assert (said["code"], said["field"]) == ("optout:picture:featureless", "pictures")
    assert site.claimant.optouts.page(None) == []


def test_the_code_of_a_draft_follows_its_title(site: Site) -> None:
    form = {"title": "Fennimore Fox", "kind": "character", "draft": "true"}
    headers = {"Authorization": "Bearer a"}
    filed = site.claimant.optouts.claim(site.client.post("/v1/optouts", data=form, headers=headers).json()["id"])
    before = site.call("GET", filed, "a")[1]["data"]
    terms = {"title": "The Teal Fox", "kind": "character"}
    site.client.put(f"/v1/optouts/{filed.id}/terms", json=terms, headers=headers).raise_for_status()
    after = site.call("GET", filed, "a")[1]["data"]
    assert [one["kind"] for one in (*before, *after)] == ["text", "text"]
    assert before[0]["iscc"] != after[0]["iscc"]


def test_hashes_and_vectors_are_not_given(site: Site) -> None:
    claim = site.claimant.claim(state=ClaimState.DRAFT)
    _, given = site.add(claim, "video 1 2 3 4")
    assert set(given) == {"id", "kind", "seconds", "frames", "sound_by", "looks_by", "iscc", "created_at"}


def test_a_claim_that_somebody_looked_at_takes_more_from_staff_alone(site: Site) -> None:
    claim = site.claimant.claim(state=ClaimState.ACTIVE)
    assert site.add(claim, "video 1 2 3")[1]["code"] == "optout:claim:not_a_draft"
    assert site.claimant.optouts.pictured(video(1, 2, 3)) == ()
    assert site.add(claim, "video 1 2 3", "staff")[0] == 201
    assert site.claimant.optouts.pictured(video(1, 2, 3)) != ()


def test_somebody_elses_claim_is_not_there(site: Site) -> None:
    claim = site.claimant.claim(state=ClaimState.DRAFT)
    for status, said in (site.add(claim, "picture 1", "b"), site.call("GET", claim, "b")):
        assert (status, said["error"]) == (418, "UnknownClaim")


def test_a_video_can_be_taken_back_at_any_time_and_a_picture_stays_with_its_claim(site: Site) -> None:
    claim = site.claimant.claim(state=ClaimState.DRAFT)
    kept, picture = site.add(claim, "video 1 2 3")[1], site.add(claim, "picture 9")[1]
    site.claimant.moves(site.claimant.optouts.claim(claim.id), ClaimState.ACTIVE)
    assert site.call("DELETE", claim, "a", f"/{kept['id']}")[0] == 204
    assert site.claimant.optouts.pictured(video(1, 2, 3)) == ()
    assert site.call("DELETE", claim, "a", f"/{kept['id']}")[1]["code"] == "optout:reference:unknown"
    assert site.call("DELETE", claim, "a", f"/{picture['id']}")[1]["code"] == "optout:reference:unknown"
    assert site.claimant.optouts.claim(claim.id).references == (("picture", 1),)


def test_a_file_that_is_too_large_is_refused_with_the_limit(site: Site) -> None:
    _, said = site.add(site.claimant.claim(state=ClaimState.DRAFT), "video" + " 1" * 60)
    assert (said["field"], said["limit"]) == ("file", "100 bytes")
