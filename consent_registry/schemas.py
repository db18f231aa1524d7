"""Shapes of the registry's HTTP interface."""

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from consent_registry.domain import (
    Assurance,
    Audience,
    AudienceKind,
    Cameo,
    Grant,
    GrantState,
    GrantTerms,
    Modality,
    OnRevocation,
    Revocation,
    Subject,
)


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewSubject(_Shape):
    """What a person registers with."""

    handle: str = Field(examples=["ada"], description="3 to 30 of a-z, 0-9 and _.")
    display_name: str = Field(examples=["Ada L."])
    birth_year: int | None = Field(default=None, description="Grants of whoever may be under 18 are shorter.")


class CameoOut(_Shape):
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


class SubjectOut(_Shape):
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


class AudienceShape(_Shape):
    """Who a grant is for."""

    kind: AudienceKind
    account_ids: Annotated[list[str], Field(default_factory=list, description="For people: who they are.")]


class NewGrant(_Shape):
    """What a subject says yes to."""

    audience: AudienceShape
    modalities: list[Modality]
    expires_at: AwareDatetime | None = Field(
        default=None, description="With a time zone; one year from now if left out."
    )
    max_uses: int | None = Field(
        default=None, description="Releases that may be made under it; any number if left out."
    )
    on_revocation: OnRevocation = OnRevocation.WITHDRAW
    allows_remix: bool = False
    note: str = ""

    def terms(self) -> GrantTerms:
        """To the domain."""
        return GrantTerms(
            audience=Audience(self.audience.kind, frozenset(self.audience.account_ids)),
            modalities=frozenset(self.modalities),
            expires_at=self.expires_at,
            max_uses=self.max_uses,
            on_revocation=self.on_revocation,
            allows_remix=self.allows_remix,
            note=self.note,
        )


class GrantOut(_Shape):
    """A grant, to its subject."""

    id: str
    subject_id: str
    audience: AudienceShape
    modalities: list[Modality]
    state: GrantState
    expires_at: datetime
    max_uses: int | None
    uses: int
    on_revocation: OnRevocation
    allows_remix: bool
    note: str
    version: int
    created_at: datetime
    revoked_at: datetime | None

    @classmethod
    def of(cls, grant: Grant, now: datetime) -> "GrantOut":
        """From the domain, as it stands at a moment."""
        return cls(
            id=grant.id,
            subject_id=grant.subject_id,
            audience=AudienceShape(kind=grant.audience.kind, account_ids=sorted(grant.audience.account_ids)),
            modalities=sorted(grant.modalities),
            state=grant.state_at(now),
            expires_at=grant.expires_at,
            max_uses=grant.max_uses,
            uses=grant.uses,
            on_revocation=grant.on_revocation,
            allows_remix=grant.allows_remix,
            note=grant.note,
            version=grant.version,
            created_at=grant.created_at,
            revoked_at=grant.revoked_at,
        )


class GrantList(_Shape):
    """All grants of a subject, oldest first."""

    data: list[GrantOut]


class RevocationOut(_Shape):
    """What a revocation did."""

    withdrawn: list[str] = Field(description="Releases that it took back.")
    consent_epoch: int

    @classmethod
    def of(cls, revocation: Revocation) -> "RevocationOut":
        """From the domain."""
        return cls(withdrawn=list(revocation.withdrawn), consent_epoch=revocation.epoch)


class ForgottenOut(_Shape):
    """What forgetting took back."""

    withdrawn: list[str]


class ReceiptOut(_Shape):
    """A signed receipt."""

    grant_id: str
    receipt: str = Field(description="JWS in compact serialisation; check it with /.well-known/placet-jwks.json.")
