"""Claims in a whole house, over HTTP: filed, looked at, objected to, active, over."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from copyright_optout.tables import OptOutClaimRow
from tests.factories.claims import FORM
from tests.unit.placet.test_erasure import Person, Town

HUGE = "x" * 50_000_000


class Registry:
    """A rights holder, staff and Ada, who is registered."""

    def __init__(self, folder: Path) -> None:
        self.town = Town(folder)
        self.studio = self.town.person("studio", "rights_holder")
        self.staff = self.town.person("staff", "admin")
        self.ada = self.town.subject("ada_lovelace")

    def call(self, person: Person, method: str, path: str, **more: Any) -> Any:
        return self.town.http.request(method, f"/v1/optouts{path}", headers=person.headers, **more)

    def filed(self, title: str, **form: object) -> dict[str, Any]:
        made = self.call(self.studio, "POST", "", data={"title": title, "kind": "character", **FORM, **form})
        assert made.status_code == 201, made.text
        found: dict[str, Any] = made.json()
        return found

    def told(self, person: Person, kind: str) -> list[dict[str, Any]]:
        notices = self.town.http.get("/v1/notices", headers=person.headers).json()["data"]
        return [one["data"] for one in notices if one["type"] == f"optout:{kind}"]


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    made = Registry(tmp_path / "data")
    yield made
    made.town.house.kernel.database.dispose()


def test_a_person_is_told_that_their_name_is_claimed_and_objects(registry: Registry) -> None:
    names = ("Ada Lovelace", "ADA_LOVELACE", "Ada_Lovelace Leaver")
    claims = [registry.filed("The Countess", names=[name]) for name in names]
    assert [[one["concern"] for one in claim["concerns"]] for claim in claims] == [["person"]] * len(names)
    told = registry.told(registry.ada, "person:named")
    pairs = zip(claims, names, strict=True)
    assert told[::-1] == [{"claim_id": claim["id"], "name": name} for claim, name in pairs]
    path = f"/{claims[0]['id']}"
    assert registry.call(registry.ada, "GET", path).status_code == 403
    assert registry.call(registry.ada, "POST", f"{path}/objection").status_code == 204
    said = registry.told(registry.staff, "person:objected")
    assert said == [{"claim_id": claims[0]["id"], "title": "The Countess"}]
    looked = {"despite": ["person"], "seen": claims[0]["changed_at"]}
    refused = registry.call(registry.staff, "POST", f"{path}/activate", json=looked)
    assert (refused.status_code, refused.json()["code"]) == (409, "optout:claim:concerns")
    # The rights holder sees that somebody objects, staff who.
    seen = registry.call(registry.studio, "GET", path).json()["concerns"]
    assert {(one["concern"], one["about"]) for one in seen} == {("person", None), ("objection", None)}
    whole = registry.call(registry.staff, "GET", path).json()["concerns"]
    assert ("objection", registry.ada.account_id) in {(one["concern"], one["about"]) for one in whole}


def test_whose_name_it_is_not_finds_no_claim_to_object_to(registry: Registry) -> None:
    claim = registry.filed("Boxwell")
    answer = registry.call(registry.ada, "POST", f"/{claim['id']}/objection")
    assert (answer.status_code, answer.json()["code"]) == (404, "optout:person:not_yours")


def activated(registry: Registry, claim: dict[str, Any]) -> None:
    """Staff let a claim take effect that they have looked at."""
    looked = {"seen": claim["changed_at"]}
    registry.call(registry.staff, "POST", f"/{claim['id']}/activate", json=looked).raise_for_status()


def test_a_claim_that_is_over_is_noted_by_a_chore_and_the_organisation_told(registry: Registry) -> None:
    house, now = registry.town.house, datetime.now(UTC)
    claim = registry.filed("Boxwell", expires_at=(now + timedelta(hours=1)).isoformat())
    activated(registry, claim)
    house.gateway.sweeper.sweep()
    assert registry.call(registry.studio, "GET", f"/{claim['id']}").json()["state"] == "active"
    with house.kernel.database.transaction() as session:
        session.get_one(OptOutClaimRow, claim["id"]).expires_at = now
    house.gateway.sweeper.sweep()
    assert registry.call(registry.studio, "GET", f"/{claim['id']}").json()["state"] == "expired"
    assert len(registry.told(registry.studio, "claim:expired")) == 1


def test_the_ledger_names_no_account(registry: Registry) -> None:
    claim = registry.filed("Boxwell")
    activated(registry, claim)
    ledger = registry.town.house.kernel.ledger
    entries = [json.loads(one.leaf) for one in ledger.entries(0, ledger.size()) if one.kind.startswith("optout:")]
    assert [entry["kind"] for entry in entries] == [
        "optout:organisation:founded",
        "optout:claim:submitted",
        "optout:claim:active",
    ]
    founded, submitted, active = (entry["body"]["actor"] for entry in entries)
    assert founded == submitted != active
    assert "acct_" not in str(entries)


BAD: tuple[tuple[dict[str, object], set[int], str | None], ...] = (
    ({"title": HUGE}, {400, 413, 422}, None),
    ({"names": [HUGE]}, {400, 413, 422}, None),
    ({"names": [""]}, {422}, "names"),
    ({"names": ["x" * 201]}, {422}, "names"),
    ({"title": "The"}, {422}, "title"),
    ({"declarations": ["accurate"]}, {422}, "declarations"),
    ({"statement": ""}, {422}, "proof"),
    ({"territories": ["Italy"]}, {422}, "territories"),
    ({"expires_at": "2020-01-01"}, {422}, "expires_at"),
)


def test_bad_input_is_refused_by_field_and_nothing_is_kept(registry: Registry) -> None:
    for form, status, field in BAD:
        whole = {"title": "Boxwell", "kind": "character", **FORM, **form}
        answer = registry.call(registry.studio, "POST", "", data=whole)
        assert answer.status_code in status, field
        assert field is None or answer.json()["field"] == field
    assert registry.call(registry.studio, "GET", "").json()["data"] == []
