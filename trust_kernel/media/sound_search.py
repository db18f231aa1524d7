"""Finding stretches of sound among many sounds, by 32-bit sub-fingerprints: exact comparison around cheap anchors.

Two stretches are alike where fewer bits differ than chance allows for the number of bits that were compared.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SoundWords = NDArray[np.uint32]
"""Sub-fingerprints in time order; 0 where there is nothing to compare."""

KEPT_EVERY = 4
"""Of the sub-fingerprints of `sound_prints` this many give one that is kept; of a query all are used."""
MOST_ERRORS = 0.35
"""Share of bits by which stretches of the same sound differ at most (Haitsma and Kalker, 2002)."""
SURE = 12.0
"""Standard deviations of fair coins below one half that a stretch found among all must be. Bits of music are no fair
coins: stretches of different tunes deviate twice as much, and reached 9 where bass and beat are the same."""
_SURE_OF_ONE = 10.0
"""The same where one sound is held against a file: a million times fewer tries."""
_WORD_BITS = 32
_LEAST_POSITIONS = 32
"""Positions that must be heard in both: 4 s."""
_LEAST_OF_ONE = 16
_REACHES = (64, 32, 16)
"""Positions on either side of an anchor that are compared: 8 s; less, where only that much of a sound was taken."""
_PARTNER = 4
"""An anchor is a position and the one half a second later, whose windows do not overlap."""
_ANCHOR_BITS = 18
"""Bits of an anchor's 64 that may differ: chance passes 3 in 10,000, three of four anchors do with a quarter wrong."""
_ANCHOR_PAIRS = 1 << 29
"""Anchors times kept positions that are compared at most."""
_MOST_HITS = 1 << 19
"""Near positions that are looked at closely, of all anchors together: many sounds may share one hum, and a query may be
made to meet every position of it at every anchor. Looked at are then as many of each anchor's, evenly."""
_CANDIDATES = 4096
"""Candidates checked at a time."""
_PAIRS = 1 << 18
"""Anchors compared at a time: 2 MB, which stays in the processor's cache."""


@dataclass(frozen=True, slots=True)
class SoundScheme:
    """How the words of one kind of fingerprint lie in time. Kept positions are about 0.125 s apart in all.

    Attributes:
        step: seconds from one word of a query to the next.
        kept_every: of a kept sound's words this many give one that is kept.
        anchor_step: query words from one anchor to the next; coprime to `kept_every`, so that anchors fall between kept
            positions in turn.
        most_errors: share of bits by which stretches of the same sound differ at most.
    """

    step: float = 0.032
    kept_every: int = KEPT_EVERY
    anchor_step: int = 15
    most_errors: float = MOST_ERRORS


OWN = SoundScheme()
"""Of `sound_prints`."""


@dataclass(frozen=True, slots=True)
class SoundMatch:
    """A kept sound that a query sounds like around some moment.

    Attributes:
        work: place of the kept sound.
        errors: share of bits that differ, in [0, 0.5).
        heard: kept positions compared.
        shift: word of the query at which the kept sound itself would begin; negative where the query begins within it.
    """

    work: int
    errors: float
    heard: int
    shift: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """How much of a kept sound is heard without a break.

    Attributes:
        errors: share of bits that differ, in [0, 1].
        start: word of the query at which it begins.
        end: word of the query behind which it ends.
    """

    errors: float
    start: int
    end: int


def sound_matches(
    query: SoundWords, kept: SoundWords, starts: NDArray[np.int64], *, sole: bool = False, scheme: SoundScheme = OWN
) -> Iterator[SoundMatch]:
    """Kept sounds that a query sounds like somewhere, one match for each anchor that was found.

    Args:
        query: all words of a sound.
        kept: every `kept_every`th word of many sounds, end to end.
        starts: int64 (n,), where each of them begins in `kept`, ascending.
        sole: the one sound that is kept is named already, so that less is needed to believe that it is alike.
        scheme: of both.
    """
    least, sure = (_LEAST_OF_ONE, _SURE_OF_ONE) if sole else (_LEAST_POSITIONS, SURE)
    every = scheme.kept_every
    if len(kept) < least or len(query) < every * least:
        return
    ends = np.append(starts[1:], len(kept))
    lines: dict[int, set[int]] = {}
    for place, hits in _anchors(query, kept, scheme):
        for hit in hits.tolist():
            # One line for all anchors that lie alike: where the query's beginning would fall, in query steps.
            lines.setdefault(hit * every - place, set()).add(place)
    tries = np.array([(line, place) for line, places in lines.items() for place in places], np.int64).reshape(-1, 2)
    for start in range(0, len(tries), _CANDIDATES):
        part = tries[start : start + _CANDIDATES]
        work, errors, heard = _compared(query, kept, starts, ends, part, every)
        bound = np.minimum(scheme.most_errors, 0.5 - sure / 2 / np.sqrt(_WORD_BITS * np.maximum(heard, 1)))
        for one, reach in np.argwhere((heard >= least) & (errors <= bound)).tolist():
            shift = int(starts[work[one]]) * every - int(part[one, 0])
            yield SoundMatch(int(work[one]), float(errors[one, reach]), int(heard[one, reach]), shift)


def stretch(query: SoundWords, work: SoundWords, match: SoundMatch, scheme: SoundScheme = OWN) -> Stretch:
    """How far a match goes: the stretch in which bits agree better than half way between it and chance.

    Args:
        query: all words of the sound that was searched for.
        work: the kept words of the sound that was found.
        match: what was found.
        scheme: of both.
    """
    every = scheme.kept_every
    places = match.shift + every * np.arange(len(work))
    inside = np.flatnonzero((places >= 0) & (places < len(query)))
    left, right = work[inside], query[places[inside]]
    wrong = np.bitwise_count(left ^ right) / _WORD_BITS
    both = (left != 0) & (right != 0)
    gains = np.where(both, (match.errors + 0.5) / 2 - wrong, 0.0)
    sums = np.concatenate([[0.0], np.cumsum(gains)])
    lowest = np.minimum.accumulate(sums)
    last = int(np.argmax(sums - lowest))
    first = int(np.argmin(sums[: last + 1]))
    within = slice(first, last)
    errors = float(wrong[within][both[within]].mean()) if both[within].any() else 1.0
    origin = int(places[inside[0]]) if len(inside) else 0
    return Stretch(errors, origin + every * first, origin + every * last)


def _anchors(query: SoundWords, kept: SoundWords, scheme: SoundScheme) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Places in a query, and the kept positions that are near there and half a second later."""
    every = scheme.kept_every
    pairs = _paired(kept, _PARTNER)
    asked = _paired(query, _PARTNER * every)
    places = np.arange(0, len(asked), scheme.anchor_step)
    places = places[(query[places] != 0) & (query[places + _PARTNER * every] != 0)]
    most = max(every, _ANCHOR_PAIRS // max(1, len(pairs)))
    if len(places) > most:
        places = places[np.linspace(0, len(places) - 1, most).astype(np.intp)]
    share = max(1, _MOST_HITS // max(1, len(places)))
    for place in places.tolist():
        near = [
            np.flatnonzero(np.bitwise_count(pairs[start : start + _PAIRS] ^ asked[place]) <= _ANCHOR_BITS) + start
            for start in range(0, len(pairs), _PAIRS)
        ]
        yield place, _evenly(np.concatenate(near), share)


def _evenly(hits: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    if len(hits) <= most:
        return hits
    return hits[np.linspace(0, len(hits) - 1, most).astype(np.intp)]


def _paired(words: SoundWords, apart: int) -> NDArray[np.uint64]:
    return np.asarray(words[:-apart].astype(np.uint64) << np.uint64(32) | words[apart:], np.uint64)


def _compared(
    query: SoundWords,
    kept: SoundWords,
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    tries: NDArray[np.int64],
    every: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """For each (line, place): the kept sound; and for each reach (n, 3), share of bits that differ, positions heard."""
    anchors = (tries[:, 0] + tries[:, 1]) // every
    work = np.searchsorted(starts, anchors, side="right") - 1
    widest = max(_REACHES)
    around = np.arange(-widest, widest + 1)
    theirs = anchors[:, None] + around
    mine = tries[:, 1, None] + every * around
    inside = (theirs >= starts[work][:, None]) & (theirs < ends[work][:, None])
    inside &= (mine >= 0) & (mine < len(query))
    left = np.where(inside, kept[np.clip(theirs, 0, len(kept) - 1)], 0)
    right = np.where(inside, query[np.clip(mine, 0, len(query) - 1)], 0)
    both = (left != 0) & (right != 0)
    wrong = np.bitwise_count(left ^ right) * both
    parts = [slice(widest - reach, widest + reach + 1) for reach in _REACHES]
    heard = np.stack([both[:, part].sum(axis=1) for part in parts], axis=1)
    bits = np.stack([wrong[:, part].sum(axis=1, dtype=np.int64) for part in parts], axis=1)
    return work, bits / (_WORD_BITS * np.maximum(heard, 1)), heard
