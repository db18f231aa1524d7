"""A rights holder's claim stops somebody who appeals and is not right. Who is right: test_rights_story.py."""

import time
from typing import Any

import pytest

from tests.e2e.deployment import Person, Server, colleague_of, join

TITLE = "Ottilie Quark"
DECLARED = {"ground": "author", "statement": "Drawn by us.", "declarations": ["accurate", "authorised", "good_faith"]}
CODE = "optout:character:named"


@pytest.fixture(scope="module")
def reviewer(server: Server, admin: Person) -> Person:
    """Somebody of staff who has nothing to do with the claim."""
    return colleague_of(server.url, admin.key)


@pytest.fixture(scope="module")
def holder(server: Server, admin: Person, reviewer: Person) -> Person:
    """Whoever drew Ottilie Quark, and claims her."""
    made = join(server, admin, "quarkist", "rights_holder")
    filed = made.http.post("/v1/optouts", data={"title": TITLE, "kind": "character"} | DECLARED)
    claim = filed.raise_for_status().json()
    reviewer.http.post(f"/v1/optouts/{claim['id']}/activate", json={"seen": claim["changed_at"]}).raise_for_status()
    return made


def appeal_of(person: Person, video: Any) -> Any:
    """An appeal along the link that the refusal gives."""
    assert (video["status"], video["error"]["code"]) == ("failed", CODE)
    assert video["error"]["appeal_until"] > time.time()
    answer = person.http.post(video["error"]["appeal"], json={"statement": "That is my own name."})
    assert answer.status_code == 201, answer.text
    return answer.json()


def decide(staff: Person, appeal: Any, decision: str) -> Any:
    body = {"decision": decision, "note": "We looked at it."}
    return staff.http.post(f"/v1/appeals/{appeal['id']}/decide", json=body).raise_for_status().json()


def test_whoever_appeals_and_loses_gets_no_video_and_cannot_appeal_again(
    holder: Person, reviewer: Person, mallory: Person
) -> None:
    del holder  # claims her
    video = mallory.make(f"{TITLE} robs a bank")
    appeal = appeal_of(mallory, video)
    decide(reviewer, appeal, "uphold")
    own = mallory.http.get(f"/v1/videos/{video['id']}/appeal").raise_for_status().json()
    assert (own["may_appeal"], own["data"][0]["state"], own["data"][0]["note"]) == (False, "upheld", "We looked at it.")
    assert mallory.video(video["id"])["status"] == "failed"
    assert mallory.http.get(f"/v1/videos/{video['id']}/content").status_code == 409
    again = mallory.http.post(f"/v1/videos/{video['id']}/appeal", json={"statement": "But still."})
    assert (again.status_code, again.json()["code"]) == (409, "appeal:case:twice")
