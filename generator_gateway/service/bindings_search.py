"""Search over the fingerprints of all releases, in memory: exact, linear, and nothing to build.

Pictures: a frame of one video is a frame of another where their PDQ hashes differ by at most 31 of 256 bits, and the
videos are alike where four of five frames of either are (the vPDQ defaults, as in `copyright_optout.domain.alike`).
Sound: two stretches are alike where fewer bits differ than chance allows for the number of bits that were compared.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator_gateway.ports.bindings import ByteCodes, Prints
from generator_gateway.service.bindings_iscc import read_code
from trust_kernel.media.sound_search import KEPT_EVERY, sound_matches

Words = NDArray[np.uint64]
_Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
"""Of pairs of near hashes: query, frame, bits."""

NEAR_BITS = 31
"""Bits of 256 by which two frames of one picture differ at most (vPDQ, ThreatExchange)."""
LEAST_SHARE = 0.8
"""Share of the frames of either video that must be near."""
_HASH_BITS = 256
_MOST_FRAMES = 128
"""Frames of a query that are searched for, evenly; what else it has is for `fits`."""
_PAIRS = 1 << 16
"""Hashes compared at a time: half a megabyte a word, which stays in the processor's cache."""

_AT_ONCE = 4096
"""Releases taken in at a time."""

_CODE_SURE = 7.0
"""Standard deviations by which the bits of two Data-Codes that agree must pass one half of them."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a release.

    Attributes:
        pictures: PDQ hashes, 32 bytes each.
        sound: sub-fingerprints, 4 bytes each, big-endian, `KEPT_EVERY` steps apart.
        iscc: composite code or empty.
    """

    case_id: str
    pictures: bytes
    sound: bytes
    iscc: str = ""

    @classmethod
    def of(cls, case_id: str, prints: Prints) -> "Kept":
        """What is kept of a release with these fingerprints."""
        pictures = b"".join(bytes.fromhex(bits) for bits in prints.pictures)
        sound = np.array(prints.sound[::KEPT_EVERY], dtype=">u4").tobytes()
        return cls(case_id, pictures, sound, prints.iscc)


@dataclass(frozen=True, slots=True)
class Likeness:
    """A release that resembles what was searched for.

    Attributes:
        similarity: in [0, 100].
        by: "pictures", "sound" or "iscc".
    """

    case_id: str
    similarity: int
    by: str


class PrintIndex:
    """Fingerprints of releases, appended to. A search sees what was there when it began; whoever appends locks."""

    def __init__(self) -> None:
        self._cases: list[str] = []
        self._frames = _Column(np.dtype(np.uint64), 4)
        self._frame_starts = _Column(np.dtype(np.int64), 1)
        self._sound = _Column(np.dtype(np.uint32), 1)
        self._sound_starts = _Column(np.dtype(np.int64), 1)
        self._codes = _Column(np.dtype(np.uint8), 32)

    def __len__(self) -> int:
        """Releases held."""
        return len(self._cases)

    @property
    def frames(self) -> int:
        """Hashes of frames held."""
        return len(self._frames.values)

    def add(self, releases: Sequence[Kept]) -> None:
        """Take releases in."""
        for part in (releases[start : start + _AT_ONCE] for start in range(0, len(releases), _AT_ONCE)):
            frames = [np.frombuffer(one.pictures, ">u8").reshape(-1, 4) for one in part]
            sounds = [np.frombuffer(one.sound, ">u4").reshape(-1, 1) for one in part]
            codes = np.stack([_code_row(one.iscc) for one in part])
            # First, so that a search that runs meanwhile never finds a place without a case; starts before what they
            # start, which a search reads in the other order.
            self._cases += [one.case_id for one in part]
            self._frame_starts.extend(len(self._frames.values) + _starts(frames))
            self._sound_starts.extend(len(self._sound.values) + _starts(sounds))
            self._frames.extend(_sorted_bits(np.concatenate(frames).astype(np.uint64)))
            self._sound.extend(np.concatenate(sounds).astype(np.uint32))
            self._codes.extend(codes)

    def search(self, prints: Prints, *, sole: bool = False) -> list[Likeness]:
        """Releases that look, sound or are stored alike, the most similar first.

        Args:
            prints: what to look for.
            sole: the release is named already, by a mark, so that less is needed to believe that it is alike.
        """
        found = [*self._alike_bytes(prints.iscc), *self._alike_pictures(prints.pictures)]
        found += self._alike_sound(prints.sound, sole=sole)
        return sorted(found, key=lambda one: (-one.similarity, one.by, one.case_id))

    def showing(self, pictures: Words, within: int = NEAR_BITS) -> dict[str, tuple[int, int]]:
        """Releases with a frame that is one of these pictures, however flipped.

        Args:
            pictures: uint64 (n, 4), PDQ hashes.
            within: bits of 256 up to which a frame is a picture, at most NEAR_BITS.

        Returns:
            By case id: bits of the nearest frame, and how many frames are one of the pictures.
        """
        frames, starts = self._frames.values, self._frame_starts.values[:, 0]
        if not len(pictures) or not len(frames):
            return {}
        queries = np.unique(_sorted_bits(pictures), axis=0)
        found: dict[str, tuple[int, int]] = {}
        for _, frame, bits, _ in (pairs[:, pairs[2] <= within] for pairs in _near_frames(queries, frames)):
            places = np.searchsorted(starts, frame, side="right") - 1
            for place in np.unique(places).tolist():
                mine = places == place
                nearest, many = found.get(self._cases[place], (_HASH_BITS, 0))
                count = len(np.unique(frame[mine]))
                found[self._cases[place]] = min(nearest, int(bits[mine].min())), many + count
        return found

    def _alike_bytes(self, code: str) -> list[Likeness]:
        return self.with_codes(read_code(code)) if code else []

    def with_codes(self, codes: ByteCodes) -> list[Likeness]:
        """Releases whose files have the same bytes, or nearly so, the most similar first."""
        rows = self._codes.values
        has = rows.any(axis=1)
        similarity = np.zeros(len(rows))
        if codes.data:
            mine = np.frombuffer(codes.data, np.uint8)
            bits = 8 * len(mine)
            same = bits - np.bitwise_count(rows[:, : len(mine)] ^ mine).sum(axis=1, dtype=np.int64)
            near = has & (same >= bits / 2 + _CODE_SURE * math.sqrt(bits) / 2)
            similarity[near] = 100 * same[near] / bits
        if codes.instance:
            mine = np.frombuffer(codes.instance, np.uint8)
            similarity[has & (rows[:, 16 : 16 + len(mine)] == mine).all(axis=1)] = 100
        order = np.argsort(-similarity, kind="stable")[: np.count_nonzero(similarity)]
        return [Likeness(self._cases[place], int(similarity[place]), "iscc") for place in order]

    def _alike_pictures(self, pictures: Sequence[str]) -> list[Likeness]:
        queries = _hashes(pictures)
        frames, starts = self._frames.values, self._frame_starts.values[:, 0]
        if not len(queries) or not len(frames):
            return []
        near = [np.empty((4, 0), np.int64), *_near_frames(queries, frames)]
        query, frame, bits, turns = np.concatenate(near, axis=1)
        for turn in np.unique(turns):
            mine = turns == turn
            if found := self._enough((query[mine], frame[mine], bits[mine]), len(queries), len(frames), starts):
                return found
        return []

    def _enough(self, near: _Pairs, queries: int, count: int, starts: NDArray[np.int64]) -> list[Likeness]:
        """Of pairs of near frames, all turned alike, the releases of which there are enough."""
        query, frame, bits = near
        release = np.searchsorted(starts, frame, side="right") - 1
        order = np.lexsort((bits, query, release))
        query, ours, bits = query[order], release[order], bits[order]
        nearest = np.ones(len(order), np.bool_)
        nearest[1:] = (ours[1:] != ours[:-1]) | (query[1:] != query[:-1])
        places, mine = np.unique(ours[nearest], return_counts=True)
        wrong = np.add.reduceat(bits[nearest], np.cumsum([0, *mine[:-1]])) / mine
        theirs = np.unique(np.unique(np.stack([release, frame]), axis=1)[0], return_counts=True)[1]
        sizes = np.diff(starts, append=count)[places]
        shares = np.maximum(mine / queries, theirs / sizes)
        similarity = np.round(100 * shares * (1 - wrong / _HASH_BITS)).astype(np.int64)
        return [
            Likeness(self._cases[place], int(similarity[one]), "pictures")
            for one, place in enumerate(places)
            if shares[one] >= LEAST_SHARE
        ]

    def _alike_sound(self, sound: Sequence[int], *, sole: bool) -> list[Likeness]:
        kept, starts = self._sound.values[:, 0], self._sound_starts.values[:, 0]
        query = np.array(sound, np.uint32)
        best: dict[int, float] = {}
        for match in sound_matches(query, kept, starts, sole=sole):
            best[match.work] = min(match.errors, best.get(match.work, 1.0))
        return [Likeness(self._cases[release], round(100 * (1 - best[release])), "sound") for release in best]


class _Column:
    """Rows in one array that grows by doubling. What was given out stays as it was."""

    def __init__(self, dtype: "np.dtype[Any]", width: int) -> None:
        self._room: NDArray[Any] = np.empty((64, width), dtype)
        self.values: NDArray[Any] = self._room[:0]

    def extend(self, rows: NDArray[Any]) -> None:
        used = len(self.values)
        needed = used + len(rows)
        if needed > len(self._room):
            room = np.empty((max(needed, 2 * len(self._room)), self._room.shape[1]), self._room.dtype)
            room[:used] = self.values
            self._room = room
        self._room[used:needed] = rows.reshape(len(rows), self._room.shape[1])
        self.values = self._room[:needed]


def _starts(parts: Sequence[NDArray[Any]]) -> NDArray[np.int64]:
    return np.cumsum([0, *(len(part) for part in parts[:-1])], dtype=np.int64)


def _code_row(iscc: str) -> NDArray[np.uint8]:
    """Data- and Instance-Code, 16 bytes each; zeros where there is none."""
    codes = read_code(iscc) if iscc else ByteCodes()
    row = codes.data.ljust(16, b"\0") + codes.instance.ljust(16, b"\0")
    return np.frombuffer(row, np.uint8)


def _hashes(pictures: Sequence[str]) -> Words:
    """Hashes as words (n, 4), sorted, each once, at most `_MOST_FRAMES`, evenly."""
    once = list(dict.fromkeys(pictures))
    if len(once) > _MOST_FRAMES:
        once = [once[round(place)] for place in np.linspace(0, len(once) - 1, _MOST_FRAMES)]
    raw = b"".join(bytes.fromhex(bits) for bits in once)
    return _sorted_bits(np.frombuffer(raw, ">u8").reshape(-1, 4).astype(np.uint64))


_COLUMNS, _ROWS = np.uint64(0x5555555555555555), np.uint64(0x0000FFFF0000FFFF)
"""Bits of a word that a mirrored picture changes, and one that is upside down: every other column or row of its DCT."""
_TURNED = np.array([[0, 0, 0, 0], [0, 1, 0, 1], [0, 0, 1, 1], [0, 1, 1, 0]])
"""Which words of sorted bits change where a picture is as it is, mirrored, upside down, both."""


def _sorted_bits(hashes: Words) -> Words:
    """The bits of hashes (n, 4) by what changes them: nothing, mirroring, turning upside down, either alone.

    Mirroring and turning change whole words then, so that one comparison counts for a picture turned in any way.
    """
    one, two, three, four = hashes.T
    columns = _halves(one, two, _COLUMNS, np.uint64(1)), _halves(three, four, _COLUMNS, np.uint64(1))
    words = [_halves(upper, lower, _ROWS, np.uint64(16)) for upper, lower in zip(*columns, strict=True)]
    (mirrored_upside, mirrored), (upside, always) = words
    return np.stack([always, mirrored, upside, mirrored_upside], axis=1)


def _halves(upper: Words, lower: Words, mask: np.uint64, shift: np.uint64) -> tuple[Words, Words]:
    """The bits of two words that are in a mask, and those that are not."""
    return (upper & mask) | ((lower & mask) << shift), ((upper >> shift) & mask) | (lower & ~mask)


def _near_frames(queries: Words, frames: Words) -> Iterator[NDArray[np.int64]]:
    """Pairs of near hashes of sorted bits, however turned, (4, n): query, frame, bits, place in `_TURNED`.

    No turn changes the first word, and any changes all of the second or nothing of it. What differs in these two by
    more than NEAR_BITS, whichever way, is ruled out; that is nearly everything.
    """
    step = max(1, _PAIRS // len(queries))
    wide, counts = np.empty((len(queries), step), np.uint64), np.empty((2, len(queries), step), np.int8)
    for start in range(0, len(frames), step):
        part = frames[start : start + step]
        differing, (first, second) = wide[:, : len(part)], counts[:, :, : len(part)]
        for word, bits in enumerate((first, second)):
            np.bitwise_xor(queries[:, word, None], np.ascontiguousarray(part[:, word]), out=differing)
            np.bitwise_count(differing, out=bits.view(np.uint8))
        # first + min(second, 64 - second) <= NEAR_BITS, without leaving eight bits
        np.abs(np.subtract(second, 32, out=second), out=second)
        query, frame = np.nonzero(np.subtract(second, first, out=second) >= 32 - NEAR_BITS)
        if len(query):
            apart = np.bitwise_count(queries[query] ^ part[frame]).astype(np.int64)
            turned = apart @ (1 - 2 * _TURNED.T) + 64 * _TURNED.sum(axis=1)
            turn = turned.argmin(axis=1)
            bits = turned[np.arange(len(turn)), turn]
            near = bits <= NEAR_BITS
            if near.any():
                yield np.stack([query[near], frame[near] + start, bits[near], turn[near]])
