"""Cameos and sealed reference media, as they are kept."""

from typing import Protocol

from consent_registry.domain import Cameo


class CameoStore(Protocol):
    """Keeps cameos and sealed reference media."""

    def add_cameo(self, cameo: Cameo, attested_by: str) -> None:
        """Insert the next version."""
        ...

    def cameo(self, subject_id: str) -> Cameo | None:
        """The newest version."""
        ...

    def drop_cameos(self, subject_id: str) -> None:
        """Delete every version."""
        ...

    def put_media(self, subject_id: str, part: str, sealed: bytes) -> None:
        """Keep one sealed part ("portrait", "voice"), in place of an earlier one."""
        ...

    def media(self, subject_id: str, part: str) -> bytes | None:
        """One sealed part."""
        ...

    def drop_media(self, subject_id: str) -> None:
        """Delete every part."""
        ...
