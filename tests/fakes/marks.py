"""Marks that need no signal processing: bits in plain sight, and files with a tail."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trust_kernel.errors import InvalidInput
from watermark.domain.marks import Geometry, MarkedFile, MarkReading, Search, WatermarkReason
from watermark.ports.marks import YuvFrame

_BITS = 96
_CELL = 4


def _reading(payload: int | None, frames: int, seconds: float) -> MarkReading:
    return MarkReading(
        found=payload is not None,
        payload=payload,
        confidence=99.0 if payload is not None else 0.0,
        threshold=8.0,
        geometry=Geometry() if payload is not None else None,
        frames=frames,
        seconds=seconds,
    )


class PlainMarker:
    """A `VideoMarker` that paints 64 bits and a keyed check of 32 as black and white cells along the top."""

    name = "plain"
    payload_bits = 64

    def __init__(self, key: bytes) -> None:
        self._key = key

    def bits(self, payload: int) -> NDArray[np.uint8]:
        """What the cells say: payload, then its check under the key."""
        plain = payload.to_bytes(8, "big")
        return np.unpackbits(np.frombuffer(plain + hashlib.sha256(self._key + plain).digest()[:4], np.uint8))

    def embedder(self, payload: int, width: int, height: int) -> "PlainEmbedder":
        if not 0 <= payload < 1 << self.payload_bits:
            raise InvalidInput("does not fit", code=WatermarkReason.PAYLOAD, field="payload", limit="64 bits")
        assert width >= _BITS * _CELL
        assert height >= _CELL
        return PlainEmbedder(self.bits(payload))

    def detector(self) -> "PlainDetector":
        return PlainDetector(self)


class PlainEmbedder:
    """Paints the cells."""

    def __init__(self, bits: NDArray[np.uint8]) -> None:
        self._row = np.repeat(np.where(bits, 235, 16).astype(np.uint8), _CELL)

    def mark(self, frame: YuvFrame) -> YuvFrame:
        y = frame.y.copy()
        y[:_CELL, : len(self._row)] = self._row
        return replace(frame, y=y)


class PlainDetector:
    """Reads the cells."""

    def __init__(self, marker: PlainMarker) -> None:
        self._marker = marker
        self._seen: list[YuvFrame] = []

    def add(self, frame: YuvFrame) -> None:
        self._seen.append(frame)

    def read(self, search: Search) -> MarkReading:  # noqa: ARG002 - plain marks are never lost
        seconds = self._seen[-1].seconds - self._seen[0].seconds if self._seen else 0.0
        return _reading(
            next((found for frame in self._seen if (found := self._payload(frame)) is not None), None),
            len(self._seen),
            seconds,
        )

    def _payload(self, frame: YuvFrame) -> int | None:
        cells = frame.y[:_CELL, : _BITS * _CELL].reshape(_CELL, _BITS, _CELL).mean(axis=(0, 2)) > 128
        payload = int.from_bytes(np.packbits(cells[:64]).tobytes(), "big")
        return payload if (self._marker.bits(payload) == cells).all() else None


class TailFileMarks:
    """A `VideoFileMarks` whose marked file is the source and a tail with the payload.

    Args:
        forgets: write no tail, so that nothing reads back.
        changes: write another payload than the one asked for.
    """

    _TAIL = b"placet-mark:"

    def __init__(self, *, forgets: bool = False, changes: bool = False) -> None:
        self._forgets = forgets
        self._changes = changes
        self.searches: list[Search] = []

    def write(self, source: Path, target: Path, *, payload: int) -> MarkedFile:
        tail = b"" if self._forgets else self._TAIL + (payload ^ int(self._changes)).to_bytes(8, "big")
        target.write_bytes(source.read_bytes() + tail)
        return MarkedFile(psnr_y=43.5, frames=24, fps=24.0, width=640, height=360, size_ratio=1.0)

    def read(self, path: Path, search: Search) -> MarkReading:
        self.searches.append(search)
        data = path.read_bytes()
        marked = data[-len(self._TAIL) - 8 : -8] == self._TAIL
        return _reading(int.from_bytes(data[-8:], "big") if marked else None, 24, 1.0)
