"""What is known of a signing key and its certificates, and why one cannot be used."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

RENEW_WITHIN_DAYS = 30
"""A certificate with fewer days left is to be renewed now."""


class KeyReason(StrEnum):
    """Why a signing key or its certificate cannot be used."""

    DAMAGED = "watermark:key:damaged"
    """A key file of the development authority cannot be read."""
    UNUSABLE = "watermark:key:unusable"
    """The key or its certificates cannot be read, are not on P-256, or do not belong together."""
    UNAVAILABLE = "watermark:key:unavailable"
    """The token or key service does not answer."""
    REFUSED = "watermark:key:pin_refused"
    """The token refuses the PIN. It is not asked again, because it would lock itself."""
    EXISTS = "watermark:key:exists"
    """There is a key of that name already; it is not replaced."""
    DEVELOPMENT = "watermark:credential:development_certificate"
    """A certificate made here for development, which nobody outside can trust, was given to production."""
    EXPIRED = "watermark:certificate:expired"
    """The certificate has run out."""
    EARLY = "watermark:certificate:not_yet_valid"
    """The certificate is not valid yet; or the clock is wrong."""
    USAGE = "watermark:certificate:wrong_usage"
    """The certificate is not one for signing claims."""
    CHAIN = "watermark:certificate:broken_chain"
    """The certificates do not lead from the signer's to a certificate authority's, each issued by the next."""
    SUBJECT = "watermark:certificate:subject"
    """The names for a certificate request are missing or too long."""
    ANCHORS = "watermark:key:anchors_unwritable"
    """The former roots cannot be kept, so nothing is signed: it would not verify after the next rotation."""


@dataclass(frozen=True, slots=True)
class IdentityState:
    """A signing certificate that can be used, and for how long.

    Attributes:
        organisation: O of its subject; CN where it has none.
        not_after: when it runs out, UTC.
        days_left: whole days until then.
        is_development: made here; nobody outside can trust it.
    """

    organisation: str
    not_after: datetime
    days_left: int
    is_development: bool

    @property
    def runs_out_soon(self) -> bool:
        """It is to be renewed now."""
        return self.days_left < RENEW_WITHIN_DAYS


@dataclass(frozen=True, slots=True)
class RequestSubject:
    """Whom a certificate is asked for.

    Attributes:
        organisation: legal name, 1 to 64 characters.
        common_name: name of the product or service, 1 to 64 characters.
        country: ISO 3166 alpha-2.
        unit: organisational unit, at most 64 characters; empty where there is none.
    """

    organisation: str
    common_name: str
    country: str
    unit: str = ""
