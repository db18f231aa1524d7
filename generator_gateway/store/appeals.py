"""Appeals, and what rights holders say of them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, or_
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from generator_gateway.errors import AppealFault
from generator_gateway.ports.appeals import Appeal, AppealKind, AppealState, Said, Voice
from generator_gateway.tables import AppealRow, AppealVoiceRow, MediaUseRow, ReviewRow
from trust_kernel.db import Database
from trust_kernel.decisions import Lift, Stage, Verdict
from trust_kernel.errors import Conflict, NotFound

_LIFTING = (AppealState.OVERTURNED.value, AppealState.LICENSED.value)


def lifted_for(session: Session, case_id: str, stage: Stage, draft: str) -> frozenset[Lift]:
    """What appeals lifted for a look at a case, and at this draft where one is looked at."""
    statement = select(AppealRow).where(
        AppealRow.case_id == case_id,
        AppealRow.stage == stage.value,
        AppealRow.draft == draft,
        col(AppealRow.state).in_(_LIFTING),
    )
    return frozenset(lift for row in session.exec(statement) for lift in _lifts(row))


class AppealStore:
    """Rows of appeals."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, appeal: Appeal, voices: Sequence[Voice]) -> None:
        """Insert; raises Conflict where there is one against this decision."""
        with self._database.transaction() as session:
            try:
                with session.begin_nested():
                    session.add(_row(appeal))
            except IntegrityError as error:
                raise Conflict("you have appealed against this already", code=AppealFault.TWICE) from error
            session.add_all([_voice_row(voice) for voice in voices])
            session.flush()

    def get(self, appeal_id: str, *, lock: bool = False) -> Appeal | None:
        """One, locked until the transaction ends if asked."""
        with self._database.reading() as session:
            row = session.get(AppealRow, appeal_id, with_for_update=lock or None, populate_existing=lock)
            return _appeal(row) if row else None

    def replace(self, appeal: Appeal) -> None:
        """Keep a changed one."""
        with self._database.transaction() as session:
            row = session.get(AppealRow, appeal.id)
            if row is None:
                raise NotFound("there is no such appeal", code=AppealFault.UNKNOWN)
            row.sqlmodel_update(_row(appeal).model_dump(exclude={"id"}))
            session.add(row)
            session.flush()

    def of_case(self, case_id: str) -> Sequence[Appeal]:
        """Those of a case, newest first."""
        statement = select(AppealRow).where(AppealRow.case_id == case_id).order_by(col(AppealRow.id).desc())
        with self._database.reading() as session:
            return [_appeal(row) for row in session.exec(statement)]

    def of_cases(self, case_ids: Collection[str]) -> Mapping[str, Sequence[Appeal]]:
        """Those of several, by case."""
        statement = select(AppealRow).where(col(AppealRow.case_id).in_(sorted(case_ids)))
        found: defaultdict[str, list[Appeal]] = defaultdict(list)
        with self._database.reading() as session:
            for row in session.exec(statement.order_by(col(AppealRow.id).desc())):
                found[row.case_id].append(_appeal(row))
        return found

    def page(self, state: AppealState | None, *, after: str | None, limit: int) -> tuple[list[Appeal], bool]:
        """By what is to be answered next, and whether there are more."""
        statement = select(AppealRow).order_by(col(AppealRow.due_at), col(AppealRow.id)).limit(limit + 1)
        if state is not None:
            statement = statement.where(AppealRow.state == state.value)
        with self._database.reading() as session:
            last = session.get(AppealRow, after) if after is not None else None
            if last is not None:
                later = and_(col(AppealRow.due_at) == last.due_at, col(AppealRow.id) > last.id)
                statement = statement.where(or_(col(AppealRow.due_at) > last.due_at, later))
            found = [_appeal(row) for row in session.exec(statement)]
        return found[:limit], len(found) > limit

    def late(self, at: datetime, limit: int) -> Sequence[str]:
        """Ids of open ones that were to be answered by then and are not escalated, the longest due first."""
        statement = (
            select(AppealRow.id)
            .where(
                AppealRow.state == AppealState.OPEN.value,
                col(AppealRow.due_at) <= at,
                col(AppealRow.escalated_at).is_(None),
            )
            .order_by(col(AppealRow.due_at), col(AppealRow.id))
            .limit(limit)
        )
        with self._database.reading() as session:
            return list(session.exec(statement))

    def open_ones(self, after: str, limit: int) -> Sequence[str]:
        """Ids of open ones, in order."""
        statement = select(AppealRow.id).where(AppealRow.state == AppealState.OPEN.value, col(AppealRow.id) > after)
        with self._database.reading() as session:
            return list(session.exec(statement.order_by(col(AppealRow.id)).limit(limit)))

    def open_against(self, decision_ids: Collection[str]) -> bool:
        """Whether one against any of these decisions is open."""
        statement = select(AppealRow.id).where(
            AppealRow.state == AppealState.OPEN.value, col(AppealRow.decision_id).in_(sorted(decision_ids))
        )
        with self._database.reading() as session:
            return session.exec(statement.limit(1)).first() is not None

    def voices(self, appeal_id: str) -> Sequence[Voice]:
        """The rights holders concerned, in order of claim."""
        statement = select(AppealVoiceRow).where(AppealVoiceRow.appeal_id == appeal_id)
        with self._database.reading() as session:
            return [_voice(row) for row in session.exec(statement.order_by(col(AppealVoiceRow.claim_id)))]

    def put_voice(self, voice: Voice) -> None:
        """Keep what one says."""
        with self._database.transaction() as session:
            session.merge(_voice_row(voice))
            session.flush()

    def heard_by(
        self, organisation_ids: Collection[str], *, after: str | None, limit: int
    ) -> tuple[list[tuple[Appeal, Voice]], bool]:
        """Appeals that concern claims of these organisations, newest first, and whether there are more.

        One appeal may concern several of their claims, each a pair; a page ends with an appeal, not within one.
        """
        ids = (
            select(AppealVoiceRow.appeal_id)
            .where(col(AppealVoiceRow.organisation_id).in_(sorted(organisation_ids)))
            .distinct()
            .order_by(col(AppealVoiceRow.appeal_id).desc())
            .limit(limit + 1)
        )
        if after is not None:
            ids = ids.where(col(AppealVoiceRow.appeal_id) < after)
        with self._database.reading() as session:
            found = list(session.exec(ids))
            statement = (
                select(AppealRow, AppealVoiceRow)
                .join(AppealVoiceRow, col(AppealVoiceRow.appeal_id) == col(AppealRow.id))
                .where(col(AppealRow.id).in_(found[:limit]))
                .where(col(AppealVoiceRow.organisation_id).in_(sorted(organisation_ids)))
                .order_by(col(AppealRow.id).desc(), col(AppealVoiceRow.claim_id))
            )
            pairs = [(_appeal(row), _voice(voice)) for row, voice in session.exec(statement)]
        return pairs, len(found) > limit

    def decliners(self, case_id: str) -> Sequence[tuple[str, str]]:
        """Reviews that declined a case, as (id, account), newest first."""
        statement = (
            select(ReviewRow)
            .where(ReviewRow.case_id == case_id, ReviewRow.verdict == Verdict.DENY.value)
            .order_by(col(ReviewRow.at).desc(), col(ReviewRow.id).desc())
        )
        with self._database.reading() as session:
            return [(row.id, row.reviewer) for row in session.exec(statement)]

    def last_declines(self, case_ids: Collection[str]) -> Mapping[str, str]:
        """The last review that declined each case."""
        statement = (
            select(ReviewRow.case_id, ReviewRow.id)
            .where(col(ReviewRow.case_id).in_(sorted(case_ids)), ReviewRow.verdict == Verdict.DENY.value)
            .order_by(col(ReviewRow.at), col(ReviewRow.id))
        )
        with self._database.reading() as session:
            return dict(session.exec(statement).all())

    def media_there(self, case_id: str, digests: Collection[str]) -> bool:
        """Whether a case still has all of these."""
        statement = select(MediaUseRow.digest).where(MediaUseRow.case_id == case_id)
        with self._database.reading() as session:
            return set(digests) <= set(session.exec(statement))


def _lifts(row: AppealRow) -> list[Lift]:
    return [Lift(reason, about) for reason, about in row.lifts]


def _row(appeal: Appeal) -> AppealRow:
    return AppealRow(
        id=appeal.id,
        case_id=appeal.case_id,
        kind=appeal.kind.value,
        decision_id=appeal.decision_id,
        stage=appeal.stage.value,
        draft=appeal.draft,
        account_id=appeal.account_id,
        statement=appeal.said.statement,
        evidence=appeal.said.evidence,
        licence=appeal.said.licence,
        state=appeal.state.value,
        filed_at=appeal.filed_at,
        due_at=appeal.due_at,
        escalated_at=appeal.escalated_at,
        proposed_by=appeal.proposed_by,
        lifts=sorted([str(lift.reason), lift.about] for lift in appeal.lifts),
        decided_by=appeal.decided_by,
        decided_at=appeal.decided_at,
        note=appeal.note,
    )


def _appeal(row: AppealRow) -> Appeal:
    return Appeal(
        id=row.id,
        case_id=row.case_id,
        kind=AppealKind(row.kind),
        decision_id=row.decision_id,
        stage=Stage(row.stage),
        account_id=row.account_id,
        said=Said(row.statement, row.evidence, row.licence),
        state=AppealState(row.state),
        filed_at=row.filed_at,
        due_at=row.due_at,
        draft=row.draft,
        escalated_at=row.escalated_at,
        proposed_by=row.proposed_by,
        lifts=frozenset(_lifts(row)),
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        note=row.note,
    )


def _voice_row(voice: Voice) -> AppealVoiceRow:
    return AppealVoiceRow(
        appeal_id=voice.appeal_id,
        claim_id=voice.claim_id,
        organisation_id=voice.organisation_id,
        reasons=list(voice.reasons),
        comment=voice.comment,
        permits=voice.permits,
        by=voice.by,
        at=voice.at,
    )


def _voice(row: AppealVoiceRow) -> Voice:
    return Voice(
        row.appeal_id,
        row.claim_id,
        row.organisation_id,
        tuple(row.reasons),
        row.comment,
        row.permits,
        row.by,
        row.at,
    )
