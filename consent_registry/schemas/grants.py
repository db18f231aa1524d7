"""Grants and revocations."""

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, Field

from consent_registry.domain import (
    Audience,
    AudienceKind,
    Context,
    Grant,
    GrantState,
    GrantTerms,
    Modality,
    Mode,
    OnRevocation,
    Purpose,
    Revocation,
    Scope,
    Trait,
)
from consent_registry.schemas.shape import Shape


class AudienceShape(Shape):
    """Who a grant is for."""

    kind: AudienceKind
    account_ids: Annotated[list[str], Field(default_factory=list, description="For people: who they are.")]
    group_ids: Annotated[list[str], Field(default_factory=list, description="For groups: which of yours.")]
    minors: bool = Field(default=False, description="Whether everyone, or mutuals, means people under 18 too.")

    @classmethod
    def of(cls, audience: Audience) -> "AudienceShape":
        """From the domain."""
        return cls(
            kind=audience.kind,
            account_ids=sorted(audience.account_ids),
            group_ids=sorted(audience.group_ids),
            minors=audience.minors,
        )

    def audience(self) -> Audience:
        """To the domain."""
        return Audience(self.kind, frozenset(self.account_ids), frozenset(self.group_ids), self.minors)


class ScopeShape(Shape):
    """What a grant is for, beside who and when."""

    purposes: list[Purpose] = Field(default_factory=lambda: [Purpose.PERSONAL])
    allowed_contexts: list[Context] = Field(default_factory=list, description="Sensitive ones that are open.")
    forbidden_contexts: list[Context] = Field(default_factory=list)
    unsaid: list[str] = Field(default_factory=list, description="Words and phrases that are not to be said.")
    fixed: list[Trait] = Field(default_factory=list, description="What of the appearance stays as it is.")
    territories: list[str] = Field(default_factory=list, description="ISO 3166-1 alpha-2; everywhere if empty.")
    languages: list[str] = Field(default_factory=list, description="ISO 639; any if empty.")

    @classmethod
    def of(cls, scope: Scope) -> "ScopeShape":
        """From the domain."""
        return cls(
            purposes=sorted(scope.purposes),
            allowed_contexts=sorted(scope.allowed_contexts),
            forbidden_contexts=sorted(scope.forbidden_contexts),
            unsaid=list(scope.unsaid),
            fixed=sorted(scope.fixed),
            territories=sorted(scope.territories),
            languages=sorted(scope.languages),
        )

    def scope(self) -> Scope:
        """To the domain."""
        return Scope(
            purposes=frozenset(self.purposes),
            allowed_contexts=frozenset(self.allowed_contexts),
            forbidden_contexts=frozenset(self.forbidden_contexts),
            unsaid=tuple(self.unsaid),
            fixed=frozenset(self.fixed),
            territories=frozenset(self.territories),
            languages=frozenset(self.languages),
        )


class NewGrant(Shape):
    """What a subject says yes to."""

    audience: AudienceShape
    modalities: list[Modality]
    scope: ScopeShape = Field(default_factory=ScopeShape)
    mode: Mode = Field(default=Mode.AUTOMATIC, description="Without asking, asked each time, or shown first.")
    starts_at: AwareDatetime | None = Field(default=None, description="With a time zone; at once if left out.")
    expires_at: AwareDatetime | None = Field(
        default=None, description="With a time zone; one year from now if left out."
    )
    max_uses: int | None = Field(
        default=None, description="Releases that may be made under it; any number if left out."
    )
    daily_uses: int | None = Field(default=None, description="Releases by one person in 24 hours.")
    on_revocation: OnRevocation = OnRevocation.WITHDRAW
    allows_remix: bool = False
    note: str = ""

    def terms(self) -> GrantTerms:
        """To the domain."""
        return GrantTerms(
            audience=self.audience.audience(),
            modalities=frozenset(self.modalities),
            scope=self.scope.scope(),
            mode=self.mode,
            starts_at=self.starts_at,
            expires_at=self.expires_at,
            max_uses=self.max_uses,
            daily_uses=self.daily_uses,
            on_revocation=self.on_revocation,
            allows_remix=self.allows_remix,
            note=self.note,
        )


class GrantOut(Shape):
    """A grant, to its subject."""

    id: str
    subject_id: str
    audience: AudienceShape
    modalities: list[Modality]
    scope: ScopeShape
    mode: Mode
    state: GrantState
    starts_at: datetime
    expires_at: datetime
    max_uses: int | None
    daily_uses: int | None
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
        terms = grant.terms
        return cls(
            id=grant.id,
            subject_id=grant.subject_id,
            audience=AudienceShape.of(terms.audience),
            modalities=sorted(terms.modalities),
            scope=ScopeShape.of(terms.scope),
            mode=terms.mode,
            state=grant.state_at(now),
            starts_at=grant.starts_at,
            expires_at=grant.expires_at,
            max_uses=terms.max_uses,
            daily_uses=terms.daily_uses,
            uses=grant.uses,
            on_revocation=terms.on_revocation,
            allows_remix=terms.allows_remix,
            note=terms.note,
            version=grant.version,
            created_at=grant.created_at,
            revoked_at=grant.revoked_at,
        )


class GrantList(Shape):
    """All grants of a subject, oldest first."""

    data: list[GrantOut]


class RevocationOut(Shape):
    """What a revocation did."""

    withdrawn: list[str] = Field(description="Releases that it took back.")
    consent_epoch: int

    @classmethod
    def of(cls, revocation: Revocation) -> "RevocationOut":
        """From the domain."""
        return cls(withdrawn=list(revocation.withdrawn), consent_epoch=revocation.epoch)
