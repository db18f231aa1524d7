"""Checking a receipt with nothing but the issuer's public keys: no network, no database, no clock of its own.

A receipt is compact JWS (RFC 7515). Nothing in it is read before its signature holds, apart from the header that says
which key to try; bytes, base64url and JSON have to be in the one spelling that signers write (RFC 8725, 3.10 to 3.12).
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

from consent_registry.domain.grants import GrantState
from consent_registry.domain.people import Modality
from consent_registry.domain.reasons import ReceiptFault
from consent_registry.domain.receipts import ENDED, KeyEnd

MAX_RECEIPT = 1 << 18
"""Bytes of a receipt; one that names 1,000 people has some 60,000."""
MAX_KEYS = 1 << 18
"""Bytes of a JWK set."""
MEDIA_TYPE = "consent-receipt+jwt"
"""``typ`` of the header, so that a receipt cannot be passed off as another kind of token (RFC 8725, 3.11)."""
ALGORITHMS = frozenset({"EdDSA", "Ed25519"})
"""Names of the one algorithm: RFC 8037's and RFC 9864's."""

SignatureHolds = Callable[[bytes, bytes, bytes], bool]
"""Whether an Ed25519 public key (32 bytes), what was signed, and a signature belong together; never raises."""

UNTIL = "placet:until"
"""Member of a former key in the JWK set: receipts that say they were issued then, or later, are not its issuer's."""
STOLEN = "placet:stolen"
"""Member of a former key: true where somebody else may hold it."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_PUBLIC_KEY = 32
_BY_STATE = {
    GrantState.REVOKED: ReceiptFault.REVOKED,
    GrantState.EXPIRED: ReceiptFault.EXPIRED,
    GrantState.EXHAUSTED: ReceiptFault.USED_UP,
}


@dataclass(frozen=True, slots=True)
class ReceiptClaims:
    """What a receipt says that its issuer signed.

    Attributes:
        version: of the grant; 1 as given.
        state: what the grant had reached when this was issued.
        ended_at: when it ended before its time; None where it had not.
        modalities: face, voice or both.
    """

    receipt_id: str
    grant_id: str
    version: int
    issuer: str
    state: GrantState
    issued_at: datetime
    starts_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    modalities: frozenset[Modality]


@dataclass(frozen=True, slots=True)
class ReceiptReading:
    """What came of checking one receipt.

    Attributes:
        fault: why it shows no consent at the moment asked about; None where it shows one.
        claims: what it says; None unless its issuer signed it.
        set_aside: faults of further receipts that were given along and could not be used, by their place.
        superseded_by: what the newest says that superseded it; None unless that is the fault.
        key_stolen_at: from when on its key was in somebody else's hands, who can also write an earlier date than that:
            only the issuer's ledger shows that it was issued before. None where the keys tell of no theft.
    """

    fault: ReceiptFault | None
    claims: ReceiptClaims | None = None
    set_aside: tuple[tuple[int, ReceiptFault], ...] = ()
    superseded_by: ReceiptClaims | None = None
    key_stolen_at: datetime | None = None

    @property
    def holds(self) -> bool:
        """Whether it shows a consent that stands at the moment asked about."""
        return self.fault is None

    @property
    def authentic(self) -> bool:
        """Whether its issuer signed it, whatever it says."""
        return self.claims is not None


@dataclass(frozen=True, slots=True)
class _Key:
    """A public key as published; `end` None while it signs."""

    public: bytes
    end: KeyEnd | None


class _FaultyError(Exception):
    """Told to the caller as a value."""

    def __init__(self, fault: ReceiptFault) -> None:
        super().__init__(str(fault))
        self.fault = fault


def check_receipt(
    receipt: bytes,
    jwks: bytes,
    signature_holds: SignatureHolds,
    *,
    at: datetime,
    issuer: str | None = None,
    newer: Sequence[bytes] = (),
    known: Sequence[ReceiptClaims] = (),
) -> ReceiptReading:
    """Check one receipt. Every fault is a value: nothing that a file holds raises.

    Args:
        receipt: compact JWS; one line break at its end is passed over.
        jwks: the issuer's public keys, a JWK set.
        signature_holds: the cryptography.
        at: the moment that it is asked about, timezone-aware.
        issuer: IRI that it has to be from; None: the ``issuer`` member of the JWK set, where that has one.
        newer: further receipts; one of the same grant and issuer with a higher version supersedes it.
        known: what further receipts say that need no checking, as they are from the issuer's own database.
    """
    try:
        keys, named = _keys(jwks)
        wanted = issuer if issuer is not None else named
        claims, key = _claims(receipt, keys, signature_holds, wanted)
    except _FaultyError as faulty:
        return ReceiptReading(faulty.fault)
    others = list(known)
    aside: list[tuple[int, ReceiptFault]] = []
    for place, other in enumerate(newer):
        try:
            others.append(_claims(other, keys, signature_holds, wanted)[0])
        except _FaultyError as faulty:
            aside.append((place, faulty.fault))
    fault, by = _standing(claims, others, at)
    stolen_at = key.end.until if key.end and key.end.stolen else None
    return ReceiptReading(fault, claims, tuple(aside), by, stolen_at)


def payload_of(compact: str) -> dict[str, Any]:
    """What one of our own receipts says, its signature not checked: for showing what is in our own database."""
    read: dict[str, Any] = json.loads(_decoded(compact.split(".")[1]))
    return read


def claims_of(compact: str) -> ReceiptClaims:
    """What one of our own receipts says, its signature not checked.

    Raises:
        ValueError: it is no receipt.
    """
    try:
        return _read(payload_of(compact))
    except _FaultyError as faulty:
        raise ValueError(str(faulty)) from None


def _standing(
    claims: ReceiptClaims, others: Iterable[ReceiptClaims], at: datetime
) -> tuple[ReceiptFault | None, ReceiptClaims | None]:
    if at < claims.starts_at:
        return ReceiptFault.NOT_YET, None
    if claims.ended_at is not None and at >= claims.ended_at:
        return _BY_STATE[claims.state], None
    if at >= claims.expires_at:
        return ReceiptFault.EXPIRED, None
    superseding = [
        other
        for other in others
        if (other.grant_id, other.issuer) == (claims.grant_id, claims.issuer)
        and other.version > claims.version
        and (other.ended_at or other.issued_at) <= at
    ]
    if not superseding:
        return None, None
    return ReceiptFault.SUPERSEDED, max(superseding, key=lambda other: other.version)


def _claims(
    receipt: bytes, keys: Mapping[str, _Key], signature_holds: SignatureHolds, issuer: str | None
) -> tuple[ReceiptClaims, _Key]:
    if len(receipt) > MAX_RECEIPT:
        raise _FaultyError(ReceiptFault.HUGE)
    try:
        header, payload, signature = receipt.removesuffix(b"\n").removesuffix(b"\r").decode("ascii").split(".")
    except ValueError:
        raise _FaultyError(ReceiptFault.MALFORMED) from None
    key = _key_for(_object(_decoded(header)), keys)
    if not signature_holds(key.public, f"{header}.{payload}".encode(), _decoded(signature)):
        raise _FaultyError(ReceiptFault.FORGED)
    claims = _read(_object(_decoded(payload)))
    if issuer is not None and claims.issuer != issuer:
        raise _FaultyError(ReceiptFault.FOREIGN)
    if key.end is not None and claims.issued_at >= key.end.until:
        raise _FaultyError(ReceiptFault.KEY_STOLEN if key.end.stolen else ReceiptFault.KEY_ENDED)
    return claims, key


def _key_for(header: Mapping[str, object], keys: Mapping[str, _Key]) -> _Key:
    if not _known(header.get("alg")) or "crit" in header:
        raise _FaultyError(ReceiptFault.ALGORITHM)
    if header.get("typ") != MEDIA_TYPE:
        raise _FaultyError(ReceiptFault.MALFORMED)
    kid = header.get("kid")
    key = keys.get(kid) if isinstance(kid, str) else None
    if key is None:
        raise _FaultyError(ReceiptFault.FOREIGN)
    return key


def _known(algorithm: object) -> bool:
    return isinstance(algorithm, str) and algorithm in ALGORITHMS


def _keys(jwks: bytes) -> tuple[dict[str, _Key], str | None]:
    """Ed25519 keys by id, and whose they are; keys for anything else are passed over (RFC 7517, 5)."""
    try:
        document = _object(jwks if len(jwks) <= MAX_KEYS else b"")
        entries, named = document.get("keys"), document.get("issuer")
        found = dict(filter(None, map(_key, entries if isinstance(entries, list) else ())))
    except _FaultyError:
        raise _FaultyError(ReceiptFault.KEYS_UNUSABLE) from None
    if not found:
        raise _FaultyError(ReceiptFault.KEYS_UNUSABLE)
    return found, named if isinstance(named, str) else None


def _key(entry: object) -> tuple[str, _Key] | None:
    if not isinstance(entry, dict) or (entry.get("kty"), entry.get("crv")) != ("OKP", "Ed25519"):
        return None
    kid, x = entry.get("kid"), entry.get("x")
    usable = entry.get("use", "sig") == "sig" and _known(entry.get("alg", "EdDSA"))
    if not usable or not isinstance(kid, str) or not isinstance(x, str):
        return None
    public = _decoded(x)
    try:
        return (kid, _Key(public, _end(entry))) if len(public) == _PUBLIC_KEY else None
    except ValueError:
        return None  # an end that cannot be read is no reason to trust it without one


def _end(entry: Mapping[str, object]) -> KeyEnd | None:
    """Raises ValueError where what it says of its end cannot be read."""
    until, stolen = entry.get(UNTIL), entry.get(STOLEN, False)
    if until is None and stolen is False:
        return None
    if not isinstance(stolen, bool):
        raise ValueError  # noqa: TRY004 - one kind for whatever cannot be read
    return KeyEnd(_at(until), stolen)


def _read(document: Mapping[str, Any]) -> ReceiptClaims:
    """The members that a check turns on; anything that is not as `document` writes it is malformed."""
    try:
        record = document["dpv:hasRecordOfActivity"]
        process = record["dpv:hasProcess"]
        state = GrantState(record["placet:state"])
        return ReceiptClaims(
            receipt_id=_text(document["dct:identifier"]),
            grant_id=_text(record["dct:identifier"]),
            version=_version(record["dct:hasVersion"]),
            issuer=_text(document["dct:publisher"]),
            state=state,
            issued_at=_moment(document["dct:created"]),
            starts_at=_moment(process["placet:startsAt"]),
            expires_at=_until(process["dpv:hasDuration"]),
            ended_at=_ended(record["dpv:hasConsentStatus"], state),
            modalities=frozenset(Modality(data["placet:modality"]) for data in process["dpv:hasPersonalData"]),
        )
    except (KeyError, TypeError, ValueError, StopIteration, IndexError, AttributeError):
        raise _FaultyError(ReceiptFault.MALFORMED) from None


def _until(durations: Sequence[Mapping[str, Any]]) -> datetime:
    return _moment(next(one["rdf:value"] for one in durations if one["@type"] == "dpv:UntilTimeDuration"))


def _ended(statuses: Sequence[Mapping[str, Any]], state: GrantState) -> datetime | None:
    if state not in ENDED:
        return None
    return _moment(next(one["dpv:isIndicatedAtTime"] for one in statuses if one["@type"] == ENDED[state]))


def _version(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError
    return value


def _moment(value: Mapping[str, Any]) -> datetime:
    return _at(value["@value"])


def _at(value: object) -> datetime:
    text = _text(value)
    if _MOMENT.fullmatch(text) is None:
        raise ValueError
    return datetime.fromisoformat(text).astimezone(UTC)


def _decoded(text: str) -> bytes:
    """Base64url without padding, in its one spelling: the unused bits of the last letter are zero."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _FaultyError(ReceiptFault.MALFORMED) from None
    if base64.urlsafe_b64encode(data).rstrip(b"=") != text.encode():
        raise _FaultyError(ReceiptFault.MALFORMED)
    return data


def _object(data: bytes) -> dict[str, Any]:
    try:
        read = json.loads(data.decode("utf-8"), object_pairs_hook=_each_once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise _FaultyError(ReceiptFault.MALFORMED) from None
    if not isinstance(read, dict):
        raise _FaultyError(ReceiptFault.MALFORMED)
    return read


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _FaultyError(ReceiptFault.DUPLICATE)
    return members


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)
