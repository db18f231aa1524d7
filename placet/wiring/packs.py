"""The model packs of what reads between the lines, and which of them a deployment uses."""

from collections.abc import Iterable

from copyright_optout.adapters.minilm import SENTENCE_CONVERTERS, SENTENCE_PACKS
from generator_gateway.adapters.reading_packs import READING_CONVERTERS, READING_PACKS
from trust_kernel.settings import Settings

READERS = (*SENTENCE_PACKS, *READING_PACKS)
"""Model packs that compare descriptions and read text."""
READER_CONVERTERS = {**SENTENCE_CONVERTERS, **READING_CONVERTERS}


def unread(settings: Settings) -> tuple[str, ...]:
    """What this deployment does not look at, a line each, for whoever has to know."""
    lines = {
        "descriptions: not compared with prompts (PLACET_MATCH_DESCRIPTIONS)": settings.match_descriptions,
        "text in pictures: not read (PLACET_READ_PICTURES)": settings.read_pictures,
        "words not to be said: not listened for (PLACET_LISTEN)": settings.listen != "nothing",
        "names that are said: not listened for (PLACET_LISTEN)": settings.listen == "names",
    }
    return tuple(line for line, on in lines.items() if not on)


def wanted(settings: Settings, names: Iterable[str]) -> tuple[str, ...]:
    """The packs among these that are used where these settings hold: those of readers that are off are left out."""
    off = set() if settings.match_descriptions else {pack.name for pack in SENTENCE_PACKS}
    off |= set() if settings.read_pictures else {pack.name for pack in READING_PACKS}
    return tuple(name for name in names if name not in off)
