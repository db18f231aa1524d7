"""What an appeal can lift: works, blocked figures and doubts; never a person's no, whatever policy says."""

from dataclasses import replace

import pytest

from generator_gateway.ports.takedowns import TakedownCause
from generator_gateway.service.appealing import choices, claims_in, liftable, may_be_appealed, people_for
from tests.factories.cases import a_decision, a_finding
from trust_kernel.decisions import Lift, Outcome, Overturn, Ruling, Verdict, lift_of, lifted_on_appeal

D, H, A = Verdict.DENY, Verdict.HOLD, Verdict.ALLOW
NAMED = "optout:character:named"


def ruling(
    reason: str,
    verdict: Verdict = D,
    outcome: Outcome = Outcome.MATCH,
    *,
    gallery: str | None = None,
    about: str = "",
    overturn: Overturn = Overturn.ONE,
) -> Ruling:
    finding = replace(a_finding(outcome, reason, gallery=gallery), about=about or None)
    return Ruling(finding, verdict, "test-policy", reason, "", overturn)


@pytest.mark.parametrize(
    "one",
    [
        ruling(NAMED),
        ruling("likeness:name:blocklisted", gallery="blocklist"),
        ruling("likeness:face:unsure", H, Outcome.UNSURE, gallery="cameo"),
        ruling("gate:panel:unavailable", D, Outcome.UNAVAILABLE),
        ruling("gate:panel:clear", H, Outcome.CLEAR),  # policy wants a person to look at everything
    ],
    ids=lambda one: f"{one.reason}-{one.verdict}",
)
def test_a_work_a_blocked_figure_and_a_doubt_can_be_lifted(one: Ruling) -> None:
    assert liftable(one)
    assert not liftable(replace(one, overturn=Overturn.NEVER))
    assert not liftable(replace(one, verdict=A))


@pytest.mark.parametrize(
    "one",
    [
        ruling("consent:grant:none"),
        ruling("consent:scope:words", H, Outcome.UNSURE),
        ruling("consent:approval:waiting", H, Outcome.AWAITING),
        ruling("likeness:face:no_consent", gallery="cameo"),
        ruling("likeness:face:stranger", gallery="stranger"),
        ruling("remix:parent:withdrawn"),
        ruling("policy:minor:purpose", D, Outcome.CLEAR),
    ],
    ids=lambda one: f"{one.reason}-{one.verdict}",
)
def test_a_persons_no_a_fallen_parent_and_a_rule_about_who_asks_cannot(one: Ruling) -> None:
    assert not liftable(one)
    assert not may_be_appealed([one])
    assert [choice.people for choice in choices([one])] == [0]
    decision = a_decision(one)
    assert lifted_on_appeal(decision, {lift_of(one)}, liftable) == decision


def test_a_lift_is_for_one_thing_and_leaves_the_same_code_about_another() -> None:
    decision = a_decision(ruling(NAMED, about="claim_a"), ruling(NAMED, about="claim_b"))
    after = lifted_on_appeal(decision, {Lift(NAMED, "claim_a")}, liftable)
    assert [(one.verdict, one.policy) for one in after.rulings] == [(A, "appeal"), (D, "test-policy")]


def test_the_hardest_of_several_rulings_says_how_many_it_takes() -> None:
    easy, hard = ruling(NAMED, about="claim_a"), ruling(NAMED, about="claim_a", overturn=Overturn.TWO)
    never = replace(hard, overturn=Overturn.NEVER)
    assert [choice.people for choice in choices([easy, hard])] == [2]
    assert [choice.people for choice in choices([never, easy])] == [0]


def test_the_rights_holders_concerned_are_those_whose_claims_stopped_it() -> None:
    found = claims_in([ruling(NAMED, about="claim_a"), ruling(NAMED, A, about="claim_b"), ruling("consent:grant:none")])
    assert found == {"claim_a": (NAMED,)}


@pytest.mark.parametrize(
    ("reason", "people"),
    [
        ("release:claim:touched", 1),
        ("release:person:touched", 2),
        ("optout:notice:dmca", 0),
        ("optout:notice:take_it_down", 2),
        ("optout:notice:no_fakes", 0),
    ],
)
def test_a_takedown_by_notice_takes_two_where_its_law_has_no_counter_notice_and_else_no_appeal(
    reason: str, people: int
) -> None:
    assert people_for(TakedownCause(reason)) == people
