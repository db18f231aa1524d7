"""Findings about names that were not typed: read in a picture, or heard."""

from dataclasses import dataclass

from copyright_optout.api import Claim, NamedWork, OptOutIndex
from generator_gateway.ports import CaseView
from likeness_guard.api import LikenessGuard, NamedPerson
from trust_kernel.decisions import Stage


@dataclass(frozen=True, slots=True)
class Named:
    """A name in a text.

    Attributes:
        about: id of the claim or the blocklist entry.
        claim: None for a person.
        span: characters [start, end) of the text.
        score: as the matchers give it; 1.0 is the name itself.
        note: how it was hidden.
    """

    about: str
    claim: Claim | None
    span: tuple[int, int]
    score: float
    note: str


class NameBooks:
    """The matchers of people and of works, together."""

    def __init__(self, likeness: LikenessGuard, optouts: OptOutIndex) -> None:
        self._likeness = likeness
        self._optouts = optouts

    def named(self, text: str) -> tuple[Named, ...]:
        """Everybody and everything that a text names."""
        if not text.strip():
            return ()
        people = map(_person, self._likeness.named(text))
        return (*people, *map(_work, self._optouts.named(text)))

    def some(self, most: int) -> tuple[tuple[str, str], ...]:
        """(id, name) of so many names at most, half of them of people where there are as many."""
        works = self._optouts.aliases(most)
        people = self._likeness.aliases(most)
        room = max(most - len(works), most // 2)
        return (*people[:room], *works[: most - len(people[:room])])

    def of_prompt(self, view: CaseView) -> frozenset[str]:
        """Whom and what the prompt names, for the look at what was made; nothing before.

        What the prompt names was judged with the prompt: denied, licensed, or let through by a person. A caption of
        the prompt in what was made says nothing new.
        """
        if view.stage is not Stage.OUTPUT:
            return frozenset()
        return frozenset(one.about for one in self.named(view.request.prompt))


def _person(hit: NamedPerson) -> Named:
    return Named(hit.entry_id, None, hit.span, hit.score, ", ".join(hit.transformations))


def _work(hit: NamedWork) -> Named:
    return Named(hit.claim.id, hit.claim, hit.span, hit.score, ", ".join(hit.transformations))
