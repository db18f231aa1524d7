"""What the ledger says of a claim: enough to prove what it said, too little to guess it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from copyright_optout.api import OptOutIndex
from copyright_optout.domain import Blocks, Claim, ClaimKind, ClaimTerms, Licence, Setting, Told
from copyright_optout.domain.commitments import terms_digest
from tests.factories.claims import a_claim, filing, terms
from tests.fakes.optout import MemoryRecord, optout_parts

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
CHANGES: tuple[Callable[[ClaimTerms], ClaimTerms], ...] = (
    lambda said: replace(said, kind=ClaimKind.WORK),
    lambda said: replace(said, title="Another"),
    lambda said: replace(said, names=("Another",)),
    lambda said: replace(said, descriptions=("a fox",)),
    lambda said: replace(said, blocks=Blocks(frozenset({Setting.VIOLENT}))),
    lambda said: replace(said, blocks=Blocks(territories=frozenset({"IT"}))),
    lambda said: replace(said, licences=(Licence("acct_l"),)),
    lambda said: replace(said, licences=(Licence("acct_l", until=NOON),)),
    lambda said: replace(said, told=Told.NOTHING),
    lambda said: replace(said, starts_at=NOON),
    lambda said: replace(said, expires_at=NOON),
)


def salted(said: ClaimTerms) -> Claim:
    return replace(a_claim(), terms=said, salt="5a" * 16)


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_a_claim_says_is_in_its_digest(change: Callable[[ClaimTerms], ClaimTerms]) -> None:
    plain = a_claim().terms
    assert terms_digest(salted(change(plain))) != terms_digest(salted(plain))


def test_every_change_is_another_digest() -> None:
    digests = {terms_digest(salted(change(a_claim().terms))) for change in CHANGES}
    assert len(digests) == len(CHANGES)


def test_two_claims_that_say_the_same_look_different() -> None:
    record = MemoryRecord()
    optouts = OptOutIndex(optout_parts(record=record))
    for by in ("acct_a", "acct_b"):
        optouts.desk.file(filing(optouts, terms("Fennimore"), by=by))
    found = [body["terms_sha256"] for _, body in record.entries if "terms_sha256" in body]
    assert len(set(found)) == len(found) == 2


def test_a_draft_that_is_handed_in_unchanged_keeps_its_digest() -> None:
    claim = salted(a_claim().terms)
    assert terms_digest(replace(claim, changed_at=NOON)) == terms_digest(claim)
