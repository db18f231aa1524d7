"""The ledger: append, sign, prove, and recompute everything."""

from collections.abc import Sequence
from datetime import timedelta

from sqlmodel import Session

from trust_kernel.audit import merkle, store
from trust_kernel.audit.domain import (
    Body,
    ConsistencyProof,
    InclusionProof,
    LedgerAudit,
    LedgerEntry,
    encode_leaf,
)
from trust_kernel.audit.notes import NoteSigner, NoteVerifier, TreeHead
from trust_kernel.audit.recompute import recompute
from trust_kernel.audit.tables import CheckpointRow, LeafRow
from trust_kernel.clock import Clock, aware
from trust_kernel.db import Database
from trust_kernel.errors import InvalidInput, NotFound

MAX_ENTRIES = 1000
"""Most entries that one call gives."""


class Ledger:
    """A Merkle log in the database.

    Args:
        database: entries are written in the caller's transaction where one is open.
        clock: stamps entries.
        signer: signs checkpoints.
        origin: the log's name for ever, such as ``placet.example/ledger``; by convention the signer's name too.
    """

    def __init__(self, database: Database, clock: Clock, signer: NoteSigner, origin: str) -> None:
        self._database = database
        self._clock = clock
        self._signer = signer
        self.origin = origin

    @property
    def key(self) -> NoteVerifier:
        """What checks our checkpoints; ``str()`` of it is what we publish."""
        return self._signer.verifier

    def append(self, kind: str, body: Body) -> LedgerEntry:
        """Write an entry; it exists exactly if the surrounding transaction commits.

        Appends wait for each other until commit, so in a transaction that locks other rows too, lock those first.

        Args:
            kind: ``area:thing:what``.
            body: codes, ids, digests and whole numbers only.

        Raises:
            Broken: the body holds anything else.
        """
        at = self._clock.now()
        leaf = encode_leaf(kind, body, at)
        hashed = merkle.leaf_hash(leaf)
        with self._database.transaction() as session:
            index = store.lock_size(session)
            row = LeafRow(index=index, kind=kind, leaf=leaf.decode(), leaf_hash=hashed, at=at)
            store.add_leaf(session, row, merkle.completed_by(index, hashed, _nodes(session)))
        return LedgerEntry(index, kind, leaf, hashed)

    def size(self) -> int:
        """Number of entries."""
        with self._database.reading() as session:
            return store.current_size(session)

    def checkpoint(self) -> str:
        """Sign the log as it stands, and keep that; the same note again while nothing was appended."""
        with self._database.transaction() as session:
            size = store.lock_size(session)
            kept = store.checkpoint_at(session, size)
            if kept is not None:
                return kept.note
            head = TreeHead(self.origin, size, merkle.root(size, _nodes(session)))
            note = self._signer.sign(head.text())
            session.add(CheckpointRow(size=size, note=note, at=self._clock.now()))
            return note

    def published_checkpoint(self, max_age: timedelta = timedelta(seconds=60)) -> str:
        """The newest kept checkpoint; a new one where that is older than `max_age` and the log has grown."""
        with self._database.reading() as session:
            kept = store.latest_checkpoint(session)
            size = store.current_size(session)
        fresh = kept is not None and (kept.size == size or self._clock.now() - aware(kept.at) <= max_age)
        return kept.note if kept is not None and fresh else self.checkpoint()

    def entry(self, index: int) -> LedgerEntry:
        """One entry; raises NotFound."""
        with self._database.reading() as session:
            row = store.leaf(session, index)
            if row is None:
                raise NotFound(f"the ledger has no entry {index}", code="ledger:entry:not_found")
            return _entry(row)

    def entries(self, start: int, end: int) -> Sequence[LedgerEntry]:
        """Entries [start, end), at most `MAX_ENTRIES` of them, as far as there are any.

        Raises:
            InvalidInput: not 0 <= start <= end.
        """
        if not 0 <= start <= end:
            raise InvalidInput("a range runs from a start to an end not before it", field="start")
        with self._database.reading() as session:
            return [_entry(row) for row in store.leaves_between(session, start, min(end, start + MAX_ENTRIES))]

    def inclusion(self, index: int, size: int | None = None) -> InclusionProof:
        """Prove that an entry is in the log of `size` entries, by default as it stands.

        Raises:
            NotFound: there is no such entry, or the log is not that long.
        """
        with self._database.reading() as session:
            wanted = self._within(session, size)
            if not 0 <= index < wanted:
                raise NotFound(f"there is no entry {index} among {wanted}", code="ledger:entry:not_found")
            return InclusionProof(index, wanted, tuple(merkle.inclusion_path(index, wanted, _nodes(session))))

    def consistency(self, first: int, second: int | None = None) -> ConsistencyProof:
        """Prove that the log of `second` entries, by default as it stands, begins with that of `first`.

        Raises:
            NotFound: the log is not that long.
            InvalidInput: not 0 <= first <= second.
        """
        with self._database.reading() as session:
            wanted = self._within(session, second)
            if not 0 <= first <= wanted:
                raise InvalidInput("a log grows from a first size to a second one not below it", field="first")
            return ConsistencyProof(first, wanted, tuple(merkle.consistency_path(first, wanted, _nodes(session))))

    def verify(self) -> LedgerAudit:
        """Recompute every hash from the leaves and hold every kept checkpoint against them."""
        with self._database.reading() as session:
            return recompute(session, self.key, self.origin)

    def _within(self, session: Session, size: int | None) -> int:
        have = store.current_size(session)
        if size is not None and not 0 <= size <= have:
            raise NotFound(f"the ledger has {have} entries, not {size}", code="ledger:size:not_found")
        return have if size is None else size


def _nodes(session: Session) -> merkle.NodeSource:
    return lambda level, index: store.node(session, level, index)


def _entry(row: LeafRow) -> LedgerEntry:
    return LedgerEntry(row.index, row.kind, row.leaf.encode(), row.leaf_hash)
