"""Files that people hand in."""

from pathlib import Path
from typing import Protocol

from trust_kernel.media.refs import Look, MediaLimits


class UploadDecoder(Protocol):
    """Decodes an uploaded file; `trust_kernel.media.decode.Decoder` is one."""

    def look(self, path: Path, limits: MediaLimits) -> Look:
        """Decode a file within limits; raises InvalidInput where it is not a medium, damaged or too large."""
        ...
