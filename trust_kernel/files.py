"""Small files that are there whole or not at all, and locks on files."""

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


def put_file(place: Path, content: bytes, *, mode: int = 0o600, keep: bool = False) -> None:
    """Write a file beside its place, make it durable, and put it there in one step.

    Args:
        place: where it goes; its folder must be there.
        content: what is written.
        mode: permission bits.
        keep: leave a file that is already there as it is.

    Raises:
        OSError: it cannot be written; what was there still is.
    """
    descriptor, draft = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}-")  # made with mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), mode)
            file.flush()
            os.fsync(file.fileno())
        if keep:
            # A link does not replace what is there: another process may have been first.
            with contextlib.suppress(FileExistsError):
                place.hardlink_to(draft)
        else:
            Path(draft).replace(place)
    finally:
        Path(draft).unlink(missing_ok=True)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive advisory lock on `path` (flock; made if missing): one process, and one thread of it, at a time.

    The file stays: whoever waits for one that is removed would hold another lock than whoever comes after them.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)
