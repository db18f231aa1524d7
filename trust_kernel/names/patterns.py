"""Finds aliases letter by letter in a reading: every piece between word boundaries is looked up by its hash."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from trust_kernel.names.hashing import HashTable, Rolling, hash_strings, spans_between
from trust_kernel.names.normal import Reading, squeeze
from trust_kernel.names.words import Piece

MOST_NAMESAKES = 1000
"""Rows looked at for one piece of a text: so many may bear one name."""

_BATCH = 1 << 18


class PatternIndex:
    """Patterns of all rows.

    Args:
        table: hash of each pattern and the row that it is of.
        lengths: which lengths occur, by length.
    """

    def __init__(self, table: HashTable, lengths: NDArray[np.bool_]) -> None:
        self._table = table
        self._lengths = lengths

    def find(self, reading: Reading) -> Iterator[tuple[int, int, int]]:
        """Rows with first and last letter, wherever a pattern lies between two word boundaries."""
        edges = reading.edges
        starts = np.array([run for run, letter in enumerate(reading.run_first) if edges[letter]], dtype=np.int64)
        ends = np.array([run for run, letter in enumerate(reading.run_last, 1) if edges[letter + 1]], dtype=np.int64)
        rolling = Rolling(reading.collapsed)
        step = max(1, _BATCH // max(1, min(self._lengths.size, ends.size)))
        for begin in range(0, starts.size, step):
            first, end = spans_between(starts[begin : begin + step], ends, self._lengths.size - 1)
            fits = self._lengths[end - first]
            first, end = first[fits], end[fits]
            places, rows = self._table.find(rolling.pieces(first, end), MOST_NAMESAKES)
            for place, row in zip(places.tolist(), rows.tolist(), strict=True):
                yield row, reading.run_first[int(first[place])], reading.run_last[int(end[place]) - 1]

    def find_pieces(self, reading: Reading, pieces: Sequence[Piece]) -> Iterator[tuple[int, int, int]]:
        """The same, where a name stands inside a longer word."""
        keys = [squeeze(reading.classes[piece.first : piece.end]) for piece in pieces]
        places, rows = self._table.find(hash_strings(keys), MOST_NAMESAKES)
        for place, row in zip(places.tolist(), rows.tolist(), strict=True):
            yield row, pieces[place].first, pieces[place].end - 1

    def arrays(self) -> Mapping[str, NDArray[np.generic]]:
        """For a file."""
        return {**self._table.arrays("patterns"), "patterns.lengths": self._lengths}

    @classmethod
    def among(cls, arrays: Mapping[str, NDArray[np.generic]]) -> "PatternIndex":
        """From a file."""
        return cls(HashTable.among(arrays, "patterns"), arrays["patterns.lengths"].view(np.bool_))
