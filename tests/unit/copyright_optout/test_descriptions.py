"""Which claims a prompt describes without naming them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from copyright_optout.api import ClaimState, DescriptionIndex
from copyright_optout.domain import Claim
from copyright_optout.domain.describing import MOST_PARTS, parts_of
from copyright_optout.ports.descriptions import NothingEmbedded
from tests.factories.claims import MADE, a_claim, terms
from tests.fakes.optout import MemoryClaims, SetClock
from tests.fakes.reading import BagOfWords

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
