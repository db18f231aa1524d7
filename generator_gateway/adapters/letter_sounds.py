"""English letters to the sounds of the speech model (ARPAbet), by rules: for names that no dictionary has.

Plain on purpose: the longest rule that fits, from left to right. It gets a made-up name roughly right, which is as
much as whoever reads the name aloud does.
"""

import re
import unicodedata

_RULES = {
    "tion": "SH AH N",
    "sion": "ZH AH N",
    "ough": "AO",
    "eigh": "EY",
    "tch": "CH",
    "sch": "SH",
    "igh": "AY",
    "eau": "OW",
    "ear": "IH R",
    "air": "EH R",
    "oor": "AO R",
    "dge": "JH",
    "ar": "AA R",
    "or": "AO R",
    "er": "ER",
    "ir": "ER",
    "ur": "ER",
    "ch": "CH",
    "ck": "K",
    "sh": "SH",
    "th": "TH",
    "ph": "F",
    "gh": "G",
    "ng": "NG",
    "nk": "NG K",
    "qu": "K W",
    "wh": "W",
    "wr": "R",
    "kn": "N",
    "ai": "EY",
    "ay": "EY",
    "au": "AO",
    "aw": "AO",
    "ea": "IY",
    "ee": "IY",
    "ei": "EY",
    "ey": "IY",
    "eu": "Y UW",
    "ew": "UW",
    "ie": "IY",
    "oa": "OW",
    "oe": "OW",
    "oi": "OY",
    "oy": "OY",
    "oo": "UW",
    "ou": "AW",
    "ow": "OW",
    "ue": "UW",
    "ui": "UW IY",
    "zz": "Z",
    "ce": "S EH",
    "ci": "S IH",
    "cy": "S IY",
    "ge": "JH EH",
    "gi": "JH IH",
    "a": "AE",
    "b": "B",
    "c": "K",
    "d": "D",
    "e": "EH",
    "f": "F",
    "g": "G",
    "h": "HH",
    "i": "IH",
    "j": "JH",
    "k": "K",
    "l": "L",
    "m": "M",
    "n": "N",
    "o": "AA",
    "p": "P",
    "q": "K",
    "r": "R",
    "s": "S",
    "t": "T",
    "u": "AH",
    "v": "V",
    "w": "W",
    "x": "K S",
    "y": "Y",
    "z": "Z",
}
_AT_END = {"a": "AH", "e": "", "i": "IY", "o": "OW", "u": "UW", "y": "IY", "es": "Z", "le": "AH L"}
_LONG = {"a": "EY", "e": "IY", "i": "AY", "o": "OW", "u": "UW"}
_VOWELS = "aeiou"
_SILENT_E = re.compile(r"[aeiou][bcdfgklmnprstvz]e")
_LONGEST = 4


def words_of(phrase: str) -> tuple[str, ...]:
    """The words of a phrase, small Latin letters alone; nothing where it holds letters of another script."""
    decomposed = unicodedata.normalize("NFKD", phrase.casefold())
    plain = "".join(sign for sign in decomposed if unicodedata.category(sign) != "Mn").replace("'", "")
    if any(sign.isalnum() and not sign.isascii() for sign in plain) or any(sign.isdigit() for sign in plain):
        return ()
    return tuple(re.findall(r"[a-z]+", plain))


def sounds_of(word: str) -> str:
    """The sounds of a word of small Latin letters, parted by spaces; "" where there are none."""
    found: list[str] = []
    place = 0
    word = re.sub(r"([b-df-hj-np-tv-z])\1", r"\1", word)
    while place < len(word):
        sounds, length = _next(word, place)
        found.append(sounds)
        place += length
    return " ".join(" ".join(found).split())


def _next(word: str, place: int) -> tuple[str, int]:
    rest = word[place:]
    if place and rest in _AT_END:
        return _AT_END[rest], len(rest)
    if rest[0] in _VOWELS and _SILENT_E.fullmatch(rest):
        return f"{_LONG[rest[0]]} {_RULES[rest[1]]}", len(rest)
    if rest[0] == "y" and place and len(rest) > 1 and rest[1] not in _VOWELS:
        return "IH", 1
    for length in range(min(_LONGEST, len(rest)), 0, -1):
        if rest[:length] in _RULES:
            return _RULES[rest[:length]], length
    return "", 1
