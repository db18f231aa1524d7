"""Receipts: signed, versioned, and without names."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc import jws
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet

from consent_registry.adapters.jws import Ed25519Receipts
from consent_registry.domain import KeyEnd
from tests.unit.consent_registry.conftest import FACE, House, people

pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")


def opened(house: House, receipt: str) -> dict[str, Any]:
    """Checked by another implementation against the published keys."""
    keys = KeySet.import_key_set(house.registry.jwks())  # type: ignore[arg-type] # a JWK set
    read = jws.deserialize_compact(receipt, keys, algorithms=["EdDSA"])
    payload: dict[str, Any] = json.loads(read.payload)
    return payload


def test_a_receipt_says_what_was_granted_in_the_terms_of_the_standard(house: House) -> None:
    ada = house.person("ada")
    grant = house.give(ada, people("acct_bob", "acct_cyd"), modalities=FACE, max_uses=3, allows_remix=True)
    receipt = opened(house, house.registry.receipt(grant.id))
    assert receipt["@type"] == "dpv:ConsentReceipt"
    assert receipt["dct:conformsTo"] == "https://w3id.org/dpv/schema/dpv-27560#receipt"
    record = receipt["dpv:hasRecordOfActivity"]
    assert record["dct:identifier"] == grant.id
    assert record["dct:hasVersion"] == 1
    assert record["dpv:hasDataController"] == "https://placet.example"
    assert record["dpv:hasJurisdiction"] == "EU"
    assert [status["@type"] for status in record["dpv:hasConsentStatus"]] == ["dpv:ConsentGiven"]
    process = record["dpv:hasProcess"]
    assert process["dpv:hasPersonalData"] == [{"@type": "pd:FacialPrint", "placet:modality": "face"}]
    assert len(process["dpv:hasRecipient"]) == 2
    assert process["placet:allowsRemix"] is True
    until, times = process["dpv:hasDuration"]
    assert until["rdf:value"]["@value"] == "2027-03-01T12:00:00Z"
    assert times["rdf:value"] == 3


def test_each_version_of_a_grant_has_its_own_receipt(house: House) -> None:
    ada = house.person("ada")
    grant = house.give(ada)
    given = house.registry.receipt(grant.id)
    house.clock.advance(days=3)
    house.registry.revoke(grant.id, actor="acct_ada")
    assert house.registry.receipt(grant.id, 1) == given
    latest = opened(house, house.registry.receipt(grant.id))["dpv:hasRecordOfActivity"]
    assert latest["dct:hasVersion"] == 2
    last = latest["dpv:hasConsentStatus"][-1]
    assert last["@type"] == "dpv:ConsentWithdrawn"
    assert last["dpv:isIndicatedAtTime"]["@value"] == "2026-03-04T12:00:00Z"
    assert last["dpv:isIndicatedBy"] == latest["dpv:hasDataSubject"]["@id"]


def test_a_receipt_says_when_somebody_else_revoked(house: House) -> None:
    ada = house.person("ada")
    grant = house.give(ada)
    house.registry.revoke(grant.id, actor="acct_admin")
    record = opened(house, house.registry.receipt(grant.id))["dpv:hasRecordOfActivity"]
    assert record["dpv:hasConsentStatus"][-1]["dpv:isIndicatedBy"] != record["dpv:hasDataSubject"]["@id"]


def test_a_receipt_names_nobody(house: House) -> None:
    ada = house.person("ada")
    grant = house.give(ada, people("acct_bob"), note="only for Bob")
    written = json.dumps(opened(house, house.registry.receipt(grant.id)))
    for trace in (ada.id, "acct_", "Ada", "Bob", '"ada"'):
        assert trace not in written


def test_the_ledger_holds_the_receipts_digest(house: House) -> None:
    import hashlib

    grant = house.give(house.person("ada"))
    _, body = house.record.entries[-1]
    assert body["receipt"] == hashlib.sha256(house.registry.receipt(grant.id).encode()).hexdigest()


def test_a_changed_receipt_does_not_verify(house: House) -> None:
    grant = house.give(house.person("ada"))
    header, payload, signature = house.registry.receipt(grant.id).split(".")
    raw = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).replace(b'"face"', b'"gait"')
    forged = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    with pytest.raises(BadSignatureError):
        opened(house, f"{header}.{forged}.{signature}")


def test_earlier_keys_stay_published_and_private_parts_never_are() -> None:
    old, new = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    earlier = Ed25519Receipts(old).sign({"a": 1})
    ended = KeyEnd(datetime(2026, 3, 1, 12, tzinfo=UTC))
    keys = Ed25519Receipts(new, [(old.public_key(), ended)]).jwks()["keys"]
    assert isinstance(keys, list)
    assert all(isinstance(key, dict) and "d" not in key for key in keys)
    assert [isinstance(key, dict) and key.get("placet:until") for key in keys] == [None, "2026-03-01T12:00:00Z"]
    read = jws.deserialize_compact(earlier, KeySet.import_key_set({"keys": keys}), algorithms=["EdDSA"])  # type: ignore[typeddict-item] # a JWK set
    assert json.loads(read.payload) == {"a": 1}


def test_one_seed_gives_one_key_and_says_what_kind_of_token_it_signs() -> None:
    seed = bytes(range(32))
    token = Ed25519Receipts.from_seed(seed).sign({"z": 1, "a": "ä"})
    assert token == Ed25519Receipts.from_seed(seed).sign({"a": "ä", "z": 1})
    header, payload, signature = token.split(".")
    read = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    assert (read["alg"], read["typ"]) == ("EdDSA", "consent-receipt+jwt")
    public: Ed25519PublicKey = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    raw = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    public.verify(raw, f"{header}.{payload}".encode())
    with pytest.raises(InvalidSignature):
        public.verify(raw, f"{header}.{payload}x".encode())
