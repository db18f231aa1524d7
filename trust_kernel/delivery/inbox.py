"""Notices in the app: the outbox's rows of one account, what was read of them, and what it does not want listed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import col, select, update

from trust_kernel.clock import Clock, aware
from trust_kernel.db import Database
from trust_kernel.delivery.domain import DeliveryReason
from trust_kernel.delivery.settings import NoticeBook
from trust_kernel.errors import NotFound
from trust_kernel.events import Event, OutboxRow, event_of


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice; `read_at` is None until somebody has read it."""

    event: Event
    read_at: datetime | None


class Inbox:
    """What accounts were told.

    Args:
        database: holds the outbox.
        clock: stamps what is read.
        book: says which areas an account does not want listed, and which kinds always are.
    """

    def __init__(self, database: Database, clock: Clock, book: NoticeBook) -> None:
        self._database = database
        self._clock = clock
        self._book = book

    def page(
        self, account_id: str, *, after: str | None = None, limit: int = 50, unread: bool = False
    ) -> tuple[Sequence[Notice], bool]:
        """Notices, newest first, and whether there are more.

        Args:
            account_id: whose.
            after: the last id of the page before.
            limit: how many.
            unread: only those not read yet.

        Raises:
            NotFound: there is no notice `after`.
        """
        wanted = self._listed(account_id)
        if unread:
            wanted.append(col(OutboxRow.read_at).is_(None))
        with self._database.reading() as session:
            if after is not None:
                wanted.append(_earlier(_own(session.get(OutboxRow, after), account_id)))
            ordered = select(OutboxRow).where(*wanted).order_by(col(OutboxRow.at).desc(), col(OutboxRow.id).desc())
            rows = session.exec(ordered.limit(limit + 1)).all()
        return [_notice(row) for row in rows[:limit]], len(rows) > limit

    def unread(self, account_id: str) -> int:
        """How many an account has not read."""
        statement = select(func.count(col(OutboxRow.id))).where(
            *self._listed(account_id), col(OutboxRow.read_at).is_(None)
        )
        with self._database.reading() as session:
            return session.exec(statement).one()

    def mark_read(self, account_id: str, ids: Sequence[str]) -> None:
        """Mark some as read; other people's and unknown ones are passed over."""
        self._mark(col(OutboxRow.recipient) == account_id, col(OutboxRow.id).in_(list(ids)))

    def mark_read_through(self, account_id: str, notice_id: str) -> None:
        """Mark one and everything before it as read; raises NotFound where the account has no such notice."""
        with self._database.transaction() as session:
            row = _own(session.get(OutboxRow, notice_id), account_id)
            self._mark(col(OutboxRow.recipient) == account_id, or_(_earlier(row), col(OutboxRow.id) == row.id))

    def _mark(self, *which: ColumnElement[bool]) -> None:
        unread = col(OutboxRow.read_at).is_(None)
        with self._database.transaction() as session:
            session.exec(update(OutboxRow).where(*which, unread).values(read_at=self._clock.now()))

    def _listed(self, account_id: str) -> list[ColumnElement[bool]]:
        always = sorted(self._book.rules.always)
        wanted = [col(OutboxRow.recipient) == account_id]
        for area in sorted(self._book.of(account_id).hidden):
            other = ~col(OutboxRow.type).startswith(f"{area}:", autoescape=True)
            wanted.append(or_(other, col(OutboxRow.type).in_(always)))
        return wanted


def _own(row: OutboxRow | None, account_id: str) -> OutboxRow:
    if row is None or row.recipient != account_id:
        raise NotFound("there is no such notice", code=DeliveryReason.NOTICE_UNKNOWN)
    return row


def _earlier(row: OutboxRow) -> ColumnElement[bool]:
    same = and_(col(OutboxRow.at) == row.at, col(OutboxRow.id) < row.id)
    return or_(col(OutboxRow.at) < row.at, same)


def _notice(row: OutboxRow) -> Notice:
    return Notice(event_of(row), aware(row.read_at) if row.read_at else None)
