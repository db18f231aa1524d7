"""What the routes of reference media give."""

from datetime import datetime

from pydantic import BaseModel

from copyright_optout.domain import Reference, ReferenceKind


class ReferenceView(BaseModel):
    """What is known of a reference medium; the medium itself and its fingerprints are not given."""

    id: str
    kind: ReferenceKind
    """``text`` stands for the claim's title and descriptions: its code is all there is of it."""
    seconds: float
    frames: int
    sound_by: list[str]
    looks_by: str
    iscc: list[str]
    created_at: datetime

    @classmethod
    def of(cls, reference: Reference) -> "ReferenceView":
        """The view of a reference."""
        return cls(
            id=reference.id,
            kind=reference.kind,
            seconds=round(reference.seconds, 3),
            frames=0 if reference.footage is None else len(set(reference.footage.seconds.tolist())),
            sound_by=list(dict.fromkeys(sound.printer for sound in reference.sounds)),
            looks_by=reference.looks_by if reference.looks is not None else "",
            iscc=list(reference.codes),
            created_at=reference.created_at,
        )


class ReferenceList(BaseModel):
    """References of a claim, oldest first.

    Attributes:
        looks_searched: whether look-alikes of its pictures are searched here.
    """

    data: list[ReferenceView]
    looks_searched: bool
