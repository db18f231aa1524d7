"""Looking into what somebody uploaded."""

from pathlib import Path
from typing import Protocol

from trust_kernel.media.refs import Look, MediaLimits, MediaRef


class PictureDecoder(Protocol):
    """Decodes what somebody uploaded, in the sandbox."""

    def identify(self, path: Path, limits: MediaLimits, *, field: str = "pictures") -> MediaRef:
        """Say what a file is, by its bytes; raises InvalidInput about `field` where it is nothing that is taken."""
        ...

    def look(self, path: Path, limits: MediaLimits, *, field: str = "pictures") -> Look:
        """Decode a file; raises InvalidInput about `field` where it is no usable medium."""
        ...
