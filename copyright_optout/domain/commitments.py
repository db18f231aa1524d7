"""What the ledger says of a claim without saying it."""

import hashlib
import json
import secrets
from datetime import datetime

from copyright_optout.domain.claims import Claim
from trust_kernel.clock import in_utc


def new_salt() -> str:
    """16 random bytes, hex: nobody tries titles against a digest."""
    return secrets.token_hex(16)


def terms_digest(claim: Claim) -> str:
    """SHA-256 of all that a claim says, licences too, and of its salt; hex, as the ledger shows it."""
    terms = claim.terms
    said = [
        claim.salt,
        terms.kind.value,
        terms.title,
        *([*some] for some in (terms.names, terms.descriptions)),
        *(sorted(some) for some in (terms.blocks.settings, terms.blocks.territories)),
        [
            [one.account_id, sorted(one.settings), sorted(one.territories), _moment(one.until)]
            for one in sorted(terms.licences, key=lambda one: one.account_id)
        ],
        terms.told.value,
        _moment(terms.starts_at),
        _moment(terms.expires_at),
    ]
    return hashlib.sha256(json.dumps(said, separators=(",", ":")).encode("ascii")).hexdigest()


def _moment(at: datetime | None) -> str | None:
    return None if at is None else in_utc(at).isoformat()
