"""Queries about people."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, or_, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from consent_registry.domain import ConsentFault, SubjectRecord
from consent_registry.store.rows import FRESH, Rows
from consent_registry.tables import FollowRow, SubjectRow
from trust_kernel.errors import Conflict
from trust_kernel.names.plain import fold_name

_CHUNK = 500


class PeopleRows(Rows):
    """`PeopleStore`."""

    def add_subject(self, record: SubjectRecord, handle_digest: str) -> None:
        """Insert; the unique columns decide between two who ask at once."""
        row = SubjectRow(
            id=record.id,
            account_id=record.account_id,
            handle=record.handle,
            handle_digest=handle_digest,
            display_name=record.display_name,
            display_folded=fold_name(record.display_name),
            consent_epoch=record.consent_epoch,
            birth_year=record.birth_year,
            created_at=record.created_at,
        )
        with self.database.transaction() as session:
            if self.one(SubjectRow, col(SubjectRow.account_id) == record.account_id):
                raise Conflict("this account has a subject already", code=ConsentFault.SUBJECT_EXISTS)
            if self.one(SubjectRow, col(SubjectRow.handle_digest) == handle_digest):
                raise _taken()
            session.add(row)
            try:
                session.flush()
            except IntegrityError as error:
                raise _taken() from error

    def subject(self, subject_id: str) -> SubjectRecord | None:
        """By id."""
        row = self.one(SubjectRow, col(SubjectRow.id) == subject_id)
        return _subject(row) if row else None

    def subject_of(self, account_id: str) -> SubjectRecord | None:
        """By account."""
        row = self.one(SubjectRow, col(SubjectRow.account_id) == account_id)
        return _subject(row) if row else None

    def named(self, handles: Collection[str]) -> Sequence[SubjectRecord]:
        """By handle, in order of handle."""
        statement = select(SubjectRow).where(col(SubjectRow.handle).in_(handles)).order_by(col(SubjectRow.handle))
        with self.database.reading() as session:
            return [_subject(row) for row in session.exec(statement, execution_options=FRESH)]

    def called(self, folded: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """By folded name that is the display name, or the handle, of somebody registered: their accounts."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        handles = {handle: name for name in folded for handle in (name.replace(" ", "_"), name.replace(" ", ""))}
        named = {name: name for name in handles.values()}
        with self.database.reading() as session:
            for column, names in ((SubjectRow.display_folded, named), (SubjectRow.handle, handles)):
                keys = sorted(names)
                for start in range(0, len(keys), _CHUNK):
                    chosen = col(column).in_(keys[start : start + _CHUNK])
                    for key, account in session.exec(select(column, SubjectRow.account_id).where(chosen)):
                        if key and account:
                            found[names[key]].add(account)
        return {name: frozenset(accounts) for name, accounts in found.items()}

    def lock(self, subject_ids: Collection[str]) -> Mapping[str, SubjectRecord]:
        """Lock in order of id, so that two who lock several subjects cannot wait for each other."""
        statement = (
            select(SubjectRow)
            .where(col(SubjectRow.id).in_(sorted(subject_ids)))
            .order_by(col(SubjectRow.id))
            .with_for_update()
        )
        with self.database.transaction() as session:
            return {row.id: _subject(row) for row in session.exec(statement, execution_options=FRESH)}

    def set_epoch(self, subject_id: str, epoch: int) -> None:
        """Write a locked subject's epoch."""
        self.change(update(SubjectRow).where(col(SubjectRow.id) == subject_id).values(consent_epoch=epoch))

    def bury(self, subject_id: str, at: datetime) -> None:
        """Erase what is personal."""
        gone = {
            "account_id": None,
            "handle": None,
            "display_name": "",
            "display_folded": "",
            "birth_year": None,
            "forgotten_at": at,
        }
        gone |= {"paused_at": None, "daily_uses": None}
        self.change(update(SubjectRow).where(col(SubjectRow.id) == subject_id).values(**gone))

    def follow(self, follower: str, followed: str, at: datetime) -> bool:
        """Note a follow."""
        with self.database.transaction() as session:
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
        return self.change(pair) > 0

    def follows(self, follower: str, followed: str) -> bool:
        """Whether one follows the other."""
        found = self.one(FollowRow, col(FollowRow.follower) == follower, col(FollowRow.followed) == followed)
        return found is not None

    def drop_follows(self, account_id: str) -> None:
        """Remove an account from both sides."""
        either = or_(col(FollowRow.follower) == account_id, col(FollowRow.followed) == account_id)
        self.change(delete(FollowRow).where(either))


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
        paused_at=row.paused_at,
        daily_uses=row.daily_uses,
    )
