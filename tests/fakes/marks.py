"""Marks that need no signal processing: bits in plain sight."""

import hashlib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from watermark.domain.marks import Geometry, MarkKey, MarkKeys, MarkReading, Search, Stretch, check_payload
from watermark.ports.marks import YuvFrame

_BITS = 96
_CELL = 4


class PlainMarker:
    """A `VideoMarker` that paints 64 bits and a keyed check of 32 as black and white cells along the top."""

    name = "plain"
    payload_bits = 64

    def __init__(self, keys: MarkKeys) -> None:
        self.keys = keys

    def bits(self, key: MarkKey, payload: int) -> NDArray[np.uint8]:
        """What the cells say: payload, then its check under the key."""
        plain = payload.to_bytes(8, "big")
        return np.unpackbits(np.frombuffer(plain + hashlib.sha256(key.secret + plain).digest()[:4], np.uint8))

    def embedder(self, payload: int, width: int, height: int) -> "PlainEmbedder":
        check_payload(payload, self.payload_bits)
        assert width >= _BITS * _CELL
        assert height >= _CELL
        return PlainEmbedder(self.bits(self.keys.current, payload))

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
        said = [(frame.seconds, *found) for frame in self._seen if (found := self._said(frame)) is not None]
        stretches: list[Stretch] = []
        for seconds, payload, key_id in said:
            last = stretches[-1] if stretches else None
            if last and (last.payload, last.key_id) == (payload, key_id):
                stretches[-1] = replace(last, end=seconds + 0.25)
            else:
                stretches.append(Stretch(seconds, seconds + 0.25, payload, key_id, 99.0))
        return MarkReading(
            found=bool(said),
            payload=said[0][1] if said else None,
            confidence=99.0 if said else 0.0,
            threshold=8.0,
            geometry=Geometry() if said else None,
            frames=len(self._seen),
            seconds=self._seen[-1].seconds - self._seen[0].seconds if self._seen else 0.0,
            key_id=said[0][2] if said else None,
            stretches=tuple(stretches),
            chance=2.0**-32 if said else 1.0,
        )

    def _said(self, frame: YuvFrame) -> tuple[int, str] | None:
        cells = frame.y[:_CELL, : _BITS * _CELL].reshape(_CELL, _BITS, _CELL).mean(axis=(0, 2)) > 128
        payload = int.from_bytes(np.packbits(cells[:64]).tobytes(), "big")
        for key in self._marker.keys.all:
            if (self._marker.bits(key, payload) == cells).all():
                return payload, key.id
        return None
