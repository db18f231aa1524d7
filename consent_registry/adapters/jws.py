"""Receipts signed as JWS: Ed25519, ``alg`` EdDSA (RFC 8037), keys published as a JWK set."""

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import TYPE_CHECKING

from consent_registry.domain import Json, KeyEnd
from consent_registry.domain.receipt_checks import MEDIA_TYPE, STOLEN, UNTIL

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


class Ed25519Receipts:
    """Signs receipts with one key and publishes it beside those that signed before it.

    Args:
        key: signs from now on.
        retired: public keys of earlier receipts, which must stay checkable, and their ends.
    """

    def __init__(self, key: "Ed25519PrivateKey", retired: Sequence[tuple["Ed25519PublicKey", KeyEnd]] = ()) -> None:
        self._key = key
        self._jwks: list[Json] = [_jwk(key.public_key()), *(_jwk(public) | _ended(end) for public, end in retired)]
        self._kid = _thumbprint(key.public_key())

    @classmethod
    def from_seed(cls, seed: bytes, retired: Sequence[tuple[bytes, KeyEnd]] = ()) -> "Ed25519Receipts":
        """From 32 secret bytes (RFC 8032, 5.1.5), such as `KeyService.derive` gives, and those of former keys."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        made = Ed25519PrivateKey.from_private_bytes
        return cls(made(seed), [(made(former).public_key(), end) for former, end in retired])

    def sign(self, payload: Mapping[str, Json]) -> str:
        """Header, payload and signature (RFC 7515, 7.1).

        Put together here: the library warns at every signature that RFC 9864 renames the algorithm, while most
        verifiers in use know no other name than EdDSA.
        """
        header = {"alg": "EdDSA", "kid": self._kid, "typ": MEDIA_TYPE}
        signed = f"{_encoded(_canonical(header))}.{_encoded(_canonical(payload))}"
        return f"{signed}.{_encoded(self._key.sign(signed.encode()))}"

    def jwks(self) -> dict[str, Json]:
        """Public keys (RFC 7517), the signing one first; former ones say until when they signed."""
        return {"keys": self._jwks}


def signature_holds(public: bytes, signed: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 signature is right (RFC 8032, 5.1.7). Never raises.

    Args:
        public: 32 bytes.
        signed: what was signed.
        signature: 64 bytes; anything else is wrong.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def _jwk(key: "Ed25519PublicKey") -> dict[str, Json]:
    return {"kty": "OKP", "crv": "Ed25519", "x": _x(key), "kid": _thumbprint(key), "use": "sig", "alg": "EdDSA"}


def _ended(end: KeyEnd) -> dict[str, Json]:
    # members that others do not know are passed over (RFC 7517, 4)
    stolen: dict[str, Json] = {STOLEN: True} if end.stolen else {}
    return {UNTIL: f"{end.until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", **stolen}


def _thumbprint(key: "Ed25519PublicKey") -> str:
    from joserfc.jwk import OKPKey

    return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": _x(key)}).thumbprint()  # RFC 7638


def _x(key: "Ed25519PublicKey") -> str:
    return _encoded(key.public_bytes_raw())


def _canonical(value: Mapping[str, Json]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
