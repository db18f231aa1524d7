"""A reading cut into words: as they stand, spelled out letter by letter, and run together in tags."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from trust_kernel.names.english import COMMON_WORDS
from trust_kernel.names.normal import Reading

SHORTEST_TELLING = 3
"""Letters of a word that can tell a name from prose; also, so many words of one letter make a spelled-out name."""

_SHORTEST_CUT = 9
_LONGEST_CUT = 60
_LONGEST_PIECE = 12
_SHORTEST_PIECE = 2


class Word(NamedTuple):
    """A word of a reading.

    Attributes:
        first: its first letter.
        last: its last letter.
        text: folded.
    """

    first: int
    last: int
    text: str


class Piece(NamedTuple):
    """A part of a word that was run together: what stands before and behind it is common words.

    Attributes:
        first: its first letter.
        end: the letter after its last.
    """

    first: int
    end: int


def words_of(reading: Reading) -> Iterator[Word]:
    """Words in order; three or more words of one letter count as one word."""
    letters: list[tuple[int, int]] = []
    for bounds in reading.word_bounds():
        if bounds[0] == bounds[1]:
            letters.append(bounds)
            continue
        if letters:
            yield from _gathered(reading, letters)
            letters = []
        yield Word(*bounds, reading.folded[bounds[0] : bounds[1] + 1])
    yield from _gathered(reading, letters)


def _gathered(reading: Reading, letters: Sequence[tuple[int, int]]) -> Iterator[Word]:
    if len(letters) >= SHORTEST_TELLING:
        letters = [(letters[0][0], letters[-1][1])]
    for first, last in letters:
        yield Word(first, last, reading.folded[first : last + 1])


def pieces_of(words: Sequence[Word]) -> Iterator[Piece]:
    """What is left of long words when common words are taken off their ends ("freemickeymouse": mickeymouse)."""
    for word in words:
        if _SHORTEST_CUT <= len(word.text) <= _LONGEST_CUT:
            yield from (Piece(word.first + start, word.first + end) for start, end in _cuts(word.text))


@lru_cache(maxsize=1 << 14)
def _cuts(text: str) -> tuple[tuple[int, int], ...]:
    if text in COMMON_WORDS:
        return ()
    starts, ends = _reached(text), [len(text) - at for at in _reached(text, back=True)]
    pairs = ((start, end) for start in starts for end in ends)
    return tuple((start, end) for start, end in pairs if SHORTEST_TELLING < end - start < len(text))


def _reached(text: str, *, back: bool = False) -> list[int]:
    """How many letters whole common words and numbers can take off the beginning, or the end."""
    found = [0]
    for at in found:
        digits = at
        while digits < len(text) and text[-1 - digits if back else digits].isdigit():
            digits += 1
        if digits > at and digits not in found:
            found.append(digits)
        for size in range(_SHORTEST_PIECE, min(_LONGEST_PIECE, len(text) - at) + 1):
            piece = text[len(text) - at - size : len(text) - at] if back else text[at : at + size]
            if piece in COMMON_WORDS and at + size not in found:
                found.append(at + size)
    return found
