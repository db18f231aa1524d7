"""Somebody is blocked after a video that shows them went out: it is found, looked at and taken back."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.deployment import Person, Server, admin_of, enrol, join, serving

PATIENCE = 60.0
NAME = "Someone Blocked Later"


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("found"), PLACET_SWEEP_SECONDS="0.5") as running:
        yield running
    assert "Traceback" not in running.log.read_text(), running.log.read_text()[-4000:]


@pytest.fixture(scope="module")
def staff(deployment: Server) -> Person:
    return admin_of(deployment)


@pytest.fixture(scope="module")
def ada(deployment: Server, staff: Person, assets: Path) -> Person:
    return enrol(join(deployment, staff, "ada", "requester", "subject"), staff, "ada", assets)


@pytest.fixture(scope="module")
def video(ada: Person) -> str:
    """Released, and nobody in it is blocked."""
    made = ada.make("@ada waves from a ferry at sunrise, calm sea", seconds="2")
    assert made["status"] == "completed", made
    return str(made["id"])


@pytest.fixture(scope="module")
def entry(staff: Person, video: str, assets: Path) -> str:
    """Whoever looks like Ada is blocked, by pictures and a voice, after the video went out."""
    assert video
    files = [
        ("faces", (f"{look}.png", (assets / f"{look}.png").read_bytes(), "image/png")) for look in ("ada", "ada-2")
    ]
    files.append(("voices", ("ada.wav", (assets / "ada-voice.wav").read_bytes(), "audio/wav")))
    answer = staff.http.post("/v1/blocklist", data={"name": NAME, "category": "victim"}, files=files)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.fixture(scope="module")
def found(staff: Person, entry: str) -> list[Any]:
    """What the search that ran by itself found."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        page = staff.http.get("/v1/appearances", params={"owner": entry}).raise_for_status().json()["data"]
        if page:
            return list(page)
        time.sleep(0.3)
    pytest.fail("nobody was looked for")


def test_a_video_that_was_out_before_is_found_by_face_and_voice(found: list[Any], video: str) -> None:
    assert {one["video_id"] for one in found} == {video}
    assert {one["modality"] for one in found} == {"face", "voice"}
    assert {(one["name"], one["cause"], one["state"]) for one in found} == {(NAME, "blocked", "open")}
    assert all(one["probability"] > 0.5 for one in found if one["band"] == "match")


def test_whoever_made_it_sees_nothing_of_that_and_may_not_decide(ada: Person, found: list[Any]) -> None:
    assert ada.http.get("/v1/appearances").status_code == 403
    assert ada.http.post(f"/v1/appearances/{found[0]['id']}", json={"decision": "dismiss"}).status_code == 403


def test_a_new_video_of_them_is_refused(ada: Person, found: list[Any]) -> None:
    assert found
    again = ada.make("@ada waves from a ferry at noon")
    assert again["status"] == "failed"
    assert again["error"]["code"] in {"likeness:face:blocklisted", "likeness:voice:blocklisted"}


def test_staff_take_it_back_for_everybody(staff: Person, ada: Person, found: list[Any], video: str) -> None:
    answer = staff.http.post(f"/v1/appearances/{found[0]['id']}", json={"decision": "withdraw", "note": "their wish"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == "withdrawn"
    assert ada.http.get(f"/v1/videos/{video}/content").status_code == 410
    told = [notice["type"] for notice in ada.http.get("/v1/notices").raise_for_status().json()["data"]]
    assert "release:video:withdrawn" in told
    page = staff.http.get("/v1/appearances", params={"state": "open"}).raise_for_status().json()
    assert page["data"] == []
