"""The Python door of the gateway."""

from generator_gateway.errors import GatewayReason
from generator_gateway.pipeline import produce, withdraw
from generator_gateway.ports import Appearance, AppearanceState, CaseSummary, Cause, Owner, ReleaseRecord
from generator_gateway.service.reviewing import CaseFile, ReviewDesk
from generator_gateway.service.tracing import AppearanceDesk
from generator_gateway.service.verification import Verification, VerificationDesk
from generator_gateway.service.videos import NewVideo, VideoDesk

__all__ = [
    "Appearance",
    "AppearanceDesk",
    "AppearanceState",
    "CaseFile",
    "CaseSummary",
    "Cause",
    "GatewayReason",
    "NewVideo",
    "Owner",
    "ReleaseRecord",
    "ReviewDesk",
    "Verification",
    "VerificationDesk",
    "VideoDesk",
    "produce",
    "withdraw",
]
