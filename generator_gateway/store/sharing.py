"""Rows of share links."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select

from generator_gateway.ports.ownership import ShareLink
from generator_gateway.tables import ShareLinkRow
from trust_kernel.clock import aware
from trust_kernel.db import Database


class ShareLinkStore:
    """Share links; a link is read anew with every request that comes by it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, link: ShareLink, token_hash: str) -> None:
        """Insert."""
        with self._database.transaction() as session:
            session.add(
                ShareLinkRow(
                    id=link.id,
                    case_id=link.case_id,
                    account_id=link.account_id,
                    token_hash=token_hash,
                    created_at=link.created_at,
                    expires_at=link.expires_at,
                )
            )

    def by_token(self, token_hash: str) -> ShareLink | None:
        """The link whose token has this hash."""
        with self._database.reading() as session:
            row = session.exec(select(ShareLinkRow).where(ShareLinkRow.token_hash == token_hash)).first()
            return _link(row) if row is not None else None

    def of(self, case_id: str) -> Sequence[ShareLink]:
        """All links of a release, newest first."""
        statement = select(ShareLinkRow).where(ShareLinkRow.case_id == case_id).order_by(col(ShareLinkRow.id).desc())
        with self._database.reading() as session:
            return [_link(row) for row in session.exec(statement)]

    def revoke(self, case_id: str, link_id: str, by: str, at: datetime) -> bool:
        """End a link of a release; False where there is none that was not ended."""
        with self._database.transaction() as session:
            row = session.get(ShareLinkRow, link_id, with_for_update=True)
            if row is None or row.case_id != case_id or row.revoked_at is not None:
                return False
            row.revoked_at, row.revoked_by = at, by
            session.add(row)
            return True


def _link(row: ShareLinkRow) -> ShareLink:
    return ShareLink(
        id=row.id,
        case_id=row.case_id,
        account_id=row.account_id,
        created_at=aware(row.created_at),
        expires_at=aware(row.expires_at),
        revoked_at=aware(row.revoked_at) if row.revoked_at else None,
        revoked_by=row.revoked_by,
    )
