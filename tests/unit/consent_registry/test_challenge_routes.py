"""The live challenge over HTTP: whose it is, and what is told."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from consent_registry.routes.challenges import build_challenges_router
from consent_registry.routes.own import ADMINISTER, MANAGE
from tests.factories.challenges import Booth
from tests.factories.databases import sqlite
from tests.fakes.challenges import FakeRecogniser, FakeRecording, FakeWatcher, seen_well
from tests.fakes.web import FakeIdentities, access_of, an_actor
from tests.unit.consent_registry.conftest import House
from trust_kernel.errors import Unavailable
from trust_kernel.web.problems import install


@dataclass
class Door:
    """A client, who uses it, and what the recordings will show."""

    client: TestClient
    booth: Booth
    watcher: FakeWatcher
    recogniser: FakeRecogniser
    ada: dict[str, str]
    bob: dict[str, str]
    admin: dict[str, str]
    subject_id: str

    def asked(self, **body: str) -> dict[str, Any]:
        answer = self.client.post(f"/v1/subjects/{self.subject_id}/challenges", json=body or None, headers=self.ada)
        assert answer.status_code == 201, answer.text
        challenge: dict[str, Any] = answer.json()
        self.recogniser.digits = challenge["digits"]
        turns = self.booth.desk.challenge(challenge["id"]).turns
        self.watcher.recording = FakeRecording(seen_well(*turns))
        return challenge

    def send(self, challenge_id: str, who: dict[str, str], **form: str) -> Response:
        files = {"recording": ("clip.webm", b"bytes", "video/webm")}
        return self.client.post(f"/v1/challenges/{challenge_id}/recording", files=files, data=form, headers=who)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with sqlite(tmp_path) as database:
        house = House(database, tmp_path)
        watcher, recogniser = FakeWatcher(FakeRecording(seen_well())), FakeRecogniser()
        booth = Booth(database, watcher, recogniser, house.clock)
        identities = FakeIdentities()
        ada, bob = (identities.add(an_actor(MANAGE, account_id=f"acct_{name}")) for name in ("ada", "bob"))
        admin = identities.add(an_actor(MANAGE, ADMINISTER, account_id="acct_admin"))
        app = FastAPI()
        app.include_router(build_challenges_router(booth.desk, house.registry, access_of(identities)))
        install(app)
        with TestClient(app, raise_server_exceptions=False) as client:
            yield Door(client, booth, watcher, recogniser, ada, bob, admin, booth.subject_id)


def test_a_person_is_challenged_and_enrolled_by_one_recording(door: Door) -> None:
    challenge = door.asked()
    assert len(challenge["digits"]) == 8
    assert len(challenge["turns"]) == 3
    assert challenge["language"] == "en"
    answer = door.send(challenge["id"], door.ada, keep_reference="true", label="summer")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["passed"] is True
    assert body["enrolment"] == {"id": "enr_1", "state": "enrolled"}
    assert all(check["passed"] and check["reason"] is None for check in body["checks"])


def test_each_check_says_how_to_do_better(door: Door) -> None:
    challenge = door.asked(language="it")
    assert challenge["language"] == "it"
    door.recogniser.digits = [(digit + 5) % 10 for digit in challenge["digits"]]
    body = door.send(challenge["id"], door.ada).json()
    assert body["passed"] is False
    assert body["enrolment"] is None
    failed = [check for check in body["checks"] if not check["passed"]]
    assert [check["reason"] for check in failed] == ["consent:challenge:digits_wrong"]
    assert "digits" in failed[0]["advice"]


def test_nobody_else_is_challenged_for_a_person_not_even_by_an_administrator(door: Door) -> None:
    for who in (door.bob, door.admin):
        answer = door.client.post(f"/v1/subjects/{door.subject_id}/challenges", headers=who)
        assert (answer.status_code, answer.json()["code"]) == (404, "consent:subject:unknown")


def test_somebody_elses_challenge_is_as_if_it_did_not_exist(door: Door) -> None:
    challenge = door.asked()
    door.booth.person("bob")
    foreign, unknown = door.send(challenge["id"], door.bob), door.send("chal_0", door.bob)
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json()["code"] == unknown.json()["code"] == "consent:challenge:unknown"
    assert door.watcher.watched == 0
    assert door.send(challenge["id"], door.ada).json()["passed"] is True


def test_a_challenge_that_was_answered_is_a_conflict(door: Door) -> None:
    challenge = door.asked()
    door.send(challenge["id"], door.ada)
    answer = door.send(challenge["id"], door.ada)
    assert (answer.status_code, answer.json()["code"]) == (409, "consent:challenge:used")


def test_too_many_challenges_are_told_to_wait(door: Door) -> None:
    for _ in range(10):
        door.asked()
    answer = door.client.post(f"/v1/subjects/{door.subject_id}/challenges", headers=door.ada)
    assert (answer.status_code, answer.json()["code"]) == (429, "consent:challenge:too_many")


def test_a_busy_server_says_so(door: Door) -> None:
    challenge = door.asked()
    door.watcher.fault = Unavailable("busy", code="consent:challenge:busy")
    assert door.send(challenge["id"], door.ada).status_code == 503


def test_a_stranger_has_to_sign_in(door: Door) -> None:
    assert door.client.post(f"/v1/subjects/{door.subject_id}/challenges").status_code == 401
    assert door.send("chal_0", {}).status_code == 401
