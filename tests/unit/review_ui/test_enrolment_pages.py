"""Enrolling by oneself on pages, without a script: what is asked, what was wrong, and what happens next."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from consent_registry.domain.challenge_checks import assess
from consent_registry.domain.challenges import Challenge, Turn
from consent_registry.domain.enrolments import EnrolmentState
from consent_registry.service.challenges import ChallengeDesk, ChallengeParts
from consent_registry.store.challenges import SqlChallenges
from review_ui.dressing import Branding, build_pages, build_static_router
from review_ui.portal.door import Door
from review_ui.portal.enrolment import _CHECKS, build_own_enrolment_pages
from tests.factories.databases import sqlite
from tests.fakes.challenges import FakeRecogniser, FakeRecording, FakeWatcher, heard, seen_well, voice
from tests.fakes.consent import FakeAlike, FakeScreened
from tests.fakes.web import FakeIdentities, access_of, an_actor
from tests.unit.consent_registry.conftest import House
from trust_kernel.errors import InvalidInput
from trust_kernel.web.csrf import csrf_token
from trust_kernel.web.problems import install

CLIP = ("clip.webm", b"a recording", "video/webm")


class Site:
    """Browsers without scripts at pages over a real registry; what a recording shows is made up."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.watcher = FakeWatcher(FakeRecording(seen_well()))
        self.recogniser = FakeRecogniser()
        desk = ChallengeDesk(
            ChallengeParts(
                unit=house.database,
                store=SqlChallenges(house.database),
                watcher=self.watcher,
                recogniser=self.recogniser,
                enroller=house.registry.enrolments,
                clock=house.clock,
                print_key=b"p" * 32,
            )
        )
        identities = FakeIdentities()
        for name in ("ada", "bea", "kim"):
            account = f"acct_{name}"
            identities.sessions[name] = an_actor("likeness:manage", account_id=account, name=name, via="session")
        access = access_of(identities)
        pages = build_pages(access.cookies, Branding("Placet", "likeness"))
        app = FastAPI()
        app.include_router(build_static_router(access))
        app.include_router(build_own_enrolment_pages(Door(house.registry, pages, access), desk))
        install(app, pages=pages)
        self.app = app
        self.cookie = access.cookies.session
        self.client = TestClient(app, raise_server_exceptions=False, follow_redirects=False)

    def get(self, path: str, who: str = "ada", status: int = 200) -> str:
        answer = self.client.get(path, headers={"cookie": f"{self.cookie}={who}"})
        assert answer.status_code == status, answer.text
        return answer.text if status != 303 else answer.headers["location"]

    def post(self, path: str, who: str = "ada", status: int = 303, token: str = "", **form: str) -> str:
        data = {"csrf_token": token or csrf_token(who), **form}
        return self._posted(path, who, status, data)

    def send(self, path: str, who: str = "ada", status: int = 200, **form: str) -> str:
        """Hand in a recording."""
        data = {"csrf_token": csrf_token(who), **form}
        answer = self.client.post(
            path, data=data, files={"recording": CLIP}, headers={"cookie": f"{self.cookie}={who}"}
        )
        assert answer.status_code == status, answer.text
        return answer.text

    def _posted(self, path: str, who: str, status: int, data: dict[str, str]) -> str:
        answer = self.client.post(path, data=data, headers={"cookie": f"{self.cookie}={who}"})
        assert answer.status_code == status, answer.text
        return answer.text if status != 303 else answer.headers["location"]

    def challenged(self, who: str = "ada", **but: object) -> str:
        """Ask for digits on the page, and let the next recording show what the page asks for."""
        path = self.post("/me/enrol", who)
        digits, turns = asked_on(self.get(path, who))
        self.watcher.recording = FakeRecording(seen_well(*turns, **but), sound=voice(1))
        self.recogniser.digits = digits
        return path


def asked_on(page: str) -> tuple[Sequence[int], Sequence[Turn]]:
    """The digits and turns that a page asks for."""
    digits = [int(digit) for digit in re.findall(r'data-cue="digit">(\d)', page)]
    return digits, [Turn(turn) for turn in re.findall(r'data-cue="turn">.*?</span> (\w+)<', page)]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with sqlite(tmp_path) as database:
        made = Site(House(database, tmp_path))
        made.house.person("ada", enrolled=False, birth_year=1990)
        with made.client:
            yield made


def test_a_handle_comes_first(site: Site) -> None:
    assert site.get("/me/enrol", "bea", 303) == "/me"


def test_the_page_says_what_it_takes_and_what_happens_next(site: Site) -> None:
    page = site.get("/me/enrol")
    for said in ("even light", "Eight digits", "nobody may use them until you allow it", "Show me the digits"):
        assert said in page


def test_a_birth_year_is_asked_for_before_anything_else(site: Site) -> None:
    site.house.person("bea", enrolled=False)
    page = site.get("/me/enrol", "bea")
    assert "in which year were you born" in page
    assert "Show me the digits" not in page
    assert "Say first in which year you were born." in site.post("/me/enrol", "bea", 403)
    assert "four digits" in site.post("/me/enrol/age", "bea", 422, birth_year="ninety")
    assert "no living person" not in site.get("/me/enrol", "bea")
    assert 'value="1066"' in site.post("/me/enrol/age", "bea", 422, birth_year="1066")
    assert site.post("/me/enrol/age", "bea", birth_year=" 1991 ") == "/me/enrol"
    assert "Show me the digits" in site.get("/me/enrol", "bea")


def test_who_is_too_young_is_told_so_and_has_no_button(site: Site) -> None:
    site.house.person("kim", enrolled=False, birth_year=site.house.clock.now().year - 12)
    page = site.get("/me/enrol", "kim")
    assert "nobody this young can be enrolled here" in page.lower()
    assert "Show me the digits" not in page
    assert "nobody this young" in site.post("/me/enrol", "kim", 403).lower()


def test_a_challenge_is_shown_in_digits_words_and_arrows_with_a_form_that_needs_no_script(site: Site) -> None:
    page = site.get(site.post("/me/enrol"))
    digits, turns = asked_on(page)
    assert (len(digits), len(set(turns))) == (8, 3)
    assert re.search(r'enctype="multipart/form-data"', page)
    assert re.search(r'<input id="recording" name="recording" type="file"', page)
    assert re.search(r'<section class="panel booth" id="booth"[^>]* hidden', page), "what needs a script waits for it"
    assert "<script src=" in page
    assert not re.search(r"<script(?! src=)", page)


def test_who_passes_is_enrolled_and_told_that_nobody_may_use_it_yet(site: Site) -> None:
    page = site.send(site.challenged(), label="with glasses", keep_reference="yes")
    assert "You are enrolled" in page
    assert "Nobody may use them until you allow it" in page
    assert "Your lips move as you speak" in page
    subject = site.house.registry.subject_of("acct_ada")
    assert subject is not None
    (look,) = site.house.registry.looks.of(subject.id)
    assert (look.label, look.keeps_reference, str(look.assurance)) == ("with glasses", True, "live_challenge")
    assert "Another recording adds a look" in site.get("/me/enrol")


def test_who_fails_is_told_of_each_check_what_to_do_better_and_nothing_is_kept(site: Site) -> None:
    path = site.challenged(depth=0.0)
    site.recogniser.digits = (0,)
    page = site.send(path)
    assert "Not yet: 2 of" in page
    assert "A photo or a screen held before the camera does not pass" in page
    assert "one by one with a short pause" in page
    assert "Nothing of this recording was kept" in page
    assert "Try again with new digits" in page
    subject = site.house.registry.subject_of("acct_ada")
    assert subject is not None
    assert site.house.registry.cameo(subject.id) is None
    assert "These digits are over" in site.get(path)


def test_what_was_forgotten_is_asked_for_again_and_costs_no_challenge(site: Site) -> None:
    path = site.challenged()
    assert "Choose a recording first." in site.post(path, status=422, label="hat")
    page = site.send(path, status=422, label="x" * 60)
    assert 'id="label-fault"' in page
    assert "x" * 60 in page
    assert "You are enrolled" in site.send(path)


def test_a_file_that_is_no_video_uses_the_digits_up_and_says_so(site: Site) -> None:
    path = site.challenged()
    site.watcher.fault = InvalidInput("this is no video")
    page = site.send(path, status=422)
    assert "This is no video." in page
    assert "Try again with new digits" in page
    assert "You are enrolled" not in page


@pytest.mark.parametrize("late", [True, False])
def test_digits_that_are_over_lead_to_new_ones(site: Site, late: bool) -> None:
    path = site.challenged()
    if late:
        site.house.clock.advance(minutes=11)
        assert "These digits are over" in site.send(path, status=409)
    else:
        site.send(path)
    page = site.get(path)
    assert "These digits are over" in page
    assert "Get new digits" in page
    assert 'name="recording"' not in page


def test_ten_tries_an_hour_are_enough(site: Site) -> None:
    for _ in range(10):
        site.post("/me/enrol")
    assert "try again in an hour" in site.post("/me/enrol", status=429)


def test_another_persons_challenge_is_not_there(site: Site) -> None:
    site.house.person("bea", enrolled=False, birth_year=1990)
    path = site.challenged()
    site.get(path, "bea", 404)
    site.send(path, "bea", 404)
    assert "You are enrolled" in site.send(path)


def test_nothing_works_from_elsewhere(site: Site) -> None:
    path = site.challenged()
    for to in ("/me/enrol", "/me/enrol/age", path):
        site.post(to, status=403, token=csrf_token("bea"))


def test_who_looks_like_somebody_waits_for_staff_and_may_take_it_back(site: Site) -> None:
    like = site.house.person("bea", birth_year=1990)
    site.house.enroller.says = FakeScreened((FakeAlike(like.id),))
    page = site.send(site.challenged())
    assert "A member of staff looks at it next" in page
    assert like.id not in page
    home = site.get("/me/enrol")
    assert "A member of staff is looking at it" in home
    assert "Show me the digits" not in home
    ada = site.house.registry.subject_of("acct_ada")
    assert ada is not None
    (attempt,) = site.house.registry.enrolments.of(ada.id)
    assert attempt.state is EnrolmentState.TO_REVIEW
    path = f"/me/enrol/attempts/{attempt.id}/withdraw"
    site.post(path, "bea", 404)
    assert site.post(path) == "/me/enrol?done=withdrawn"
    assert "You took it back" in site.get("/me/enrol?done=withdrawn")
    assert "decided meanwhile" in site.post(path, status=409)


def test_every_check_has_words() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    challenge = Challenge("chal_1", "subj_ada", "en", (1,), (Turn.LEFT,), now, now)
    seen = seen_well(Turn.LEFT, alive=0.9, alive_from=0.5)
    made = {finding.check for finding in assess(challenge, seen, heard(1), 0)}
    assert made == _CHECKS.keys()


def test_the_script_is_served_as_one(site: Site) -> None:
    answer = site.client.get("/static/enrol.js")
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "getUserMedia" in answer.text
