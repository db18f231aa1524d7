"""Finding releases by what people have of them: an id, a link, a digest."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from sqlmodel import col, select

from generator_gateway.ports import ReleaseState
from generator_gateway.tables import OwnerRow, ReleaseRow, ShareLinkRow
from trust_kernel.db import Database

_CHUNK = 500
_FIRST = "requester"


class LocatingStore:
    """Releases, whatever has become of them.

    Args:
        database: where the rows are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def existing(self, case_ids: Iterable[str]) -> frozenset[str]:
        """Those of these that were released."""
        found: set[str] = set()
        with self._database.reading() as session:
            for chunk in _in_chunks(case_ids):
                statement = select(ReleaseRow.case_id).where(col(ReleaseRow.case_id).in_(chunk))
                found |= set(session.exec(statement))
        return frozenset(found)

    def withdrawn(self, case_ids: Iterable[str]) -> frozenset[str]:
        """Those of these that were withdrawn for good."""
        found: set[str] = set()
        with self._database.reading() as session:
            for chunk in _in_chunks(case_ids):
                gone = select(ReleaseRow.case_id).where(ReleaseRow.status == ReleaseState.WITHDRAWN.value)
                found |= set(session.exec(gone.where(col(ReleaseRow.case_id).in_(chunk))))
        return frozenset(found)

    def by_digests(self, digests: Iterable[str]) -> Sequence[str]:
        """Releases whose file has one of these SHA-256 digests, hex."""
        found: list[str] = []
        with self._database.reading() as session:
            for chunk in _in_chunks(digests):
                statement = select(ReleaseRow.case_id).where(col(ReleaseRow.media_digest).in_(chunk))
                found += session.exec(statement.order_by(col(ReleaseRow.case_id)))
        return found

    def digests(self, case_ids: Iterable[str]) -> Sequence[str]:
        """SHA-256 of releases' files, hex."""
        found: list[str] = []
        with self._database.reading() as session:
            for chunk in _in_chunks(case_ids):
                found += session.exec(select(ReleaseRow.media_digest).where(col(ReleaseRow.case_id).in_(chunk)))
        return found

    def by_link_hashes(self, hashes: Iterable[str]) -> Sequence[str]:
        """Releases that share links with tokens of these hashes lead or led to."""
        found: list[str] = []
        with self._database.reading() as session:
            for chunk in _in_chunks(hashes):
                statement = select(ShareLinkRow.case_id).where(col(ShareLinkRow.token_hash).in_(chunk))
                found += session.exec(statement.order_by(col(ShareLinkRow.case_id)))
        return found

    def owners(self, case_ids: Collection[str]) -> Mapping[str, Sequence[str]]:
        """By release, the accounts that own it, each once, its maker first."""
        found: defaultdict[str, list[tuple[bool, str]]] = defaultdict(list)
        with self._database.reading() as session:
            for chunk in _in_chunks(case_ids):
                statement = select(OwnerRow).where(col(OwnerRow.case_id).in_(chunk))
                for row in session.exec(statement):
                    found[row.case_id].append((row.role != _FIRST, row.account_id))
        return {case_id: list(dict.fromkeys(one for _, one in sorted(all_))) for case_id, all_ in found.items()}

    def owned(self, account_id: str) -> frozenset[str]:
        """Releases that an account owns."""
        with self._database.reading() as session:
            return frozenset(session.exec(select(OwnerRow.case_id).where(OwnerRow.account_id == account_id)))


def _in_chunks(keys: Iterable[str]) -> Iterator[list[str]]:
    wanted = sorted(set(keys))
    yield from (wanted[at : at + _CHUNK] for at in range(0, len(wanted), _CHUNK))
