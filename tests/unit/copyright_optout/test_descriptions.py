"""Which claims a prompt describes without naming them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from copyright_optout.api import ClaimState, DescriptionIndex, Organisation, Role
from copyright_optout.domain import Claim, Membership
from copyright_optout.domain.describing import MOST_PARTS, parts_of
from copyright_optout.ports.descriptions import Described, NothingEmbedded, NothingKept, Vector, Vectors
from copyright_optout.store import DatabaseClaims, DatabaseOrganisations, DatabaseVectors
from tests.factories.claims import MADE, a_claim, terms
from tests.factories.databases import sqlite
from tests.fakes.optout import MemoryClaims, SetClock
from tests.fakes.reading import BagOfWords
from trust_kernel.db import Database
from trust_kernel.errors import Unavailable

MOUSE = "round yellow mouse with electric cheeks"
KEEPER = "lighthouse keeper made of sails"


def described(claim_id: str, *texts: str) -> Claim:
    return a_claim(claim_id, says=replace(terms(), descriptions=texts))


class Shelf:
    """Claims in memory, and the index over them."""

    def __init__(self, *claims: Claim) -> None:
        self.claims = MemoryClaims()
        self.clock = SetClock(MADE)
        self.words = BagOfWords()
        self.index = DescriptionIndex(self.claims, self.words, self.clock)
        for claim in claims:
            self.put(claim)

    def put(self, claim: Claim) -> None:
        if self.claims.get(claim.id) is None:
            self.claims.add([claim], {})
        self.claims.replace(claim)

    def found(self, prompt: str) -> list[str]:
        return [work.claim.id for work in self.index.described(prompt)]


class Failing(BagOfWords):
    """Goes away after so many passes."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.after = after

    def embed(self, texts: Sequence[str]) -> Vectors:
        if len(self.passes) >= self.after:
            raise Unavailable("gone", code="model:session:gone")
        return super().embed(texts)


class Full(NothingKept):
    """A database that takes nothing."""

    def keep(self, version: str, vectors: Mapping[Described, Vector]) -> None:
        del version, vectors
        raise Unavailable("the disk is full", code="kernel:database:unavailable")


def test_a_prompt_is_like_the_description_that_it_shares_words_with() -> None:
    shelf = Shelf(described("claim_mouse", MOUSE), described("claim_keeper", KEEPER))
    (work,) = shelf.index.described("a yellow mouse with electric cheeks")
    assert (work.claim.id, work.reason, work.threshold) == ("claim_mouse", "optout:description:alike", 0.5)
    assert 0.5 <= work.score <= 1


def test_the_best_of_a_claims_descriptions_counts_and_the_likeliest_claim_is_first() -> None:
    shelf = Shelf(described("claim_a", KEEPER, "yellow mouse"), described("claim_b", "yellow mouse electric cheeks"))
    works = shelf.index.described("yellow mouse electric cheeks")
    assert [work.claim.id for work in works] == ["claim_b", "claim_a"]
    assert works[0].score == pytest.approx(1.0)


def test_a_sentence_of_a_long_prompt_is_compared_by_itself() -> None:
    around = "The market opens early and many stalls are set up. " * 6
    assert Shelf(described("claim_mouse", MOUSE)).found(f"{around}Then a {MOUSE} appears. {around}") == ["claim_mouse"]


def test_what_nobody_described_is_not_embedded_at_all() -> None:
    shelf = Shelf(a_claim("claim_named"))
    assert shelf.found("a yellow mouse with cheeks") == []
    assert shelf.words.passes == []


def test_among_many_descriptions_a_prompt_must_be_more_alike() -> None:
    few = Shelf(described("claim_mouse", MOUSE))
    many = Shelf(described("claim_mouse", MOUSE), *(described(f"claim_{n}", f"{n:b} {n:x} {n}") for n in range(120)))
    assert few.found("a yellow mouse with electric cheeks") == ["claim_mouse"]
    assert many.found("a yellow mouse with electric cheeks") == []
    assert many.found(MOUSE) == ["claim_mouse"]


def test_a_description_is_embedded_once_and_a_prompt_in_one_pass() -> None:
    shelf = Shelf(described("claim_mouse", MOUSE))
    shelf.found("first prompt of four words")
    shelf.found("second prompt of four words")
    shelf.put(described("claim_keeper", KEEPER))
    shelf.found("third prompt of four words")
    assert shelf.words.passes == [1, 1, 1, 1, 1]


def test_a_warm_index_embeds_the_prompt_alone() -> None:
    shelf = Shelf(described("claim_mouse", MOUSE, KEEPER))
    shelf.index.warm_up()
    shelf.index.warm_up()
    assert (shelf.words.passes, len(shelf.index)) == ([2], 2)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with sqlite(tmp_path) as made:
        yield made


class Deployment:
    """Claims in a database, which several processes search."""

    def __init__(self, database: Database, *claims: Claim) -> None:
        owner = Membership("org_a", "acct_a", Role.OWNER, MADE)
        DatabaseOrganisations(database).found(Organisation("org_a", "Fennimore Films", MADE), owner)
        self.claims, self.vectors = DatabaseClaims(database), DatabaseVectors(database)
        self.claims.add(claims, {})
        for claim in claims:
            self.claims.replace(claim)

    def process(self, words: BagOfWords) -> DescriptionIndex:
        return DescriptionIndex(self.claims, words, SetClock(MADE), self.vectors)


def test_a_second_process_starts_without_embedding_anything(database: Database) -> None:
    deployment = Deployment(database, described("claim_a", MOUSE, KEEPER), described("claim_b", KEEPER))
    first, second = BagOfWords(), BagOfWords()
    deployment.process(first).warm_up()
    late = deployment.process(second)
    late.warm_up()
    assert (first.passes, second.passes, len(late)) == ([3], [], 3)
    assert {work.claim.id for work in late.described(KEEPER)} == {"claim_a", "claim_b"}
    deployment.claims.replace(described("claim_b", KEEPER, MOUSE))
    late.warm_up()
    assert second.passes == [1, 1]  # the prompt, and the one description that is new


def test_another_model_makes_its_own(database: Database) -> None:
    deployment = Deployment(database, described("claim_a", MOUSE))
    deployment.process(BagOfWords()).warm_up()
    other = BagOfWords()
    other.version = "words-2"
    deployment.process(other).warm_up()
    assert other.passes == [1]


def test_claims_are_read_in_pieces_and_what_was_made_of_each_is_kept(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("copyright_optout.service.descriptions._CLAIMS", 2)
    claims = [described(f"claim_{number}", f"{MOUSE} {number}") for number in range(5)]
    deployment = Deployment(database, *claims)
    words = Failing(after=2)
    index = deployment.process(words)
    with pytest.raises(Unavailable):
        index.warm_up()
    assert index.described("") == ()
    words.after = 99
    index.warm_up()
    assert (words.passes, len(index)) == ([2, 2, 1], 5)


def test_what_cannot_be_kept_is_compared_all_the_same() -> None:
    claims = MemoryClaims()
    claims.add([described("claim_a", MOUSE)], {})
    claims.replace(described("claim_a", MOUSE))
    index = DescriptionIndex(claims, BagOfWords(), SetClock(MADE), Full())
    assert [work.claim.id for work in index.described(MOUSE)] == ["claim_a"]


@pytest.mark.parametrize("state", [ClaimState.WITHDRAWN, ClaimState.DISPUTED, ClaimState.QUARANTINED])
def test_a_claim_that_ceased_to_stand_is_not_found_from_the_next_search_on(state: ClaimState) -> None:
    claim = described("claim_mouse", MOUSE)
    shelf = Shelf(claim, described("claim_keeper", KEEPER))
    assert shelf.found(MOUSE) == ["claim_mouse"]
    shelf.put(replace(claim, state=state))
    assert shelf.found(MOUSE) == []
    assert shelf.found(KEEPER) == ["claim_keeper"]


def test_a_claim_whose_time_ran_out_is_not_found_though_no_change_was_written() -> None:
    claim = described("claim_mouse", MOUSE)
    shelf = Shelf(replace(claim, terms=replace(claim.terms, expires_at=MADE + timedelta(days=1))))
    assert shelf.found(MOUSE) == ["claim_mouse"]
    shelf.clock.moment = MADE + timedelta(days=1)
    assert shelf.found(MOUSE) == []


def test_another_wording_takes_the_place_of_the_first() -> None:
    shelf = Shelf(described("claim_a", MOUSE))
    assert shelf.found(MOUSE) == ["claim_a"]
    shelf.put(described("claim_a", KEEPER))
    assert (shelf.found(MOUSE), shelf.found(KEEPER), len(shelf.index)) == ([], ["claim_a"], 1)


def test_a_deployment_that_compares_nothing_finds_nothing() -> None:
    claims = MemoryClaims()
    claims.add([described("claim_a", MOUSE)], {})
    claims.replace(described("claim_a", MOUSE))
    assert DescriptionIndex(claims, NothingEmbedded(), SetClock(MADE)).described(MOUSE) == ()


def test_a_prompt_is_compared_whole_and_by_its_sentences() -> None:
    text = "A cat sits on a mat.  Then, slowly, it rains!\nShort one. \u732b\u304c\u3044\u308b\u3002"
    assert parts_of(text) == (
        "A cat sits on a mat. Then, slowly, it rains! Short one. \u732b\u304c\u3044\u308b\u3002",
        "A cat sits on a mat.",
        "Then, slowly, it rains!",
    )


@pytest.mark.parametrize("text", ["", "  \n "])
def test_nothing_is_compared_where_nothing_is_said(text: str) -> None:
    assert parts_of(text) == ()


def test_no_sentence_of_a_very_long_prompt_is_left_out() -> None:
    sentences = [f"this is sentence number {number}." for number in range(1000)]
    parts = parts_of(" ".join(sentences))
    assert len(parts) <= MOST_PARTS
    assert all(any(sentence in part for part in parts[1:]) for sentence in sentences)
