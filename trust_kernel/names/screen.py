"""Tells at little cost which of many texts cannot name any of some names, so that the matcher need not read them.

For looking through a hundred thousand texts at once. What is let through has a few letters in a row of a name, or its
consonants; the matcher then says whether it is meant. A text with anything but plain Latin letters, digits and ordinary
punctuation is always let through: what a disguise is made of is for the matcher to know.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from trust_kernel.names.aliases import Alias, prepare
from trust_kernel.names.normal import CLASSES, Mark, squeeze
from trust_kernel.names.sounds import WAYS, skeleton, sound, spoken, worn
from trust_kernel.names.typos import forgives

_PLAIN = re.compile(r"[A-Za-z0-9 ,.;:'\"?()\n-]*")
_WORD = re.compile(r"[a-z0-9]+")
_LONGEST = 4
"""Letters of a piece: with more, a text would have to be cut into more sizes; with fewer, most texts have one."""
_LEAST_BONES, _MOST_BONES = 3, 5
_MOST_WORDS = 1 << 16


class NameScreen:
    """Letters that a text must have to name one of some names.

    Args:
        names: as they are given to `trust_kernel.names.NameMatcher`.
    """

    def __init__(self, names: Iterable[str]) -> None:
        pieces: set[str] = set()
        bones: set[str] = set()
        carried = False
        for name in dict.fromkeys(names):
            for alias in prepare("", name):
                pieces.update(_pieces(alias))
                bones.update(_bones(alias))
                carried = carried or bool(alias.marks & Mark.TRANSLITERATED)
        self._pieces = frozenset(pieces)
        self._bones = frozenset(bones)
        self._sizes = tuple({len(piece) for piece in pieces})
        self._bone_sizes = tuple({len(piece) for piece in bones})
        self._ways = 1 + WAYS * carried
        self._words: dict[str, tuple[str, ...]] = {}

    def may_name(self, text: str) -> bool:
        """Whether the matcher has to read a text."""
        if not _PLAIN.fullmatch(text):
            return True
        words = [self._word(word) for word in _WORD.findall(text.lower())]
        letters = squeeze("".join(word[0] for word in words))
        if any(not self._pieces.isdisjoint(_grams(letters, size)) for size in self._sizes):
            return True
        ways = (squeeze("".join(word[1 + way] for word in words)) for way in range(self._ways))
        return any(not self._bones.isdisjoint(_grams(heard, size)) for heard in ways for size in self._bone_sizes)

    def _word(self, word: str) -> tuple[str, ...]:
        """Its letters, its consonants, and these as they may be worn where names were carried from another alphabet."""
        known = self._words.get(word)
        if known is None:
            if len(self._words) >= _MOST_WORDS:
                self._words.clear()
            said = spoken(word)
            ways = (said, *worn(said))[: self._ways]
            known = self._words[word] = (word.translate(CLASSES), *(_consonants(way) for way in ways))
        return known


def _consonants(word: str, *, silent: bool = True) -> str:
    """Without h, because that is heard or not by where words begin (Abdel Halim, Abd al-Halim)."""
    return skeleton(sound(word, silent=silent)).replace("h", "")


def _grams(letters: str, size: int) -> Iterator[str]:
    return (letters[at : at + size] for at in range(len(letters) - size + 1))


def _pieces(alias: Alias) -> Iterator[str]:
    """One more than slips are forgiven, so that one is left; and what stands where neighbours of two are swapped."""
    key, parts = alias.key, forgives(alias) + 1
    edges = [round(len(key) * part / parts) for part in range(parts + 1)]
    for start, end in pairwise(edges):
        yield key[start:end][:_LONGEST]
    for edge in edges[1:-1]:
        yield squeeze(key[edge - 2 : edge - 1] + key[edge : edge + 1] + key[edge - 1 : edge] + key[edge + 1 : edge + 2])


def _bones(alias: Alias) -> Iterator[str]:
    words = [spoken(word) for word in alias.words]
    if "".join(words).isascii():
        for silent in (True, False):
            found = squeeze("".join(_consonants(word, silent=silent) for word in words))
            if len(found) >= _LEAST_BONES:
                yield found[:_MOST_BONES]
