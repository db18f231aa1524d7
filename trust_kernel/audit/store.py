"""The only queries about the ledger. Each joins the caller's session."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, func, insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col, select

from trust_kernel.audit.tables import CheckpointRow, HeadRow, LeafRow, NodeRow
from trust_kernel.errors import Broken

_HEAD = 1

# Appending is the ledger's hot path and holds its lock: these run as plain statements, made once, beside the ORM.
_TABLES = SQLModel.metadata.tables
_HEADS, _LEAVES, _NODES = _TABLES["ledger_head"], _TABLES["ledger_leaves"], _TABLES["ledger_nodes"]
_LOCK = select(_HEADS.c.size).where(_HEADS.c.id == _HEAD).with_for_update()
_GROW = update(_HEADS).where(_HEADS.c.id == _HEAD).values(size=bindparam("grown"))
_NODE = select(_NODES.c.hash).where(_NODES.c.level == bindparam("level"), _NODES.c.index == bindparam("place"))


@dataclass(frozen=True, slots=True)
class Counts:
    """Size by the head, and rows there are, all as of one moment."""

    size: int
    leaves: int
    nodes: int


def lock_size(session: Session) -> int:
    """Leaves so far; nobody else appends until this transaction ends."""
    connection = session.connection()
    size: int | None = connection.execute(_LOCK).scalar()
    if size is None:
        make = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(_HEADS)
        connection.execute(make.values(id=_HEAD, size=0).on_conflict_do_nothing())
        size = connection.execute(_LOCK).scalar_one()
    return size


def current_size(session: Session) -> int:
    """Leaves so far, without locking."""
    return session.exec(select(HeadRow.size).where(HeadRow.id == _HEAD)).first() or 0


def add_leaf(session: Session, row: LeafRow, nodes: Iterable[tuple[int, int, bytes]]) -> None:
    """Write a leaf, the subtrees that it completes, and the new size."""
    connection = session.connection()
    made = [{"level": level, "index": index, "hash": hashed} for level, index, hashed in nodes]
    connection.execute(insert(_LEAVES), row.model_dump())
    connection.execute(insert(_NODES), made)
    connection.execute(_GROW, {"grown": row.index + 1})


def node(session: Session, level: int, index: int) -> bytes:
    """Hash of a complete subtree; raises Broken where it was never stored."""
    found: bytes | None = session.connection().execute(_NODE, {"level": level, "place": index}).scalar()
    if found is None:
        raise Broken(f"the ledger lacks node {index} of level {level}", code="ledger:node:missing")
    return found


def nodes_between(session: Session, level: int, start: int, end: int) -> dict[int, bytes]:
    """Hashes of the subtrees [start, end) of one level that are stored, by index."""
    statement = select(NodeRow.index, NodeRow.hash).where(
        NodeRow.level == level, col(NodeRow.index) >= start, col(NodeRow.index) < end
    )
    return dict(session.exec(statement).all())


def leaf(session: Session, index: int) -> LeafRow | None:
    """One leaf."""
    return session.get(LeafRow, index)


def leaves_between(session: Session, start: int, end: int) -> Sequence[LeafRow]:
    """The leaves [start, end) that there are, in order."""
    statement = select(LeafRow).where(col(LeafRow.index) >= start, col(LeafRow.index) < end)
    return session.exec(statement.order_by(col(LeafRow.index)).execution_options(populate_existing=True)).all()


def checkpoint_at(session: Session, size: int) -> CheckpointRow | None:
    """The checkpoint kept for a size."""
    return session.get(CheckpointRow, size)


def latest_checkpoint(session: Session) -> CheckpointRow | None:
    """The checkpoint of the largest size."""
    return session.exec(select(CheckpointRow).order_by(col(CheckpointRow.size).desc()).limit(1)).first()


def all_checkpoints(session: Session) -> Sequence[CheckpointRow]:
    """Every checkpoint kept, smallest first."""
    return session.exec(select(CheckpointRow).order_by(col(CheckpointRow.size))).all()


def counts(session: Session) -> Counts:
    """Count in one statement, so that all three numbers are of one moment."""
    size = select(func.coalesce(func.max(HeadRow.size), 0)).scalar_subquery()
    leaves = select(func.count()).select_from(LeafRow).scalar_subquery()
    nodes = select(func.count()).select_from(NodeRow).scalar_subquery()
    return Counts(*session.execute(select(size, leaves, nodes)).one())
