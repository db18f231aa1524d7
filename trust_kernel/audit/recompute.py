"""Recompute the whole ledger and say what does not fit.

Each stored hash is checked against what it is made of: a leaf's against its text, a node's against its children, a
checkpoint's root against the leaves before it. Where one does not fit, it is named and the stored one is used further
up, so one change gives one problem; where all fit, every leaf is what the signed checkpoints committed to. Since all
checkpoints are held against the same leaves, they are also consistent with each other.

Entries after the newest checkpoint are bound by nothing signed yet: sign often, and let others keep the checkpoints.
"""

import json
from collections.abc import Iterator

from sqlmodel import Session

from trust_kernel.audit import merkle, store
from trust_kernel.audit.domain import LedgerAudit, leaf_time
from trust_kernel.audit.notes import NoteVerifier, TreeHead
from trust_kernel.audit.tables import LeafRow
from trust_kernel.clock import aware

_CHUNK = 4096


def recompute(session: Session, key: NoteVerifier, origin: str) -> LedgerAudit:
    """Look at every leaf, node and checkpoint."""
    # Checkpoints first: one made while we read must not seem to be ahead of the leaves.
    heads, problems = _heads(session, key, origin)
    counted = store.counts(session)
    if counted.leaves != counted.size:
        problems.append(f"the head says {counted.size} leaves, there are {counted.leaves}")
    expected_nodes = sum(counted.size >> level for level in range(counted.size.bit_length()))
    if counted.nodes != expected_nodes:
        problems.append(f"{counted.size} leaves make {expected_nodes} nodes, there are {counted.nodes}")
    walk = _Walk(session, counted.size, heads)
    problems.extend(walk.problems())
    problems.extend(
        f"checkpoint {size} was signed, but only {counted.size} leaves are left"
        for size in heads
        if size > counted.size
    )
    return LedgerAudit(ok=not problems, size=counted.size, problems=tuple(problems))


def _heads(session: Session, key: NoteVerifier, origin: str) -> tuple[dict[int, bytes], list[str]]:
    heads: dict[int, bytes] = {}
    problems: list[str] = []
    for row in store.all_checkpoints(session):
        text = key.open(row.note)
        head = TreeHead.parse(text) if text is not None else None
        if head is None:
            problems.append(f"checkpoint {row.size} does not carry our signature")
        elif head.origin != origin or head.size != row.size:
            problems.append(f"checkpoint {row.size} is of another log or size")
        else:
            heads[row.size] = head.root
    return heads, problems


class _Walk:
    """One pass over the leaves; `_peaks` are the roots of the complete subtrees so far, largest first."""

    def __init__(self, session: Session, size: int, heads: dict[int, bytes]) -> None:
        self._session = session
        self._size = size
        self._heads = heads
        self._peaks: list[tuple[int, bytes]] = []

    def problems(self) -> Iterator[str]:
        yield from self._check_head(0)
        for start in range(0, self._size, _CHUNK):
            end = min(start + _CHUNK, self._size)
            nodes = {
                (level, index): hashed
                for level in range(self._size.bit_length())
                if start >> level < end >> level
                for index, hashed in store.nodes_between(self._session, level, start >> level, end >> level).items()
            }
            rows = {row.index: row for row in store.leaves_between(self._session, start, end)}
            for index in range(start, end):
                yield from self._check_leaf(index, rows.get(index), nodes)
                yield from self._check_head(index + 1)
            for row in rows.values():
                self._session.expunge(row)

    def _check_leaf(self, index: int, row: LeafRow | None, nodes: dict[tuple[int, int], bytes]) -> Iterator[str]:
        computed = merkle.leaf_hash(row.leaf.encode()) if row is not None else b""
        stored = nodes.get((0, index), computed)
        if row is None:
            yield f"leaf {index} is missing"
        elif {computed, row.leaf_hash} != {stored} or not _says(row):
            yield f"leaf {index} is not what was hashed"
        self._peaks.append((0, stored))
        while len(self._peaks) > 1 and self._peaks[-1][0] == self._peaks[-2][0]:
            level, right = self._peaks.pop()
            _, left = self._peaks.pop()
            place = (level + 1, index >> level + 1)
            made = merkle.node_hash(left, right)
            kept = nodes.get(place, made)
            if kept != made:
                first, last = place[1] << place[0], (place[1] + 1 << place[0]) - 1
                yield f"the hash over leaves {first} to {last} is not that of its halves"
            self._peaks.append((level + 1, kept))

    def _check_head(self, size: int) -> Iterator[str]:
        if size in self._heads and self._heads[size] != self._root():
            yield f"checkpoint {size} does not commit to the leaves before it"

    def _root(self) -> bytes:
        if not self._peaks:
            return merkle.EMPTY_ROOT
        hashed = self._peaks[-1][1]
        for _, peak in reversed(self._peaks[:-1]):
            hashed = merkle.node_hash(peak, hashed)
        return hashed


def _says(row: LeafRow) -> bool:
    """Whether the columns beside the leaf repeat what the leaf says."""
    try:
        leaf = json.loads(row.leaf)
    except ValueError:
        return False
    beside = {"kind": row.kind, "at": leaf_time(aware(row.at))}
    return isinstance(leaf, dict) and beside.items() <= leaf.items()
