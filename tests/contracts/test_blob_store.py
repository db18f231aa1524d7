"""What every blob store does."""

import hashlib
from pathlib import Path

import pytest

from tests.fakes.media import InMemoryBlobs
from trust_kernel.errors import InvalidInput, NotFound
from trust_kernel.media.blobs import Blobs, FileBlobs
from trust_kernel.media.reasons import MediaReason

DATA = b"some bytes" * 1000
DIGEST = hashlib.sha256(DATA).hexdigest()
ABSENT = "0" * 64


class BlobStoreContract:
    @pytest.fixture
    def blobs(self, tmp_path: Path) -> Blobs:
        raise NotImplementedError

    def test_bytes_are_named_by_their_sha256(self, blobs: Blobs) -> None:
        assert blobs.put_bytes(DATA) == DIGEST

    def test_what_was_put_is_read_back(self, blobs: Blobs) -> None:
        assert blobs.read(blobs.put_bytes(DATA)) == DATA

    def test_a_file_and_its_bytes_are_one_blob(self, blobs: Blobs, tmp_path: Path) -> None:
        source = tmp_path / "source"
        source.write_bytes(DATA)
        assert blobs.put_file(source) == blobs.put_bytes(DATA)

    def test_putting_a_file_leaves_the_file_alone(self, blobs: Blobs, tmp_path: Path) -> None:
        source = tmp_path / "source"
        source.write_bytes(DATA)
        blobs.delete(blobs.put_file(source))
        assert source.read_bytes() == DATA

    def test_nothing_at_all_is_a_blob_too(self, blobs: Blobs) -> None:
        assert blobs.read(blobs.put_bytes(b"")) == b""

    def test_a_blob_opens_as_a_local_file(self, blobs: Blobs) -> None:
        with blobs.open_path(blobs.put_bytes(DATA)) as path:
            assert path.read_bytes() == DATA

    def test_an_absent_blob_is_not_found(self, blobs: Blobs) -> None:
        with pytest.raises(NotFound) as reading:
            blobs.read(ABSENT)
        with pytest.raises(NotFound), blobs.open_path(ABSENT):
            pass
        assert reading.value.code == MediaReason.BLOB_MISSING

    def test_existence_follows_putting_and_deleting(self, blobs: Blobs) -> None:
        before = blobs.exists(DIGEST)
        blobs.put_bytes(DATA)
        between = blobs.exists(DIGEST)
        blobs.delete(DIGEST)
        assert (before, between, blobs.exists(DIGEST)) == (False, True, False)

    def test_deleting_twice_is_no_error(self, blobs: Blobs) -> None:
        blobs.put_bytes(DATA)
        blobs.delete(DIGEST)
        blobs.delete(DIGEST)

    @pytest.mark.parametrize("digest", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n", "\u0660" * 64])
    def test_only_a_digest_is_taken_for_a_digest(self, blobs: Blobs, digest: str) -> None:
        with pytest.raises(InvalidInput):
            blobs.read(digest)
        with pytest.raises(InvalidInput):
            blobs.exists(digest)
        with pytest.raises(InvalidInput):
            blobs.delete(digest)
        with pytest.raises(InvalidInput), blobs.open_path(digest):
            pass


class TestFileBlobs(BlobStoreContract):
    @pytest.fixture
    def blobs(self, tmp_path: Path) -> Blobs:
        return FileBlobs(tmp_path / "blobs")


class TestInMemoryBlobs(BlobStoreContract):
    @pytest.fixture
    def blobs(self, tmp_path: Path) -> Blobs:  # noqa: ARG002 - the contract's signature
        return InMemoryBlobs()
