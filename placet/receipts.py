"""The Python door of receipts: is this a consent that stands? No server, no network, no database.

from placet.receipts import verify

found = verify(Path("receipt.jws").read_bytes(), jwks=Path("jwks.json").read_bytes())
print(found.holds, found.fault, found.claims)
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from consent_registry.api import ReceiptReading

__all__ = ["verify"]


def verify(
    receipt: bytes | str,
    *,
    jwks: bytes | str,
    issuer: str | None = None,
    at: datetime | None = None,
    newer: Sequence[bytes | str] = (),
) -> "ReceiptReading":
    """Check one receipt. What is wrong with it is told by name in the answer; nothing in it raises.

    Args:
        receipt: compact JWS, as `/v1/receipts/{id}` gives it.
        jwks: the issuer's public keys, as `/.well-known/placet-jwks.json` gives them.
        issuer: IRI that it has to be from; None: the one that the JWK set names, if it does.
        at: the moment asked about, timezone-aware; None for now.
        newer: further receipts; a later one of the same grant supersedes it.

    Raises:
        ValueError: `at` has no time zone.
    """
    from placet.wiring.receipts import check_receipt, signature_holds

    moment = at or datetime.now(UTC)
    if moment.tzinfo is None:
        raise ValueError("the moment needs a time zone")
    return check_receipt(
        _bytes(receipt), _bytes(jwks), signature_holds, at=moment, issuer=issuer, newer=[_bytes(one) for one in newer]
    )


def _bytes(text: bytes | str) -> bytes:
    # what is not ASCII is no receipt; it is told so by the check
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
