"""Invented names in any number, and prompts to hold against them."""

import random
from collections.abc import Iterator

from benchmarks.names_corpus import innocent


def _listed(words: str) -> list[str]:
    return words.split()


_FIRST = _listed(
    """James Mary Michael Patricia Robert Jennifer John Linda David Elizabeth William Barbara Richard Susan Joseph
    Jessica Thomas Karen Carlos Maria Jose Ana Luis Sofia Ivan Olga Sergei Natalia Ahmed Fatima Mohammed Aisha Wei Li
    Ming Yuki Hiroshi Kenji Sakura Priya Raj Anil Sunita Pierre Marie Jean Claire Hans Greta Klaus Ingrid Lars Astrid
    Giovanni Lucia Marco Giulia Anna Tom Emma Olivia Noah Liam Mateo Diego Camila"""
)
_ONSETS = _listed("b br c ch cl d dr f g gr h j k kr l m mc n p pr r s sch sh st t tr v w z")
_VOWELS = _listed("a e i o u ai ea ou ie")
_ENDS = ("", "n", "r", "s", "l", "ng", "t", "ck", "m", "son", "man", "ski", "ez", "berg", "ini")
_LONGEST = 500


def invented(count: int) -> Iterator[str]:
    """Names, most of them a real first name and an invented last one, so that many share a word; all different."""
    draw = random.Random(1)  # noqa: S311 - a benchmark, the same every time
    last = list(dict.fromkeys(_surname(draw) for _ in range(max(10, count // 4))))
    seen: set[int] = set()
    while len(seen) < count:
        kind = draw.random()
        if kind < 0.7:
            name = f"{draw.choice(_FIRST)} {draw.choice(last)}"
        elif kind < 0.9:
            name = f"{draw.choice(last)} {draw.choice(last)}"
        elif kind < 0.95:
            name = f"The {draw.choice(last)} of {draw.choice(last)}"
        else:
            name = f"{draw.choice(last)}{draw.choice(('ia', 'on', 'us', 'ax'))} {draw.randrange(2, 100)}"
        if hash(name) not in seen:
            seen.add(hash(name))
            yield name


def _surname(draw: random.Random) -> str:
    parts = "".join(draw.choice(_ONSETS) + draw.choice(_VOWELS) for _ in range(draw.choice((1, 2, 2, 3))))
    return (parts + draw.choice(_ENDS)).capitalize()


def prompts_about(count: int, rounds: int) -> list[str]:
    """Prompts of 500 characters; every second one names somebody of the first thousand."""
    known = [name for name, _ in zip(invented(count), range(1000), strict=False)]
    draw = random.Random(2)  # noqa: S311 - a benchmark, the same every time
    prose = [text for _, text in innocent(2000, held_out=True) if text.isascii()]
    found = []
    for number in range(rounds):
        text = draw.choice(known) if number % 2 else "nobody"
        while len(text) < _LONGEST:
            text += f". {draw.choice(prose)}"
        found.append(text[:_LONGEST])
    return found
