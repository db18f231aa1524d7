"""BERT's word pieces, lower-cased: how a text becomes the numbers that the sentence model takes.

Source: Devlin et al., "BERT" (NAACL 2019); Wu et al. (2016) for the greedy longest-first pieces. The vocabulary is
the model's own, one piece a line.
"""

import unicodedata
from collections.abc import Iterator, Mapping

LONGEST = 256
"""Pieces of one text, its marks of beginning and end included: what the model was trained with."""
_LONGEST_WORD = 100
_BEGIN, _END, _UNKNOWN = "[CLS]", "[SEP]", "[UNK]"
_CJK = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)
"""Blocks whose letters are words of their own."""
_MOST_LETTERS = LONGEST * 24
"""Letters read of one text: more cannot matter, since a piece is mostly shorter than this many."""


class WordPieces:
    """Cuts texts into pieces.

    Args:
        vocabulary: one piece a line; its number is the line's, from 0.

    Raises:
        ValueError: a piece that every text needs is missing.
    """

    def __init__(self, vocabulary: str) -> None:
        pieces = vocabulary.removesuffix("\n").split("\n")
        self._numbers: Mapping[str, int] = {piece.rstrip("\r"): number for number, piece in enumerate(pieces)}
        if not {_BEGIN, _END, _UNKNOWN} <= self._numbers.keys():
            raise ValueError("the vocabulary lacks the marks of beginning, end or the unknown")

    def encode(self, text: str, longest: int = LONGEST) -> list[int]:
        """Numbers of a text's pieces, between the marks of beginning and end; `longest` at most."""
        numbers = [self._numbers[_BEGIN]]
        for word in _words(text[:_MOST_LETTERS]):
            numbers.extend(self._pieces(word))
            if len(numbers) >= longest:
                break
        return [*numbers[: longest - 1], self._numbers[_END]]

    def _pieces(self, word: str) -> list[int]:
        unknown = [self._numbers[_UNKNOWN]]
        if len(word) > _LONGEST_WORD:
            return unknown
        found: list[int] = []
        start = 0
        while start < len(word):
            end = next(
                (end for end in range(len(word), start, -1) if self._piece(word, start, end) in self._numbers), start
            )
            if end == start:
                return unknown
            found.append(self._numbers[self._piece(word, start, end)])
            start = end
        return found

    def _piece(self, word: str, start: int, end: int) -> str:
        return word[start:end] if start == 0 else f"##{word[start:end]}"


def _words(text: str) -> Iterator[str]:
    """Words, lower case and without accents; each mark of punctuation and each Chinese letter is a word."""
    spaced = "".join(_spaced(sign) for sign in text)
    for word in spaced.split():
        bare = "".join(
            sign for sign in unicodedata.normalize("NFD", word.lower()) if unicodedata.category(sign) != "Mn"
        )
        yield from _at_punctuation(bare)


def _spaced(sign: str) -> str:
    if sign.isspace():
        return " "
    if sign in "\0\ufffd" or unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Co"}:
        return ""
    code = ord(sign)
    return f" {sign} " if any(first <= code <= last for first, last in _CJK) else sign


def _at_punctuation(word: str) -> Iterator[str]:
    start = 0
    for place, sign in enumerate(word):
        if _is_punctuation(sign):
            if place > start:
                yield word[start:place]
            yield sign
            start = place + 1
    if start < len(word):
        yield word[start:]


def _is_punctuation(sign: str) -> bool:
    ascii_mark = sign.isascii() and not sign.isalnum() and not sign.isspace()
    return ascii_mark or unicodedata.category(sign).startswith("P")
