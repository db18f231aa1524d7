"""Uses that wait for the person: a yes each time, or a look at what was made before anybody else gets it."""

import time
from typing import Any

import pytest

from tests.e2e.deployment import PATIENCE, Person


@pytest.fixture(scope="module")
def lent(dario: Person, mallory: Person) -> Person:
    """Dario, who lets Mallory use his face if he says yes to each use."""
    _lend(dario, mallory, "ask")
    return dario


def _lend(lender: Person, borrower: Person, mode: str) -> str:
    audience = {"kind": "people", "account_ids": [borrower.account_id]}
    return str(lender.grant(audience, modalities=["face"], mode=mode)["id"])


def question(person: Person, video_id: str) -> Any:
    """What this person is asked about a video."""
    asked = person.http.get("/v1/approvals").raise_for_status().json()["data"]
    (one,) = [one for one in asked if one["use"] and one["use"]["video_id"] == video_id]
    return one


def answer(person: Person, approval_id: str, said: str) -> None:
    person.http.post(f"/v1/approvals/{approval_id}", json={"answer": said}).raise_for_status()


def once_no_longer_held(person: Person, video_id: str) -> Any:
    """The video after an answer."""
    deadline = time.monotonic() + PATIENCE
    while (video := person.end_of(video_id))["placet"]["state"] == "held":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return video


def test_a_use_goes_on_after_the_person_s_own_yes(lent: Person, mallory: Person, admin: Person) -> None:
    waiting = mallory.make("@dario reads a letter on a bench")
    assert waiting["placet"]["state"] == "held"
    assert "It waits for @dario until" in waiting["placet"]["message"]
    case = admin.http.get(f"/v1/cases/{waiting['id']}").raise_for_status().json()
    assert [(one["handle"], one["mode"]) for one in case["waits_for"]] == [("dario", "ask")]
    asked = question(lent, waiting["id"])
    assert (asked["state"], asked["use"]["prompt"]) == ("waiting", "@dario reads a letter on a bench")
    lifted = admin.http.post(f"/v1/cases/{waiting['id']}/review", json={"verdict": "allow", "note": "looks fine"})
    assert lifted.json()["code"] == "review:case:awaits_answer"
    assert admin.http.get(f"/v1/approvals/{asked['id']}").status_code == 404
    answer(lent, asked["id"], "approve")
    assert once_no_longer_held(mallory, waiting["id"])["status"] == "completed"


def test_a_no_ends_it(lent: Person, mallory: Person) -> None:
    waiting = mallory.make("@dario sells ice cream")
    answer(lent, question(lent, waiting["id"])["id"], "refuse")
    refused = once_no_longer_held(mallory, waiting["id"])
    assert (refused["status"], refused["placet"]["reasons"]) == ("failed", ["consent:approval:refused"])


def test_a_person_sees_the_video_before_whoever_asked_for_it(lent: Person, mallory: Person, ada: Person) -> None:
    lent.http.post(f"/v1/subjects/{lent.subject_id}/grants/revoke").raise_for_status()
    grant = _lend(lent, mallory, "preview")
    waiting = mallory.make("@dario paints a fence")
    assert waiting["placet"]["state"] == "held"
    assert mallory.http.get(f"/v1/videos/{waiting['id']}/content").is_error
    asked = question(lent, waiting["id"])
    shown = lent.http.get(asked["preview"]).raise_for_status()
    assert (shown.content[4:8], shown.headers["cache-control"]) == (b"ftyp", "no-store")
    for other in (mallory, ada):
        assert other.http.get(asked["preview"]).status_code == 404
    answer(lent, asked["id"], "approve")
    assert once_no_longer_held(mallory, waiting["id"])["status"] == "completed"
    lent.revoke(grant)
    assert lent.http.get(asked["preview"]).is_error
