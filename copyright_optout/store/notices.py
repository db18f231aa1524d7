"""The queries of notices."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, or_
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col, select

from copyright_optout.domain import NoticeFault
from copyright_optout.domain.notice_mails import MailStanding
from copyright_optout.domain.notices import (
    ENDED,
    Counter,
    Element,
    FoundBy,
    Located,
    Notice,
    NoticeState,
    Rejection,
    Statute,
)
from copyright_optout.ports.notices import Place
from copyright_optout.tables import (
    OptOutCounterRow,
    OptOutNoticeRow,
    OptOutNoticeTextRow,
    OptOutNoticeVideoRow,
)
from trust_kernel.db import Database
from trust_kernel.errors import NotFound

_CHUNK = 500
_MAIL_TRIED = frozenset({"mail_tries", "mail_since", "mail_next", "mail_said"})
_CLOSED = (NoticeState.INCOMPLETE, *ENDED)
"""States in which nothing runs any more, or nothing yet, for want of something that never came."""


class DatabaseNotices:
    """Notices as rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def transaction(self) -> AbstractContextManager[Session]:
        """One unit of work; joins one that is open."""
        return self._database.transaction()

    def add(self, notice: Notice) -> None:
        """Keep a new one."""
        with self._database.transaction() as session:
            session.add(_row(notice, None, None))
            session.flush()
            session.add_all([*_video_rows(notice), *_counter_rows(notice)])

    def get(self, notice_id: str, *, lock: bool = False) -> Notice | None:
        """One, locked until the transaction ends if asked."""
        with self._database.reading() as session:
            row = session.get(OptOutNoticeRow, notice_id, with_for_update=lock or None, populate_existing=lock)
            return _notices(session, [row])[0] if row else None

    def replace(self, notice: Notice, *, due: datetime | None, look: datetime | None) -> None:
        """Keep a changed one, when the first of its clocks runs out, and when it is to be looked at."""
        with self._database.transaction() as session:
            row = session.get(OptOutNoticeRow, notice.id)
            if row is None:
                raise NotFound("there is no such notice", code=NoticeFault.UNKNOWN, field="notice_id")
            # Another state is another mail, which nobody has tried yet.
            tried = _MAIL_TRIED if row.state == notice.state.value else frozenset()
            row.sqlmodel_update(_row(notice, due, look).model_dump(exclude={"id", "warned_of", "mailed", *tried}))
            session.add(row)
            session.execute(delete(OptOutNoticeVideoRow).where(col(OptOutNoticeVideoRow.notice_id) == notice.id))
            session.execute(delete(OptOutCounterRow).where(col(OptOutCounterRow.notice_id) == notice.id))
            # Rows that this session had read before are not these any more.
            session.expire_all()
            session.add_all([*_video_rows(notice), *_counter_rows(notice)])
            session.flush()

    def page(
        self,
        *,
        states: Collection[NoticeState] = (),
        statute: Statute | None = None,
        account_id: str | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> Sequence[Notice]:
        """Notices, newest first."""
        statement = select(OptOutNoticeRow).order_by(col(OptOutNoticeRow.id).desc()).limit(limit)
        if states:
            statement = statement.where(col(OptOutNoticeRow.state).in_([state.value for state in states]))
        if statute is not None:
            statement = statement.where(OptOutNoticeRow.statute == statute.value)
        if account_id is not None:
            statement = statement.where(OptOutNoticeRow.account_id == account_id)
        if after is not None:
            statement = statement.where(OptOutNoticeRow.id < after)
        with self._database.reading() as session:
            return _notices(session, session.exec(statement))

    def about(self, case_ids: Collection[str]) -> Sequence[Notice]:
        """Notices that were acted on and are about some of these videos, newest first."""
        wanted = sorted(set(case_ids))
        ids: set[str] = set()
        with self._database.reading() as session:
            for start in range(0, len(wanted), _CHUNK):
                statement = select(OptOutNoticeVideoRow.notice_id).where(
                    col(OptOutNoticeVideoRow.case_id).in_(wanted[start : start + _CHUNK]),
                    OptOutNoticeVideoRow.batch_id != "",
                )
                ids |= set(session.exec(statement))
            rows = [row for notice_id in sorted(ids, reverse=True) if (row := session.get(OptOutNoticeRow, notice_id))]
            return _notices(session, rows)

    def running(self, after: Place | None, limit: int) -> Sequence[tuple[Place, Notice]]:
        """Those of which a clock runs, the next to run out first."""
        due = col(OptOutNoticeRow.due_at)
        statement = select(OptOutNoticeRow).where(due.is_not(None)).order_by(due, col(OptOutNoticeRow.id)).limit(limit)
        if after is not None:
            statement = statement.where(_behind(due, after))
        with self._database.reading() as session:
            rows = list(session.exec(statement))
            places = [(row.due_at, row.id) for row in rows if row.due_at is not None]
            return list(zip(places, _notices(session, rows), strict=True))

    def to_look_at(self, until: datetime, after: Place | None, limit: int) -> Sequence[Place]:
        """Those that are to be looked at by a moment, the longest due first."""
        look = col(OptOutNoticeRow.look_at)
        statement = select(OptOutNoticeRow.look_at, OptOutNoticeRow.id).where(look <= until)
        if after is not None:
            statement = statement.where(_behind(look, after))
        with self._database.reading() as session:
            found = session.exec(statement.order_by(look, col(OptOutNoticeRow.id)).limit(limit))
            return [(at, notice_id) for at, notice_id in found if at is not None]

    def look_again(self, notice_id: str, at: datetime | None) -> None:
        """Note when one is to be looked at next."""
        with self._database.transaction() as session:
            row = session.get_one(OptOutNoticeRow, notice_id)
            row.look_at = at
            session.add(row)

    def warned(self, notice_id: str, due: datetime) -> bool:
        """Note that staff were warned; False where that was noted before."""
        with self._database.transaction() as session:
            row = session.get_one(OptOutNoticeRow, notice_id, with_for_update=True, populate_existing=True)
            if row.warned_of == due:
                return False
            row.warned_of = due
            session.add(row)
            return True

    def ended(self, before: datetime, limit: int) -> Sequence[str]:
        """Ids of those that ended, or lacked something, before a moment, and whose texts are still kept."""
        statement = (
            select(OptOutNoticeRow.id)
            .join(OptOutNoticeTextRow, col(OptOutNoticeTextRow.notice_id) == col(OptOutNoticeRow.id))
            .where(col(OptOutNoticeRow.state).in_([state.value for state in _CLOSED]))
            .where(col(OptOutNoticeRow.changed_at) <= before)
            .distinct()
            .limit(limit)
        )
        with self._database.reading() as session:
            return list(session.exec(statement))

    def unmailed(self, now: datetime, limit: int) -> Sequence[Notice]:
        """Notices without an account whose state is to be mailed now: those that wait longest first."""
        again = col(OptOutNoticeRow.mail_next)
        statement = (
            select(OptOutNoticeRow)
            .where(col(OptOutNoticeRow.account_id).is_(None))
            .where(col(OptOutNoticeRow.mailed) != col(OptOutNoticeRow.state))
            .where(or_(again.is_(None), again <= now))
            .order_by(func.coalesce(again, col(OptOutNoticeRow.changed_at)), col(OptOutNoticeRow.id))
            .limit(limit)
        )
        with self._database.reading() as session:
            return _notices(session, session.exec(statement))

    def mailed(self, notice_id: str, state: NoticeState) -> None:
        """Note that a state was mailed."""
        with self._database.transaction() as session:
            row = session.get_one(OptOutNoticeRow, notice_id, with_for_update=True, populate_existing=True)
            row.mailed = state.value
            if row.state == state.value:
                _note_tries(row, MailStanding())
            session.add(row)

    def not_mailed(self, notice_id: str, state: NoticeState, standing: MailStanding) -> None:
        """Note that a state could not be mailed."""
        with self._database.transaction() as session:
            row = session.get_one(OptOutNoticeRow, notice_id, with_for_update=True, populate_existing=True)
            if row.state != state.value:
                return
            if standing.given_up:
                row.mailed = state.value
            _note_tries(row, standing)
            session.add(row)

    def mail(self, notice_id: str) -> MailStanding:
        """How far mailing its present state has come."""
        with self._database.reading() as session:
            row = session.get(OptOutNoticeRow, notice_id)
            if row is None:
                raise NotFound("there is no such notice", code=NoticeFault.UNKNOWN, field="notice_id")
            return MailStanding(row.mail_tries, row.mail_since, row.mail_next, row.mail_said)

    def keep_text(self, notice_id: str, part: str, sealed: bytes) -> None:
        """Keep what was written, in place of what this part was before."""
        with self._database.transaction() as session:
            session.merge(OptOutNoticeTextRow(notice_id=notice_id, part=part, sealed=sealed))
            session.flush()

    def text(self, notice_id: str, part: str) -> bytes | None:
        """What was written; None where it is not kept."""
        with self._database.reading() as session:
            row = session.get(OptOutNoticeTextRow, (notice_id, part))
            return row.sealed if row else None

    def drop_texts(self, notice_id: str) -> None:
        """Forget what was written, all parts."""
        with self._database.transaction() as session:
            session.execute(delete(OptOutNoticeTextRow).where(col(OptOutNoticeTextRow.notice_id) == notice_id))


def _behind(moment: Mapped[datetime | None], place: Place) -> ColumnElement[bool]:
    at, notice_id = place
    return or_(moment > at, and_(moment == at, col(OptOutNoticeRow.id) > notice_id))


def _note_tries(row: OptOutNoticeRow, standing: MailStanding) -> None:
    row.mail_tries, row.mail_since = standing.tries, standing.since
    row.mail_next, row.mail_said = standing.next_at, standing.said


def _notices(session: Session, rows: Iterable[OptOutNoticeRow]) -> list[Notice]:
    kept = list(rows)
    videos: defaultdict[str, list[Located]] = defaultdict(list)
    counters: defaultdict[str, list[Counter]] = defaultdict(list)
    for start in range(0, len(kept), _CHUNK):
        ids = [row.id for row in kept[start : start + _CHUNK]]
        shown = select(OptOutNoticeVideoRow).where(col(OptOutNoticeVideoRow.notice_id).in_(ids))
        for video in session.exec(shown.order_by(col(OptOutNoticeVideoRow.number))):
            videos[video.notice_id].append(_located(video))
        answered = select(OptOutCounterRow).where(col(OptOutCounterRow.notice_id).in_(ids))
        for counter in session.exec(answered.order_by(col(OptOutCounterRow.id))):
            counters[counter.notice_id].append(_counter(counter))
    return [_notice(row, videos[row.id], counters[row.id]) for row in kept]


def _notice(row: OptOutNoticeRow, videos: Sequence[Located], counters: Sequence[Counter]) -> Notice:
    return Notice(
        id=row.id,
        statute=Statute(row.statute),
        state=NoticeState(row.state),
        received_at=row.received_at,
        changed_at=row.changed_at,
        account_id=row.account_id,
        language=row.language,
        declared=frozenset(map(Element, row.declared)),
        missing=tuple(map(Element, row.missing)),
        videos=tuple(videos),
        counters=tuple(counters),
        valid_at=row.valid_at,
        acted_at=row.acted_at,
        suit_at=row.suit_at,
        claim_id=row.claim_id,
        rejection=None if row.rejection is None else Rejection(row.rejection),
    )


def _row(notice: Notice, due: datetime | None, look: datetime | None) -> OptOutNoticeRow:
    return OptOutNoticeRow(
        id=notice.id,
        statute=notice.statute.value,
        state=notice.state.value,
        account_id=notice.account_id,
        language=notice.language,
        declared=sorted(notice.declared),
        missing=list(notice.missing),
        received_at=notice.received_at,
        changed_at=notice.changed_at,
        valid_at=notice.valid_at,
        acted_at=notice.acted_at,
        suit_at=notice.suit_at,
        claim_id=notice.claim_id,
        rejection=None if notice.rejection is None else notice.rejection.value,
        due_at=due,
        look_at=look,
    )


def _video_rows(notice: Notice) -> list[OptOutNoticeVideoRow]:
    return [
        OptOutNoticeVideoRow(
            notice_id=notice.id,
            case_id=video.case_id,
            number=number,
            found_by=video.by.value,
            similarity=video.similarity,
            batch_id=video.batch_id,
            reference_id=video.reference_id,
            restored_at=video.restored_at,
        )
        for number, video in enumerate(notice.videos)
    ]


def _located(row: OptOutNoticeVideoRow) -> Located:
    return Located(row.case_id, FoundBy(row.found_by), row.similarity, row.batch_id, row.reference_id, row.restored_at)


def _counter_rows(notice: Notice) -> list[OptOutCounterRow]:
    return [
        OptOutCounterRow(
            id=counter.id,
            notice_id=notice.id,
            account_id=counter.account_id,
            received_at=counter.received_at,
            case_ids=list(counter.case_ids),
            restored_at=counter.restored_at,
        )
        for counter in notice.counters
    ]


def _counter(row: OptOutCounterRow) -> Counter:
    return Counter(row.id, row.account_id, row.received_at, tuple(row.case_ids), row.restored_at)
