"""Envelope encryption: one data key a subject, wrapped by a deployment key, shredded on its own.

AES-256-GCM throughout (NIST SP 800-38D). The key-encryption key stands behind `KeyService`, whose default is a file
readable by its owner alone; a KMS or an HSM takes its place by configuration.
"""

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, Session, SQLModel, col, select

from trust_kernel.db import Database
from trust_kernel.errors import Broken, NotFound

_NONCE = 12
_KEY = 32
_IDS_AT_ONCE = 500


class KeyService(Protocol):
    """Wraps data keys and derives deployment secrets; the root key never leaves it."""

    def wrap(self, key: bytes) -> bytes:
        """Encrypt a 32-byte data key."""
        ...

    def unwrap(self, wrapped: bytes) -> bytes:
        """Decrypt a data key; raises Broken where it was not wrapped here."""
        ...

    def derive(self, purpose: str, length: int = _KEY) -> bytes:
        """Derive `length` secret bytes for one purpose (HKDF-SHA256, RFC 5869)."""
        ...


class LocalKeyFile:
    """A root key in a file of mode 0600, made on first use."""

    def __init__(self, path: Path) -> None:
        self._root = _read_or_make(path)
        self._wrapping = AESGCM(self.derive("envelope:wrap"))

    def wrap(self, key: bytes) -> bytes:
        """Encrypt a data key under a key derived for wrapping."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._wrapping.encrypt(nonce, key, b"")

    def unwrap(self, wrapped: bytes) -> bytes:
        """Decrypt a data key."""
        try:
            return self._wrapping.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], b"")
        except InvalidTag as error:
            raise Broken("a data key was not wrapped by this deployment", code="kernel:key:foreign") from error

    def derive(self, purpose: str, length: int = _KEY) -> bytes:
        """Derive secret bytes for one purpose."""
        return HKDF(SHA256(), length, salt=b"placet", info=purpose.encode()).derive(self._root)


def _read_or_make(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        root = path.read_bytes()
        if len(root) != _KEY:
            raise Broken("the key file does not hold a 32-byte key", code="kernel:key:malformed") from None
        return root
    with os.fdopen(descriptor, "wb") as file:
        root = secrets.token_bytes(_KEY)
        file.write(root)
        return root


class DataKeyRow(SQLModel, table=True):
    """One subject's wrapped data key; NULL once shredded."""

    __tablename__ = "data_keys"

    key_id: str = Field(primary_key=True)
    wrapped: bytes | None = None


@dataclass(frozen=True, slots=True)
class Sealed:
    """Sealed bytes with what opens them."""

    key_id: str
    sealed: bytes
    context: str


class Keyring(Protocol):
    """Seals and opens bytes under named keys that can be destroyed one by one."""

    def seal(self, key_id: str, plaintext: bytes, context: str) -> bytes:
        """Encrypt under key `key_id`, made if new; `context` must be given again to open."""
        ...

    def open(self, key_id: str, sealed: bytes, context: str) -> bytes:
        """Decrypt; raises NotFound once the key is shredded, Broken where bytes or context were changed."""
        ...

    def open_many(self, sealed: Sequence["Sealed"]) -> list[bytes | None]:
        """Decrypt many at once, in order; None where a key is shredded. Raises Broken as `open` does."""
        ...

    def shred(self, key_id: str) -> None:
        """Destroy the key; whatever it sealed is gone."""
        ...


class DatabaseKeyring:
    """Data keys as rows, wrapped by a `KeyService`."""

    def __init__(self, database: Database, service: KeyService) -> None:
        self._database = database
        self._service = service

    def seal(self, key_id: str, plaintext: bytes, context: str) -> bytes:
        """Encrypt with AES-256-GCM; the result is nonce, ciphertext and tag."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + AESGCM(self._obtain(key_id)).encrypt(nonce, plaintext, f"{key_id}/{context}".encode())

    def open(self, key_id: str, sealed: bytes, context: str) -> bytes:
        """Decrypt what `seal` made."""
        with self._database.reading() as session:
            row = session.get(DataKeyRow, key_id)
            wrapped = row.wrapped if row else None
        if wrapped is None:
            raise NotFound("this key was shredded, or never was", code="kernel:key:shredded")
        return _opened(AESGCM(self._service.unwrap(wrapped)), Sealed(key_id, sealed, context))

    def open_many(self, sealed: Sequence[Sealed]) -> list[bytes | None]:
        """Decrypt many at once: one query for all their keys."""
        ids = list({one.key_id for one in sealed})
        with self._database.reading() as session:
            rows = [
                row for at in range(0, len(ids), _IDS_AT_ONCE) for row in _rows(session, ids[at : at + _IDS_AT_ONCE])
            ]
        ciphers = {row.key_id: AESGCM(self._service.unwrap(row.wrapped)) for row in rows if row.wrapped is not None}
        return [_opened(ciphers[one.key_id], one) if one.key_id in ciphers else None for one in sealed]

    def shred(self, key_id: str) -> None:
        """Overwrite the wrapped key; the row stays so that the id cannot come back to life."""
        with self._database.transaction() as session:
            row = session.get(DataKeyRow, key_id) or DataKeyRow(key_id=key_id)
            row.wrapped = None
            session.add(row)

    def _obtain(self, key_id: str) -> bytes:
        with self._database.transaction() as session:
            row = session.get(DataKeyRow, key_id, with_for_update=True)
            if row is None:
                key = secrets.token_bytes(_KEY)
                try:
                    with session.begin_nested():
                        session.add(DataKeyRow(key_id=key_id, wrapped=self._service.wrap(key)))
                        session.flush()
                except IntegrityError:
                    # Somebody else made it between our look and our write; theirs it is.
                    row = session.get_one(DataKeyRow, key_id, with_for_update=True, populate_existing=True)
                else:
                    return key
            if row.wrapped is None:
                raise NotFound("this key was shredded", code="kernel:key:shredded")
            return self._service.unwrap(row.wrapped)


def _rows(session: Session, ids: Sequence[str]) -> Sequence[DataKeyRow]:
    return session.exec(select(DataKeyRow).where(col(DataKeyRow.key_id).in_(ids))).all()


def _opened(cipher: AESGCM, one: Sealed) -> bytes:
    try:
        return cipher.decrypt(one.sealed[:_NONCE], one.sealed[_NONCE:], f"{one.key_id}/{one.context}".encode())
    except InvalidTag as error:
        raise Broken("sealed bytes do not open in this context", code="kernel:key:mismatch") from error
