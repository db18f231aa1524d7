"""Receipts of consent: the keys that sign them, and how anybody checks one."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from consent_registry.adapters.jws import Ed25519Receipts, signature_holds
from consent_registry.domain import ReceiptReading
from consent_registry.domain.receipt_checks import MAX_RECEIPT, check_receipt, claims_of
from consent_registry.service.receipts import ReceiptKeyBook
from consent_registry.store import DatabaseReceiptKeys, SqlConsentStore
from placet.wiring.kernel import Kernel

__all__ = [
    "MAX_RECEIPT",
    "ReceiptKeyBook",
    "ReceiptReading",
    "build_receipt_keys",
    "check_receipt",
    "check_receipt_here",
    "signature_holds",
]


def build_receipt_keys(kernel: Kernel) -> ReceiptKeyBook:
    """The keys that sign receipts."""
    numbers = DatabaseReceiptKeys(kernel.database)
    return ReceiptKeyBook(
        kernel.database, numbers, kernel.keys.derive, Ed25519Receipts.from_seed, kernel.ledger, kernel.clock
    )


def check_receipt_here(
    kernel: Kernel, receipt: bytes, *, at: datetime, issuer: str | None = None, newer: Sequence[bytes] = ()
) -> ReceiptReading:
    """Check a receipt with all that the deployment knows itself: its keys, and what became of the grant since."""
    published = {"issuer": kernel.settings.public_url, **build_receipt_keys(kernel).jwks()}
    keys, store = json.dumps(published).encode(), SqlConsentStore(kernel.database)
    found = check_receipt(receipt, keys, signature_holds, at=at, issuer=issuer, newer=newer)
    if found.claims is None:
        return found
    own = store.receipts_of_grant(found.claims.grant_id)
    known = [claims_of(one.compact) for one in own]
    found = check_receipt(receipt, keys, signature_holds, at=at, issuer=issuer, newer=newer, known=known)
    # Who stole the key can write any date, but nothing into this database.
    issued_here = receipt.strip().decode("ascii") in {one.compact for one in own}
    return replace(found, key_stolen_at=None) if issued_here else found
