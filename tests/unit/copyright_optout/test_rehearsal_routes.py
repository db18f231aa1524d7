"""Dry runs over HTTP: rights holders see figures and matched words, staff see ids, others see nothing."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from copyright_optout.api import Depiction, FloodLimits, OptOutIndex, PastParts, PastRequest, Rehearsal, Stops
from copyright_optout.domain.rehearsals import RehearsalState
from copyright_optout.ports.rehearsing import NothingAfter
from copyright_optout.routes import build_router
from tests.factories.claims import filing
from tests.fakes.optout import PillowDecoder, SetClock, optout_parts
from tests.fakes.web import FakeIdentities, access_of, an_actor
from trust_kernel.media.refs import MediaLimits
from trust_kernel.web.problems import install


class Yesterday:
    """Two requests were made yesterday."""

    def __init__(self, clock: SetClock) -> None:
        at = clock.now() - timedelta(days=1)
        self.requests = [
            PastRequest("video_1", at, "acct_x", "Fennimore Fox meets the queen"),
            PastRequest("video_2", at, "acct_y", "a quiet harbour"),
        ]

    def count(self, since: datetime) -> int:
        return sum(one.at >= since for one in self.requests)

    def since(self, at: datetime, most: int | None = None) -> Iterator[Sequence[PastRequest]]:
        yield [one for one in self.requests if one.at >= at][:most]

    def depiction(self, case_id: str) -> Depiction:
        del case_id
        return Depiction()

    def stopped(self, since: datetime) -> Stops:
        del since
        return Stops({}, {})

    def forget(self, before: datetime) -> None:
        del before


class MemoryRehearsals:
    """Rehearsals in a list."""

    def __init__(self) -> None:
        self.made: dict[str, Rehearsal] = {}

    @contextmanager
    def transaction(self) -> Iterator[None]:
        yield

    def add(self, rehearsal: Rehearsal) -> None:
        self.made[rehearsal.id] = rehearsal

    done = add

    def drop_older(self, than: datetime) -> None:
        self.made = {key: one for key, one in self.made.items() if one.asked_at >= than}

    def latest(self, claim_id: str) -> Rehearsal | None:
        return next((one for one in reversed(self.made.values()) if one.claim_id == claim_id), None)

    def waiting(self, limit: int) -> Sequence[Rehearsal]:
        return [one for one in self.made.values() if one.state is RehearsalState.WAITING][:limit]


@pytest.fixture
def optouts() -> OptOutIndex:
    clock = SetClock()
    past = PastParts(Yesterday(clock), MemoryRehearsals(), FloodLimits(), NothingAfter())
    made = OptOutIndex(replace(optout_parts(clock=clock), past=past))
    made.organisations.found("Foxworks", "acct_a")
    return made


def client(optouts: OptOutIndex, account_id: str, *permissions: str) -> TestClient:
    identities = FakeIdentities()
    app = FastAPI()
    install(app)
    app.include_router(build_router(optouts, access_of(identities), PillowDecoder(), MediaLimits()))
    return TestClient(app, headers=identities.add(an_actor(*permissions, account_id=account_id)))


def test_a_rights_holder_sees_figures_and_words_and_nothing_of_the_request(optouts: OptOutIndex) -> None:
    claim = optouts.desk.file(filing(optouts)).id
    mine = client(optouts, "acct_a", "optout:read", "optout:write")
    made = mine.post(f"/v1/optouts/{claim}/rehearsal", json={"days": 2})
    assert made.status_code == 202
    said = made.json()
    assert (said["state"], said["requests"], said["stopped"]) == ("done", 2, 1)
    assert said["counts"] == {"denied": 1, "held": 0, "left_open": 0}
    assert said["by_day"] == [{"day": "2026-11-21", "counts": {"denied": 1}}]
    assert said["examples"] == [
        {
            "video_id": None,
            "at": None,
            "outcome": "denied",
            "found_by": "prompt",
            "words": "Fennimore Fox",
            "written": [],
            "score": 1.0,
        }
    ]
    for hidden in ("queen", "acct_x", "video_1"):
        assert hidden not in made.text
    assert mine.get(f"/v1/optouts/{claim}/rehearsal").json() == said


def test_staff_see_which_request_it_was(optouts: OptOutIndex) -> None:
    claim = optouts.desk.file(filing(optouts)).id
    staff = client(optouts, "acct_s", "optout:read", "optout:write", "optout:activate")
    (example,) = staff.post(f"/v1/optouts/{claim}/rehearsal").json()["examples"]
    assert example["video_id"] == "video_1"
    assert example["at"].startswith("2026-11-21")


def test_somebody_elses_claim_does_not_exist(optouts: OptOutIndex) -> None:
    claim = optouts.desk.file(filing(optouts)).id
    other = client(optouts, "acct_b", "optout:read", "optout:write")
    assert other.post(f"/v1/optouts/{claim}/rehearsal").json()["code"] == "optout:claim:unknown"
    assert other.get(f"/v1/optouts/{claim}/rehearsal").status_code == 404


def test_what_was_not_tried_and_too_many_days_are_said(optouts: OptOutIndex) -> None:
    claim = optouts.desk.file(filing(optouts)).id
    mine = client(optouts, "acct_a", "optout:read", "optout:write")
    assert mine.get(f"/v1/optouts/{claim}/rehearsal").json()["code"] == "optout:rehearsal:none"
    refused = mine.post(f"/v1/optouts/{claim}/rehearsal", json={"days": 91})
    assert refused.status_code == 422
    assert (refused.json()["code"], refused.json()["limit"]) == ("optout:rehearsal:days", "1 to 90")
