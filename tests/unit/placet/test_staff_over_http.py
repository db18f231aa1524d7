"""Staff at their pages in the real application: signed in by password, over the database that the migration made."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from placet.app import build_app
from placet.migrate import migrate
from placet.wiring import House, build_house
from trust_kernel.settings import Settings

PASSWORD = "a long enough password"
_TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]+)"')


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who signed in."""

    client: TestClient
    account_id: str

    def page(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path, headers={"accept": "text/html"})
        assert answer.status_code == status, answer.text
        return answer.text

    def send(self, path: str, **form: str) -> str:
        """Fill in a form of that page; the page that it leads to."""
        data = {"csrf_token": token_on(self.page(path)), **form}
        answer = self.client.post(path, data=data, headers={"accept": "text/html"}, follow_redirects=True)
        assert answer.status_code == 200, answer.text
        return answer.text


@dataclass(frozen=True, slots=True)
class Place:
    """A deployment and those who run it."""

    house: House
    olga: Member
    tom: Member
    kin: Member


def token_on(page: str) -> str:
    found = _TOKEN.search(page)
    assert found, page
    return found[1]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    data: Path = tmp_path_factory.mktemp("staff")
    house = build_house(Settings(data_dir=data, _env_file=None))
    migrate(house.kernel)
    app = build_app(house)

    def join(name: str, *roles: str) -> Member:
        account = house.kernel.accounts.register(f"{name}@example.org", PASSWORD, roles, name.title())
        client = TestClient(app, base_url="https://testserver")
        form = {
            "email": f"{name}@example.org",
            "password": PASSWORD,
            "csrf_token": token_on(client.get("/sign-in").text),
        }
        assert client.post("/sign-in", data=form, follow_redirects=False).status_code == 303
        return Member(client, account.id)

    yield Place(house, join("olga", "admin"), join("tom", "reviewer"), join("kin", "subject"))
    house.kernel.database.dispose()


def test_the_header_has_one_link_for_staff_and_none_for_others(place: Place) -> None:
    for member in (place.olga, place.tom):
        header = member.page("/").split("</header>")[0]
        assert header.count('href="/staff"') == 1
        assert "/staff/" not in header
    assert 'href="/staff' not in place.kin.page("/")
    place.kin.page("/staff", 403)


def test_two_members_of_staff_let_an_estate_be_held(place: Place) -> None:
    headers = {"x-csrf-token": token_on(place.kin.page("/"))}
    place.kin.client.put("/v1/me/age", json={"birth_year": 1980}, headers=headers).raise_for_status()
    claim = {"handle": "nonna", "display_name": "Nonna Rosa", "died_on": "2020-05-01"}
    made = place.kin.client.post("/v1/estates", json=claim, headers=headers)
    assert made.status_code == 201, made.text
    estate = made.json()["id"]
    assert "estate to vouch for" in place.tom.page("/staff")
    said = place.tom.send("/staff/estates", which=estate, deed="vouch", proof="death_certificate")
    assert "Another member of staff has to do so too." in said
    said = place.olga.send("/staff/estates", which=estate, deed="vouch", proof="will")
    assert "they hold the likeness now" in said
    assert place.kin.client.get("/v1/estates").json()["data"][0]["state"] == "held"
    assert "consent:estate:held" in [
        event.type for event in place.house.kernel.outbox.for_recipient(place.kin.account_id)
    ]


def test_a_report_reaches_the_page_and_whoever_made_it_is_told_of_its_end(place: Place) -> None:
    headers = {"x-csrf-token": token_on(place.kin.page("/"))}
    body = {"account_id": place.tom.account_id, "reason": "harassment", "text": "He writes to me at night."}
    made = place.kin.client.post("/v1/reports", json=body, headers=headers).raise_for_status().json()
    assert "He writes to me at night." not in place.tom.page("/staff/reports"), "it is about him"
    assert "He writes to me at night." in place.olga.page("/staff/reports")
    assert "told that somebody looked" in place.olga.send("/staff/reports", which=made["id"], note="Spoke to him.")
    kinds = [event.type for event in place.house.kernel.outbox.for_recipient(place.kin.account_id)]
    assert "consent:report:decided" in kinds


def test_one_page_stops_every_use_of_every_likeness(place: Place) -> None:
    place.tom.page("/staff/lockdown", 403)
    assert "Everything is stopped" in place.olga.send("/staff/lockdown", deed="stop", reason="A key leaked.")
    assert place.house.guards.registry.safety.lockdown().by == place.olga.account_id
    assert "A key leaked." in place.tom.page("/staff")
    assert "Uses go on" in place.olga.send("/staff/lockdown", deed="go_on", reason="It did not.")
