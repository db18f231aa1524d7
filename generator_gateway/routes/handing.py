"""Hands a stored file out, and lets it go when the answer is sent."""

from contextlib import AbstractContextManager
from pathlib import Path

from fastapi import Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from generator_gateway.errors import GatewayReason
from trust_kernel.errors import InvalidInput

VARIANTS = {"video": "video/mp4", "thumbnail": "image/webp", "spritesheet": "image/jpeg"}
"""What can be downloaded; each is marked and signed."""


def media_type_of(variant: str) -> str:
    """Raises InvalidInput where there is no such variant."""
    if variant not in VARIANTS:
        raise InvalidInput(
            "there is no such variant", code=GatewayReason.VARIANT_UNKNOWN, field="variant", limit=", ".join(VARIANTS)
        )
    return VARIANTS[variant]


def hand_out(opened: AbstractContextManager[Path], media_type: str) -> Response:
    """The file, whole or the range that was asked for; kept by nobody on the way."""
    path = opened.__enter__()
    close = BackgroundTask(opened.__exit__, None, None, None)
    return FileResponse(path, media_type=media_type, headers={"cache-control": "no-store"}, background=close)
