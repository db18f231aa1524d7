"""The registry's only queries.

Reads always take what the database says now (`populate_existing`): a row that this session saw before it got the lock
may have been changed by whoever held the lock.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import CursorResult, delete, or_, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, col, select

from consent_registry.domain import (
    Assurance,
    Audience,
    AudienceKind,
    Cameo,
    ConsentFault,
    Grant,
    Modality,
    OnRevocation,
    Receipt,
    SubjectRecord,
)
from consent_registry.tables import CameoMediaRow, CameoRow, FollowRow, GrantRow, ReceiptRow, SubjectRow
from trust_kernel.db import Database
from trust_kernel.errors import Conflict

Row = TypeVar("Row", bound=SQLModel)


class SqlConsentStore:
    """`ConsentStore` on SQLite or PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_subject(self, record: SubjectRecord, handle_digest: str) -> None:
        """Insert; the unique columns decide between two who ask at once."""
        row = SubjectRow(
            id=record.id,
            account_id=record.account_id,
            handle=record.handle,
            handle_digest=handle_digest,
            display_name=record.display_name,
            consent_epoch=record.consent_epoch,
            birth_year=record.birth_year,
            created_at=record.created_at,
        )
        with self._database.transaction() as session:
            if self._one(SubjectRow, col(SubjectRow.account_id) == record.account_id):
                raise Conflict("this account has a subject already", code=ConsentFault.SUBJECT_EXISTS)
            if self._one(SubjectRow, col(SubjectRow.handle_digest) == handle_digest):
                raise _taken()
            session.add(row)
            try:
                session.flush()
            except IntegrityError as error:
                raise _taken() from error

    def subject(self, subject_id: str) -> SubjectRecord | None:
        """By id."""
        row = self._one(SubjectRow, col(SubjectRow.id) == subject_id)
        return _subject(row) if row else None

    def subject_of(self, account_id: str) -> SubjectRecord | None:
        """By account."""
        row = self._one(SubjectRow, col(SubjectRow.account_id) == account_id)
        return _subject(row) if row else None

    def named(self, handles: Collection[str]) -> Sequence[SubjectRecord]:
        """By handle, in order of handle."""
        statement = select(SubjectRow).where(col(SubjectRow.handle).in_(handles)).order_by(col(SubjectRow.handle))
        with self._database.reading() as session:
            return [_subject(row) for row in session.exec(statement, execution_options=_FRESH)]

    def lock(self, subject_ids: Collection[str]) -> Mapping[str, SubjectRecord]:
        """Lock in order of id, so that two who lock several subjects cannot wait for each other."""
        statement = (
            select(SubjectRow)
            .where(col(SubjectRow.id).in_(sorted(subject_ids)))
            .order_by(col(SubjectRow.id))
            .with_for_update()
        )
        with self._database.transaction() as session:
            return {row.id: _subject(row) for row in session.exec(statement, execution_options=_FRESH)}

    def set_epoch(self, subject_id: str, epoch: int) -> None:
        """Write a locked subject's epoch."""
        self._change(update(SubjectRow).where(col(SubjectRow.id) == subject_id).values(consent_epoch=epoch))

    def bury(self, subject_id: str, at: datetime) -> None:
        """Erase what is personal."""
        gone = {"account_id": None, "handle": None, "display_name": "", "birth_year": None, "forgotten_at": at}
        self._change(update(SubjectRow).where(col(SubjectRow.id) == subject_id).values(**gone))

    def follow(self, follower: str, followed: str, at: datetime) -> bool:
        """Note a follow."""
        with self._database.transaction() as session:
            if self.follows(follower, followed):
                return False
            session.add(FollowRow(follower=follower, followed=followed, at=at))
            try:
                session.flush()
            except IntegrityError as error:  # the same click twice at once
                raise Conflict("this account is being followed just now") from error
            return True

    def unfollow(self, follower: str, followed: str) -> bool:
        """Undo a follow."""
        pair = delete(FollowRow).where(col(FollowRow.follower) == follower, col(FollowRow.followed) == followed)
        return self._change(pair) > 0

    def follows(self, follower: str, followed: str) -> bool:
        """Whether one follows the other."""
        found = self._one(FollowRow, col(FollowRow.follower) == follower, col(FollowRow.followed) == followed)
        return found is not None

    def drop_follows(self, account_id: str) -> None:
        """Remove an account from both sides."""
        either = or_(col(FollowRow.follower) == account_id, col(FollowRow.followed) == account_id)
        self._change(delete(FollowRow).where(either))

    def add_cameo(self, cameo: Cameo, attested_by: str) -> None:
        """Insert a version."""
        row = CameoRow(
            id=cameo.id,
            subject_id=cameo.subject_id,
            version=cameo.version,
            assurance=str(cameo.assurance),
            attested_by=attested_by,
            has_face=cameo.has_face,
            has_voice=cameo.has_voice,
            keeps_reference=cameo.keeps_reference,
            created_at=cameo.created_at,
        )
        self._insert(row)

    def cameo(self, subject_id: str) -> Cameo | None:
        """The newest version."""
        newest = (
            select(CameoRow)
            .where(col(CameoRow.subject_id) == subject_id)
            .order_by(col(CameoRow.version).desc())
            .limit(1)
        )
        with self._database.reading() as session:
            row = session.exec(newest, execution_options=_FRESH).first()
        return _cameo(row) if row else None

    def drop_cameos(self, subject_id: str) -> None:
        """Delete every version."""
        self._change(delete(CameoRow).where(col(CameoRow.subject_id) == subject_id))

    def put_media(self, subject_id: str, part: str, sealed: bytes) -> None:
        """Keep one part in place of an earlier one; the subject is locked."""
        this = (col(CameoMediaRow.subject_id) == subject_id, col(CameoMediaRow.part) == part)
        if not self._change(update(CameoMediaRow).where(*this).values(sealed=sealed)):
            self._insert(CameoMediaRow(subject_id=subject_id, part=part, sealed=sealed))

    def media(self, subject_id: str, part: str) -> bytes | None:
        """One sealed part."""
        row = self._one(CameoMediaRow, col(CameoMediaRow.subject_id) == subject_id, col(CameoMediaRow.part) == part)
        return row.sealed if row else None

    def drop_media(self, subject_id: str) -> None:
        """Delete every part."""
        self._change(delete(CameoMediaRow).where(col(CameoMediaRow.subject_id) == subject_id))

    def add_grant(self, grant: Grant) -> None:
        """Insert."""
        row = GrantRow(
            id=grant.id,
            subject_id=grant.subject_id,
            audience=str(grant.audience.kind),
            account_ids=sorted(grant.audience.account_ids),
            modalities=sorted(grant.modalities),
            expires_at=grant.expires_at,
            max_uses=grant.max_uses,
            uses=grant.uses,
            on_revocation=str(grant.on_revocation),
            allows_remix=grant.allows_remix,
            note=grant.note,
            version=grant.version,
            created_at=grant.created_at,
            revoked_at=grant.revoked_at,
        )
        self._insert(row)

    def grant(self, grant_id: str) -> Grant | None:
        """By id."""
        row = self._one(GrantRow, col(GrantRow.id) == grant_id)
        return _grant(row) if row else None

    def grants(self, subject_id: str) -> Sequence[Grant]:
        """All of a subject, oldest first."""
        statement = (
            select(GrantRow)
            .where(col(GrantRow.subject_id) == subject_id)
            .order_by(col(GrantRow.created_at), col(GrantRow.id))
        )
        with self._database.reading() as session:
            return [_grant(row) for row in session.exec(statement, execution_options=_FRESH)]

    def mark_revoked(self, grant_id: str, at: datetime, version: int) -> None:
        """Write a revocation."""
        self._change(update(GrantRow).where(col(GrantRow.id) == grant_id).values(revoked_at=at, version=version))

    def count_use(self, grant_id: str) -> bool:
        """Add one use where there is one left; the condition stands in the statement, so no race can pass it."""
        left = or_(col(GrantRow.max_uses).is_(None), col(GrantRow.uses) < col(GrantRow.max_uses))
        counted = (
            update(GrantRow)
            .where(col(GrantRow.id) == grant_id, col(GrantRow.revoked_at).is_(None), left)
            .values(uses=GrantRow.uses + 1)
        )
        return self._change(counted) == 1

    def strip_grants(self, subject_id: str) -> None:
        """Erase notes and named people."""
        self._change(update(GrantRow).where(col(GrantRow.subject_id) == subject_id).values(note="", account_ids=[]))

    def add_receipt(self, receipt: Receipt) -> None:
        """Insert."""
        row = ReceiptRow(
            id=receipt.id,
            grant_id=receipt.grant_id,
            version=receipt.version,
            compact=receipt.compact,
            issued_at=receipt.issued_at,
        )
        self._insert(row)

    def receipt(self, grant_id: str, version: int | None) -> Receipt | None:
        """That of one version, or the newest."""
        statement = select(ReceiptRow).where(col(ReceiptRow.grant_id) == grant_id)
        if version is not None:
            statement = statement.where(col(ReceiptRow.version) == version)
        newest = statement.order_by(col(ReceiptRow.version).desc()).limit(1)
        with self._database.reading() as session:
            row = session.exec(newest, execution_options=_FRESH).first()
        return Receipt(row.id, row.grant_id, row.version, row.compact, row.issued_at) if row else None

    def _one(self, table: type[Row], *conditions: Any) -> Row | None:
        with self._database.reading() as session:
            return session.exec(select(table).where(*conditions), execution_options=_FRESH).first()

    def _insert(self, row: SQLModel) -> None:
        with self._database.transaction() as session:
            session.add(row)
            session.flush()

    def _change(self, statement: Any) -> int:
        with self._database.transaction() as session:
            result: CursorResult[Any] = session.execute(  # type: ignore[assignment] # DML gives a CursorResult
                statement, execution_options={"synchronize_session": False}
            )
            return result.rowcount


_FRESH = {"populate_existing": True}


def _taken() -> Conflict:
    return Conflict("this handle is taken", code=ConsentFault.HANDLE_TAKEN, field="handle")


def _subject(row: SubjectRow) -> SubjectRecord:
    return SubjectRecord(
        id=row.id,
        account_id=row.account_id,
        handle=row.handle,
        display_name=row.display_name,
        consent_epoch=row.consent_epoch,
        birth_year=row.birth_year,
        created_at=row.created_at,
        forgotten_at=row.forgotten_at,
    )


def _cameo(row: CameoRow) -> Cameo:
    return Cameo(
        id=row.id,
        subject_id=row.subject_id,
        version=row.version,
        assurance=Assurance(row.assurance),
        has_face=row.has_face,
        has_voice=row.has_voice,
        keeps_reference=row.keeps_reference,
        created_at=row.created_at,
    )


def _grant(row: GrantRow) -> Grant:
    return Grant(
        id=row.id,
        subject_id=row.subject_id,
        audience=Audience(AudienceKind(row.audience), frozenset(row.account_ids)),
        modalities=frozenset(Modality(modality) for modality in row.modalities),
        expires_at=row.expires_at,
        max_uses=row.max_uses,
        uses=row.uses,
        on_revocation=OnRevocation(row.on_revocation),
        allows_remix=row.allows_remix,
        note=row.note,
        version=row.version,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
    )
