"""The words that aliases are made of, and which of them a misspelt word may have been meant for.

Candidates come from symmetric deletes of the first letters, after Garbe's SymSpell (2012): if two strings lie within k
slips, then some deletion of at most k letters makes their beginnings equal. Deletions are hashed, 64 bits each, in one
sorted array; the first letter is never deleted, because people who misspell a name get that one right.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from trust_kernel.names.hashing import Hashes, HashTable, Numbers, hash_strings
from trust_kernel.names.normal import Reading, squeeze
from trust_kernel.names.rows import Texts
from trust_kernel.names.words import Word

LONG_WORD = 7
"""Letters of a word from which two slips are forgiven."""

_PREFIX = 8
_SHORTEST = 4
_LONG_KEY = 5
_BATCH = 4096
_MOST_NEAR = 48
_REMEMBERED = 1 << 14


class Vocabulary:
    """Words of aliases, each with a number; a word is its key: letter classes, runs made one.

    Args:
        texts: keys.
        long: whether the word, written out, has at least `LONG_WORD` letters.
        exact: hash of each key.
        deletions: hashes of all deletions.
        starts: where in `rows` the rows of each word begin; one more, for the end.
        rows: rows by word.
    """

    def __init__(
        self,
        texts: Texts,
        long: NDArray[np.bool_],
        exact: HashTable,
        deletions: HashTable,
        starts: NDArray[np.uint64],
        rows: NDArray[np.uint32],
    ) -> None:
        self._texts = texts
        self._long = long
        self.exact = exact
        self._deletions = deletions
        self._starts = starts
        self._rows = rows
        self._remembered: dict[str, tuple[Numbers, Numbers]] = {}
        self._masks = _masks(texts)
        self.hashes = np.zeros(len(texts), dtype=np.uint64)
        self.hashes[exact.rows] = exact.hashes
        self._sizes = np.diff(texts.ends.astype(np.int64), prepend=0)
        self.texts = texts.opened().many
        self.longest = int(self._sizes.max(initial=0))

    def __len__(self) -> int:
        """Words."""
        return len(self._texts)

    @classmethod
    def of(cls, words: Sequence[str], long: NDArray[np.bool_], of_row: Numbers, counts: Numbers) -> "Vocabulary":
        """Index words.

        Args:
            words: keys, each once.
            long: see above.
            of_row: words of all rows, one row after the other.
            counts: words of each row.
        """
        order = np.argsort(of_row, kind="stable")
        rows = np.repeat(np.arange(counts.size, dtype=np.uint32), counts)[order]
        starts = np.searchsorted(of_row[order], np.arange(len(words) + 1)).astype(np.uint64)
        numbers = np.arange(len(words), dtype=np.uint32)
        hashes, owners = all_deletions(words, np.where(long, 2, 1))
        return cls(
            Texts.of(words),
            long,
            HashTable.of(hash_strings(words), numbers),
            HashTable.of(hashes, owners),
            starts,
            rows,
        )

    def numbers(self, words: Sequence[Word], reading: Reading) -> Iterator[tuple[Word, int]]:
        """Those of a text's words that are here, with their numbers."""
        keys = [squeeze(reading.classes[word.first : word.last + 1]) for word in words]
        places, numbers = self.exact.find(hash_strings(keys), 1)
        yield from ((words[place], number) for place, number in zip(places.tolist(), numbers.tolist(), strict=True))

    def rows_of(self, word: int, most: int) -> list[int]:
        """Rows in which a word occurs; none where they are more than `most`."""
        start, end = int(self._starts[word]), int(self._starts[word + 1])
        return [] if end - start > most else self._rows[start:end].tolist()

    def near(self, keys: Sequence[str]) -> tuple[Numbers, Numbers, Numbers]:
        """Places in `keys`, words one or two slips from them, and how many slips; the nearest 48 each at most.

        What was asked before is remembered: prompts have most of their words in common.
        """
        known = {key: found for key in keys if (found := self._remembered.get(key)) is not None}
        new = [key for key in keys if key not in known]
        if new:
            places, words, slips = self._near(new)
            ends = np.searchsorted(places, np.arange(len(new) + 1))
            for number, (start, end) in enumerate(pairwise(ends.tolist())):
                known[new[number]] = (words[start:end].copy(), slips[start:end].copy())
            if len(self._remembered) + len(new) > _REMEMBERED:
                self._remembered.clear()
            self._remembered.update(known)
        counts = [known[key][0].size for key in keys]
        none = np.zeros(0, dtype=np.int64)
        return (
            np.repeat(np.arange(len(keys)), counts),
            np.concatenate([none, *(known[key][0] for key in keys)]),
            np.concatenate([none, *(known[key][1] for key in keys)]),
        )

    def _near(self, keys: Sequence[str]) -> tuple[Numbers, Numbers, Numbers]:
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        sizes = np.array([len(key) for key in keys], dtype=np.int64)
        hashes, owners = all_deletions(keys, np.where(sizes >= _LONG_KEY, 2, 1))
        found, words = self._deletions.find(hashes)
        pairs: Numbers = np.unique(owners[found].astype(np.int64) * len(self) + words)
        places, words = pairs // max(1, len(self)), pairs % max(1, len(self))
        slips = 1 + self._long[words]
        longer = np.abs(sizes[places] - self._sizes[words])
        # A letter put in or left out changes which letters there are by one, any other slip by two at most.
        apart = np.bitwise_count(_masks(Texts.of(keys))[places] ^ self._masks[words])
        close = (longer <= slips) & (apart <= 2 * slips - longer)
        places, words = places[close], words[close]
        if not places.size:
            return places, words, places
        slips = process.cpdist(
            [keys[place] for place in places.tolist()],
            self.texts(words),
            scorer=OSA.distance,
            score_cutoff=2,
            dtype=np.int32,
        )
        kept = np.flatnonzero((slips > 0) & (slips <= 1 + self._long[words]))
        kept = kept[np.lexsort((slips[kept], places[kept]))]
        rank = np.arange(kept.size) - np.searchsorted(places[kept], places[kept], side="left")
        kept = kept[rank < _MOST_NEAR]
        return places[kept], words[kept], slips[kept].astype(np.int64)

    def arrays(self) -> Mapping[str, NDArray[np.generic]]:
        """For a file."""
        own = {"words.long": self._long, "words.starts": self._starts, "words.in_rows": self._rows}
        tables = {**self.exact.arrays("words"), **self._deletions.arrays("deletions")}
        return {**self._texts.arrays("words"), **tables, **own}

    @classmethod
    def among(cls, arrays: Mapping[str, NDArray[np.generic]]) -> "Vocabulary":
        """From a file."""
        return cls(
            Texts.among(arrays, "words"),
            arrays["words.long"].view(np.bool_),
            HashTable.among(arrays, "words"),
            HashTable.among(arrays, "deletions"),
            arrays["words.starts"].view(np.uint64),
            arrays["words.in_rows"].view(np.uint32),
        )


def _masks(texts: Texts) -> NDArray[np.uint32]:
    """Which letters, as bits, occur in each string: a slip changes two bits at most."""
    if not len(texts):
        return np.zeros(0, dtype=np.uint32)
    bits = np.uint32(1) << (texts.letters & np.uint8(31)).astype(np.uint32)
    starts = np.concatenate([[0], texts.ends[:-1].astype(np.int64)])
    return np.bitwise_or.reduceat(bits, starts)


def all_deletions(keys: Sequence[str], slips: NDArray[np.int64]) -> tuple[Hashes, NDArray[np.uint32]]:
    """Hashes of every deletion of up to `slips` letters from each key's beginning, and the key that each is of."""
    sizes = np.array([min(len(key), _PREFIX) for key in keys], dtype=np.int64)
    hashes: list[Hashes] = [np.empty(0, dtype=np.uint64)]
    owners: list[NDArray[np.uint32]] = [np.empty(0, dtype=np.uint32)]
    for size in range(_SHORTEST - 1, _PREFIX + 1):
        for most in (1, 2):
            members = np.flatnonzero((sizes == size) & (slips == most))
            for start in range(0, members.size, _BATCH):
                chosen = members[start : start + _BATCH]
                made = _deletions([keys[member][:size] for member in chosen.tolist()], size, most)
                hashes.append(made.ravel())
                owners.append(np.repeat(chosen.astype(np.uint32), made.shape[1]))
    return np.concatenate(hashes), np.concatenate(owners)


def _deletions(prefixes: Sequence[str], size: int, most: int) -> Hashes:
    """Hashes of shape (n, variants)."""
    joined = "".join(prefixes).encode("utf-32-le", "surrogatepass")
    points = np.frombuffer(joined, dtype="<u4").reshape(-1, size).astype(np.uint64)
    made = []
    for deleted in range(min(most, size - 1) + 1):
        kept = size - deleted
        made.append(
            (points[:, _choices(size, kept)] * _MULTIPLIERS[:kept]).sum(axis=2, dtype=np.uint64)
            + _MULTIPLIERS[_PREFIX + kept]
        )
    hashes: Hashes = np.concatenate(made, axis=1)
    hashes ^= hashes >> np.uint64(31)
    hashes *= _MULTIPLIERS[0]
    return hashes


@lru_cache(maxsize=64)
def _choices(size: int, kept: int) -> Numbers:
    return np.array([(0, *rest) for rest in combinations(range(1, size), kept - 1)], dtype=np.int64)


_MULTIPLIERS: Hashes = np.random.default_rng(20).integers(
    0, 1 << 64, size=2 * _PREFIX + 1, dtype=np.uint64
) | np.uint64(1)
"""Odd factors of a multiply-and-add hash over code points, and a term for each length. Not secret: collisions only
make a candidate, and every candidate is measured."""
