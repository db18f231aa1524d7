"""Releases and who owns them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import Select, and_, literal
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from generator_gateway.errors import GatewayReason
from generator_gateway.ports import MAX_LINEAGE, Ancestor, Ancestry, Cause, Owner, ReleaseRecord, ReleaseState
from generator_gateway.tables import CaseRow, OwnerRow, ReleaseGrantRow, ReleaseRow
from trust_kernel.clock import aware
from trust_kernel.db import Database
from trust_kernel.errors import NotFound

_AT_ONCE = 1_000
"""Releases whose owners one statement reads: SQLite takes 32,766 values."""


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
                    owners_digest=record.owners_digest,
                )
            )
            for owner in record.owners:
                session.add(_owner_row(record.case_id, owner))
                session.add_all(_grant_rows(record.case_id, owner))

    def find(self, case_id: str) -> ReleaseRecord | None:
        """The release of a case, or None."""
        with self._database.reading() as session:
            return _record(session, session.get(ReleaseRow, case_id))

    def lock(self, case_id: str) -> ReleaseRecord | None:
        """The release of a case, its row locked until commit."""
        with self._database.transaction() as session:
            return _record(session, session.get(ReleaseRow, case_id, with_for_update=True, populate_existing=True))

    def all_stand(self, case_ids: Collection[str]) -> bool:
        """Whether all of these are out, their rows locked in id order until commit."""
        statement = (
            select(ReleaseRow.status)
            .where(col(ReleaseRow.case_id).in_(case_ids))
            .order_by(col(ReleaseRow.case_id))
            .with_for_update()
        )
        with self._database.transaction() as session:
            states = session.exec(statement).all()
        return len(states) == len(set(case_ids)) and all(state == ReleaseState.RELEASED for state in states)

    def ancestry(self, case_id: str) -> Ancestry:
        """What a case is a remix of, and of what that is, with everybody in it, by one statement."""
        with self._database.reading() as session:
            # by the connection: rows that this session has loaded may be older than what is committed
            return _ancestry(session.connection().execute(_line_of(case_id)).all())

    def set_state(self, case_id: str, state: ReleaseState) -> None:
        """Hold a locked release back, take it down, or let it out again."""
        with self._database.transaction() as session:
            row = session.get(ReleaseRow, case_id, with_for_update=True)
            if row is None or row.status == ReleaseState.WITHDRAWN:
                raise NotFound("there is no such release", code=GatewayReason.VIDEO_UNKNOWN)
            row.status = state.value
            session.add(row)

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
            return _records(session, session.exec(statement).unique().all())

    def these(self, case_ids: Sequence[str]) -> tuple[ReleaseRecord, ...]:
        """Releases by the ids of their cases, in that order; those that are not there are left out."""
        statement = select(ReleaseRow).where(col(ReleaseRow.case_id).in_(case_ids))
        with self._database.reading() as session:
            found = {record.case_id: record for record in _records(session, session.exec(statement).all())}
        return tuple(found[case_id] for case_id in case_ids if case_id in found)

    def lock_touched(self, cause: Cause) -> tuple[str, ...]:
        """Live releases that a cause touches, locked in id order, so that two causes never wait on each other."""
        statement = select(ReleaseRow.case_id).where(ReleaseRow.status != ReleaseState.WITHDRAWN.value)
        if cause.subject_id is not None:
            statement = statement.where(col(ReleaseRow.case_id).in_(_touching(cause.subject_id, cause.grant_ids)))
            if cause.made_by is not None:
                statement = statement.where(col(ReleaseRow.case_id).in_(_made_by(cause.made_by)))
            if cause.not_by is not None:
                statement = statement.where(col(ReleaseRow.case_id).not_in(_made_by(cause.not_by)))
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
            row.status, row.withdrawn_at, row.withdrawn_reason = ReleaseState.WITHDRAWN.value, at, reason
            session.add(row)
            session.flush()
            record = _record(session, row)
        assert record is not None  # noqa: S101 - the row was just read
        return record


def _made_by(account_id: str) -> SelectOfScalar[str]:
    return select(OwnerRow.case_id).where(OwnerRow.account_id == account_id, OwnerRow.role == "requester")


def _touching(subject_id: str, grant_ids: frozenset[str] | None) -> SelectOfScalar[str]:
    if grant_ids is None:
        return select(OwnerRow.case_id).where(OwnerRow.subject_id == subject_id)
    under = select(ReleaseGrantRow.case_id).where(ReleaseGrantRow.subject_id == subject_id)
    return under.where(col(ReleaseGrantRow.grant_id).in_(grant_ids))


def _grant_rows(case_id: str, owner: Owner) -> list[ReleaseGrantRow]:
    if owner.subject_id is None:
        return []
    return [ReleaseGrantRow(case_id=case_id, grant_id=grant, subject_id=owner.subject_id) for grant in owner.grant_ids]


def _grants(session: Session, case_ids: Collection[str]) -> Mapping[tuple[str, str], Sequence[str]]:
    """Grants that releases were made under, by case and subject."""
    rows = select(ReleaseGrantRow).where(col(ReleaseGrantRow.case_id).in_(case_ids)).order_by(ReleaseGrantRow.grant_id)
    grants: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in session.exec(rows):
        grants[row.case_id, row.subject_id].append(row.grant_id)
    return grants


def _owner_row(case_id: str, owner: Owner) -> OwnerRow:
    return OwnerRow(
        case_id=case_id,
        account_id=owner.account_id,
        role=owner.role,
        subject_id=owner.subject_id,
        modalities=list(owner.modalities),
        rights=list(owner.rights),
        share_numerator=owner.share.numerator,
        share_denominator=owner.share.denominator,
    )


def _line_of(case_id: str) -> Select[Any]:
    """Every ancestor of a case, as far as one past the limit, each once for each person in it."""
    line = (
        select_columns(col(CaseRow.remix_of).label("id"), literal(1).label("depth"))
        .where(col(CaseRow.id) == case_id, col(CaseRow.remix_of).is_not(None))
        .cte("line", recursive=True)
    )
    older = (
        select_columns(col(CaseRow.remix_of), line.c.depth + 1)
        .join(line, col(CaseRow.id) == line.c.id)
        .where(col(CaseRow.remix_of).is_not(None), line.c.depth <= MAX_LINEAGE)
    )
    line = line.union_all(older)
    shown = and_(col(OwnerRow.case_id) == line.c.id, col(OwnerRow.subject_id).is_not(None))
    return (
        select_columns(
            line.c.depth, line.c.id, col(ReleaseRow.status), col(OwnerRow.subject_id), col(OwnerRow.modalities)
        )
        .select_from(line)
        .join(ReleaseRow, col(ReleaseRow.case_id) == line.c.id, isouter=True)
        .join(OwnerRow, shown, isouter=True)
        .order_by(line.c.depth, col(OwnerRow.subject_id))
    )


def _ancestry(rows: Iterable[Any]) -> Ancestry:
    found: dict[int, Ancestor] = {}
    for depth, case_id, status, subject_id, modalities in rows:
        earlier = found.get(depth)
        people = earlier.people if earlier else ()
        if subject_id is not None:
            people = (*people, (subject_id, tuple(modalities)))
        found[depth] = Ancestor(case_id, depth, status, people)
    return Ancestry(tuple(found[depth] for depth in sorted(found)))


def _record(session: Session, row: ReleaseRow | None) -> ReleaseRecord | None:
    return _records(session, [row])[0] if row is not None else None


def _records(session: Session, rows: Sequence[ReleaseRow]) -> tuple[ReleaseRecord, ...]:
    """Releases with their owners, by two statements for many."""
    made: list[ReleaseRecord] = []
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        owners = _owners(session, [row.case_id for row in some])
        made += [_release(row, owners.get(row.case_id, ())) for row in some]
    return tuple(made)


def _owners(session: Session, case_ids: Collection[str]) -> Mapping[str, Sequence[Owner]]:
    owners: dict[str, list[Owner]] = defaultdict(list)
    grants = _grants(session, case_ids)
    statement = select(OwnerRow).where(col(OwnerRow.case_id).in_(case_ids)).order_by(OwnerRow.role, OwnerRow.account_id)
    for owner in session.exec(statement):
        owners[owner.case_id].append(
            Owner(
                owner.account_id,
                owner.role,
                tuple(owner.rights),
                owner.subject_id,
                tuple(grants.get((owner.case_id, owner.subject_id or ""), ())),
                tuple(owner.modalities),
                Fraction(owner.share_numerator, owner.share_denominator),
            )
        )
    return owners


def _release(row: ReleaseRow, owners: Sequence[Owner]) -> ReleaseRecord:
    return ReleaseRecord(
        case_id=row.case_id,
        release_number=row.release_number,
        media_digest=row.media_digest,
        manifest_label=row.manifest_label,
        fingerprints=tuple(row.fingerprints),
        status=row.status,
        released_at=aware(row.released_at),
        ledger_index=row.ledger_index,
        owners=tuple(owners),
        withdrawn_at=aware(row.withdrawn_at) if row.withdrawn_at else None,
        withdrawn_reason=row.withdrawn_reason,
        thumbnail_digest=row.thumbnail_digest,
        spritesheet_digest=row.spritesheet_digest,
        owners_digest=row.owners_digest,
    )
