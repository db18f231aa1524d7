"""What the ledger hands out, what it takes in, and how anybody checks it without us."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from trust_kernel.audit import merkle
from trust_kernel.audit.notes import NoteVerifier, TreeHead
from trust_kernel.errors import Broken

Body = Mapping[str, str | int]
"""Short ASCII codes, ids, digests and whole numbers by name: nothing that names a person."""

_KIND = re.compile(r"[a-z0-9_.-]{1,40}(:[a-z0-9_.-]{1,60}){1,3}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_CODE = re.compile(r"[A-Za-z0-9_:.,/+=~-]{0,200}")
_MAX_FIELDS = 32
_INT_BITS = 63


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One leaf.

    Attributes:
        index: its place, from 0.
        kind: ``area:thing:what``.
        leaf: canonical JSON of kind, time and body: the bytes that are hashed.
        leaf_hash: RFC 6962 leaf hash, 32 bytes.
    """

    index: int
    kind: str
    leaf: bytes
    leaf_hash: bytes


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """That leaf `index` is in the tree of `size` leaves: sibling hashes from the leaf up."""

    index: int
    size: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """That the tree of `second` leaves begins with the tree of `first`."""

    first: int
    second: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class LedgerAudit:
    """What recomputing everything found.

    Attributes:
        ok: nothing is wrong.
        size: leaves looked at.
        problems: what is wrong and where, one sentence each.
    """

    ok: bool
    size: int
    problems: tuple[str, ...]


def encode_leaf(kind: str, body: Body, at: datetime) -> bytes:
    """Canonical JSON (sorted keys, no spaces, ASCII) of one leaf.

    Args:
        kind: ``area:thing:what``.
        body: codes, ids, digests and whole numbers.
        at: timezone-aware; written in UTC to the microsecond.

    Raises:
        Broken: something that is no code, id, digest or number: the ledger is public and keeps for ever.
    """
    if _KIND.fullmatch(kind) is None:
        raise Broken(f"{kind!r} is no ledger kind", code="ledger:entry:malformed")
    if len(body) > _MAX_FIELDS:
        raise Broken(f"a ledger entry has at most {_MAX_FIELDS} fields", code="ledger:entry:malformed")
    for name, value in body.items():
        if _NAME.fullmatch(name) is None or not _is_code(value):
            # The value is not repeated: it may be the very thing that must not be written anywhere.
            raise Broken(f"ledger field {name!r} of {kind} is no code, digest or number", code="ledger:entry:malformed")
    leaf = {"at": leaf_time(at), "body": dict(body), "kind": kind}
    return json.dumps(leaf, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def leaf_time(at: datetime) -> str:
    """A moment as leaves write it: UTC, to the microsecond, with Z."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _is_code(value: object) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return value.bit_length() <= _INT_BITS
    return isinstance(value, str) and _CODE.fullmatch(value) is not None


def verify_offline(checkpoint: str, proof: InclusionProof, leaf: bytes, key: NoteVerifier) -> bool:
    """Whether a signed checkpoint commits to a leaf; asks nobody.

    Args:
        checkpoint: the signed note.
        proof: for the checkpoint's size.
        leaf: the bytes of the leaf.
        key: the log's verifier key, from somewhere that the log does not control.
    """
    text = key.open(checkpoint)
    head = TreeHead.parse(text) if text is not None else None
    if head is None or head.size != proof.size:
        return False
    return merkle.root_from_inclusion(proof.index, proof.size, merkle.leaf_hash(leaf), proof.path) == head.root


def verify_growth(earlier: str, later: str, proof: ConsistencyProof, key: NoteVerifier) -> bool:
    """Whether a later signed checkpoint keeps everything that an earlier one committed to."""
    texts = key.open(earlier), key.open(later)
    first, second = (TreeHead.parse(text) if text is not None else None for text in texts)
    if first is None or second is None or first.origin != second.origin:
        return False
    if (first.size, second.size) != (proof.first, proof.second):
        return False
    return merkle.consistent(first.size, second.size, first.root, second.root, proof.path)
