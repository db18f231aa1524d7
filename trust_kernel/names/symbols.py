"""When a symbol stands for a letter: beside letters, as in sch@ol, and in a name that is spelled out."""

import re
import unicodedata

from trust_kernel.names.confusables import SYMBOLS
from trust_kernel.names.folding import Kind, fold_character

_ALSO_STOPS = "!|+\u00a1"
_LOOKED_PAST = 6


def reads_as_letter(text: str, index: int) -> bool:
    """Whether the character at `index` may be one."""
    character = text[index] if text[index].isascii() else unicodedata.normalize("NFKC", text[index])
    if character not in SYMBOLS:
        return False
    before, behind = _beside(text, index, -1), _beside(text, index, 1)
    if not _stands_beside(before) and not _stands_beside(behind):
        # Spelled out ("N ! k"): a letter alone stands two places on.
        return _is_alone(text, index - 2, -1) or _is_alone(text, index + 2, 1)
    if character in _ALSO_STOPS:
        return _stands_beside(behind) and behind not in _ALSO_STOPS
    return True


def _stands_beside(character: str) -> bool:
    return fold_character(character).kind is Kind.LETTER or character in SYMBOLS


def _beside(text: str, index: int, step: int) -> str:
    """The next character that is seen, or a space."""
    for place in range(index + step, index + step * _LOOKED_PAST, step):
        if not 0 <= place < len(text):
            return " "
        if fold_character(text[place]).kind is not Kind.INVISIBLE:
            return text[place]
    return " "


def _is_alone(text: str, index: int, step: int) -> bool:
    if not 0 <= index < len(text) or not text[index].isalnum():
        return False
    return not 0 <= index + step < len(text) or not text[index + step].isalnum()


def has_symbol_letters(text: str) -> bool:
    """Whether reading symbols as letters would change anything."""
    if text.isascii():
        return any(reads_as_letter(text, found.start()) for found in _PLAIN_SYMBOL.finditer(text))
    return any(reads_as_letter(text, index) for index, character in enumerate(text) if not character.isalnum())


_PLAIN_SYMBOL = re.compile(f"[{re.escape(''.join(symbol for symbol in SYMBOLS if symbol.isascii()))}]")
