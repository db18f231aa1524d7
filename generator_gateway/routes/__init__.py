"""HTTP doors of the gateway: videos, cases, appearances, verification."""

from generator_gateway.routes.appeals import build_appeal_router
from generator_gateway.routes.appearances import build_appearance_router
from generator_gateway.routes.bindings import build_binding_router
from generator_gateway.routes.cases import build_case_router
from generator_gateway.routes.feedback import build_feedback_router
from generator_gateway.routes.verify import build_verify_router
from generator_gateway.routes.videos import build_video_router

__all__ = [
    "build_appeal_router",
    "build_appearance_router",
    "build_binding_router",
    "build_case_router",
    "build_feedback_router",
    "build_verify_router",
    "build_video_router",
]
