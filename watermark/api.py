"""The Python door of the marks and credentials."""

from watermark.domain.credential_keys import RequestSubject
from watermark.domain.credentials import (
    AiClaim,
    CredentialClaim,
    CredentialProfile,
    CredentialReason,
    CredentialReport,
    CredentialState,
    IngredientReport,
    Owner,
    SignedCredential,
    SignerReport,
    SoftBinding,
    TrustAnchors,
)
from watermark.domain.disclosure import Deployment, DisclosureReason, Made, Nature
from watermark.domain.jumbf import only_manifest
from watermark.domain.marks import (
    Geometry,
    MarkReading,
    MarkReport,
    MarksFound,
    SoundReading,
    Stretch,
    Visibility,
    WatermarkReason,
    sound_number,
)
from watermark.service.credentials import CredentialService
from watermark.service.disclosing import DisclosureService
from watermark.service.keys import MarkKeyBook
from watermark.service.marking import MarkingService

__all__ = [
    "AiClaim",
    "CredentialClaim",
    "CredentialProfile",
    "CredentialReason",
    "CredentialReport",
    "CredentialService",
    "CredentialState",
    "Deployment",
    "DisclosureReason",
    "DisclosureService",
    "Geometry",
    "IngredientReport",
    "Made",
    "MarkKeyBook",
    "MarkReading",
    "MarkReport",
    "MarkingService",
    "MarksFound",
    "Nature",
    "Owner",
    "RequestSubject",
    "SignedCredential",
    "SignerReport",
    "SoftBinding",
    "SoundReading",
    "Stretch",
    "TrustAnchors",
    "Visibility",
    "WatermarkReason",
    "only_manifest",
    "sound_number",
]
