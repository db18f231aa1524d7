"""Exact search by Hamming distance: every hash against every query, 64 bits at a time.

Linear in the number of hashes, about 5 ns for each pair of hash and query; exact, and nothing to build or to tune.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copyright_optout.domain import ClaimChange
from copyright_optout.ports import Hashes, IndexHit

_PAIRS = 1 << 20
"""Pairs compared at a time: 8 MB a word."""


@dataclass(frozen=True, slots=True)
class _Held:
    hashes: Hashes
    owners: NDArray[np.int64]
    claims: tuple[str, ...]


class BitMatrix:
    """Hashes in one matrix, replaced as a whole by each change: a search works on the one that it found."""

    def __init__(self) -> None:
        self._bits: dict[str, Hashes] = {}
        self._held = _Held(np.empty((0, 4), dtype=np.uint64), np.empty(0, dtype=np.int64), ())

    def __len__(self) -> int:
        """Hashes held."""
        return len(self._held.hashes)

    def apply(self, changes: Sequence[ClaimChange]) -> None:
        """Replace what is known of each changed claim."""
        for change in changes:
            if change.active and change.fingerprints:
                self._bits[change.claim_id] = words_of(change.fingerprints)
            else:
                self._bits.pop(change.claim_id, None)
        claims = tuple(self._bits)
        hashes = np.concatenate([np.empty((0, 4), dtype=np.uint64), *self._bits.values()])
        owners = np.repeat(np.arange(len(claims)), [len(self._bits[claim]) for claim in claims])
        self._held = _Held(hashes, owners, claims)

    def search(self, queries: Hashes, within: int) -> Sequence[IndexHit]:
        """For each query, every claim within that many bits, with the distance of its nearest hash."""
        held = self._held
        nearest: dict[tuple[int, int], int] = {}
        step = max(1, _PAIRS // max(1, len(queries)))
        for start in range(0, len(held.hashes), step):
            distances = _distances(queries, held.hashes[start : start + step])
            for query, place in np.argwhere(distances <= within):
                key = (int(query), int(held.owners[start + place]))
                distance = int(distances[query, place])
                nearest[key] = min(distance, nearest.get(key, distance))
        return [IndexHit(query, held.claims[owner], distance) for (query, owner), distance in nearest.items()]


def _distances(queries: Hashes, hashes: Hashes) -> NDArray[np.uint16]:
    distances = np.zeros((len(queries), len(hashes)), dtype=np.uint16)
    for word in range(4):
        distances += np.bitwise_count(queries[:, word, None] ^ hashes[None, :, word])
    return distances


def words_of(bits: Sequence[str]) -> Hashes:
    """Hashes of 64 hex digits each, as words."""
    raw = b"".join(bytes.fromhex(each) for each in bits)
    return np.frombuffer(raw, dtype=">u8").astype(np.uint64).reshape(-1, 4)
