"""Runs of words of a prompt in Latin letters, and the hashes of how they sound, all of them at once."""

from collections.abc import Iterable, Sequence
from copy import copy
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trust_kernel.names.english import is_common
from trust_kernel.names.hashing import Hashes, Numbers, Rolling
from trust_kernel.names.normal import Reading, squeeze
from trust_kernel.names.sounds import consonants, sound, spoken, worn
from trust_kernel.names.words import Piece, Word

MOST_WORDS = 4
"""Words of a name that is known by its sound."""

LONGEST_HEARD = 48
"""Sounds of such a name."""

_ASPIRATE = "h"


class Window(NamedTuple):
    """Words that may be a name.

    Attributes:
        parts: the words, digits in them read as letters.
        first: first letter, in the reading.
        last: last letter.
    """

    parts: tuple[str, ...]
    first: int
    last: int


class Phrases:
    """Runs of up to four words, not all of them common, and parts of long words.

    Args:
        reading: of a prompt.
        words: of it.
        pieces: of it.
        shortest: sounds of a run, at least.
    """

    def __init__(self, reading: Reading, words: Sequence[Word], pieces: Sequence[Piece], shortest: int) -> None:
        parts = [spoken(word.text) for word in words]
        self._count = len(words)
        self._parts = [*parts, *(spoken(reading.folded[piece.first : piece.end]) for piece in pieces)]
        self._first = [*(word.first for word in words), *(piece.first for piece in pieces)]
        self._last = [*(word.last for word in words), *(piece.end - 1 for piece in pieces)]
        self._heard = [sound(part) for part in self._parts]
        self._ends = _summed(map(len, self._heard))
        telling = _summed(not is_common(part) for part in parts)
        starts, ends = self._runs()
        sizes = self._ends[ends] - self._ends[starts]
        fits = (sizes >= shortest) & (sizes <= LONGEST_HEARD) & (telling[ends] > telling[starts])
        alone = np.arange(self._count, len(self._parts))
        self._starts = np.concatenate([starts[fits], alone])
        self._stops = np.concatenate([ends[fits], alone + 1])

    def worn(self, way: int) -> "Phrases":
        """The same where words are heard as `worn` has it, without the runs that this changes nothing of."""
        found = copy(self)
        found._heard = [sound(worn(part)[way]) for part in self._parts]  # noqa: SLF001 - our own
        differs = _summed(one != other for one, other in zip(found._heard, self._heard, strict=True))  # noqa: SLF001
        kept = differs[self._stops] > differs[self._starts]
        found._starts, found._stops = self._starts[kept], self._stops[kept]  # noqa: SLF001
        found._ends = _summed(map(len, found._heard))  # noqa: SLF001
        return found

    def _runs(self) -> tuple[Numbers, Numbers]:
        starts = np.arange(self._count)
        counts = np.minimum(MOST_WORDS, self._count - starts)
        first = np.repeat(starts, counts)
        return first, first + 1 + np.arange(first.size) - np.repeat(np.cumsum(counts) - counts, counts)

    def window(self, place: int) -> Window:
        """The words of a run."""
        start, stop = int(self._starts[place]), int(self._stops[place])
        return Window(tuple(self._parts[start:stop]), self._first[start], self._last[stop - 1])

    def sounds(self) -> tuple[Hashes, Numbers]:
        """Hash of the sound of each run, and its length; as `hash_strings` makes it of the sound."""
        first, end = self._ends[self._starts], self._ends[self._stops]
        return Rolling("".join(self._heard)).pieces(first, end), end - first

    def bones(self) -> tuple[Hashes, Numbers]:
        """Hash of the consonants of each run, and their number; as `hash_strings` makes it of their `skeleton`.

        An h is only heard at the beginning of a run, and what is alike on both sides of a space is heard once.
        """
        bare = [consonants(heard) for heard in self._heard]
        without = [one.removeprefix(_ASPIRATE) for one in bare]
        spoken_out, ends = "".join(without), _summed(map(len, without))
        points = np.frombuffer(spoken_out.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        changes = np.ones(points.size + 1, dtype=np.int64)
        changes[1:-1] = points[1:] != points[:-1]
        runs = np.cumsum(changes) - 1  # the run that each letter belongs to; one more, for the end
        first, end = ends[self._starts], ends[self._stops]
        some = end > first
        low, high = runs[first], np.where(some, runs[np.maximum(end, 1) - 1] + 1, runs[first])
        rolling = Rolling(squeeze(spoken_out))
        aspirate = _aspirated(bare)[self._starts]
        hashes = np.where(aspirate, rolling.pieces(low, high, _ASPIRATE), rolling.pieces(low, high))
        return hashes, high - low + aspirate


def _aspirated(bare: Sequence[str]) -> NDArray[np.bool_]:
    """Whether the first consonant from each word on is an h."""
    found = np.zeros(len(bare) + 1, dtype=np.bool_)
    for place in range(len(bare) - 1, -1, -1):
        found[place] = bare[place].startswith(_ASPIRATE) if bare[place] else found[place + 1]
    return found


def _summed(counts: Iterable[int]) -> Numbers:
    """Sums of what comes before each, and of all."""
    return np.array(list(accumulate(counts, initial=0)), dtype=np.int64)
