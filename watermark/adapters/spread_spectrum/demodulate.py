"""Reading bits off patterns whose pose is known, and checking what was read against the whole pattern."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from watermark.adapters import convolutional
from watermark.adapters.spread_spectrum import code
from watermark.adapters.spread_spectrum.keyed import GRID, KeyedPatterns
from watermark.adapters.spread_spectrum.patterns import FAMILY, INNER, OUTER, said
from watermark.adapters.spread_spectrum.spectrum import Matrix, Pyramid, whitened

_RINGS = 10
"""Rings of frequencies that get a weight each: encoders eat the outer ones first."""
_LOUD = 2.0
"""Times its surroundings' power from which a coefficient is the picture's, and is clipped."""
_HEARD, _FREEDOM = 2.0, 0.8
"""Standard deviations of its sync part from which a pattern is added up, and more for the root of the number of views:
joining views freely raises what chance gives."""
_LOADING = 0.03
"""Share of the mean power that is added to every view's: keeps what is measured badly from being believed."""
_WORTH_SHAKING = 10.3
"""Matched statistic of the likeliest word, its checksum wrong, from which words near it are looked at. Without a mark
it is 9.6 at the median and 10.7 in one of a hundred."""
Coefficients = NDArray[np.float32]
"""Real and imaginary parts, (n, 2), of the coefficients that roles name, whitened."""


@dataclass(frozen=True)
class Reading:
    """What was read at a pose.

    Attributes:
        payload: the number; None where its checksum is wrong.
        matched: correlation of its codeword with all data coefficients, in standard deviations of random signs.
    """

    payload: int | None
    matched: float


class Demodulator:
    """Reads patterns under one key.

    Args:
        keyed: the key.
    """

    def __init__(self, keyed: KeyedPatterns) -> None:
        self._roles = keyed.roles

    def coefficients(self, view: Pyramid, matrix: Matrix) -> Coefficients:
        """The whitened coefficients of a view laid back by `matrix`."""
        plane = whitened(view.folded(matrix, GRID))
        rows = self._roles.down % GRID
        parts = np.stack([plane[rows, 2 * self._roles.across - 1], plane[rows, 2 * self._roles.across]], axis=1)
        size = np.hypot(parts[:, 0], parts[:, 1])
        return np.asarray(parts * np.minimum(1, _LOUD / (size + 1e-9))[:, None], np.float32)

    def read(self, views: Sequence[Coefficients]) -> Reading | None:
        """The payload that views carry; None where no checksum fits or no pattern is heard."""
        soft, heard = self.soft(views)
        if not heard.any():
            return None
        likelihood = self._likelihood(soft)
        bits = code.likeliest(likelihood)
        reading = Reading(code.payload_of(bits), self._matched(soft, bits))
        if reading.payload is not None:
            return reading
        if reading.matched < _WORTH_SHAKING:
            return None
        near = [Reading(code.payload_of(one), self._matched(soft, one)) for one in code.likely(likelihood)]
        return max(near, key=lambda one: one.matched, default=None)

    def likeliest(self, views: Sequence[Coefficients]) -> Reading | None:
        """What views most likely say, its checksum right or wrong; None where no pattern is heard."""
        soft, heard = self.soft(views)
        if not heard.any():
            return None
        bits = code.likeliest(self._likelihood(soft))
        return Reading(code.payload_of(bits), self._matched(soft, bits))

    def present(self, views: Sequence[Coefficients], payload: int) -> NDArray[np.float64]:
        """How surely each view carries each pattern of a payload, (views, FAMILY), in standard deviations."""
        whole = said(self._roles, payload) * self._roles.signs
        flat = np.stack([view.reshape(-1) for view in views])
        power = np.sqrt(np.square(flat).sum(axis=1, keepdims=True)) + 1e-9
        return np.asarray(flat @ whole.reshape(FAMILY, -1).T / power, np.float64)

    def soft(self, views: Sequence[Coefficients]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Data parts of each pattern over all views, weighted by what the sync parts say: (FAMILY, 2 * data).

        Views are joined as an array of antennas is (Capon's beamformer): what they share, which is the picture where it
        stands still, is what their covariance says is noise, and cancels where the pattern came or went.
        """
        stacked = np.stack([view.reshape(-1) for view in views])
        sync, data = stacked[:, self._sync_parts], stacked[:, ~self._sync_parts]
        covariance = (stacked @ stacked.T).astype(np.float64) / stacked.shape[1]
        covariance += np.eye(len(views)) * (_LOADING * np.trace(covariance) / len(views))
        total = np.zeros((FAMILY, len(self._bits)), np.float32)
        heard = np.zeros(FAMILY, bool)
        needed = _HEARD + _FREEDOM * np.sqrt(len(views))
        for number in range(FAMILY):
            gain = (sync @ self._sync_signs[number].reshape(-1)).astype(np.float64) / sync.shape[1]
            beam = np.linalg.solve(covariance, gain).astype(np.float32)
            parts = beam @ sync
            fit = (parts * self._sync_signs[number].reshape(-1)).reshape(-1, 2).sum(axis=1)
            if fit.sum() < needed * np.sqrt(np.square(parts).sum()):
                continue
            total[number] = (beam @ data) * self._weights(fit)[self._data_rings]
            heard[number] = True
        return total, heard

    def _likelihood(self, soft: NDArray[np.float32]) -> NDArray[np.float64]:
        """Soft coded bits, (352,)."""
        summed = np.bincount(self._bits, (soft * self._signs).sum(axis=0), code.CODED_BITS)
        return np.asarray(summed, np.float64)

    def _weights(self, fit: NDArray[np.float32]) -> NDArray[np.float32]:
        """Gain over noise power of every ring, from the fit of its sync coefficients."""
        count = np.bincount(self._sync_rings, minlength=_RINGS) + 1e-9
        mean = np.bincount(self._sync_rings, fit, _RINGS) / count
        power = np.bincount(self._sync_rings, np.square(fit), _RINGS) / count - np.square(mean)
        # A gain is only known within its own noise; what may be nothing weighs little.
        sure = np.square(mean) / (np.square(mean) + power / count + 1e-12)
        return np.asarray(np.maximum(mean, 0) * sure / (power + 1e-9), np.float32)

    def _matched(self, soft: NDArray[np.float32], bits: NDArray[np.uint8]) -> float:
        coded = (1.0 - 2.0 * convolutional.encode(bits)).astype(np.float32)
        agreeing = float((soft * self._signs * coded[self._bits]).sum(dtype=np.float64))
        return agreeing / float(np.sqrt(np.square(soft, dtype=np.float64).sum()) + 1e-12)

    @cached_property
    def _bits(self) -> NDArray[np.int64]:
        """Coded bit of every data part, (2 * data,)."""
        return self._roles.coded_bit[~self._roles.sync].reshape(-1)

    @cached_property
    def _signs(self) -> NDArray[np.float32]:
        return self._roles.signs[:, ~self._roles.sync].reshape(FAMILY, -1)

    @cached_property
    def _sync_parts(self) -> NDArray[np.bool_]:
        return np.repeat(self._roles.sync, 2)

    @cached_property
    def _sync_signs(self) -> NDArray[np.float32]:
        return self._roles.signs[:, self._roles.sync]

    @cached_property
    def _rings(self) -> NDArray[np.int64]:
        ring = (self._roles.radius - INNER) / (OUTER + 1e-6 - INNER) * _RINGS
        return np.asarray(ring, np.int64)

    @cached_property
    def _sync_rings(self) -> NDArray[np.int64]:
        return self._rings[self._roles.sync]

    @cached_property
    def _data_rings(self) -> NDArray[np.int64]:
        return np.repeat(self._rings[~self._roles.sync], 2)
