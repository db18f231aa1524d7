"""The keyed pattern: which cell of the spectrogram is raised and which lowered.

A tile of 256 frames (8.2 s) by 320 frequencies repeats over the sound. A quarter of its cells is the same for every
payload under a key and lets the detector find how the pattern lies (sync); the rest carry the coded bits, some 320
cells each, spread over the whole tile, so that any few seconds hold all of them.
"""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from watermark.adapters.keystream import KeyStream
from watermark.adapters.sound_mark.code import CODED_BITS, encode
from watermark.domain.marks import MarkKey

PERIOD = 256
"""Frames after which the pattern repeats."""
BINS = 320
"""Frequencies that it covers."""
SYNC_SHARE = 0.25


class SoundPattern:
    """The pattern under one key; made when first used.

    Args:
        key: what it is drawn from.
    """

    def __init__(self, key: MarkKey) -> None:
        self.key_id = key.id
        self._secret = key.secret

    @cached_property
    def signs(self) -> NDArray[np.float32]:
        """Keyed signs that whiten the cells, shape (256, 320)."""
        cells = PERIOD * BINS
        signs = KeyStream(self._secret, "sound:v1").signs(cells // 2, "signs")
        return signs.reshape(PERIOD, BINS).astype(np.float32)

    @cached_property
    def coded_bit(self) -> NDArray[np.intp]:
        """Which coded bit each cell carries, shape (256, 320); -1 for sync."""
        cells = PERIOD * BINS
        sync = int(cells * SYNC_SHARE)
        roles = np.arange(cells - sync) % CODED_BITS
        shuffled = np.concatenate([np.full(sync, -1), roles])[KeyStream(self._secret, "sound:v1").order(cells, "roles")]
        return shuffled.reshape(PERIOD, BINS).astype(np.intp)

    @cached_property
    def sync(self) -> NDArray[np.float32]:
        """The signs of the sync cells, 0 elsewhere, shape (256, 320)."""
        return np.where(self.coded_bit < 0, self.signs, np.float32(0))

    @cached_property
    def sync_spectrum(self) -> NDArray[np.complex64]:
        """Conjugate transform of the sync part over time, shape (129, 320)."""
        return np.conj(np.fft.rfft(self.sync, axis=0)).astype(np.complex64)

    def tile(self, payload: int) -> NDArray[np.float32]:
        """The whole pattern of one payload: +1 or -1, shape (256, 320)."""
        coded = np.append(1.0 - 2.0 * encode(payload), 1.0).astype(np.float32)
        return self.signs * coded[self.coded_bit]

    def soft_bits(self, cells: NDArray[np.float32]) -> NDArray[np.float64]:
        """Add up weighted cells, shape (256, 320), by coded bit: shape (192,)."""
        unsigned = (cells * self.signs).ravel()
        # np.bincount wants no negative numbers: sync cells go to an extra bin in front.
        return np.asarray(np.bincount(self.coded_bit.ravel() + 1, unsigned, CODED_BITS + 1)[1:], np.float64)
