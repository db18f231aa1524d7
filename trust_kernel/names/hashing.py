"""Strings as 64-bit numbers, many at a time, and tables from such numbers to rows.

A rolling hash after Rabin and Karp (1987), modulo 2^64: after one pass over a text the hash of any piece of it is a
subtraction and a product, so all pieces that could be a name are looked up together. Nothing here is secret and nothing
is sure: whatever is found is held against the name itself by the caller.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Numbers = NDArray[np.int64]

_BASE = 0x9E3779B97F4A7C15
_BASE_INVERSE = pow(_BASE, -1, 1 << 64)
_LETTER = np.uint64(0xD6E8FEB86659FD93)
_LENGTH = np.uint64(0xC2B2AE3D27D4EB4F)
_STIR = np.uint64(0xFF51AFD7ED558CCD)
_MOST_BITS = 30
_SPARE_BITS = 4
_FULL_SLOT = 64


@lru_cache(maxsize=8)
def _powers(bits: int) -> tuple[Hashes, Hashes]:
    """Powers of the base and of its inverse: 2^bits of each, and one."""
    forward = np.full((1 << bits) + 1, _BASE, dtype=np.uint64)
    back = np.full((1 << bits) + 1, _BASE_INVERSE, dtype=np.uint64)
    forward[0] = back[0] = 1
    return np.cumprod(forward, dtype=np.uint64), np.cumprod(back, dtype=np.uint64)


def stirred(hashes: Hashes, lengths: Numbers) -> Hashes:
    """Hashes spread over all 64 bits, so that the highest can choose a slot."""
    mixed = hashes + lengths.astype(np.uint64) * _LENGTH
    mixed ^= mixed >> np.uint64(32)
    mixed *= _STIR
    mixed ^= mixed >> np.uint64(29)
    mixed *= _LETTER
    mixed ^= mixed >> np.uint64(32)
    return mixed


def _valued(text: str) -> Hashes:
    """A number for each letter."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
    letters = (points + np.uint64(1)) * _LETTER
    return letters ^ (letters >> np.uint64(31))


class Rolling:
    """A text, ready to give the hash of any piece of it."""

    def __init__(self, text: str) -> None:
        letters = _valued(text)
        self._forward, self._back = _powers(max(10, len(text).bit_length()))
        self._sums = np.zeros(letters.size + 1, dtype=np.uint64)
        np.cumsum(letters * self._forward[: letters.size], out=self._sums[1:])

    def pieces(self, first: Numbers, end: Numbers, before: str = "") -> Hashes:
        """Hashes of the pieces [first, end), with one letter put before each of them if there is one given."""
        sums = (self._sums[end] - self._sums[first]) * self._back[first]
        if before:
            sums = sums * np.uint64(_BASE) + _valued(before)
        return stirred(sums, end - first + len(before))


def hash_strings(strings: Sequence[str]) -> Hashes:
    """One hash a string; the same that `Rolling` gives for that string inside a text."""
    if not strings:
        return np.zeros(0, dtype=np.uint64)
    ends = np.cumsum(np.fromiter(map(len, strings), dtype=np.int64, count=len(strings)))
    return Rolling("".join(strings)).pieces(np.concatenate([[0], ends[:-1]]).astype(np.int64), ends)


def spans_between(starts: Numbers, ends: Numbers, longest: int) -> tuple[Numbers, Numbers]:
    """Every pair [start, end) of sorted places that lie 1 to `longest` apart."""
    low = np.searchsorted(ends, starts, side="right")
    counts = np.searchsorted(ends, starts + longest, side="right") - low
    return np.repeat(starts, counts), ends[ranges(low, counts)]


def ranges(low: Numbers, counts: Numbers) -> Numbers:
    """The numbers low, low + 1, ... of each range, one after the other."""
    before = np.cumsum(counts) - counts
    return np.repeat(low - before, counts) + np.arange(int(counts.sum()), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Sieve:
    """A set of hashes that sometimes says yes too much (Bloom 1970, with one hash).

    Attributes:
        bits: one bit a slot, eight to a byte.
    """

    bits: NDArray[np.uint8]

    @classmethod
    def of(cls, hashes: Hashes) -> "Sieve":
        """A sieve with 16 to 32 slots a hash."""
        size = max(10, min(_MOST_BITS, int(hashes.size).bit_length() + _SPARE_BITS))
        bits = np.zeros(1 << (size - 3), dtype=np.uint8)
        slots = np.unique(hashes >> np.uint64(64 - size))
        np.bitwise_or.at(bits, slots >> np.uint64(3), np.uint8(1) << (slots & np.uint64(7)).astype(np.uint8))
        return cls(bits)

    def may_hold(self, hashes: Hashes) -> NDArray[np.bool_]:
        """False where a hash is not in the set."""
        slots = hashes >> np.uint64(64 - (self.bits.size.bit_length() + 2))
        held: NDArray[np.uint8] = self.bits[slots >> np.uint64(3)] >> (slots & np.uint64(7)).astype(np.uint8)
        return (held & 1).astype(np.bool_)


@dataclass(frozen=True, slots=True)
class HashTable:
    """Hashes in order, the row that each belongs to, and a sieve before them; 15 to 18 bytes a hash.

    Attributes:
        hashes: sorted; equal ones lie side by side.
        rows: of the same length.
        begins: where the hashes of each slot begin; the highest bits of a hash are its slot. One more, for the end.
        sieve: says quickly that a hash is not there.
    """

    hashes: Hashes
    rows: NDArray[np.uint32]
    begins: NDArray[np.uint32]
    sieve: Sieve

    @classmethod
    def of(cls, hashes: Hashes, rows: NDArray[np.uint32]) -> "HashTable":
        """Put hashes in order."""
        order = np.argsort(hashes, kind="stable")
        ordered = hashes[order]
        bits = max(4, int(hashes.size).bit_length() - 2)
        slots = np.arange(1, 1 << bits, dtype=np.uint64) << np.uint64(64 - bits)
        begins = np.concatenate([[0], np.searchsorted(ordered, slots), [hashes.size]]).astype(np.uint32)
        return cls(ordered, rows[order], begins, Sieve.of(ordered))

    def __len__(self) -> int:
        """Hashes."""
        return int(self.hashes.size)

    def find(self, hashes: Hashes, most: int = 1 << 20) -> tuple[Numbers, Numbers]:
        """Places in `hashes` and the rows found for them, at most about `most` each where they are many."""
        asked = np.flatnonzero(self.sieve.may_hold(hashes)) if self.hashes.size else np.zeros(0, dtype=np.int64)
        if not asked.size:
            return asked, asked
        slot = hashes[asked] >> np.uint64(64 - (self.begins.size - 1).bit_length() + 1)
        low = self.begins[slot].astype(np.int64)
        counts = self.begins[slot + np.uint64(1)] - low
        full = np.flatnonzero(counts > _FULL_SLOT)
        if full.size:  # many bear one name: look for where theirs begin and end
            wanted = hashes[asked[full]]
            low[full] = np.searchsorted(self.hashes, wanted, side="left")
            ends = np.searchsorted(self.hashes, wanted, side="right")
            counts[full] = np.minimum(ends - low[full], most)
        places, found = np.repeat(asked, counts), ranges(low, counts)
        same = self.hashes[found] == hashes[places]
        return places[same], self.rows[found[same]].astype(np.int64)

    def arrays(self, name: str) -> Mapping[str, NDArray[np.generic]]:
        """For a file."""
        return {
            f"{name}.hashes": self.hashes,
            f"{name}.rows": self.rows,
            f"{name}.begins": self.begins,
            f"{name}.sieve": self.sieve.bits,
        }

    @classmethod
    def among(cls, arrays: Mapping[str, NDArray[np.generic]], name: str) -> "HashTable":
        """From a file."""
        return cls(
            arrays[f"{name}.hashes"].view(np.uint64),
            arrays[f"{name}.rows"].view(np.uint32),
            arrays[f"{name}.begins"].view(np.uint32),
            Sieve(arrays[f"{name}.sieve"].view(np.uint8)),
        )
