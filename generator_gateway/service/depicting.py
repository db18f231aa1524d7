"""What a request would show, in the terms of claims."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from copyright_optout.api import Depiction, Setting
from generator_gateway.service.uses import use_of
from generator_gateway.stages import Request


class NamesSetting(Protocol):
    """A word that names a setting, or something else about a depiction."""

    @property
    def names(self) -> StrEnum:
        """What it names; settings by the words of `Setting`."""
        ...


class ReadsWords(Protocol):
    """Reads what words name."""

    def read(self, words: str) -> Sequence[NamesSetting]:
        """What they name, each once."""
        ...


def depiction_of(request: Request, words: ReadsWords) -> Depiction:
    """What a request would show: as declared, and as its words say."""
    use = use_of(request)
    read = frozenset(hit.names.value for hit in words.read(request.prompt))
    shown = frozenset(context.value for context in use.shown) | read
    return Depiction(frozenset(one for one in Setting if one.value in shown), use.territories)
