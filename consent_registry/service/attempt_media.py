"""Pictures and recordings of an attempt that waits, sealed under the subject's key."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consent_registry.domain.enrolments import EnrolmentAttempt
from consent_registry.service.enrolment import pack, unpack
from consent_registry.service.parts import RegistryParts

_LONGEST = 1600
"""Pixels of the longer side of a picture that waits: more than any face needs, and 20 of them still fit a row each."""
_PICTURE, _RECORDING = "picture", "recording"


@dataclass(frozen=True, slots=True)
class Media:
    """What shows a person.

    Attributes:
        pictures: uint8 RGB (h, w, 3) each.
        recordings: float32 mono at 16 kHz each.
    """

    pictures: tuple[NDArray[np.uint8], ...]
    recordings: tuple[NDArray[np.float32], ...]


class AttemptMedia:
    """Seals and opens them."""

    def __init__(self, parts: RegistryParts) -> None:
        self._parts = parts

    def keep(self, attempt: EnrolmentAttempt, media: Media) -> None:
        """Seal and store, in the caller's transaction."""
        kinds: dict[str, Sequence[NDArray[Any]]] = {
            _PICTURE: [smaller(one) for one in media.pictures],
            _RECORDING: list(media.recordings),
        }
        for kind, arrays in kinds.items():
            sealed = [
                self._parts.keyring.seal(attempt.subject_id, pack(array), _context(attempt, kind)) for array in arrays
            ]
            self._parts.store.add_attempt_media(attempt.id, kind, sealed)

    def opened(self, attempt: EnrolmentAttempt) -> Media:
        """What is kept of an attempt; raises NotFound where the person was forgotten."""
        with self._parts.unit.reading():
            pictures, recordings = (
                [
                    unpack(self._parts.keyring.open(attempt.subject_id, sealed, _context(attempt, kind)))
                    for sealed in self._parts.store.attempt_media(attempt.id, kind)
                ]
                for kind in (_PICTURE, _RECORDING)
            )
        return Media(
            tuple(one.astype(np.uint8, copy=False) for one in pictures),
            tuple(one.astype(np.float32, copy=False) for one in recordings),
        )

    def counted(self, attempt: EnrolmentAttempt) -> tuple[int, int]:
        """How many pictures and recordings are kept of an attempt."""
        with self._parts.unit.reading():
            pictures, recordings = (
                len(self._parts.store.attempt_media(attempt.id, kind)) for kind in (_PICTURE, _RECORDING)
            )
        return pictures, recordings


def smaller(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture of at most `_LONGEST` pixels a side, uint8 RGB (h, w, 3): means of whole cells (area averaging)."""
    step = -(-max(picture.shape[:2]) // _LONGEST)
    if step == 1:
        return picture
    height, width = (max(1, side // step) for side in picture.shape[:2])
    cells = picture[: height * step, : width * step].astype(np.float32)
    means = cells.reshape(height, step, width, step, 3).mean(axis=(1, 3))
    return np.asarray(np.round(means), np.uint8)


def _context(attempt: EnrolmentAttempt, kind: str) -> str:
    return f"enrolment:{attempt.id}:{kind}"
