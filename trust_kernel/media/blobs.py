"""Stored bytes, named by their own SHA-256."""

import contextlib
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from trust_kernel.errors import Broken, InvalidInput, NotFound
from trust_kernel.media.reasons import MediaReason

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_CHUNK = 1 << 20


class Blobs(Protocol):
    """A content-addressed store. Digests are SHA-256, 64 lower-case hex digits.

    Every method that takes a digest raises InvalidInput for anything else.
    """

    def put_file(self, path: Path) -> str:
        """Store a copy of a file's bytes; give their digest. Storing the same bytes twice stores them once."""
        ...

    def put_bytes(self, data: bytes) -> str:
        """Store bytes; give their digest."""
        ...

    def open_path(self, digest: str) -> AbstractContextManager[Path]:
        """A local file to read, and only to read, while the block lasts. Raises NotFound."""
        ...

    def read(self, digest: str) -> bytes:
        """All bytes of a blob. Raises NotFound, and Broken where the store no longer holds what it was given."""
        ...

    def exists(self, digest: str) -> bool:
        """Whether there is such a blob."""
        ...

    def delete(self, digest: str) -> None:
        """Remove a blob; nothing happens where there is none."""
        ...


class FileBlobs:
    """Blobs as files of mode 0600 under one folder, ``ab/cd/abcd…``.

    A blob appears whole or not at all: it is written beside, flushed to the disk, then renamed.

    Args:
        root: made, with mode 0700, where it does not exist.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = root / "incoming"
        for folder in (root, self._incoming):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def put_file(self, path: Path) -> str:
        """Copy a file in; what is stored is what was hashed, even if the file changes meanwhile."""
        with path.open("rb") as source:
            return self._store(iter(lambda: source.read(_CHUNK), b""))

    def put_bytes(self, data: bytes) -> str:
        """Store bytes."""
        return self._store(iter((data,)))

    @contextmanager
    def open_path(self, digest: str) -> Iterator[Path]:
        """The stored file itself."""
        place = self._place(digest)
        if not place.is_file():
            raise missing()
        yield place

    def read(self, digest: str) -> bytes:
        """All bytes, checked against the digest."""
        try:
            data = self._place(digest).read_bytes()
        except FileNotFoundError:
            raise missing() from None
        if hashlib.sha256(data).hexdigest() != digest:
            raise Broken("a stored medium is not what was stored", code=MediaReason.BLOB_CHANGED)
        return data

    def exists(self, digest: str) -> bool:
        """Whether the file is there."""
        return self._place(digest).is_file()

    def delete(self, digest: str) -> None:
        """Remove the file."""
        self._place(digest).unlink(missing_ok=True)

    def _place(self, digest: str) -> Path:
        check_digest(digest)
        return self._root / digest[:2] / digest[2:4] / digest

    def _store(self, chunks: Iterator[bytes]) -> str:
        digest = hashlib.sha256()
        descriptor, name = tempfile.mkstemp(dir=self._incoming)  # mode 0600
        try:
            with os.fdopen(descriptor, "wb") as target:
                for chunk in chunks:
                    digest.update(chunk)
                    target.write(chunk)
                target.flush()
                os.fsync(target.fileno())
            place = self._place(digest.hexdigest())
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            Path(name).replace(place)
            _flush_folder(place.parent)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                Path(name).unlink()
            raise
        return digest.hexdigest()


def check_digest(digest: str) -> None:
    """Raise InvalidInput unless `digest` is 64 lower-case hex digits: it becomes part of a path."""
    if not _DIGEST.fullmatch(digest):
        raise InvalidInput("this is no SHA-256 digest", code=MediaReason.BLOB_MALFORMED, field="digest")


def missing() -> NotFound:
    """The error for a digest that is not stored."""
    return NotFound("there is no such medium", code=MediaReason.BLOB_MISSING)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
