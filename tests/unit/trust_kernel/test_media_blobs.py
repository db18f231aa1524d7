from pathlib import Path

import pytest

from trust_kernel.errors import Broken
from trust_kernel.media.blobs import FileBlobs
from trust_kernel.media.reasons import MediaReason


def stored_file(root: Path, digest: str) -> Path:
    return root / digest[:2] / digest[2:4] / digest


def test_a_blob_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    digest = FileBlobs(tmp_path).put_bytes(b"private")
    assert stored_file(tmp_path, digest).stat().st_mode & 0o777 == 0o600


def test_nothing_is_left_beside_the_blob(tmp_path: Path) -> None:
    FileBlobs(tmp_path).put_bytes(b"whole")
    assert not list((tmp_path / "incoming").iterdir())


def test_a_copy_that_fails_leaves_nothing(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path / "blobs")
    with pytest.raises(IsADirectoryError):
        blobs.put_file(tmp_path)
    assert not [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]


def test_a_write_that_fails_midway_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = FileBlobs(tmp_path)

    def fail(descriptor: int) -> None:
        raise OSError(descriptor)

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match=r"\d"):
        blobs.put_bytes(b"never whole")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_blob_that_was_changed_on_disk_is_not_given_out(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path)
    digest = blobs.put_bytes(b"original")
    stored_file(tmp_path, digest).write_bytes(b"replaced")
    with pytest.raises(Broken) as refusal:
        blobs.read(digest)
    assert refusal.value.code == MediaReason.BLOB_CHANGED
