"""What every `generator_gateway.ports.Policy` promises."""

import pytest

from generator_gateway.adapters.cedar import CedarPolicy, default_policy
from generator_gateway.ports import CaseView, GateReport, MarkRuling, Policy
from tests.factories.cases import NOON, a_finding, a_request
from tests.fakes.gateway import WordyPolicy
from trust_kernel.decisions import Outcome, Stage, Verdict

VIEW = CaseView(Stage.REQUEST, a_request(), NOON)


class PolicyContract:
    """Subclasses give the policy."""

    @pytest.fixture
    def policy(self) -> Policy:
        raise NotImplementedError

    def test_one_ruling_for_each_finding_in_their_order(self, policy: Policy) -> None:
        findings = tuple(a_finding(outcome, f"likeness:face:{outcome}", gallery="cameo") for outcome in Outcome)
        decision = policy.decide(VIEW, GateReport(findings))
        assert tuple(ruling.finding for ruling in decision.rulings) == findings

    def test_no_findings_are_a_denial(self, policy: Policy) -> None:
        assert policy.decide(VIEW, GateReport(())).verdict is Verdict.DENY

    def test_what_is_clear_or_consented_passes(self, policy: Policy) -> None:
        report = GateReport((a_finding(), a_finding(Outcome.CONSENTED, "consent:grant:active")))
        assert policy.decide(VIEW, report).verdict is Verdict.ALLOW

    @pytest.mark.parametrize("outcome", [Outcome.UNSURE, Outcome.UNAVAILABLE])
    def test_doubt_is_held_for_a_person(self, policy: Policy, outcome: Outcome) -> None:
        assert policy.decide(VIEW, GateReport((a_finding(), a_finding(outcome)))).verdict is Verdict.HOLD

    def test_a_match_is_denied_whatever_else_there_is(self, policy: Policy) -> None:
        match = a_finding(Outcome.MATCH, "likeness:face:no_consent", gallery="cameo")
        report = GateReport((a_finding(), match, a_finding(Outcome.UNSURE)))
        assert policy.decide(VIEW, report).verdict is Verdict.DENY

    def test_the_visible_mark_is_never_left_out_unless_a_policy_says_so(self, policy: Policy) -> None:
        assert policy.visible_mark(VIEW) == MarkRuling("standard", "")

    def test_the_decision_says_what_it_was_made_with(self, policy: Policy) -> None:
        decision = policy.decide(VIEW, GateReport((a_finding(),), made_with={"likeness:face": "7"}))
        assert decision.stage is Stage.REQUEST
        assert decision.policy_version
        assert dict(decision.made_with) == {"likeness:face": "7"}


class TestCedarPolicy(PolicyContract):
    @pytest.fixture(scope="class")
    def policy(self) -> Policy:
        return CedarPolicy(default_policy())


class TestWordyPolicy(PolicyContract):
    @pytest.fixture
    def policy(self) -> Policy:
        return WordyPolicy()
