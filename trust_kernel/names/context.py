"""Names that are also words, and what stands beside them when the word is meant."""

from collections.abc import Mapping
from types import MappingProxyType

_BESIDE = """
    amazon: basin bird canopy delta forest frog indigenous jungle parrot rain rainforest river tribe tributary
    apple: blossom blossoms butter cake cider core crumble eating green juice orchard orchards peel pie pies pip red
    apple: sauce seed seeds slice slices strudel tart tree trees turnover vinegar
    bush: fire green hedge rose thorny
    caterpillar: butterfly cocoon crawling fuzzy green hungry leaf
    corona: discharge light solar sun
    cruise: control liner missile ship ships
    dove: cage coo flying grey peace turtle white wings
    galaxy: andromeda distant dwarf spiral star stars
    jaguar: cub forest fur jungle prowling rainforest spotted
    jordan: river valley
    mark: answer exam question skid water
    mars: colony crater dust landscape orbit planet red rover surface
    mercury: drop liquid orbit planet thermometer vapour
    mustang: galloping herd wild
    orange: blossom cat juice light marmalade peel sky tree
    prince: and charming crown frog little of princess
    queen: and ant bee crown king of
    rose: bush garden gold petal petals pink red window
    saturn: moon orbit planet ring rings
    shell: beach cracked egg sea snail spiral turtle
    target: archery arrow bullseye moving practice shooting
    tesla: coil coils unit units
    tiger: cub bengal lily prowling stripes
"""


def _read() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in _BESIDE.strip().splitlines():
        word, beside = line.split(":")
        found.setdefault(word.strip(), set()).update(beside.split())
    return MappingProxyType({word: frozenset(beside) for word, beside in found.items()})


BESIDE = _read()
"""A word that is also a name: words before or behind it that say that it is the word."""


def is_in_its_own_company(word: str, before: str, behind: str) -> bool:
    """Whether the words on both sides say that a word is no name there (Amazon rainforest, Tesla coil)."""
    beside = BESIDE.get(word)
    return beside is not None and (before in beside or behind in beside)
