"""How a name sounds, roughly, whatever language it is spelt in; and its consonants alone.

Not a phonetic alphabet: what people write when they write a name by ear, or carry it from one alphabet to another,
falls together (Mickey, Mikki, Micki; Tchaikovsky, Chaykovskiy). Consonants keep apart what most languages keep apart.
Vowels are three: a, the bright ones (e), the dark ones (o). After the idea, not the rules, of Russell's Soundex (1918)
and Philips's Metaphone (1990), which know English only.
"""

import re
from functools import lru_cache

from trust_kernel.names.confusables import DIGITS, SYMBOLS
from trust_kernel.names.english import LONGEST_REMEMBERED

_FIRST = re.compile(r"^(?:kn|gn|wr|ps|wh|x)")
_FIRST_AS = {"kn": "n", "gn": "n", "wr": "r", "ps": "s", "wh": "w", "x": "s"}

_LONGEST_FIRST = (
    ("shch", "S"),
    ("dzh", "J"),
    ("tsch", "C"),
    ("augh", "o"),
    ("ough", "o"),
    ("chae", "kae"),
    ("igh", "i"),
    ("tch", "C"),
    ("sch", "S"),
    ("chr", "kr"),
    ("chl", "kl"),
    ("chm", "m"),
    ("sh", "S"),
    ("cz", "C"),
    ("sz", "S"),
    ("ch", "C"),
    ("kh", "h"),
    ("ph", "f"),
    ("th", "t"),
    ("dh", "d"),
    ("bh", "b"),
    ("zh", "J"),
    ("dj", "J"),
    ("dg", "J"),
    ("gh", "g"),
    ("ck", "k"),
    ("cq", "k"),
    ("qu", "kv"),
    ("tz", "ts"),
    ("ce", "se"),
    ("ci", "si"),
    ("cy", "si"),
)
_SINGLE = str.maketrans(
    {"c": "k", "q": "k", "x": "ks", "z": "s", "v": "f", "w": "f", "j": "J", "y": "e", "i": "e", "u": "o"}
)
_VOWEL_W = re.compile(r"[aeo]w(?![aeiouy])")
_NASAL = re.compile(r"ng(?![aeiouy])")
_INNER_H = re.compile(r"(?<=.)h")
_VOWEL_PAIRS = (("ao", "o"), ("ae", "e"))
_RUN = re.compile(r"(.)\1+")
_SILENT_E = re.compile(r"(?<=[^aeiouy])e$")
_SHORTEST_SILENT = 4

_LABIAL = re.compile(r"m(?=[bpfv])")
_UNROUNDED = re.compile(r"([aeiou])r(?![aeiouyr])")
_VOWEL_L = re.compile(r"([aeiou])l(?![aeiouyl])")
_SOFT_G = re.compile(r"g(?=[eiy])")

_SKELETON = str.maketrans(
    {"a": None, "e": None, "o": None, "b": "p", "f": "p", "C": "s", "J": "s", "S": "s", "l": "r", "g": "k", "d": "t"}
)


def sound(word: str, *, silent: bool = True) -> str:
    """How a word of small Latin letters sounds.

    Args:
        word: folded, digits in it read as letters already.
        silent: a last e after a consonant is not heard.
    """
    return (_sound if len(word) <= LONGEST_REMEMBERED else _sound.__wrapped__)(word, silent=silent)


@lru_cache(maxsize=1 << 15)
def _sound(word: str, *, silent: bool) -> str:
    if silent and len(word) >= _SHORTEST_SILENT:
        word = _SILENT_E.sub("", word[:-2] + "se" if word.endswith("ce") else word)
    word = _FIRST.sub(lambda found: _FIRST_AS[found.group()], word)
    word = _NASAL.sub("n", _VOWEL_W.sub("o", word))
    for written, heard in _LONGEST_FIRST:
        if written in word:
            word = word.replace(written, heard)
    word = _INNER_H.sub("", word.translate(_SINGLE))
    for written, heard in _VOWEL_PAIRS:
        word = word.replace(written, heard)
    return _RUN.sub(r"\1", word)


def spoken(word: str) -> str:
    """A folded word with its digits and symbols read as letters, as sounds are taken from; numbers stay numbers."""
    return word if word.isalpha() or word.isdigit() else word.translate(_SPOKEN)


_SPOKEN = str.maketrans({**DIGITS, **SYMBOLS})


WAYS = 3
"""Ways in which a name is worn down."""


def worn(word: str) -> tuple[str, ...]:
    """How a word of small Latin letters may be heard where an r or l after a vowel is none: `WAYS` of them.

    So are foreign names heard in Japanese, Korean, Chinese and Thai: Potter is Potta, Trump is Trunp, Donald is Donad,
    Wook is Uk.
    """
    bare = _LABIAL.sub("n", _UNROUNDED.sub(r"\1", word))
    return bare, _VOWEL_L.sub(r"\1", _SOFT_G.sub("j", bare)), word.replace("w", "u")


def ends_silent(word: str) -> bool:
    """Whether a word has a last e that some hear and some do not."""
    return len(word) >= _SHORTEST_SILENT and _SILENT_E.search(word) is not None


def skeleton(heard: str) -> str:
    """The consonants of a sound, only those told apart that Arabic, Korean, Japanese and Tamil all tell apart."""
    return _RUN.sub(r"\1", _INNER_H.sub("", heard.translate(_SKELETON)))


def consonants(heard: str) -> str:
    """The same, before what is said twice becomes one."""
    return heard.translate(_SKELETON)
