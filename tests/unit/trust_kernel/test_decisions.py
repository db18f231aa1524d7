"""The pure core of every decision: the worst ruling wins, silence is a denial, a review lifts holds alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.cases import a_decision, a_ruling
from trust_kernel.decisions import NO_FINDINGS, REVIEWED, Finding, Ruling, Verdict, approved_by_review, worst

A, H, D = Verdict.ALLOW, Verdict.HOLD, Verdict.DENY
_VERDICTS = st.sampled_from(Verdict)
_RULINGS = st.lists(st.builds(a_ruling, _VERDICTS, st.sampled_from(["a:b:c", "d:e:f", "g:h:i"])), max_size=6)


def test_severities_grow_from_allow_over_hold_to_deny() -> None:
    assert [verdict.severity for verdict in (A, H, D)] == [0, 1, 2]


def test_the_worst_of_nothing_is_a_denial() -> None:
    assert worst([]) is D


@pytest.mark.parametrize(
    ("verdicts", "wanted"), [([A], A), ([A, H], H), ([H, A], H), ([D, A, H], D), ([H, H], H), ([A, D], D)]
)
def test_the_worst_wins_in_any_order(verdicts: list[Verdict], wanted: Verdict) -> None:
    assert worst(verdicts) is wanted
    assert worst(reversed(verdicts)) is wanted
    assert a_decision(*map(a_ruling, verdicts)).verdict is wanted


def test_a_decision_without_findings_is_a_denial_with_a_reason() -> None:
    decision = a_decision()
    assert decision.verdict is D
    assert decision.reasons == (NO_FINDINGS,) == ("gate:panel:silent",)


def test_reasons_are_those_that_stop_worst_first_each_once() -> None:
    decision = a_decision(
        a_ruling(A, "clear:a:a"),
        a_ruling(H, "hold:a:a"),
        a_ruling(D, "deny:a:a"),
        a_ruling(H, "hold:b:b"),
        a_ruling(D, "deny:b:b"),
        a_ruling(H, "hold:a:a"),
        a_ruling(H, "deny:a:a"),
    )
    assert decision.reasons == ("deny:a:a", "deny:b:b", "hold:a:a", "hold:b:b")


def test_an_allowed_case_has_no_reasons() -> None:
    assert a_decision(a_ruling(A)).reasons == ()


def test_a_finding_without_facts_has_none() -> None:
    finding = a_ruling(A).finding
    bare = Finding(finding.gate, finding.stage, finding.outcome, finding.reason, finding.evidence)
    assert dict(bare.facts) == {}
    assert (bare.score, bare.threshold, bare.about) == (None, None, None)
    assert (bare.evidence.span, bare.evidence.seconds, bare.evidence.box, bare.evidence.note) == (None, None, None, "")


# --- reviews


def test_a_review_lifts_the_holds_that_it_names() -> None:
    held = a_ruling(H, "hold:a:a", "why")
    reviewed = approved_by_review(a_decision(a_ruling(A), held), frozenset({"hold:a:a"}))
    assert reviewed.verdict is A
    lifted = reviewed.rulings[1]
    assert (lifted.verdict, lifted.policy) == (A, REVIEWED)
    assert (lifted.finding, lifted.reason, lifted.message) == (held.finding, held.reason, held.message)
    assert REVIEWED == "human-review"


def test_a_review_leaves_the_holds_that_it_does_not_name() -> None:
    decision = a_decision(a_ruling(H, "hold:a:a"), a_ruling(H, "hold:b:b"))
    reviewed = approved_by_review(decision, frozenset({"hold:a:a"}))
    assert reviewed.verdict is H
    assert reviewed.reasons == ("hold:b:b",)


def test_a_review_never_lifts_a_denial() -> None:
    decision = a_decision(a_ruling(D, "deny:a:a"), a_ruling(H, "hold:a:a"))
    reviewed = approved_by_review(decision, frozenset({"deny:a:a", "hold:a:a"}))
    assert reviewed.verdict is D
    assert reviewed.rulings[0] == decision.rulings[0]


def test_a_review_of_silence_allows_nothing() -> None:
    assert approved_by_review(a_decision(), frozenset({NO_FINDINGS})).verdict is D


def test_a_review_keeps_what_a_decision_was_made_with() -> None:
    decision = a_decision(a_ruling(H, "hold:a:a"))
    reviewed = approved_by_review(decision, frozenset({"hold:a:a"}))
    assert (reviewed.id, reviewed.stage, reviewed.policy_version, reviewed.made_with) == (
        decision.id,
        decision.stage,
        decision.policy_version,
        decision.made_with,
    )


@given(_RULINGS, st.builds(a_ruling, _VERDICTS))
def test_one_more_ruling_never_makes_a_decision_milder(rulings: list[Ruling], further: Ruling) -> None:
    if rulings:
        assert a_decision(*rulings, further).verdict.severity >= a_decision(*rulings).verdict.severity


@given(_RULINGS, st.frozensets(st.sampled_from(["a:b:c", "d:e:f", "g:h:i"])))
def test_no_review_lets_a_denial_or_an_unnamed_hold_through(rulings: list[Ruling], named: frozenset[str]) -> None:
    reviewed = approved_by_review(a_decision(*rulings), named)
    must_stop = not rulings or any(
        ruling.verdict is D or (ruling.verdict is H and ruling.reason not in named) for ruling in rulings
    )
    assert (reviewed.verdict is not A) == must_stop
