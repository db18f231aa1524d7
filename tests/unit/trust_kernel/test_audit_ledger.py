"""The ledger: appended with the caller's transaction, provable to anybody, and honest about tampering."""

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from tests.factories.databases import postgres, sqlite
from tests.fakes.web import FakeIdentities, access_of
from trust_kernel.audit import merkle
from trust_kernel.audit.domain import InclusionProof, encode_leaf, verify_growth, verify_offline
from trust_kernel.audit.ledger import Ledger
from trust_kernel.audit.notes import NoteSigner, NoteVerifier, TreeHead
from trust_kernel.audit.routes import build_router
from trust_kernel.db import Database
from trust_kernel.errors import Broken, InvalidInput, NotFound
from trust_kernel.web import problems

ORIGIN = "placet.test/ledger"
KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

# The example of Go's note package, which C2SP's signed-note describes.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_NOTE = (
    GO_TEXT
    + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


class Ticking:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with sqlite(tmp_path) as made:
        yield made


@pytest.fixture
def clock() -> Ticking:
    return Ticking()


@pytest.fixture
def ledger(database: Database, clock: Ticking) -> Ledger:
    return Ledger(database, clock, NoteSigner(ORIGIN, KEY), ORIGIN)


def fill(ledger: Ledger, count: int) -> None:
    for number in range(count):
        ledger.append("case:release:made", {"case": f"video_{number}", "digest": "ab" * 32, "number": number})


def test_notes_are_those_of_the_reference_implementation() -> None:
    signer = NoteSigner("PeterNeumann", Ed25519PrivateKey.from_private_bytes(GO_SEED))
    assert signer.sign(GO_TEXT) == GO_NOTE
    assert str(signer.verifier) == GO_KEY
    assert NoteVerifier.parse(GO_KEY).open(GO_NOTE) == GO_TEXT


def test_a_changed_note_does_not_open() -> None:
    verifier = NoteVerifier.parse(GO_KEY)
    assert verifier.open(GO_NOTE.replace("answer", "Answer")) is None
    assert verifier.open(GO_NOTE.replace("— Peter", "- Peter")) is None
    assert verifier.open(GO_TEXT) is None
    assert verifier.open(GO_NOTE + "\n") is None
    other = NoteSigner("PeterNeumann", KEY).sign(GO_TEXT)
    assert verifier.open(other) is None
    assert verifier.open(GO_NOTE + other.rpartition("\n\n")[2]) == GO_TEXT


@pytest.mark.parametrize(
    "bent",
    [GO_KEY.replace("c74f20a3", "c74f20a4"), GO_KEY[:-4], GO_KEY.replace("+A", "+B"), "", "x+y+z", "a b+00+AA=="],
)
def test_a_malformed_key_is_refused(bent: str) -> None:
    with pytest.raises(InvalidInput):
        NoteVerifier.parse(bent)


def test_an_entry_is_proved_to_somebody_who_holds_only_key_and_checkpoint(ledger: Ledger) -> None:
    fill(ledger, 11)
    checkpoint, key = ledger.checkpoint(), NoteVerifier.parse(str(ledger.key))
    for index in range(11):
        proof, leaf = ledger.inclusion(index), ledger.entry(index).leaf
        assert verify_offline(checkpoint, proof, leaf, key)
        assert not verify_offline(checkpoint, proof, leaf + b" ", key)
        assert not verify_offline(checkpoint, InclusionProof((index + 1) % 11, 11, proof.path), leaf, key)
        assert not verify_offline(checkpoint.replace("\n11\n", "\n12\n"), proof, leaf, key)


def test_growth_is_proved_between_any_two_checkpoints(ledger: Ledger) -> None:
    checkpoints = {}
    for size in range(1, 10):
        fill(ledger, 1)
        checkpoints[size] = ledger.checkpoint()
    for first in range(1, 10):
        for second in range(first, 10):
            proof = ledger.consistency(first, second)
            assert verify_growth(checkpoints[first], checkpoints[second], proof, ledger.key)
            assert first == second or not verify_growth(checkpoints[second], checkpoints[first], proof, ledger.key)


def test_a_checkpoint_is_signed_once_for_each_size(ledger: Ledger) -> None:
    empty = ledger.checkpoint()
    assert TreeHead.parse(ledger.key.open(empty) or "") == TreeHead(ORIGIN, 0, merkle.EMPTY_ROOT)
    fill(ledger, 3)
    assert ledger.checkpoint() == ledger.checkpoint() != empty


def test_the_published_checkpoint_follows_the_log_within_a_minute(ledger: Ledger, clock: Ticking) -> None:
    fill(ledger, 1)
    first = ledger.published_checkpoint()
    fill(ledger, 1)
    assert ledger.published_checkpoint() == first
    clock.moment += timedelta(seconds=61)
    assert "\n2\n" in ledger.published_checkpoint()


def test_what_is_rolled_back_was_never_on_the_ledger(database: Database, ledger: Ledger) -> None:
    fill(ledger, 2)
    with suppress(ZeroDivisionError), database.transaction():
        fill(ledger, 3)
        raise ZeroDivisionError
    assert ledger.size() == 2
    fill(ledger, 1)
    assert ledger.verify().ok
    assert ledger.entry(2).index == 2


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("case:release:made", {"name": "Ada Lovelace"}),
        ("case:release:made", {"mail": "ada@example.org"}),
        ("case:release:made", {"name": "Zoë"}),
        ("case:release:made", {"text": "x" * 201}),
        ("case:release:made", {"line": "a\n"}),
        ("case:release:made", {"flag": True}),
        ("case:release:made", {"much": 2**63}),
        ("case:release:made", {"Bad Name": "a"}),
        ("case:release:made", {f"f{number}": 1 for number in range(33)}),
        ("release", {}),
        ("case:release made:x", {}),
    ],
)
def test_only_codes_digests_and_numbers_go_on_the_ledger(ledger: Ledger, kind: str, body: dict[str, str | int]) -> None:
    with pytest.raises(Broken) as caught:
        ledger.append(kind, body)
    assert "Lovelace" not in caught.value.detail
    assert ledger.size() == 0


@given(st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True), st.text(max_size=30), max_size=5))
def test_no_space_and_no_address_is_ever_encoded(body: dict[str, str]) -> None:
    try:
        leaf = encode_leaf("a:b:c", body, NOW)
    except Broken:
        return
    assert b" " not in leaf
    assert b"@" not in leaf
    assert leaf.isascii()
    assert json.loads(leaf)["body"] == body


TAMPERINGS = {
    "leaf 5 is not what was hashed": (
        "UPDATE ledger_leaves SET leaf = replace(leaf, 'video_5', 'video_6') WHERE \"index\" = 5"
    ),
    "leaf 3 is not what was hashed": "UPDATE ledger_leaves SET kind = 'case:release:unmade' WHERE \"index\" = 3",
    "leaf 9 is missing": 'DELETE FROM ledger_leaves WHERE "index" = 9',
    "the hash over leaves 4 to 7 is not that of its halves": (
        "UPDATE ledger_nodes SET hash = x'00' WHERE level = 2 AND \"index\" = 1"
    ),
    "13 leaves make 23 nodes, there are 22": 'DELETE FROM ledger_nodes WHERE level = 1 AND "index" = 0',
    "the head says 12 leaves, there are 13": "UPDATE ledger_head SET size = 12",
    "checkpoint 13 was signed, but only 12 leaves are left": "UPDATE ledger_head SET size = 12",
    "checkpoint 13 does not carry our signature": (
        "UPDATE ledger_checkpoints SET note = replace(note, 'placet', 'placed') WHERE size = 13"
    ),
}


@pytest.mark.parametrize("problem", TAMPERINGS)
def test_verify_says_which_row_was_tampered_with(database: Database, ledger: Ledger, problem: str) -> None:
    fill(ledger, 8)
    ledger.checkpoint()
    fill(ledger, 5)
    ledger.checkpoint()
    assert ledger.verify().problems == ()
    with database.transaction() as session:
        session.connection().execute(text(TAMPERINGS[problem]))
    audit = ledger.verify()
    assert not audit.ok
    assert problem in audit.problems


def test_a_history_rewritten_with_all_its_hashes_contradicts_the_signed_checkpoint(
    database: Database, ledger: Ledger
) -> None:
    fill(ledger, 6)
    ledger.checkpoint()
    with database.transaction() as session:
        for table in ("ledger_leaves", "ledger_nodes", "ledger_head"):
            session.connection().execute(text(f"DELETE FROM {table}"))  # noqa: S608 - names from the line above
        for number in range(6):
            ledger.append("case:release:made", {"case": f"forged_{number}"})
    assert ledger.verify().problems == ("checkpoint 6 does not commit to the leaves before it",)


def test_one_change_is_one_problem(database: Database, ledger: Ledger) -> None:
    fill(ledger, 40)
    ledger.checkpoint()
    with database.transaction() as session:
        change = text("UPDATE ledger_leaves SET leaf = replace(leaf, 'video', 'vidio') WHERE \"index\" = 17")
        session.connection().execute(change)
    assert ledger.verify().problems == ("leaf 17 is not what was hashed",)


def test_asking_beyond_the_log_is_not_found(ledger: Ledger) -> None:
    fill(ledger, 2)
    for ask in (lambda: ledger.entry(2), lambda: ledger.inclusion(2), lambda: ledger.inclusion(0, 3)):
        with pytest.raises(NotFound):
            ask()
    with pytest.raises(InvalidInput):
        ledger.consistency(3)
    with pytest.raises(InvalidInput):
        ledger.entries(2, 1)


def test_an_append_takes_a_logarithmic_number_of_steps() -> None:
    asked: list[tuple[int, int]] = []

    def nodes(level: int, index: int) -> bytes:
        asked.append((level, index))
        return b"\0" * 32

    list(merkle.completed_by(2**40 - 1, b"\0" * 32, nodes))
    assert len(asked) == 40
    asked.clear()
    merkle.root(2**40 - 1, nodes)
    assert len(asked) == 40


def race(database: Database) -> None:
    ledger = Ledger(database, Ticking(), NoteSigner(ORIGIN, KEY), ORIGIN)
    with ThreadPoolExecutor(6) as pool:
        indexes = list(pool.map(lambda n: ledger.append("a:b:c", {"n": n}).index, range(30)))
    assert sorted(indexes) == list(range(30))
    ledger.checkpoint()
    assert ledger.verify().problems == ()


def test_appends_at_once_get_one_place_each(database: Database) -> None:
    race(database)


@pytest.mark.postgres
def test_appends_at_once_get_one_place_each_on_postgresql() -> None:
    with postgres() as database:
        race(database)


def test_anybody_checks_the_ledger_over_http(ledger: Ledger) -> None:
    fill(ledger, 7)
    app = FastAPI()
    problems.install(app)
    app.include_router(build_router(ledger, access_of(FakeIdentities())))
    client = TestClient(app)
    key = NoteVerifier.parse(client.get("/ledger/key").text)
    checkpoint = client.get("/ledger/checkpoint").text
    answer = client.get("/ledger/proof/inclusion", params={"index": 3, "size": 7}).json()
    proof = InclusionProof(3, answer["size"], tuple(base64.b64decode(part) for part in answer["path"]))
    assert verify_offline(checkpoint, proof, answer["leaf"].encode(), key)
    listed = client.get("/ledger/entries", params={"start": 2, "end": 5}).json()
    assert listed["size"] == 7
    assert [entry["index"] for entry in listed["entries"]] == [2, 3, 4]
    assert base64.b64decode(listed["entries"][0]["leaf_hash"]) == merkle.leaf_hash(
        listed["entries"][0]["leaf"].encode()
    )
    grown = client.get("/ledger/proof/consistency", params={"first": 3, "second": 7}).json()
    assert len(grown["path"]) == 4
    assert client.get("/ledger/proof/inclusion", params={"index": 7}).status_code == 404
    assert client.get("/ledger/entries", params={"start": -1}).status_code == 422
