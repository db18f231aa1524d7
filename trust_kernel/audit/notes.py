"""Signed notes and checkpoints: https://c2sp.org/signed-note and https://c2sp.org/tlog-checkpoint, with Ed25519.

Any tool that reads Go's sumdb notes reads these.
"""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from trust_kernel.errors import Broken, InvalidInput

_ED25519 = b"\x01"
_NAME = re.compile(r"[^\s+\x00-\x1f]{1,200}")
_MAX_NOTE = 1_000_000
_MAX_SIGNATURES = 100
_KEY_ID = 4
_CHECKPOINT_LINES = 3


class NoteSigner:
    """Signs notes under a name.

    Args:
        name: key name, by convention the origin of the log: no spaces, no plus sign.
        key: an Ed25519 private key.
    """

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.verifier = NoteVerifier(name, key.public_key())

    def sign(self, text: str) -> str:
        """The note: text, blank line, one signature line.

        Raises:
            Broken: the text does not end in a newline or holds control characters.
        """
        if not text.endswith("\n") or re.search(r"[\x00-\x09\x0b-\x1f]", text):
            raise Broken("a note is lines of text without control characters", code="ledger:note:malformed")
        signature = base64.b64encode(self.verifier.key_id + self._key.sign(text.encode())).decode()
        return f"{text}\n— {self.verifier.name} {signature}\n"


class NoteVerifier:
    """Opens notes that a named key signed."""

    def __init__(self, name: str, key: Ed25519PublicKey) -> None:
        if _NAME.fullmatch(name) is None:
            raise InvalidInput("a key name has no spaces and no plus sign", code="ledger:key:malformed")
        raw = key.public_bytes_raw()
        self.name = name
        self.key_id = hashlib.sha256(name.encode() + b"\n" + _ED25519 + raw).digest()[:_KEY_ID]
        self._key = key
        self._encoded = base64.b64encode(_ED25519 + raw).decode()

    def __str__(self) -> str:
        """The key in C2SP's text form, ``name+hash+base64``."""
        return f"{self.name}+{self.key_id.hex()}+{self._encoded}"

    @classmethod
    def parse(cls, text: str) -> "NoteVerifier":
        """Read ``name+hash+base64``.

        Raises:
            InvalidInput: not such a key, not Ed25519, or the hash is not the key's.
        """
        name, _, rest = text.strip().partition("+")
        claimed, _, encoded = rest.partition("+")
        try:
            raw = base64.b64decode(encoded, validate=True)
            if not raw.startswith(_ED25519):
                raise InvalidInput("not an Ed25519 verifier key", code="ledger:key:malformed")
            verifier = cls(name, Ed25519PublicKey.from_public_bytes(raw[1:]))
        except ValueError as error:
            raise InvalidInput("not a verifier key", code="ledger:key:malformed") from error
        if not hmac.compare_digest(verifier.key_id.hex().encode(), claimed.encode()):
            raise InvalidInput("the key's hash is not its own", code="ledger:key:malformed")
        return verifier

    def open(self, note: str) -> str | None:
        """The signed text; None where this key did not sign it. Other keys' signatures are passed over."""
        text, separator, signatures = note.rpartition("\n\n")
        lines = signatures.split("\n")
        too_much = len(note) > _MAX_NOTE or len(lines) > _MAX_SIGNATURES + 1
        if not separator or too_much or not signatures.endswith("\n"):
            return None
        text += "\n"
        for line in lines[:-1]:
            blob = self._blob(line)
            if blob is not None:
                return text if self._signed(text, blob) else None
        return None

    def _blob(self, line: str) -> bytes | None:
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        if dash != "—" or name != self.name:
            return None
        try:
            raw = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            return None
        return raw[_KEY_ID:] if raw[:_KEY_ID] == self.key_id else None

    def _signed(self, text: str, signature: bytes) -> bool:
        try:
            self._key.verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class TreeHead:
    """What a checkpoint says: this log, this many leaves, this root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The checkpoint's body: three lines."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> "TreeHead | None":
        """Read a checkpoint's body, extension lines passed over; None where it is none."""
        lines = text.split("\n")
        if len(lines) <= _CHECKPOINT_LINES or not lines[0] or re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1]) is None:
            return None
        try:
            root = base64.b64decode(lines[2], validate=True)
        except (binascii.Error, ValueError):
            return None
        return cls(lines[0], int(lines[1]), root) if len(root) == hashlib.sha256().digest_size else None
