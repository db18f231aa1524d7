"""The public record, checked by somebody who trusts none of our code: RFC 6962 in a few lines."""

import base64
import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.e2e.deployment import Person, Server, command
from tests.e2e.story import Borrowed


@dataclass(frozen=True, slots=True)
class Head:
    """What a signed checkpoint says."""

    origin: str
    size: int
    root: bytes


def leaf(text: str) -> bytes:
    return hashlib.sha256(b"\x00" + text.encode()).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(size: int) -> int:
    """The largest power of two below a size."""
    return 1 << (size - 1).bit_length() - 1


def root_of(leaves: Sequence[bytes]) -> bytes:
    """MTH, RFC 6962 section 2.1."""
    if len(leaves) == 1:
        return leaves[0]
    at = split(len(leaves))
    return node(root_of(leaves[:at]), root_of(leaves[at:]))


def by_inclusion(index: int, size: int, hashed: bytes, path: list[bytes]) -> bytes:
    """The root that PATH(m, D[n]) leads to, as section 2.1.1 builds it, from the last hash down."""
    if size == 1:
        assert not path
        return hashed
    at, sibling, rest = split(size), path[-1], path[:-1]
    if index < at:
        return node(by_inclusion(index, at, hashed, rest), sibling)
    return node(sibling, by_inclusion(index - at, size - at, hashed, rest))


def by_consistency(first: int, second: int, old: bytes, path: list[bytes], whole: bool = True) -> tuple[bytes, bytes]:
    """Both roots that PROOF(m, D[n]) leads to, as section 2.1.2 builds it; `old` is the earlier root."""
    if first == second:
        return (old, old) if whole else (path[-1], path[-1])
    at, last, rest = split(second), path[-1], path[:-1]
    if first <= at:
        before, after = by_consistency(first, at, old, rest, whole)
        return before, node(after, last)
    before, after = by_consistency(first - at, second - at, old, rest, whole=False)
    return node(last, before), node(last, after)


def opened(note: str, key: str) -> Head:
    """A checkpoint whose signature holds (C2SP signed note, Ed25519)."""
    name, _, encoded = key.strip().split("+", 2)
    text, signature = note.rsplit("\n\n", 1)
    dash, signer, blob = signature.strip().split(" ")
    assert (dash, signer) == ("—", name)
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(encoded)[1:])
    public.verify(base64.b64decode(blob)[4:], f"{text}\n".encode())
    origin, size, root = text.split("\n")[:3]
    return Head(origin, int(size), base64.b64decode(root))


@pytest.fixture(scope="module")
def public(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{server.url}/ledger", timeout=60) as client:
        yield client


def fetched(public: httpx.Client, path: str, **query: int) -> Any:
    return public.get(path, params=query).raise_for_status().json()


def telling(size: int) -> list[int]:
    """Places where a tree's shape changes, and some between."""
    borders = {1 << power for power in range(size.bit_length())}
    near = {border + step for border in borders for step in (-1, 0, 1)}
    return sorted(place for place in {*near, *range(0, size, 17), size - 1} if 0 <= place < size)


def hashes(proof: Any) -> list[bytes]:
    return [base64.b64decode(item) for item in proof["path"]]


def head(public: httpx.Client) -> Head:
    return opened(public.get("checkpoint").raise_for_status().text, public.get("key").raise_for_status().text)


@pytest.mark.usefixtures("borrowed", "own_video")
def test_the_signed_root_is_the_root_of_the_public_entries(public: httpx.Client) -> None:
    signed = head(public)
    assert 0 < signed.size < 1000
    entries = fetched(public, "entries", start=0, end=signed.size)["entries"]
    assert [entry["index"] for entry in entries] == list(range(signed.size))
    assert [base64.b64decode(entry["leaf_hash"]) for entry in entries] == [leaf(entry["leaf"]) for entry in entries]
    assert root_of([leaf(entry["leaf"]) for entry in entries]) == signed.root


@pytest.mark.usefixtures("borrowed", "own_video")
def test_every_entry_is_proved_to_be_included(public: httpx.Client) -> None:
    signed = head(public)
    for index in telling(signed.size):
        proof = fetched(public, "proof/inclusion", index=index, size=signed.size)
        assert by_inclusion(index, signed.size, leaf(proof["leaf"]), hashes(proof)) == signed.root, index


def test_the_record_only_grows(public: httpx.Client, ada: Person, own_video: str) -> None:
    del own_video
    earlier = head(public)
    assert ada.make("A lighthouse in the fog")["status"] == "completed"
    later = head(public)
    assert later.size > earlier.size
    proof = fetched(public, "proof/consistency", first=earlier.size, second=later.size)
    assert by_consistency(earlier.size, later.size, earlier.root, hashes(proof)) == (earlier.root, later.root)
    entries = fetched(public, "entries", start=0, end=later.size)["entries"]
    leaves = [leaf(entry["leaf"]) for entry in entries]
    for first in telling(later.size)[1:]:
        old = root_of(leaves[:first])
        proof = fetched(public, "proof/consistency", first=first, second=later.size)
        assert by_consistency(first, later.size, old, hashes(proof)) == (old, later.root), first


def test_what_happened_is_on_record_in_codes_and_names_nobody(
    public: httpx.Client, borrowed: Borrowed, ada: Person, bruno: Person
) -> None:
    size = fetched(public, "entries", start=0, end=1)["size"]
    leaves = [json.loads(entry["leaf"]) for entry in fetched(public, "entries", start=0, end=size)["entries"]]
    story = [entry["kind"] for entry in leaves if entry["body"].get("case") == borrowed.video_id]
    opening, sealing, release, end = (
        "case:request:opened", "release:video:sealed", "release:video:released", "release:video:withdrawn"
    )  # fmt: skip
    assert story == [opening, sealing, release, end]
    kinds = {entry["kind"] for entry in leaves}
    assert {"consent:grant:given", "consent:grant:revoked", "consent:cameo:enrolled"} <= kinds
    everything = json.dumps(leaves)
    for private in (ada.account_id, bruno.account_id, bruno.subject_id, "terrace", "Greetings"):
        assert private not in everything


@pytest.fixture
def copy(server: Server, borrowed: Borrowed, tmp_path: Path) -> Path:
    """The data directory's database and keys as they stand now."""
    del borrowed
    shutil.copytree(server.data / "keys", tmp_path / "copy" / "keys")
    with sqlite3.connect(server.data / "placet.db") as source, sqlite3.connect(tmp_path / "copy/placet.db") as target:
        source.backup(target)
    return tmp_path / "copy"


def test_the_command_finds_nothing_wrong_with_the_record_as_it_is(copy: Path) -> None:
    done = command("ledger", "verify", "--data", str(copy), cwd=copy)
    assert (done.returncode, "every hash" in done.stdout) == (0, True), done.stdout + done.stderr


@pytest.mark.parametrize(
    "change",
    [
        """UPDATE ledger_leaves SET leaf = replace(leaf, 'revoked', 'revised') WHERE kind = 'consent:grant:revoked'""",
        """UPDATE ledger_leaves SET leaf_hash = zeroblob(32) WHERE "index" = 1""",
        """UPDATE ledger_nodes SET hash = zeroblob(32) WHERE level = 1 AND "index" = 0""",
        """DELETE FROM ledger_leaves WHERE "index" = (SELECT max("index") FROM ledger_leaves)""",
        """UPDATE ledger_checkpoints SET note = replace(note, '2', '3')""",
    ],
    ids=["entry", "hash", "node", "end", "checkpoint"],
)
def test_the_command_finds_what_was_changed_in_the_record(copy: Path, change: str) -> None:
    with sqlite3.connect(copy / "placet.db") as database:
        assert database.execute(change).rowcount > 0
    done = command("ledger", "verify", "--data", str(copy), cwd=copy)
    assert (done.returncode, "BROKEN" in done.stdout) == (1, True), done.stdout + done.stderr
    assert "Traceback" not in done.stderr
