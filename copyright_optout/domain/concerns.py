"""What staff should know of a claim before they let it stop anything."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class Concern(StrEnum):
    """Why somebody should look twice."""

    COMMON_WORD = "common_word"
    """A name is an everyday word: it is only found where it is written like a name."""
    PERSON = "person"
    """A name is that of somebody enrolled here: their likeness is theirs, not a work of the claimant's."""
    DUPLICATE = "duplicate"
    """Another organisation claims the same name."""
    FLOOD = "flood"
    """It would stop, or has stopped, a larger share of requests than a claim may without anybody's look."""
    OBJECTION = "objection"
    """Somebody whose name it claims objects."""


@dataclass(frozen=True, slots=True)
class Concerning:
    """One concern about one claim.

    Attributes:
        name: which name; empty where it is not about one.
        about: claim that is like it, share in percent, or account whose name it is or that objects; staff see it, the
            rights holder sees only the concern.
    """

    concern: Concern
    name: str = ""
    about: str = ""


def without_whom(concerns: Iterable[Concerning]) -> tuple[Concerning, ...]:
    """Concerns as the rights holder sees them: each of a name once, however many people bear it, and not of whom."""
    return tuple(dict.fromkeys(replace(one, about="") for one in concerns))


BLOCKING = frozenset({Concern.PERSON, Concern.DUPLICATE, Concern.FLOOD, Concern.OBJECTION})
"""Concerns that staff have to name when they activate a claim nevertheless."""
