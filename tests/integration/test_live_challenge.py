"""A person enrols by a live challenge: the whole house over HTTP, real networks, a recording made by code."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from consent_registry.domain.challenges import Turn
from placet.app import build_app
from placet.demo.deployment import shared_model_cache
from placet.demo.people import people
from placet.wiring import House
from tests.factories.challenges import portrait_of
from tests.factories.recordings import Recorded, Script, encode, perform
from tests.integration.deployments import PASSWORD, house

DIGITS, TURNS = [3, 0, 7, 4, 1, 8, 5, 2], ["down", "right", "left"]


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every challenge asks for the same: a synthetic voice is misheard now and then, which no test may hang on."""
    drawn = tuple(DIGITS), tuple(Turn(turn) for turn in TURNS)
    monkeypatch.setattr("consent_registry.service.challenges._drawn", lambda: drawn)


@pytest.mark.slow
@pytest.mark.usefixtures("known")
def test_a_person_enrols_by_one_recording_that_never_serves_again(tmp_path: Path) -> None:
    ada = next(iter(people(shared_model_cache())))
    played = perform(portrait_of(ada.portrait), Script(DIGITS, TURNS, seed=1))
    photo = Recorded(np.repeat(played.frames[:1], len(played.frames), axis=0), played.sound)
    with house(tmp_path / "data") as built:
        with _client(built, "ada") as client:
            subject = _registered(client, "ada")
            failed = _answered(client, subject, encode(photo, tmp_path / "photo.mp4"))
            assert {"consent:challenge:flat", "consent:challenge:lips_still"} <= _reasons(failed)
            assert failed["enrolment"] is None
            assert built.guards.registry.cameo(subject) is None

            passed = _answered(client, subject, encode(played, tmp_path / "first.webm"))
            assert passed["passed"], passed
            assert passed["enrolment"]["state"] == "enrolled"
            cameo = built.guards.registry.cameo(subject)
            assert cameo is not None
            assert (str(cameo.assurance), cameo.has_face, cameo.has_voice) == ("live_challenge", True, True)
        with _client(built, "bob") as other:
            again = _answered(other, _registered(other, "bob"), encode(played, tmp_path / "copy.mp4"))
            assert _reasons(again) == {"consent:challenge:replayed"}


@contextmanager
def _client(built: House, name: str) -> Iterator[TestClient]:
    accounts = built.kernel.accounts
    account = accounts.register(f"{name}@placet.test", PASSWORD, ["subject"], name)
    key = accounts.issue_key(account.id, "tests", accounts.permissions(account.id)).plaintext
    with TestClient(build_app(built, pages=False), headers={"authorization": f"Bearer {key}"}) as client:
        yield client


def _registered(client: TestClient, handle: str) -> str:
    body = {"handle": handle, "display_name": handle, "birth_year": 1985}
    answer = client.post("/v1/subjects", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _answered(client: TestClient, subject: str, recording: Path) -> dict[str, Any]:
    asked = client.post(f"/v1/subjects/{subject}/challenges")
    assert asked.status_code == 201, asked.text
    assert (asked.json()["digits"], asked.json()["turns"]) == (DIGITS, TURNS)
    files = {"recording": (recording.name, recording.read_bytes(), "video/webm")}
    answer = client.post(f"/v1/challenges/{asked.json()['id']}/recording", files=files)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def _reasons(body: dict[str, Any]) -> set[str]:
    return {check["reason"] for check in body["checks"] if not check["passed"]}
