"""What every `trust_kernel.envelope.Keyring` promises."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories.databases import postgres, sqlite
from tests.fakes.gateway import InMemoryKeyring
from trust_kernel.envelope import DatabaseKeyring, Keyring, LocalKeyFile, Sealed
from trust_kernel.errors import Broken, NotFound


class KeyringContract:
    """Subclasses give the keyring."""

    @pytest.fixture
    def keyring(self) -> Keyring:
        raise NotImplementedError

    def test_what_was_sealed_opens_in_its_context(self, keyring: Keyring) -> None:
        sealed = keyring.seal("ada", b"a face", "face/1")
        assert b"a face" not in sealed
        assert keyring.open("ada", sealed, "face/1") == b"a face"

    def test_it_opens_in_no_other_context(self, keyring: Keyring) -> None:
        sealed = keyring.seal("ada", b"a face", "face/1")
        with pytest.raises(Broken):
            keyring.open("ada", sealed, "voice/1")

    def test_many_open_at_once_in_order_and_what_was_shredded_is_none(self, keyring: Keyring) -> None:
        sealed = [Sealed(who, keyring.seal(who, who.encode(), "face"), "face") for who in ("ada", "bea", "cyd", "ada")]
        keyring.shred("bea")
        assert keyring.open_many(sealed) == [b"ada", None, b"cyd", b"ada"]
        assert keyring.open_many([]) == []
        with pytest.raises(Broken):
            keyring.open_many([Sealed("ada", sealed[0].sealed, "voice")])

    def test_it_opens_under_no_other_key(self, keyring: Keyring) -> None:
        sealed = keyring.seal("ada", b"a face", "face/1")
        keyring.seal("bea", b"another", "face/1")
        with pytest.raises(Broken):
            keyring.open("bea", sealed, "face/1")

    def test_changed_bytes_do_not_open(self, keyring: Keyring) -> None:
        sealed = bytearray(keyring.seal("ada", b"a face", "face/1"))
        sealed[-1] ^= 1
        with pytest.raises(Broken):
            keyring.open("ada", bytes(sealed), "face/1")

    def test_the_same_bytes_never_seal_the_same_way_twice(self, keyring: Keyring) -> None:
        assert keyring.seal("ada", b"a face", "face/1") != keyring.seal("ada", b"a face", "face/1")

    def test_a_shredded_key_opens_nothing_any_more(self, keyring: Keyring) -> None:
        sealed = keyring.seal("ada", b"a face", "face/1")
        keyring.shred("ada")
        with pytest.raises(NotFound) as gone:
            keyring.open("ada", sealed, "face/1")
        assert gone.value.code == "kernel:key:shredded"

    def test_a_shredded_key_never_comes_back_to_life(self, keyring: Keyring) -> None:
        keyring.shred("never_was")
        with pytest.raises(NotFound):
            keyring.seal("never_was", b"a face", "face/1")

    def test_shredding_one_key_leaves_the_others(self, keyring: Keyring) -> None:
        sealed = keyring.seal("bea", b"a face", "face/1")
        keyring.shred("ada")
        assert keyring.open("bea", sealed, "face/1") == b"a face"

    def test_a_key_that_never_was_opens_nothing(self, keyring: Keyring) -> None:
        with pytest.raises(NotFound):
            keyring.open("nobody", b"x" * 40, "face/1")


class TestDatabaseKeyring(KeyringContract):
    @pytest.fixture
    def keyring(self, tmp_path: Path) -> Iterator[Keyring]:
        with sqlite(tmp_path) as database:
            yield DatabaseKeyring(database, LocalKeyFile(tmp_path / "root.key"))


@pytest.mark.postgres
class TestDatabaseKeyringOnPostgres(KeyringContract):
    @pytest.fixture
    def keyring(self, tmp_path: Path) -> Iterator[Keyring]:
        with postgres() as database:
            yield DatabaseKeyring(database, LocalKeyFile(tmp_path / "root.key"))


class TestInMemoryKeyring(KeyringContract):
    @pytest.fixture
    def keyring(self) -> Keyring:
        return InMemoryKeyring()
