"""What every backend does with an order around the rendering itself."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from generator_gateway.ports import RenderOrder
from trust_kernel.errors import InvalidInput
from trust_kernel.media.refs import Look, MediaLimits

_SIDES = (64, 4096)
_PIXELS = 1920 * 1920
_SECONDS = (1, 120)


class Looker(Protocol):
    """Decodes an untrusted file in a sandbox; `trust_kernel.media.decode.Decoder` is one."""

    def look(self, path: Path, limits: MediaLimits, *, fps: float = 2.0, longest: int = 1280) -> Look:
        """Decode a picture, video or sound within limits."""
        ...


def check(order: RenderOrder) -> None:
    """Refuse a size or length that no backend here renders.

    Raises:
        InvalidInput: sides must be even, 64 to 4096, 3.7 megapixels in all; 1 to 120 seconds.
    """
    for field, value in (("width", order.width), ("height", order.height)):
        if value % 2 or not _SIDES[0] <= value <= _SIDES[1]:
            limit = f"even, {_SIDES[0]} to {_SIDES[1]} pixels"
            raise InvalidInput(f"{field} must be {limit}", code="backend:order:size", field=field, limit=limit)
    if order.width * order.height > _PIXELS:
        raise InvalidInput("too many pixels", code="backend:order:size", field="size", limit=f"{_PIXELS} pixels")
    if not _SECONDS[0] <= order.seconds <= _SECONDS[1]:
        limit = f"{_SECONDS[0]} to {_SECONDS[1]} seconds"
        raise InvalidInput(f"seconds must be {limit}", code="backend:order:length", field="seconds", limit=limit)


@contextmanager
def whole_or_nothing(target: Path) -> Iterator[Path]:
    """A file to write beside `target`, which takes its name at the end; an exception leaves neither."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}-", suffix=".part", dir=target.parent)
    os.close(handle)
    partial = Path(name)
    try:
        yield partial
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
