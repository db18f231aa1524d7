"""The only queries of this package."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from copyright_optout.domain import Claim, ClaimChange, ClaimKind, ClaimState, Fingerprint
from copyright_optout.errors import UnknownClaim
from copyright_optout.tables import OptOutClaimRow, OptOutFingerprintRow, OptOutGenerationRow
from trust_kernel.clock import aware
from trust_kernel.db import Database

_THE_ROW = 1
_CHUNK = 500


class DatabaseClaims:
    """Claims as rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def transaction(self) -> AbstractContextManager[Session]:
        """One unit of work; joins one that is open."""
        return self._database.transaction()

    def add(self, claim: Claim, fingerprints: Iterable[Fingerprint]) -> None:
        """Keep a new claim."""
        with self._database.transaction() as session:
            session.add(_row(claim))
            session.flush()
            for number, made in enumerate(fingerprints):
                session.add(
                    OptOutFingerprintRow(claim_id=claim.id, number=number, bits=made.bits, quality=made.quality)
                )

    def get(self, claim_id: str, *, lock: bool = False) -> Claim | None:
        """A claim, locked until the transaction ends if asked."""
        with self._database.reading() as session:
            row = session.get(OptOutClaimRow, claim_id, with_for_update=lock or None, populate_existing=lock)
            return _claim(row) if row else None

    def replace(self, claim: Claim) -> None:
        """Keep a changed claim, under the next generation."""
        with self._database.transaction() as session:
            row = session.get(OptOutClaimRow, claim.id)
            if row is None:
                raise UnknownClaim("there is no such claim", field="claim_id")
            row.sqlmodel_update(_row(claim).model_dump(exclude={"id", "generation"}))
            row.generation = _next_generation(session)
            session.add(row)

    def of_holder(self, rights_holder: str | None) -> Sequence[Claim]:
        """Claims of one rights holder, or of all, newest first."""
        statement = select(OptOutClaimRow).order_by(
            col(OptOutClaimRow.created_at).desc(), col(OptOutClaimRow.id).desc()
        )
        if rights_holder is not None:
            statement = statement.where(OptOutClaimRow.rights_holder == rights_holder)
        with self._database.reading() as session:
            return [_claim(row) for row in session.exec(statement)]

    def many(self, claim_ids: Iterable[str]) -> Mapping[str, Claim]:
        """The claims with these ids."""
        wanted = sorted(claim_ids)
        found: dict[str, Claim] = {}
        with self._database.reading() as session:
            for start in range(0, len(wanted), _CHUNK):
                chunk = wanted[start : start + _CHUNK]
                statement = select(OptOutClaimRow).where(col(OptOutClaimRow.id).in_(chunk))
                found |= {row.id: _claim(row) for row in session.exec(statement)}
        return found

    def latest_generation(self) -> int:
        """Generation of the last committed change; 0 where there is none."""
        with self._database.reading_committed() as session:
            row = session.get(OptOutGenerationRow, _THE_ROW)
            return row.latest if row else 0

    def changes_since(self, generation: int) -> Sequence[ClaimChange]:
        """Claims changed after a generation, in the order of their generations; committed ones only."""
        statement = (
            select(OptOutClaimRow)
            .where(OptOutClaimRow.generation > generation)
            .order_by(col(OptOutClaimRow.generation))
        )
        with self._database.reading_committed() as session:
            rows = list(session.exec(statement))
            active = [row.id for row in rows if row.state == ClaimState.ACTIVE]
            bits = _bits(session, active)
        return [
            ClaimChange(row.id, row.generation, active=True, aliases=_claim(row).aliases, fingerprints=bits[row.id])
            if row.state == ClaimState.ACTIVE
            else ClaimChange(row.id, row.generation, active=False)
            for row in rows
        ]


def _bits(session: Session, claim_ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for start in range(0, len(claim_ids), _CHUNK):
        chunk = claim_ids[start : start + _CHUNK]
        statement = (
            select(OptOutFingerprintRow.claim_id, OptOutFingerprintRow.bits)
            .where(col(OptOutFingerprintRow.claim_id).in_(chunk))
            .order_by(col(OptOutFingerprintRow.claim_id), col(OptOutFingerprintRow.number))
        )
        for claim_id, bits in session.exec(statement):
            found[claim_id].append(bits)
    return {claim_id: tuple(found[claim_id]) for claim_id in claim_ids}


def _next_generation(session: Session) -> int:
    row = session.get(OptOutGenerationRow, _THE_ROW, with_for_update=True, populate_existing=True)
    if row is None:
        try:
            with session.begin_nested():
                session.add(OptOutGenerationRow(id=_THE_ROW, latest=0))
        except IntegrityError:
            session.expire_all()  # another process made it meanwhile
        row = session.get_one(OptOutGenerationRow, _THE_ROW, with_for_update=True, populate_existing=True)
    row.latest += 1
    session.add(row)
    session.flush()
    return row.latest


def _row(claim: Claim) -> OptOutClaimRow:
    return OptOutClaimRow(
        id=claim.id,
        rights_holder=claim.rights_holder,
        kind=claim.kind.value,
        title=claim.title,
        names=list(claim.names),
        licensees=list(claim.licensees),
        territory=claim.territory,
        state=claim.state.value,
        pictures=claim.pictures,
        created_at=claim.created_at,
        changed_at=claim.changed_at,
        expires_at=claim.expires_at,
    )


def _claim(row: OptOutClaimRow) -> Claim:
    return Claim(
        id=row.id,
        rights_holder=row.rights_holder,
        kind=ClaimKind(row.kind),
        title=row.title,
        names=tuple(row.names),
        licensees=tuple(row.licensees),
        territory=row.territory,
        state=ClaimState(row.state),
        pictures=row.pictures,
        created_at=aware(row.created_at),
        changed_at=aware(row.changed_at),
        expires_at=aware(row.expires_at) if row.expires_at else None,
    )
