"""What a form hands in, as a file."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from consent_registry.domain import ConsentFault
from trust_kernel.errors import InvalidInput


@contextmanager
def on_disk(source: BinaryIO, limit: int, field: str) -> Iterator[Path]:
    """An upload as a file that is gone afterwards.

    Args:
        source: the upload, read from its start.
        limit: bytes that it may have.
        field: what the form calls it.

    Raises:
        InvalidInput: it has more than `limit` bytes.
    """
    with tempfile.TemporaryDirectory(prefix="placet-upload-") as directory:
        path = Path(directory) / "upload"
        source.seek(0)
        with path.open("wb") as target:
            shutil.copyfileobj(source, target)
            if target.tell() > limit:
                raise InvalidInput(
                    "the file is too large",
                    code=ConsentFault.ENROLMENT_TOO_MUCH,
                    field=field,
                    limit=f"{limit} bytes",
                )
        yield path
