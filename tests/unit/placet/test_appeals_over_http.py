"""Appeals through the real application: its routes and pages, its claims, its database by the migration."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from placet.app import build_app
from placet.migrate import migrate
from placet.wiring import House, build_house
from tests.factories.claims import FORM
from trust_kernel.settings import Settings
from trust_kernel.web.csrf import csrf_token

PASSWORD = "a long enough password"
SITE = "http://testserver"
WHY = {"statement": "My cat is called that.", "licence": "L-17"}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account, a key and a session."""

    account_id: str
    headers: dict[str, str]
    session: str


@dataclass(frozen=True, slots=True)
class Scene:
    """A deployment with an active claim on Captain Fennimore, and people."""

    house: House
    client: TestClient
    claim_id: str
    ada: Person
    holder: Person
    staff: Person
    colleague: Person
    mallory: Person

    def call(self, who: Person, verb: str, path: str, status: int = 200, **body: object) -> dict[str, Any]:
        answer = self.client.request(verb, path, headers=who.headers, json=body or None)
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def refused(self, prompt: str = "Captain Fennimore waves") -> dict[str, Any]:
        """A request of Ada's that a worker refused."""
        asked = self.call(self.ada, "POST", "/v1/videos", prompt=prompt, size="640x360", seconds="1")
        self.house.gateway.runner.run(asked["id"])
        return self.call(self.ada, "GET", f"/v1/videos/{asked['id']}")

    def page(self, who: Person, path: str, status: int = 200, **form: str) -> str:
        """A page, or what a form leads to, its white space made plain."""
        headers = {"accept": "text/html", "cookie": f"{self.house.kernel.cookies.session}={who.session}"}
        if form:
            data = {"csrf_token": csrf_token(who.session), **form}
            answer = self.client.post(path, data=data, headers=headers, follow_redirects=False)
            if answer.status_code == 303:
                assert status == 200
                return self.page(who, answer.headers["location"])
        else:
            answer = self.client.get(path, headers=headers)
        assert answer.status_code == status, answer.text
        return re.sub(r"\s+", " ", unescape(answer.text))

    def told(self, who: Person) -> list[str]:
        return [event.type for event in self.house.kernel.outbox.for_recipient(who.account_id)]


def join(house: House, name: str, *roles: str) -> Person:
    accounts = house.kernel.accounts
    account = accounts.register(f"{name}@example.org", PASSWORD, roles, name)
    key = accounts.issue_key(account.id, "test", accounts.permissions(account.id)).plaintext
    session = accounts.sign_in(f"{name}@example.org", PASSWORD).token
    return Person(account.id, {"authorization": f"Bearer {key}"}, session)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    yield from whole_scene(tmp_path_factory.mktemp("appeals"))


def whole_scene(data: Path) -> Iterator[Scene]:
    """A deployment in a folder."""
    house = build_house(Settings(data_dir=data, public_url=SITE, match_descriptions=False, _env_file=None))
    migrate(house.kernel)
    with TestClient(build_app(house), base_url=SITE) as client:
        holder, staff = join(house, "holder", "rights_holder"), join(house, "staff", "reviewer")
        form = {"title": "Captain Fennimore", "kind": "character"} | FORM
        filed = client.post("/v1/optouts", headers=holder.headers, data=form)
        assert filed.status_code == 201, filed.text
        claim_id = str(filed.json()["id"])
        looked = {"seen": filed.json()["changed_at"]}
        client.post(f"/v1/optouts/{claim_id}/activate", headers=staff.headers, json=looked).raise_for_status()
        ada, mallory = join(house, "ada", "requester"), join(house, "mallory", "requester", "rights_holder")
        colleague = join(house, "colleague", "reviewer")
        yield Scene(house, client, claim_id, ada, holder, staff, colleague, mallory)
    house.kernel.database.dispose()


def test_a_refusal_names_the_way_to_appeal_in_the_object_of_the_videos_api(scene: Scene) -> None:
    video = scene.refused()
    error = video["error"]
    assert (video["status"], error["code"]) == ("failed", "optout:character:named")
    assert error["appeal"] == f"/v1/videos/{video['id']}/appeal"
    assert error["appeal_until"] == video["completed_at"] + 72 * 3600
    own = scene.call(scene.ada, "GET", error["appeal"])
    assert (own["may_appeal"], own["data"]) == (True, [])
    scene.call(scene.ada, "POST", error["appeal"], 201, **WHY)
    again = scene.call(scene.ada, "GET", f"/v1/videos/{video['id']}")
    assert (again["error"]["appeal"], again["error"]["appeal_until"]) == (None, None)


def test_an_appeal_is_won_over_http(scene: Scene) -> None:
    video = scene.refused("Captain Fennimore purrs")["id"]
    appeal = scene.call(scene.ada, "POST", f"/v1/videos/{video}/appeal", 201, **WHY)
    listed = scene.call(scene.staff, "GET", "/v1/appeals")["data"]
    assert appeal["id"] in [one["id"] for one in listed]
    assert listed == sorted(listed, key=lambda one: str(one["due_at"]))
    file = scene.call(scene.staff, "GET", f"/v1/appeals/{appeal['id']}")
    assert [(one["reason"], one["about"], one["people"]) for one in file["choices"]] == [
        ("optout:character:named", scene.claim_id, 1)
    ]
    assert (file["stands"], file["inputs_there"]) == (True, True)
    path = f"/v1/appeals/{appeal['id']}/decide"
    wrong = scene.call(
        scene.staff, "POST", path, 422, decision="overturn", note="why", reasons=["policy:default:denied"]
    )
    assert (wrong["code"], wrong["field"]) == ("appeal:reason:choice", "reasons")
    done = scene.call(scene.staff, "POST", path, decision="overturn", note="A cat.", reasons=["optout:character:named"])
    assert (done["appeal"]["state"], done["video"]["status"]) == ("overturned", "queued")
    assert "appeal:case:overturned" in scene.told(scene.ada)
    scene.call(scene.staff, "POST", path, 409, decision="uphold", note="after all")


def test_the_rights_holder_is_heard_and_learns_nothing_of_who_appeals(scene: Scene) -> None:
    video = scene.refused("My neighbour's Captain Fennimore sleeps")["id"]
    appeal = scene.call(scene.ada, "POST", f"/v1/videos/{video}/appeal", 201, **WHY)["id"]
    path = f"/v1/claim-appeals/{appeal}/{scene.claim_id}"
    heard = scene.call(scene.holder, "GET", path)
    assert [(one["words"], one["source"]) for one in heard["found"]] == [("Captain Fennimore", "prompt")]
    assert (heard["title"], heard["licence"]) == ("Captain Fennimore", "L-17")
    said = str(heard) + str(scene.call(scene.holder, "GET", "/v1/claim-appeals"))
    assert not [word for word in (scene.ada.account_id, video, "neighbour", "My cat") if word in said]
    scene.call(scene.mallory, "GET", path, 404)
    scene.call(scene.mallory, "POST", f"{path}/permit", 404)
    scene.call(scene.holder, "POST", f"{path}/comment", comment="No licence of ours has that number.")
    voices = scene.call(scene.staff, "GET", f"/v1/appeals/{appeal}")["rights_holders"]
    assert [one["comment"] for one in voices] == ["No licence of ours has that number."]
    scene.call(scene.holder, "POST", f"{path}/permit")
    assert scene.call(scene.ada, "GET", f"/v1/videos/{video}")["status"] == "queued"
    assert scene.call(scene.ada, "GET", f"/v1/videos/{video}/appeal")["data"][0]["state"] == "licensed"


def test_a_licence_that_is_given_meanwhile_is_noticed_by_the_worker(scene: Scene) -> None:
    video = scene.refused("Captain Fennimore on a mat")["id"]
    scene.call(scene.ada, "POST", f"/v1/videos/{video}/appeal", 201, **WHY)
    sweep = scene.house.gateway.appeals.desk.sweep
    assert sweep in scene.house.gateway.sweeper._chores
    sweep()
    assert scene.call(scene.ada, "GET", f"/v1/videos/{video}")["status"] == "failed"
    licences = [{"account_id": scene.ada.account_id}]
    scene.call(scene.holder, "PUT", f"/v1/optouts/{scene.claim_id}/licences", licences=licences)
    sweep()
    assert scene.call(scene.ada, "GET", f"/v1/videos/{video}")["status"] == "queued"
    scene.client.put(f"/v1/optouts/{scene.claim_id}/licences", headers=scene.holder.headers, json={"licences": []})


def test_somebody_elses_video_and_other_peoples_work_are_not_there(scene: Scene) -> None:
    video = scene.refused("Captain Fennimore in the sun")["id"]
    theirs = scene.call(scene.mallory, "POST", f"/v1/videos/{video}/appeal", 404, **WHY)
    assert theirs["code"] == "video:object:unknown"
    scene.call(scene.mallory, "GET", "/v1/appeals", 403)
    empty = scene.call(scene.ada, "POST", f"/v1/videos/{video}/appeal", 400, statement=" ")
    assert (empty["code"], empty["field"]) == ("appeal:text:length", "statement")


def test_the_page_of_a_refused_video_has_a_form_that_loses_nothing_typed(scene: Scene) -> None:
    video = scene.refused("Captain Fennimore in the rain")["id"]
    path = f"/me/videos/{video}"
    assert path in scene.page(scene.ada, "/me/videos")
    assert "You can appeal once, until" in scene.page(scene.ada, path)
    wrong = scene.page(scene.ada, f"{path}/appeal", 422, statement="", evidence="A picture of my cat.")
    assert "Say why the decision is wrong." in wrong
    assert 'aria-describedby="statement-hint statement-fault"' in wrong
    assert "A picture of my cat." in wrong
    done = scene.page(scene.ada, f"{path}/appeal", statement="My cat <b>is</b> called that.")
    assert "Your appeal is in." in done
    assert "waits for an answer" in done
    assert "waits for an answer" in scene.page(scene.ada, "/me/videos")
    assert "<b>is</b>" not in scene.client.get(path, headers=scene.ada.headers | {"accept": "text/html"}).text
    assert "You took your appeal back." in scene.page(scene.ada, f"{path}/withdraw-appeal", csrf="again")
    twice = scene.page(scene.ada, f"{path}/appeal", 409, statement="But it is.")
    assert "You have appealed against this already." in twice
    scene.page(scene.mallory, path, 404)
