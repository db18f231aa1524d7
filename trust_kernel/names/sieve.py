"""Finds some names in very many prompts, as the gates would."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from trust_kernel.names import NameMatcher
from trust_kernel.names.screen import NameScreen


@dataclass(frozen=True, slots=True)
class NameFound:
    """The surest place where a text names something.

    Attributes:
        words: of the text.
        transformations: what disguised the name, in words.
        score: 1.0 for the plain name, less for looser likeness.
    """

    words: str
    transformations: tuple[str, ...]
    score: float


class PromptSieve:
    """Finds some names in very many prompts.

    Args:
        pairs: (id of what is called so, name).
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        kept = list(pairs)
        self._matcher = NameMatcher(kept)
        self._screen = NameScreen(alias for _, alias in kept)

    def found(self, prompt: str) -> Mapping[str, NameFound]:
        """By id, the surest name in a prompt."""
        if not prompt or not self._screen.may_name(prompt):
            return {}
        best: dict[str, NameFound] = {}
        for hit in self._matcher.match(prompt):
            if hit.entity not in best or best[hit.entity].score < hit.score:
                words = prompt[hit.span[0] : hit.span[1]]
                best[hit.entity] = NameFound(words, hit.transformations, hit.score)
        return best
