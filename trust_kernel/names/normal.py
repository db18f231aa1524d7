"""Text as the matcher reads it: letters folded to what they look like, each with its place in the original.

On top of folding every letter has a *class* in which leetspeak digits are letters and i and l are one, and runs of one
class collapse ("Tomm H4nnks" reads ``tomhanks``).
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from types import MappingProxyType

from trust_kernel.names.confusables import DIGITS, SYMBOLS
from trust_kernel.names.folding import NO_MARK, Folded, Kind, Mark, fold_character, within
from trust_kernel.names.symbols import has_symbol_letters, reads_as_letter


class Gap(IntEnum):
    """What stands before a letter."""

    NONE = 0
    SPACE = 1
    PUNCTUATION = 2


class Edge(IntEnum):
    """How much of a word boundary lies before a letter."""

    NONE = 0
    SOFT = 1
    """A change of case or between letters and digits: ``TomHanks``, ``hanks2``."""
    HARD = 2


@dataclass(frozen=True, slots=True)
class Spelt:
    """How a character is read for once, in place of how it folds.

    Attributes:
        text: small letters and digits; empty where it is not heard.
        mark: what that does to a name.
        apart: it is a word of its own.
    """

    text: str
    mark: Mark
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as a row of letters. All sequences but starts and runs have one item a letter.

    Attributes:
        folded: letters after folding, before leetspeak.
        classes: letters after leetspeak, i for i and l.
        origin: index of the character in the original text.
        marks: what was done to each.
        gaps: what stands before each.
        edges: word boundary before each; one item more, for the end.
        words: number of the word that each belongs to.
        starts: first letter of each word.
        collapsed: `classes` with runs inside a word, or over letters that stand alone, made one.
        run_first: first letter of each run.
        run_last: last letter of each run.
    """

    folded: str
    classes: str
    origin: Sequence[int]
    marks: Sequence[Mark]
    gaps: Sequence[Gap]
    edges: Sequence[Edge]
    words: Sequence[int]
    starts: Sequence[int]
    collapsed: str
    run_first: Sequence[int]
    run_last: Sequence[int]

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Characters [start, end) of the original that letters `first` to `last` came from."""
        origin = self.origin[first : last + 1]
        return min(origin), max(origin) + 1

    def word_bounds(self) -> Iterator[tuple[int, int]]:
        """First and last letter of each word, in order."""
        yield from ((start, end - 1) for start, end in pairwise([*self.starts, len(self.folded)]))


_UNSPACED = (
    (0x0E00, 0x0EFF),
    (0x1000, 0x109F),
    (0x1780, 0x17FF),
    (0x3040, 0x30FF),
    (0x3400, 0x9FFF),
    (0xAC00, 0xD7AF),
    (0x20000, 0x3FFFF),
)
"""Scripts without spaces between words, or with endings glued on: Thai, Lao, Burmese, Khmer, kana, Han, Hangul."""


def read(
    text: str,
    *,
    symbols: bool = False,
    order: Sequence[int] | None = None,
    spelt: Mapping[int, Spelt] = MappingProxyType({}),
) -> Reading:
    """Read a text.

    Args:
        text: any text.
        symbols: read ``@ $ ! | +`` and currency signs beside letters as letters, not as punctuation.
        order: the characters to read, by index, where that is not first to last.
        spelt: characters, by index, that are read in another way than they fold.
    """
    reader = _Reader(text, symbols=symbols, spelt=spelt)
    if order is None:
        for found in _STEP.finditer(text):
            first, end = found.span()
            if end > first + 1:
                reader.take_small(first, end)
            else:
                reader.take(first)
    else:
        for index in order:
            reader.take(index)
    return reader.finish()


_STEP = re.compile(" [a-z]+|[a-z]{2,}|.", re.DOTALL)
"""One character, or small letters in a row, with a space before them: most letters are read by the word."""


class _Reader:
    def __init__(self, text: str, *, symbols: bool, spelt: Mapping[int, Spelt]) -> None:
        self._text = text
        self._symbols = symbols
        self._spelt = spelt
        self._folded: list[str] = []
        self._origin: list[int] = []
        self._marks: list[Mark] = []
        self._gaps: list[Gap] = []
        self._edges: list[Edge] = []
        self._starts: list[int] = []
        self._gap = Gap.SPACE
        self._hidden = False

    def take_small(self, first: int, end: int) -> None:
        """Take characters [first, end): small letters, and perhaps a space before them."""
        if self._text[first] == " ":
            self._gap = self._gap or Gap.SPACE
            first += 1
        self._add(first, self._text[first], NO_MARK)
        count = end - first - 1
        self._folded.append(self._text[first + 1 : end])
        self._origin.extend(range(first + 1, end))
        self._marks.extend((NO_MARK,) * count)
        self._gaps.extend((Gap.NONE,) * count)
        self._edges.extend((Edge.NONE,) * count)

    def take(self, index: int) -> None:
        if self._spelt and index in self._spelt:
            self._spell(index, self._spelt[index])
            return
        character = self._text[index]
        if character == " ":
            self._gap = self._gap or Gap.SPACE
            return
        folded = fold_character(character)
        if folded.kind is Kind.LETTER:
            self._add(index, folded.text, folded.marks)
        elif folded.kind is Kind.SEPARATOR:
            if self._symbols and reads_as_letter(self._text, index):
                self._add(index, unicodedata.normalize("NFKC", character), Mark(0))
            else:
                self._gap = max(self._gap, Gap.SPACE if character.isspace() else Gap.PUNCTUATION)
        elif folded.kind is Kind.INVISIBLE:
            self._hidden = True
        elif self._marks and self._gap is Gap.NONE:
            self._marks[-1] |= Mark.ACCENTS

    def _spell(self, index: int, spelt: Spelt) -> None:
        if spelt.apart:
            self._gap = max(self._gap, Gap.SPACE)
        if spelt.text:
            self._add(index, spelt.text, spelt.mark)
        if spelt.apart:
            self._gap = Gap.SPACE

    def _add(self, index: int, text: str, marks: Mark) -> None:
        if self._hidden:
            marks = marks | Mark.INVISIBLE if self._gap is Gap.NONE else marks
            self._hidden = False
        if self._gap is Gap.NONE:
            edge = self._edge(index, text)
        else:
            edge = Edge.HARD
            self._starts.append(len(self._marks))
        for letter in text:
            self._folded.append(letter)
            self._origin.append(index)
            self._marks.append(marks)
            self._gaps.append(self._gap)
            self._edges.append(edge)
            self._gap = Gap.NONE
            edge = Edge.NONE

    def _edge(self, index: int, text: str) -> Edge:
        before, here = self._text[self._origin[-1]], self._text[index]
        if "a" <= before <= "z" and "a" <= here <= "z":
            return Edge.NONE
        if _unspaced(before) or _unspaced(here):
            return Edge.HARD
        camel = before.islower() and here.isupper()
        return Edge.SOFT if camel or self._folded[-1].isdigit() != text[0].isdigit() else Edge.NONE

    def finish(self) -> Reading:
        folded = "".join(self._folded)
        classes = folded.translate(CLASSES)
        run_first, run_last = _runs(classes, self._gaps)
        words: list[int] = []
        for number, (start, end) in enumerate(pairwise([*self._starts, len(folded)])):
            words.extend((number,) * (end - start))
        return Reading(
            folded=folded,
            classes=classes,
            origin=self._origin,
            marks=self._marks,
            gaps=self._gaps,
            edges=[*self._edges, Edge.HARD],
            words=words,
            starts=self._starts,
            collapsed="".join([classes[first] for first in run_first]),
            run_first=run_first,
            run_last=run_last,
        )


CLASSES = str.maketrans({**DIGITS, **SYMBOLS, "l": "i", "\u00a3": "i"})
"""Folded letters to the classes that leetspeak makes one."""


def _unspaced(character: str) -> bool:
    return character > "\u0dff" and within(character, _UNSPACED)


def _runs(classes: str, gaps: Sequence[Gap]) -> tuple[list[int], list[int]]:
    """First and last letters of runs of one class inside a word, or over words of one letter ("H a n n k s")."""
    joining = {
        index
        for found in _RUN.finditer(classes)
        for index in range(found.start() + 1, found.end())
        if _may_join(gaps, index)
    }
    first = [index for index in range(len(classes)) if index not in joining]
    return first, [*(index - 1 for index in first[1:]), *([len(classes) - 1] if first else [])]


def _may_join(gaps: Sequence[Gap], index: int) -> bool:
    if gaps[index] is Gap.NONE:
        return True
    alone_before = gaps[index - 1] is not Gap.NONE
    alone_here = index + 1 == len(gaps) or gaps[index + 1] is not Gap.NONE
    return alone_before and alone_here


def squeeze(classes: str) -> str:
    """Every run of one class made one, words or not."""
    return _RUN.sub(r"\1", classes) if _RUN.search(classes) else classes


_RUN = re.compile(r"(.)\1+", re.DOTALL)


_OVERRIDE = "\u202e"
_OVERRIDE_ENDS = "\u202c\u2069\n\u2029"


def displayed_order(text: str) -> list[int] | None:
    """Indices in the order in which right-to-left overrides show the text; None where there are none.

    Only the override (U+202E) reverses Latin letters; embeddings and isolates do not. Nested ones are taken as one.
    """
    if _OVERRIDE not in text:
        return None
    order: list[int] = []
    index = 0
    while index < len(text):
        if text[index] != _OVERRIDE:
            order.append(index)
            index += 1
            continue
        end = next((at for at in range(index, len(text)) if text[at] in _OVERRIDE_ENDS), len(text))
        order.extend(range(end - 1, index, -1))
        index = end
    return order


__all__ = [
    "CLASSES",
    "NO_MARK",
    "Edge",
    "Folded",
    "Gap",
    "Kind",
    "Mark",
    "Reading",
    "Spelt",
    "displayed_order",
    "has_symbol_letters",
    "read",
    "squeeze",
]
