"""Makes the arrays that a matcher searches, from aliases in any number, a few thousand at a time."""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from trust_kernel.names.aliases import LONGEST_ALIAS as _LONGEST
from trust_kernel.names.aliases import Alias, prepare_one, spellings
from trust_kernel.names.hashing import Hashes, HashTable, Numbers, Sieve, hash_strings, stirred
from trust_kernel.names.hearing import SoundIndex, bones_of, sounds_of
from trust_kernel.names.normal import CLASSES, Mark, squeeze
from trust_kernel.names.patterns import PatternIndex
from trust_kernel.names.rows import Rows, Texts
from trust_kernel.names.typos import TypoIndex, chained, forgives
from trust_kernel.names.vocabulary import LONG_WORD, Vocabulary

_BATCH = 20_000


@dataclass(frozen=True, slots=True)
class Indexes:
    """Everything that a matcher searches.

    Attributes:
        rows: aliases, spelling by spelling.
        patterns: their letters.
        typos: their words.
        sounds: their sounds.
    """

    rows: Rows
    patterns: PatternIndex
    typos: TypoIndex
    sounds: SoundIndex

    def arrays(self) -> Mapping[str, NDArray[np.generic]]:
        """For a file."""
        parts = (self.rows.arrays(), self.patterns.arrays(), self.typos.arrays(), self.sounds.arrays())
        return {name: values for part in parts for name, values in part.items()}

    @classmethod
    def among(cls, arrays: Mapping[str, NDArray[np.generic]]) -> "Indexes":
        """From a file."""
        rows = Rows.among(arrays)
        return cls(rows, PatternIndex.among(arrays), TypoIndex.among(arrays, rows), SoundIndex.among(arrays, rows))


@dataclass(slots=True)
class _Keys:
    """Strings that become hashes, a batch at a time, with the rows that they are of."""

    hashes: list[Hashes] = field(default_factory=list)
    rows: list[NDArray[np.uint32]] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    waiting_rows: list[int] = field(default_factory=list)

    def add(self, keys: Iterable[str], row: int) -> None:
        for key in keys:
            self.waiting.append(key)
            self.waiting_rows.append(row)

    def flush(self) -> None:
        self.hashes.append(hash_strings(self.waiting))
        self.rows.append(np.array(self.waiting_rows, dtype=np.uint32))
        self.waiting.clear()
        self.waiting_rows.clear()

    def table(self) -> HashTable:
        self.flush()
        table = HashTable.of(np.concatenate(self.hashes), np.concatenate(self.rows))
        self.hashes.clear()
        self.rows.clear()
        return table


class _Builder:
    def __init__(self) -> None:
        self.written: list[Texts] = []
        self.entity_numbers: dict[str, int] = {}
        self.entity = array("I")
        self.alias = array("I")
        self.spelling = array("B")
        self.patterns, self.sounds, self.bones, self.foreign = _Keys(), _Keys(), _Keys(), _Keys()
        self.lengths: set[int] = set()
        self.words: dict[str, int] = {}
        self.long = bytearray()
        self.of_row = array("I")
        self.counts = array("B")

    def take(self, pairs: Sequence[tuple[str, str]]) -> None:
        for entity, written in pairs:
            number = len(self.entity)
            self.entity.append(self.entity_numbers.setdefault(entity, len(self.entity_numbers)))
            for spelling in range(len(spellings(written)) if len(written) <= _LONGEST else 0):
                alias = prepare_one(entity, written, spelling)
                if alias is not None:
                    self._add(alias, number, spelling)
        kept = [written if len(written) <= _LONGEST else "" for _, written in pairs]
        self.written.append(Texts.of(kept))
        for keys in (self.patterns, self.sounds, self.bones, self.foreign):
            keys.flush()

    def _add(self, alias: Alias, number: int, spelling: int) -> None:
        row = len(self.alias)
        self.alias.append(number)
        self.spelling.append(spelling)
        self.patterns.add(alias.patterns, row)
        self.lengths.update(map(len, alias.patterns))
        self.sounds.add(sounds_of(alias), row)
        (self.foreign if alias.marks & Mark.TRANSLITERATED else self.bones).add(bones_of(alias), row)
        words = alias.words if forgives(alias) else ()
        self.counts.append(len(words))
        for word in words:
            known = self.words.setdefault(squeeze(word.translate(CLASSES)), len(self.words))
            if known == len(self.long):
                self.long.append(0)
            self.long[known] |= len(word) >= LONG_WORD
            self.of_row.append(known)

    def finish(self) -> Indexes:
        rows = Rows(
            _joined(self.written),
            Texts.of(list(self.entity_numbers)),
            np.array(self.entity, dtype=np.uint32),
            np.array(self.alias, dtype=np.uint32),
            np.array(self.spelling, dtype=np.uint8),
        )
        lengths = np.zeros(max(self.lengths, default=0) + 1, dtype=np.bool_)
        lengths[list(self.lengths)] = True
        return Indexes(
            rows,
            PatternIndex(self.patterns.table(), lengths),
            self._typos(rows),
            SoundIndex(rows, self.sounds.table(), self.bones.table(), self.foreign.table()),
        )

    def _typos(self, rows: Rows) -> TypoIndex:
        words = list(self.words)
        self.words.clear()
        of_row = np.array(self.of_row, dtype=np.int64)
        counts = np.array(self.counts, dtype=np.int64)
        vocabulary = Vocabulary.of(words, np.array(self.long, dtype=np.bool_), of_row, counts)
        whole, whole_rows, begun = _chains(hash_strings(words), of_row, counts)
        return TypoIndex(rows, vocabulary, HashTable.of(whole, whole_rows), Sieve.of(begun))


def _chains(words: Hashes, of_row: Numbers, counts: Numbers) -> tuple[Hashes, NDArray[np.uint32], Hashes]:
    """Hash of the words of each row that has any, the row, and the hashes of what each begins with."""
    starts = np.cumsum(counts) - counts
    whole: list[Hashes] = [np.empty(0, dtype=np.uint64)]
    rows: list[NDArray[np.uint32]] = [np.empty(0, dtype=np.uint32)]
    begun: list[Hashes] = [np.empty(0, dtype=np.uint64)]
    left = np.flatnonzero(counts > 0)
    chain = words[of_row[starts[left]]]
    for length in range(1, int(counts.max(initial=0)) + 1):
        hashes = stirred(chain, np.full(chain.size, length, dtype=np.int64))
        ends = counts[left] == length
        whole.append(hashes[ends])
        rows.append(left[ends].astype(np.uint32))
        begun.append(np.unique(hashes[~ends]))
        left, chain = left[~ends], chain[~ends]
        chain = chained(chain, words[of_row[starts[left] + length]])
    return np.concatenate(whole), np.concatenate(rows), np.concatenate(begun)


def _joined(parts: Sequence[Texts]) -> Texts:
    if not parts:
        return Texts.of([])
    bases = np.cumsum([0, *(part.letters.size for part in parts[:-1])], dtype=np.uint64)
    ends = [part.ends + base for part, base in zip(parts, bases, strict=True)]
    return Texts(np.concatenate([part.letters for part in parts]), np.concatenate(ends))


def build(pairs: Iterable[tuple[str, str]]) -> Indexes:
    """Index aliases.

    Args:
        pairs: (entity id, alias); read once, in order. Pairs that occur again cost room and change nothing.
    """
    builder = _Builder()
    for batch in _batches(iter(pairs)):
        builder.take(list(dict.fromkeys(batch)))
    return builder.finish()


def _batches(pairs: Iterator[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    while batch := list(islice(pairs, _BATCH)):
        yield batch
