"""The Python door of the marks and credentials."""

from watermark.domain.credentials import (
    AiClaim,
    CredentialClaim,
    CredentialProfile,
    CredentialReport,
    CredentialState,
    Owner,
    SignedCredential,
    TrustAnchors,
)
from watermark.domain.marks import MarkReading, MarkReport, WatermarkReason
from watermark.service.credentials import CredentialService
from watermark.service.marking import MarkingService

__all__ = [
    "AiClaim",
    "CredentialClaim",
    "CredentialProfile",
    "CredentialReport",
    "CredentialService",
    "CredentialState",
    "MarkReading",
    "MarkReport",
    "MarkingService",
    "Owner",
    "SignedCredential",
    "TrustAnchors",
    "WatermarkReason",
]
