# ruff: noqa: E501 - tables of letters read best as tables
"""Ways to slip a name past a filter, one function each, made without looking at the matcher's own tables.

Spelling comes first (how the name is written), then letters (what each looks like), then layout (what stands between
them). A double evasion is two of them, in that order.
"""

import random
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import combinations

from benchmarks.names_corpus import Name


class Layer(IntEnum):
    """What an evasion changes."""

    SPELLING = 0
    LETTERS = 1
    LAYOUT = 2


Change = Callable[[str, random.Random], str]


@dataclass(frozen=True, slots=True)
class Evasion:
    """One way.

    Attributes:
        name: of the way.
        layer: what it changes.
        change: the name as it is written then; the same where it cannot be done.
    """

    name: str
    layer: Layer
    change: Change


_LOOK = {
    "a": "\u0430\u0251\u03b1\u1d00", "b": "\u0184\u0299", "c": "\u0441\u03f2\u1d04", "d": "\u0501\u1d05", "e": "\u0435\u0454\u1d07",
    "g": "\u0261\u0581", "h": "\u04bb\u029c", "i": "\u0456\u0131\u03b9", "j": "\u0458\u03f3", "k": "\u043a\u1d0b", "l": "\u04cf\u01c0\u029f",
    "m": "\u043c\u1d0d", "n": "\u0578\u0274", "o": "\u043e\u03bf\u0585\u1d0f", "p": "\u0440\u03c1", "q": "\u051b", "r": "\u0433\u0280",
    "s": "\u0455\ua731", "t": "\u0442\u1d1b", "u": "\u057d\u1d1c\u03c5", "v": "\u0475\u03bd\u1d20", "w": "\u051d\u0461\u1d21",
    "x": "\u0445\u03c7", "y": "\u0443\u04af\u028f", "z": "\u1d22",
}  # fmt: skip
_DIGITS = {"a": "4", "e": "3", "i": "1", "o": "0", "s": "5", "t": "7"}
_SYMBOLS = {"a": "@", "s": "$", "i": "!"}
_BY_EAR: Sequence[tuple[str, str]] = (
    ("ck", "k"), ("ph", "f"), ("ou", "oo"), ("ee", "ea"), ("ey", "ie"), ("ie", "y"), ("x", "ks"), ("qu", "kw"), ("c", "k"),
    ("k", "ck"), ("sh", "sch"), ("th", "t"), ("oo", "u"), ("ai", "ay"), ("z", "s"), ("i", "y"), ("y", "i"), ("f", "ph"),
    ("u", "oo"), ("v", "w"), ("s", "z"),
)  # fmt: skip
_TAGS = ("free{}", "{}fan", "the{}", "real{}", "{}forever", "we love {}", "{}movie")


def _each(name: str, share: float, draw: random.Random, change: Callable[[str], str]) -> str:
    """Change some letters, one at least."""
    places = [place for place, letter in enumerate(name) if change(letter) != letter]
    chosen = {place for place in places if draw.random() < share} | set(draw.sample(places, min(1, len(places))))
    return "".join(change(letter) if place in chosen else letter for place, letter in enumerate(name))


def _plain(name: str) -> str:
    bare = unicodedata.normalize("NFD", name)
    return "".join(letter for letter in bare if not unicodedata.combining(letter))


def _width(name: str, draw: random.Random) -> str:
    base = draw.choice((0xFF21, 0x1D400, 0x1D5A0, 0x24B6))
    low = base + (32 if base == 0xFF21 else 26)
    shift = {chr(65 + step): chr(base + step) for step in range(26)} | {
        chr(97 + step): chr(low + step) for step in range(26)
    }
    return "".join(shift.get(letter, letter) for letter in _plain(name))


def _emoji(name: str, draw: random.Random) -> str:
    base = draw.choice((0x1F1E6, 0x1F150, 0x1F170, 0x1F130))
    return " ".join("\u200c".join(_picture(letter, base) for letter in word) for word in _plain(name).upper().split())


def _picture(letter: str, base: int) -> str:
    return chr(base + ord(letter) - 65) if "A" <= letter <= "Z" else letter


def _slip(name: str, draw: random.Random) -> str:
    words = name.split(" ")
    place = max(range(len(words)), key=lambda number: len(words[number]))
    word = words[place]
    if len(word) < 5:
        return name
    at = draw.randrange(1, len(word) - 2)
    letter = draw.choice("aeiorst")
    words[place] = draw.choice(
        (
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + word[at + 1 :],
            word[:at] + letter + word[at:],
            word[:at] + letter + word[at + 1 :],
        )
    )
    return " ".join(words)


def _by_ear(name: str, draw: random.Random) -> str:
    small = _plain(name).lower()
    able = [pair for pair in _BY_EAR if pair[0] in small[1:]]
    for written, heard in draw.sample(able, min(2, len(able))):
        small = small[0] + small[1:].replace(written, heard, 1)
    return small


def _backwards(name: str, draw: random.Random) -> str:
    del draw
    return f"\u202e{name[::-1]}\u202c"


def _tag(name: str, draw: random.Random) -> str:
    return "#" + re.sub(r"[ '.]", "", draw.choice(_TAGS).format(_plain(name).lower()))


EVASIONS: Sequence[Evasion] = (
    Evasion("misspelled", Layer.SPELLING, _slip),
    Evasion("by ear", Layer.SPELLING, _by_ear),
    Evasion("no accents", Layer.SPELLING, lambda name, _: _plain(name)),
    Evasion("case", Layer.LETTERS, lambda name, draw: _each(name, 0.5, draw, str.swapcase)),
    Evasion("width and style", Layer.LETTERS, _width),
    Evasion(
        "confusables",
        Layer.LETTERS,
        lambda name, draw: _each(name, 0.5, draw, lambda letter: draw.choice(_LOOK.get(letter.lower(), letter))),
    ),
    Evasion(
        "digits for letters",
        Layer.LETTERS,
        lambda name, draw: _each(name, 0.4, draw, lambda letter: _DIGITS.get(letter.lower(), letter)),
    ),
    Evasion(
        "symbols for letters",
        Layer.LETTERS,
        lambda name, draw: _each(name[:-1], 0.3, draw, lambda letter: _SYMBOLS.get(letter.lower(), letter)) + name[-1],
    ),
    Evasion(
        "keycaps",
        Layer.LETTERS,
        lambda name, draw: _each(
            name, 0.3, draw, lambda letter: _DIGITS[letter] + "\ufe0f\u20e3" if letter in _DIGITS else letter
        ),
    ),
    Evasion(
        "accents put on", Layer.LETTERS, lambda name, draw: _each(name, 0.5, draw, lambda letter: letter + "\u0323")
    ),
    Evasion(
        "letters repeated",
        Layer.LETTERS,
        lambda name, draw: _each(name, 0.2, draw, lambda letter: letter * 3 if letter.isalpha() else letter),
    ),
    Evasion("letters in emoji", Layer.LETTERS, _emoji),
    Evasion("spaced out", Layer.LAYOUT, lambda name, _: " ".join(name.replace(" ", ""))),
    Evasion("dots between", Layer.LAYOUT, lambda name, draw: draw.choice(".-_*").join(name.replace(" ", ""))),
    Evasion(
        "punctuation for spaces", Layer.LAYOUT, lambda name, draw: name.replace(" ", draw.choice(("_", "-", ".", "/")))
    ),
    Evasion("run together", Layer.LAYOUT, lambda name, _: name.replace(" ", "")),
    Evasion("in a tag", Layer.LAYOUT, _tag),
    Evasion(
        "zero width",
        Layer.LAYOUT,
        lambda name, draw: _each(
            name, 0.4, draw, lambda letter: letter + draw.choice("\u200b\u200c\u200d\u2060\u00ad\ufeff")
        ),
    ),
    Evasion("backwards, shown forwards", Layer.LAYOUT, _backwards),
    Evasion(
        "directional marks", Layer.LAYOUT, lambda name, draw: _each(name, 0.3, draw, lambda letter: letter + "\u200e")
    ),
)
"""Those that are done to a name in Latin letters."""

_OF_SCRIPTS: Mapping[str, Change] = {
    "zero width": lambda name, draw: _each(name, 0.3, draw, lambda letter: letter + "\u200b"),
    "spaced out": lambda name, _: " ".join(name.replace(" ", "")),
    "punctuation for spaces": lambda name, _: name.replace(" ", "_"),
    "run together": lambda name, _: name.replace(" ", ""),
    "directional marks": lambda name, draw: _each(name, 0.3, draw, lambda letter: letter + "\u200f"),
}
"""Those that are also done to a name in another script."""


@dataclass(frozen=True, slots=True)
class Evaded:
    """A name as it is written to dodge a filter.

    Attributes:
        way: the evasion, or two of them.
        alias: the name as it was filed.
        written: as it is written.
    """

    way: str
    alias: str
    written: str


def single(name: Name, draw: random.Random) -> list[Evaded]:
    """Each evasion once, where it changes anything."""
    found = [Evaded(way.name, name.latin, way.change(name.latin, draw)) for way in EVASIONS]
    if name.native:
        found.append(Evaded(f"into {name.language} letters", name.latin, name.native))
        found.append(Evaded(f"out of {name.language} letters", name.native, name.latin))
    return [evaded for evaded in found if evaded.written != evaded.alias]


def double(name: Name, draw: random.Random) -> list[Evaded]:
    """Every two evasions, the second done to what the first made."""
    found = []
    for one, other in combinations(EVASIONS, 2):
        first, second = sorted((one, other), key=lambda way: way.layer)
        if first.layer == second.layer == Layer.LAYOUT:
            continue  # two layouts contradict each other: what is spaced out is not run together
        between = first.change(name.latin, draw)
        written = second.change(between, draw)
        if name.latin != between != written:
            found.append(Evaded(f"{first.name} + {second.name}", name.latin, written))
    if name.native:
        for label, change in _OF_SCRIPTS.items():
            written = change(name.native, draw)
            if written != name.native:
                found.append(Evaded(f"into {name.language} letters + {label}", name.latin, written))
        found.extend(
            Evaded(f"out of {name.language} letters + {way.name}", name.native, way.change(name.latin, draw))
            for way in EVASIONS
        )
    return found
