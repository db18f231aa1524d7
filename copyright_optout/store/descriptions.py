"""What descriptions are compared by, as rows."""

from collections.abc import Collection, Mapping

import numpy as np
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, delete, select

from copyright_optout.domain import ClaimState
from copyright_optout.ports.descriptions import Described, Vector
from copyright_optout.tables import OptOutClaimRow, OptOutVectorRow
from trust_kernel.db import Database

_CHUNK = 500
"""Ids in one statement."""


class DatabaseVectors:
    """Vectors of descriptions, in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_claims(self, claim_ids: Collection[str], version: str) -> Mapping[Described, Vector]:
        """What a model made of descriptions of these claims."""
        found: dict[Described, Vector] = {}
        with self._database.reading_committed() as session:
            for ids in _chunks(claim_ids):
                statement = select(OptOutVectorRow).where(
                    col(OptOutVectorRow.claim_id).in_(ids), OptOutVectorRow.version == version
                )
                for row in session.exec(statement):
                    found[row.claim_id, row.digest] = np.frombuffer(row.vector, "<f4").astype(np.float32)
        return found

    def keep(self, version: str, vectors: Mapping[Described, Vector]) -> None:
        """Keep what a model made, in place of what another one did; of claims that are not active, nothing."""
        insert = sqlite.insert if self._database.is_sqlite else postgresql.insert
        with self._database.transaction() as session:
            for ids in _chunks({claim_id for claim_id, _ in vectors}):
                # Locked, so that none ends meanwhile and leaves this behind. Who changes one is not waited for: it is
                # only made again then.
                statement = (
                    select(OptOutClaimRow.id)
                    .where(col(OptOutClaimRow.id).in_(ids), OptOutClaimRow.state == ClaimState.ACTIVE.value)
                    .order_by(OptOutClaimRow.id)
                    .with_for_update(read=True, skip_locked=True)
                )
                active = set(session.exec(statement))
                rows = [
                    {"claim_id": claim_id, "digest": digest, "version": version, "vector": made.astype("<f4").tobytes()}
                    for (claim_id, digest), made in vectors.items()
                    if claim_id in active
                ]
                if rows:
                    of_others = col(OptOutVectorRow.claim_id).in_(active), col(OptOutVectorRow.version) != version
                    session.exec(delete(OptOutVectorRow).where(*of_others))
                    session.connection().execute(insert(OptOutVectorRow).on_conflict_do_nothing(), rows)


def _chunks(claim_ids: Collection[str]) -> list[list[str]]:
    wanted = sorted(set(claim_ids))
    return [wanted[start : start + _CHUNK] for start in range(0, len(wanted), _CHUNK)]
