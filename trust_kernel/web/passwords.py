"""Which passwords are taken, and how they are kept."""

import unicodedata
from typing import Protocol

from trust_kernel.errors import InvalidInput
from trust_kernel.web.domain import Reason

MIN_LENGTH = 12
MAX_LENGTH = 256


class PasswordHasher(Protocol):
    """Hashes slowly and verifies; `pwdlib.PasswordHash` has this shape."""

    def hash(self, password: str) -> str:
        """A salted hash with its parameters."""
        ...

    def verify(self, password: str, hash: str) -> bool:  # noqa: A002 - pwdlib's own name
        """Whether the hash was made of this password."""
        ...


def argon2() -> PasswordHasher:
    """Argon2id with RFC 9106's low-memory parameters (64 MiB, 3 passes, 4 lanes): about 0.1 s on one core."""
    from pwdlib import PasswordHash

    return PasswordHash.recommended()


def normal(password: str) -> str:
    """One spelling for what looks the same on different keyboards (NFKC, as NIST SP 800-63B asks)."""
    return unicodedata.normalize("NFKC", password)


def check(password: str, email: str) -> None:
    """Refuse what is too easily guessed.

    Raises:
        InvalidInput: shorter than 12 or longer than 256 characters, the e-mail or its local part, or one character
            over and over.
    """
    length = len(normal(password))
    if not MIN_LENGTH <= length <= MAX_LENGTH:
        limit = f"{MIN_LENGTH} to {MAX_LENGTH} characters"
        raise InvalidInput(f"a password has {limit}", code=Reason.PASSWORD_WEAK, field="password", limit=limit)
    plain = normal(password).casefold()
    if plain in {email, email.partition("@")[0]} or len(set(plain)) == 1:
        raise InvalidInput("this password is too easy to guess", code=Reason.PASSWORD_WEAK, field="password")
