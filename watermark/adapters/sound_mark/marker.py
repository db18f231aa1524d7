"""The keyed sound mark behind the `SoundMarker` port."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from watermark.adapters.sound_mark.cells import HOP, LOOKS, RATE, power, whitened
from watermark.adapters.sound_mark.detect import Proof, chance, decoded, evidence, threshold
from watermark.adapters.sound_mark.embed import SHORTEST, TARGET_SNR, marked
from watermark.adapters.sound_mark.pattern import SoundPattern
from watermark.adapters.sound_mark.search import PLAIN, Lie, Scale, SyncSearch, far_scales, looks_of, near_scales
from watermark.adapters.sound_mark.stretches import joined, marked_frames, stretches
from watermark.domain.marks import SOUND_BITS, MarkKeys, Search, SoundReading, Stretch, check_payload
from watermark.ports.marks import Sound

Plane = NDArray[np.float32]

_LOOKS_PER_SECOND = RATE * LOOKS // HOP
_PEAK = 4.5
"""Standard deviations of the known part from which bits are worth adding up; the proof comes after."""
_CANDIDATES = 6
_MOST_MARKS = 6
"""Marks told apart in one piece of sound; the same mark cut in two counts twice."""
_PIECES = (10.0, 4.0, 2.0)
"""Seconds of the pieces that are searched one by one, besides the whole."""
_FAR_PEAK = 5.0
"""The same in a search of many scales, where chance alone reaches 5."""
_FAR_PIECES = 3
"""Pieces in which far scales are tried: those where most is heard."""
_TAKEN = -1.0
"""Nats by which a frame that bears one mark is told not to bear another."""
_WORTH = 0.8
"""Seconds of unexplained sound that a piece must hold to be searched."""


class KeyedSoundMarker:
    """A `SoundMarker` that raises and lowers cells of the spectrogram after a keyed pattern.

    Args:
        keys: who has none of them can neither read nor write a mark.
        target_snr: dB of the sound over what a mark adds, at least.
    """

    name = "keyed-patchwork"
    payload_bits = SOUND_BITS

    def __init__(self, keys: MarkKeys, target_snr: float = TARGET_SNR) -> None:
        self._patterns = tuple(SoundPattern(key) for key in keys.all)
        self._target_snr = target_snr

    def mark(self, sound: Sound, payload: int) -> Sound:
        """A marked copy, same shape and rate; sound under a second, and silence, comes back as it is.

        Raises:
            InvalidInput: the payload is not in [0, 2**32).
        """
        check_payload(payload, self.payload_bits)
        return marked(sound, self._patterns[0].tile(payload), self._target_snr)

    def read(self, sound: Sound, search: Search) -> SoundReading:
        """Listen for marks under every key, first as they were made, then, in a full search, at other speeds."""
        listening = _Listening(self._patterns, sound, search)
        return listening.reading()


@dataclass(frozen=True)
class _Mark:
    """One mark that was found."""

    lie: Lie
    payload: int
    key_id: str
    statistic: float
    stretches: list[Stretch]


@dataclass
class _Listening:
    """One reading."""

    patterns: Sequence[SoundPattern]
    sound: Sound
    search: Search
    _marks: list[_Mark] = field(default_factory=list)
    _peak: float = 0.0

    def reading(self) -> SoundReading:
        """Look for marks until none is left."""
        seconds, keys = self.sound.seconds, len(self.patterns)
        self._threshold = threshold(seconds, keys)
        if seconds >= SHORTEST / 2 and self.sound.samples.any():
            self._cells = whitened(power(self.sound))
            # Looks that no mark explains yet; the cells of others are cleared.
            self._free = np.ones(len(self._cells), np.bool_)
            while len(self._marks) < _MOST_MARKS and (mark := self._next()) is not None:
                self._marks.append(mark)
        told = joined([stretch for mark in self._marks for stretch in mark.stretches])
        best = max(self._marks, key=lambda mark: sum(one.end - one.start for one in mark.stretches), default=None)
        return SoundReading(
            found=best is not None,
            payload=best.payload if best else None,
            confidence=round(best.statistic if best else self._peak, 2),
            threshold=round(self._threshold, 2),
            seconds=round(seconds, 3),
            speed=round(best.lie.scale.tempo, 4) if best else 1.0,
            key_id=best.key_id if best else None,
            stretches=told,
            chance=chance(best.statistic, seconds, keys) if best else 1.0,
        )

    def _next(self) -> _Mark | None:
        known = dict.fromkeys([PLAIN, *(mark.lie.scale for mark in self._marks)])
        for piece in self._pieces(*_PIECES):
            if (mark := self._in_piece(piece, tuple(known), _PEAK)) is not None:
                return mark
        if self.search is not Search.FULL:
            return None
        pieces = list(self._pieces(_PIECES[0]))
        if (mark := self._first(pieces, near_scales())) is not None or self._marks:
            return mark
        heard = sorted(pieces, key=lambda piece: -float(np.abs(self._cells[piece]).sum()))
        return self._first(heard[:_FAR_PIECES], far_scales())

    def _first(self, pieces: Sequence[slice], tried: Sequence[Scale]) -> _Mark | None:
        found = (self._in_piece(piece, tried, _FAR_PEAK) for piece in pieces)
        return next((mark for mark in found if mark is not None), None)

    def _pieces(self, *lengths: float) -> Iterator[slice]:
        """The whole, where it is short, and pieces that overlap by half and hold something unexplained."""
        count = len(self._cells)
        busy = np.concatenate([[0], np.cumsum(self._cells.any(axis=1))])
        pieces = [slice(0, count)] if len(lengths) > 1 or count <= lengths[0] * _LOOKS_PER_SECOND * 3 / 2 else []
        for length in lengths:
            width = round(length * _LOOKS_PER_SECOND)
            if count > width * 3 / 2:
                pieces += [slice(at, min(at + width, count)) for at in range(0, count - width // 2, width // 2)]
        for piece in pieces:
            if busy[piece.stop] - busy[piece.start] >= _WORTH * _LOOKS_PER_SECOND:
                yield piece

    def _in_piece(self, piece: slice, tried: Sequence[Scale], gate: float) -> _Mark | None:
        cells = self._cells[piece]
        sync = SyncSearch(self.patterns)
        candidates = sync.best(cells, tried)[:_CANDIDATES]
        if not candidates:
            return None
        self._peak = max(self._peak, candidates[0][1].peak)
        for number, coarse in candidates:
            if coarse.peak < gate:
                break
            lie = sync.refined(cells, number, coarse)
            proof = decoded(self.patterns[number], cells, lie)
            if proof is not None and proof.statistic >= self._threshold:
                return self._explained(number, lie, piece, proof)
        return None

    def _explained(self, number: int, lie: Lie, piece: slice, proof: Proof) -> _Mark:
        """Find the seconds that carry a proven mark, and clear them."""
        whole = Lie(lie.scale, lie.look + piece.start, lie.row, lie.peak)
        pattern = self.patterns[number]
        shown = evidence(pattern, self._cells, whole, proof.payload)
        looks = looks_of(len(self._cells), shown.lie)
        start, stop = np.searchsorted(looks, (piece.start + proof.start, piece.start + proof.stop))
        likelihood = shown.likelihood(int(start), int(stop))
        likelihood[~self._free[looks]] = _TAKEN
        frames = marked_frames(likelihood)
        # The seconds that prove it are marked, however faint each of them is.
        frames[start:stop] |= not frames[start:stop].any()
        found = stretches(shown, frames, proof.payload, pattern.key_id, self.sound.seconds)
        # A frame of the pattern is heard from one frame before it to one after.
        clear = np.zeros(len(self._cells), np.bool_)
        for look in looks[frames]:
            clear[max(0, look - LOOKS) : look + LOOKS + 1] = True
        self._cells[clear] = 0
        self._free[clear] = False
        return _Mark(whole, proof.payload, pattern.key_id, proof.statistic, found)
