"""Marks that any encoder keeps and that need no key: cells in the picture, tones in the sound."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from trust_kernel.errors import InvalidInput
from watermark.adapters.marking.markers import Marks
from watermark.domain.marks import SOUND_BITS, Geometry, MarkReading, Search, SoundReading, Stretch, WatermarkReason
from watermark.ports.marks import FrameEmbedder, Sound, YuvFrame

KEY_ID = "1"
_ROWS, _COLUMNS = 8, 9
_STEP = 24
_BLACK, _WHITE = 40, 210
_LOWEST, _SPACING, _LEVEL = 300, 100, 0.01


@dataclass
class CellMarker:
    """A `VideoMarker` that paints 64 bits and a parity for each row over the whole picture, as light or dark cells.

    One that is `blind` sees nothing.
    """

    name = "cells"
    payload_bits = 64
    blind: bool = False
    reads: list[tuple[Search, int]] = field(default_factory=list)

    def embedder(self, payload: int, width: int, height: int) -> FrameEmbedder:  # noqa: ARG002 - cells fit any size
        if not 0 <= payload < 1 << 64:
            raise InvalidInput("does not fit", code=WatermarkReason.PAYLOAD, field="payload", limit="64 bits")
        return CellEmbedder(_cells(payload))

    def detector(self) -> "CellDetector":
        return CellDetector(self.reads, self.blind)


@dataclass
class CellEmbedder:
    cells: NDArray[np.bool_]

    def mark(self, frame: YuvFrame) -> YuvFrame:
        high, wide = frame.y.shape
        rows, columns = np.arange(high) * _ROWS // high, np.arange(wide) * _COLUMNS // wide
        light = self.cells[rows][:, columns]
        return replace(frame, y=np.where(light, _WHITE, _BLACK).astype(np.uint8))


@dataclass
class CellDetector:
    reads: list[tuple[Search, int]]
    blind: bool
    seen: list[tuple[float, int | None]] = field(default_factory=list)

    def add(self, frame: YuvFrame) -> None:
        self.seen.append((frame.seconds, None if self.blind else _payload(frame.y)))

    def read(self, search: Search) -> MarkReading:
        self.reads.append((search, len(self.seen)))
        stretches: list[Stretch] = []
        for seconds, payload in self.seen:
            if payload is None:
                continue
            if stretches and stretches[-1].payload == payload and seconds - stretches[-1].end < 1:
                stretches[-1] = replace(stretches[-1], end=seconds)
            else:
                stretches.append(Stretch(seconds, seconds + 0.01, payload, KEY_ID, 50.0))
        best = max(stretches, key=lambda each: each.end - each.start, default=None)
        return MarkReading(
            found=best is not None,
            payload=best.payload if best else None,
            confidence=50.0 if best else 0.0,
            threshold=8.0,
            geometry=Geometry() if best else None,
            frames=len(self.seen),
            seconds=self.seen[-1][0] - self.seen[0][0] if self.seen else 0.0,
            key_id=KEY_ID if best else None,
            stretches=tuple(stretches),
            chance=1e-12 if best else 1.0,
        )


@dataclass
class ToneMarker:
    """A `SoundMarker` that adds a faint tone for every bit that is one, and one that is always there.

    One that is `deaf` hears nothing.
    """

    name = "tones"
    payload_bits = SOUND_BITS
    deaf: bool = False
    reads: list[tuple[Search, float]] = field(default_factory=list)
    marked: list[Sound] = field(default_factory=list)

    def mark(self, sound: Sound, payload: int) -> Sound:
        self.marked.append(sound)
        if not sound.samples.any():
            return sound
        times = np.arange(sound.samples.shape[1]) / sound.rate
        added = sum(_LEVEL * np.sin(2 * np.pi * hertz * times) for hertz in _tones(payload))
        return Sound((sound.samples + np.asarray(added)).astype(np.float32), sound.rate)

    def read(self, sound: Sound, search: Search) -> SoundReading:
        self.reads.append((search, sound.seconds))
        payload = None if self.deaf else _heard(sound)
        found = payload is not None
        stretches = (Stretch(0.0, sound.seconds, payload, KEY_ID, 30.0),) if payload is not None else ()
        return SoundReading(
            found, payload, 30.0 if found else 0.0, 8.0, sound.seconds, 1.0, KEY_ID if found else None, stretches
        )


def fake_marks(pictures: CellMarker | None = None, sound: ToneMarker | None = None) -> Marks:
    """Both, and a key for the path of the visible mark."""
    return Marks(pictures or CellMarker(), sound or ToneMarker(), b"visible")


def _cells(payload: int) -> NDArray[np.bool_]:
    bits = np.unpackbits(np.frombuffer(payload.to_bytes(8, "big"), np.uint8)).reshape(8, 8)
    return np.column_stack([bits, 1 - bits.sum(axis=1) % 2]).astype(np.bool_)


def _payload(luma: NDArray[np.uint8]) -> int | None:
    high, wide = luma.shape
    rows = ((np.arange(_ROWS) + 0.5) * high / _ROWS).astype(int)
    columns = ((np.arange(_COLUMNS) + 0.5) * wide / _COLUMNS).astype(int)
    values = luma[rows][:, columns].astype(int)
    if ((np.abs(values - _BLACK) > _STEP) & (np.abs(values - _WHITE) > _STEP)).any():
        return None
    cells = values > (_BLACK + _WHITE) // 2
    if not (cells.sum(axis=1) % 2 == 1).all():
        return None
    return int.from_bytes(np.packbits(cells[:, :8]).tobytes(), "big")


def _tones(payload: int) -> list[float]:
    wanted = [bit for bit in range(SOUND_BITS) if payload >> bit & 1]
    return [_LOWEST + _SPACING * (bit + 1.0) for bit in wanted] + [float(_LOWEST)]


def _heard(sound: Sound) -> int | None:
    mono = sound.samples.mean(axis=0)[: 20 * sound.rate]
    tones = (_LOWEST + _SPACING * np.arange(SOUND_BITS + 1)) * len(mono) / sound.rate
    loud = np.abs(np.fft.rfft(mono))[tones.round().astype(int)] * 2 / len(mono) > _LEVEL / 3
    return sum(1 << bit for bit in range(SOUND_BITS) if loud[bit + 1]) if loud[0] else None


class IdleMarker(CellMarker):
    """A `VideoMarker` that leaves pictures as they are."""

    def embedder(self, payload: int, width: int, height: int) -> FrameEmbedder:  # noqa: ARG002 - as the port has it
        return IdleEmbedder()


class IdleEmbedder:
    def mark(self, frame: YuvFrame) -> YuvFrame:
        return frame
