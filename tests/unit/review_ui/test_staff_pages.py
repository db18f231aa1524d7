"""Staff's pages: two decide, nobody on themselves, nothing is shown clearly unasked, nothing happens by accident."""

import io
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from consent_registry.api import EnrolmentAttempt, EnrolmentState, EstateState, Mode, Proof, ReportReason
from review_ui.staff import words
from tests.factories.databases import sqlite
from tests.factories.staff_pages import VOICE, StaffRoom
from tests.fakes.consent import FakeAlike, FakeScreened
from tests.unit.generator_gateway.conftest import EVERYONE, House
from trust_kernel.web.csrf import csrf_token

ENROLMENTS = "/staff/enrolments"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[StaffRoom]:
    with sqlite(tmp_path) as database:
        made = StaffRoom(House(database, tmp_path))
        with made.client:
            yield made


def state_of(room: StaffRoom, attempt: EnrolmentAttempt) -> str:
    return room.registry.enrolments.named(attempt.id).state


# --- who may


PAGES = ("", "/enrolments", "/guardians", "/estates", "/ages", "/reports", "/objections", "/lockdown", "/deliveries")
"""Those in the navigation."""


def test_nobody_else_has_any_of_them(room: StaffRoom) -> None:
    for page in (*PAGES, "/vouch"):
        room.get("mallory", f"/staff{page}", 403)
        room.get("boss", f"/staff{page}")


def test_the_navigation_leads_to_what_somebody_may_open_and_nowhere_else(room: StaffRoom) -> None:
    reviewer, boss = room.get("one", "/staff"), room.get("boss", "/staff")
    for page in PAGES:
        assert f'href="/staff{page}"' in boss
    assert 'href="/staff/lockdown"' not in reviewer
    assert 'href="/staff/deliveries"' not in reviewer
    room.get("one", "/staff/lockdown", 403)
    for page in ("/cases", "/appearances"):
        assert 'aria-label="Staff"' in room.get("one", page)


@pytest.mark.parametrize(
    "path", [f"{ENROLMENTS}/x", *(f"/staff{page}" for page in PAGES if page not in {"", ENROLMENTS[6:]})]
)
def test_no_form_works_without_its_token(room: StaffRoom, path: str) -> None:
    assert room.post("boss", path, csrf_token=csrf_token("one"))[0] == 403


# --- what waits


def test_the_first_page_counts_what_waits(room: StaffRoom) -> None:
    assert "Nothing waits for you." in room.get("boss", "/staff")
    room.proposed()
    room.claimed()
    room.guarded()
    room.registry.safety.report("acct_ada", "acct_bad", ReportReason.FRAUD, "x", None)
    room.objected()
    page = room.get("one", "/staff")
    for what in (
        "enrolment to confirm",
        "guardian to vouch",
        "estate to vouch",
        "report of somebody",
        "video whose",
    ):
        assert what in page.split("Nothing to do")[0]
    assert "cases to decide" in page.split("Nothing to do")[1]


def test_a_case_that_waits_for_a_person_is_not_staffs_to_decide(room: StaffRoom) -> None:
    house = room.house
    house.give(house.person("ada"), EVERYONE, mode=Mode.ASK)
    house.person("bob")
    case = house.submit("@ada waves", "acct_bob")
    house.runner.run(case.id)
    assert "1 more waits for the people in them." in room.get("one", "/staff").split("Nothing to do")[1]
    assert "@ada can say yes, nobody else" in room.get("one", "/cases?status=held")
    page = room.get("one", f"/cases/{case.id}")
    assert "It waits for somebody in it" in page
    assert "@ada, until" in page
    assert "by @bob" in page
    assert 'value="allow"' not in page
    assert 'value="deny"' in page
    status, said = room.post("one", f"/cases/{case.id}/review", verdict="allow", note="go <on>")
    assert (status, "This waits for @ada: nobody else can say yes for them." in said) == (403, True)
    assert "go &lt;on&gt;" in said
    assert house.cases.get(case.id).status == "held"
    assert room.post("one", f"/cases/{case.id}/review", verdict="deny", note="no")[0] == 303


# --- enrolments


def test_one_vouches_and_only_another_can_confirm(room: StaffRoom) -> None:
    attempt = room.proposed()
    path = f"{ENROLMENTS}/{attempt.id}"
    page = room.get("one", path)
    assert "Another member of staff has to confirm it" in page
    assert 'value="confirm"' not in page
    status, said = room.post("one", path, deed="confirm", note="sure")
    assert (status, "Somebody else has to confirm what you said." in said) == (403, True)
    assert state_of(room, attempt) == EnrolmentState.EXAMINED
    assert "Olga One" in room.get("two", ENROLMENTS)
    assert room.post("two", path, deed="confirm")[0] == 303
    assert state_of(room, attempt) == EnrolmentState.ENROLLED
    page = room.get("two", path)
    assert "<form" not in page.split("<main")[1]
    assert "Tom Two" in page
    assert room.post("two", path, deed="confirm")[0] == 409


def in_review(room: StaffRoom) -> EnrolmentAttempt:
    twin = room.person("twin", enrolled=True)
    room.house.enroller.says = FakeScreened(
        (FakeAlike(twin.id), FakeAlike("block_1", gallery="blocklist", name="A Star"))
    )
    attempt = room.proposed()
    return room.registry.enrolments.confirm(attempt.id, by="acct_two")


def test_whoever_is_like_somebody_is_decided_on_with_a_reason(room: StaffRoom) -> None:
    attempt = in_review(room)
    path = f"{ENROLMENTS}/{attempt.id}"
    assert words.doubt(str(attempt.reason)) in room.get("one", ENROLMENTS)
    page = room.get("one", path)
    assert "@twin" in page
    assert "A Star" in page
    assert "Do not tell the person whom they are like." in page
    for form in ({"deed": "enrol", "note": " "}, {"note": "x"}):
        assert room.post("one", path, **form)[0] == 422
    assert state_of(room, attempt) == EnrolmentState.TO_REVIEW
    assert room.post("one", path, deed="enrol", note="a twin, <both> were here")[0] == 303
    page = room.get("one", path)
    assert "a twin, &lt;both&gt; were here" in page
    assert "@twin" not in page


def test_what_is_refused_is_gone(room: StaffRoom) -> None:
    attempt = in_review(room)
    path = f"{ENROLMENTS}/{attempt.id}"
    assert room.post("two", path, deed="refuse", note="not them")[0] == 303
    assert state_of(room, attempt) == EnrolmentState.REFUSED
    room.get("two", f"{path}/pictures/0", 404)
    room.get("two", f"{path}/recordings/0", 404)


def test_a_member_of_staff_sees_nothing_of_their_own_enrolment_and_decides_nothing(room: StaffRoom) -> None:
    attempt = room.proposed("bea")
    path = f"{ENROLMENTS}/{attempt.id}"
    page = room.get("bea", path)
    assert "Somebody else has to look at it." in page
    assert "<form" not in page.split("<main")[1]
    assert "/pictures/0" not in page
    room.get("bea", f"{path}/pictures/0", 404)
    room.get("bea", f"{path}/recordings/0", 404)
    assert "Nobody vouches for themselves." in room.post("bea", path, deed="confirm")[1]
    assert "Nobody decides on themselves." in room.post("bea", path, deed="refuse", note="x")[1]
    assert state_of(room, attempt) == EnrolmentState.EXAMINED


def test_faces_are_blurred_until_somebody_asks_and_voices_can_be_heard(room: StaffRoom) -> None:
    path = f"{ENROLMENTS}/{room.proposed().id}"
    page = room.get("two", path)
    assert f'src="{path}/pictures/1"' in page
    assert "/pictures/1?clear=yes" not in page
    assert f'src="{path}/pictures/1?clear=yes"' in room.get("two", f"{path}?clear=yes")

    def detail(address: str) -> float:
        with Image.open(io.BytesIO(room.media("two", address))) as opened:
            return float(np.asarray(opened.convert("L"), np.float32).std())

    assert detail(f"{path}/pictures/0") * 3 < detail(f"{path}/pictures/0?clear=yes")
    with wave.open(io.BytesIO(room.media("two", f"{path}/recordings/0"))) as track:
        assert (track.getframerate(), track.getnchannels(), track.getnframes()) == (16_000, 1, VOICE.size)
        heard = np.frombuffer(track.readframes(VOICE.size), "<i2").astype(np.float32) / 32_767
    assert np.abs(heard - VOICE).max() < 1e-3
    room.get("two", f"{path}/pictures/9", 404)


def test_somebody_whom_one_is_like_may_have_left(room: StaffRoom) -> None:
    attempt = in_review(room)
    twin = room.registry.by_handle("twin")
    assert twin is not None
    room.registry.forget(twin.id, actor=twin.account_id)
    page = room.get("one", f"{ENROLMENTS}/{attempt.id}")
    assert "somebody who has left since" in page
    assert twin.id not in page


FILES = [("pictures", ("a.png", b"picture")), ("recordings", ("a.wav", b"sound")), ("recordings", ("", b""))]


def test_staff_vouch_for_somebody_with_files(room: StaffRoom) -> None:
    ada = room.person("ada")
    assert 'value="ada"' in room.get("one", "/staff/vouch?who=ada")
    form = {"who": "@Ada", "proof": "passport", "label": "with <hat>", "keep": "yes"}
    status, where = room.hand_in("one", FILES, **form)
    (made,) = room.registry.enrolments.of(ada.id)
    assert (status, where) == (303, f"{ENROLMENTS}/{made.id}?done=examined")
    assert (made.assurance, made.keep_reference, made.proposed_by) == ("document", True, "acct_one")
    assert "with &lt;hat&gt;" in room.get("two", f"{ENROLMENTS}/{made.id}")
    assert room.registry.enrolments.kept(made) == (1, 1)


@pytest.mark.parametrize(
    ("form", "files", "said"),
    [
        ({"who": "nobody", "proof": "passport"}, FILES, "Nobody here goes by this handle."),
        ({"who": "ada"}, FILES, "Say how you know that it is them."),
        ({"who": "ada", "proof": "will"}, FILES, "This does not show who the person is."),
        ({"who": "ada", "proof": "in_person"}, FILES[2:], 'role="alert"'),
        ({"who": "ada", "proof": "in_person"}, [("pictures", ("a.wav", b"sound"))], "This is not a picture."),
        ({"who": "unborn", "proof": "in_person"}, FILES, "Say first in which year you were born."),
    ],
)
def test_what_cannot_be_vouched_for_is_said_and_what_was_typed_stays(
    room: StaffRoom, form: dict[str, str], files: list[tuple[str, tuple[str, bytes]]], said: str
) -> None:
    room.person("ada")
    room.house.person("unborn", enrolled=False)
    status, page = room.hand_in("one", files, label="with &", **form)
    assert status in {403, 404, 422}
    assert said in page
    assert f'value="{form["who"]}"' in page
    assert 'value="with &amp;"' in page
    assert room.registry.enrolments.waiting() == []


# --- guardians and estates


def test_a_guardian_holds_once_two_have_seen_proof(room: StaffRoom) -> None:
    link = room.guarded()
    page = room.get("one", "/staff/guardians")
    assert "Kim Kin" in page
    assert "@teen" in page
    assert "Nobody yet. Two have to." in page
    assert room.post("one", "/staff/guardians", which=link.id, deed="vouch")[0] == 422
    assert room.post("one", "/staff/guardians", which=link.id, deed="vouch", proof="will")[0] == 422
    assert room.post("one", "/staff/guardians", which=link.id, deed="vouch", proof="court_order")[0] == 303
    page = room.get("one", "/staff/guardians")
    assert "You vouched for this." in page
    assert 'value="vouch"' not in page
    assert "Olga One vouched" in room.get("two", "/staff/guardians")
    assert room.post("two", "/staff/guardians", which=link.id, deed="vouch", proof="court_order")[0] == 303
    assert room.registry.guardianship.mine(link.id, "acct_kin").state == "verified"
    assert "No guardian waits for you." in room.get("two", "/staff/guardians")


def test_a_guardian_is_refused_by_one(room: StaffRoom) -> None:
    link = room.guarded()
    assert room.post("one", "/staff/guardians", which=link.id, deed="refuse")[1].endswith("done=ended")
    status, said = room.post("two", "/staff/guardians", which=link.id, deed="refuse")
    assert (status, "This link does not wait for that." in said) == (409, True)


def test_an_estate_is_held_once_two_have_seen_proof_and_ended_where_it_is_disputed(room: StaffRoom) -> None:
    estate = room.claimed()
    assert "Nonna Rosa" in room.get("one", "/staff/estates")
    for who in ("one", "two"):
        assert room.post(who, "/staff/estates", which=estate.id, deed="vouch", proof="will")[0] == 303
    room.registry.estates.dispute("nonna", "I am her <daughter>", by="acct_bea")
    page = room.get("one", "/staff/estates")
    assert "disputed" in page
    assert "I am her &lt;daughter&gt;" in page
    assert "Olga One on" in page
    assert "and Tom Two on" in page
    assert 'value="vouch"' not in page
    assert "is disputed" in room.get("one", "/staff")
    assert room.post("one", "/staff/estates", which=estate.id, deed="end")[1].endswith("done=ended")
    assert room.registry.estates.of("acct_kin")[0].state is EstateState.ENDED
    assert room.post("one", "/staff/estates", which=estate.id, deed="end")[0] == 409


# --- ages


def test_a_checked_year_outranks_what_somebody_said(room: StaffRoom) -> None:
    ada = room.person("ada", 2000)
    page = room.get("one", "/staff/ages?who=%40ada")
    assert "2000" in page
    assert "as they say themselves" in page
    assert room.post("one", "/staff/ages", account=ada.account_id, birth_year="MCM")[0] == 422
    assert room.post("one", "/staff/ages", account=ada.account_id, birth_year="1700")[0] == 422
    assert room.post("one", "/staff/ages", account=ada.account_id, birth_year="2011")[0] == 303
    assert "checked by Olga One" in room.get("two", f"/staff/ages?who={ada.account_id}")
    assert room.registry.age_of(ada.account_id).minor


def test_nobody_checks_their_own_age(room: StaffRoom) -> None:
    room.person("bea")
    assert "This is you." in room.get("bea", "/staff/ages?who=bea")
    status, said = room.post("bea", "/staff/ages", account="acct_bea", birth_year="1980")
    assert (status, "Nobody vouches for themselves." in said) == (403, True)


def test_somebody_who_is_not_there_has_no_age(room: StaffRoom) -> None:
    assert "Nobody here is called @nobody&lt;." in room.get("one", "/staff/ages?who=%40nobody%3C")
    assert "Nobody here is called acct_x." in room.post("one", "/staff/ages", account="acct_x", birth_year="1980")[1]
    assert room.registry.ages.of("acct_x") is None


# --- reports


def test_a_report_is_closed_with_what_was_done(room: StaffRoom) -> None:
    bad = room.person("bad")
    made = room.registry.safety.report("acct_kin", bad.account_id, ReportReason.SEXUAL, "Look at <this>", "video_9")
    page = room.get("one", "/staff/reports")
    for said in ("@bad", "Kim Kin", "Look at &lt;this&gt;", "/cases/video_9", "sexual content"):
        assert said in page
    assert room.post("one", "/staff/reports", which=made.id, note=" ")[0] == 422
    assert room.post("one", "/staff/reports", which=made.id, note="Account shut.")[0] == 303
    assert "Nobody is reported." in room.get("one", "/staff/reports")
    assert "Account shut." in room.get("one", "/staff/reports?state=closed")
    status, said = room.post("two", "/staff/reports", which=made.id, note="mine too")
    assert (status, "Somebody has closed this report." in said) == (409, True)
    assert room.post("two", "/staff/reports", which="prep_none", note="x")[0] == 404


def test_whoever_is_reported_reads_nothing_of_it_and_cannot_close_it(room: StaffRoom) -> None:
    made = room.registry.safety.report("acct_kin", "acct_bea", ReportReason.OTHER, "secret words", None)
    page = room.get("bea", "/staff/reports")
    assert "A report about you" in page
    assert "secret words" not in page
    assert "Kim Kin" not in page
    assert room.post("bea", "/staff/reports", which=made.id, note="nothing to see")[0] == 403
    assert room.registry.safety.report_named(made.id).closed_at is None
    mine = room.registry.safety.report("acct_bea", "acct_kin", ReportReason.OTHER, "x", None)
    assert room.post("bea", "/staff/reports", which=mine.id, note="done")[0] == 403


def test_long_lists_have_pages(room: StaffRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("review_ui.staff.reports._PAGE", 2)
    monkeypatch.setattr("review_ui.staff.objections._PAGE", 2)
    made = []
    for number in range(3):
        made.append(room.registry.safety.report("acct_a", "acct_b", ReportReason.OTHER, f"word{number}", None))
        room.house.clock.advance(seconds=1)  # ids of one millisecond are in no order
    assert f"/staff/reports?after={made[1].id}" in room.get("one", "/staff/reports")
    rest = room.get("one", f"/staff/reports?after={made[1].id}")
    assert ("word2" in rest, "word1" in rest, "?after=" in rest) == (True, False, False)
    videos = [room.objected(f"video_{n}", due=False) for n in range(3)]
    assert f"?state=all&amp;after={videos[1]}" in room.get("one", "/staff/objections?state=all")
    assert videos[1] not in room.get("one", f"/staff/objections?state=all&after={videos[1]}").split("<section")[1]


# --- objections


def test_staff_decide_once_the_owners_time_is_up(room: StaffRoom) -> None:
    video = room.objected(due=False)
    assert "No objection waits for you." in room.get("one", "/staff/objections")
    page = room.get("one", "/staff/objections?state=all")
    assert "not &lt;like&gt; this" in page
    assert "@bea" in page
    assert 'name="deed"' not in page
    status, said = room.post("one", "/staff/objections", which=video, deed="withdraw")
    assert (status, "to come to terms" in said) == (409, True)
    room.house.clock.advance(days=8)
    assert 'name="deed"' in room.get("one", "/staff/objections")
    assert room.post("one", "/staff/objections", which=video)[0] == 422
    assert "somebody else has to look" in room.post("bea", "/staff/objections", which=video, deed="dismiss")[1].lower()
    assert room.post("one", "/staff/objections", which=video, deed="dismiss")[0] == 303
    assert room.house.release(video).status == "released"


def test_staff_take_a_video_back(room: StaffRoom) -> None:
    video = room.objected()
    assert room.post("one", "/staff/objections", which=video, deed="withdraw")[0] == 303
    assert room.house.release(video).status == "withdrawn"
    assert "No objection waits for you." in room.get("one", "/staff/objections")


# --- the switch


def test_everything_is_stopped_with_a_reason_and_goes_on_with_another(room: StaffRoom) -> None:
    assert "Uses go on" in room.get("boss", "/staff/lockdown")
    assert room.post("boss", "/staff/lockdown", deed="stop", reason=" ")[0] == 422
    assert room.post("boss", "/staff/lockdown", reason="x")[0] == 422
    assert not room.registry.safety.lockdown().on
    assert room.post("boss", "/staff/lockdown", deed="stop", reason="A <leak>")[0] == 303
    assert room.registry.safety.lockdown().on
    for page in ("/staff/lockdown", "/staff"):
        said = room.get("boss", page)
        assert "Everything is stopped" in said
        assert "A &lt;leak&gt;" in said
        assert "Bo Boss" in said
    assert "Everything is stopped" in room.get("one", "/staff")
    assert room.post("one", "/staff/lockdown", deed="go_on", reason="x")[0] == 403
    assert room.post("boss", "/staff/lockdown", deed="go_on", reason="Mended")[0] == 303
    assert "Uses go on" in room.get("boss", "/staff/lockdown")
    assert "Everything is stopped" not in room.get("one", "/staff")


# --- words


def test_every_kind_has_its_words() -> None:
    assert set(words.PROOFS) == {str(proof) for proof in Proof}
    assert set(words.ENROLMENTS) == {str(state) for state in EnrolmentState}
    assert set(words.REPORTED) == {str(reason) for reason in ReportReason}
    assert words.doubt(None) == ""
