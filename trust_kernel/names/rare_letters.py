"""Letters of old and rare scripts, and signs, that pass for Latin letters.

What `confusables` lacked beside the table of Unicode's Technical Standard 39; see the decision on names. Letters that
Unicode names after a Latin one (a with a hook, a reversed r, a squared m) need no line here: `named_after` reads the
name.
"""

import re
import unicodedata
from functools import lru_cache
from types import MappingProxyType

_POINTS = {
    "a": "15C5 102A0 16F40",
    "b": "0184 13CF 1472 15AF 15F7 A7B4 10282 102A1 10301",
    "c": "00A9 2CA4 2CA5 102A2 10302 10415 1043D 1051C 118F2",
    "d": "13E7 146F 15DE 15EA A4D2",
    "e": "04BD 2D39 AB32 10286 118A6 118AE",
    "f": "15B4 1E9D A798 A799 AB35 10287 102A5 10525 118A2 118C2 1D213",
    "g": "018D 13C0 13F3 1D83",
    "h": "157C 2C8E 102CF",
    "i": "037A 13A5 A647 AB75 118C3 2755 2757",
    "j": "148D A7B2",
    "k": "16D5 2C94 10518",
    "l": "01C0 14AA 16C1 2C92 2CD0 2D4F 1028A 10309 10320 1041B 10526 118A3 118B2 16F16 16F28 1D22A",
    "m": "15F0 16D6 2C98 102B0 10311 264F 2653",
    "n": "057C 2C9A 10513",
    "o": (
        "12D0 1D11 2C9E 2C9F 2D54 AB3D 10292 102AB 10404 1042C 104C2 104EA 10516 118B5 118C8 118D7"
        " 2B55 25CB 25CF 26AA 26AB 1F534 1F535"
    ),
    "p": "146D 2CA2 2CA3 10295",
    "q": "0563 2D55",
    "r": "00AE 13A1 1587 1D26 2C85 AB47 AB48 AB81 104B4 16F35 1D216",
    "s": "01BD 13D5 10296 10420 10448 118C1 16F3A 1F4B2",
    "t": "2CA6 10297 102B1 10315 118BC 16F0A 271D 2795",
    "u": "1200 144C A79F AB4E AB52 104CE 104F6 118B8 118D8 16F42",
    "v": "142F 2D38 A6DF 1051D 11706 118A0 118C0 16F08 1D20D 2714 2648",
    "w": "13D4 1170A 1170E 1170F 118EF",
    "x": "1541 157D 166D 166E 16B7 2CAC 2D5D A7B3 10290 102B4 10317 10322 10527 118EC 274C 274E 2716 2717",
    "y": "0263 13BD 1D8C 1EFF 2CA8 AB5A 102B2 118A4 118DC 16F43",
    "z": "102F5 118A9 118C4",
    "aa": "A732 A733",
    "ab": "1F18E",
    "ao": "A734 A735",
    "au": "A736 A737",
    "av": "A738 A739 A73A A73B",
    "ay": "A73C A73D",
    "cl": "1F191",
    "cool": "1F192",
    "dz": "02A3",
    "free": "1F193",
    "id": "1F194",
    "ll": "01C1",
    "ls": "02AA",
    "lz": "02AB",
    "new": "1F195",
    "ng": "1F196",
    "ok": "1F197",
    "oo": "A698 A699 A74E A74F",
    "rn": "11700",
    "sos": "1F198",
    "tf": "A777",
    "ts": "02A6",
    "ue": "1D6B",
    "uo": "AB63",
    "up": "1F199",
    "vs": "1F19A",
}

RARE = MappingProxyType({int(point, 16): letters for letters, points in _POINTS.items() for point in points.split()})
"""Code point to small Latin letters."""

_LATIN = re.compile(
    r"LATIN (?:SMALL |CAPITAL )?LETTER (?:SMALL CAPITAL |REVERSED |TURNED |OPEN )?([A-Z]{1,2})(?: WITH .+)?$"
)


@lru_cache(maxsize=4096)
def named_after(character: str) -> str | None:
    """The small Latin letters that a letter is named after; None where it is not."""
    if character.isascii():
        return None
    found = _LATIN.search(unicodedata.name(character, ""))
    return found.group(1).lower() if found else None
