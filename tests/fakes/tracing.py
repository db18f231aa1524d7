"""A finder of people in what was made: searches are rows, as they are in an installation; a test says who is where."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from likeness_guard.api import Band, PendingSearch
from likeness_guard.store import DatabaseSearches
from trust_kernel.clock import Clock
from trust_kernel.db import Database


@dataclass(frozen=True, slots=True)
class Surely:
    """How surely."""

    band: Band = Band.MATCH
    score: float = 0.91
    probability: float = 0.98
    fpir: float = 0.001


@dataclass(frozen=True, slots=True)
class There:
    """A person in the output of a case."""

    case_id: str
    modality: str = "face"
    judgement: Surely = Surely()


class KnowingFinder:
    """Knows where people are because a test says so."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.places: dict[str, list[There]] = defaultdict(list)
        self.failing: dict[str, Exception] = {}
        self.looked: list[str] = []
        self.discarded: list[str] = []
        self.adopted: list[str] = []
        self.while_looking: Callable[[], object] = lambda: None
        self._searches = DatabaseSearches(database, clock)

    def shows(self, owner: str, *places: There) -> None:
        """Put a person where they are."""
        self.places[owner] += places

    def look_for(self, owner: str, cause: str) -> None:
        self._searches.ask(owner, cause)

    def searches_due(self, limit: int) -> Sequence[PendingSearch]:
        return self._searches.due(limit)

    def search_done(self, search_id: str) -> bool:
        return self._searches.done(search_id)

    def appearances(self, owner: str) -> Sequence[There]:
        self.looked.append(owner)
        self.while_looking()
        if owner in self.failing:
            raise self.failing[owner]
        return tuple(self.places[owner])

    def adopt(self, subject_id: str) -> int:
        self.adopted.append(subject_id)
        return len(self.places[subject_id])

    def discard(self, case_id: str) -> None:
        if case_id in self.failing:
            raise self.failing[case_id]
        self.discarded.append(case_id)
