"""Queries about people's own groups."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import col, select

from consent_registry.domain import Group
from consent_registry.store.rows import FRESH, Rows
from consent_registry.tables import GroupMemberRow, GroupRow


class GroupRows(Rows):
    """`GroupStore`."""

    def add_group(self, group: Group) -> None:
        """Insert."""
        row = GroupRow(id=group.id, subject_id=group.subject_id, name=group.name, created_at=group.created_at)
        self.insert(row)

    def group(self, group_id: str) -> Group | None:
        """By id."""
        row = self.one(GroupRow, col(GroupRow.id) == group_id)
        return self._whole([row])[0] if row else None

    def groups(self, subject_id: str) -> Sequence[Group]:
        """All of a subject."""
        statement = (
            select(GroupRow).where(GroupRow.subject_id == subject_id).order_by(col(GroupRow.created_at), GroupRow.id)
        )
        with self.database.reading() as session:
            return self._whole(session.exec(statement, execution_options=FRESH).all())

    def name_group(self, group_id: str, name: str) -> None:
        """Write another name."""
        self.change(update(GroupRow).where(col(GroupRow.id) == group_id).values(name=name))

    def drop_group(self, group_id: str) -> None:
        """Delete one and its members."""
        self.change(delete(GroupMemberRow).where(col(GroupMemberRow.group_id) == group_id))
        self.change(delete(GroupRow).where(col(GroupRow.id) == group_id))

    def drop_groups(self, subject_id: str, account_id: str) -> None:
        """Delete a person from both sides."""
        self.change(delete(GroupMemberRow).where(col(GroupMemberRow.account_id) == account_id))
        for group in self.groups(subject_id):
            self.drop_group(group.id)

    def add_member(self, group_id: str, account_id: str, at: datetime) -> bool:
        """Insert where they are not in it."""
        if self._in(group_id, account_id):
            return False
        self.insert(GroupMemberRow(group_id=group_id, account_id=account_id, at=at))
        return True

    def drop_member(self, group_id: str, account_id: str) -> bool:
        """Delete one."""
        this = (col(GroupMemberRow.group_id) == group_id, col(GroupMemberRow.account_id) == account_id)
        return self.change(delete(GroupMemberRow).where(*this)) == 1

    def groups_with(self, subject_id: str, account_id: str) -> frozenset[str]:
        """Ids."""
        statement = (
            select(GroupRow.id)
            .join(GroupMemberRow, col(GroupMemberRow.group_id) == col(GroupRow.id))
            .where(GroupRow.subject_id == subject_id, GroupMemberRow.account_id == account_id)
        )
        with self.database.reading() as session:
            return frozenset(session.exec(statement))

    def _in(self, group_id: str, account_id: str) -> bool:
        this = (col(GroupMemberRow.group_id) == group_id, col(GroupMemberRow.account_id) == account_id)
        return self.one(GroupMemberRow, *this) is not None

    def _whole(self, rows: Sequence[GroupRow]) -> list[Group]:
        members: dict[str, set[str]] = {row.id: set() for row in rows}
        statement = select(GroupMemberRow).where(col(GroupMemberRow.group_id).in_(list(members)))
        with self.database.reading() as session:
            for member in session.exec(statement, execution_options=FRESH):
                members[member.group_id].add(member.account_id)
        return [Group(row.id, row.subject_id, row.name, row.created_at, frozenset(members[row.id])) for row in rows]
