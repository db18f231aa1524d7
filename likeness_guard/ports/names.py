"""Who finds names in a text."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol


class NameHit(Protocol):
    """Where a text names somebody."""

    @property
    def entity(self) -> str: ...  # noqa: D102
    @property
    def alias(self) -> str: ...  # noqa: D102
    @property
    def span(self) -> tuple[int, int]: ...  # noqa: D102
    @property
    def transformations(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def score(self) -> float: ...  # noqa: D102


class NameMatching(Protocol):
    """Finds names in a text, disguised or not."""

    def match(self, text: str) -> Sequence[NameHit]:
        """Every hit, with spans in the text as given."""
        ...


NameMatcherMaker = Callable[[Iterable[tuple[str, str]]], NameMatching]
"""Builds a matcher from (entity id, alias) pairs."""
