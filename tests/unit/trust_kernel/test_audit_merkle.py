"""The Merkle tree against Certificate Transparency's published vectors and against RFC 6962's own definition."""

from hypothesis import given, settings
from hypothesis import strategies as st

from trust_kernel.audit import merkle

# The eight leaves and the roots of the trees over the first 1 to 8 of them, as published with Certificate Transparency.
CT_LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
_A, _B, _C = (
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
)
CT_INCLUSION = {
    (0, 8): [_A, _B, _C],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}
CT_CONSISTENCY = {
    (1, 8): [_A, _B, _C],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [_B, "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"],
}


def stored(leaves: list[bytes]) -> merkle.NodeSource:
    nodes: dict[tuple[int, int], bytes] = {}
    for place, leaf in enumerate(leaves):
        made = merkle.completed_by(place, merkle.leaf_hash(leaf), lambda level, index: nodes[level, index])
        for level, index, hashed in made:
            nodes[level, index] = hashed
    return lambda level, index: nodes[level, index]


def defined_root(leaves: list[bytes]) -> bytes:
    """MTH as RFC 6962 section 2.1 writes it, for comparison."""
    if len(leaves) < 2:
        return merkle.leaf_hash(leaves[0]) if leaves else merkle.EMPTY_ROOT
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return merkle.node_hash(defined_root(leaves[:split]), defined_root(leaves[split:]))


def hexed(path: list[bytes]) -> list[str]:
    return [hashed.hex() for hashed in path]


def test_roots_are_those_of_certificate_transparency() -> None:
    nodes = stored(CT_LEAVES)
    assert merkle.root(0, nodes).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert [merkle.root(size, nodes).hex() for size in range(1, 9)] == CT_ROOTS


def test_proofs_are_those_of_certificate_transparency() -> None:
    nodes = stored(CT_LEAVES)
    for (index, size), path in CT_INCLUSION.items():
        assert hexed(merkle.inclusion_path(index, size, nodes)) == path
    for (first, second), path in CT_CONSISTENCY.items():
        assert hexed(merkle.consistency_path(first, second, nodes)) == path


def test_every_proof_over_up_to_40_leaves_verifies_and_for_no_other_place() -> None:
    leaves = [bytes([number]) for number in range(40)]
    nodes = stored(leaves)
    roots = [defined_root(leaves[:size]) for size in range(41)]
    for size in range(41):
        assert merkle.root(size, nodes) == roots[size]
        for index in range(size):
            path = merkle.inclusion_path(index, size, nodes)
            hashed = merkle.leaf_hash(leaves[index])
            assert merkle.root_from_inclusion(index, size, hashed, path) == roots[size]
            assert merkle.root_from_inclusion((index + 1) % size, size, hashed, path) != roots[size] or size == 1
        for first in range(size + 1):
            path = merkle.consistency_path(first, size, nodes)
            assert merkle.consistent(first, size, roots[first], roots[size], path)
            assert first == 0 or not merkle.consistent(first, size, roots[first - 1], roots[size], path)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_changed_proof_proves_nothing(data: st.DataObject) -> None:
    leaves = data.draw(st.lists(st.binary(max_size=8), min_size=2, max_size=80))
    nodes, size = stored(leaves), len(leaves)
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion_path(index, size, nodes)
    hashed, root = merkle.leaf_hash(leaves[index]), merkle.root(size, nodes)
    place = data.draw(st.integers(0, len(path) - 1))
    bent = [*path[:place], merkle.leaf_hash(path[place]), *path[place + 1 :]]
    for wrong in (bent, path[:-1], [*path, root]):
        assert merkle.root_from_inclusion(index, size, hashed, wrong) != root
    assert merkle.root_from_inclusion(index, size, merkle.leaf_hash(b"another"), path) != root


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_log_that_changed_its_past_is_not_consistent(data: st.DataObject) -> None:
    leaves = data.draw(st.lists(st.binary(max_size=8), min_size=2, max_size=80))
    first = data.draw(st.integers(1, len(leaves) - 1))
    changed = data.draw(st.integers(0, first - 1))
    forged = [*leaves[:changed], leaves[changed] + b"!", *leaves[changed + 1 :]]
    nodes, forged_nodes = stored(leaves), stored(forged)
    old, new = merkle.root(first, nodes), merkle.root(len(leaves), forged_nodes)
    for source in (nodes, forged_nodes):
        path = merkle.consistency_path(first, len(leaves), source)
        assert not merkle.consistent(first, len(leaves), old, new, path)


def test_a_proof_of_nonsense_sizes_is_refused() -> None:
    assert merkle.root_from_inclusion(3, 3, merkle.EMPTY_ROOT, []) is None
    assert merkle.root_from_inclusion(-1, 3, merkle.EMPTY_ROOT, []) is None
    assert not merkle.consistent(3, 2, merkle.EMPTY_ROOT, merkle.EMPTY_ROOT, [])
    assert not merkle.consistent(1, 2, merkle.EMPTY_ROOT, merkle.EMPTY_ROOT, [])
