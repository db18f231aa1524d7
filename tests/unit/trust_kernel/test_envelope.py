"""The root key's file, and what is derived from it. What a keyring promises is in the contracts."""

from pathlib import Path

import pytest

from tests.factories.databases import sqlite
from trust_kernel.envelope import DatabaseKeyring, DataKeyRow, LocalKeyFile
from trust_kernel.errors import Broken

KEY = bytes(range(32))


def test_the_key_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "root.key"
    first = LocalKeyFile(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(path.read_bytes()) == 32
    assert LocalKeyFile(path).unwrap(first.wrap(KEY)) == KEY


def test_a_wrapped_key_is_no_plain_key_and_never_the_same_twice(tmp_path: Path) -> None:
    keys = LocalKeyFile(tmp_path / "root.key")
    wrapped = keys.wrap(KEY)
    assert KEY not in wrapped
    assert wrapped != keys.wrap(KEY)


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33])
def test_a_malformed_key_file_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "root.key"
    path.write_bytes(content)
    with pytest.raises(Broken) as error:
        LocalKeyFile(path)
    assert error.value.code == "kernel:key:malformed"
    assert path.read_bytes() == content


def test_a_key_of_another_deployment_does_not_unwrap(tmp_path: Path) -> None:
    wrapped = LocalKeyFile(tmp_path / "one.key").wrap(KEY)
    with pytest.raises(Broken) as error:
        LocalKeyFile(tmp_path / "two.key").unwrap(wrapped)
    assert error.value.code == "kernel:key:foreign"


def test_secrets_differ_by_purpose_and_stay_the_same(tmp_path: Path) -> None:
    keys = LocalKeyFile(tmp_path / "root.key")
    assert keys.derive("a") == LocalKeyFile(tmp_path / "root.key").derive("a")
    assert keys.derive("a") != keys.derive("b")
    assert [len(keys.derive("a")), len(keys.derive("a", 16))] == [32, 16]
    assert keys.derive("a") != (tmp_path / "root.key").read_bytes()


def test_derivation_is_hkdf_sha256_with_the_houses_salt(tmp_path: Path) -> None:
    path = tmp_path / "root.key"
    path.write_bytes(KEY)
    # computed by an independent implementation of RFC 5869 over hmac
    import hashlib
    import hmac

    extracted = hmac.new(b"placet", KEY, hashlib.sha256).digest()
    expanded = hmac.new(extracted, b"ledger:note\x01", hashlib.sha256).digest()
    assert LocalKeyFile(path).derive("ledger:note") == expanded


def test_shredding_leaves_a_row_without_a_key(tmp_path: Path) -> None:
    with sqlite(tmp_path) as database:
        keyring = DatabaseKeyring(database, LocalKeyFile(tmp_path / "root.key"))
        keyring.seal("ada", b"x", "c")
        with database.reading() as session:
            row = session.get(DataKeyRow, "ada")
            assert row is not None
            assert row.wrapped is not None
        keyring.shred("ada")
        with database.reading() as session:
            row = session.get(DataKeyRow, "ada")
            assert row is not None
            assert row.wrapped is None


def test_a_key_made_in_a_transaction_that_rolls_back_was_never_made(tmp_path: Path) -> None:
    with sqlite(tmp_path) as database:
        keyring = DatabaseKeyring(database, LocalKeyFile(tmp_path / "root.key"))
        with pytest.raises(ZeroDivisionError), database.transaction():  # noqa: PT012 - what is rolled back
            keyring.seal("ada", b"x", "c")
            raise ZeroDivisionError
        with database.reading() as session:
            assert session.get(DataKeyRow, "ada") is None
