"""The Python door of the gateway."""

from generator_gateway.errors import GatewayReason
from generator_gateway.pipeline import produce, withdraw
from generator_gateway.ports import Appearance, AppearanceState, CaseSummary, Cause, Owner, ReleaseRecord
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
from generator_gateway.service.reviewing import CaseFile, ReviewDesk
from generator_gateway.service.tracing import AppearanceDesk
from generator_gateway.service.verification import ReportDesk, ReportTerms, Sources, VerificationDesk
from generator_gateway.service.verification.texts import shown
from generator_gateway.service.videos import NewVideo, VideoDesk
from generator_gateway.wording import LANGUAGES, Wording, language_for, wording

__all__ = [
    "LANGUAGES",
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
    "MarkEvidence",
    "MarkSpan",
    "MarkState",
    "NewVideo",
    "OnStep",
    "Owner",
    "ReleaseEvidence",
    "ReleaseRecord",
    "ReportDesk",
    "ReportTerms",
    "ReviewDesk",
    "Segment",
    "Sources",
    "Statement",
    "Step",
    "Tone",
    "Track",
    "Verification",
    "VerificationDesk",
    "VideoDesk",
    "Wording",
    "language_for",
    "produce",
    "shown",
    "withdraw",
    "wording",
]
