"""One receipt for each state that a grant reaches, in the terms of the standard."""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from consent_registry.adapters.jws import Ed25519Receipts, signature_holds
from consent_registry.domain import KeyEnd, ReceiptFault, ReceiptReading, payload_of
from consent_registry.domain.receipt_checks import check_receipt
from consent_registry.domain.scope import Purpose, Scope, Trait
from consent_registry.service.receipts import PURPOSE, ReceiptKeyBook
from consent_registry.store import DatabaseReceiptKeys
from tests.unit.consent_registry.conftest import FACE, House, people
from trust_kernel.contexts import Context
from trust_kernel.errors import InvalidInput

ROOT = Path(__file__).resolve().parents[3]


def record_of(house: House, grant_id: str, version: int | None = None) -> dict[str, Any]:
    read: dict[str, Any] = payload_of(house.registry.receipt(grant_id, version))["dpv:hasRecordOfActivity"]
    return read


def states(house: House, subject_id: str) -> list[str]:
    return [
        payload_of(one.compact)["dpv:hasRecordOfActivity"]["placet:state"]
        for one in reversed(house.registry.receipts(subject_id))
    ]


def test_a_grant_that_begins_later_is_given_as_scheduled(house: House) -> None:
    ada = house.person("ada")
    later = house.clock.now().replace(year=2026, month=6)
    grant = house.give(ada, starts_at=later)
    record = record_of(house, grant.id)
    assert record["placet:state"] == "scheduled"
    assert record["dpv:hasProcess"]["placet:startsAt"]["@value"] == "2026-06-01T12:00:00Z"


def test_a_grant_that_expires_gets_one_receipt_and_its_people_are_told_once(house: House) -> None:
    ada = house.person("ada")
    grant = house.give(ada, people("acct_bob"), expires_at=house.clock.now().replace(month=4))
    house.clock.advance(days=30)
    assert house.registry.sweep_receipts() == 0
    house.clock.advance(days=2)
    house.notifier.told.clear()
    assert house.registry.sweep_receipts() == 1
    assert house.registry.sweep_receipts() == 0
    assert states(house, ada.id) == ["active", "expired"]
    record = record_of(house, grant.id)
    assert record["dct:hasVersion"] == 2
    assert record["dpv:hasConsentStatus"][-1] == {
        "@type": "dpv:ConsentExpired",
        "dpv:isIndicatedAtTime": {"@value": "2026-04-01T12:00:00Z", "@type": "xsd:dateTime"},
        "placet:usesMade": 0,
    }
    assert [(kind, who) for kind, who, _ in house.notifier.told] == [
        ("consent:grant:expired", "acct_ada"),
        ("consent:grant:expired", "acct_bob"),
    ]
    assert house.record.entries[-1][0] == "consent:grant:expired"


def test_a_grant_is_used_up_by_the_release_that_took_the_last_use(house: House) -> None:
    ada = house.person("ada")
    grant = house.give(ada, people("acct_bob"), max_uses=1)
    snapshot = house.admit("acct_bob", ada)
    with house.database.transaction():
        assert house.registry.recheck([snapshot], account_id="acct_bob", at=house.clock.now()) is None
        house.registry.put_used_up_on_record([snapshot])
    assert states(house, ada.id) == ["active", "exhausted"]
    assert record_of(house, grant.id)["dpv:hasConsentStatus"][-1]["placet:usesMade"] == 1
    house.clock.advance(days=400)
    assert house.registry.sweep_receipts() == 0, "what was used up does not expire besides"


def test_a_release_that_rolls_back_issues_no_receipt(house: House) -> None:
    ada = house.person("ada")
    house.give(ada, max_uses=1)
    snapshot = house.admit("acct_bob", ada)

    def fails() -> None:
        with house.database.transaction():
            house.registry.recheck([snapshot], account_id="acct_bob", at=house.clock.now())
            house.registry.put_used_up_on_record([snapshot])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert states(house, ada.id) == ["active"]


def test_the_chore_finds_what_was_used_up_too(house: House) -> None:
    ada = house.person("ada")
    house.give(ada, max_uses=1)
    assert house.release("acct_bob", house.admit("acct_bob", ada)) is None
    assert house.registry.sweep_receipts() == 1
    assert states(house, ada.id) == ["active", "exhausted"]


def test_what_has_expired_can_still_be_revoked_and_has_a_third_receipt(house: House) -> None:
    ada = house.person("ada")
    grant = house.give(ada, expires_at=house.clock.now().replace(month=4))
    house.clock.advance(days=60)
    house.registry.sweep_receipts()
    house.registry.revoke(grant.id, actor="acct_ada")
    assert states(house, ada.id) == ["active", "expired", "revoked"]
    assert record_of(house, grant.id)["dct:hasVersion"] == 3


def test_what_was_revoked_neither_expires_nor_runs_out(house: House) -> None:
    ada = house.person("ada")
    grant = house.give(ada, max_uses=1)
    house.registry.revoke(grant.id, actor="acct_ada")
    house.clock.advance(days=400)
    assert house.registry.sweep_receipts() == 0


FIELDS: Mapping[str, str] = {
    "receipt: schema version": "dct:conformsTo",
    "receipt: identifier": "dct:identifier",
    "receipt: issued": "dct:created",
    "receipt: issuer": "dct:publisher",
    "record: identifier": "dpv:hasRecordOfActivity/dct:identifier",
    "record: schema version": "dpv:hasRecordOfActivity/dct:conformsTo",
    "record: version": "dpv:hasRecordOfActivity/dct:hasVersion",
    "record: PII principal": "dpv:hasRecordOfActivity/dpv:hasDataSubject/@id",
    "PII processing: controller": "dpv:hasRecordOfActivity/dpv:hasDataController",
    "PII processing: jurisdiction": "dpv:hasRecordOfActivity/dpv:hasJurisdiction",
    "PII processing: lawful basis": "dpv:hasRecordOfActivity/dpv:hasLegalBasis",
    "PII processing: service": "dpv:hasRecordOfActivity/dpv:hasProcess/dpv:hasService",
    "PII processing: purposes": "dpv:hasRecordOfActivity/dpv:hasProcess/dpv:hasPurpose/0/@id",
    "PII processing: operations": "dpv:hasRecordOfActivity/dpv:hasProcess/dpv:hasProcessing/0",
    "PII processing: data": "dpv:hasRecordOfActivity/dpv:hasProcess/dpv:hasPersonalData/0/@type",
    "PII processing: recipients": "dpv:hasRecordOfActivity/dpv:hasProcess/dpv:hasRecipient/0",
    "PII processing: location": "dpv:hasRecordOfActivity/dpv:hasProcess/dpv:hasLocation/0",
    "PII processing: duration": "dpv:hasRecordOfActivity/dpv:hasProcess/dpv:hasDuration/0/rdf:value",
    "PII processing: frequency": "dpv:hasRecordOfActivity/dpv:hasProcess/dpv:hasFrequency/placet:usesPerPersonPerDay",
    "PII processing: withdrawal": "dpv:hasRecordOfActivity/dpv:hasRight/placet:exercisedAt",
    "PII processing: right": "dpv:hasRecordOfActivity/dpv:hasRight/@type",
    "event: state": "dpv:hasRecordOfActivity/dpv:hasConsentStatus/0/@type",
    "event: time": "dpv:hasRecordOfActivity/dpv:hasConsentStatus/0/dpv:isIndicatedAtTime",
    "event: entity": "dpv:hasRecordOfActivity/dpv:hasConsentStatus/0/dpv:isIndicatedBy",
}
"""Fields of ISO/IEC TS 27560:2023, by where the guide of the DPVCG puts them."""


def a_full_receipt(house: House) -> dict[str, Any]:
    scope = Scope(
        purposes=frozenset({Purpose.COMMERCIAL, Purpose.PERSONAL, Purpose.POLITICAL}),
        allowed_contexts=frozenset({Context.POLITICAL}),
        forbidden_contexts=frozenset({Context.GAMBLING}),
        unsaid=("vote for me",),
        fixed=frozenset({Trait.AGE}),
        territories=frozenset({"IT", "FR"}),
        languages=frozenset({"it"}),
    )
    grant = house.give(
        house.person("ada"), people("acct_bob"), scope=scope, max_uses=3, daily_uses=2, modalities=FACE, note="mind"
    )
    return payload_of(house.registry.receipt(grant.id))


def at_path(document: Any, path: str) -> Any:
    for step in path.split("/"):
        document = document[int(step)] if step.isdigit() else document.get(step)
        if document is None:
            return None
    return document


def test_a_receipt_has_each_field_of_the_standard(house: House) -> None:
    receipt = a_full_receipt(house)
    assert [field for field, path in FIELDS.items() if not at_path(receipt, path)] == []


def test_terms_are_those_of_the_vocabulary_where_it_has_them(house: House) -> None:
    process = a_full_receipt(house)["dpv:hasRecordOfActivity"]["dpv:hasProcess"]
    assert process["dpv:hasPurpose"] == [
        {"@id": "placet:purpose:commercial", "skos:broader": "dpv:CommercialPurpose"},
        {"@id": "placet:purpose:personal", "skos:broader": "dpv:NonCommercialPurpose"},
        {"@id": "placet:purpose:political", "skos:broader": "dpv:Purpose"},
    ]
    assert process["dpv:hasLocation"] == ["loc:FR", "loc:IT"]
    assert process["dpv:hasFrequency"] == {"@type": "dpv:Frequency", "placet:usesPerPersonPerDay": 2}
    assert process["dct:language"] == ["it"]
    assert process["placet:allowedContexts"] == ["political"]
    assert process["placet:forbiddenContexts"] == ["gambling"]
    assert process["placet:fixedTraits"] == ["age"]
    assert process["placet:mode"] == "automatic"


def test_neither_the_words_nor_the_people_of_a_grant_are_in_its_receipt(house: House) -> None:
    written = json.dumps(a_full_receipt(house))
    for trace in ("vote", "mind", "acct_", "subj_"):
        assert trace not in written


def test_every_term_of_ours_in_a_receipt_is_documented(house: House) -> None:
    page = (ROOT / "docs" / "receipts.md").read_text("utf-8")
    written = json.dumps(a_full_receipt(house))
    terms = set(re.findall(r'"(placet:[A-Za-z]+)"', written))
    assert len(terms) > 10
    assert [term for term in sorted(terms) if f"`{term}`" not in page] == []


def test_every_prefix_in_a_receipt_is_in_its_context(house: House) -> None:
    receipt = a_full_receipt(house)
    used = set(re.findall(r'"([a-z-]+):[A-Za-z]', json.dumps({**receipt, "@context": None})))
    assert used - {"https", "http"} <= set(receipt["@context"])


class Rotating:
    """A house whose receipts are signed by a key book."""

    def __init__(self, house: House) -> None:
        self.house = house
        keys = house.keyring._service.derive
        self.book = ReceiptKeyBook(
            house.database,
            DatabaseReceiptKeys(house.database),
            keys,
            Ed25519Receipts.from_seed,
            house.record,
            house.clock,
        )
        object.__setattr__(house.parts, "signer", self.book)

    def reads(self, receipt: str) -> bool:
        return self.reading(receipt).holds

    def reading(self, receipt: str) -> ReceiptReading:
        jwks = json.dumps(self.house.registry.jwks()).encode()
        return check_receipt(receipt.encode(), jwks, signature_holds, at=self.house.clock.now())


def test_a_new_key_signs_from_its_moment_and_earlier_receipts_stay_checkable(house: House) -> None:
    rotating = Rotating(house)
    ada = house.person("ada")
    before = house.registry.receipt(house.give(ada).id)
    assert rotating.book.rotate() == 2
    after = house.registry.receipt(house.give(ada).id)
    keys = house.registry.jwks()["keys"]
    assert isinstance(keys, list)
    assert len(keys) == 2
    assert before.split(".")[0] != after.split(".")[0]
    assert rotating.reads(before)
    assert rotating.reads(after)
    assert house.record.entries[-2] == ("consent:receipt_key:rotated", {"key": 2})
    assert list(rotating.book.in_use()) == [2, 1]


def test_what_a_former_key_signs_after_its_end_does_not_verify(house: House) -> None:
    rotating = Rotating(house)
    ada = house.person("ada")
    thief = Ed25519Receipts.from_seed(house.keyring._service.derive(PURPOSE))
    honest = house.registry.receipt(house.give(ada).id)
    rotating.book.rotate()
    house.clock.advance(seconds=59)
    under_way = thief.sign(payload_of(house.registry.receipt(house.give(ada).id)))
    assert rotating.reads(under_way), "it may have been on its way to being signed while another process rotated"
    house.clock.advance(seconds=1)
    forged = thief.sign(payload_of(house.registry.receipt(house.give(ada).id)))
    assert rotating.reading(forged).fault is ReceiptFault.KEY_ENDED
    assert rotating.reads(honest)


def test_a_stolen_key_is_over_from_the_moment_that_is_told_and_that_is_on_the_ledger(house: House) -> None:
    rotating = Rotating(house)
    ada = house.person("ada")
    before = house.registry.receipt(house.give(ada).id)
    house.clock.advance(days=1)
    stolen = house.clock.now()
    house.clock.advance(days=1)
    after = house.registry.receipt(house.give(ada).id)
    assert rotating.book.mark_stolen(1, stolen) == KeyEnd(stolen, stolen=True)
    assert house.record.entries[-2:] == [
        ("consent:receipt_key:rotated", {"key": 2}),
        ("consent:receipt_key:stolen", {"key": 1, "until": f"{stolen:%Y-%m-%dT%H:%M:%SZ}"}),
    ]
    assert rotating.reading(after).fault is ReceiptFault.KEY_STOLEN
    assert (rotating.reading(before).holds, rotating.reading(before).key_stolen_at) == (True, stolen)
    assert rotating.reads(house.registry.receipt(house.give(ada).id)), "the new key signs"


def test_of_two_moments_of_a_theft_the_earlier_counts_and_no_further_key_is_taken(house: House) -> None:
    rotating = Rotating(house)
    now = house.clock.now()
    house.clock.advance(days=3)
    rotating.book.mark_stolen(1)
    rotating.book.mark_stolen(1, now)
    rotating.book.mark_stolen(1)
    assert rotating.book.ends() == {1: KeyEnd(now, stolen=True)}
    assert list(rotating.book.in_use()) == [2, 1]


def test_a_key_that_was_replaced_before_it_was_stolen_keeps_its_earlier_end(house: House) -> None:
    rotating = Rotating(house)
    rotating.book.rotate()
    ended = rotating.book.ends()[1].until
    house.clock.advance(days=3)
    assert rotating.book.mark_stolen(1) == KeyEnd(ended, stolen=True)


@pytest.mark.parametrize(("number", "days"), [(0, 0), (2, 0), (1, 1)])
def test_a_theft_is_of_a_key_that_there_is_and_has_happened(house: House, number: int, days: int) -> None:
    rotating = Rotating(house)
    with pytest.raises(InvalidInput):
        rotating.book.mark_stolen(number, house.clock.now() + timedelta(days=days))
    assert list(rotating.book.in_use()) == [1]


def test_the_key_set_says_whose_it_is(house: House) -> None:
    assert house.registry.jwks()["issuer"] == "https://placet.example"
