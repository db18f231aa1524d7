"""People and their cameos."""

from datetime import datetime

from pydantic import Field

from consent_registry.domain import Assurance, Cameo, Subject
from consent_registry.schemas.shape import Shape


class NewSubject(Shape):
    """What a person registers with."""

    handle: str = Field(examples=["ada"], description="3 to 30 of a-z, 0-9 and _.")
    display_name: str = Field(examples=["Ada L."])
    birth_year: int | None = Field(default=None, description="Grants of whoever may be under 18 are shorter.")


class CameoOut(Shape):
    """An enrolled likeness. Templates and media are never part of an answer."""

    id: str
    version: int
    assurance: Assurance
    has_face: bool
    has_voice: bool
    keeps_reference: bool
    created_at: datetime

    @classmethod
    def of(cls, cameo: Cameo) -> "CameoOut":
        """From the domain."""
        return cls(
            id=cameo.id,
            version=cameo.version,
            assurance=cameo.assurance,
            has_face=cameo.has_face,
            has_voice=cameo.has_voice,
            keeps_reference=cameo.keeps_reference,
            created_at=cameo.created_at,
        )


class SubjectOut(Shape):
    """A person, to themselves."""

    id: str
    handle: str
    display_name: str
    consent_epoch: int
    minor: bool
    cameo: CameoOut | None

    @classmethod
    def of(cls, subject: Subject, cameo: Cameo | None) -> "SubjectOut":
        """From the domain."""
        return cls(
            id=subject.id,
            handle=subject.handle,
            display_name=subject.display_name,
            consent_epoch=subject.consent_epoch,
            minor=subject.minor,
            cameo=CameoOut.of(cameo) if cameo else None,
        )


class ForgottenOut(Shape):
    """What forgetting took back."""

    withdrawn: list[str]
