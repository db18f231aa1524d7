"""Checking a receipt with the public keys alone: each fault by its name, and nothing ever raises."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given
from hypothesis import strategies as st

from consent_registry.adapters.jws import Ed25519Receipts, signature_holds
from consent_registry.domain import (
    Audience,
    AudienceKind,
    Grant,
    GrantTerms,
    Issuer,
    KeyEnd,
    Modality,
    ReceiptFault,
    ReceiptReading,
    check_receipt,
    document,
)
from consent_registry.domain.receipt_checks import MAX_RECEIPT

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ISSUER = "https://placet.example"
SEED = bytes(range(32))


def at(days: float) -> datetime:
    return NOON + timedelta(days=days)


@cache
def signer(seed: bytes = SEED) -> Ed25519Receipts:
    return Ed25519Receipts.from_seed(seed)


def jwks(seed: bytes = SEED, issuer: str | None = ISSUER) -> bytes:
    named = {"issuer": issuer} if issuer else {}
    return json.dumps({**named, **signer(seed).jwks()}).encode()


def a_grant(**changes: Any) -> Grant:
    """From day 1 to day 100."""
    audience = Audience(AudienceKind.EVERYONE)
    terms = GrantTerms(audience, frozenset({Modality.FACE}), starts_at=at(1), expires_at=at(100), max_uses=5)
    fields: dict[str, Any] = {"uses": 0, "version": 1, "created_at": NOON, **changes}
    return Grant("grant_1", "subj_1", terms, **fields)


def receipt(grant: Grant, issued: datetime, issuer: str = ISSUER, seed: bytes = SEED) -> bytes:
    payload = document("rcpt_1", grant, Issuer(issuer), lambda text: f"psn_{len(text)}", by="subj_1", at=issued)
    return signer(seed).sign(payload).encode()


GIVEN = receipt(a_grant(), NOON)
REVOKED = receipt(a_grant(revoked_at=at(10), version=2), at(10))


def check(compact: bytes, when: datetime | None = None, *newer: bytes, **how: Any) -> ReceiptReading:
    keys = how.pop("keys", jwks())
    return check_receipt(compact, keys, signature_holds, at=when or at(5), newer=newer, **how)


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(header: Mapping[str, Any] | bytes, payload: Mapping[str, Any] | bytes, seed: bytes = SEED) -> bytes:
    """Anything at all, with a signature that holds."""
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, payload)]
    text = ".".join(map(encoded, parts))
    return f"{text}.{encoded(Ed25519PrivateKey.from_private_bytes(seed).sign(text.encode()))}".encode()


def header(**changes: Any) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(GIVEN.split(b".")[0] + b"=="))
    return {**read, **changes}


def payload() -> dict[str, Any]:
    middle = GIVEN.split(b".")[1]
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(middle + b"=" * (-len(middle) % 4)))
    return read


def test_a_receipt_of_a_standing_consent_holds_and_says_what_it_is() -> None:
    found = check(GIVEN)
    assert found.holds
    assert found.claims is not None
    assert (found.claims.grant_id, found.claims.version, found.claims.issuer) == ("grant_1", 1, ISSUER)
    assert (found.claims.starts_at, found.claims.expires_at) == (at(1), at(100))
    assert found.claims.modalities == {Modality.FACE}
    assert check(GIVEN + b"\n").holds


@pytest.mark.parametrize(
    ("compact", "when", "fault"),
    [
        (GIVEN, at(0.5), ReceiptFault.NOT_YET),
        (GIVEN, at(1), None),
        (GIVEN, at(100), ReceiptFault.EXPIRED),
        (REVOKED, at(9), None),
        (REVOKED, at(10), ReceiptFault.REVOKED),
        (receipt(a_grant(version=2), at(100)), at(99), None),
        (receipt(a_grant(version=2), at(101)), at(100), ReceiptFault.EXPIRED),
        (receipt(a_grant(uses=5, version=2), at(20)), at(19), None),
        (receipt(a_grant(uses=5, version=2), at(20)), at(20), ReceiptFault.USED_UP),
    ],
)
def test_a_real_receipt_shows_a_consent_from_its_beginning_to_its_end(
    compact: bytes, when: datetime, fault: ReceiptFault | None
) -> None:
    found = check(compact, when)
    assert found.fault is fault
    assert found.authentic


def test_a_newer_receipt_of_the_same_grant_supersedes_it_from_its_own_moment() -> None:
    assert check(GIVEN, at(11), REVOKED).fault is ReceiptFault.SUPERSEDED
    assert check(GIVEN, at(9), REVOKED).holds
    assert check(REVOKED, at(9), GIVEN).holds, "an older one supersedes nothing"
    assert check(GIVEN, at(11), GIVEN).holds


def test_a_newer_receipt_that_cannot_be_believed_is_set_aside_and_that_is_told() -> None:
    forged = receipt(a_grant(revoked_at=at(2), version=2), at(2), seed=bytes(32))
    found = check(GIVEN, at(5), forged, b"junk")
    assert found.holds
    assert found.set_aside == ((0, ReceiptFault.FOREIGN), (1, ReceiptFault.MALFORMED))


@pytest.mark.parametrize(
    ("compact", "fault"),
    [
        (b"", ReceiptFault.MALFORMED),
        (b"a.b", ReceiptFault.MALFORMED),
        (b"a.b.c.d", ReceiptFault.MALFORMED),
        ("é.b.c".encode(), ReceiptFault.MALFORMED),
        (GIVEN.replace(b".", b"=.", 1), ReceiptFault.MALFORMED),
        (b" " + GIVEN, ReceiptFault.MALFORMED),
        (GIVEN + b"\n\n", ReceiptFault.MALFORMED),
        (b"x" * (MAX_RECEIPT + 1), ReceiptFault.HUGE),
        (signed(b"[1]", payload()), ReceiptFault.MALFORMED),
        (signed(b"[" * 90_000, payload()), ReceiptFault.MALFORMED),
        (signed(b'{"alg":"none","alg":"EdDSA"}', payload()), ReceiptFault.DUPLICATE),
        (signed(header(alg="none"), payload()), ReceiptFault.ALGORITHM),
        (signed(header(alg="HS256"), payload()), ReceiptFault.ALGORITHM),
        (signed(header(crit=["b64"]), payload()), ReceiptFault.ALGORITHM),
        (signed(header(typ="JWT"), payload()), ReceiptFault.MALFORMED),
        (signed(header(kid=["x"]), payload()), ReceiptFault.FOREIGN),
        (signed(header(kid="x"), payload()), ReceiptFault.FOREIGN),
        (signed(header(), payload(), seed=bytes(32)), ReceiptFault.FORGED),
        (receipt(a_grant(), NOON, seed=bytes(32)), ReceiptFault.FOREIGN),
        (receipt(a_grant(), NOON, issuer="https://other.example"), ReceiptFault.FOREIGN),
        (signed(header(), b'{"a":1,"a":2}'), ReceiptFault.DUPLICATE),
        (signed(header(), b'{"a":NaN}'), ReceiptFault.MALFORMED),
        (signed(header(), b"\xff"), ReceiptFault.MALFORMED),
        (signed(header(), {}), ReceiptFault.MALFORMED),
        (signed(header(), {**payload(), "dct:publisher": 7}), ReceiptFault.MALFORMED),
        (signed(header(), {**payload(), "dpv:hasRecordOfActivity": []}), ReceiptFault.MALFORMED),
    ],
)
def test_each_fault_has_its_name(compact: bytes, fault: ReceiptFault) -> None:
    found = check(compact)
    assert found.fault is fault
    assert not found.holds
    assert found.claims is None


def test_the_issuer_is_the_one_asked_for_or_the_one_that_the_keys_name() -> None:
    assert check(GIVEN, issuer="https://other.example").fault is ReceiptFault.FOREIGN
    assert check(GIVEN, keys=jwks(issuer="https://other.example")).fault is ReceiptFault.FOREIGN
    assert check(GIVEN, keys=jwks(issuer="https://other.example"), issuer=ISSUER).holds
    assert check(GIVEN, keys=jwks(issuer=None)).holds


def test_the_new_name_of_the_algorithm_is_known_too() -> None:
    assert check(signed(header(alg="Ed25519"), payload())).holds


def test_keys_for_other_things_are_passed_over() -> None:
    own = json.loads(jwks())["keys"]
    others = [{"kty": "EC"}, "junk", {**own[0], "use": "enc"}, {**own[0], "kid": 1}, {**own[0], "x": "AA"}]
    assert check(GIVEN, keys=json.dumps({"keys": [*others, *own]}).encode()).holds
    assert check(GIVEN, keys=json.dumps({"keys": others}).encode()).fault is ReceiptFault.KEYS_UNUSABLE


@pytest.mark.parametrize("keys", [b"", b"{}", b"[]", b'{"keys":{}}', b'{"keys":[]}', b"\xff", b"[" * 300_000])
def test_what_is_no_key_set_is_told(keys: bytes) -> None:
    assert check(GIVEN, keys=keys).fault is ReceiptFault.KEYS_UNUSABLE


@pytest.mark.parametrize("member", ["dct:created", "dct:identifier", "dct:publisher", "dpv:hasRecordOfActivity"])
def test_a_signed_document_that_lacks_a_member_is_malformed(member: str) -> None:
    left = {name: value for name, value in payload().items() if name != member}
    assert check(signed(header(), left)).fault is ReceiptFault.MALFORMED


@given(st.integers(0, len(GIVEN) * 8 - 1))
@example(len(GIVEN) * 8 - 1)
@example(len(GIVEN) * 8 - 8)
def test_any_flipped_bit_is_told(bit: int) -> None:
    flipped = bytearray(GIVEN)
    flipped[bit // 8] ^= 1 << bit % 8
    found = check(bytes(flipped))
    assert found.fault is not None
    assert found.claims is None


@given(st.binary(max_size=200), st.binary(max_size=100))
def test_no_bytes_whatever_raise(compact: bytes, keys: bytes) -> None:
    assert not check(compact).holds
    assert not check(GIVEN, keys=keys).holds
    assert check(GIVEN, at(5), compact).holds


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["2026-02-30T00:00:00Z", "9" * 20]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def paths(value: Any, way: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    entries: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        entries = list(value.items())
    elif isinstance(value, list):
        entries = list(enumerate(value))
    return [way] * bool(way) + [deeper for name, inner in entries for deeper in paths(inner, (*way, name))]


@given(st.sampled_from(paths(payload())), _JSON)
def test_a_signed_document_with_anything_in_the_place_of_anything_is_read_or_refused(
    way: tuple[str | int, ...], value: Any
) -> None:
    changed: Any = payload()
    place = changed
    for step in way[:-1]:
        place = place[step]
    place[way[-1]] = value
    found = check(signed(header(), changed))
    assert found.authentic or found.fault in {ReceiptFault.MALFORMED, ReceiptFault.FOREIGN}


NEW_SEED = bytes(reversed(range(32)))


def rotated(until: datetime, *, stolen: bool = False) -> bytes:
    """Keys after a rotation: the one that signed everything here is a former one."""
    now = Ed25519Receipts.from_seed(NEW_SEED, [(SEED, KeyEnd(until, stolen))])
    return json.dumps({"issuer": ISSUER, **now.jwks()}).encode()


@given(
    end=st.integers(0, 4_000_000),
    after=st.integers(-4_000_000, 4_000_000),
    stolen=st.booleans(),
    asked=st.floats(0, 200),
)
@example(end=100, after=0, stolen=False, asked=5.0)
@example(end=100, after=-1, stolen=False, asked=5.0)
def test_no_receipt_signed_by_a_former_key_with_a_later_date_verifies(
    end: int, after: int, asked: float, *, stolen: bool
) -> None:
    until = NOON + timedelta(seconds=end)
    made = receipt(a_grant(), until + timedelta(seconds=after))
    found = check(made, at(asked), keys=rotated(until, stolen=stolen))
    if after >= 0:
        assert found.fault is (ReceiptFault.KEY_STOLEN if stolen else ReceiptFault.KEY_ENDED)
        assert not found.authentic
    else:
        assert found.authentic
    superseding = receipt(a_grant(revoked_at=at(2), version=2), until + timedelta(seconds=after))
    aside = check(receipt(a_grant(), NOON, seed=NEW_SEED), at(5), superseding, keys=rotated(until, stolen=stolen))
    assert bool(aside.set_aside) is (after >= 0)


def test_a_receipt_older_than_the_theft_of_its_key_verifies_and_the_theft_is_told() -> None:
    found = check(GIVEN, keys=rotated(at(3), stolen=True))
    assert (found.holds, found.key_stolen_at) == (True, at(3))
    assert check(GIVEN, keys=rotated(at(3))).key_stolen_at is None
    assert check(receipt(a_grant(), at(4), seed=NEW_SEED), keys=rotated(at(3), stolen=True)).key_stolen_at is None


@pytest.mark.parametrize("member", [{"placet:until": "soon"}, {"placet:until": 5}, {"placet:stolen": "yes"}])
def test_a_key_whose_end_cannot_be_read_is_not_believed(member: dict[str, Any]) -> None:
    keys = json.loads(rotated(at(3)))
    keys["keys"][1] |= member
    assert check(GIVEN, keys=json.dumps(keys).encode()).fault is ReceiptFault.FOREIGN


def test_a_key_that_is_stolen_from_nobody_knows_when_is_not_believed() -> None:
    keys = json.loads(jwks())
    keys["keys"] = [{**key, "placet:stolen": True} for key in keys["keys"]]
    assert check(GIVEN, keys=json.dumps(keys).encode()).fault is ReceiptFault.KEYS_UNUSABLE


def test_what_superseded_a_receipt_is_told() -> None:
    found = check(GIVEN, at(11), REVOKED)
    assert found.superseded_by is not None
    assert (found.superseded_by.state, found.superseded_by.ended_at) == ("revoked", at(10))


@pytest.mark.parametrize("odd", [[], {}, None, 5, True])
def test_members_of_an_unexpected_kind_are_faults_by_name(odd: object) -> None:
    assert check(signed({"alg": odd, "typ": "x", "kid": "k"}, b"{}")).fault is ReceiptFault.ALGORITHM
    keys = json.loads(jwks())
    keys["keys"] = [{**key, "alg": odd} for key in keys["keys"]]
    assert check(GIVEN, keys=json.dumps(keys).encode()).fault is ReceiptFault.KEYS_UNUSABLE
