"""Pages of owners whose videos a notice took down, and of whoever gave it; and an appeal against one, to its end."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from fastapi.testclient import TestClient

from copyright_optout.tables import OptOutCounterRow, OptOutNoticeRow
from placet.app import build_app
from placet.migrate import migrate
from placet.wiring import build_house
from tests.factories.members import PASSWORD, Member, joined
from tests.unit.placet.test_notices_over_http import SWORN, Scene
from trust_kernel.settings import Settings
from trust_kernel.web.csrf import csrf_token

WHY = {"statement": "Nobody is in it."}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    data = tmp_path_factory.mktemp("pages")
    house = build_house(Settings(data_dir=data, notices_per_minute=500, match_descriptions=False, _env_file=None))
    migrate(house.kernel)
    with TestClient(build_app(house)) as client:
        ada, mallory = joined(house, "ada", "requester", "subject", handle=True), joined(house, "mallory", "requester")
        for name in ("judge", "second"):
            joined(house, name, "reviewer")
        yield Scene(house, client, ada, mallory, joined(house, "staff", "reviewer"))
    house.kernel.database.dispose()


def test_staff_read_on_a_notice_that_no_mail_reaches_whoever_gave_it_and_what_runs_for_it(scene: Scene) -> None:
    notice_id = scene.give("dmca", scene.film())["id"]
    said = page(scene, "staff", f"/staff/notices/{notice_id}")
    assert "<dt>Mail</dt>" not in said
    assert said.count('class="notice caution"') == 1
    scene.turn_back(
        OptOutNoticeRow, notice_id, mail_tries=2, mail_said="mail:server:refused 554", mail_next=timedelta(hours=-1)
    )
    assert "Failed 2 times; tried again" in page(scene, "staff", f"/staff/notices/{notice_id}")
    scene.turn_back(OptOutNoticeRow, notice_id, mail_next=None)
    said = page(scene, "staff", f"/staff/notices/{notice_id}")
    assert "None reached them" in said
    assert "mail:server:refused 554" in said


def session_of(scene: Scene, name: str) -> str:
    return scene.house.kernel.accounts.sign_in(f"{name}@example.org", PASSWORD).token


def page(scene: Scene, name: str, path: str, status: int = 200, /, **form: Any) -> str:
    """A page as somebody sees it, or what a form of theirs leads to, its white space made plain."""
    token = session_of(scene, name)
    headers = {"accept": "text/html", "cookie": f"{scene.house.kernel.cookies.session}={token}"}
    if form:
        data = {"csrf_token": csrf_token(token), **form}
        answer = scene.client.post(path, data=data, headers=headers, follow_redirects=False)
        if answer.status_code == 303:
            assert status == 200
            return page(scene, name, answer.headers["location"])
    else:
        answer = scene.client.get(path, headers=headers)
    assert answer.status_code == status, answer.text
    return re.sub(r"\s+", " ", unescape(answer.text))


def acted(scene: Scene, statute: str, video: str) -> str:
    notice_id = str(scene.give(statute, video)["id"])
    scene.ask(scene.staff, "POST", f"/{notice_id}/act")
    return notice_id


def call(scene: Scene, who: Member, verb: str, path: str, status: int = 200, **body: object) -> dict[str, Any]:
    answer = scene.client.request(verb, path, headers=who.headers, json=body or None)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def member(scene: Scene, name: str) -> Member:
    """Somebody who joined, with another key."""
    accounts = scene.house.kernel.accounts
    account = accounts.by_email(f"{name}@example.org")
    assert account is not None
    key = accounts.issue_key(account.id, "again", accounts.permissions(account.id)).plaintext
    return Member(account.id, {"authorization": f"Bearer {key}"})


# --- the owners' side


def test_an_owner_reads_what_was_said_and_answers_with_every_element(scene: Scene) -> None:
    video = scene.film()
    notice = acted(scene, "dmca", video)
    path = f"/me/notices/{notice}"
    assert path in page(scene, "ada", "/me/notices")
    assert path in page(scene, "ada", "/me")
    for other in ("/me/videos", f"/me/uses/{video}"):
        assert "/me/notices" in page(scene, "ada", other)
    read = page(scene, "ada", path)
    for said in ("Vera Rossi", "The Teal Fox", "I never agreed to this.", "gets a copy, with your name, address"):
        assert said in read
    assert "vera@example.org" not in read
    typed = {
        "name": "Ada <Maker>",
        "address": "1 Example Road",
        "statement": "It is my own fox.",
        "declared": "mistake",
    }
    lacking = page(scene, "ada", f"{path}/counter", 422, **typed)
    for name in ("phone", "signature", "declared"):
        assert f'id="{name}-fault"' in lacking
    assert 'id="name-fault"' not in lacking
    for said in ("Ada <Maker>", "1 Example Road", "It is my own fox."):
        assert said in lacking
    assert 'value="mistake" checked' in lacking
    long = page(scene, "ada", f"{path}/counter", 422, **(SWORN | {"phone": "5" * 51}))
    assert "This text is too long" in long
    done = page(scene, "ada", f"{path}/counter", **SWORN)
    for said in ("Your counter-notice is in.", "comes back between", "1 Example Road"):
        assert said in done
    assert "Send a counter-notice" not in done
    again = page(scene, "ada", f"{path}/counter", 409, **SWORN)
    assert "Nothing of yours waits for a counter-notice." in again


def test_an_owner_is_offered_no_counter_notice_that_would_be_refused(scene: Scene) -> None:
    demanded, late, back = (scene.film() for _ in range(3))
    demand, ended, restored = (
        acted(scene, "take_it_down", demanded),
        acted(scene, "dmca", late),
        acted(scene, "dmca", back),
    )
    hidden = page(scene, "ada", f"/me/notices/{demand}")
    assert "Vera Rossi" not in hidden
    assert "Send a counter-notice" not in hidden
    assert f"/me/videos/{demanded}" in hidden
    scene.turn_back(OptOutNoticeRow, ended, acted_at=timedelta(days=30))
    assert "Send a counter-notice" not in page(scene, "ada", f"/me/notices/{ended}")
    received = {one["id"]: one for one in scene.ask(scene.ada, "GET", "/own")["received"]}
    assert [(received[one]["may_counter"], received[one]["counter_by"]) for one in (demand, ended)] == [
        (False, None)
    ] * 2
    scene.ask(scene.ada, "POST", f"/{ended}/counter", 409, **SWORN)
    scene.ask(scene.ada, "POST", f"/{restored}/counter", **SWORN)
    scene.turn_back(OptOutCounterRow, restored, received_at=timedelta(days=22))
    scene.ask(scene.staff, "POST", f"/{restored}/restore")
    assert "Send a counter-notice" not in page(scene, "ada", f"/me/notices/{restored}")
    assert ">back<" in page(scene, "ada", f"/me/notices/{restored}")


def test_nobody_else_reads_a_notice_or_answers_it(scene: Scene) -> None:
    notice = acted(scene, "dmca", scene.film())
    page(scene, "mallory", f"/me/notices/{notice}", 404)
    page(scene, "mallory", f"/me/notices/{notice}/counter", 404, **SWORN)
    assert "nothing of yours was taken down" in page(scene, "mallory", "/me/notices")
    assert scene.client.get("/me/notices", headers={"accept": "text/html"}, follow_redirects=False).status_code != 200


# --- whoever gave it


@pytest.mark.parametrize(
    ("lang", "none", "soon"),
    [("en", "You gave none", "are down by"), ("it", "Non ne hai fatta nessuna", "sono tolti al più tardi")],
)
def test_whoever_gave_notices_sees_where_each_stands_and_what_comes_next(
    scene: Scene, lang: str, none: str, soon: str
) -> None:
    giver = f"giver-{lang}"
    theirs = joined(scene.house, giver, "requester")
    assert none in page(scene, giver, f"/notice/sent?lang={lang}")
    answer = scene.client.post(
        "/v1/legal-notices",
        headers=theirs.headers,
        data={"statute": "take_it_down", "name": "G", "email": "g@example.org", "statement": "No.", "signature": "G"}
        | {"videos": [scene.film()], "declared": ["non_consent"]},
    ).json()
    listed = page(scene, giver, f"/notice/sent?lang={lang}")
    assert f"/notice/{answer['token']}" in listed
    assert soon in listed
    assert soon in page(scene, giver, f"/notice/{answer['token']}?lang={lang}")
    assert "/notice/sent" in page(scene, giver, "/notice")
    scene.client.post(f"/v1/legal-notices/status/{answer['token']}/withdraw")
    assert soon not in page(scene, giver, f"/notice/sent?lang={lang}")
    assert answer["token"] not in page(scene, "mallory", "/notice/sent")


# --- appeals


def test_an_appeal_against_a_copyright_notice_points_to_the_counter_notice(scene: Scene) -> None:
    video = scene.film()
    notice = acted(scene, "dmca", video)
    shown = call(scene, scene.ada, "GET", f"/v1/videos/{video}")
    assert (shown["error"]["appeal"], shown["error"]["appeal_until"]) == (None, None)
    refused = call(scene, scene.ada, "POST", f"/v1/videos/{video}/appeal", 409, **WHY)
    assert (refused["code"], refused["limit"]) == ("appeal:case:counter_notice", f"/v1/legal-notices/{notice}/counter")
    assert 'id="appeal"' not in page(scene, "ada", f"/me/videos/{video}")


def test_a_demand_ends_with_the_appeal_that_is_won_and_what_is_like_the_video_is_let_out(scene: Scene) -> None:
    video, other = scene.film(), scene.film()
    copy = scene.film(copy_of=video)
    given = scene.give("take_it_down", video, videos=[video, other])
    acted_ = scene.ask(scene.staff, "POST", f"/{given['id']}/act")
    claim_id = acted_["claim_id"]
    references = scene.house.guards.optouts.references
    assert references is not None
    assert len(references.of_claim(claim_id)) == 3
    appeal = call(scene, scene.ada, "POST", f"/v1/videos/{video}/appeal", 201, **WHY)["id"]
    path = f"/v1/appeals/{appeal}/decide"
    judge, second = member(scene, "judge"), member(scene, "second")
    assert call(scene, scene.staff, "POST", path, 403, decision="overturn", note="no")["code"] == "appeal:case:own"
    assert scene.ask(scene.staff, "POST", f"/{given['id']}/close", 409)["code"] == "optout:notice:early"
    assert "That ends" in page(scene, "judge", f"/staff/appeals/{appeal}")
    call(scene, judge, "POST", path, decision="overturn", note="Nobody is in it.")
    assert scene.state(video) == "taken_down"
    call(scene, second, "POST", path, decision="overturn", note="Nobody is in it.")
    assert [scene.state(one) for one in (video, copy, other)] == ["released", "released", "taken_down"]
    assert len(references.of_claim(claim_id)) == 1
    assert scene.house.guards.optouts.claim(claim_id).state == "active"
    status = scene.client.get(f"/v1/legal-notices/status/{given['token']}").json()
    assert (status["state"], status["down"]) == ("acted", 1)
    last = call(scene, scene.ada, "POST", f"/v1/videos/{other}/appeal", 201, **WHY)["id"]
    for who in (judge, second):
        call(scene, who, "POST", f"/v1/appeals/{last}/decide", decision="overturn", note="Nor in this.")
    status = scene.client.get(f"/v1/legal-notices/status/{given['token']}").json()
    assert (status["state"], status["rejection"], status["down"]) == ("rejected", "appealed", 0)
    assert scene.house.guards.optouts.claim(claim_id).state == "withdrawn"
    kinds = scene.client.get("/ledger/entries", params={"start": 0, "end": 1000}).text
    assert "optout:notice:appealed" in kinds
    assert "Whoever made what was taken down appealed" in scene.client.get(f"/notice/{given['token']}").text


def test_staff_do_not_reject_a_notice_with_what_only_an_appeal_says(scene: Scene) -> None:
    given = scene.give("dmca", scene.film())
    scene.ask(scene.staff, "POST", f"/{given['id']}/reject", 422, why="appealed")
