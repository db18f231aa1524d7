"""Requests and releases of the past, as claims are tried on them: rows read in pages; no medium is opened."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, and_, func
from sqlalchemy import select as select_columns
from sqlmodel import col, or_, select

from copyright_optout.api import PastRequest, Stops
from generator_gateway.errors import GatewayReason
from generator_gateway.ports import ReleaseState
from generator_gateway.stages import Request
from generator_gateway.store.stops import forget_stops, stopped_since
from generator_gateway.tables import BindingRow, CaseRow, ReleaseRow
from trust_kernel.clock import aware
from trust_kernel.db import Database
from trust_kernel.errors import NotFound

_REQUEST = TypeAdapter(Request)
_PAGE = 5000
"""Rows read at a time."""
_CHUNK = 500
"""Ids in one statement."""
_OUT = (ReleaseState.RELEASED.value, ReleaseState.OBJECTED.value)


class PastStore:
    """Rows of cases, decisions, releases and their fingerprints."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self, since: datetime) -> int:
        """How many requests were made since a moment."""
        with self._database.reading() as session:
            return session.exec(select(func.count()).select_from(CaseRow).where(CaseRow.created_at >= since)).one()

    def since(self, at: datetime, most: int | None = None) -> Iterator[Sequence[PastRequest]]:
        """Requests made since a moment, newest first."""
        left, last = most, None
        while left is None or left > 0:
            page = self._page(at, last, _PAGE if left is None else min(_PAGE, left))
            if not page:
                return
            yield page
            last = page[-1]
            left = None if left is None else left - len(page)

    def _page(self, at: datetime, last: PastRequest | None, limit: int) -> Sequence[PastRequest]:
        statement = (
            select_columns(
                col(CaseRow.id), col(CaseRow.created_at), col(CaseRow.account_id), _prompt(), col(BindingRow.pictures)
            )
            .join(BindingRow, col(BindingRow.case_id) == col(CaseRow.id), isouter=True)
            .where(col(CaseRow.created_at) >= at)
            .order_by(col(CaseRow.created_at).desc(), col(CaseRow.id).desc())
            .limit(limit)
        )
        if last is not None:
            older = col(CaseRow.created_at) < last.at
            statement = statement.where(
                or_(older, and_(col(CaseRow.created_at) == last.at, col(CaseRow.id) < last.case_id))
            )
        with self._database.reading_committed() as session:
            rows = session.connection().execute(statement).all()
        return [
            PastRequest(case_id, aware(made), account_id, prompt or "", bytes(pictures or b""))
            for case_id, made, account_id, prompt, pictures in rows
        ]

    def request(self, case_id: str) -> Request:
        """What was asked for; raises NotFound."""
        with self._database.reading() as session:
            row = session.get(CaseRow, case_id)
        if row is None:
            raise NotFound("there is no such video", code=GatewayReason.VIDEO_UNKNOWN)
        return _REQUEST.validate_python(row.request)

    def stopped(self, since: datetime) -> Stops:
        """What claims stopped among the requests made since a moment."""
        asked = (
            select_columns(col(CaseRow.account_id), func.count())
            .where(col(CaseRow.created_at) >= since)
            .group_by(col(CaseRow.account_id))
        )
        with self._database.reading_committed() as session:
            requests = dict(session.connection().execute(asked).tuples().all())
            return Stops(requests, stopped_since(session, since))

    def forget(self, before: datetime) -> None:
        """Drop what was noted of what claims stopped among the requests made before a moment."""
        forget_stops(self._database, before)

    # --- releases

    def released_prompts(self) -> Iterator[Sequence[tuple[str, str]]]:
        """(case id, prompt) of everything that is out, in order of id."""
        after = ""
        while True:
            statement = (
                select_columns(col(ReleaseRow.case_id), _prompt())
                .join(CaseRow, col(CaseRow.id) == col(ReleaseRow.case_id))
                .where(col(ReleaseRow.case_id) > after, col(ReleaseRow.status).in_(_OUT))
                .order_by(col(ReleaseRow.case_id))
                .limit(_PAGE)
            )
            with self._database.reading_committed() as session:
                rows = session.connection().execute(statement).all()
            if not rows:
                return
            yield [(case_id, prompt or "") for case_id, prompt in rows]
            after = rows[-1][0]

    def out(self, case_ids: Collection[str]) -> frozenset[str]:
        """Which of these are out."""
        return frozenset(self._of_releases(case_ids, col(ReleaseRow.status).in_(_OUT)))

    def frames(self, case_ids: Collection[str]) -> Mapping[str, bytes]:
        """PDQ hashes of releases' frames, 32 bytes each, by case id."""
        found: dict[str, bytes] = {}
        for chunk in _in_chunks(case_ids):
            statement = select_columns(col(BindingRow.case_id), col(BindingRow.pictures))
            with self._database.reading() as session:
                rows = session.connection().execute(statement.where(col(BindingRow.case_id).in_(chunk)))
                found |= {case_id: bytes(pictures) for case_id, pictures in rows}
        return found

    def _of_releases(self, case_ids: Collection[str], condition: ColumnElement[bool]) -> Iterator[str]:
        for chunk in _in_chunks(case_ids):
            statement = select(ReleaseRow.case_id).where(col(ReleaseRow.case_id).in_(chunk), condition)
            with self._database.reading() as session:
                yield from session.exec(statement).all()


def _prompt() -> ColumnElement[str]:
    return cast("Any", CaseRow).request["prompt"].as_string()  # type: ignore[no-any-return] # a JSON column's member


def _in_chunks(keys: Collection[str]) -> Iterator[list[str]]:
    ids = sorted(set(keys))
    yield from (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))
