"""Pictures that stand for words: what Unicode calls a pictograph, as letters."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from trust_kernel.names.confusables import LOOKALIKES
from trust_kernel.names.normal import Mark, Spelt

_BLOCKS = (("\u2600", "\u27bf"), ("\U0001f300", "\U0001faff"))
_LOOKS = re.compile(r"\b(?:FACE|HEAD|RED|GREEN|BLACK|WHITE|SYMBOL|SIGN|WITH .*)\b|[^A-Z]")


def pictured_words(text: str) -> Mapping[int, Spelt]:
    """Pictographs, by index, as the words that they show; the mouse's face and the mouse are both a mouse."""
    if text.isascii():
        return {}
    named = ((index, _word(character)) for index, character in enumerate(text) if character > "\u25ff")
    return {index: Spelt(word, Mark.EMOJI, apart=True) for index, word in named if word}


@lru_cache(maxsize=4096)
def _word(character: str) -> str:
    if ord(character) in LOOKALIKES or not any(first <= character <= last for first, last in _BLOCKS):
        return ""
    if unicodedata.category(character) != "So":
        return ""
    return _LOOKS.sub("", unicodedata.name(character, "")).lower()
