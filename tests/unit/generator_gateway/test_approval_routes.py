"""Answering over HTTP: what a person sees of a question, what they may do, and that nobody else can."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from consent_registry.api import Mode
from consent_registry.routes.approvals import build_approvals_router
from generator_gateway.routes import build_case_router
from generator_gateway.routes.previews import build_preview_router
from tests.fakes.web import FakeIdentities, access_of, an_actor
from tests.unit.generator_gateway.conftest import EVERYONE, House
from trust_kernel.web.problems import install


class Door:
    """Ada is asked by Bob; an administrator may do everything that can be permitted."""

    def __init__(self, house: House) -> None:
        self.house = house
        identities = FakeIdentities()
        access = access_of(identities)
        app = FastAPI()
        app.include_router(build_approvals_router(house.approvals, access))
        app.include_router(build_preview_router(house.previews, access, lambda path: b"blurred " + path.read_bytes()))
        app.include_router(build_case_router(house.reviews, house.desk, access))
        install(app)
        self.client = TestClient(app, raise_server_exceptions=False)
        everything = ("likeness:manage", "likeness:administer", "case:read", "case:decide")
        self.ada = identities.add(an_actor("likeness:manage", account_id="acct_ada"))
        self.admin = identities.add(an_actor(*everything, account_id="acct_admin"))
        self.requester = identities.add(an_actor("video:read", account_id="acct_bob"))
        house.person("bob")
        self.subject = house.person("ada")

    def asked(self, mode: Mode = Mode.ASK, **fields: object) -> str:
        """Bob asks; gives the question's id."""
        self.house.give(self.subject, EVERYONE, mode=mode)
        case = self.house.submit("@ada waves", "acct_bob", **fields)
        self.house.runner.run(case.id)
        (question,) = self.get("").json()["data"]
        return str(question["id"])

    def get(self, path: str, who: dict[str, str] | None = None) -> Response:
        return self.client.get(f"/v1/approvals{path}", headers=who or self.ada)

    def answer(self, question: str, answer: str, who: dict[str, str] | None = None, note: str = "") -> Response:
        body = {"answer": answer, "note": note}
        return self.client.post(f"/v1/approvals/{question}", json=body, headers=who or self.ada)


@pytest.fixture
def door(house: House) -> Iterator[Door]:
    made = Door(house)
    with made.client:
        yield made


def test_a_question_shows_who_wants_what_and_until_when(door: Door) -> None:
    shown = door.get(f"/{door.asked(purpose='personal')}").json()
    assert shown["asked_by"] == {"account_id": "acct_bob", "handle": "bob"}
    assert (shown["use"]["prompt"], shown["use"]["purpose"]) == ("@ada waves", "personal")
    assert (shown["mode"], shown["state"], shown["preview"]) == ("ask", "waiting", None)
    assert shown["until"].startswith("2026-03-04T12:00:00")


def test_an_answer_is_heard_and_kept_with_its_note(door: Door) -> None:
    answered = door.answer(door.asked(), "approve", note="just this once").json()
    assert (answered["state"], answered["note"]) == ("approved", "just this once")
    assert answered["answered_at"]


@pytest.mark.parametrize("body", [{}, {"answer": "maybe"}, {"answer": "approve", "for": "ever"}])
def test_an_answer_is_a_yes_or_a_no(door: Door, body: dict[str, str]) -> None:
    path = f"/v1/approvals/{door.asked()}"
    assert door.client.post(path, json=body, headers=door.ada).status_code == 422


def test_an_administrator_can_neither_see_nor_answer_for_a_person(door: Door) -> None:
    question = door.asked(Mode.PREVIEW)
    assert door.get("", door.admin).json() == {"data": [], "has_more": False}
    for answer in (
        door.get(f"/{question}", door.admin),
        door.get(f"/{question}/preview", door.admin),
        door.answer(question, "approve", door.admin),
    ):
        assert answer.status_code == 404
        assert answer.json()["code"] == "consent:approval:unknown"


def test_whoever_has_no_likeness_has_no_questions(door: Door) -> None:
    assert door.get("", door.requester).status_code == 403


def test_a_review_of_what_waits_for_a_person_is_refused_and_says_for_whom(door: Door) -> None:
    door.asked()
    (case,) = door.client.get("/v1/cases?status=held", headers=door.admin).json()["data"]
    assert [one["handle"] for one in case["waits_for"]] == ["ada"]
    refused = door.client.post(f"/v1/cases/{case['video']['id']}/review", json={"verdict": "allow"}, headers=door.admin)
    assert refused.status_code == 403
    assert refused.json()["code"] == "review:case:awaits_answer"


def test_a_preview_is_watched_marked_and_never_stored_by_anybody_on_the_way(door: Door) -> None:
    question = door.asked(Mode.PREVIEW)
    preview = door.get(f"/{question}").json()["preview"]
    watched = door.client.get(preview, headers=door.ada)
    assert watched.status_code == 200
    assert watched.headers["cache-control"] == "no-store"
    assert watched.content.startswith(b"mark=")
    assert door.house.backend.content in watched.content

    part = door.client.get(preview, headers={**door.ada, "range": "bytes=0-4"})
    assert (part.status_code, part.content) == (206, b"mark=")


def test_a_preview_is_gone_with_the_no(door: Door) -> None:
    question = door.asked(Mode.PREVIEW)
    assert door.answer(question, "refuse").json()["preview"] is None
    gone = door.get(f"/{question}/preview")
    assert gone.status_code == 410
    assert gone.json()["code"] == "preview:video:gone"


def test_what_was_handed_in_is_shown_blurred(door: Door, tmp_path: Path) -> None:
    photo = tmp_path / "photo"
    photo.write_bytes(b"image of a lake")
    question = door.asked(references=(photo,))
    (reference,) = door.get(f"/{question}").json()["use"]["references"]
    still = door.get(f"/{question}/references/{reference}")
    assert (still.status_code, still.content) == (200, b"blurred image of a lake")
    assert door.get(f"/{question}/references/ref_none").status_code == 404
    assert door.get(f"/{question}/references/{reference}", door.admin).status_code == 404
