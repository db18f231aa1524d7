"""Text as the matcher reads it: letters folded to what they look like, each with its place in the original.

Folding a character: NFKC, diacritics off, look-alikes to Latin, casefold. On top of that every letter has a *class*
in which leetspeak digits are letters and i and l are one, and runs of one class collapse ("Tomm H4nnks" reads
``tomhanks``). What was done to a letter is marked on it, so that a hit can say how the name was hidden.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum, IntFlag
from functools import lru_cache
from itertools import accumulate, pairwise

from trust_kernel.names.confusables import DIGITS, LOOKALIKES, SYMBOLS


class Mark(IntFlag):
    """What was done to a name, or to a letter of it. The names of these are a hit's transformations."""

    CASE = 1
    ACCENTS = 2
    WIDTH = 4
    CONFUSABLES = 8
    INVISIBLE = 16
    REORDERED = 32
    LEETSPEAK = 64
    REPEATED = 128
    SPACED = 256
    JOINED = 512
    PUNCTUATED = 1024
    TYPO = 2048
    COMMON_WORD = 4096

    def names(self) -> tuple[str, ...]:
        """The names of the marks that are set, in small letters, lightest first."""
        return tuple(str(mark.name).lower() for mark in Mark if mark in self)


NO_MARK = Mark(0)


class Kind(Enum):
    """What a character is to the matcher."""

    LETTER = "letter"
    SEPARATOR = "separator"
    INVISIBLE = "invisible"
    DIACRITIC = "diacritic"


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
class Folded:
    """One character, folded.

    Attributes:
        text: small letters and digits; empty unless kind is LETTER.
        marks: what folding did.
    """

    kind: Kind
    text: str = ""
    marks: Mark = NO_MARK


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as a row of letters. All sequences but the runs have one item a letter.

    Attributes:
        folded: letters after folding, before leetspeak.
        classes: letters after leetspeak, i for i and l.
        origin: index of the character in the original text.
        marks: what was done to each.
        gaps: what stands before each.
        edges: word boundary before each; one item more, for the end.
        words: number of the word that each belongs to.
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
    collapsed: str
    run_first: Sequence[int]
    run_last: Sequence[int]

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Characters [start, end) of the original that letters `first` to `last` came from."""
        origin = self.origin[first : last + 1]
        return min(origin), max(origin) + 1

    def word_bounds(self) -> Iterator[tuple[int, int]]:
        """First and last letter of each word, in order."""
        starts = [index for index, gap in enumerate(self.gaps) if gap is not Gap.NONE]
        yield from ((start, end - 1) for start, end in pairwise([*starts, len(self.folded)]))


_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800")
_DIACRITICS = (
    (0x0300, 0x036F),
    (0x0483, 0x0489),
    (0x0591, 0x05C7),
    (0x064B, 0x065F),
    (0x0670, 0x0670),
    (0x06D6, 0x06ED),
    (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1DFF),
    (0x20D0, 0x20FF),
    (0xFE20, 0xFE2F),
)
_TATWEEL = "\u0640"
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


def _within(character: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    point = ord(character)
    return any(first <= point <= last for first, last in ranges)


@lru_cache(maxsize=1 << 16)
def fold(character: str) -> Folded:
    """Fold one character; the result depends on nothing else."""
    kind = _kind(character)
    if kind is not Kind.LETTER:
        return Folded(kind)
    compatible = unicodedata.normalize("NFKC", character)
    marks = Mark.WIDTH if compatible != character else Mark(0)
    pieces = unicodedata.normalize("NFD", compatible)
    bare = unicodedata.normalize("NFC", "".join(piece for piece in pieces if not _within(piece, _DIACRITICS)))
    if bare != unicodedata.normalize("NFC", compatible):
        marks |= Mark.ACCENTS
    text = ""
    for letter in bare:
        small = letter.casefold()
        alike = LOOKALIKES.get(ord(letter)) or (LOOKALIKES.get(ord(small)) if len(small) == 1 else None)
        if small != letter:
            marks |= Mark.CASE
        if alike is not None:
            marks |= Mark.CONFUSABLES
        text += alike if alike is not None else small
    kept = "".join(_plain_digit(letter) for letter in text if _is_wordlike(letter))
    return Folded(Kind.LETTER, kept, marks) if kept else Folded(Kind.SEPARATOR)


def _kind(character: str) -> Kind:
    category = unicodedata.category(character)
    if character.isspace():
        return Kind.SEPARATOR
    if category in {"Cf", "Cc", "Cn"} or character in _FILLERS or 0xFE00 <= ord(character) <= 0xFE0F:  # noqa: PLR2004 - variation selectors
        return Kind.INVISIBLE
    if category == "Mn" and 0xE0100 <= ord(character) <= 0xE01EF:  # noqa: PLR2004 - variation selectors, supplement
        return Kind.INVISIBLE
    if _within(character, _DIACRITICS) or character == _TATWEEL:
        return Kind.DIACRITIC
    if _is_wordlike(character) or ord(character) in LOOKALIKES:
        return Kind.LETTER
    wide = unicodedata.normalize("NFKC", character)
    return Kind.LETTER if wide != character and any(map(_is_wordlike, wide)) else Kind.SEPARATOR


def _is_wordlike(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character) in {"Mc", "Mn"}


def _plain_digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def read(text: str, *, symbols: bool = False, order: Sequence[int] | None = None) -> Reading:
    """Read a text.

    Args:
        text: any text.
        symbols: read ``@ $ ! | +`` and currency signs beside letters as letters, not as punctuation.
        order: the characters to read, by index, where that is not first to last.
    """
    reader = _Reader(text, symbols=symbols)
    for index in range(len(text)) if order is None else order:
        reader.take(index)
    return reader.finish()


class _Reader:
    def __init__(self, text: str, *, symbols: bool) -> None:
        self._text = text
        self._symbols = symbols
        self._folded: list[str] = []
        self._origin: list[int] = []
        self._marks: list[Mark] = []
        self._gaps: list[Gap] = []
        self._edges: list[Edge] = []
        self._gap = Gap.SPACE
        self._hidden = False

    def take(self, index: int) -> None:
        character = self._text[index]
        folded = fold(character)
        if folded.kind is Kind.LETTER:
            self._add(index, folded.text, folded.marks)
        elif folded.kind is Kind.SEPARATOR:
            if self._symbols and _reads_as_letter(self._text, index):
                self._add(index, unicodedata.normalize("NFKC", character), Mark(0))
            else:
                self._gap = max(self._gap, Gap.SPACE if character.isspace() else Gap.PUNCTUATION)
        elif folded.kind is Kind.INVISIBLE:
            self._hidden = True
        elif self._marks and self._gap is Gap.NONE:
            self._marks[-1] |= Mark.ACCENTS

    def _add(self, index: int, text: str, marks: Mark) -> None:
        if self._hidden:
            marks = marks | Mark.INVISIBLE if self._gap is Gap.NONE else marks
            self._hidden = False
        edge = Edge.HARD if self._gap is not Gap.NONE else self._edge(index, text)
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
        classes = folded.translate(_CLASSES)
        runs = list(_runs(classes, self._gaps))
        words = list(accumulate((gap is not Gap.NONE for gap in self._gaps[1:]), initial=0))
        return Reading(
            folded=folded,
            classes=classes,
            origin=self._origin,
            marks=self._marks,
            gaps=self._gaps,
            edges=[*self._edges, Edge.HARD],
            words=words,
            collapsed="".join(classes[first] for first, _ in runs),
            run_first=[first for first, _ in runs],
            run_last=[last for _, last in runs],
        )


_CLASSES = str.maketrans({**DIGITS, **SYMBOLS, "l": "i", "\u00a3": "i"})


def _unspaced(character: str) -> bool:
    return character > "\u0dff" and _within(character, _UNSPACED)


def _reads_as_letter(text: str, index: int) -> bool:
    character = unicodedata.normalize("NFKC", text[index])
    if character not in SYMBOLS:
        return False
    before = index > 0 and text[index - 1].isalnum()
    after = index + 1 < len(text) and (text[index + 1].isalnum() or text[index + 1] in SYMBOLS)
    return (before and after) if character in "!|+\u00a1" else (before or after)


def has_symbol_letters(text: str) -> bool:
    """Whether reading symbols as letters would change anything."""
    return any(_reads_as_letter(text, index) for index, character in enumerate(text) if not character.isalnum())


def _runs(classes: str, gaps: Sequence[Gap]) -> Iterator[tuple[int, int]]:
    """Runs of one class inside a word, or over words of one letter ("H a n n k s")."""
    first = 0
    for index, (before, here) in enumerate(pairwise(classes), start=1):
        if before != here or not _may_join(gaps, index):
            yield first, index - 1
            first = index
    if classes:
        yield first, len(classes) - 1


def _may_join(gaps: Sequence[Gap], index: int) -> bool:
    if gaps[index] is Gap.NONE:
        return True
    alone_before = gaps[index - 1] is not Gap.NONE
    alone_here = index + 1 == len(gaps) or gaps[index + 1] is not Gap.NONE
    return alone_before and alone_here


def squeeze(classes: str) -> str:
    """Every run of one class made one, words or not."""
    return _RUN.sub(r"\1", classes)


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
