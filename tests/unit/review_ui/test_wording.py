"""Codes in words: every code that people meet has some, and one that has none is still shown."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_registry.api import ConsentReason
from copyright_optout.api import (
    ClaimKind,
    ClaimState,
    Concern,
    Declaration,
    Element,
    Ground,
    ImportState,
    NoticeState,
    OptOutReason,
    Rejection,
    Setting,
    Told,
)
from copyright_optout.api import Outcome as Tried
from generator_gateway.api import AppealState, AppearanceState, BatchState, GatewayReason
from generator_gateway.ports import SearchCause
from likeness_guard.api import LikenessReason
from review_ui.dressing import highlighted, moment, where
from review_ui.rights import words
from review_ui.rights.words import called, stands
from review_ui.wording import (
    REASONS,
    appearance,
    appearance_tone,
    chance,
    notice,
    own_appearance,
    rarity,
    reason,
    sought,
    state,
)
from trust_kernel.decisions import Decision, Evidence, Finding, Outcome, Ruling, Stage, Verdict
from trust_kernel.names.folding import Mark

NOT_FOR_CASES = re.compile(r"request:|video:object|case:state|policy:|release:video:(deleted|withdrawn)")
"""Answers to a client's request, which never stand in a case."""


@pytest.mark.parametrize("kind", [ConsentReason, LikenessReason, OptOutReason, GatewayReason])
def test_every_reason_that_a_case_can_have_is_said_in_words(
    kind: type[ConsentReason | LikenessReason | OptOutReason | GatewayReason],
) -> None:
    assert {str(code) for code in kind if not NOT_FOR_CASES.match(code)} - REASONS.keys() == set()


@pytest.mark.parametrize(
    ("values", "what"),
    [
        (ClaimState, "claim"),
        (ImportState, "import"),
        (BatchState, "batch"),
        (NoticeState, "notice"),
        (AppealState, "appeal"),
    ],
)
def test_wherever_claims_and_what_follows_them_stand_is_said_in_words(values: Iterable[str], what: str) -> None:
    shown = {value: stands(value, what) for value in values}
    assert not [value for value, (said, _style) in shown.items() if "_" in said]
    assert len({said for said, _style in shown.values()}) == len(shown)
    assert stands("half_way", what) == ("half way", "none")


@pytest.mark.parametrize(
    ("values", "what", "words"),
    [
        (ClaimKind, "kind", words.KINDS),
        (Setting, "setting", words.SETTINGS),
        (Ground, "ground", words.GROUNDS),
        (Declaration, "declaration", words.DECLARATIONS),
        (Told, "told", words.TOLD),
        (Concern, "concern", words.CONCERNS),
        (Tried, "outcome", words.OUTCOMES),
        (Element, "element", words.ELEMENTS),
        (Rejection, "rejection", words.REJECTIONS),
        (Mark(-1).names(), "way", words.WAYS),
    ],
)
def test_whatever_pages_of_claims_show_has_words(values: Iterable[str], what: str, words: Mapping[str, str]) -> None:
    assert set(map(str, values)) == set(words)
    assert all(called(value, what) == said for value, said in words.items())


def test_an_unknown_code_is_shown_as_it_is() -> None:
    assert reason("new:thing:happened") == "new:thing:happened"
    assert notice("new:thing:happened", {"video_id": "video_1"}, "ada", "likeness") == "new:thing:happened"
    assert state("half_way") == "half way"


def test_a_notice_speaks_to_whoever_reads_it() -> None:
    given_by_bruno = {"handle": "bruno", "grant_id": "grant_1"}
    assert notice("consent:grant:given", given_by_bruno, "bruno", "likeness") == "You allowed a use of your likeness."
    assert notice("consent:grant:given", given_by_bruno, "ada", "likeness") == "@bruno lets you use their likeness."
    assert "cameo" in notice("likeness:use:drafted", {}, "ada", "cameo")


def test_a_notice_says_why_in_words() -> None:
    withdrawn = notice("release:video:withdrawn", {"reason": "consent:grant:revoked"}, "ada", "likeness")
    assert withdrawn == "A video was withdrawn. Why: the consent was revoked."
    failed = notice("video:case:failed", {"code": "optout:work:named", "message": "Opted out."}, "ada", "likeness")
    assert failed == "A video that you asked for was not made. Opted out."


def test_whoever_was_found_is_told_how_often_and_what_became_of_it() -> None:
    found = notice("likeness:appearance:found", {"count": 3, "cause": "enrolled"}, "ada", "cameo")
    assert found == "You were found in videos that were made without your cameo: 3 new."
    taken_back = notice("likeness:appearance:withdrawn", {"video_id": "video_1"}, "ada", "cameo")
    assert taken_back == "A video that you were found in was taken back."


@pytest.mark.parametrize("one", list(AppearanceState))
def test_every_state_of_an_appearance_is_said_in_words(one: AppearanceState) -> None:
    assert all(say(one) for say in (appearance, own_appearance, appearance_tone))


@pytest.mark.parametrize("cause", list(SearchCause))
def test_every_cause_of_a_search_is_said_in_words(cause: SearchCause) -> None:
    assert sought(cause) != cause


def _decided(prompt_spans: list[tuple[int, int]], verdict: Verdict = Verdict.DENY) -> Decision:
    rulings = tuple(
        Ruling(
            Finding("prompt:names", Stage.REQUEST, Outcome.MATCH, "optout:work:named", Evidence("prompt", span=span)),
            verdict,
            "opted-out-work",
            "optout:work:named",
            "",
        )
        for span in prompt_spans
    )
    return Decision("dec_1", Stage.REQUEST, rulings, "policy", {})


def test_what_stopped_a_prompt_is_marked_in_it_and_nothing_else() -> None:
    prompt = "<b>Captain</b> sails"
    assert highlighted(prompt, [_decided([(3, 10)])]) == "&lt;b&gt;<mark>Captain</mark>&lt;/b&gt; sails"
    assert "<mark>" not in highlighted(prompt, [_decided([(3, 10)], Verdict.ALLOW)])


@given(
    prompt=st.text("<>&\"' ab", max_size=30),
    spans=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=5),
)
def test_a_marked_prompt_is_the_same_prompt_and_never_markup(prompt: str, spans: list[tuple[int, int]]) -> None:
    marked = highlighted(prompt, [_decided(spans)])
    assert marked.unescape().replace("<mark>", "").replace("</mark>", "") == prompt
    assert not re.search(r"<(?!/?mark>)", marked)


def test_a_moment_is_for_people_and_for_machines() -> None:
    shown = moment(datetime(2026, 3, 1, 9, 5, tzinfo=UTC))
    assert shown == '<time datetime="2026-03-01T09:05:00+00:00">1 Mar 2026, 09:05 UTC</time>'


def test_where_something_was_found_is_said_in_words() -> None:
    def found(evidence: Evidence) -> str:
        return where(Finding("g", Stage.OUTPUT, Outcome.MATCH, "a:b:c", evidence), "a fox sails")

    assert found(Evidence("prompt", span=(2, 5), note="look_alike")) == "“fox” in the prompt (look alike)"
    assert found(Evidence("output", seconds=(0.0, 1.5))) == "the video made, 0.0 to 1.5 s"
    assert found(Evidence("ref_1a2b")) == "a reference"


@pytest.mark.parametrize(
    ("probability", "said"), [(1.0, "over 99 %"), (0.99, "over 99 %"), (0.874, "87 %"), (0.001, "under 1 %")]
)
def test_a_probability_is_said_no_surer_than_it_was_measured(probability: float, said: str) -> None:
    assert chance(probability) == said


@pytest.mark.parametrize(
    ("share", "said"),
    [(1e-12, "fewer than one stranger in 10,000"), (0.01, "one stranger in 100"), (1.0, "one stranger in 1")],
)
def test_a_rate_of_false_alarms_is_said_as_one_in_so_many(share: float, said: str) -> None:
    assert rarity(share) == said
