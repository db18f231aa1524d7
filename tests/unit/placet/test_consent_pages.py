"""Giving, answering and ending consent on one's own pages: what is read there holds, and what is pressed happens."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from consent_registry.api import Context, Grant, GrantState, Mode, Purpose, Trait
from consent_registry.domain.attestations import Proof
from consent_registry.service.questions import Wanted
from generator_gateway.service.owning import Appearing
from generator_gateway.stages import Reference
from placet.app import build_app
from placet.migrate import migrate
from placet.wiring import House, build_house
from tests.factories.cases import a_medium, a_request
from tests.factories.members import Member, joined
from tests.factories.ownership import out
from trust_kernel.media.refs import MediaKind
from trust_kernel.settings import Settings

YES: dict[str, Any] = {
    "audience": "people",
    "person": "@bob",
    "modality": "face",
    "purpose": "personal",
    "days": "30",
    "mode": "automatic",
}


@dataclass(frozen=True, slots=True)
class Scene:
    """One deployment with its pages."""

    house: House
    client: TestClient

    def join(self, name: str, *, handle: bool = True, born: int = 1990) -> Member:
        made = joined(self.house, name, "requester", "subject", handle=handle, born=born)
        return replace(made, headers=made.headers | {"accept": "text/html"})

    def page(self, who: Member, path: str, status: int = 200) -> str:
        answer = self.client.get(path, headers=who.headers)
        assert answer.status_code == status, answer.text
        return words_of(answer.text)

    def send(self, who: Member, path: str, status: int = 303, **form: Any) -> str:
        answer = self.client.post(path, headers=who.headers, data=form, follow_redirects=False)
        assert answer.status_code == status, answer.text
        return answer.headers["location"] if status == 303 else words_of(answer.text)

    def grant(self, who: Member, **form: Any) -> Grant:
        where = self.send(who, "/me/allow", **(YES | form))
        return self.house.guards.registry.grant_named(where.removeprefix("/me/grants/").partition("?")[0])

    def ask(self, by: Member, grant: Grant, mode: Mode = Mode.ASK, **request: Any) -> str:
        """Have a use wait for a grant's subject; gives the question's id."""
        case_id, guards = f"video_{grant.id[-12:]}", self.house.guards
        self.house.shelves.cases.accept(a_request(case_id, by.account_id, **request))
        shown = "d" * 64 if mode is Mode.PREVIEW else ""
        guards.approvals.await_answers(case_id, by.account_id, [Wanted(grant.subject_id, grant.id, mode, shown)])
        account = guards.registry.subject(grant.subject_id).account_id
        asked = guards.approvals.mine(account, after=None, limit=50)
        return next(one.approval.id for one in asked if one.approval.use_id == case_id)

    def released(self, maker: Member, shown: Member, grant: Grant) -> str:
        """A video of somebody by somebody that is out; its id."""
        case_id = f"video_{grant.id[-12:]}"
        people = Appearing(shown.subject_id, shown.account_id, frozenset({"face"}), frozenset({grant.id}))
        out(self.house.shelves.cases, self.house.shelves.releases, case_id, people, maker=maker.account_id)
        return case_id

    def standing(self, case_id: str) -> str:
        record = self.house.shelves.releases.find(case_id)
        assert record is not None
        return record.status


def words_of(page: str) -> str:
    """What a page says, without its tags."""
    main = page.partition("<main")[2].partition(">")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    data: Path = tmp_path_factory.mktemp("consent_pages")
    house = build_house(Settings(data_dir=data, _env_file=None))
    migrate(house.kernel)
    with TestClient(build_app(house)) as client:
        yield Scene(house, client)


@pytest.fixture(scope="module")
def bob(scene: Scene) -> Member:
    return scene.join("bob")


@pytest.fixture
def ada(scene: Scene, bob: Member, request: pytest.FixtureRequest) -> Member:
    """Somebody new in every test, beside Bob."""
    assert bob.subject_id
    return scene.join(f"ada_{abs(hash(request.node.nodeid)) % 10**9}")


def test_without_a_handle_there_is_nothing_but_the_question_for_one(scene: Scene) -> None:
    new = scene.join("newcomer", handle=False)
    assert "Choose the handle" in scene.page(new, "/me")
    assert "Choose a handle first" in scene.page(new, "/me/allow", 404)
    assert "lower-case letters" in scene.send(new, "/me/handle", 422, handle="New!")
    assert scene.send(new, "/me/handle", handle="@newcomer") == "/me"
    assert scene.send(new, "/me/handle", handle="@newcomer") == "/me"  # sent twice
    assert "You are @newcomer" in scene.page(new, "/me")


def test_every_limit_that_is_ticked_is_in_the_consent_and_said_on_its_page(scene: Scene, ada: Member) -> None:
    more = {
        "purpose": ["personal", "artistic"],
        "modality": ["face", "voice"],
        "mode": "preview",
        "uses": "5",
        "daily": "2",
        "open": ["violent"],
        "close": ["gambling"],
        "fixed": ["age"],
        "unsaid": "buy this\nvote for",
        "territories": "it, FR",
        "languages": "IT",
        "remix": "yes",
        "keep": "yes",
        "note": "Be kind.",
    }
    grant = scene.grant(ada, **more)
    scope = grant.terms.scope
    assert scope.purposes == {Purpose.PERSONAL, Purpose.ARTISTIC}
    assert scope.allowed_contexts == {Context.VIOLENT}
    assert scope.forbidden_contexts == {Context.GAMBLING}
    assert scope.fixed == {Trait.AGE}
    assert scope.unsaid == ("buy this", "vote for")
    assert scope.territories == {"IT", "FR"}
    assert scope.languages == {"it"}
    assert (grant.terms.mode, grant.terms.max_uses, grant.terms.daily_uses) == (Mode.PREVIEW, 5, 2)
    said = scene.page(ada, f"/me/grants/{grant.id}")
    for words in (
        "@bob may use your face and voice in videos until",
        "You see each video first",
        "personal and art use",
        "May show you in violence",
        "gambling",
        "“buy this” and “vote for”",
        "your age",
        "FR and IT",
        "0 of 5, at most 2 a day for each of them",
        "Be kind.",
        "Signed receipt",
    ):
        assert words in said, words


def test_what_is_not_ticked_stays_closed(scene: Scene, ada: Member) -> None:
    grant = scene.grant(ada, open=["comedy", "nonsense"], close=["sexual"])
    assert grant.terms.scope.allowed_contexts == frozenset()  # what is open by itself needs no opening
    assert not grant.terms.scope.opens(Context.SEXUAL)
    assert "sex or nudity" in scene.page(ada, f"/me/grants/{grant.id}").partition("Never shows you in")[2]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"person": "@nobody_here"}, "Nobody here is called @nobody_here."),
        ({"audience": "groups"}, "Choose one of your groups."),
        ({"modality": []}, "Say whether face, voice or both."),
        ({"purpose": []}, "Say at least one purpose."),
        ({"mode": "never"}, "Choose how it is used."),
        ({"start": "soon"}, "Give a day, as 2027-01-31."),
        ({"start": "1999-01-01"}, "Give today or a day to come, within ten years."),
        ({"daily": "0"}, "The number of uses is out of range."),
        ({"territories": "Italy"}, "This is no such code."),
        ({"unsaid": "!!!"}, "Words not to be said are too many, too long, or not words."),
    ],
)
def test_a_fault_is_said_beside_its_field_and_gives_nothing(
    scene: Scene, ada: Member, wrong: dict[str, object], said: str
) -> None:
    assert said in scene.send(ada, "/me/allow", 422, **(YES | {"note": "Be kind."} | wrong))
    assert scene.house.guards.registry.grants(ada.subject_id) == ()


def test_a_group_is_named_on_its_consents_page_and_strangers_groups_do_not_exist(
    scene: Scene, ada: Member, bob: Member
) -> None:
    groups = scene.house.guards.registry.groups
    family = groups.create(ada.subject_id, "Family", ada.account_id)
    foreign = groups.create(bob.subject_id, "Bob's", bob.account_id)
    wrong = YES | {"audience": "groups", "groups": foreign.id}
    assert "Choose one of your groups." in scene.send(ada, "/me/allow", 422, **wrong)
    grant = scene.grant(ada, audience="groups", groups=family.id)
    assert "People in “Family” may use your face" in scene.page(ada, f"/me/grants/{grant.id}")


def test_a_consent_that_begins_later_says_so(scene: Scene, ada: Member) -> None:
    today = datetime.now(UTC).date()
    later = today.replace(year=today.year + 1, day=1)
    grant = scene.grant(ada, start=later.isoformat())
    assert grant.starts_at.date() == later
    assert (grant.expires_at - grant.starts_at).days == 30
    assert "has yet to begin" in scene.page(ada, f"/me/grants/{grant.id}")


def test_nobody_reads_or_ends_another_persons_consent(scene: Scene, ada: Member, bob: Member) -> None:
    grant = scene.grant(ada)
    question = scene.ask(bob, grant)
    for path in (f"/me/grants/{grant.id}", f"/me/approvals/{question}", f"/me/allow?of={ada.subject_id}"):
        scene.page(bob, path, 404)
    for path in (f"/me/grants/{grant.id}/revoke", f"/me/approvals/{question}"):
        scene.send(bob, path, 404, answer="approve")
    for path in ("/me/end/person", "/me/end/everything"):
        scene.send(bob, path, 404, of=ada.subject_id, person="@bob")
    assert scene.house.guards.registry.grant_named(grant.id).revoked_at is None


@pytest.mark.parametrize(("choice", "standing"), [("take_back", "withdrawn"), ("stop_new", "released")])
def test_ending_one_consent_takes_back_what_is_out_or_lets_it_stay(
    scene: Scene, ada: Member, bob: Member, choice: str, standing: str
) -> None:
    grant = scene.grant(ada)
    case = scene.released(bob, ada, grant)
    assert "1 video is withdrawn at once." in scene.page(ada, f"/me/grants/{grant.id}")
    scene.send(ada, f"/me/grants/{grant.id}/revoke", take_back=choice)
    after = scene.page(ada, f"/me/grants/{grant.id}")
    assert "It was taken back on" in after
    assert scene.standing(case) == standing
    if choice == "stop_new":
        assert "1 video is still out" in after
        scene.send(ada, f"/me/grants/{grant.id}/revoke", take_back="take_back")
        assert scene.standing(case) == "withdrawn"
    assert "1 video was withdrawn" in scene.page(ada, f"/me/grants/{grant.id}")


def test_everything_for_one_person_ends_without_touching_others(scene: Scene, ada: Member, bob: Member) -> None:
    registry = scene.house.guards.registry
    only, everyone = scene.grant(ada), scene.grant(ada, audience="everyone")
    case = scene.released(bob, ada, only)
    said = scene.page(ada, "/me/end/person?person=@bob")
    assert "1 consent that names only them ends" in said
    assert "1 video is taken back at once" in said
    assert scene.send(ada, "/me/end/person", person="@bob", take_back="take_back") == "/me/end?done=person"
    states = {grant.id: grant.state_at(registry.now()) for grant in registry.grants(ada.subject_id)}
    assert states == {only.id: GrantState.REVOKED, everyone.id: GrantState.ACTIVE}
    assert [bar.account_id for bar in registry.safety.bars(ada.subject_id)] == [bob.account_id]
    assert scene.standing(case) == "withdrawn"
    after = scene.page(ada, "/me/end/person?person=@bob")
    assert "kept out already" in after
    assert "No video that they made is out" in after


@pytest.mark.parametrize("who", ["", "@nobody_here", "subj_1"])
def test_nobody_is_ended_who_is_not_there(scene: Scene, ada: Member, who: str) -> None:
    scene.page(ada, f"/me/end/person?person={who}", 422)
    scene.send(ada, "/me/end/person", 422, person=who)
    assert scene.house.guards.registry.safety.bars(ada.subject_id) == ()


def test_nobody_is_kept_from_their_own_likeness(scene: Scene, ada: Member) -> None:
    own = scene.house.guards.registry.subject(ada.subject_id).handle
    scene.send(ada, "/me/end/person", 422, person=own)


def test_everything_ends_at_once(scene: Scene, ada: Member, bob: Member) -> None:
    registry = scene.house.guards.registry
    first, second = scene.grant(ada), scene.grant(ada, audience="mutuals")
    case = scene.released(bob, ada, first)
    assert "These 2 consents end at once" in scene.page(ada, "/me/end/everything")
    scene.send(ada, "/me/end/everything", take_back="take_back")
    assert all(registry.grant_named(one.id).revoked_at for one in (first, second))
    assert scene.standing(case) == "withdrawn"
    assert "Nobody but you." in scene.page(ada, "/me")
    assert "There is nothing to end" in scene.page(ada, "/me/end/everything")


def test_a_question_comes_first_at_home_and_is_answered_on_its_page(scene: Scene, ada: Member, bob: Member) -> None:
    question = scene.ask(bob, scene.grant(ada, mode="ask"), prompt="a ferry at dawn")
    path, asks = f"/me/approvals/{question}", "@bob asks to make a video of you."
    assert asks in scene.page(ada, "/me").partition("Waits for you")[2].partition("Who may use it")[0]
    assert "a ferry at dawn" in scene.page(ada, "/me/approvals")
    page = scene.page(ada, path)
    assert "May @bob make this video of you?" in page
    assert "no answer is a no" in page
    assert "Say yes or no." in scene.send(ada, path, 422, note="hm")
    after = scene.page(ada, scene.send(ada, path, answer="approve", note="just once"))
    assert "You said yes." in after
    assert "No after all" in after
    assert "Yes, make it" not in after
    assert asks not in scene.page(ada, "/me").partition("Who may use it")[0]
    scene.send(ada, path, answer="refuse")
    assert "you said no" in scene.page(ada, path)
    assert "You said no to this, and a no stays." in scene.send(ada, path, 409, answer="approve")


def test_a_preview_is_shown_before_the_answer_and_what_was_handed_in_blurred(
    scene: Scene, ada: Member, bob: Member
) -> None:
    references = (
        Reference("ref_1", a_medium("a", MediaKind.IMAGE)),
        Reference("ref_2", a_medium("b", MediaKind.AUDIO)),
    )
    question = scene.ask(bob, scene.grant(ada, mode="preview"), Mode.PREVIEW, references=references)
    path = f"/me/approvals/{question}"
    page = scene.client.get(path, headers=ada.headers).text
    assert f'src="/v1/approvals/{question}/preview"' in page
    assert f'src="/v1/approvals/{question}/references/ref_1"' in page
    assert "references/ref_2" not in page
    assert "1 more is sound alone" in words_of(page)
    scene.send(ada, path, answer="refuse")
    assert "/preview" not in scene.client.get(path, headers=ada.headers).text


def test_a_guardian_consents_and_ends_for_a_minor_who_cannot_alone(scene: Scene, ada: Member) -> None:
    registry = scene.house.guards.registry
    teen = scene.join(f"teen_{ada.subject_id[-8:]}", born=datetime.now(UTC).year - 16)
    assert "A guardian has to give this consent." in scene.send(teen, "/me/allow", 403, **YES)
    link = registry.guardianship.ask(ada.account_id, teen.account_id, as_guardian=True)
    assert "asks you to be their ward" in scene.page(teen, "/me")
    registry.guardianship.accept(link.id, by=teen.account_id)
    scene.page(ada, f"/me/allow?of={teen.subject_id}", 404)  # nobody has vouched yet
    for staff in ("acct_staff_1", "acct_staff_2"):
        registry.guardianship.attest(link.id, Proof.BIRTH_CERTIFICATE, by=staff)
    handle = registry.subject(teen.subject_id).handle
    assert f"@{handle}" in scene.page(ada, "/me").partition("Whom you look after")[2]
    where = scene.send(ada, "/me/allow", of=teen.subject_id, **YES)
    assert f"use @{handle}'s face" in scene.page(ada, where)
    assert "may use your face" in scene.page(teen, where)
    scene.released(ada, teen, registry.grants(teen.subject_id)[0])
    made = scene.page(ada, where).partition("Videos made under it")[2]
    assert "you their face" in made, "it is the ward's face, in a video that the guardian made"
    ending = scene.client.get(f"/me/end?of={teen.subject_id}", headers=ada.headers).text
    assert "/me/settings#limits" not in ending, "that would pause the guardian"
    assert scene.send(ada, "/me/end/everything", of=teen.subject_id).endswith(f"of={teen.subject_id}")
    assert registry.grants(teen.subject_id)[0].revoked_at is not None


def test_a_guardian_says_yes_for_a_minor_who_can_say_no_alone(scene: Scene, ada: Member, bob: Member) -> None:
    registry = scene.house.guards.registry
    teen = scene.join(f"ward_{ada.subject_id[-8:]}", born=datetime.now(UTC).year - 16)
    link = registry.guardianship.ask(ada.account_id, teen.account_id, as_guardian=True)
    registry.guardianship.accept(link.id, by=teen.account_id)
    for staff in ("acct_staff_1", "acct_staff_2"):
        registry.guardianship.attest(link.id, Proof.BIRTH_CERTIFICATE, by=staff)
    handle = registry.subject(teen.subject_id).handle
    question = scene.ask(bob, scene.grant(ada, of=teen.subject_id, mode="ask"))
    path = f"/me/approvals/{question}"
    assert f"@bob asks to make a video of @{handle}." in scene.page(ada, "/me")
    theirs = scene.page(teen, path)
    assert "Until you are 18 your guardian says yes for you." in theirs
    assert "Yes, make it" not in theirs
    scene.send(teen, path, 409, answer="approve")
    assert "Yes, make it" in scene.page(ada, path)
    assert "You said yes." in scene.page(ada, scene.send(ada, path, answer="approve"))
    scene.send(teen, path, answer="refuse")
    assert "you said no" in scene.page(teen, path)


def looked_after(scene: Scene, guardian: Member, name: str) -> Member:
    """A minor whose verified guardian somebody is."""
    registry = scene.house.guards.registry
    teen = scene.join(name, born=datetime.now(UTC).year - 16)
    link = registry.guardianship.ask(guardian.account_id, teen.account_id, as_guardian=True)
    registry.guardianship.accept(link.id, by=teen.account_id)
    for staff in ("acct_staff_1", "acct_staff_2"):
        registry.guardianship.attest(link.id, Proof.BIRTH_CERTIFICATE, by=staff)
    return teen


def test_a_guardian_sees_what_a_wards_likeness_is_used_for_pauses_it_and_ends_it(
    scene: Scene, ada: Member, bob: Member
) -> None:
    teen = looked_after(scene, ada, f"mia_{ada.subject_id[-8:]}")
    path = f"/me/wards/{teen.subject_id}"
    assert path in scene.client.get("/me", headers=ada.headers).text
    video = scene.released(bob, teen, scene.grant(ada, of=teen.subject_id))
    page = scene.page(ada, path)
    assert f"{video[-8:]} out Came out" in page
    assert "made by @bob. Their face, as was agreed . End everything for @bob" in page
    assert "@bob : face, until" in page

    assert "is stopped since" in scene.page(ada, scene.send(ada, f"{path}/pause", paused="yes"))
    safety = scene.house.guards.registry.safety
    assert safety.settings(teen.subject_id).paused_at is not None
    assert "Uses go on" in scene.page(ada, scene.send(ada, f"{path}/pause", paused="no"))
    assert safety.settings(teen.subject_id).paused_at is None

    scene.send(ada, "/me/end/person", of=teen.subject_id, person="@bob", take_back="take_back")
    assert scene.standing(video) == "withdrawn"
    assert "Nobody but @mia" in scene.page(ada, path)
    told = f"@mia_{ada.subject_id[-8:]}, whom you look after, was told: “A video was withdrawn.”"
    assert told in scene.page(ada, "/me")


def test_a_wards_page_is_there_for_the_guardian_alone(scene: Scene, ada: Member, bob: Member) -> None:
    teen = looked_after(scene, ada, f"leo_{ada.subject_id[-8:]}")
    for somebody in (bob, teen):
        scene.page(somebody, f"/me/wards/{teen.subject_id}", 404)
        scene.send(somebody, f"/me/wards/{teen.subject_id}/pause", 404, paused="yes")
    scene.page(ada, f"/me/wards/{ada.subject_id}", 404)


def test_a_guardian_needs_no_handle_to_look_after_somebody(scene: Scene, bob: Member) -> None:
    mum = scene.join("mum_without_a_handle", handle=False)
    scene.house.guards.registry.ages.state(mum.account_id, 1980)
    teen = looked_after(scene, mum, "zoe_16")
    question = scene.ask(bob, scene.grant(mum, of=teen.subject_id, mode="ask"))
    front = scene.page(mum, "/me")
    assert "Choose the handle" in front
    assert "@zoe_16" in front
    assert "@zoe_16" in scene.page(mum, "/me/approvals")
    assert "You said yes." in scene.page(mum, scene.send(mum, f"/me/approvals/{question}", answer="approve"))


def test_notices_are_new_until_they_are_marked_as_read(scene: Scene, ada: Member) -> None:
    scene.grant(ada)
    inbox = scene.house.delivery.inbox
    (notice, *_), _more = inbox.page(ada.account_id)
    assert "1 new" in scene.page(ada, "/me")
    assert scene.send(ada, "/me/told", through=notice.event.id) == "/me#told"
    assert inbox.unread(ada.account_id) == 0
    assert scene.send(ada, "/me/told", through="evt_gone") == "/me#told"


def test_a_stop_by_the_operator_or_oneself_is_said_on_top(scene: Scene, ada: Member) -> None:
    safety = scene.house.guards.registry.safety
    safety.pause(ada.subject_id, ada.account_id, paused=True)
    safety.set_lockdown("acct_op", on=True, reason="drill")
    try:
        said = scene.page(ada, "/me")
    finally:
        safety.set_lockdown("acct_op", on=False, reason="over")
    assert "The operator has stopped every use" in said
    assert "Every use of your likeness is stopped since" in said
