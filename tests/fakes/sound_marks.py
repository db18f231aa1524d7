"""Marks in sound that need no signal processing: bits in plain sight in the first samples."""

import hashlib

import numpy as np
from numpy.typing import NDArray

from watermark.domain.marks import SOUND_BITS, MarkKeys, Search, SoundReading, Stretch, check_payload
from watermark.ports.marks import Sound

_STEP = np.float32(1 / 1024)


class PlainSoundMarker:
    """A `SoundMarker` that writes 32 bits and a keyed check of 32 as the sign of the first 64 samples."""

    name = "plain"
    payload_bits = SOUND_BITS

    def __init__(self, keys: MarkKeys) -> None:
        self._keys = keys

    def mark(self, sound: Sound, payload: int) -> Sound:
        check_payload(payload, self.payload_bits)
        if sound.seconds < 1 or not sound.samples.any():
            return sound
        bits = _bits(self._keys.current.secret, payload)
        samples = sound.samples.copy()
        samples[:, : len(bits)] = np.where(bits, _STEP, -_STEP)
        return Sound(samples, sound.rate)

    def read(self, sound: Sound, search: Search) -> SoundReading:  # noqa: ARG002 - plain marks are never lost
        seen = sound.samples[0, :64] > 0 if sound.samples.shape[1] >= 64 else np.zeros(64, np.bool_)
        payload = int.from_bytes(np.packbits(seen[:SOUND_BITS]).tobytes(), "big")
        key = next((key for key in self._keys.all if (_bits(key.secret, payload) == seen).all()), None)
        if key is None:
            return SoundReading(found=False, payload=None, confidence=0.0, threshold=8.0, seconds=sound.seconds)
        return SoundReading(
            found=True,
            payload=payload,
            confidence=99.0,
            threshold=8.0,
            seconds=sound.seconds,
            key_id=key.id,
            stretches=(Stretch(0.0, sound.seconds, payload, key.id, 99.0),),
            chance=2.0**-32,
        )


class PlainPresence:
    """A `SoundPresence` that makes every sixteenth sample of the first thousand an exact multiple of 1/1024."""

    def mark(self, sound: Sound) -> Sound:
        samples = sound.samples.copy()
        samples[:, :1000:16] = np.round(samples[:, :1000:16] / _STEP) * _STEP
        return Sound(samples, sound.rate)

    def score(self, sound: Sound) -> float:
        marked = sound.samples[:, :1000:16]
        return float(marked.any() and (np.round(marked / _STEP) * _STEP == marked).mean() > 0.9)


def _bits(secret: bytes, payload: int) -> NDArray[np.bool_]:
    plain = payload.to_bytes(SOUND_BITS // 8, "big")
    return np.unpackbits(np.frombuffer(plain + hashlib.sha256(secret + plain).digest()[:4], np.uint8)).astype(np.bool_)
