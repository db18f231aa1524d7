"""What the registry needs of others, as roles."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from consent_registry.domain import Cameo, Grant, Json, Receipt, SubjectRecord
from trust_kernel.media.refs import Look, MediaLimits


class UnitOfWork(Protocol):
    """Units of work that join; `trust_kernel.db.Database` is one."""

    def transaction(self) -> AbstractContextManager[object]:
        """Commit at the end of the outermost block, roll back on any exception."""
        ...

    def reading(self) -> AbstractContextManager[object]:
        """One consistent place to read from."""
        ...


class Enrolled(Protocol):
    """What came of an enrolment."""

    @property
    def face_templates(self) -> int:
        """Face templates made."""
        ...

    @property
    def voice_templates(self) -> int:
        """Voice templates made."""
        ...

    @property
    def portrait(self) -> NDArray[np.uint8] | None:
        """Head and shoulders of the best picture, uint8 RGB (h, w, 3); None where no picture was given."""
        ...


class LikenessEnroller(Protocol):
    """Makes and destroys templates."""

    def enrol(
        self,
        subject_id: str,
        faces: Sequence[NDArray[np.uint8]],
        voices: Sequence[NDArray[np.float32]],
        *,
        keep_reference: bool,
    ) -> Enrolled:
        """Add templates of a subject's face and voice, in the caller's transaction.

        Args:
            subject_id: whose likeness.
            faces: uint8 RGB pictures.
            voices: float32 mono sounds at 16 kHz.
            keep_reference: whether media may be kept, sealed, so that a later model can make new templates.

        Raises:
            InvalidInput: no face, several faces, too little voice.
        """
        ...

    def forget(self, subject_id: str) -> None:
        """Destroy every template of a subject."""
        ...


class Withdrawals(Protocol):
    """Takes releases back. Called inside the transaction that revokes."""

    def withdraw_for(
        self, subject_id: str, grant_ids: frozenset[str] | None, reason: str, at: datetime
    ) -> tuple[str, ...]:
        """Withdraw the releases that show a subject under some grants, or at all where `grant_ids` is None.

        Returns:
            The ids of what was withdrawn.
        """
        ...


class Record(Protocol):
    """The public ledger. Bodies hold digests, ids and codes only."""

    def append(self, kind: str, body: Mapping[str, str | int]) -> object:
        """Append one entry in the caller's transaction."""
        ...


class Notifier(Protocol):
    """Tells people what happened, in the caller's transaction."""

    def emit(self, kind: str, recipient: str, payload: Mapping[str, str | int | bool | None]) -> object:
        """Tell one account."""
        ...


class ReceiptSigner(Protocol):
    """Signs receipts."""

    def sign(self, payload: Mapping[str, Json]) -> str:
        """A JWS in compact serialisation (RFC 7515)."""
        ...

    def jwks(self) -> dict[str, Json]:
        """The public keys that receipts can be checked with, as a JWK set (RFC 7517)."""
        ...


class UploadDecoder(Protocol):
    """Decodes an uploaded file; `trust_kernel.media.decode.Decoder` is one."""

    def look(self, path: Path, limits: MediaLimits) -> Look:
        """Decode a file within limits; raises InvalidInput where it is not a medium, damaged or too large."""
        ...


class PeopleStore(Protocol):
    """Keeps subjects and who follows whom. Every method joins the transaction that is open."""

    def add_subject(self, record: SubjectRecord, handle_digest: str) -> None:
        """Insert; raises Conflict where the account has a subject or the handle was ever used."""
        ...

    def subject(self, subject_id: str) -> SubjectRecord | None:
        """By id, forgotten ones too."""
        ...

    def subject_of(self, account_id: str) -> SubjectRecord | None:
        """By account."""
        ...

    def named(self, handles: Collection[str]) -> Sequence[SubjectRecord]:
        """By handle, in order of handle."""
        ...

    def lock(self, subject_ids: Collection[str]) -> Mapping[str, SubjectRecord]:
        """Lock rows in order of id until the transaction ends, and give them as they then are, by id."""
        ...

    def set_epoch(self, subject_id: str, epoch: int) -> None:
        """Write a locked subject's consent epoch."""
        ...

    def bury(self, subject_id: str, at: datetime) -> None:
        """Erase everything of a locked subject but id, epoch, handle digest and dates."""
        ...

    def follow(self, follower: str, followed: str, at: datetime) -> bool:
        """Note that an account follows another; False where it did already."""
        ...

    def unfollow(self, follower: str, followed: str) -> bool:
        """Undo `follow`; False where there was nothing to undo."""
        ...

    def follows(self, follower: str, followed: str) -> bool:
        """Whether an account follows another."""
        ...

    def drop_follows(self, account_id: str) -> None:
        """Remove an account from both sides."""
        ...


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


class GrantStore(Protocol):
    """Keeps grants and receipts."""

    def add_grant(self, grant: Grant) -> None:
        """Insert."""
        ...

    def grant(self, grant_id: str) -> Grant | None:
        """By id, as committed or as changed in this transaction."""
        ...

    def grants(self, subject_id: str) -> Sequence[Grant]:
        """All of a subject, oldest first."""
        ...

    def mark_revoked(self, grant_id: str, at: datetime, version: int) -> None:
        """Write a revocation; the subject is locked."""
        ...

    def count_use(self, grant_id: str) -> bool:
        """Add one use, unless that would pass its count or it is revoked: then False and nothing changes."""
        ...

    def strip_grants(self, subject_id: str) -> None:
        """Erase notes and named people from all grants of a subject."""
        ...

    def add_receipt(self, receipt: Receipt) -> None:
        """Insert."""
        ...

    def receipt(self, grant_id: str, version: int | None) -> Receipt | None:
        """That of one version, or the newest."""
        ...


class ConsentStore(PeopleStore, CameoStore, GrantStore, Protocol):
    """Everything that the registry keeps."""
