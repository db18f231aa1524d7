"""Where a file comes from stays true: stills carry it, metadata say it, and who lost the credential finds it again."""

import io
from pathlib import Path
from typing import Any

import av
import httpx
import pytest

from tests.e2e import footage
from tests.e2e.deployment import Person, Server
from tests.e2e.story import Borrowed


@pytest.fixture
def stills(server: Server, ada: Person, own_video: str) -> dict[str, bytes]:
    def get(variant: str) -> bytes:
        answer = ada.http.get(f"/v1/videos/{own_video}/content", params={"variant": variant})
        return answer.raise_for_status().content

    del server
    return {variant: get(variant) for variant in ("thumbnail", "spritesheet")}


def _verified(server: Server, name: str, content: bytes) -> Any:
    answer = httpx.post(f"{server.url}/verify", files={"file": (name, content)}, timeout=120)
    return answer.raise_for_status().json()


def _found(server: Server, content: bytes, kind: str) -> list[dict[str, Any]]:
    answer = httpx.post(
        f"{server.url}/sbr/matches/byContent", content=content, headers={"content-type": kind}, timeout=120
    )
    matches: list[dict[str, Any]] = answer.raise_for_status().json()["matches"]
    return matches


def test_stills_are_signed_like_the_video_they_stand_for(server: Server, stills: dict[str, bytes]) -> None:
    for name, content in stills.items():
        found = _verified(server, name, content)
        assert (found["credential"]["state"], found["credential"]["ai"]) == ("trusted", "yes"), name


def test_a_still_tells_which_video_it_is_of_by_its_mark(
    server: Server, stills: dict[str, bytes], own_video: str
) -> None:
    found = _verified(server, "thumbnail.webp", stills["thumbnail"])
    assert found["watermark"]["state"] == "found"
    assert [release["video_id"] for release in found["releases"]] == [own_video]


def test_metadata_say_that_a_model_made_it(own_file: bytes) -> None:
    with av.open(io.BytesIO(own_file), "r") as film:
        assert film.metadata["comment"].startswith("Generated with AI by Placet")
        assert "/is-this-ai" in film.metadata["comment"]
    assert b"trainedAlgorithmicMedia" in own_file


def test_a_file_that_lost_its_credential_leads_to_its_manifest(server: Server, own_file: bytes, tmp_path: Path) -> None:
    stripped = footage.stripped(own_file, tmp_path / "stripped.mp4").read_bytes()
    best = _found(server, stripped, "video/mp4")[0]
    assert best["manifestId"].startswith("urn:c2pa:")
    store = httpx.get(f"{server.url}/sbr/manifests/{best['manifestId']}").raise_for_status()
    assert store.headers["content-type"] == "application/c2pa"
    assert b"c2pa.soft-binding" in store.content
    assert best["manifestId"] == _verified(server, "own.mp4", own_file)["credential"]["manifest"]


def test_the_manifest_of_a_withdrawn_video_is_not_shown_because_it_holds_a_picture(
    server: Server, borrowed: Borrowed, tmp_path: Path
) -> None:
    stripped = footage.stripped(borrowed.file, tmp_path / "stripped.mp4").read_bytes()
    labels = {match["manifestId"] for match in _found(server, stripped, "video/mp4")}
    withdrawn = _verified(server, "borrowed.mp4", borrowed.file)["credential"]["manifest"]
    assert withdrawn in labels
    assert httpx.get(f"{server.url}/sbr/manifests/{withdrawn}").status_code == 404
