"""Receipts of consent: the keys that sign them, and how anybody checks one."""

from consent_registry.adapters.jws import Ed25519Receipts, signature_holds
from consent_registry.domain import ReceiptReading
from consent_registry.domain.receipt_checks import MAX_RECEIPT, check_receipt
from consent_registry.service.receipts import ReceiptKeyBook
from consent_registry.store import DatabaseReceiptKeys
from placet.wiring.kernel import Kernel

__all__ = ["MAX_RECEIPT", "ReceiptKeyBook", "ReceiptReading", "build_receipt_keys", "check_receipt", "signature_holds"]


def build_receipt_keys(kernel: Kernel) -> ReceiptKeyBook:
    """The keys that sign receipts."""
    numbers = DatabaseReceiptKeys(kernel.database)
    return ReceiptKeyBook(
        kernel.database, numbers, kernel.keys.derive, Ed25519Receipts.from_seed, kernel.ledger, kernel.clock
    )
