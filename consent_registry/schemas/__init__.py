"""Shapes of the registry's HTTP interface."""

from consent_registry.schemas.grants import AudienceShape, GrantList, GrantOut, NewGrant, RevocationOut, ScopeShape
from consent_registry.schemas.people import CameoOut, ForgottenOut, NewSubject, SubjectOut
from consent_registry.schemas.receipts import ReceiptLine, ReceiptList, ReceiptOut

__all__ = [
    "AudienceShape",
    "CameoOut",
    "ForgottenOut",
    "GrantList",
    "GrantOut",
    "NewGrant",
    "NewSubject",
    "ReceiptLine",
    "ReceiptList",
    "ReceiptOut",
    "RevocationOut",
    "ScopeShape",
    "SubjectOut",
]
