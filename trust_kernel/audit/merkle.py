"""The Merkle tree of RFC 6962, section 2.1: hashes, proofs and their verification, without any storage.

Proof generation asks a `NodeSource` for the hashes of complete subtrees and computes nothing else, so a proof over n
leaves costs O(log n) look-ups. Verification follows RFC 9162, sections 2.1.3.2 and 2.1.4.2.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence

NodeSource = Callable[[int, int], bytes]
"""Hash of the complete subtree (level, index): leaves [index * 2**level, (index + 1) * 2**level)."""

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""Root of the tree without leaves."""


def leaf_hash(body: bytes) -> bytes:
    """SHA-256 of 0x00 and the leaf: 32 bytes."""
    return hashlib.sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of 0x01 and two children: 32 bytes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def completed_by(index: int, hashed: bytes, nodes: NodeSource) -> Iterator[tuple[int, int, bytes]]:
    """The subtrees that appending leaf `index` completes, as (level, index, hash), the leaf itself first."""
    level = 0
    yield level, index, hashed
    while index & 1:
        hashed = node_hash(nodes(level, index - 1), hashed)
        level, index = level + 1, index >> 1
        yield level, index, hashed


def root(size: int, nodes: NodeSource) -> bytes:
    """Root of the tree over the first `size` leaves."""
    return subtree(0, size, nodes) if size else EMPTY_ROOT


def subtree(start: int, end: int, nodes: NodeSource) -> bytes:
    """MTH(D[start:end]) where `start` is a multiple of the largest power of two below the length."""
    length = end - start
    if length & (length - 1) == 0:
        level = length.bit_length() - 1
        return nodes(level, start >> level)
    split = start + _largest_power_below(length)
    return node_hash(subtree(start, split, nodes), subtree(split, end, nodes))


def inclusion_path(index: int, size: int, nodes: NodeSource) -> list[bytes]:
    """PATH(index, D[0:size]), RFC 6962 section 2.1.1: from the leaf's sibling up; needs 0 <= index < size."""
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        split = start + _largest_power_below(end - start)
        if index < split:
            path.append(subtree(split, end, nodes))
            end = split
        else:
            path.append(subtree(start, split, nodes))
            start = split
    return path[::-1]


def consistency_path(first: int, second: int, nodes: NodeSource) -> list[bytes]:
    """PROOF(first, D[0:second]), RFC 6962 section 2.1.2; empty where first is 0 or equals second."""
    if first in {0, second}:
        return []
    path: list[bytes] = []
    start, end, whole = 0, second, True
    while first != end:
        split = start + _largest_power_below(end - start)
        if first <= split:
            path.append(subtree(split, end, nodes))
            end = split
        else:
            path.append(subtree(start, split, nodes))
            start, whole = split, False
    if not whole:
        path.append(subtree(start, end, nodes))
    return path[::-1]


def root_from_inclusion(index: int, size: int, hashed: bytes, path: Sequence[bytes]) -> bytes | None:
    """The root that an inclusion path leads to; None where the path does not fit index and size."""
    if not 0 <= index < size:
        return None
    node, last = index, size - 1
    for sibling in path:
        if last == 0:
            return None
        if node & 1 or node == last:
            hashed = node_hash(sibling, hashed)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            hashed = node_hash(hashed, sibling)
        node, last = node >> 1, last >> 1
    return hashed if last == 0 else None


def consistent(first: int, second: int, first_root: bytes, second_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the tree of `second` leaves begins with the tree of `first`."""
    if not 0 <= first <= second:
        return False
    if first == second:
        return not path and first_root == second_root
    if first == 0:
        return not path and first_root == EMPTY_ROOT
    steps = [first_root, *path] if first & (first - 1) == 0 else list(path)
    return bool(steps) and _replay(first, second, steps) == (first_root, second_root)


def _replay(first: int, second: int, steps: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return None
        if node & 1 or node == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, step)
        node, last = node >> 1, last >> 1
    return (old, new) if last == 0 else None


def _largest_power_below(length: int) -> int:
    """The largest power of two smaller than a length of at least 2."""
    return 1 << (length - 1).bit_length() - 1
