"""Releases and who owns them."""

from datetime import datetime

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from generator_gateway.errors import GatewayReason
from generator_gateway.ports import Cause, Owner, ReleaseRecord
from generator_gateway.tables import OwnerRow, ReleaseGrantRow, ReleaseRow
from trust_kernel.clock import aware
from trust_kernel.db import Database
from trust_kernel.errors import NotFound


class ReleaseStore:
    """Release rows; their status is read from here every time that anybody downloads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, record: ReleaseRecord) -> None:
        """Insert a release with its owners, in the caller's transaction."""
        with self._database.transaction() as session:
            session.add(
                ReleaseRow(
                    case_id=record.case_id,
                    release_number=record.release_number,
                    media_digest=record.media_digest,
                    thumbnail_digest=record.thumbnail_digest,
                    spritesheet_digest=record.spritesheet_digest,
                    manifest_label=record.manifest_label,
                    fingerprints=list(record.fingerprints),
                    status=record.status,
                    released_at=record.released_at,
                    ledger_index=record.ledger_index,
                )
            )
            for owner in record.owners:
                session.add(_owner_row(record.case_id, owner))
                session.add_all(_grant_rows(record.case_id, owner))

    def find(self, case_id: str) -> ReleaseRecord | None:
        """The release of a case, or None."""
        with self._database.reading() as session:
            return _record(session, session.get(ReleaseRow, case_id))

    def stands(self, case_id: str) -> bool:
        """Whether a case's release is out, its row locked until commit."""
        with self._database.transaction() as session:
            row = session.get(ReleaseRow, case_id, with_for_update=True, populate_existing=True)
            return row is not None and row.status == "released"

    def by_number(self, release_number: int) -> ReleaseRecord | None:
        """The release whose mark carries this number, or None."""
        statement = select(ReleaseRow).where(ReleaseRow.release_number == release_number)
        with self._database.reading() as session:
            return _record(session, session.exec(statement).first())

    def by_manifest(self, manifest_label: str) -> ReleaseRecord | None:
        """The release that a manifest belongs to, or None."""
        statement = select(ReleaseRow).where(ReleaseRow.manifest_label == manifest_label)
        with self._database.reading() as session:
            return _record(session, session.exec(statement).first())

    def showing(self, subject_id: str) -> tuple[ReleaseRecord, ...]:
        """Every release that a subject co-owns, newest first."""
        statement = (
            select(ReleaseRow)
            .join(OwnerRow, col(OwnerRow.case_id) == col(ReleaseRow.case_id))
            .where(OwnerRow.subject_id == subject_id)
            .order_by(col(ReleaseRow.case_id).desc())
        )
        with self._database.reading() as session:
            records = (_record(session, row) for row in session.exec(statement).unique())
            return tuple(record for record in records if record is not None)

    def lock_touched(self, cause: Cause) -> tuple[str, ...]:
        """Live releases that a cause touches, locked in id order, so that two causes never wait on each other."""
        statement = select(ReleaseRow.case_id).where(ReleaseRow.status == "released")
        if cause.subject_id is not None:
            statement = statement.where(col(ReleaseRow.case_id).in_(_touching(cause.subject_id, cause.grant_ids)))
        else:
            statement = statement.where(col(ReleaseRow.case_id).in_(cause.case_ids))
        with self._database.transaction() as session:
            return tuple(session.exec(statement.order_by(col(ReleaseRow.case_id)).with_for_update()))

    def mark_withdrawn(self, case_id: str, reason: str, at: datetime) -> ReleaseRecord:
        """Set a release withdrawn."""
        with self._database.transaction() as session:
            row = session.get(ReleaseRow, case_id, with_for_update=True)
            if row is None:
                raise NotFound("there is no such release", code=GatewayReason.VIDEO_UNKNOWN)
            row.status, row.withdrawn_at, row.withdrawn_reason = "withdrawn", at, reason
            session.add(row)
            session.flush()
            record = _record(session, row)
        assert record is not None  # noqa: S101 - the row was just read
        return record


def _touching(subject_id: str, grant_ids: frozenset[str] | None) -> SelectOfScalar[str]:
    if grant_ids is None:
        return select(OwnerRow.case_id).where(OwnerRow.subject_id == subject_id)
    under = select(ReleaseGrantRow.case_id).where(ReleaseGrantRow.subject_id == subject_id)
    return under.where(col(ReleaseGrantRow.grant_id).in_(grant_ids))


def _grant_rows(case_id: str, owner: Owner) -> list[ReleaseGrantRow]:
    if owner.subject_id is None:
        return []
    return [ReleaseGrantRow(case_id=case_id, grant_id=grant, subject_id=owner.subject_id) for grant in owner.grant_ids]


def _grants(session: Session, case_id: str) -> dict[str, tuple[str, ...]]:
    statement = select(ReleaseGrantRow).where(ReleaseGrantRow.case_id == case_id).order_by(ReleaseGrantRow.grant_id)
    grants: dict[str, tuple[str, ...]] = {}
    for row in session.exec(statement):
        grants[row.subject_id] = (*grants.get(row.subject_id, ()), row.grant_id)
    return grants


def _owner_row(case_id: str, owner: Owner) -> OwnerRow:
    return OwnerRow(
        case_id=case_id,
        account_id=owner.account_id,
        role=owner.role,
        subject_id=owner.subject_id,
        modalities=list(owner.modalities),
        rights=list(owner.rights),
    )


def _record(session: Session, row: ReleaseRow | None) -> ReleaseRecord | None:
    if row is None:
        return None
    statement = select(OwnerRow).where(OwnerRow.case_id == row.case_id).order_by(OwnerRow.role, OwnerRow.account_id)
    grants = _grants(session, row.case_id)
    owners = tuple(
        Owner(
            owner.account_id,
            owner.role,
            tuple(owner.rights),
            owner.subject_id,
            grants.get(owner.subject_id or "", ()),
            tuple(owner.modalities),
        )
        for owner in session.exec(statement)
    )
    return ReleaseRecord(
        case_id=row.case_id,
        release_number=row.release_number,
        media_digest=row.media_digest,
        manifest_label=row.manifest_label,
        fingerprints=tuple(row.fingerprints),
        status=row.status,
        released_at=aware(row.released_at),
        ledger_index=row.ledger_index,
        owners=owners,
        withdrawn_at=aware(row.withdrawn_at) if row.withdrawn_at else None,
        withdrawn_reason=row.withdrawn_reason,
        thumbnail_digest=row.thumbnail_digest,
        spritesheet_digest=row.spritesheet_digest,
    )
