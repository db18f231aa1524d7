"""The application tells people: a change of consent reaches a mail server and a receiver within seconds."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from placet.app import build_app
from placet.wiring import House, build_house
from placet.wiring.delivery import as_openai
from tests.e2e.receiver import receiving
from tests.factories.mail import Mailbox, mailbox
from trust_kernel.clock import SystemClock
from trust_kernel.errors import InvalidInput
from trust_kernel.events import Event
from trust_kernel.settings import Settings

PASSWORD = "a long enough password"
PATIENCE = 20.0


@dataclass
class Town:
    """A house with a mail server, one subject and one member of staff."""

    house: House
    box: Mailbox
    account_id: str
    key: str
    staff_key: str

    def client(self, key: str) -> TestClient:
        """The application over HTTP."""
        return TestClient(build_app(self.house), headers={"authorization": f"Bearer {key}"})


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with mailbox() as box:
        settings = Settings(
            data_dir=tmp_path,
            smtp_host="127.0.0.1",
            smtp_port=box.port,
            smtp_security="none",
            mail_from="placet@placet.example",
            public_url="http://placet.example",
        )
        house = build_house(settings)
        house.kernel.database.create_all()
        accounts = house.kernel.accounts
        ada = accounts.register("ada@example.org", PASSWORD, ["subject"], "Ada")
        staff = accounts.register("staff@example.org", PASSWORD, ["admin"], "Staff")
        keys = [accounts.issue_key(one.id, "k", accounts.permissions(one.id)).plaintext for one in (ada, staff)]
        yield Town(house, box, ada.id, *keys)
        house.kernel.database.dispose()


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_change_of_consent_arrives_by_mail_and_webhook_in_the_readers_language(town: Town) -> None:
    ada = town.client(town.key)
    subject = town.house.guards.registry.register_subject(town.account_id, "ada", "Ada")
    assert ada.patch("/v1/notices/settings", json={"language": "it"}).status_code == 200
    with receiving() as receiver:
        # A receiver of our own network is not posted to: it stays for staff to see.
        assert ada.post("/v1/webhooks", json={"url": f"{receiver.url}/hook"}).status_code == 201
        town.house.delivery.courier.start()
        payload = {"subject_id": subject.id, "handle": "ada", "grant_id": "grant_1"}
        begun = time.monotonic()
        town.house.kernel.outbox.emit("consent:grant:revoked", town.account_id, payload)
        until(lambda: town.box.got)
        town.house.delivery.courier.stop()
        assert receiver.requests == []
    assert town.box.at[0] - begun < 5
    message = town.box.got[0]
    assert message["Subject"] == "Placet: Hai ritirato un consenso."
    assert message["To"] == "Ada <ada@example.org>"
    waiting = town.client(town.staff_key).get("/v1/deliveries", params={"state": "waiting"}).json()["data"]
    assert [(one["channel"], one["said"]) for one in waiting] == [("webhook", "webhook:host:private")]

    off = message["List-Unsubscribe"].strip("<>").removeprefix("http://placet.example")
    stranger = TestClient(build_app(town.house))
    page = stranger.get(off, headers={"accept": "text/html"})
    assert (page.status_code, "Basta con queste e-mail" in page.text) == (200, True)
    assert stranger.post(off).text == "Queste e-mail sono finite. Gli avvisi restano sul sito.\n"
    assert ada.get("/v1/notices/settings").json()["areas"]["consent"]["mail"] == "off"
    assert [one["type"] for one in ada.get("/v1/notices").json()["data"]] == ["consent:grant:revoked"]


def test_staff_see_a_dead_letter_on_its_page_and_try_it_again(town: Town) -> None:
    town.box.refuse = lambda address: f"550 no {address}"
    town.house.kernel.outbox.emit("consent:grant:expired", town.account_id, {"handle": "ada"})
    assert town.house.delivery.courier.round().dead == 1
    staff = town.client(town.staff_key)
    page = staff.get("/staff/deliveries").text
    assert "mail:address:refused 550" in page
    assert town.account_id in page
    assert "ada@example.org" not in page
    (letter,) = staff.get("/v1/deliveries").json()["data"]
    nothing = staff.post("/staff/deliveries", data={"deed": "burn", "which": letter["id"]})
    assert nothing.status_code == 422
    assert staff.post("/staff/deliveries", data={"deed": "drop", "which": letter["id"]}).status_code == 422
    refused = staff.post("/staff/deliveries", data={"deed": "drop", "which": letter["id"], "why": "long" * 126})
    assert (refused.status_code, f'value="{"long" * 126}"' in refused.text) == (422, True), "what was typed is not lost"
    town.box.refuse = lambda _address: ""
    asked = staff.post(
        "/staff/deliveries?state=dead", data={"deed": "retry", "which": letter["id"]}, follow_redirects=False
    )
    assert (asked.status_code, asked.headers["location"]) == (303, "/staff/deliveries?state=dead")
    assert staff.post("/staff/deliveries", data={"deed": "retry", "which": letter["id"]}).status_code == 409
    assert town.house.delivery.courier.round().delivered == 1
    assert "Everything arrived" in staff.get("/staff/deliveries").text
    assert town.client(town.key).get("/staff/deliveries").status_code == 403


def test_openais_clients_get_the_two_events_that_they_know() -> None:
    def event(kind: str) -> Event:
        return Event("evt_1", kind, "acct_a", {"video_id": "video_1", "code": "x"}, SystemClock().now())

    assert as_openai(event("video:case:completed")) == ("video.completed", {"id": "video_1"})
    assert as_openai(event("video:case:failed")) == ("video.failed", {"id": "video_1"})
    assert as_openai(event("video:case:held")) is None


def test_mail_without_an_address_to_come_from_is_refused_at_start(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        build_house(Settings(data_dir=tmp_path, smtp_host="127.0.0.1"))
    assert caught.value.field == "mail_from"
