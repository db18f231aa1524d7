"""What one character is to the matcher, whatever stands beside it.

Folding: NFKC, diacritics off, look-alikes to Latin, casefold. What was done to a letter is marked on it, so that a hit
can say how the name was hidden.
"""

import unicodedata
from dataclasses import dataclass
from enum import Enum, IntFlag
from functools import lru_cache

from trust_kernel.names.confusables import LOOKALIKES
from trust_kernel.names.rare_letters import named_after


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
    EMOJI = 8192
    EMBEDDED = 16384
    TRANSLITERATED = 32768
    SOUNDS_LIKE = 65536
    SKELETON = 131072
    PART = 262144

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


def within(character: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    """Whether a character lies in one of some ranges of code points, ends included."""
    point = ord(character)
    return any(first <= point <= last for first, last in ranges)


@lru_cache(maxsize=1 << 16)
def fold_character(character: str) -> Folded:
    """Fold one character; the result depends on nothing else."""
    kind = _kind(character)
    if kind is not Kind.LETTER:
        return Folded(kind)
    compatible = unicodedata.normalize("NFKC", character)
    marks = Mark.WIDTH if compatible != character else Mark(0)
    pieces = unicodedata.normalize("NFD", compatible)
    bare = unicodedata.normalize("NFC", "".join(piece for piece in pieces if not within(piece, _DIACRITICS)))
    if bare != unicodedata.normalize("NFC", compatible):
        marks |= Mark.ACCENTS
    text = ""
    for letter in bare:
        small = letter.casefold()
        alike = LOOKALIKES.get(ord(letter)) or (LOOKALIKES.get(ord(small)) if len(small) == 1 else None)
        alike = alike or named_after(letter)
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
    if within(character, _DIACRITICS) or character == _TATWEEL:
        return Kind.DIACRITIC
    if _is_wordlike(character) or ord(character) in LOOKALIKES or named_after(character):
        return Kind.LETTER
    wide = unicodedata.normalize("NFKC", character)
    return Kind.LETTER if wide != character and any(map(_is_wordlike, wide)) else Kind.SEPARATOR


def _is_wordlike(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character) in {"Mc", "Mn"}


def _plain_digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)
