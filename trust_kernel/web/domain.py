"""Values and reason codes of accounts, permissions and limits."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from trust_kernel.errors import PlacetError
from trust_kernel.texts import UNREADABLE


class Reason(StrEnum):
    """Why a request was turned away before anything looked at what it asks."""

    AUTH_REQUIRED = "kernel:auth:required"
    KEY_INVALID = "kernel:auth:key_invalid"
    SIGN_IN_FAILED = "kernel:auth:sign_in_failed"
    THROTTLED = "kernel:auth:throttled"
    CSRF_MISSING = "kernel:csrf:missing"
    ORIGIN_FOREIGN = "kernel:csrf:origin"
    PASSWORD_WEAK = "kernel:password:weak"  # noqa: S105 - a reason code, not a password
    EMAIL_MALFORMED = "kernel:email:malformed"
    EMAIL_TAKEN = "kernel:email:taken"
    ROLE_UNKNOWN = "kernel:role:unknown"
    SCOPE_UNKNOWN = "kernel:scope:not_held"
    BODY_TOO_LARGE = "kernel:body:too_large"
    REQUEST_MALFORMED = "kernel:request:malformed"
    TEXT_UNREADABLE = UNREADABLE
    HTTP = "kernel:http:error"
    INTERNAL = "kernel:error:internal"


class Throttled(PlacetError):  # noqa: N818 - named like its siblings in trust_kernel.errors
    """Too many tries; later ones are welcome again."""

    default_code = Reason.THROTTLED
    retryable = True


@dataclass(frozen=True, slots=True)
class AccountTerms:
    """How long things last and how often they may be tried.

    Attributes:
        idle: a session ends this long after its last request.
        absolute: and this long after sign-in whatever happens.
        window: failed sign-ins count this long.
        account_failures: failures for one e-mail from one address before further tries are refused.
        address_failures: the same for one address over all e-mails (password spraying).
    """

    idle: timedelta = timedelta(hours=12)
    absolute: timedelta = timedelta(days=7)
    window: timedelta = timedelta(minutes=15)
    account_failures: int = 5
    address_failures: int = 50


@dataclass(frozen=True, slots=True)
class Account:
    """An account as others may see it."""

    id: str
    email: str
    name: str
    roles: frozenset[str]
    disabled: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh session; the token exists only here and in the browser's cookie."""

    token: str
    account_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """An API key without its secret."""

    id: str
    name: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new API key; `plaintext` (``plc_<id>_<secret>``) is shown once and never again."""

    plaintext: str
    info: KeyInfo
