"""Reading contexts and changes of appearance in what somebody asks for."""

from dataclasses import dataclass
from typing import Protocol

from consent_registry.domain.scope import Trait
from trust_kernel.contexts import Context


@dataclass(frozen=True, slots=True)
class WordHit:
    """A word or phrase that names a context, or a change of appearance.

    Attributes:
        words: as the list spells it.
        names: what it names.
    """

    words: str
    names: Context | Trait


class ContextReader(Protocol):
    """Finds contexts and changed traits in words. It adds to what was declared, and never takes anything away."""

    def read(self, text: str) -> tuple[WordHit, ...]:
        """What the text names, each context and trait once at most."""
        ...


class UnreadWords:
    """Finds nothing: for where only what is declared counts."""

    def read(self, text: str) -> tuple[WordHit, ...]:
        """Nothing."""
        del text
        return ()
