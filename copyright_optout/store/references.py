"""Reference media as rows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from sqlalchemy import func
from sqlmodel import Session, col, delete, select

from copyright_optout.domain import ClaimState, Footage, Reference, ReferenceChange, ReferenceKind, SoundPrint
from copyright_optout.store.generations import next_generations
from copyright_optout.tables import OptOutClaimRow, OptOutReferenceRow, OptOutSoundRow
from trust_kernel.db import Database

_CHUNK = 500
"""Ids in one query."""
_MILLI = 1000


class DatabaseReferences:
    """What is known of reference media, in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, reference: Reference) -> None:
        """Keep one, in the caller's transaction."""
        with self._database.transaction() as session:
            session.add(_row(reference))
            session.flush()
            for sound in reference.sounds:
                words = sound.words.astype(">u4").tobytes()
                session.add(
                    OptOutSoundRow(reference_id=reference.id, printer=sound.printer, speed=sound.speed, words=words)
                )

    def of_claim(self, claim_id: str) -> Sequence[Reference]:
        """Those of a claim, oldest first."""
        with self._database.reading() as session:
            return _of_claims(session, [claim_id])[claim_id]

    def count(self, claim_id: str) -> int:
        """How many a claim has, texts not counted."""
        statement = (
            select(func.count())
            .select_from(OptOutReferenceRow)
            .where(OptOutReferenceRow.claim_id == claim_id, OptOutReferenceRow.kind != ReferenceKind.TEXT.value)
        )
        with self._database.reading() as session:
            return session.exec(statement).one()

    def drop(self, reference_id: str) -> None:
        """Forget one; nothing where there is none."""
        with self._database.transaction() as session:
            session.exec(delete(OptOutSoundRow).where(col(OptOutSoundRow.reference_id) == reference_id))
            session.exec(delete(OptOutReferenceRow).where(col(OptOutReferenceRow.id) == reference_id))

    def find(self, reference_ids: Sequence[str]) -> Sequence[Reference]:
        """Some of them, as committed now."""
        wanted = sorted(set(reference_ids))
        found: list[OptOutReferenceRow] = []
        with self._database.reading_committed() as session:
            for start in range(0, len(wanted), _CHUNK):
                statement = select(OptOutReferenceRow).where(
                    col(OptOutReferenceRow.id).in_(wanted[start : start + _CHUNK])
                )
                found += session.exec(statement)
            return _references(session, found)

    def changes_since(self, generation: int, most: int) -> Sequence[ReferenceChange]:
        """The next claims changed after a generation, in the order of their generations; committed ones only."""
        statement = (
            select(OptOutClaimRow.id, OptOutClaimRow.generation, OptOutClaimRow.state)
            .where(*next_generations(generation, most))
            .order_by(col(OptOutClaimRow.generation), col(OptOutClaimRow.id))
        )
        with self._database.reading_committed() as session:
            rows = session.exec(statement).all()
            active = [claim_id for claim_id, _, state in rows if state == ClaimState.ACTIVE]
            references = _of_claims(session, active)
        return [ReferenceChange(claim_id, number, tuple(references.get(claim_id, ()))) for claim_id, number, _ in rows]


def _of_claims(session: Session, claim_ids: Sequence[str]) -> Mapping[str, list[Reference]]:
    rows: list[OptOutReferenceRow] = []
    for start in range(0, len(claim_ids), _CHUNK):
        statement = (
            select(OptOutReferenceRow)
            .where(col(OptOutReferenceRow.claim_id).in_(claim_ids[start : start + _CHUNK]))
            .order_by(col(OptOutReferenceRow.created_at), col(OptOutReferenceRow.id))
        )
        rows += session.exec(statement)
    found: defaultdict[str, list[Reference]] = defaultdict(list)
    for reference in _references(session, rows):
        found[reference.claim_id].append(reference)
    return found


def _references(session: Session, rows: Iterable[OptOutReferenceRow]) -> list[Reference]:
    kept = list(rows)
    sounds: defaultdict[str, list[SoundPrint]] = defaultdict(list)
    for start in range(0, len(kept), _CHUNK):
        ids = [row.id for row in kept[start : start + _CHUNK]]
        statement = (
            select(OptOutSoundRow)
            .where(col(OptOutSoundRow.reference_id).in_(ids))
            .order_by(col(OptOutSoundRow.printer), col(OptOutSoundRow.speed))
        )
        for sound in session.exec(statement):
            words = np.frombuffer(sound.words, ">u4").astype(np.uint32)
            sounds[sound.reference_id].append(SoundPrint(sound.printer, words, sound.speed))
    return [_reference(row, sounds[row.id]) for row in kept]


def _row(reference: Reference) -> OptOutReferenceRow:
    footage, looks = reference.footage, reference.looks
    return OptOutReferenceRow(
        id=reference.id,
        claim_id=reference.claim_id,
        kind=reference.kind.value,
        seconds=reference.seconds,
        hashes=b"" if footage is None else footage.hashes.astype(">u8").tobytes(),
        moments=b"" if footage is None else np.round(footage.seconds * _MILLI).astype(">u4").tobytes(),
        codes=list(reference.codes),
        looks=b"" if looks is None else looks.astype("<f4").tobytes(),
        looks_by=reference.looks_by,
        looks_length=0 if looks is None else looks.shape[1],
        created_at=reference.created_at,
    )


def _reference(row: OptOutReferenceRow, sounds: Sequence[SoundPrint]) -> Reference:
    footage = None
    if row.kind == ReferenceKind.VIDEO:
        hashes = np.frombuffer(row.hashes, ">u8").astype(np.uint64).reshape(-1, 4)
        footage = Footage(hashes, np.frombuffer(row.moments, ">u4").astype(np.float64) / _MILLI)
    looks = None
    if row.looks_length:
        looks = np.frombuffer(row.looks, "<f4").astype(np.float32).reshape(-1, row.looks_length)
    return Reference(
        id=row.id,
        claim_id=row.claim_id,
        kind=ReferenceKind(row.kind),
        created_at=row.created_at,
        seconds=row.seconds,
        footage=footage,
        sounds=tuple(sounds),
        codes=tuple(row.codes),
        looks=looks,
        looks_by=row.looks_by,
    )
