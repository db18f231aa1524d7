"""Claims and filings that are right in every way but those that a test asks for."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from copyright_optout.api import (
    Claim,
    ClaimKind,
    ClaimState,
    ClaimTerms,
    Declaration,
    Filing,
    Ground,
    OptOutIndex,
    Proof,
)

MADE = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PROOF = Proof(Ground.AUTHOR, "drawn by us since 1998")
DECLARED = frozenset(Declaration)
FORM = {"ground": "author", "statement": "drawn by us since 1998", "declarations": [str(one) for one in Declaration]}
"""What a form needs beside title and kind."""


def terms(title: str = "Fennimore Fox", *names: str, kind: ClaimKind = ClaimKind.CHARACTER) -> ClaimTerms:
    """What a claim says."""
    return ClaimTerms(kind, title, names)


def a_claim(
    claim_id: str = "claim_1",
    *,
    of: str = "org_a",
    says: ClaimTerms | None = None,
    state: ClaimState = ClaimState.ACTIVE,
    at: datetime = MADE,
) -> Claim:
    """A claim as a store keeps it."""
    return Claim(claim_id, of, "acct_a", says or terms(), state, at, at, proof=PROOF, declared=DECLARED)


def filing(
    optouts: OptOutIndex,
    says: ClaimTerms | None = None,
    *,
    by: str = "acct_a",
    pictures: Sequence[NDArray[np.uint8]] = (),
) -> Filing:
    """A filing for the organisation of an account."""
    own = optouts.organisations.own(by).id
    return Filing(own, by, says or terms(), PROOF, DECLARED, pictures=pictures)


def active(
    optouts: OptOutIndex,
    says: ClaimTerms | None = None,
    *,
    by: str = "acct_a",
    pictures: Sequence[NDArray[np.uint8]] = (),
) -> str:
    """File a claim and let it take effect; gives its id."""
    claim = optouts.desk.file(filing(optouts, says, by=by, pictures=pictures))
    return optouts.desk.activate(claim.id, actor="acct_s").id
