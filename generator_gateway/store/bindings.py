"""What releases are bound to: rows, blobs of manifest stores, and this process's search index over them."""

from collections.abc import Iterable, Mapping, Sequence
from threading import Lock

import numpy as np
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from generator_gateway.errors import GatewayReason
from generator_gateway.ports import MAX_LINEAGE
from generator_gateway.ports.bindings import BindingMatch, ByteCodes, Prints
from generator_gateway.service.bindings_details import LEAST, kept_of, shows_part_of
from generator_gateway.service.bindings_search import Kept, Likeness, PrintIndex, Words
from generator_gateway.tables import BindingRow, CaseRow, ReleaseRow
from trust_kernel.db import Database
from trust_kernel.errors import NotFound
from trust_kernel.media.blobs import Blobs
from trust_kernel.media.sound_search import KEPT_EVERY

_AT_ONCE = 5000
"""Rows read at a time when the index catches up."""
_CHUNK = 500
"""Ids in one query."""
_SOUND_NUMBERS = 1 << 32
_HASH_BYTES = 32
_EXACT = 100
_PART = 80
"""Similarity of pictures that show a part of a release's, at most: less than of whole frames."""
_DETAILED = 6
"""Frames of a release whose details are kept: 4 KB each."""
_EVERYTHING = -1
"""Ledger index before the first."""


class BindingStore:
    """Bindings in the database. The index is a cache: each search first reads every release committed so far.

    Args:
        database: where the rows are.
        blobs: where manifest stores are kept.
    """

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs
        self._index = PrintIndex()
        self._read = _EVERYTHING
        self._lock = Lock()

    def register(self, case_id: str, prints: Prints, manifest_digest: str) -> None:
        """Keep a release's fingerprints and its manifest store's blob."""
        kept = Kept.of(case_id, prints)
        with self._database.transaction() as session:
            release = session.get(ReleaseRow, case_id)
            if release is None:
                raise NotFound("there is no such release", code=GatewayReason.VIDEO_UNKNOWN)
            session.add(
                BindingRow(
                    case_id=case_id,
                    ledger_index=release.ledger_index,
                    sound_number=release.release_number % _SOUND_NUMBERS,
                    manifest_digest=manifest_digest,
                    pictures=kept.pictures,
                    sound=kept.sound,
                    iscc=kept.iscc,
                    details=kept_of(prints.details, _DETAILED),
                )
            )
            session.flush()

    def manifest(self, manifest_label: str) -> bytes | None:
        """The manifest store of a release that stands, as does all that it is a remix of.

        A store shows a picture of the video and, one within the other, of each that it was made from; so that of one
        that was taken back, or whose ancestor was, is not given.
        """
        statement = (
            select(BindingRow.case_id, BindingRow.manifest_digest)
            .join(ReleaseRow, col(ReleaseRow.case_id) == col(BindingRow.case_id))
            .where(ReleaseRow.manifest_label == manifest_label)
            .where(BindingRow.manifest_digest != "")
        )
        with self._database.reading() as session:
            found = session.exec(statement).first()
            if found is None or not _all_stand(session, found[0]):
                return None
        return self._blobs.read(found[1])

    def by_mark(self, release_number: int) -> tuple[BindingMatch, ...]:
        """The release of this number, whatever has become of it."""
        statement = select(ReleaseRow).where(ReleaseRow.release_number == release_number)
        with self._database.reading() as session:
            return tuple(_exact(row, "mark") for row in session.exec(statement))

    def by_sound_mark(self, sound_number: int) -> tuple[BindingMatch, ...]:
        """Releases whose number ends so."""
        statement = (
            select(ReleaseRow)
            .join(BindingRow, col(BindingRow.case_id) == col(ReleaseRow.case_id))
            .where(BindingRow.sound_number == sound_number)
            .order_by(col(ReleaseRow.case_id))
        )
        with self._database.reading() as session:
            return tuple(_exact(row, "sound_mark") for row in session.exec(statement))

    def nearest(self, prints: Prints, limit: int = 10) -> tuple[BindingMatch, ...]:
        """Releases alike; what committed before this call is among them."""
        return self._confirmed(self._caught_up().search(prints), limit)

    def by_codes(self, codes: ByteCodes, limit: int = 10) -> tuple[BindingMatch, ...]:
        """Releases of the same bytes; what committed before this call is among them."""
        return self._confirmed(self._caught_up().with_codes(codes), limit)

    def fits(self, case_id: str, prints: Prints) -> tuple[BindingMatch, ...]:
        """Ways in which one release is like these."""
        with self._database.reading() as session:
            row = session.get(BindingRow, case_id)
        if row is None:
            return ()
        alone = PrintIndex()
        alone.add([_kept(row)])
        found = alone.search(prints, sole=True)
        if not any(one.by == "pictures" for one in found) and (alike := shows_part_of(prints.details, row.details)):
            found.append(Likeness(case_id, min(_PART, round(_PART * alike / (2 * LEAST))), "pictures"))
        return self._confirmed(found, limit=len(_WAYS))

    def showing(self, pictures: Words, within: int) -> Mapping[str, tuple[int, int]]:
        """Releases with a frame that is one of these pictures: bits of the nearest, and how many frames are."""
        return self._caught_up().showing(pictures, within)

    def alike(self, prints: Prints) -> Sequence[Likeness]:
        """Every release that looks or sounds alike, the most similar first."""
        return self._caught_up().search(prints)

    def prints_of(self, case_id: str) -> Prints:
        """What is kept of a release, as a query; empty where there is none. Of sound each word stands for four."""
        with self._database.reading() as session:
            row = session.get(BindingRow, case_id)
        if row is None:
            return Prints()
        pictures = tuple(row.pictures[at : at + _HASH_BYTES].hex() for at in range(0, len(row.pictures), _HASH_BYTES))
        sound = np.repeat(np.frombuffer(row.sound, ">u4").astype(np.uint32), KEPT_EVERY)
        return Prints(pictures=pictures, sound=tuple(sound.tolist()), iscc=row.iscc)

    def warm_up(self) -> None:
        """Read every row now, so that the first search does not have to."""
        self._caught_up()

    def _caught_up(self) -> PrintIndex:
        """The index with every row committed so far. Only reading on is one at a time; searches run side by side."""
        with self._lock:
            self._catch_up()
        return self._index

    def _catch_up(self) -> None:
        while rows := self._rows_after(self._read):
            self._index.add([_kept(row) for row in rows])
            self._read = rows[-1].ledger_index

    def _rows_after(self, ledger_index: int) -> Sequence[BindingRow]:
        statement = (
            select(BindingRow)
            .options(defer(BindingRow.details))  # type: ignore[arg-type] # SQLModel's attributes are columns
            .where(BindingRow.ledger_index > ledger_index)
            .order_by(col(BindingRow.ledger_index))
            .limit(_AT_ONCE)
        )
        with self._database.reading_committed() as session:
            return session.exec(statement).all()

    def _confirmed(self, found: Sequence[Likeness], limit: int) -> tuple[BindingMatch, ...]:
        """Found releases with their labels, as far as their rows are there."""
        wanted = found[:limit]
        labels = self._labels({one.case_id for one in wanted})
        return tuple(
            BindingMatch(one.case_id, labels[one.case_id], one.similarity, one.by)
            for one in wanted
            if one.case_id in labels
        )

    def _labels(self, case_ids: Iterable[str]) -> dict[str, str]:
        ids = sorted(case_ids)
        labels: dict[str, str] = {}
        with self._database.reading() as session:
            for start in range(0, len(ids), _CHUNK):
                chunk = ids[start : start + _CHUNK]
                statement = select(ReleaseRow.case_id, ReleaseRow.manifest_label)
                labels |= dict(session.exec(statement.where(col(ReleaseRow.case_id).in_(chunk))).all())
        return labels


_WAYS = ("pictures", "sound", "iscc")


def _all_stand(session: Session, case_id: str) -> bool:
    """Whether a release, and each that it is a remix of, has not been taken back."""
    above: str | None = case_id
    for _ in range(MAX_LINEAGE + 1):
        release = session.get(ReleaseRow, above)
        if release is None or release.status != "released":
            return False
        case = session.get(CaseRow, above)
        above = case.remix_of if case is not None else None
        if above is None:
            return True
    return False


def _exact(row: ReleaseRow, by: str) -> BindingMatch:
    return BindingMatch(row.case_id, row.manifest_label, _EXACT, by)


def _kept(row: BindingRow) -> Kept:
    return Kept(row.case_id, row.pictures, row.sound, row.iscc)
