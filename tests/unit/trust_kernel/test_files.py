"""A small file is there whole or not at all."""

from pathlib import Path

import pytest

from trust_kernel.files import put_file


def test_a_file_is_put_in_place_of_another(tmp_path: Path) -> None:
    place = tmp_path / "a.pem"
    place.write_bytes(b"old")
    put_file(place, b"new")
    assert place.read_bytes() == b"new"
    assert place.stat().st_mode & 0o777 == 0o600


def test_one_that_is_there_may_be_kept(tmp_path: Path) -> None:
    place = tmp_path / "a.pem"
    put_file(place, b"first", keep=True)
    put_file(place, b"second", keep=True)
    assert place.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [place]


def test_it_may_be_for_others_to_read(tmp_path: Path) -> None:
    put_file(tmp_path / "list", b"public", mode=0o644)
    assert (tmp_path / "list").stat().st_mode & 0o777 == 0o644


def test_a_write_that_fails_leaves_what_was_there_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "a.pem"
    place.write_bytes(b"old")

    def fail(descriptor: int) -> None:
        raise OSError(descriptor)

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match=r"\d"):
        put_file(place, b"never whole")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.pem", b"old")]
