"""A person's own pages through the real application: videos of them, people, settings, links, leaving."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from consent_registry.api import Audience, AudienceKind, GrantState, GrantTerms, Modality
from generator_gateway.api import AppearanceState, Part, UseOf, Whereabout
from generator_gateway.ports import ReleaseState
from generator_gateway.service.owning import Appearing
from placet.app import build_app
from placet.migrate import migrate
from placet.wiring import House, build_house
from tests.factories.ownership import out
from trust_kernel.settings import Settings
from trust_kernel.web.csrf import csrf_token

PASSWORD = "a long enough password"
FILE = b"not really a video"
SITE = "http://testserver"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account, a session and perhaps a handle."""

    account_id: str
    session: str
    subject_id: str


class Site:
    """A deployment, and browsers without scripts at it."""

    def __init__(self, house: House, client: TestClient) -> None:
        self.house = house
        self.client = client
        self.made = 0

    def person(self, name: str, *roles: str, handle: bool = True) -> Person:
        accounts = self.house.kernel.accounts
        account = accounts.register(f"{name}@example.org", PASSWORD, roles or ("subject", "requester"), name)
        subject = self.house.guards.registry.register_subject(account.id, name, name.title()) if handle else None
        session = accounts.sign_in(f"{name}@example.org", PASSWORD).token
        return Person(account.id, session, subject.id if subject else "")

    def video(self, maker: Person, *shown: Person) -> str:
        self.made += 1
        people = [Appearing(one.subject_id, one.account_id, frozenset({"face"})) for one in shown]
        digest = self.house.kernel.blobs.put_bytes(FILE)
        shelves, name = self.house.shelves, f"video_{self.made:08}"
        out(shelves.cases, shelves.releases, name, *people, maker=maker.account_id, media_digest=digest)
        return name

    def get(self, who: Person | None, path: str, status: int = 200) -> str:
        headers = {"accept": "text/html", "cookie": self._cookie(who)}
        answer = self.client.get(path, headers=headers, follow_redirects=False)
        assert answer.status_code == status, answer.text
        return said(answer.text)

    def post(self, who: Person, path: str, status: int = 303, /, **form: str) -> str:
        """What the page says at the end; a form that did its work leads to another page."""
        data = {"csrf_token": csrf_token(who.session), **form}
        headers = {"accept": "text/html", "cookie": self._cookie(who)}
        answer = self.client.post(path, data=data, headers=headers, follow_redirects=False)
        assert answer.status_code == status, answer.text
        return self.get(who, answer.headers["location"]) if status == 303 else said(answer.text)

    def _cookie(self, who: Person | None) -> str:
        return f"{self.house.kernel.cookies.session}={who.session}" if who else ""

    def allow(self, who: Person, audience: Audience) -> str:
        registry = self.house.guards.registry
        terms = GrantTerms(audience, frozenset({Modality.FACE}), expires_at=registry.now() + timedelta(days=30))
        return registry.grant(who.subject_id, terms, actor=who.account_id).id

    def state(self, who: Person, grant_id: str) -> GrantState:
        registry = self.house.guards.registry
        grant = next(one for one in registry.grants(who.subject_id) if one.id == grant_id)
        return grant.state_at(registry.now())


def said(page: str) -> str:
    """A page's text and tags, its entities and white space made plain."""
    return re.sub(r"\s+", " ", unescape(page))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    data: Path = tmp_path_factory.mktemp("pages")
    house = build_house(Settings(data_dir=data, links_per_minute=40, public_url=SITE, _env_file=None))
    migrate(house.kernel)
    with TestClient(build_app(house), base_url=SITE) as client:
        yield Site(house, client)
    house.kernel.database.dispose()


@pytest.fixture(scope="module")
def ada(site: Site) -> Person:
    return site.person("ada")


@pytest.fixture(scope="module")
def bea(site: Site) -> Person:
    return site.person("bea")


@pytest.fixture(scope="module")
def mallory(site: Site) -> Person:
    return site.person("mallory")


def test_a_person_sees_every_video_of_them_and_by_whom(site: Site, ada: Person, bea: Person, mallory: Person) -> None:
    video = site.video(ada, bea)
    page = site.get(bea, "/me/uses")
    assert f"/me/uses/{video}" in page
    assert "made by @ada" in page
    assert "Your face, <strong>as you agreed</strong>" in page
    assert video not in site.get(mallory, "/me/uses")
    assert "/me/uses" in site.get(bea, "/me")


def test_owners_see_whose_a_video_is_and_nobody_else_does(
    site: Site, ada: Person, bea: Person, mallory: Person
) -> None:
    video = site.video(ada, bea)
    page = site.get(bea, f"/me/uses/{video}")
    assert "they made it" in page
    assert "your face is in it" in page
    assert page.count("1/2") == 2
    assert "Report @ada" in page
    site.get(mallory, f"/me/uses/{video}", 404)
    site.post(mallory, f"/me/uses/{video}/withdraw", 404)
    assert "Yes, withdraw it" in site.get(ada, f"/me/uses/{video}")
    assert 'id="object"' not in site.get(ada, f"/me/uses/{video}")


def test_an_objection_holds_a_video_back_until_it_is_taken_back(site: Site, ada: Person, bea: Person) -> None:
    path = f"/me/uses/{site.video(ada, bea)}"
    assert "the note is too long" in site.post(bea, f"{path}/object", 422, note="x" * 501).lower()
    page = site.post(bea, f"{path}/object", note="not with <this> hat")
    assert "You object. Only the people in it can watch it" in page
    assert "not with <this> hat" in page
    assert "Watch it" in page
    assert "Watch it" not in site.get(ada, path)
    assert "&lt;this&gt;" in site.client.get(path, headers={"cookie": site._cookie(ada)}).text
    assert "It is out again." in site.post(bea, f"{path}/lift")
    site.post(bea, f"{path}/lift", 404)


def test_what_somebody_in_it_withdraws_is_gone_for_everybody(site: Site, ada: Person, bea: Person) -> None:
    video = site.video(ada, bea)
    assert "It is withdrawn. From this moment" in site.post(bea, f"/me/uses/{video}/withdraw")
    page = site.get(ada, f"/me/uses/{video}")
    assert "withdrawn for good" in page
    assert "Make a link" not in page
    assert "was withdrawn" in site.post(ada, f"/me/uses/{video}/links", 410, days="7")
    assert "was withdrawn" in site.post(bea, f"/me/uses/{video}/object", 410)


def test_a_link_is_shown_once_watched_by_anybody_and_ended_by_any_owner(site: Site, ada: Person, bea: Person) -> None:
    video = site.video(ada, bea)
    for days in ("0", "31", "a week", ""):
        page = site.post(ada, f"/me/uses/{video}/links", 422, days=days)
        assert 'id="days-fault"' in page
    page = site.post(ada, f"/me/uses/{video}/links", 201, days="7")
    found = re.search(rf'{SITE}(/s/[\w-]+)"', page)
    assert found
    link = found[1]
    assert link not in site.get(ada, f"/me/uses/{video}")
    answer = site.client.get(link, headers={"cookie": site._cookie(bea)})
    assert answer.status_code == 200
    assert f"{link}/content" in answer.text
    assert "@ada" not in answer.text
    assert "Sign out" not in answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert "noindex" in answer.headers["x-robots-tag"]
    assert site.client.get(f"{link}/content").content == FILE
    end = re.search(r'action="(/me/uses/[^"]+/end)"', site.get(bea, f"/me/uses/{video}"))
    assert end
    assert "The link has ended." in site.post(bea, end[1])
    assert "shows nothing any more" in site.get(None, link, 410)
    assert "There is no such link" in site.get(None, f"{link}x", 404)


def test_a_shared_video_that_somebody_in_it_objects_to_is_not_shown(site: Site, ada: Person, bea: Person) -> None:
    video = site.video(ada, bea)
    link = re.findall(rf'{SITE}(/s/[\w-]+)"', site.post(ada, f"/me/uses/{video}/links", 201, days="1"))[0]
    site.post(bea, f"/me/uses/{video}/object")
    page = site.get(None, link, 410)
    assert "object" not in page
    assert "@bea" not in page


def test_links_are_not_tried_without_end(site: Site) -> None:
    answers = [site.client.get("/s/guess").status_code for _ in range(60)]
    assert answers[-1] == 429


def test_a_group_is_made_filled_renamed_emptied_and_deleted(site: Site, ada: Person, mallory: Person) -> None:
    assert 'id="name-fault"' in site.post(ada, "/me/people/groups", 422, name="  ")
    assert "Now say who is in it" in site.post(ada, "/me/people/groups", name="Choir")
    group = site.house.guards.registry.groups.of(ada.subject_id)[0]
    path = f"/me/people/groups/{group.id}"
    grant = site.allow(ada, Audience(AudienceKind.GROUPS, group_ids=frozenset({group.id})))
    assert "1 of your consents is for this group" in site.get(ada, path)
    assert "Nobody here is called @nobody" in site.post(ada, f"{path}/members", 422, who="@nobody")
    assert "@mallory" in site.post(ada, f"{path}/members", who="@Mallory")
    assert "a group is of other people" in site.post(ada, f"{path}/members", 422, who="ada").lower()
    assert f'value="{"x" * 81}"' in site.post(ada, f"{path}/name", 422, name="x" * 81), "what was typed is not lost"
    assert "Orchestra" in site.post(ada, f"{path}/name", name="Orchestra")
    site.get(mallory, path, 404)
    site.post(mallory, f"{path}/delete", 404)
    assert "Nobody yet." in site.post(ada, f"{path}/members/{mallory.account_id}/remove")
    assert "The group is gone" in site.post(ada, f"{path}/delete")
    site.get(ada, path, 404)
    assert f"/me/grants/{grant}" in site.get(ada, "/me")


def test_whoever_is_barred_is_covered_by_nothing_and_told_nothing(site: Site, ada: Person, mallory: Person) -> None:
    grant = site.allow(ada, Audience(AudienceKind.PEOPLE, frozenset({mallory.account_id})))
    told = len(site.house.kernel.outbox.for_recipient(mallory.account_id))
    bars = "/me/people/bars"
    assert 'id="take_back-fault"' in site.post(ada, bars, 422, bar="mallory", take_back="maybe")
    assert "nobody can bar themselves" in site.post(ada, bars, 422, bar="@ada", take_back="stop_new").lower()
    assert site.state(ada, grant) is GrantState.ACTIVE
    page = site.post(ada, bars, bar="@mallory", take_back="stop_new")
    assert "covers them any more" in page
    assert f"{bars}/{mallory.account_id}/undo" in page
    assert site.state(ada, grant) is GrantState.REVOKED
    new = site.house.kernel.outbox.for_recipient(mallory.account_id)[: -told or None]
    assert not {"consent:person:barred", "consent:grant:revoked"} & {event.type for event in new}
    assert "Consents that ended stay ended" in site.post(ada, f"{bars}/{mallory.account_id}/undo")
    assert site.state(ada, grant) is GrantState.REVOKED


def test_staff_are_told_of_somebody(site: Site, ada: Person, mallory: Person) -> None:
    page = site.get(ada, "/me/people?who=mallory&video=video_1")
    assert 'value="video_1"' in page
    faults = site.post(ada, "/me/people/reports", 422, who="mallory", reason="", text="they shout")
    assert 'id="reason-fault"' in faults
    assert "they shout" in faults
    assert 'id="text-fault"' in site.post(ada, "/me/people/reports", 422, who="mallory", reason="other", text=" ")
    assert "Staff read it" in site.post(ada, "/me/people/reports", who="mallory", reason="fraud", text="they shout")
    made = site.house.guards.registry.safety.reports(closed=False, after=None, limit=10)
    assert [(one.reporter, one.reported, one.text) for one in made] == [
        (ada.account_id, mallory.account_id, "they shout")
    ]


def test_without_a_handle_one_can_report_and_choose_how_one_is_told(site: Site) -> None:
    nobody = site.person("nobody", handle=False)
    page = site.get(nobody, "/me/people")
    assert "Report somebody" in page
    assert "Your groups" not in page
    page = site.get(nobody, "/me/settings")
    assert "How you are told" in page
    assert "Uses of your likeness" in page
    assert "Stop everything" not in page
    assert "choose a handle first" in site.get(nobody, "/me/uses", 404).lower()


def test_how_somebody_is_told_is_kept(site: Site, bea: Person) -> None:
    sent = {"language": "it", "hour": "18", "zone": "Europe/Rome", "mail_consent": "digest", "mail_likeness": "off"}
    assert "Saved." in site.post(bea, "/me/settings/notices", **sent, app_consent="yes")
    kept = site.house.delivery.book.of(bea.account_id)
    assert (kept.language, kept.hour, kept.zone) == ("it", 18, "Europe/Rome")
    assert (kept.areas["consent"].mail, kept.areas["consent"].in_app) == ("digest", True)
    assert (kept.areas["likeness"].mail, kept.areas["likeness"].in_app) == ("off", False)
    wrong = {"language": "en", "hour": "7", "zone": "Mars/Olympus", "mail_consent": "off"}
    page = site.post(bea, "/me/settings/notices", 422, **wrong)
    assert 'id="zone-fault"' in page
    assert 'value="Mars/Olympus"' in page
    for chosen in ('value="en" selected', 'value="7" selected', 'name="mail_consent" aria-label="E-mails: Consents'):
        assert chosen in page, "what was chosen in a form that is refused is not lost"
    select = page.partition('name="mail_consent"')[2].partition("</select>")[0]
    assert 'value="off" selected' in select
    assert not page.partition('name="app_consent"')[2].partition(">")[0].endswith("checked")
    assert site.house.delivery.book.of(bea.account_id).zone == "Europe/Rome"


def test_a_pause_and_a_cap_are_set_and_lifted(site: Site, bea: Person) -> None:
    safety = site.house.guards.registry.safety
    assert "Stopped since" in site.post(bea, "/me/settings/pause", paused="yes")
    assert safety.settings(bea.subject_id).paused_at
    assert "It goes on." in site.post(bea, "/me/settings/pause", paused="no")
    site.post(bea, "/me/settings/cap", daily_uses="3")
    assert safety.settings(bea.subject_id).daily_uses == 3
    page = site.post(bea, "/me/settings/cap", 422, daily_uses="many")
    assert 'value="many"' in page
    site.post(bea, "/me/settings/cap", daily_uses="")
    assert safety.settings(bea.subject_id).daily_uses is None


def test_a_minor_and_a_guardian_find_each_other(site: Site) -> None:
    year = site.house.guards.registry.now().year
    teen, adult = site.person("teen"), site.person("adult")
    asked = {"i_am": "minor", "guardian": "@adult"}
    assert "a guardian is an adult" in site.post(teen, "/me/settings/guardians", 422, **asked).lower()
    assert 'id="birth_year-fault"' in site.post(teen, "/me/settings/age", 422, birth_year="1066")
    site.post(teen, "/me/settings/age", birth_year=str(year - 15))
    site.post(adult, "/me/settings/age", birth_year="1980")
    assert "only staff" in site.post(teen, "/me/settings/age", 422, birth_year="1980").lower()
    assert 'id="i_am-fault"' in site.post(teen, "/me/settings/guardians", 422, guardian="adult")
    assert "waits for an answer" in site.post(teen, "/me/settings/guardians", **asked)
    assert "Yes, that is so" not in site.get(teen, "/me/settings")
    page = site.get(adult, "/me/settings")
    accept = re.search(r'action="(/me/settings/guardians/[^"]+/accept)"', page)
    assert accept
    site.post(site.person("passer_by"), accept[1], 404)
    assert "two members of staff" in site.post(adult, accept[1])
    assert "has ended" in site.post(teen, accept[1].replace("/accept", "/end"))


def test_nothing_is_done_by_a_form_from_elsewhere(site: Site, ada: Person, bea: Person) -> None:
    video = site.video(ada, bea)
    forms = {
        f"/me/uses/{video}/withdraw": {},
        f"/me/uses/{video}/object": {},
        f"/me/uses/{video}/links": {"days": "7"},
        "/me/people/bars": {"bar": "ada", "take_back": "take_back"},
        "/me/settings/pause": {"paused": "yes"},
        "/me/leave": {"confirmation": "bea"},
    }
    for path, form in forms.items():
        site.post(bea, path, 403, **form, csrf_token=csrf_token(ada.session))
    assert site.house.guards.registry.subject(bea.subject_id).handle == "bea"
    assert "It is out" in site.get(bea, f"/me/uses/{video}")


def test_leaving_needs_ones_handle_typed_out_and_is_for_good(site: Site, ada: Person) -> None:
    cyd = site.person("cyd")
    video = site.video(ada, cyd)
    site.allow(cyd, Audience(AudienceKind.EVERYONE))
    page = site.get(cyd, "/me/leave")
    assert f"/v1/subjects/{cyd.subject_id}/export" in page
    assert "your consent ends" in page
    assert 'id="confirmation-fault"' in site.post(cyd, "/me/leave", 422, confirmation="yes")
    assert site.house.guards.registry.subject(cyd.subject_id).handle == "cyd"
    page = site.post(cyd, "/me/leave", 200, confirmation=" @Cyd ")
    assert "You have left" in page
    assert "1 video was withdrawn" in page
    assert "withdrawn for good" in site.get(ada, f"/me/uses/{video}")
    assert "Take this handle" in site.get(cyd, "/me")


def test_whoever_leaves_with_their_account_is_signed_out(site: Site) -> None:
    dot = site.person("dot")
    page = site.post(dot, "/me/leave", 200, confirmation="dot", with_account="yes")
    assert "Your account is gone too" in page
    assert "Sign out" not in page
    site.get(dot, "/me", 303)


def test_what_was_found_without_consent_can_be_asked_back(
    site: Site, bea: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = site.house.guards.registry.now()
    found = [
        Whereabout(
            "video_surely",
            "ada",
            ReleaseState.RELEASED,
            now,
            None,
            (
                Part("face", UseOf.UNCONSENTED, "match", 0.99, 0.001, ((0.0, 2.5),), "app_1", AppearanceState.OPEN),
                Part("voice", UseOf.UNCONSENTED, "match", 0.99, 0.001, (), "app_2", AppearanceState.DISMISSED),
            ),
        ),
        Whereabout(
            "video_perhaps",
            None,
            ReleaseState.RELEASED,
            now,
            None,
            (Part("face", UseOf.UNCONSENTED, "unsure", 0.5, 0.02),),
        ),
    ]
    monkeypatch.setattr(site.house.gateway.owning.whereabouts, "of", lambda *_, **__: (found, True))
    page = site.get(bea, "/me/uses")
    surely, perhaps = page.split("perhaps, it may be somebody")
    assert "<strong>without your consent</strong> <span" in surely
    assert "(0 to 2.5 s)" in surely
    assert 'action="/me/appearances/app_1/dispute"' in surely
    assert "app_2" not in page
    assert "staff let it stay" in surely
    assert "made by @ada" in surely
    assert "/me/uses/video_surely" not in page
    assert "made by" not in surely.split("video_perhaps")[1]
    assert "Ask for it back" not in perhaps
    assert "/me/uses?after=video_perhaps" in perhaps


def test_what_is_not_ones_own_is_not_there(site: Site, ada: Person, bea: Person) -> None:
    for path in (
        "/me/settings/looks/look_none/remove",
        "/me/settings/enrolments/enr_none/approve",
        "/me/settings/guardians/guard_none/end",
        "/me/people/groups/group_none/members",
        f"/me/uses/{site.video(ada, bea)}/links/link_none/end",
        "/me/uses/video_none/lift",
    ):
        site.post(bea, path, 404, who="ada", yes="yes")
