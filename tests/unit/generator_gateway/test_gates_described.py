"""What a prompt describes without naming it is held, and never refused for that."""

from dataclasses import dataclass, replace

import pytest

from consent_registry.api import AgeBand
from copyright_optout.api import DescribedWork
from generator_gateway.adapters.cedar import CedarPolicy, default_policy
from generator_gateway.gates.claims import ClaimedWorks
from generator_gateway.gates.described import DescribedGate
from generator_gateway.ports import CaseView, GateReport
from generator_gateway.service.disclosing import disclosed
from tests.factories.cases import NOON, a_finding, a_request
from tests.factories.claims import a_claim, terms
from tests.unit.generator_gateway.conftest import House
from trust_kernel.decisions import Decision, Outcome, Stage, Verdict

SECRET = "a round yellow mouse that stores lightning"
MOUSE = a_claim("claim_mouse", says=replace(terms("Voltolo"), descriptions=(SECRET,)), at=NOON)
PROMPT = "the yellow electric mouse from the monster-catching game"


@dataclass
class Comparing:
    """Finds what a test says."""

    works: tuple[DescribedWork, ...] = ()
    version: str = "words-1"
    asked: int = 0

    def described(self, text: str) -> tuple[DescribedWork, ...]:
        self.asked += bool(text)
        return self.works


def report(house: House, comparing: Comparing, stage: Stage = Stage.REQUEST) -> GateReport:
    claimed = ClaimedWorks(house.optouts, house.registry)
    return DescribedGate(comparing, claimed).look(CaseView(stage, a_request(prompt=PROMPT), NOON))


FOUND = (DescribedWork(MOUSE, 0.71234, 0.55),)


def test_a_description_is_unsure_over_the_whole_prompt(house: House) -> None:
    (finding,) = report(house, Comparing(FOUND)).findings
    assert (finding.outcome, finding.reason) == (Outcome.UNSURE, "optout:description:alike")
    assert (finding.evidence.source, finding.evidence.span) == ("prompt", (0, len(PROMPT)))
    assert (finding.score, finding.threshold, finding.about) == (0.712, 0.55, "claim_mouse")


def test_the_claims_own_words_are_not_told(house: House) -> None:
    (finding,) = report(house, Comparing(FOUND)).findings
    assert SECRET not in repr(finding)
    assert disclosed(finding) == ""


def test_policy_sees_of_what_kind_the_described_claim_is(house: House) -> None:
    (finding,) = report(house, Comparing(FOUND)).findings
    assert finding.facts["category"] == MOUSE.terms.kind.value


def test_who_holds_a_licence_may_describe_it(house: House) -> None:
    house.optouts.licences = {("claim_mouse", a_request().account_id)}
    (finding,) = report(house, Comparing(FOUND)).findings
    assert (finding.outcome, finding.reason) == (Outcome.CONSENTED, "optout:claim:licensed")


def test_nothing_described_is_clear_and_says_what_compared(house: House) -> None:
    told = report(house, Comparing())
    assert [finding.outcome for finding in told.findings] == [Outcome.CLEAR]
    assert told.made_with == {"optout:descriptions": "words-1"}


def test_what_was_made_is_not_asked_about_its_prompt_again(house: House) -> None:
    comparing = Comparing(FOUND)
    (finding,) = report(house, comparing, Stage.OUTPUT).findings
    assert (finding.outcome, comparing.asked) == (Outcome.CLEAR, 0)


def test_a_deployment_that_compares_nothing_is_clear(house: House) -> None:
    comparing = Comparing(FOUND, version="")
    (finding,) = report(house, comparing).findings
    assert (finding.outcome, comparing.asked) == (Outcome.CLEAR, 0)


@dataclass
class Aged:
    """Somebody of an age who says nothing."""

    band: AgeBand

    def age_of(self, account_id: str) -> AgeBand:
        del account_id
        return self.band

    def read(self, words: str) -> tuple[()]:
        del words
        return ()


def decided(band: AgeBand, *reasons: str) -> Decision:
    policy = CedarPolicy(default_policy(), Aged(band))
    findings = tuple(a_finding(Outcome.UNSURE, reason) for reason in reasons)
    return policy.decide(CaseView(Stage.REQUEST, a_request(), NOON), GateReport(findings))


@pytest.mark.parametrize("band", AgeBand)
@pytest.mark.parametrize("reason", ["optout:description:alike", "optout:name:heard", "likeness:name:heard"])
def test_what_is_described_or_heard_is_held_and_never_refused_by_itself(band: AgeBand, reason: str) -> None:
    decision = decided(band, reason)
    assert (decision.verdict, decision.reasons) == (Verdict.HOLD, (reason,))


def test_whoever_asks_is_told_why_a_person_looks() -> None:
    messages = {
        ruling.finding.reason: ruling.message
        for ruling in decided(AgeBand.ADULT, "optout:description:alike", "likeness:name:heard").rulings
    }
    assert "describes" in messages["optout:description:alike"]
    assert "said" in messages["likeness:name:heard"]


def test_other_doubts_are_still_refused_to_minors() -> None:
    assert decided(AgeBand.TEEN, "optout:text:unsure").verdict is Verdict.DENY
