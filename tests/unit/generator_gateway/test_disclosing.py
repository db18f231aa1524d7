"""What whoever asked is told of a claim that stopped them: what its rights holder allows, everywhere alike."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from copyright_optout.api import NamedWork, Told
from generator_gateway.schemas import video_out
from generator_gateway.service.disclosing import disclosed, facts_of
from tests.factories.cases import NOON, a_request
from tests.factories.claims import a_claim, terms
from tests.unit.generator_gateway.conftest import House, view_of
from trust_kernel.decisions import Evidence, Finding, Outcome, Stage

EVERYTHING = {"kind": "character", "title": "Leo", "holder": "Fox Studio"}


def finding(told: Mapping[str, str], source: str = "prompt", outcome: Outcome = Outcome.MATCH) -> Finding:
    return Finding(
        "prompt:names", Stage.REQUEST, outcome, "optout:character:named", Evidence(source), facts=facts_of(told)
    )


@pytest.mark.parametrize(
    ("source", "told", "said"),
    [
        ("prompt", {}, "It was found in your words."),
        ("ref_1", {}, "It was found in a reference."),
        ("output", {"kind": "style"}, "Found in what was made: an artist's style."),
        ("prompt", {"kind": "character", "title": "Leo"}, 'Found in your words: a character, "Leo".'),
        ("prompt", EVERYTHING, 'Found in your words: a character, "Leo", claimed by Fox Studio.'),
    ],
)
def test_a_sentence_says_what_may_be_said(source: str, told: dict[str, str], said: str) -> None:
    assert disclosed(finding(told, source)) == said


def test_of_what_is_only_like_it_nothing_is_said() -> None:
    assert disclosed(finding(EVERYTHING, outcome=Outcome.UNSURE)) == ""
    assert disclosed(replace(finding(EVERYTHING), facts={"gallery": "blocklist"})) == ""


def naming(house: House, told: Told) -> None:
    claim = a_claim("claim_lion", says=replace(terms("Leo"), told=told), at=NOON)
    house.optouts.names = [NamedWork(claim, "Leo", (4, 7), (), 1.0)]


@pytest.mark.parametrize(
    ("told", "code", "words"),
    [
        (Told.NOTHING, "optout:claim:protected", "It was found in your words."),
        (Told.KIND, "optout:character:named", "Found in your words: a character."),
        (Told.TITLE, "optout:character:named", 'Found in your words: a character, "Leo".'),
    ],
)
def test_the_answer_and_the_notice_say_the_same_and_no_more(house: House, told: Told, code: str, words: str) -> None:
    naming(house, told)
    case = house.submit("see Leo run")
    house.ended(case)
    video = video_out(house.cases.get(case.id), None)
    assert video.error is not None
    assert (video.error.code, video.placet.reasons) == (code, [code])
    assert video.error.message == video.placet.message
    assert video.error.message.endswith(f". {words}")
    (notice,) = house.notices(case.account_id, "video:case:failed")
    assert (notice.payload["code"], notice.payload["message"]) == (code, video.error.message)
    assert ("Leo" in str(notice.payload)) is (told is Told.TITLE)


def test_where_nothing_may_be_told_neither_code_nor_words_tell_it(house: House) -> None:
    naming(house, Told.NOTHING)
    gate = house.names_gate()
    (found,) = gate.look(view_of(a_request(prompt="see Leo run"), house.clock)).findings
    assert (found.outcome, found.reason) == (Outcome.MATCH, "optout:claim:protected")
    assert "Leo" not in str(found.facts)
    # Reviewers see which claim, and policy its kind.
    assert (found.about, found.facts["category"]) == ("claim_lion", "character")
