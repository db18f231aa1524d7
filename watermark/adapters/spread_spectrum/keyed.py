"""What a detector needs of one key, made when it is first needed."""

from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from watermark.adapters.spread_spectrum.patterns import COARSE, FAMILY, OUTER, Roles, roles_of
from watermark.adapters.spread_spectrum.spectrum import Packed
from watermark.domain.marks import MarkKey

COARSE_GRID, GRID = 160, 240
"""Sides of the torus on which patterns are sought and read: a quarter of the canonical one holds the coarse band, three
eighths hold every frequency used."""


class SyncPatterns(Protocol):
    """What a search needs of a key, or of several together."""

    def sync(self, grid: int) -> Packed:
        """What every payload shares, as transforms laid out like `spectrum.whitened`: float32 (FAMILY, grid, grid)."""
        ...

    def deviation(self, grid: int) -> float:
        """Standard deviation of the correlation of a whitened transform with a sync part, by theory."""
        ...


class KeyedPatterns:
    """The patterns under one key.

    Args:
        key: the key.
    """

    def __init__(self, key: MarkKey) -> None:
        self.key = key
        self._sync: dict[int, Packed] = {}
        self._deviations: dict[int, float] = {}

    @cached_property
    def roles(self) -> Roles:
        """Which coefficient does what."""
        return roles_of(self.key.secret)

    def sync(self, grid: int) -> Packed:
        """See `SyncPatterns`."""
        if grid not in self._sync:
            roles = self.roles
            used = self._used(grid)
            planes = np.zeros((FAMILY, grid, grid), np.float32)
            signs = roles.signs[:, used]
            planes[:, roles.down[used] % grid, 2 * roles.across[used] - 1] = signs[..., 0]
            planes[:, roles.down[used] % grid, 2 * roles.across[used]] = signs[..., 1]
            self._sync[grid] = planes
        return self._sync[grid]

    def deviation(self, grid: int) -> float:
        """See `SyncPatterns`."""
        if grid not in self._deviations:
            self._deviations[grid] = float(np.sqrt(4 * np.count_nonzero(self._used(grid))))
        return self._deviations[grid]

    def _used(self, grid: int) -> NDArray[np.bool_]:
        roles = self.roles
        return np.asarray(roles.sync & (roles.radius <= (COARSE if grid < GRID else OUTER)))


class JoinedKeys:
    """The patterns of several keys added up, for a search that shall cost as much as one key.

    Args:
        keys: the keys.

    Attributes:
        keys: the same.
    """

    def __init__(self, keys: Sequence[KeyedPatterns]) -> None:
        self.keys = tuple(keys)
        self._sync: dict[int, Packed] = {}

    def sync(self, grid: int) -> Packed:
        """The sum of all keys' patterns, as strong as one."""
        if grid not in self._sync:
            total = sum(keyed.sync(grid) for keyed in self.keys)
            self._sync[grid] = np.asarray(total / np.float32(np.sqrt(len(self.keys))), np.float32)
        return self._sync[grid]

    def deviation(self, grid: int) -> float:
        """As for one key."""
        return self.keys[0].deviation(grid)
