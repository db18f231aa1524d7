"""Notices in the app, how each account wants to be told, and what staff do about dead letters; over HTTP too."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from tests.factories.databases import postgres, sqlite
from tests.factories.deliveries import Postal
from tests.fakes.web import FakeIdentities, access_of, an_actor
from trust_kernel.delivery.domain import Answer, Channel, DeliveryState, Outcome
from trust_kernel.delivery.letters import DeliveryFilter
from trust_kernel.delivery.settings import AreaSetting, Mailing, NoticeSettings
from trust_kernel.delivery.tables import NoticeSettingsRow
from trust_kernel.errors import Conflict, InvalidInput, NotFound
from trust_kernel.web import delivery_routes, notice_routes, problems


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Postal]:
    with sqlite(tmp_path) as database:
        yield Postal(database, tmp_path)


def client_of(post: Postal, *permissions: str, account_id: str = "acct_a") -> TestClient:
    identities = FakeIdentities()
    headers = identities.add(an_actor(*permissions, account_id=account_id))
    app = FastAPI()
    problems.install(app)
    ending = notice_routes.MailEnding(post.links, lambda account_id: account_id != "acct_gone", str.upper)
    app.include_router(notice_routes.build_router(post.inbox, post.book, ending, access_of(identities)))
    app.include_router(delivery_routes.build_router(post.letters, access_of(identities)))
    return TestClient(app, headers=headers)


def told(post: Postal, number: int, to: str = "acct_a", kind: str = "consent:grant:given") -> list[str]:
    ids = []
    for _ in range(number):
        ids.append(post.emit(kind, to=to))
        post.clock.moment += timedelta(seconds=1)
    return ids


# --- in the app


def test_notices_are_read_page_by_page_newest_first(post: Postal) -> None:
    ids = told(post, 5)
    first, more = post.inbox.page("acct_a", limit=3)
    assert ([notice.event.id for notice in first], more) == (ids[:1:-1], True)
    rest, more = post.inbox.page("acct_a", limit=3, after=first[-1].event.id)
    assert ([notice.event.id for notice in rest], more) == (ids[1::-1], False)


def test_what_is_read_is_counted_no_more_and_stays(post: Postal) -> None:
    ids = told(post, 4)
    theirs = told(post, 1, to="acct_b")
    post.inbox.mark_read("acct_a", [ids[3], *theirs, "evt_nothing"])
    assert (post.inbox.unread("acct_a"), post.inbox.unread("acct_b")) == (3, 1)
    post.inbox.mark_read_through("acct_a", ids[1])
    unread, _ = post.inbox.page("acct_a", unread=True)
    assert [notice.event.id for notice in unread] == [ids[2]]
    assert len(post.inbox.page("acct_a")[0]) == 4


def test_nobody_pages_through_or_marks_other_peoples_notices(post: Postal) -> None:
    (theirs,) = told(post, 1, to="acct_b")
    with pytest.raises(NotFound):
        post.inbox.page("acct_a", after=theirs)
    with pytest.raises(NotFound):
        post.inbox.mark_read_through("acct_a", theirs)


def test_an_area_can_be_kept_off_the_list_but_not_what_ends_a_consent(post: Postal) -> None:
    told(post, 1)
    (revoked,) = told(post, 1, kind="consent:grant:revoked")
    (other,) = told(post, 1, kind="consentx:grant:given")
    post.book.choose("acct_a", areas={"consent": AreaSetting(Mailing.OFF, in_app=False)})
    shown = [notice.event.id for notice in post.inbox.page("acct_a")[0]]
    assert shown == [other, revoked]
    assert post.inbox.unread("acct_a") == 2


# --- settings


def test_who_chose_nothing_has_the_defaults(post: Postal) -> None:
    settings = post.book.of("acct_a")
    assert (settings.language, settings.hour, settings.zone) == ("en", 8, "UTC")
    assert {area: one.mail for area, one in settings.areas.items()} == {
        "consent": Mailing.NOW,
        "case": Mailing.DIGEST,
        "ads": Mailing.OFF,
    }


def test_what_is_not_changed_stays(post: Postal) -> None:
    post.book.choose("acct_a", language="it", hour=20)
    post.book.choose("acct_a", areas={"ads": AreaSetting(Mailing.NOW)})
    settings = post.book.choose("acct_a", zone="Europe/Rome")
    assert (settings.language, settings.hour, settings.zone) == ("it", 20, "Europe/Rome")
    assert (settings.areas["ads"].mail, settings.areas["case"].mail) == (Mailing.NOW, Mailing.DIGEST)
    assert post.book.of("acct_b").language == "en"


@pytest.mark.postgres
def test_two_first_choices_at_once_are_both_kept_on_postgresql(tmp_path: Path) -> None:
    with postgres() as database:
        post = Postal(database, tmp_path)
        with ThreadPoolExecutor(4) as pool:
            chosen = [{"hour": 5}, {"zone": "Europe/Rome"}, {"language": "it"}, {"areas": {"ads": AreaSetting()}}]
            list(pool.map(lambda change: post.book.choose("acct_a", **change), chosen))
        settings = post.book.of("acct_a")
    assert (settings.hour, settings.zone, settings.language) == (5, "Europe/Rome", "it")
    assert settings.areas["ads"].mail is Mailing.NOW


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"language": "xx"}, "language"),
        ({"hour": 24}, "hour"),
        ({"hour": -1}, "hour"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"zone": "../../etc/passwd"}, "zone"),
        ({"areas": {"nothing": AreaSetting()}}, "areas"),
    ],
)
def test_what_there_is_not_cannot_be_chosen(post: Postal, change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        post.book.choose("acct_a", **change)
    assert caught.value.field == field


@given(
    now=st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds the zone
    hour=st.integers(0, 23),
    zone=st.sampled_from(["UTC", "Europe/Rome", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]),
)
def test_the_next_digest_is_within_a_day_and_never_now(now: datetime, hour: int, zone: str) -> None:
    due = NoticeSettings("en", hour, zone).next_digest(now)
    assert now < due <= now + timedelta(hours=25)


# --- over HTTP


def test_notices_over_http(post: Postal) -> None:
    ids = told(post, 3)
    client = client_of(post)
    page = client.get("/v1/notices", params={"limit": 2}).json()
    assert [one["id"] for one in page["data"]] == ids[:0:-1]
    assert (page["has_more"], page["unread"], page["data"][0]["read_at"]) == (True, 3, None)
    assert client.post("/v1/notices/read", json={"ids": [ids[0]]}).json() == {"unread": 2}
    assert client.post("/v1/notices/read", json={"through": ids[2]}).json() == {"unread": 0}
    assert client.get("/v1/notices", params={"unread": True}).json()["data"] == []
    assert client.get("/v1/notices", params={"after": "evt_x"}).status_code == 404


def test_settings_over_http(post: Postal) -> None:
    client = client_of(post, "notice:manage")
    before = client.get("/v1/notices/settings").json()
    assert (before["language"], before["always"]) == ("en", ["consent:grant:revoked"])
    change = {"language": "it", "areas": {"consent": {"mail": "digest", "in_app": False}}}
    after = client.patch("/v1/notices/settings", json=change).json()
    assert after == before | {"language": "it", "areas": before["areas"] | change["areas"]}
    assert client.get("/v1/notices/settings").json() == after
    assert client.patch("/v1/notices/settings", json={"hour": 99}).json()["field"] == "hour"
    assert client_of(post).get("/v1/notices/settings").status_code == 403


def path_of(post: Postal, account_id: str, area: str) -> str:
    return post.links.url(account_id, area).removeprefix("https://placet.example")


@pytest.mark.parametrize("area", ["consent", "digest"])
def test_the_link_of_an_account_that_is_gone_answers_as_done_and_writes_nothing(post: Postal, area: str) -> None:
    client = client_of(post)
    answer, other = (client.post(path_of(post, account, area)) for account in ("acct_gone", "acct_a"))
    assert (answer.status_code, answer.text) == (other.status_code, other.text) == (200, "EN\n")
    with post.database.reading() as session:
        assert [row.account_id for row in session.exec(select(NoticeSettingsRow))] == ["acct_a"]


def test_one_click_without_signing_in_ends_mails_about_an_area(post: Postal) -> None:
    client = client_of(post)
    client.headers.clear()
    path = path_of(post, "acct_a", "consent")
    answer = client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, answer.text) == (200, "EN\n")
    assert post.book.of("acct_a").areas["consent"].mail is Mailing.OFF
    assert client.post(path.replace("acct_a", "acct_b")).status_code == 404
    assert post.book.of("acct_b").areas["consent"].mail is Mailing.NOW


# --- dead letters


def dead(post: Postal, number: int = 1, to: str = "acct_a") -> list[str]:
    post.letterbox.answer = Answer(Outcome.NEVER, "mail:address:refused 550")
    events = []
    for _ in range(number):
        events += told(post, 1, to=to)
        post.courier.round()
    post.letterbox.answer = Answer(Outcome.TAKEN, "250")
    return [post.row(event).id for event in events]


def test_what_was_given_up_is_listed_with_its_reason_and_no_address(post: Postal) -> None:
    ids = dead(post, 3)
    dead(post, 1, to="acct_b")
    listed, more = post.letters.page(DeliveryFilter(account_id="acct_a"), limit=2)
    assert ([one.id for one in listed], more) == (ids[:0:-1], True)
    assert (listed[0].kind, listed[0].said, listed[0].channel) == (
        "consent:grant:given",
        "mail:address:refused 550",
        Channel.MAIL,
    )
    rest, more = post.letters.page(DeliveryFilter(account_id="acct_a"), after=listed[-1].id)
    assert ([one.id for one in rest], more) == (ids[:1], False)
    assert post.letters.count() == 4
    assert post.letters.count(DeliveryFilter(channel=Channel.WEBHOOK)) == 0
    assert post.letters.count(DeliveryFilter(said="mail:address:refused 550", target="acct_b")) == 1


def test_a_dead_letter_is_tried_again_and_arrives(post: Postal) -> None:
    one, other = dead(post, 2)
    post.letters.retry(one)
    assert post.courier.round().delivered == 1
    with pytest.raises(Conflict):
        post.letters.retry(one)
    assert post.letters.retry_target("acct_a") == 1
    assert post.courier.round().delivered == 1
    assert post.letters.count() == 0
    with pytest.raises(NotFound):
        post.letters.retry(other + "x")


def test_a_letter_that_is_tried_again_has_another_72_hours(post: Postal) -> None:
    (one,) = dead(post)
    post.clock.moment += timedelta(days=10)
    post.letters.retry(one)
    post.letterbox.answer = Answer(Outcome.LATER, "mail:server:silent")
    assert post.courier.round().retrying == 1
    post.clock.moment += timedelta(hours=71)
    assert post.courier.round().retrying == 1
    post.clock.moment += timedelta(hours=1)
    assert post.courier.round().dead == 1


def test_a_dead_letter_is_dropped_with_a_reason_and_by_name(post: Postal) -> None:
    one, other = dead(post, 2)
    with pytest.raises(InvalidInput):
        post.letters.drop(one, by="acct_s", why="  ")
    post.letters.drop(one, by="acct_s", why=" they left ")
    dropped = post.letters.page(DeliveryFilter(state=DeliveryState.DROPPED))[0]
    assert [(row.id, row.dropped_by, row.dropped_why) for row in dropped] == [(one, "acct_s", "they left")]
    assert post.letters.count() == 1
    with pytest.raises(Conflict):
        post.letters.drop(one, by="acct_s", why="again")
    assert post.letters.page(DeliveryFilter())[0][0].id == other
    assert len(post.inbox.page("acct_a")[0]) == 2, "the notices stay"


def test_a_whole_digest_is_tried_again_together(post: Postal) -> None:
    for number in range(3):
        post.emit("case:video:done", number=number)
    post.courier.round()
    post.clock.moment += timedelta(days=1)
    post.letterbox.answer = Answer(Outcome.NEVER, "mail:address:refused 550")
    assert post.courier.round().dead == 1
    post.letterbox.answer = Answer(Outcome.TAKEN, "250")
    post.letters.retry(post.letters.page(DeliveryFilter())[0][0].id)
    assert post.courier.round().delivered == 1
    assert post.letterbox.got[-1][0]["Subject"] == "3 notices"
    assert post.letters.count() == 0


def test_dead_letters_over_http(post: Postal) -> None:
    one, other, third = dead(post, 3)
    client = client_of(post, "delivery:manage", account_id="acct_staff")
    listed = client.get("/v1/deliveries", params={"channel": "mail", "limit": 1}).json()
    assert (listed["data"][0]["id"], listed["has_more"], listed["data"][0]["state"]) == (third, True, "dead")
    assert client.post(f"/v1/deliveries/{one}/retry").status_code == 204
    assert client.post(f"/v1/deliveries/{one}/retry").status_code == 409
    assert client.post(f"/v1/deliveries/{other}/drop", json={"why": ""}).json()["field"] == "why"
    assert client.post(f"/v1/deliveries/{other}/drop", json={"why": "gone"}).status_code == 204
    assert client.post("/v1/deliveries/retry", json={"target": "acct_a"}).json() == {"retried": 1}
    assert client.get("/v1/deliveries", params={"state": "dropped"}).json()["data"][0]["dropped_by"] == "acct_staff"
    assert client_of(post).get("/v1/deliveries").status_code == 403
