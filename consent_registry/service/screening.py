"""Whether somebody who is to be enrolled is like somebody else: asked of the likeness guard, told to staff alone."""

from dataclasses import dataclass
from typing import Any

from consent_registry.domain import ConsentReason
from consent_registry.domain.enrolments import Resemblance, concern
from consent_registry.ports import LikenessEnroller

_MATCH = "match"


@dataclass(frozen=True, slots=True)
class Found:
    """What a search said.

    Attributes:
        concern: why people have to look; None where nobody has to.
    """

    concern: ConsentReason | None
    alike: tuple[Resemblance, ...]


def screened(enroller: LikenessEnroller, prepared: Any, subject_id: str) -> Found:
    """Search everybody besides a subject for what was prepared."""
    said = enroller.screen(prepared, besides=subject_id)
    alike = tuple(
        Resemblance(
            str(one.gallery), str(one.modality), one.about, str(one.band) == _MATCH, round(one.score, 4), one.name
        )
        for one in said.alike
    )
    return Found(concern(alike, said.unlike_self), alike)
