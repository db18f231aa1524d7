"""Queries about cameos."""

from sqlalchemy import delete, update
from sqlmodel import col, select

from consent_registry.domain import Assurance, Cameo
from consent_registry.store.rows import FRESH, Rows
from consent_registry.tables import CameoMediaRow, CameoRow


class CameoRows(Rows):
    """`CameoStore`."""

    def add_cameo(self, cameo: Cameo, attested_by: str) -> None:
        """Insert a version."""
        row = CameoRow(
            id=cameo.id,
            subject_id=cameo.subject_id,
            version=cameo.version,
            assurance=str(cameo.assurance),
            attested_by=attested_by,
            has_face=cameo.has_face,
            has_voice=cameo.has_voice,
            keeps_reference=cameo.keeps_reference,
            created_at=cameo.created_at,
        )
        self.insert(row)

    def cameo(self, subject_id: str) -> Cameo | None:
        """The newest version."""
        newest = (
            select(CameoRow)
            .where(col(CameoRow.subject_id) == subject_id)
            .order_by(col(CameoRow.version).desc())
            .limit(1)
        )
        with self.database.reading() as session:
            row = session.exec(newest, execution_options=FRESH).first()
        return _cameo(row) if row else None

    def drop_cameos(self, subject_id: str) -> None:
        """Delete every version."""
        self.change(delete(CameoRow).where(col(CameoRow.subject_id) == subject_id))

    def put_media(self, subject_id: str, part: str, sealed: bytes) -> None:
        """Keep one part in place of an earlier one; the subject is locked."""
        this = (col(CameoMediaRow.subject_id) == subject_id, col(CameoMediaRow.part) == part)
        if not self.change(update(CameoMediaRow).where(*this).values(sealed=sealed)):
            self.insert(CameoMediaRow(subject_id=subject_id, part=part, sealed=sealed))

    def media(self, subject_id: str, part: str) -> bytes | None:
        """One sealed part."""
        row = self.one(CameoMediaRow, col(CameoMediaRow.subject_id) == subject_id, col(CameoMediaRow.part) == part)
        return row.sealed if row else None

    def drop_media(self, subject_id: str) -> None:
        """Delete every part."""
        self.change(delete(CameoMediaRow).where(col(CameoMediaRow.subject_id) == subject_id))


def _cameo(row: CameoRow) -> Cameo:
    return Cameo(
        id=row.id,
        subject_id=row.subject_id,
        version=row.version,
        assurance=Assurance(row.assurance),
        has_face=row.has_face,
        has_voice=row.has_voice,
        keeps_reference=row.keeps_reference,
        created_at=row.created_at,
    )
