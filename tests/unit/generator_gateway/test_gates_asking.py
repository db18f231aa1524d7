"""What the gates make of scopes, of people who are asked each time, and of consent that ends while a video is made."""

from dataclasses import replace

import pytest

from consent_registry.adapters.lexicon import Lexicon
from consent_registry.api import ConsentRegistry, Context, Mode, Purpose, Scope, TakeBack
from generator_gateway.adapters.cedar import CedarPolicy, default_policy
from generator_gateway.gates.cameos import CameosGate
from generator_gateway.gates.likeness import LikenessGate
from generator_gateway.gates.standing import StandingGate
from generator_gateway.ports import CaseView, GateReport
from generator_gateway.stages import Consent, Request
from likeness_guard.api import Modality
from tests.factories.cases import NOON, a_finding, a_request
from tests.unit.generator_gateway.conftest import FACE, VOICE, House, seen, view_of
from trust_kernel.decisions import Outcome, Stage, Verdict

ALLOW, DENY = Verdict.ALLOW, Verdict.DENY


def told(report: GateReport) -> list[tuple[Outcome, str]]:
    return [(finding.outcome, str(finding.reason)) for finding in report.findings]


def cameos(house: House, words: str, /, **fields: object) -> GateReport:
    request = replace(a_request(), **{"prompt": words, **fields})  # type: ignore[arg-type] # a request by its fields
    return CameosGate(house.registry).look(view_of(request, house.clock))


def test_whoever_wants_to_be_asked_is_awaited_once_for_face_and_voice(house: House) -> None:
    bea = house.person("bea")
    grant = house.give(bea, mode=Mode.ASK)
    report = cameos(house, "@bea waves")
    assert told(report) == [(Outcome.AWAITING, "consent:approval:waiting")]
    (finding,) = report.findings
    assert (finding.about, finding.facts) == (
        bea.id,
        {"grant": grant.id, "mode": "ask", "assurance": "staff_attested"},
    )
    assert report.consents == ()


def test_nobody_is_asked_where_other_grants_cover_face_and_voice(house: House) -> None:
    bea = house.person("bea")
    house.give(bea, mode=Mode.ASK)
    grants = {house.give(bea, modalities=FACE).id, house.give(bea, modalities=VOICE).id}
    report = cameos(house, "@bea waves")
    assert told(report) == [(Outcome.CONSENTED, "consent:grant:active")]
    assert {consent.grant_id for consent in report.consents} == grants


def test_what_is_granted_outright_stands_while_the_rest_is_asked_for(house: House) -> None:
    bea = house.person("bea")
    face = house.give(bea, modalities=FACE)
    voice = house.give(bea, modalities=VOICE, mode=Mode.ASK)
    report = cameos(house, "@bea waves")
    assert [(finding.outcome, finding.facts["grant"]) for finding in report.findings] == [(Outcome.AWAITING, voice.id)]
    assert [(consent.grant_id, consent.modalities) for consent in report.consents] == [(face.id, frozenset({"face"}))]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"purpose": "commercial"}, "consent:scope:purpose"),
        ({"contexts": ("political",)}, "consent:scope:context"),
        ({"territories": ("FR",)}, "consent:scope:territory"),
        ({"territories": ()}, "consent:scope:territory"),
        ({"prompt": "@bea says buy now"}, "consent:scope:words"),
        ({}, "consent:grant:active"),
    ],
)
def test_what_a_request_declares_and_says_is_held_against_the_scope(
    house: House, fields: dict[str, object], reason: str
) -> None:
    bea = house.person("bea")
    house.give(bea, scope=Scope(unsaid=("buy now",), territories=frozenset({"IT", "CH"})))
    declared = {"territories": ("IT",), **fields}
    assert told(cameos(house, "@bea waves", **declared))[0][1] == reason


def test_somebody_recognised_in_a_reference_is_awaited_too(house: House) -> None:
    bea = house.person("bea")
    grant = house.give(bea, mode=Mode.ASK)
    house.likeness.shown = {b"photo": (seen(bea.id, modality=Modality.FACE),)}
    report = LikenessGate(house.likeness, house.registry).look(
        view_of(a_request(), house.clock, ("ref_1", b"image photo"))
    )
    assert told(report) == [(Outcome.AWAITING, "consent:approval:waiting")]
    facts = report.findings[0].facts
    assert (facts["grant"], facts["mode"], facts["assurance"]) == (grant.id, "ask", "staff_attested")


# --- consent that ends while a video is made


def made(house: House, *consents: Consent) -> GateReport:
    view = view_of(a_request(), house.clock, stage=Stage.OUTPUT)
    return StandingGate(house.registry).look(replace(view, consents=consents))


def test_a_consent_that_ended_while_it_was_rendered_stops_it(house: House) -> None:
    bea = house.person("bea")
    grant = house.give(bea)
    consent = Consent(bea.id, house.registry.subject(bea.id).consent_epoch, grant.id, frozenset({"face"}))
    assert told(made(house, consent)) == [(Outcome.CLEAR, "gate:panel:clear")]
    house.registry.revoke(grant.id, actor=bea.account_id)
    assert told(made(house, consent)) == [(Outcome.MATCH, "consent:grant:revoked")]


def test_a_request_is_asked_about_by_the_other_gates(house: House) -> None:
    report = StandingGate(house.registry).look(view_of(a_request(), house.clock))
    assert told(report) == [(Outcome.CLEAR, "gate:panel:clear")]


def test_a_running_case_of_somebody_barred_is_stopped_before_anything_is_released(house: House) -> None:
    bea = house.person("bea")
    house.give(bea)
    case = house.submit("@bea waves")
    house.registry.safety.bar(bea.id, case.account_id, bea.account_id, TakeBack.STOP_NEW)
    house.ended(case)
    stopped = house.cases.get(case.id)
    assert (stopped.status, stopped.reasons) == ("failed", ("consent:grant:none",))


def test_a_lockdown_stops_what_was_already_made(house: House) -> None:
    bea = house.person("bea")
    house.give(bea)
    case = house.submit("@bea waves")
    house.registry.safety.set_lockdown("acct_admin", on=True, reason="a leak")
    house.ended(case)
    assert house.cases.get(case.id).reasons == ("consent:lockdown:on",)


# --- what policies see


class Knows:
    """A registry that knows one age and reads words."""

    def __init__(self, registry: ConsentRegistry, band: str) -> None:
        self._age = type(registry.age_of("acct_nobody"))(band)
        self.read = Lexicon.shipped().read

    def age_of(self, account_id: str) -> object:
        del account_id
        return self._age


def ruled(house: House, band: str, outcome: Outcome, **fields: object) -> tuple[Verdict, str]:
    request: Request = replace(a_request(), **fields)  # type: ignore[arg-type] # a request by its fields
    policy = CedarPolicy(default_policy(), Knows(house.registry, band))  # type: ignore[arg-type] # as much as it asks
    finding = a_finding(outcome, "likeness:face:unsure")
    (ruling,) = policy.decide(CaseView(Stage.REQUEST, request, NOON), GateReport((finding,))).rulings
    return ruling.verdict, ruling.reason


@pytest.mark.parametrize("band", ["teen", "child"])
def test_people_under_18_make_less(house: House, band: str) -> None:
    assert ruled(house, band, Outcome.CLEAR) == (ALLOW, "likeness:face:unsure")
    assert ruled(house, band, Outcome.UNSURE) == (DENY, "policy:minor:doubt")
    assert ruled(house, band, Outcome.CLEAR, purpose="commercial") == (DENY, "policy:minor:purpose")
    assert ruled(house, band, Outcome.CLEAR, contexts=("gambling",)) == (DENY, "policy:minor:context")
    assert ruled(house, band, Outcome.CLEAR, prompt="a bloody murder") == (DENY, "policy:minor:context")


@pytest.mark.parametrize("band", ["adult", "unknown"])
def test_adults_are_not_held_to_that(house: House, band: str) -> None:
    assert ruled(house, band, Outcome.CLEAR, purpose=Purpose.COMMERCIAL.value)[0] is ALLOW
    assert ruled(house, band, Outcome.CLEAR, contexts=(Context.VIOLENT.value,))[0] is ALLOW
    assert ruled(house, band, Outcome.UNSURE)[0] is Verdict.HOLD


def test_a_policy_can_ask_how_somebody_was_enrolled_and_where_it_is_shown() -> None:
    text = """
    @id("all") permit (principal, action, resource);
    @id("not-in-russia") forbid (principal, action == Action::"generate", resource)
    when { resource.assurance == "document" && context.territories.contains("RU") && context.languages.contains("ru") };
    """
    request = replace(a_request(), territories=("RU",), languages=("ru",))
    finding = replace(a_finding(), facts={"assurance": "document"})
    (ruling,) = CedarPolicy(text).decide(CaseView(Stage.REQUEST, request, NOON), GateReport((finding,))).rulings
    assert (ruling.verdict, ruling.policy) == (DENY, "not-in-russia")
