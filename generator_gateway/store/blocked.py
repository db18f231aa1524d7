"""Blocked people who were found in tracks of releases, as batches of takedowns need them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice

from sqlalchemy import ColumnElement, update
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from generator_gateway.ports import UNDECIDED, AppearanceState, NewAppearance, ReleaseState, SearchCause
from generator_gateway.ports.takedowns import MOST_RELEASES
from generator_gateway.tables import AppearanceRow, OwnerRow, ReleaseRow
from trust_kernel.db import Database

_CHUNK = 500
_OUT = (ReleaseState.RELEASED.value, ReleaseState.OBJECTED.value)
_OPEN = tuple(one.value for one in UNDECIDED)


class BlockedAppearances:
    """Rows of appearances whose owner is on the blocklist; implements `service.touching_people.FoundInTracks`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def unbatched(self) -> Sequence[str]:
        """Entries that were found in releases that are out and in no batch yet."""
        statement = select(AppearanceRow.owner).distinct().join(ReleaseRow, _release())
        with self._database.reading() as session:
            return list(session.exec(statement.where(*_undecided(), AppearanceRow.batch_id == "").order_by("owner")))

    def of(self, entry_ids: Collection[str], *, unbatched: bool = False) -> Sequence[NewAppearance]:
        """Undecided appearances of these entries in releases that are out, the surest of each 500 entries first."""
        found: list[NewAppearance] = []
        with self._database.reading() as session:
            for chunk in _in_chunks(entry_ids):
                statement = select(AppearanceRow).join(ReleaseRow, _release())
                statement = statement.where(*_undecided(), col(AppearanceRow.owner).in_(chunk))
                if unbatched:
                    statement = statement.where(AppearanceRow.batch_id == "")
                statement = statement.order_by(col(AppearanceRow.probability).desc(), col(AppearanceRow.id))
                found += map(_found, session.exec(statement.limit(MOST_RELEASES)))
        return found

    def batched(self, batch_id: str, pairs: Collection[tuple[str, str]]) -> None:
        """Note by which batch pairs of entry and release are decided, in the caller's transaction."""
        by_owner: dict[str, list[str]] = {}
        for owner, case_id in pairs:
            by_owner.setdefault(owner, []).append(case_id)
        with self._database.transaction() as session:
            for owner in sorted(by_owner):
                for chunk in _in_chunks(by_owner[owner]):
                    mine = (col(AppearanceRow.owner) == owner, col(AppearanceRow.case_id).in_(chunk))
                    session.execute(update(AppearanceRow).where(*mine).values(batch_id=batch_id))

    def let_stay(self, batch_id: str, case_ids: Collection[str], by: str, at: datetime) -> None:
        """Dismiss what a batch was about, of these releases, in the caller's transaction."""
        dismissed = {"state": AppearanceState.DISMISSED.value, "decided_by": by, "decided_at": at}
        with self._database.transaction() as session:
            for chunk in _in_chunks(case_ids):
                session.execute(
                    update(AppearanceRow)
                    .where(
                        col(AppearanceRow.batch_id) == batch_id,
                        col(AppearanceRow.case_id).in_(chunk),
                        col(AppearanceRow.state).in_(_OPEN),
                    )
                    .values(**dismissed)
                )

    def consenting(self, case_ids: Collection[str]) -> Mapping[str, frozenset[str]]:
        """By release, the subjects who said yes to be in it."""
        found: dict[str, frozenset[str]] = {}
        with self._database.reading() as session:
            for chunk in _in_chunks(case_ids):
                statement = select_columns(col(OwnerRow.case_id), col(OwnerRow.subject_id))
                statement = statement.where(col(OwnerRow.case_id).in_(chunk), col(OwnerRow.subject_id).is_not(None))
                for case_id, subject_id in session.connection().execute(statement):
                    found[case_id] = found.get(case_id, frozenset()) | {str(subject_id)}
        return found


def _release() -> ColumnElement[bool]:
    return col(ReleaseRow.case_id) == col(AppearanceRow.case_id)


def _undecided() -> tuple[ColumnElement[bool], ...]:
    return (
        col(AppearanceRow.cause) == SearchCause.BLOCKED.value,
        col(AppearanceRow.state).in_(_OPEN),
        col(ReleaseRow.status).in_(_OUT),
    )


def _found(row: AppearanceRow) -> NewAppearance:
    return NewAppearance(
        row.owner, row.case_id, row.modality, row.band, row.score, row.probability, row.fpir, row.cause
    )


def _in_chunks(keys: Collection[str]) -> Iterator[list[str]]:
    stream = iter(sorted(set(keys)))
    while chunk := list(islice(stream, _CHUNK)):
        yield chunk
