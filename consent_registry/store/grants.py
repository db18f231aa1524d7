"""Queries about grants."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import or_, update
from sqlmodel import col, select

from consent_registry.domain import (
    Audience,
    AudienceKind,
    Grant,
    GrantTerms,
    Modality,
    Mode,
    OnRevocation,
    Scope,
)
from consent_registry.store.rows import FRESH, Rows
from consent_registry.tables import GrantRow

_SCOPE = TypeAdapter(Scope)


class GrantRows(Rows):
    """`GrantStore`."""

    def add_grant(self, grant: Grant) -> None:
        """Insert."""
        self.insert(_row(grant))

    def grant(self, grant_id: str) -> Grant | None:
        """By id."""
        row = self.one(GrantRow, col(GrantRow.id) == grant_id)
        return grant_of(row) if row else None

    def grants(self, subject_id: str) -> Sequence[Grant]:
        """All of a subject, oldest first."""
        statement = (
            select(GrantRow)
            .where(col(GrantRow.subject_id) == subject_id)
            .order_by(col(GrantRow.created_at), col(GrantRow.id))
        )
        with self.database.reading() as session:
            return [grant_of(row) for row in session.exec(statement, execution_options=FRESH)]

    def mark_revoked(self, grant_id: str, at: datetime, version: int) -> None:
        """Write a revocation."""
        self.change(update(GrantRow).where(col(GrantRow.id) == grant_id).values(revoked_at=at, version=version))

    def count_use(self, grant_id: str) -> bool:
        """Add one use where there is one left; the condition stands in the statement, so no race can pass it."""
        left = or_(col(GrantRow.max_uses).is_(None), col(GrantRow.uses) < col(GrantRow.max_uses))
        counted = (
            update(GrantRow)
            .where(col(GrantRow.id) == grant_id, col(GrantRow.revoked_at).is_(None), left)
            .values(uses=GrantRow.uses + 1)
        )
        return self.change(counted) == 1

    def strip_grants(self, subject_id: str) -> None:
        """Erase notes, words and named people."""
        bare = {"note": "", "account_ids": [], "group_ids": [], "scope": _SCOPE.dump_python(Scope(), mode="json")}
        self.change(update(GrantRow).where(col(GrantRow.subject_id) == subject_id).values(**bare))


def _row(grant: Grant) -> GrantRow:
    terms = grant.terms
    return GrantRow(
        id=grant.id,
        subject_id=grant.subject_id,
        audience=str(terms.audience.kind),
        account_ids=sorted(terms.audience.account_ids),
        group_ids=sorted(terms.audience.group_ids),
        minors=terms.audience.minors,
        modalities=sorted(terms.modalities),
        scope=_SCOPE.dump_python(terms.scope, mode="json"),
        mode=str(terms.mode),
        starts_at=grant.starts_at,
        expires_at=grant.expires_at,
        max_uses=terms.max_uses,
        daily_uses=terms.daily_uses,
        uses=grant.uses,
        on_revocation=str(terms.on_revocation),
        allows_remix=terms.allows_remix,
        note=terms.note,
        version=grant.version,
        created_at=grant.created_at,
        revoked_at=grant.revoked_at,
    )


def grant_of(row: GrantRow) -> Grant:
    """The grant that a row keeps."""
    audience = Audience(AudienceKind(row.audience), frozenset(row.account_ids), frozenset(row.group_ids), row.minors)
    terms = GrantTerms(
        audience=audience,
        modalities=frozenset(Modality(modality) for modality in row.modalities),
        scope=_SCOPE.validate_python(row.scope),
        mode=Mode(row.mode),
        starts_at=row.starts_at,
        expires_at=row.expires_at,
        max_uses=row.max_uses,
        daily_uses=row.daily_uses,
        on_revocation=OnRevocation(row.on_revocation),
        allows_remix=row.allows_remix,
        note=row.note,
    )
    return Grant(row.id, row.subject_id, terms, row.uses, row.version, row.created_at, row.revoked_at)
