"""The Python door of the gateway."""

from generator_gateway.errors import GatewayReason
from generator_gateway.pipeline import produce, withdraw
from generator_gateway.ports import Appearance, AppearanceState, CaseSummary, Cause, Owner, ReleaseRecord
from generator_gateway.ports.ownership import Objection, ObjectionState, ShareLink
from generator_gateway.ports.verification import (
    WITHDRAWN,
    Fact,
    Facts,
    Fit,
    Headline,
    MarkEvidence,
    MarkSpan,
    MarkState,
    OnStep,
    ReleaseEvidence,
    Segment,
    Statement,
    Step,
    Tone,
    Track,
    Verification,
)
from generator_gateway.service.lineage import Lineage, LineageDesk
from generator_gateway.service.ownership import OwnerEntry, Ownership, OwnershipDesk
from generator_gateway.service.reviewing import CaseFile, ReviewDesk
from generator_gateway.service.sharing import DEFAULT_DAYS, MAX_DAYS, NewLink, Shared, SharingDesk
from generator_gateway.service.tracing import AppearanceDesk
from generator_gateway.service.verification import ReportDesk, ReportTerms, Sources, VerificationDesk
from generator_gateway.service.verification.texts import shown
from generator_gateway.service.videos import NewVideo, VideoDesk
from generator_gateway.service.whereabouts import Part, UseOf, Whereabout, WhereaboutsDesk
from generator_gateway.wording import LANGUAGES, Wording, language_for, wording

__all__ = [
    "DEFAULT_DAYS",
    "LANGUAGES",
    "MAX_DAYS",
    "WITHDRAWN",
    "Appearance",
    "AppearanceDesk",
    "AppearanceState",
    "CaseFile",
    "CaseSummary",
    "Cause",
    "Fact",
    "Facts",
    "Fit",
    "GatewayReason",
    "Headline",
    "Lineage",
    "LineageDesk",
    "MarkEvidence",
    "MarkSpan",
    "MarkState",
    "NewLink",
    "NewVideo",
    "Objection",
    "ObjectionState",
    "OnStep",
    "Owner",
    "OwnerEntry",
    "Ownership",
    "OwnershipDesk",
    "Part",
    "ReleaseEvidence",
    "ReleaseRecord",
    "ReportDesk",
    "ReportTerms",
    "ReviewDesk",
    "Segment",
    "ShareLink",
    "Shared",
    "SharingDesk",
    "Sources",
    "Statement",
    "Step",
    "Tone",
    "Track",
    "UseOf",
    "Verification",
    "VerificationDesk",
    "VideoDesk",
    "Whereabout",
    "WhereaboutsDesk",
    "Wording",
    "language_for",
    "produce",
    "shown",
    "withdraw",
    "wording",
]
