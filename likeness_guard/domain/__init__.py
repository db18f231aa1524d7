"""Pure rules of the likeness guard."""

from likeness_guard.domain.appearances import Appearance
from likeness_guard.domain.calibration import Calibration, Calibrations, calibration_of
from likeness_guard.domain.people import Entry, NamedPerson, NewEntry
from likeness_guard.domain.rates import Judgement
from likeness_guard.domain.sightings import (
    Band,
    Box,
    Enrolled,
    Examination,
    Gallery,
    IndexReadiness,
    LikenessReason,
    Modality,
    Share,
    Sighting,
    reason_of,
)

__all__ = [
    "Appearance",
    "Band",
    "Box",
    "Calibration",
    "Calibrations",
    "Enrolled",
    "Entry",
    "Examination",
    "Gallery",
    "IndexReadiness",
    "Judgement",
    "LikenessReason",
    "Modality",
    "NamedPerson",
    "NewEntry",
    "Share",
    "Sighting",
    "calibration_of",
    "reason_of",
]
