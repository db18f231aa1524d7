"""The queries of claims."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from sqlalchemy import delete, insert, update
from sqlalchemy import select as select_columns
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from copyright_optout.domain import Claim, ClaimChange, ClaimState, Concern, Concerning, Fingerprint, OptOutFault
from copyright_optout.domain.claims import ENDED, IN_FORCE
from copyright_optout.errors import UnknownClaim
from copyright_optout.store.generations import next_generations
from copyright_optout.store.rows import claim_of, row_of, values_of
from copyright_optout.tables import (
    OptOutAliasRow,
    OptOutClaimRow,
    OptOutConcernRow,
    OptOutFingerprintRow,
    OptOutGenerationRow,
    OptOutOrganisationRow,
    OptOutVectorRow,
)
from trust_kernel.db import Database
from trust_kernel.errors import Conflict
from trust_kernel.names.plain import fold_name

_LAPSING = tuple(state.value for state in IN_FORCE)
_THE_ROW = 1
_CHUNK = 500
_Asking = Callable[[Sequence[str]], SelectOfScalar[OptOutClaimRow]]
_ENDED = tuple(state.value for state in ENDED)


class DatabaseClaims:
    """Claims as rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def transaction(self) -> AbstractContextManager[Session]:
        """One unit of work; joins one that is open."""
        return self._database.transaction()

    def add(self, claims: Sequence[Claim], concerns: Mapping[str, Sequence[Concerning]]) -> None:
        """Keep new claims, with what staff should know of each, by claim id."""
        if not claims:
            return
        with self._database.transaction() as session:
            try:
                with session.begin_nested():
                    session.execute(insert(OptOutClaimRow), [{**values_of(claim), "generation": 0} for claim in claims])
            except IntegrityError as error:
                raise Conflict(
                    "you have a claim with this reference already", code=OptOutFault.REFERENCE_TAKEN, field="reference"
                ) from error
            session.execute(insert(OptOutAliasRow), [alias for claim in claims for alias in _aliases(claim)])
            session.add_all([row for claim in claims for row in _concern_rows(claim.id, concerns.get(claim.id, ()))])
            session.flush()

    def add_prints(self, claim_id: str, fingerprints: Iterable[Fingerprint]) -> None:
        """Keep further hashes of reference pictures."""
        with self._database.transaction() as session:
            kept = _bits(session, [claim_id])[claim_id]
            number = len(kept.pictures) + len(kept.spots)
            rows = [
                {"claim_id": claim_id, "number": at, "bits": one.bits, "quality": one.quality, "spot": one.spot}
                for at, one in enumerate(fingerprints, start=number)
            ]
            if rows:
                session.execute(insert(OptOutFingerprintRow), rows)

    def prints(self, claim_id: str) -> Sequence[str]:
        """Hashes of a claim's reference pictures and crops of them, not of windows round spots."""
        with self._database.reading() as session:
            return _bits(session, [claim_id])[claim_id].pictures

    def get(self, claim_id: str, *, lock: bool = False) -> Claim | None:
        """A claim, locked until the transaction ends if asked."""
        with self._database.reading() as session:
            row = session.get(OptOutClaimRow, claim_id, with_for_update=lock or None, populate_existing=lock)
            return _claims(session, [row])[0] if row else None

    def replace(self, claim: Claim) -> None:
        """Keep a changed claim, under the next generation."""
        with self._database.transaction() as session:
            row = session.get(OptOutClaimRow, claim.id)
            if row is None:
                raise UnknownClaim("there is no such claim", field="claim_id")
            renamed = (row.title, *row.names) != (claim.terms.title, *claim.terms.names)
            row.sqlmodel_update(row_of(claim).model_dump(exclude={"id", "generation"}))
            row.generation = _next_generation(session)
            session.add(row)
            _forget_vectors(session, [claim])
            if renamed:
                session.execute(delete(OptOutAliasRow).where(col(OptOutAliasRow.claim_id) == claim.id))
                session.execute(insert(OptOutAliasRow), _aliases(claim))

    def hold_generation(self) -> None:
        """Lock the counter of changes until the transaction ends; before the ledger's head, where both are needed."""
        with self._database.transaction() as session:
            _counter(session)

    def fence(self) -> int:
        """Generation of the last change, which stays the last until the caller's transaction ends."""
        with self._database.transaction() as session:
            row = session.get(OptOutGenerationRow, _THE_ROW, with_for_update={"read": True}, populate_existing=True)
            return (row or _counter(session)).latest

    def replace_many(self, claims: Sequence[Claim]) -> None:
        """Keep changed claims that there are, all under the next generation."""
        if not claims:
            return
        with self._database.transaction() as session:
            session.flush()
            before: dict[str, tuple[str, ...]] = {}
            for ids in _in_chunks(claim.id for claim in claims):
                statement = select_columns(col(OptOutClaimRow.id), col(OptOutClaimRow.title), col(OptOutClaimRow.names))
                for claim_id, title, names in session.execute(statement.where(col(OptOutClaimRow.id).in_(ids))):
                    before[claim_id] = (title, *names)
            generation = _next_generation(session)
            rows = [{**values_of(claim), "generation": generation} for claim in claims]
            session.execute(update(OptOutClaimRow), rows)
            _forget_vectors(session, claims)
            renamed = [claim for claim in claims if before[claim.id] != (claim.terms.title, *claim.terms.names)]
            for ids in _in_chunks(claim.id for claim in renamed):
                session.execute(delete(OptOutAliasRow).where(col(OptOutAliasRow.claim_id).in_(ids)))
            if renamed:
                session.execute(insert(OptOutAliasRow), [alias for claim in renamed for alias in _aliases(claim)])
            # What this session read before is no longer what stands there.
            session.expire_all()

    def page(
        self,
        organisation_ids: Collection[str] | None,
        *,
        states: Collection[ClaimState] = (),
        after: str | None = None,
        limit: int = 100,
    ) -> Sequence[Claim]:
        """Claims of these organisations, or of all, newest first."""
        statement = select(OptOutClaimRow).order_by(col(OptOutClaimRow.id).desc()).limit(limit)
        if organisation_ids is not None:
            statement = statement.where(col(OptOutClaimRow.organisation_id).in_(organisation_ids))
        if states:
            statement = statement.where(col(OptOutClaimRow.state).in_([state.value for state in states]))
        if after is not None:
            statement = statement.where(OptOutClaimRow.id < after)
        with self._database.reading() as session:
            return _claims(session, session.exec(statement))

    def many(self, claim_ids: Iterable[str], *, lock: bool = False) -> Mapping[str, Claim]:
        """The claims with these ids, locked until the transaction ends if asked."""

        def asking(ids: Sequence[str]) -> SelectOfScalar[OptOutClaimRow]:
            statement = select(OptOutClaimRow).where(col(OptOutClaimRow.id).in_(ids))
            if not lock:
                return statement
            # In one order, so that two who lock the same never wait for each other; and anew, because they changed.
            ordered = statement.order_by(col(OptOutClaimRow.id)).with_for_update()
            return ordered.execution_options(populate_existing=True)

        return {claim.id: claim for claim in self._chunked(claim_ids, asking)}

    def by_reference(self, organisation_id: str, references: Iterable[str]) -> Mapping[str, Claim]:
        """Claims of an organisation by its own keys."""
        theirs = OptOutClaimRow.organisation_id == organisation_id
        found = self._chunked(
            references, lambda keys: select(OptOutClaimRow).where(theirs, col(OptOutClaimRow.reference).in_(keys))
        )
        return {claim.reference: claim for claim in found}

    def called(self, folded: Iterable[str]) -> Mapping[str, Sequence[Claim]]:
        """Claims that have not ended, by folded name."""
        named: defaultdict[str, list[Claim]] = defaultdict(list)
        with self._database.reading() as session:
            for chunk in _in_chunks(folded):
                statement = (
                    select(OptOutAliasRow.folded, OptOutClaimRow)
                    .join(OptOutClaimRow, col(OptOutClaimRow.id) == col(OptOutAliasRow.claim_id))
                    .where(col(OptOutAliasRow.folded).in_(chunk), col(OptOutClaimRow.state).not_in(_ENDED))
                    .order_by(col(OptOutClaimRow.id))
                )
                pairs = list(session.exec(statement))
                for (name, _), claim in zip(pairs, _claims(session, [row for _, row in pairs]), strict=True):
                    named[name].append(claim)
        return dict(named)

    def concerns(self, claim_ids: Iterable[str]) -> Mapping[str, Sequence[Concerning]]:
        """What staff should know of claims, by claim id; those with nothing are left out."""
        found: defaultdict[str, list[Concerning]] = defaultdict(list)
        with self._database.reading() as session:
            for chunk in _in_chunks(claim_ids):
                statement = (
                    select(OptOutConcernRow)
                    .where(col(OptOutConcernRow.claim_id).in_(chunk))
                    .order_by(col(OptOutConcernRow.claim_id), col(OptOutConcernRow.number))
                )
                for row in session.exec(statement):
                    found[row.claim_id].append(Concerning(Concern(row.concern), row.name, row.about))
        return dict(found)

    def set_concerns(self, claim_id: str, concerns: Sequence[Concerning]) -> None:
        """Replace what staff should know of a claim."""
        with self._database.transaction() as session:
            session.execute(delete(OptOutConcernRow).where(col(OptOutConcernRow.claim_id) == claim_id))
            session.add_all(_concern_rows(claim_id, concerns))

    def expired(self, at: datetime, limit: int) -> Sequence[str]:
        """Ids of claims that are over at a moment, and stopped something or could again, but are not EXPIRED."""
        statement = (
            select(OptOutClaimRow.id)
            .where(col(OptOutClaimRow.expires_at) <= at, col(OptOutClaimRow.state).in_(_LAPSING))
            .order_by(col(OptOutClaimRow.expires_at))
            .limit(limit)
        )
        with self._database.reading() as session:
            return list(session.exec(statement))

    def latest_generation(self) -> int:
        """Generation of the last committed change; 0 where there is none."""
        with self._database.reading_committed() as session:
            row = session.get(OptOutGenerationRow, _THE_ROW)
            return row.latest if row else 0

    def changes_since(self, generation: int, most: int) -> Sequence[ClaimChange]:
        """The next claims changed after a generation, in the order of their generations; committed ones only."""
        # Not whole rows: a process that was away reads a hundred thousand.
        statement = (
            select_columns(
                col(OptOutClaimRow.id),
                col(OptOutClaimRow.generation),
                col(OptOutClaimRow.state),
                col(OptOutClaimRow.title),
                col(OptOutClaimRow.names),
                col(OptOutClaimRow.descriptions),
            )
            .where(*next_generations(generation, most))
            .order_by(col(OptOutClaimRow.generation), col(OptOutClaimRow.id))
        )
        with self._database.reading_committed() as session:
            rows = [_Changed(*row) for row in session.execute(statement)]
            bits = _bits(session, [row.id for row in rows if row.state == ClaimState.ACTIVE])
        return [_change(row, bits) for row in rows]

    def _chunked(self, keys: Iterable[str], asking: _Asking) -> list[Claim]:
        with self._database.reading() as session:
            return [claim for chunk in _in_chunks(keys) for claim in _claims(session, session.exec(asking(chunk)))]


def _in_chunks(keys: Iterable[str]) -> Iterator[list[str]]:
    stream = iter(sorted(set(keys)))
    while chunk := list(islice(stream, _CHUNK)):
        yield chunk


def _claims(session: Session, rows: Iterable[OptOutClaimRow]) -> list[Claim]:
    """Rows as claims, with what their organisations say of all of theirs."""
    kept = list(rows)
    strict: set[str] = set()
    for chunk in _in_chunks(row.organisation_id for row in kept):
        statement = select(OptOutOrganisationRow.id).where(
            col(OptOutOrganisationRow.id).in_(chunk), col(OptOutOrganisationRow.only_licensed).is_(True)
        )
        strict |= set(session.exec(statement))
    return [claim_of(row, only_licensed=row.organisation_id in strict) for row in kept]


def _aliases(claim: Claim) -> list[dict[str, str]]:
    """Rows, of which there is one at least: a title has a letter or digit in it."""
    return [{"claim_id": claim.id, "folded": name} for name in sorted(set(map(fold_name, claim.terms.aliases)))]


def _concern_rows(claim_id: str, concerns: Sequence[Concerning]) -> list[OptOutConcernRow]:
    return [
        OptOutConcernRow(claim_id=claim_id, number=number, concern=one.concern, name=one.name, about=one.about)
        for number, one in enumerate(concerns)
    ]


class _Changed(NamedTuple):
    """What is read of a claim that changed."""

    id: str
    generation: int
    state: str
    title: str
    names: list[str]
    descriptions: list[str]


class _Bits(NamedTuple):
    """Hashes of a claim."""

    pictures: tuple[str, ...]
    spots: tuple[str, ...]


def _change(row: _Changed, bits: Mapping[str, _Bits]) -> ClaimChange:
    if row.state != ClaimState.ACTIVE:
        return ClaimChange(row.id, row.generation, active=False)
    aliases = tuple(dict.fromkeys((row.title, *row.names)))
    return ClaimChange(row.id, row.generation, True, aliases, tuple(row.descriptions), *bits[row.id])


def _bits(session: Session, claim_ids: Sequence[str]) -> Mapping[str, _Bits]:
    found: defaultdict[tuple[str, bool], list[str]] = defaultdict(list)
    for chunk in _in_chunks(claim_ids):
        statement = (
            select(OptOutFingerprintRow.claim_id, OptOutFingerprintRow.spot, OptOutFingerprintRow.bits)
            .where(col(OptOutFingerprintRow.claim_id).in_(chunk))
            .order_by(col(OptOutFingerprintRow.claim_id), col(OptOutFingerprintRow.number))
        )
        for claim_id, spot, bits in session.exec(statement):
            found[claim_id, spot].append(bits)
    return {one: _Bits(tuple(found[one, False]), tuple(found[one, True])) for one in claim_ids}


def _next_generation(session: Session) -> int:
    row = _counter(session)
    row.latest += 1
    session.add(row)
    session.flush()
    return row.latest


def _counter(session: Session) -> OptOutGenerationRow:
    """The counter, locked until the transaction ends."""
    row = session.get(OptOutGenerationRow, _THE_ROW, with_for_update=True, populate_existing=True)
    if row is not None:
        return row
    try:
        with session.begin_nested():
            session.add(OptOutGenerationRow(id=_THE_ROW, latest=0))
    except IntegrityError:
        session.expire_all()  # another process made it meanwhile
    return session.get_one(OptOutGenerationRow, _THE_ROW, with_for_update=True, populate_existing=True)


def _forget_vectors(session: Session, claims: Sequence[Claim]) -> None:
    """What was made of descriptions goes with the claims that are over."""
    for ids in _in_chunks(claim.id for claim in claims if claim.state in ENDED):
        session.execute(delete(OptOutVectorRow).where(col(OptOutVectorRow.claim_id).in_(ids)))
