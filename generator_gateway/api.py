"""The Python door of the gateway."""

from generator_gateway.errors import GatewayReason
from generator_gateway.pipeline import produce, withdraw
from generator_gateway.ports import Appearance, AppearanceState, CaseSummary, Cause, Owner, ReleaseRecord
from generator_gateway.ports.appeals import Appeal, AppealKind, AppealState, Choice, Said
from generator_gateway.ports.ownership import Objection, ObjectionState, ShareLink
from generator_gateway.ports.takedowns import (
    Batch,
    BatchItem,
    BatchState,
    ItemState,
    TakedownCause,
    Takedowns,
    Touched,
)
from generator_gateway.ports.verification import (
    STANDING,
    STANDING_CODES,
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
from generator_gateway.service.appeal_deciding import AppealFile, AppealReview
from generator_gateway.service.appeal_holders import AppealHearing, Hearing
from generator_gateway.service.appeals import AppealDesk, OwnAppeals
from generator_gateway.service.lineage import Lineage, LineageDesk
from generator_gateway.service.ownership import OwnerEntry, Ownership, OwnershipDesk
from generator_gateway.service.reviewing import CaseFile, ReviewDesk
from generator_gateway.service.sharing import DEFAULT_DAYS, MAX_DAYS, NewLink, Shared, SharingDesk
from generator_gateway.service.takedown_asking import AskedSearches
from generator_gateway.service.takedowns import TakedownDesk
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
    "STANDING",
    "STANDING_CODES",
    "Appeal",
    "AppealDesk",
    "AppealFile",
    "AppealHearing",
    "AppealKind",
    "AppealReview",
    "AppealState",
    "Appearance",
    "AppearanceDesk",
    "AppearanceState",
    "AskedSearches",
    "Batch",
    "BatchItem",
    "BatchState",
    "CaseFile",
    "CaseSummary",
    "Cause",
    "Choice",
    "Fact",
    "Facts",
    "Fit",
    "GatewayReason",
    "Headline",
    "Hearing",
    "ItemState",
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
    "OwnAppeals",
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
    "Said",
    "Segment",
    "ShareLink",
    "Shared",
    "SharingDesk",
    "Sources",
    "Statement",
    "Step",
    "TakedownCause",
    "TakedownDesk",
    "Takedowns",
    "Tone",
    "Touched",
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
