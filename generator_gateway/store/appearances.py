"""People who were found in releases later, and what came of it."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, or_
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from generator_gateway.errors import GatewayReason
from generator_gateway.ports import UNDECIDED, Appearance, AppearanceState, NewAppearance, ReleaseState, Standing
from generator_gateway.ports.takedowns import NO_BATCH
from generator_gateway.store.leases import OPEN
from generator_gateway.tables import AppearanceRow, CaseRow, OwnerRow, ReleaseRow
from trust_kernel.clock import aware
from trust_kernel.db import Database
from trust_kernel.errors import Conflict, NotFound
from trust_kernel.ids import new_id

_GONE = ReleaseState.WITHDRAWN.value
_EVERYTHING = frozenset({"face", "voice"})
_DISPUTED_FIRST = case((col(AppearanceRow.state) == AppearanceState.DISPUTED.value, 0), else_=1)


class AppearanceStore:
    """Appearance rows. What is no longer out reads as withdrawn, whoever took it back and why."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def standing(self, owner: str, account_id: str | None, case_ids: Collection[str]) -> Standing:
        """What has become of cases in which a person was found."""
        with self._database.reading() as session:
            out = session.exec(
                select(ReleaseRow.case_id).where(col(ReleaseRow.case_id).in_(case_ids), ReleaseRow.status != _GONE)
            )
            released = dict.fromkeys(out, frozenset[str]())
            for row in session.exec(_owning(owner, account_id, released)):
                known = _EVERYTHING if row.subject_id is None else frozenset(row.modalities)
                released[row.case_id] |= known
            running = select(CaseRow.id).where(col(CaseRow.id).in_(case_ids), col(CaseRow.status).in_(OPEN))
            return Standing(released, frozenset(session.exec(running)))

    def note(self, new: NewAppearance, at: datetime) -> bool:
        """Keep an appearance, in the caller's transaction; True where it was not known."""
        with self._database.transaction() as session:
            if self._renew(session, new):
                return False
            try:
                # Two searches for one person may meet here; the one that comes second finds what the first one kept.
                with session.begin_nested():
                    session.add(_row(new, at))
            except IntegrityError:
                self._renew(session, new)
                return False
            return True

    def _renew(self, session: Session, new: NewAppearance) -> bool:
        """Whether it is known; while nobody has decided it takes the new figures."""
        statement = select(AppearanceRow).where(
            AppearanceRow.owner == new.owner,
            AppearanceRow.case_id == new.case_id,
            AppearanceRow.modality == new.modality,
        )
        row = session.exec(statement.with_for_update()).first()
        if row is not None and row.state in UNDECIDED:
            row.band, row.score, row.cause = new.band, new.score, new.cause
            row.probability, row.fpir = new.probability, new.fpir
            session.add(row)
        return row is not None

    def get(self, appearance_id: str) -> Appearance:
        """One; raises NotFound."""
        with self._database.reading() as session:
            row = session.get(AppearanceRow, appearance_id)
            if row is None:
                raise _unknown()
            release = session.get(ReleaseRow, row.case_id)
            return _appearance(row, out=release is not None and release.status != _GONE)

    def page(
        self, *, state: AppearanceState | None, owner: str | None, after: str | None, limit: int
    ) -> tuple[list[Appearance], bool]:
        """Disputed ones first, then newest first; and whether there are more."""
        statement = select(AppearanceRow, ReleaseRow.status).join(
            ReleaseRow, col(ReleaseRow.case_id) == col(AppearanceRow.case_id)
        )
        if state is not None:
            statement = statement.where(_reads_as(state))
        if owner is not None:
            statement = statement.where(AppearanceRow.owner == owner)
        with self._database.reading() as session:
            if after is not None:
                statement = statement.where(_behind(session, after))
            statement = statement.order_by(_DISPUTED_FIRST, col(AppearanceRow.id).desc()).limit(limit + 1)
            found = [_appearance(row, out=status != _GONE) for row, status in session.exec(statement)]
        return found[:limit], len(found) > limit

    def decide(self, appearance_id: str, state: AppearanceState, by: str, note: str, at: datetime) -> None:
        """Keep a decision; raises Conflict where there is one."""
        with self._database.transaction() as session:
            row = _locked(session, appearance_id)
            if row.state not in UNDECIDED:
                raise Conflict("somebody decided this already", code=GatewayReason.APPEARANCE_DECIDED)
            row.state, row.decided_by, row.note, row.decided_at = state.value, by, note, at
            session.add(row)

    def dispute(self, appearance_id: str, at: datetime) -> None:
        """Keep that the person asks for it to be taken back; raises Conflict where they cannot."""
        with self._database.transaction() as session:
            row = _locked(session, appearance_id)
            if not _appearance(row, out=True).disputable:
                raise Conflict("there is nothing more to ask for here", code=GatewayReason.APPEARANCE_DECIDED)
            row.state, row.disputed_at = AppearanceState.DISPUTED.value, at
            session.add(row)


def _owning(owner: str, account_id: str | None, case_ids: Collection[str]) -> SelectOfScalar[OwnerRow]:
    mine: ColumnElement[bool] = col(OwnerRow.subject_id) == owner
    if account_id is not None:
        mine = or_(mine, and_(col(OwnerRow.account_id) == account_id, col(OwnerRow.role) == "requester"))
    return select(OwnerRow).where(col(OwnerRow.case_id).in_(case_ids), mine)


def _reads_as(state: AppearanceState) -> ColumnElement[bool]:
    """Rows that are in a state to whoever looks: an undecided one is withdrawn with its release."""
    stored = col(AppearanceRow.state) == state.value
    if state in UNDECIDED:
        return and_(stored, col(ReleaseRow.status) != _GONE)
    if state is AppearanceState.WITHDRAWN:
        undecided = col(AppearanceRow.state).in_([one.value for one in UNDECIDED])
        return or_(stored, and_(undecided, col(ReleaseRow.status) == _GONE))
    return stored


def _behind(session: Session, appearance_id: str) -> ColumnElement[bool]:
    """What comes after one in the order of pages; raises NotFound."""
    last = session.get(AppearanceRow, appearance_id)
    if last is None:
        raise _unknown()
    older = col(AppearanceRow.id) < appearance_id
    disputed = col(AppearanceRow.state) == AppearanceState.DISPUTED.value
    if last.state == AppearanceState.DISPUTED:
        return or_(~disputed, older)
    return and_(~disputed, older)


def _locked(session: Session, appearance_id: str) -> AppearanceRow:
    row = session.get(AppearanceRow, appearance_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise _unknown()
    return row


def _unknown() -> NotFound:
    return NotFound("there is no such appearance", code=GatewayReason.APPEARANCE_UNKNOWN)


def _row(new: NewAppearance, at: datetime) -> AppearanceRow:
    return AppearanceRow(
        id=new_id("app"),
        owner=new.owner,
        case_id=new.case_id,
        modality=new.modality,
        band=new.band,
        score=new.score,
        probability=new.probability,
        fpir=new.fpir,
        cause=new.cause,
        state=AppearanceState.OPEN.value,
        at=at,
    )


def _appearance(row: AppearanceRow, *, out: bool) -> Appearance:
    state = AppearanceState(row.state)
    return Appearance(
        id=row.id,
        found=NewAppearance(
            row.owner, row.case_id, row.modality, row.band, row.score, row.probability, row.fpir, row.cause
        ),
        state=AppearanceState.WITHDRAWN if state in UNDECIDED and not out else state,
        at=aware(row.at),
        decided_by=row.decided_by,
        decided_at=aware(row.decided_at) if row.decided_at else None,
        note=row.note,
        disputed_at=aware(row.disputed_at) if row.disputed_at else None,
        batch_id=row.batch_id if row.batch_id != NO_BATCH else "",
    )
