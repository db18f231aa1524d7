"""Grants for tests, by any of their fields."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

from consent_registry.domain import Audience, AudienceKind, Grant, GrantTerms, Modality

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
_TERMS = {field.name for field in fields(GrantTerms)}
_PLAIN = Grant(
    id="grant_1",
    subject_id="subj_ada",
    terms=GrantTerms(
        audience=Audience(AudienceKind.EVERYONE),
        modalities=frozenset(Modality),
        starts_at=NOW - timedelta(days=1),
        expires_at=NOW + timedelta(days=1),
        allows_remix=True,
    ),
    uses=0,
    version=1,
    created_at=NOW - timedelta(days=1),
)


def changed(grant: Grant, **changes: object) -> Grant:
    """The same grant with other fields, of its own or of its terms."""
    terms = {name: value for name, value in changes.items() if name in _TERMS}
    rest = {name: value for name, value in changes.items() if name not in _TERMS}
    return replace(grant, terms=replace(grant.terms, **terms), **rest)  # type: ignore[arg-type] # by their fields


def a_grant(**changes: object) -> Grant:
    """To everyone, face and voice, for a day before and after `NOW`, unless told otherwise."""
    return changed(_PLAIN, **changes)
