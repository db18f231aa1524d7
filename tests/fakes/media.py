"""Stand-ins for media ports."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trust_kernel.media.blobs import check_digest, missing


class InMemoryBlobs:
    """Blobs in a dict."""

    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {}

    def put_file(self, path: Path) -> str:
        return self.put_bytes(path.read_bytes())

    def put_bytes(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        self.stored[digest] = data
        return digest

    @contextmanager
    def open_path(self, digest: str) -> Iterator[Path]:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / "blob"
            place.write_bytes(self.read(digest))
            yield place

    def read(self, digest: str) -> bytes:
        check_digest(digest)
        if digest not in self.stored:
            raise missing()
        return self.stored[digest]

    def exists(self, digest: str) -> bool:
        check_digest(digest)
        return digest in self.stored

    def delete(self, digest: str) -> None:
        check_digest(digest)
        self.stored.pop(digest, None)
