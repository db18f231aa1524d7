"""Whom the C2PA says may sign claims and stamp times: its two lists, and what a new list must be to replace an old."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from watermark.domain.credentials import TrustAnchors
from watermark.domain.key_usages import ANY_USAGE, CLAIM_SIGNING, TIME_STAMPING


class TrustReason(StrEnum):
    """Why a trust list was not taken."""

    UNREADABLE = "watermark:trust:unreadable"
    """A block is not a certificate, or there is none, or too much."""
    NOT_AN_AUTHORITY = "watermark:trust:not_an_authority"
    """A certificate may not issue others, or not for the purpose of its list."""
    SHRANK = "watermark:trust:shrank"
    """Fewer than half of those listed before are listed still; to be taken only on purpose."""
    DAMAGED = "watermark:trust:damaged"
    """The lists that are kept are not as they were written."""


class TrustKind(StrEnum):
    """What the authorities of a list vouch for."""

    CLAIMS = "claims"
    """Signers of credentials."""
    STAMPS = "stamps"
    """Time-stamp authorities."""


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate on a list.

    Attributes:
        kind: which list.
        subject: its name, RFC 4514, cleaned.
        not_before: UTC.
        not_after: UTC.
        digest: SHA-256 of the certificate, hex.
        is_root: it vouches for itself.
        usages: extended key usages, dotted; None where it states none, so any.
        may_issue: it is a certificate authority and may sign certificates.
        pem: itself.
    """

    kind: TrustKind
    subject: str
    not_before: datetime
    not_after: datetime
    digest: str
    is_root: bool
    usages: frozenset[str] | None
    may_issue: bool
    pem: str = field(repr=False)

    @property
    def fits(self) -> bool:
        """It may issue certificates for the purpose of its list.

        A time-stamp authority among the signers of claims would be worse than a stranger: the validator takes a
        time-stamping leaf for a claim signer where an anchor vouches for it.
        """
        wanted = CLAIM_SIGNING if self.kind is TrustKind.CLAIMS else TIME_STAMPING
        return self.may_issue and (self.usages is None or bool(self.usages & {wanted, ANY_USAGE}))

    def is_valid_at(self, moment: datetime) -> bool:
        """Neither too young nor run out."""
        return self.not_before <= moment <= self.not_after


@dataclass(frozen=True, slots=True)
class TrustList:
    """Both lists, as they were on one day.

    Attributes:
        authorities: in the order of the lists, claims first.
        source: where they come from: addresses, or a folder.
        date: the day on which they were fetched.
        digests: SHA-256 of each list's file as fetched, hex.
        shipped: they came with this version; else they were fetched since.
    """

    authorities: tuple[Authority, ...]
    source: str
    date: date
    digests: Mapping[TrustKind, str]
    shipped: bool

    @property
    def anchors(self) -> TrustAnchors:
        """For validation. Who ran out stays: what they signed before, with a time stamp, is still believed."""
        return TrustAnchors(
            tuple(authority.pem for authority in self.of(TrustKind.CLAIMS)),
            tuple(authority.pem for authority in self.of(TrustKind.STAMPS)),
        )

    def of(self, kind: TrustKind) -> tuple[Authority, ...]:
        """The authorities of one list."""
        return tuple(authority for authority in self.authorities if authority.kind is kind)

    def document(self) -> dict[str, object]:
        """All of it but the certificates, as JSON values."""
        return {
            "date": self.date.isoformat(),
            "source": self.source,
            "shipped": self.shipped,
            "sha256": {kind.value: digest for kind, digest in self.digests.items()},
            "authorities": [
                {
                    "kind": authority.kind.value,
                    "subject": authority.subject,
                    "root": authority.is_root,
                    "not_before": authority.not_before.isoformat(),
                    "not_after": authority.not_after.isoformat(),
                    "sha256": authority.digest,
                }
                for authority in self.authorities
            ],
        }


@dataclass(frozen=True, slots=True)
class TrustChange:
    """What an update changed.

    Attributes:
        now: the lists in use from now on.
        added: authorities that were not listed before.
        removed: those that are listed no more.
    """

    now: TrustList
    added: tuple[Authority, ...]
    removed: tuple[Authority, ...]


def change_between(before: TrustList, now: TrustList) -> TrustChange:
    """What was added and what removed, by kind and certificate."""
    old = {(authority.kind, authority.digest) for authority in before.authorities}
    new = {(authority.kind, authority.digest) for authority in now.authorities}
    return TrustChange(
        now,
        tuple(authority for authority in now.authorities if (authority.kind, authority.digest) not in old),
        tuple(authority for authority in before.authorities if (authority.kind, authority.digest) not in new),
    )


def has_shrunk(before: Iterable[Authority], now: Iterable[Authority]) -> bool:
    """Fewer than half of those before are there still: a list cut off, or somebody else's."""
    old = {authority.digest for authority in before}
    return 2 * len(old & {authority.digest for authority in now}) < len(old)
