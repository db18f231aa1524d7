"""Small files that are there whole or not at all."""

import contextlib
import os
import tempfile
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
