"""Finds misspelled names: words within one or two slips of an alias.

A slip is a letter changed, left out, put in, or two neighbours swapped (optimal string alignment distance). Candidates
come from symmetric deletes of the first letters, after Garbe's SymSpell (2012): if two strings lie within k slips, then
some deletion of at most k letters makes their beginnings equal. Deletions are hashed, 64 bits each, in one sorted
array; the first letter is never deleted, because people who misspell a name get that one right.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from trust_kernel.names.aliases import Alias
from trust_kernel.names.english import is_common
from trust_kernel.names.normal import Reading, squeeze

SHORTEST_FUZZY = 6
"""Letters of an alias from which one slip is forgiven."""

SHORTEST_TWICE = 10
"""Letters of an alias of several words from which two slips are forgiven."""

SHORTEST_WORD_TWICE = 12
"""The same where it is one word: two slips from a shorter one are too often another word (Terminator, terminate)."""

_PREFIX = 9
_SHORTEST_WINDOW = 4
_MOST_WORDS = 5
_SHORT_WORD = 4
_SHORTEST_TELLING = 3
_LONG_WORD = 7
_BATCH = 4096

Matrix = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Misspelling:
    """A place in a reading that is nearly an alias.

    Attributes:
        alias: number of the alias.
        first: first letter.
        last: last letter.
        slips: 1 or 2.
        regrouped: the words are divided differently.
    """

    alias: int
    first: int
    last: int
    slips: int
    regrouped: bool


@dataclass(frozen=True, slots=True)
class _Window:
    key: str
    first: int
    last: int
    words: tuple[str, ...]


class TypoIndex:
    """All aliases long enough to be misspelled.

    Args:
        aliases: the matcher's aliases; misspellings name them by their place here.
    """

    def __init__(self, aliases: Sequence[Alias]) -> None:
        numbered = [(number, alias) for number, alias in enumerate(aliases) if _forgives(alias)]
        self._aliases = aliases
        self._number = np.array([number for number, _ in numbered], dtype=np.int64)
        self._keys = [alias.key for _, alias in numbered]
        self._lengths = np.array([len(key) for key in self._keys], dtype=np.int64)
        self._slips = np.array([_forgives(alias) for _, alias in numbered], dtype=np.int64)
        self._longest = int(self._lengths.max(initial=0))
        self._most_words = min(_MOST_WORDS, 1 + max((alias.word_count for _, alias in numbered), default=0))
        hashes, owners = _all_deletions(self._keys, self._slips)
        order = np.argsort(hashes, kind="stable")
        self._hashes, self._owners = hashes[order], owners[order]
        self._bits = max(10, min(25, int(hashes.size).bit_length() + 3))
        self._bloom = np.zeros(1 << self._bits, dtype=np.bool_)
        self._bloom[self._slot(hashes)] = True

    def _slot(self, hashes: Matrix) -> Matrix:
        return hashes >> np.uint64(64 - self._bits)

    def find(self, reading: Reading) -> Iterator[Misspelling]:
        """Every place that is one or two slips from an alias and is no innocent word."""
        if not self._keys:
            return
        windows = _windows(reading, self._longest + 2, self._most_words)
        by_key: dict[str, list[_Window]] = {}
        for window in windows:
            by_key.setdefault(window.key, []).append(window)
        keys = list(by_key)
        for start in range(0, len(keys), _BATCH):
            batch = keys[start : start + _BATCH]
            for key, alias, slips in self._near(batch):
                for window in by_key[batch[key]]:
                    found = self._plausible(alias, window, slips)
                    if found is not None:
                        yield found

    def _near(self, keys: Sequence[str]) -> Iterator[tuple[int, int, int]]:
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        texts, owners = self._candidates(keys)
        lengths = np.array([len(key) for key in keys], dtype=np.int64)
        close = np.abs(lengths[texts] - self._lengths[owners]) <= self._slips[owners]
        texts, owners = texts[close], owners[close]
        if not texts.size:
            return
        slips = process.cpdist(
            [keys[text] for text in texts],
            [self._keys[owner] for owner in owners],
            scorer=OSA.distance,
            score_cutoff=2,
            dtype=np.int32,
        )
        for index in np.flatnonzero(slips <= self._slips[owners]):
            yield int(texts[index]), int(self._number[owners[index]]), int(slips[index])

    def _candidates(self, keys: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Pairs of (key, alias) that share a deletion."""
        forgiven = np.array([2 if len(key) >= SHORTEST_TWICE - 2 else 1 for key in keys], dtype=np.int64)
        hashes, texts = _all_deletions(keys, forgiven)
        hit = self._bloom[self._slot(hashes)]
        hashes, texts = hashes[hit], texts[hit]
        low = np.searchsorted(self._hashes, hashes, side="left")
        counts = np.searchsorted(self._hashes, hashes, side="right") - low
        texts = np.repeat(texts, counts)
        offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        owners = self._owners[np.repeat(low, counts) + offsets]
        pairs = np.unique(texts * np.int64(len(self._keys)) + owners)
        return pairs // len(self._keys), pairs % len(self._keys)

    def _plausible(self, number: int, window: _Window, slips: int) -> Misspelling | None:
        alias = self._aliases[number]
        regrouped = len(window.words) != alias.word_count
        if regrouped:
            innocent = any(is_common(word) and word not in alias.words for word in window.words)
        else:
            innocent = any(_is_innocent(*pair) for pair in zip(window.words, alias.words, strict=True))
        same = "".join(window.words) == "".join(alias.words)
        if innocent or same or window.key[0] != alias.key[0]:
            return None
        return Misspelling(number, window.first, window.last, max(1, slips), regrouped)


def _forgives(alias: Alias) -> int:
    if alias.size < SHORTEST_FUZZY or alias.is_common_word:
        return 0
    return 2 if alias.size >= (SHORTEST_TWICE if alias.word_count > 1 else SHORTEST_WORD_TWICE) else 1


def _is_innocent(word: str, wanted: str) -> bool:
    """Whether a word beside the alias's own word is another word or another name, not a slip."""
    from rapidfuzz.distance import OSA

    if word == wanted:
        return False
    if is_common(word) or not (word[0] == wanted[0] or word[:2] == wanted[1::-1]):
        return True
    if len(wanted) < _SHORT_WORD:
        return sorted(word) != sorted(wanted)
    return bool(OSA.distance(squeeze(word), squeeze(wanted)) > (2 if len(wanted) >= _LONG_WORD else 1))


def _windows(reading: Reading, longest: int, most_words: int) -> Iterator[_Window]:
    """Runs of up to `most_words` words that could be a name: some word of them is not common."""
    words = list(_words(reading))
    telling = [len(word) >= _SHORTEST_TELLING and not is_common(word) for _, _, word in words]
    for start in range(len(words)):
        key = ""
        any_telling = False
        for end in range(start, min(start + most_words, len(words))):
            first, last, _ = words[end]
            key = squeeze(key + reading.classes[first : min(last, first + longest) + 1])
            any_telling = any_telling or telling[end]
            if len(key) > longest:
                break
            if any_telling and len(key) >= _SHORTEST_WINDOW:
                yield _Window(key, words[start][0], last, tuple(word for _, _, word in words[start : end + 1]))


def _words(reading: Reading) -> Iterator[tuple[int, int, str]]:
    """Words with their first and last letters; three or more words of one letter count as one word."""
    letters: list[tuple[int, int]] = []
    for bounds in reading.word_bounds():
        if bounds[0] == bounds[1]:
            letters.append(bounds)
            continue
        yield from _gathered(reading, letters)
        letters = []
        yield (*bounds, reading.folded[bounds[0] : bounds[1] + 1])
    yield from _gathered(reading, letters)


def _gathered(reading: Reading, letters: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, str]]:
    if len(letters) >= _SHORTEST_TELLING:
        letters = [(letters[0][0], letters[-1][1])]
    for first, last in letters:
        yield first, last, reading.folded[first : last + 1]


def _all_deletions(keys: Sequence[str], slips: NDArray[np.int64]) -> tuple[Matrix, NDArray[np.int64]]:
    """Hashes of every deletion of up to `slips` letters from each key's beginning, and the key that each is of."""
    lengths = np.array([min(len(key), _PREFIX) for key in keys], dtype=np.int64)
    hashes: list[Matrix] = [np.empty(0, dtype=np.uint64)]
    owners: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
    for length in range(2, _PREFIX + 1):
        for most in (1, 2):
            members = np.flatnonzero((lengths == length) & (slips == most))
            for start in range(0, members.size, _BATCH):
                chosen = members[start : start + _BATCH]
                made = _deletions([keys[member][:length] for member in chosen], length, most)
                hashes.append(made.ravel())
                owners.append(np.repeat(chosen, made.shape[1]))
    return np.concatenate(hashes), np.concatenate(owners)


def _deletions(prefixes: Sequence[str], length: int, most: int) -> Matrix:
    """Hashes of shape (n, variants)."""
    points = np.frombuffer("".join(prefixes).encode("utf-32-le"), dtype="<u4").reshape(-1, length).astype(np.uint64)
    made = []
    for deleted in range(min(most, length - 1) + 1):
        kept = length - deleted
        choices = [(0, *rest) for rest in combinations(range(1, length), kept - 1)]
        letters = points[:, np.array(choices, dtype=np.int64)]
        made.append((letters * _MULTIPLIERS[:kept]).sum(axis=2, dtype=np.uint64) + _MULTIPLIERS[_PREFIX + kept])
    return np.concatenate(made, axis=1)


_MULTIPLIERS: Matrix = np.random.default_rng(20).integers(
    0, 1 << 64, size=2 * _PREFIX + 1, dtype=np.uint64
) | np.uint64(1)
"""Odd factors of a multiply-and-add hash over code points, and a term for each length. Not secret: collisions only
make a candidate, and every candidate is measured."""
