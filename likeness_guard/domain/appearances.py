"""Where a person was found in what was made."""

from dataclasses import dataclass

from likeness_guard.domain.rates import Judgement
from likeness_guard.domain.sightings import Modality


@dataclass(frozen=True, slots=True)
class Appearance:
    """A person in the output of a case.

    Attributes:
        case_id: whose output.
        modality: seen or heard.
        judgement: how surely, among all tracks that are kept.
    """

    case_id: str
    modality: Modality
    judgement: Judgement
