"""Ages, guardians and estates over HTTP: who may ask for what, and what others are told there is."""

from collections.abc import Iterator
from typing import Any

import pytest

from consent_registry.routes import ATTEST, MANAGE
from tests.fakes.web import an_actor
from tests.unit.consent_registry.conftest import House
from tests.unit.consent_registry.test_enrolments import registry_of
from tests.unit.consent_registry.test_routes import Door

FILES = [("pictures", ("a.png", b"picture"))]


class Families(Door):
    """A client, and a family, an heir, and two members of staff to use it."""

    def __init__(self, house: House) -> None:
        house.registry = registry_of(house, guardians=True)
        super().__init__(house)
        names = ("mum", "kid", "heir", "sister")
        self.mum, self.kid, self.heir, self.sister = (
            self.identities.add(an_actor(MANAGE, account_id=f"acct_{name}")) for name in names
        )
        self.one, self.two = (
            self.identities.add(an_actor(ATTEST, account_id=f"acct_{name}")) for name in ("one", "two")
        )

    def call(self, method: str, path: str, who: dict[str, str], body: object = None, *, status: int = 200) -> Any:
        answer = self.client.request(method, path, json=body, headers=who)
        assert answer.status_code == status, (path, answer.text)
        return answer.json()

    def fault(self, method: str, path: str, who: dict[str, str], body: object = None) -> tuple[int, str]:
        answer = self.client.request(method, path, json=body, headers=who)
        return answer.status_code, answer.json()["code"]

    def age(self, who: dict[str, str], year: int) -> Any:
        return self.call("PUT", "/v1/me/age", who, {"birth_year": year})

    def linked(self) -> str:
        self.age(self.mum, 1980)
        self.age(self.kid, 2011)
        asked = {"account_id": "acct_mum", "i_am": "ward"}
        link = str(self.call("POST", "/v1/guardians", self.kid, asked, status=201)["id"])
        self.call("POST", f"/v1/guardians/{link}/accept", self.mum)
        for staff in (self.one, self.two):
            self.call("POST", f"/v1/guardians/{link}/attest", staff, {"proof": "birth_certificate"})
        return link

    def claimed(self) -> str:
        self.age(self.heir, 1980)
        body = {"handle": "elvis", "display_name": "Elvis", "died_on": "2020-05-04", "until": "2050-01-01"}
        return str(self.call("POST", "/v1/estates", self.heir, body, status=201)["id"])


@pytest.fixture
def door(house: House) -> Iterator[Families]:
    made = Families(house)
    with made.client:
        yield made


def test_a_person_says_an_age_and_staff_check_it(door: Families) -> None:
    assert door.call("GET", "/v1/me/age", door.kid) == {"birth_year": None, "verified": False, "band": "unknown"}
    assert door.age(door.kid, 2011) == {"birth_year": 2011, "verified": False, "band": "teen"}
    assert door.fault("PUT", "/v1/me/age", door.kid, {"birth_year": 1990}) == (409, "consent:age:verified")
    checked = "/v1/accounts/acct_kid/age"
    assert door.client.put(checked, json={"birth_year": 1990}, headers=door.kid).status_code == 403
    assert door.call("PUT", checked, door.one, {"birth_year": 2010})["verified"] is True
    assert door.fault("PUT", "/v1/accounts/acct_one/age", door.one, {"birth_year": 1990}) == (
        403,
        "consent:attestation:own",
    )
    assert door.fault("PUT", "/v1/me/age", door.mum, {"birth_year": 3000}) == (422, "consent:birth_year:impossible")


def test_a_link_goes_from_the_question_to_two_members_of_staff(door: Families) -> None:
    door.age(door.mum, 1980)
    door.age(door.kid, 2011)
    asked = {"account_id": "acct_kid", "i_am": "guardian"}
    link = door.call("POST", "/v1/guardians", door.mum, asked, status=201)
    path = f"/v1/guardians/{link['id']}"
    assert door.fault("POST", f"{path}/accept", door.sister) == (404, "consent:guardian:unknown")
    assert door.fault("POST", f"{path}/attest", door.one, {"proof": "passport"}) == (409, "consent:guardian:settled")
    assert door.call("POST", f"{path}/accept", door.kid)["state"] == "accepted"
    (waiting,) = door.call("GET", "/v1/guardians/waiting", door.one)["data"]
    assert (waiting["id"], waiting["vouched"]) == (link["id"], None)
    for outsider in (door.mum, door.sister):
        assert door.client.get("/v1/guardians/waiting", headers=outsider).status_code == 403
        assert door.client.post(f"{path}/attest", json={"proof": "passport"}, headers=outsider).status_code == 403
    assert door.fault("POST", f"{path}/attest", door.one, {"proof": "will"}) == (422, "consent:attestation:proof")
    half = door.call("POST", f"{path}/attest", door.one, {"proof": "passport"})
    assert (half["state"], half["vouched"]["first_by"]) == ("accepted", "acct_one")
    assert door.fault("POST", f"{path}/attest", door.one, {"proof": "passport"}) == (403, "consent:attestation:same")
    assert door.call("POST", f"{path}/attest", door.two, {"proof": "passport"})["state"] == "verified"
    for party in (door.mum, door.kid):
        assert [one["state"] for one in door.call("GET", "/v1/guardians", party)["data"]] == ["verified"]
    assert door.call("GET", "/v1/guardians", door.sister)["data"] == []
    assert door.fault("POST", f"{path}/end", door.sister) == (404, "consent:guardian:unknown")
    assert door.call("POST", f"{path}/end", door.kid)["state"] == "ended"
    assert door.fault("POST", f"{path}/refuse", door.one) == (409, "consent:guardian:settled")


def test_a_guardian_enrols_and_grants_for_a_minor_until_the_link_ends(door: Families) -> None:
    link = door.linked()
    body = {"handle": "kid", "display_name": "Kid"}
    subject = door.call("POST", "/v1/subjects", door.kid, body, status=201)
    assert subject["minor"] is True
    path = f"/v1/subjects/{subject['id']}"
    proposed = door.client.post(f"{path}/enrolment", files=FILES, headers=door.one).json()
    attempt = f"/v1/enrolments/{proposed['id']}"
    assert door.call("POST", f"{attempt}/confirm", door.two)["state"] == "with_guardian"
    for nobody in (door.kid, door.sister):
        assert door.fault("POST", f"{attempt}/approve", nobody, {"yes": True})[0] == 404
    assert door.call("POST", f"{attempt}/approve", door.mum, {"yes": True})["state"] == "enrolled"
    assert len(door.call("GET", f"{path}/looks", door.mum)["data"]) == 1
    terms = {"audience": {"kind": "everyone"}, "modalities": ["face"]}
    assert door.fault("POST", f"{path}/grants", door.kid, terms) == (403, "consent:minor:alone")
    grant = door.call("POST", f"{path}/grants", door.mum, terms, status=201)
    assert door.fault("GET", f"{path}/grants", door.sister)[0] == 404
    door.call("POST", f"/v1/grants/{grant['id']}/revoke", door.kid)
    door.call("POST", f"/v1/guardians/{link}/end", door.mum)
    assert door.fault("POST", f"{path}/grants", door.mum, terms)[0] == 404


def test_who_is_too_young_is_told_so_before_anything_is_decoded(door: Families) -> None:
    door.age(door.kid, 2016)
    subject = door.call("POST", "/v1/subjects", door.kid, {"handle": "kid", "display_name": "Kid"}, status=201)
    answer = door.client.post(f"/v1/subjects/{subject['id']}/enrolment", files=FILES, headers=door.one)
    assert (answer.status_code, answer.json()["code"], answer.json()["limit"]) == (
        403,
        "consent:enrolment:too_young",
        "18 years",
    )
    assert door.decoder.paths == []


def test_an_estate_is_claimed_vouched_for_disputed_and_ended(door: Families) -> None:
    unsaid = {"handle": "elvis", "display_name": "Elvis", "died_on": "2020-05-04"}
    assert door.fault("POST", "/v1/estates", door.heir, unsaid) == (403, "consent:age:unstated")
    estate = door.claimed()
    path = f"/v1/estates/{estate}"
    assert door.client.post(f"{path}/attest", json={"proof": "will"}, headers=door.heir).status_code == 403
    assert door.call("POST", f"{path}/attest", door.one, {"proof": "will"})["state"] == "claimed"
    held = door.call("POST", f"{path}/attest", door.two, {"proof": "death_certificate"})
    assert held["state"] == "held"
    assert door.call("GET", "/v1/subjects/me", door.heir)["id"] == held["subject_id"]
    enrolment = f"/v1/subjects/{held['subject_id']}/enrolment"
    in_person = door.client.post(enrolment, files=FILES, headers=door.one)
    assert (in_person.status_code, in_person.json()["code"]) == (422, "consent:attestation:proof")
    proposed = door.client.post(enrolment, files=FILES, data={"proof": "references"}, headers=door.one).json()
    done = door.call("POST", f"/v1/enrolments/{proposed['id']}/confirm", door.two)
    assert (done["state"], done["assurance"]) == ("enrolled", "estate")
    said = {"handle": "elvis", "reason": "I am his sister"}
    assert door.fault("POST", "/v1/estates/disputes", door.sister, {**said, "handle": "ada"})[0] == 404
    door.call("POST", "/v1/estates/disputes", door.sister, said, status=201)
    (standing,) = door.call("GET", "/v1/estates/standing", door.one)["data"]
    assert [one["reason"] for one in standing["disputes"]] == ["I am his sister"]
    assert door.client.get("/v1/estates/standing", headers=door.sister).status_code == 403
    assert "disputes" not in door.call("GET", "/v1/estates", door.heir)["data"][0]
    assert door.call("POST", f"{path}/end", door.one)["state"] == "ended"
    assert door.fault("GET", "/v1/subjects/me", door.heir)[0] == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [({"died_on": "2999-01-01"}, "died_on"), ({"until": "2999-01-01"}, "until"), ({"handle": "E"}, "handle")],
)
def test_a_claim_that_cannot_be_names_its_field(door: Families, change: dict[str, str], field: str) -> None:
    door.age(door.heir, 1980)
    body = {"handle": "elvis", "display_name": "Elvis", "died_on": "2020-05-04", **change}
    answer = door.client.post("/v1/estates", json=body, headers=door.heir)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
