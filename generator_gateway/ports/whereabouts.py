"""Where a person is in what was released, from rows alone."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from generator_gateway.ports.releases import ReleaseRecord


@dataclass(frozen=True, slots=True)
class Sensed:
    """What the look at an output said of a person.

    Attributes:
        seconds: stretches of the video, [start, end) in seconds, in order.
        probability: in [0, 1], the highest that any stretch had.
        fpir: share of strangers who would have scored as high, in that look.
    """

    seconds: tuple[tuple[float, float], ...]
    probability: float
    fpir: float


@dataclass(frozen=True, slots=True)
class KnownAppearance:
    """An appearance that a later search found, as it is kept.

    Attributes:
        state: stored `AppearanceState`.
    """

    id: str
    state: str
    band: str
    probability: float
    fpir: float
    disputed_at: datetime | None


class WhereaboutsShelf(Protocol):
    """The rows that say where a person is."""

    def releases(
        self, subject_id: str, found: Collection[str], *, after: str | None, limit: int
    ) -> tuple[Sequence[ReleaseRecord], bool]:
        """Releases, withdrawn ones too, newest first, that a person owns as a subject, was found in later or is in now.

        Args:
            subject_id: whose.
            found: cases in whose output they are found at this moment.
            after: the last id of the page before.
            limit: of a page.
        """
        ...

    def sensed(self, subject_id: str, case_ids: Collection[str]) -> Mapping[tuple[str, str], Sensed]:
        """What the looks at these outputs said of a person, by case and modality."""
        ...

    def appearances(self, subject_id: str, case_ids: Collection[str]) -> Mapping[tuple[str, str], KnownAppearance]:
        """What later searches found of a person in these, by case and modality."""
        ...
