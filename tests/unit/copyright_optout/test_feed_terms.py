"""A claim that goes out in any format and comes in again says the same, field by field."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any, BinaryIO
from unittest.mock import Mock

from hypothesis import given
from hypothesis import strategies as st

from copyright_optout.adapters.claim_lists import ClaimFiles
from copyright_optout.adapters.feeds import FeedFiles
from copyright_optout.api import Blocks, Claim, ClaimKind, ClaimState, ClaimTerms, FeedDesk, FeedFormat, Setting, Told
from copyright_optout.domain.feeds import HASHES, Lost
from copyright_optout.domain.imports import ClaimImport, ImportState
from copyright_optout.ports.imports import ListedClaim
from copyright_optout.service.import_terms import filing_of, reference_of

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
JOB = ClaimImport("imp_1", "org_b", "acct_b", False, ImportState.RUNNING, "", 0, NOW, NOW)
CODE = "ISCC:KACYPXW445FTYNJ3CYSXHAFJMA2HUWULUNRFE3BLHRSCXYH2M5AEGQY"


class Desks:
    """A desk that gives one claim out, and keeps the list that a feed becomes."""

    def __init__(self, claim: Claim) -> None:
        self.lines = b""
        claims = Mock()
        claims.page.side_effect = lambda *_, after, **__: [] if after else [claim]
        claims.prints.return_value = []
        references = Mock()
        references.text_code.return_value = CODE
        self.feeds = FeedDesk(FeedFiles(), claims, Mock(), self, references, Mock())  # type: ignore[arg-type] # starts imports

    def start(self, order: object, file: BinaryIO) -> ClaimImport:
        del order
        self.lines = file.read()
        return JOB

    def through(self, form: FeedFormat) -> ListedClaim:
        out = self.feeds.give_out(form, None)
        assert out.lost <= {Lost.ISCC}
        assert self.feeds.take_in(form, out.document, organisation_id="org_b", by="acct_b").notes == []
        (listed,) = ClaimFiles().read(BytesIO(self.lines))
        assert isinstance(listed, ListedClaim)
        return listed


LETTERS = st.characters(exclude_categories=["Cs", "Cc", "Z"]) | st.just(" ")
NAMES = st.text(LETTERS, min_size=1, max_size=40).map(lambda text: " ".join(text.split())).filter(bool)
ADDRESSES = NAMES.map(lambda name: f"https://studio.example/{name}")
MOMENTS = st.none() | st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive
TERMS = st.builds(
    ClaimTerms,
    st.sampled_from(ClaimKind),
    NAMES | ADDRESSES,
    st.lists(NAMES, max_size=4).map(tuple),
    st.lists(NAMES, max_size=2).map(tuple),
    st.builds(Blocks, st.frozensets(st.sampled_from(Setting)), st.frozensets(st.sampled_from(["IT", "DE", "US"]))),
    st.just(()),
    st.sampled_from(Told),
    MOMENTS,
    MOMENTS,
)


@given(st.sampled_from(sorted(frozenset(FeedFormat) - HASHES)), TERMS, st.just("") | NAMES)
def test_a_claim_comes_back_as_it_went(form: FeedFormat, terms: ClaimTerms, reference: str) -> None:
    claim = Claim("claim_1", "org_a", "acct_a", terms, ClaimState.ACTIVE, NOW, NOW, reference=reference)
    listed = Desks(claim).through(form)
    found: Any = filing_of(listed, reference_of(listed, JOB), JOB)
    assert found.terms == terms
    assert found.draft
    assert found.reference == reference or not reference
