"""Finds misspelled names: words within one or two slips of an alias.

A slip is a letter changed, left out, put in, or two neighbours swapped (optimal string alignment distance). Each word
of a prompt is held against the words that aliases are made of; a name is a way from word to word whose slips, added up,
are few enough. So "Michael Smiht" costs a look at what is near "smiht", not one at every Michael.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trust_kernel.names.aliases import Alias
from trust_kernel.names.english import FUNCTION_WORDS, is_common
from trust_kernel.names.hashing import (
    Hashes,
    HashTable,
    Numbers,
    Rolling,
    Sieve,
    hash_strings,
    ranges,
    spans_between,
    stirred,
)
from trust_kernel.names.normal import Reading, squeeze
from trust_kernel.names.rows import Rows
from trust_kernel.names.sounds import spoken
from trust_kernel.names.vocabulary import LONG_WORD, Vocabulary
from trust_kernel.names.words import SHORTEST_TELLING, Piece, Word

SHORTEST_FUZZY = 6
"""Letters of an alias from which one slip is forgiven."""

SHORTEST_TWICE = 10
"""Letters of an alias of several words from which two slips are forgiven."""

SHORTEST_WORD_TWICE = 12
"""The same where it is one word: two slips from a shorter one are too often another word (Terminator, terminate)."""

MOST_WORDS = 6
"""Words of an alias that may be misspelled; a longer one is found only with its letters right."""

_MOST_SLIPS = 2
_SHORT_WORD = 4
_MOST_MERGED = 3
_LONGEST_MERGED = 16
_SHORTEST_MERGED = 4
_LONGEST_CUT = 32
_LONGEST_SPLINTER = 3
_CHAIN = np.uint64(0xA0761D6478BD642F)
_MOST_NAMESAKES = 64


class Misspelling(NamedTuple):
    """A place in a reading that is nearly an alias.

    Attributes:
        row: of the alias.
        first: first letter.
        last: last letter.
        slips: 1 or 2.
        regrouped: the words are divided differently.
    """

    row: int
    first: int
    last: int
    slips: int
    regrouped: bool


@dataclass(frozen=True, slots=True)
class _Arcs:
    """Words that could be meant between two letters, ordered by where they start.

    Attributes:
        start: first letter.
        end: letter after the last.
        word: hash of the word.
        slips: from what is written.
    """

    start: Numbers
    end: Numbers
    word: Hashes
    slips: Numbers


def forgives(alias: Alias) -> int:
    """How many slips."""
    if alias.size < SHORTEST_FUZZY or alias.is_common_word or alias.word_count > MOST_WORDS:
        return 0
    return 2 if alias.size >= (SHORTEST_TWICE if alias.word_count > 1 else SHORTEST_WORD_TWICE) else 1


def chained(hashes: Hashes, more: Hashes) -> Hashes:
    """Hash of a row of words and one word after it."""
    return hashes * _CHAIN + more


class TypoIndex:
    """All aliases long enough to be misspelled.

    Args:
        rows: the aliases.
        vocabulary: their words.
        whole: hash of the words of each row.
        begun: hashes of what such rows of words begin with.
    """

    def __init__(self, rows: Rows, vocabulary: Vocabulary, whole: HashTable, begun: Sieve) -> None:
        self._rows = rows
        self.vocabulary = vocabulary
        self._whole = whole
        self._begun = begun

    def find(self, reading: Reading, words: Sequence[Word], pieces: Sequence[Piece]) -> Iterator[Misspelling]:
        """Every place that is one or two slips from an alias and is no innocent word."""
        if not len(self.vocabulary) or not words:
            return
        arcs = self._arcs(reading, words, pieces)
        begins, finishes = _boundaries(reading, words, pieces)
        for row, first, end, slips in self._ways(arcs, begins, finishes):
            found = self._plausible(row, reading, first, end - 1, slips)
            if found is not None:
                yield found

    def _arcs(self, reading: Reading, words: Sequence[Word], pieces: Sequence[Piece]) -> _Arcs:
        start, end, word = self._as_written(reading, words)
        spots = _doubtful(words, pieces, set(zip(start.tolist(), end.tolist(), strict=True)))
        bounds, owners, keys = _keyed(reading, spots, self.vocabulary.longest + 2)
        of_key, meant, slips = self._meant(keys)
        order = np.argsort(of_key, kind="stable")
        low = np.searchsorted(of_key[order], owners, side="left")
        counts = np.searchsorted(of_key[order], owners, side="right") - low
        near = order[ranges(low, counts)]
        starts = np.concatenate([start, np.repeat(bounds[:, 0], counts)])
        ends = np.concatenate([end, np.repeat(bounds[:, 1], counts)])
        cost = np.concatenate([np.zeros(start.size, dtype=np.int64), slips[near]])
        by_start = np.argsort(starts, kind="stable")
        return _Arcs(starts[by_start], ends[by_start], np.concatenate([word, meant[near]])[by_start], cost[by_start])

    def _meant(self, keys: Sequence[str]) -> tuple[Numbers, Hashes, Numbers]:
        """Places in `keys`, hashes of words that may be meant, slips."""
        places, near, slips = self.vocabulary.near(keys)
        swapped = [(place, other) for place, key in enumerate(keys) for other in _swapped(key)]
        found, hit = self.vocabulary.exact.find(hash_strings([other for _, other in swapped]))
        turned = np.array([swapped[place][0] for place in found.tolist()], dtype=np.int64)
        meant = self.vocabulary.hashes[np.concatenate([near, hit])]
        return np.concatenate([places, turned]), meant, np.concatenate([slips, np.ones_like(turned)])

    def _as_written(self, reading: Reading, words: Sequence[Word]) -> tuple[Numbers, Numbers, Hashes]:
        """Words of aliases that stand there, as words, as several words, or inside a longer word."""
        run_first = np.array(reading.run_first, dtype=np.int64)
        at = np.searchsorted(run_first, [word.first for word in words])
        after = np.searchsorted(run_first, [word.last + 1 for word in words])
        first, end = spans_between(at, after, min(self.vocabulary.longest, _LONGEST_MERGED))
        cut = np.array([place for place, word in enumerate(words) if _is_cut(word)], dtype=np.int64)
        sizes = after[cut] - at[cut]
        inner = ranges(at[cut], sizes)
        left = np.repeat(after[cut], sizes) - inner - 1
        first = np.concatenate([first, np.repeat(inner, left)])
        end = np.concatenate([end, ranges(inner + 2, left)])
        hashes = Rolling(reading.collapsed).pieces(first, end)
        places, _ = self.vocabulary.exact.find(hashes, 1)
        last = np.array(reading.run_last, dtype=np.int64)
        return run_first[first[places]], last[end[places] - 1] + 1, hashes[places]

    def _ways(
        self, arcs: _Arcs, begins: NDArray[np.bool_], finishes: NDArray[np.bool_]
    ) -> Iterator[tuple[int, int, int, int]]:
        """Rows with first letter, end and slips."""
        chosen = np.flatnonzero(begins[arcs.start])
        origin, node, cost = arcs.start[chosen], arcs.end[chosen], arcs.slips[chosen]
        chain = arcs.word[chosen]
        for length in range(1, MOST_WORDS + 1):
            hashes = stirred(chain, np.full(chain.size, length, dtype=np.int64))
            done = np.flatnonzero(finishes[node])
            places, rows = self._whole.find(hashes[done], _MOST_NAMESAKES)
            for place, row in zip(done[places].tolist(), rows.tolist(), strict=True):
                yield row, int(origin[place]), int(node[place]), int(cost[place])
            going = np.flatnonzero(self._begun.may_hold(hashes))
            low = np.searchsorted(arcs.start, node[going], side="left")
            counts = np.searchsorted(arcs.start, node[going], side="right") - low
            before, arc = np.repeat(going, counts), ranges(low, counts)
            fits = cost[before] + arcs.slips[arc] <= _MOST_SLIPS
            before, arc = before[fits], arc[fits]
            if not arc.size:
                return
            chain = chained(chain[before], arcs.word[arc])
            origin, node, cost = origin[before], arcs.end[arc], cost[before] + arcs.slips[arc]

    def _plausible(self, row: int, reading: Reading, first: int, last: int, slips: int) -> Misspelling | None:
        alias = self._rows.alias(row)
        if slips > forgives(alias):
            return None
        there = _written(reading, first, last)
        regrouped = len(there) != alias.word_count
        if regrouped:
            innocent = any(is_common(word) and word not in alias.words for word in there)
        else:
            most = forgives(alias) if alias.word_count == 1 else 2
            innocent = any(_is_innocent(*pair, most) for pair in zip(there, alias.words, strict=True))
        same = "".join(there) == "".join(alias.words)
        if innocent or same or reading.classes[first] != alias.key[0]:
            return None
        return Misspelling(row, first, last, max(1, slips), regrouped)

    def arrays(self) -> Mapping[str, NDArray[np.generic]]:
        """For a file."""
        return {**self.vocabulary.arrays(), **self._whole.arrays("whole"), "begun": self._begun.bits}

    @classmethod
    def among(cls, arrays: Mapping[str, NDArray[np.generic]], rows: Rows) -> "TypoIndex":
        """From a file."""
        begun = Sieve(arrays["begun"].view(np.uint8))
        return cls(rows, Vocabulary.among(arrays), HashTable.among(arrays, "whole"), begun)


def _is_cut(word: Word) -> bool:
    return LONG_WORD < len(word.text) <= _LONGEST_CUT and not is_common(word.text)


def _written(reading: Reading, first: int, last: int) -> list[str]:
    """The words between two letters, or the parts of words that lie between them; spelled-out ones are one word."""
    words: dict[int, str] = {}
    for index in range(first, last + 1):
        words[reading.words[index]] = words.get(reading.words[index], "") + reading.folded[index]
    words = {number: spoken(word) for number, word in words.items()}
    found: list[str] = []
    alone = ""
    for word in words.values():
        if len(word) == 1:
            alone += word
            continue
        found += _spelled(alone)
        alone = ""
        found.append(word)
    return found + _spelled(alone)


def _spelled(letters: str) -> list[str]:
    return [letters] if len(letters) >= SHORTEST_TELLING else list(letters)


def _boundaries(
    reading: Reading, words: Sequence[Word], pieces: Sequence[Piece]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Letters at which a name may begin, and before which it may end."""
    begins = np.zeros(len(reading.folded) + 1, dtype=np.bool_)
    finishes = begins.copy()
    begins[[*(word.first for word in words), *(piece.first for piece in pieces)]] = True
    finishes[[*(word.last + 1 for word in words), *(piece.end for piece in pieces)]] = True
    return begins, finishes


def _doubtful(
    words: Sequence[Word], pieces: Sequence[Piece], written: set[tuple[int, int]]
) -> Sequence[tuple[int, int]]:
    """What may be a word misspelled: words, neighbours that may be one word, parts of long words.

    Args:
        words: of the text.
        pieces: what is left of long words without common words at their ends.
        written: where words of aliases stand as they should.
    """
    spots: dict[tuple[int, int], None] = {}
    common = [is_common(word.text) for word in words]
    linking = [len(word.text) > 1 and word.text in FUNCTION_WORDS for word in words]
    for place, word in enumerate(words):
        if not common[place] and len(word.text) >= SHORTEST_TELLING:
            spots[word.first, word.last + 1] = None
        if not linking[place]:
            ends = _ends_of_one(words, common, linking, place)
            spots.update(((word.first, end), None) for end in ends)
    spots.update(dict.fromkeys(_beside_a_word(words, pieces, written)))
    spots.update(((piece.first, piece.end), None) for piece in pieces)
    return list(spots)


def _ends_of_one(words: Sequence[Word], common: Sequence[bool], linking: Sequence[bool], place: int) -> Iterator[int]:
    """Letters before which a word may end that is written from a word on as two or three, one of them a splinter."""
    first, telling, splinter = words[place].first, not common[place], len(words[place].text)
    for last in range(place + 1, min(place + _MOST_MERGED, len(words))):
        end = words[last].last + 1
        if linking[last] or end - first > _LONGEST_MERGED:
            return
        telling = telling or not common[last]
        splinter = min(splinter, len(words[last].text))
        if telling and splinter <= _LONGEST_SPLINTER and end - first >= _SHORTEST_MERGED:
            yield end


def _beside_a_word(
    words: Sequence[Word], pieces: Sequence[Piece], written: set[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """Where one word of a name is run into the next, the other may be misspelled."""
    home = {letter: place for place, word in enumerate(words) if _is_cut(word) for letter in _letters(word)}
    begins = {place: {words[place].first} for place in home.values()}
    ends = {place: {words[place].last + 1} for place in home.values()}
    for piece in pieces:
        if piece.first in home:
            begins[home[piece.first]].add(piece.first)
            ends[home[piece.first]].add(piece.end)
    for first, end in written:
        place = home.get(first, -1)
        if place < 0 or home.get(end - 1) != place:
            continue
        if first in begins[place]:
            yield from ((end, last) for last in ends[place] if last - end >= SHORTEST_TELLING)
        if end in ends[place]:
            yield from ((start, first) for start in begins[place] if first - start >= SHORTEST_TELLING)


def _letters(word: Word) -> range:
    return range(word.first, word.last + 1)


def _keyed(reading: Reading, spots: Sequence[tuple[int, int]], longest: int) -> tuple[Numbers, Numbers, Sequence[str]]:
    """Bounds of the places that are short enough, the number of the key of each, and the keys."""
    keys: dict[str, int] = {}
    kept, owners = [], []
    for first, end in spots:
        key = squeeze(reading.classes[first:end])
        if len(key) <= longest:
            kept.append((first, end))
            owners.append(keys.setdefault(key, len(keys)))
    return np.array(kept, dtype=np.int64).reshape(-1, 2), np.array(owners, dtype=np.int64), list(keys)


def _swapped(key: str) -> Iterator[str]:
    """A key with two neighbours swapped where deletions miss it: any of a short word, the first of a long one."""
    for at in range(len(key) - 1 if len(key) < _SHORT_WORD else 1):
        yield key[:at] + key[at + 1] + key[at] + key[at + 2 :]


def _is_innocent(word: str, wanted: str, most: int) -> bool:
    """Whether a word beside the alias's own word is another word or another name, not a slip."""
    from rapidfuzz.distance import OSA

    if word == wanted:
        return False
    if is_common(word) or not (word[0] == wanted[0] or word[:2] == wanted[1::-1]):
        return True
    if len(wanted) < _SHORT_WORD:
        return sorted(word) != sorted(wanted)
    return bool(OSA.distance(squeeze(word), squeeze(wanted)) > min(most, 2 if len(wanted) >= LONG_WORD else 1))
