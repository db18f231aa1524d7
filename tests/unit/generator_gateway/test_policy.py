"""The default policy: what each reason, outcome and stage comes to; and what may never come to an allow."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent_registry.api import ConsentReason
from copyright_optout.api import OptOutReason
from generator_gateway.adapters.cedar import CedarPolicy, default_policy, policy_schema
from generator_gateway.errors import GatewayReason
from generator_gateway.ports import CaseView, GateReport, MarkRuling
from generator_gateway.stages import Reference
from likeness_guard.api import Gallery, LikenessReason
from tests.factories.cases import NOON, a_finding, a_request
from trust_kernel.decisions import Finding, Outcome, Overturn, Stage, Verdict
from trust_kernel.errors import InvalidInput
from trust_kernel.media.reasons import MediaReason
from trust_kernel.media.refs import MediaKind, MediaRef
from watermark.api import WatermarkReason

A, H, D = Verdict.ALLOW, Verdict.HOLD, Verdict.DENY
POLICY = CedarPolicy(default_policy())
CODES: tuple[str, ...] = tuple(
    str(code)
    for codes in (ConsentReason, LikenessReason, OptOutReason, GatewayReason, MediaReason, WatermarkReason)
    for code in codes
)
GALLERIES = ("", *(gallery.value for gallery in Gallery))
ALWAYS = {Outcome.CLEAR: A, Outcome.CONSENTED: A, Outcome.UNSURE: H, Outcome.UNAVAILABLE: H, Outcome.AWAITING: H}


def ruled(finding: Finding, policy: CedarPolicy = POLICY, *, remix: bool = False) -> Any:
    request = a_request(remix_of="video_0" if remix else None)
    view = CaseView(finding.stage, request, NOON)
    return policy.decide(view, GateReport((finding,))).rulings[0]


def judged(*findings: Finding) -> Verdict:
    return POLICY.decide(CaseView(Stage.REQUEST, a_request(), NOON), GateReport(findings)).verdict


def expected(code: str, outcome: Outcome, gallery: str, stage: Stage) -> Verdict:
    """A stranger in what was drawn is nobody's likeness; any other match is denied."""
    if outcome is Outcome.MATCH:
        drawn_stranger = gallery == "stranger" and stage is Stage.OUTPUT
        objected = code.startswith(("consent:", "optout:", "remix:"))
        return A if drawn_stranger and not objected else D
    return ALWAYS[outcome]


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("gallery", GALLERIES)
def test_every_code_comes_to_the_verdict_of_its_outcome(gallery: str, outcome: Outcome, stage: Stage) -> None:
    findings = tuple(a_finding(outcome, code, stage=stage, gallery=gallery) for code in (*CODES, "future:thing:new"))
    decision = POLICY.decide(CaseView(stage, a_request(), NOON), GateReport(findings))
    got = {ruling.finding.reason: ruling.verdict for ruling in decision.rulings}
    assert got == {code: expected(code, outcome, gallery, stage) for code in got}


GOLDEN = (
    # reason, outcome, stage, gallery -> verdict, policy, the code that the person is told
    ("gate:panel:clear", "clear", "request", None, A, "clear-passes", "gate:panel:clear"),
    ("consent:grant:active", "consented", "request", None, A, "consented-passes", "consent:grant:active"),
    ("likeness:face:consented", "consented", "output", "cameo", A, "consented-passes", "likeness:face:consented"),
    ("likeness:face:unsure", "unsure", "request", "cameo", H, "unsure-needs-a-person", "likeness:face:unsure"),
    ("likeness:name:unsure", "unsure", "request", "blocklist", H, "unsure-needs-a-person", "likeness:name:unsure"),
    ("likeness:face:stranger", "unsure", "output", "stranger", H, "unsure-needs-a-person", "likeness:face:stranger"),
    ("optout:name:unsure", "unsure", "request", None, H, "unsure-needs-a-person", "optout:name:unsure"),
    ("likeness:index:stale", "unavailable", "output", None, H, "gate-down-needs-a-person", "gate:panel:unavailable"),
    ("consent:grant:revoked", "match", "request", None, D, "likeness-without-consent", "consent:grant:revoked"),
    ("consent:cameo:unknown", "match", "request", None, D, "likeness-without-consent", "consent:cameo:unknown"),
    (
        "likeness:face:no_consent",
        "match",
        "output",
        "cameo",
        D,
        "enrolled-likeness-without-consent",
        "likeness:face:no_consent",
    ),
    (
        "likeness:voice:no_consent",
        "match",
        "request",
        "cameo",
        D,
        "enrolled-likeness-without-consent",
        "likeness:voice:no_consent",
    ),
    ("likeness:name:blocklisted", "match", "request", "blocklist", D, "public-figure", "likeness:name:blocklisted"),
    ("likeness:voice:blocklisted", "match", "output", "blocklist", D, "public-figure", "likeness:voice:blocklisted"),
    ("likeness:face:stranger", "match", "request", "stranger", D, "stranger-in-reference", "likeness:face:stranger"),
    ("likeness:voice:stranger", "match", "output", "stranger", A, "stranger-in-output", "likeness:voice:stranger"),
    ("optout:character:named", "match", "request", None, D, "opted-out-work", "optout:character:named"),
    ("optout:franchise:pictured", "match", "output", None, D, "opted-out-work", "optout:franchise:pictured"),
    ("remix:parent:withdrawn", "match", "request", None, D, "remix-of-withdrawn", "remix:parent:withdrawn"),
    ("weather:rain:heavy", "match", "request", None, D, "default-deny", "policy:default:denied"),
    ("likeness:face:no_consent", "match", "request", None, D, "default-deny", "policy:default:denied"),
)


@pytest.mark.parametrize(
    ("reason", "outcome", "stage", "gallery", "verdict", "policy", "told"),
    GOLDEN,
    ids=str,
)
def test_which_rule_decides_and_what_is_told(
    reason: str, outcome: str, stage: str, gallery: str | None, verdict: Verdict, policy: str, told: str
) -> None:
    ruling = ruled(a_finding(Outcome(outcome), reason, stage=Stage(stage), gallery=gallery))
    assert (ruling.verdict, ruling.policy, ruling.reason) == (verdict, policy, told)


@pytest.mark.parametrize(
    "row", [row for row in GOLDEN if row[4] is not A], ids=lambda row: f"{row[0]}-{row[1]}-{row[2]}"
)
def test_whoever_is_stopped_is_told_why(row: tuple[Any, ...]) -> None:
    ruling = ruled(a_finding(Outcome(row[1]), row[0], stage=Stage(row[2]), gallery=row[3]))
    assert ruling.message.endswith(".")


def test_the_version_is_the_digest_of_the_text() -> None:
    assert CedarPolicy(default_policy()).version == POLICY.version
    assert CedarPolicy(default_policy() + "\n// a word\n").version != POLICY.version
    assert len(POLICY.version) == 64


# --- what a policy text may be


def test_a_policy_without_an_id_is_refused() -> None:
    with pytest.raises(InvalidInput, match="@id") as refused:
        CedarPolicy(default_policy() + '\npermit (principal, action == Action::"generate", resource);')
    assert refused.value.field == "policy"


@pytest.mark.parametrize(
    "text",
    [
        '@id("x") permit (principal, action, resource) when { resource.colour == "red" };',
        '@id("x") permit (principal, action == Action::"publish", resource);',
        '@id("x") permit (principal, action, resource) when { resource.score == "high" };',
        "this is no policy",
    ],
)
def test_a_policy_that_does_not_fit_the_schema_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        CedarPolicy(text)
    assert refused.value.field == "policy"


def test_the_shipped_policy_fits_the_shipped_schema() -> None:
    assert "entity Finding" in policy_schema()
    assert CedarPolicy(default_policy()).version


def test_an_empty_policy_denies_everything() -> None:
    ruling = ruled(a_finding(), CedarPolicy(""))
    assert (ruling.verdict, ruling.policy, ruling.reason) == (D, "default-deny", "policy:default:denied")
    assert ruling.message


def test_where_nothing_permits_unattended_a_person_must_look() -> None:
    only_generate = CedarPolicy('@id("yes") permit (principal, action == Action::"generate", resource);')
    ruling = ruled(a_finding(reason="gate:panel:clear"), only_generate)
    assert (ruling.verdict, ruling.policy, ruling.reason) == (H, "default-deny", "gate:panel:clear")


def test_what_may_be_unattended_but_not_made_is_denied() -> None:
    only_unattended = CedarPolicy('@id("yes") permit (principal, action == Action::"generate_unattended", resource);')
    assert ruled(a_finding(), only_unattended).verdict is D


def test_a_policy_may_replace_the_code_and_ask_for_score_purpose_and_remix() -> None:
    text = """
    @id("all") permit (principal, action, resource);
    @id("near") @reason("near:thing:close") @message("Too near.")
    forbid (principal, action == Action::"generate", resource)
    when { resource.scored && resource.score >= resource.threshold + 912 && context.remix
           && context.purpose == "personal" && resource.gate == "test:gate" && resource.about == "" };
    """
    policy = CedarPolicy(text)
    denied = ruled(a_finding(score=0.912), policy, remix=True)
    assert (denied.verdict, denied.policy, denied.reason, denied.message) == (
        D,
        "near",
        "near:thing:close",
        "Too near.",
    )
    assert ruled(a_finding(score=0.911), policy, remix=True).verdict is A
    assert ruled(a_finding(), policy, remix=True).verdict is A
    assert ruled(a_finding(score=0.912), policy).verdict is A


def test_a_policy_that_fails_to_evaluate_denies() -> None:
    class Failing(CedarPolicy):
        """Cedar leaves a policy that fails out of the answer, which here still says allow."""

        def __init__(self) -> None:
            super().__init__(default_policy())
            said = SimpleNamespace(allowed=True, diagnostics=SimpleNamespace(errors=["overflow"], reasons=["policy0"]))
            self._cedar: Any = SimpleNamespace(is_authorized_batch=lambda requests, *_: [said] * len(requests))

    assert ruled(a_finding(), Failing()).verdict is D


def test_arithmetic_that_overflows_in_a_policy_denies() -> None:
    text = """
    @id("all") permit (principal, action, resource);
    @id("deep") forbid (principal, action == Action::"generate", resource)
    when { resource.score * 9223372036854775807 > 3 };
    """
    assert ruled(a_finding(score=0.9), CedarPolicy(text)).verdict is D


# --- what must never happen

_FINDINGS = st.builds(
    lambda outcome, code, gallery, stage, score: a_finding(outcome, code, gallery=gallery, stage=stage, score=score),
    st.sampled_from(Outcome),
    st.sampled_from(CODES),
    st.sampled_from(GALLERIES),
    st.sampled_from(Stage),
    st.none() | st.floats(-1, 1),
)
_OBJECTED = st.one_of(
    st.builds(
        lambda code, gallery, stage: a_finding(Outcome.MATCH, code, gallery=gallery, stage=stage),
        st.sampled_from([code for code in CODES if code.startswith(("consent:", "likeness:", "optout:", "remix:"))]),
        st.sampled_from(["", "cameo", "blocklist"]),
        st.sampled_from(Stage),
    ),
    st.builds(
        lambda code: a_finding(Outcome.MATCH, code, gallery="stranger", stage=Stage.REQUEST),
        st.sampled_from([str(LikenessReason.FACE_STRANGER), str(LikenessReason.VOICE_STRANGER)]),
    ),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_FINDINGS, max_size=6), _OBJECTED, st.randoms())
def test_no_mix_of_findings_lets_a_match_without_consent_through(
    others: list[Finding], objected: Finding, random: Any
) -> None:
    findings = [*others, objected]
    random.shuffle(findings)
    assert judged(*findings) is Verdict.DENY


@settings(max_examples=60, deadline=None)
@given(st.lists(_FINDINGS, min_size=1, max_size=6), _FINDINGS)
def test_a_further_finding_never_makes_a_verdict_milder(findings: list[Finding], further: Finding) -> None:
    assert judged(*findings, further).severity >= judged(*findings).severity


@settings(max_examples=40, deadline=None)
@given(st.lists(_FINDINGS, min_size=1, max_size=6), st.randoms())
def test_the_order_of_findings_decides_nothing(findings: list[Finding], random: Any) -> None:
    shuffled = list(findings)
    random.shuffle(shuffled)
    assert judged(*shuffled) is judged(*findings)


# --- the visible mark

_UNMARKED = """
@id("own-screens")
permit (principal, action == Action::"omit_visible_mark", resource)
when { context.purpose == "advertising" && resource.people == 0 };
"""
_STRONGER = """
@id("references-show")
permit (principal, action == Action::"strengthen_visible_mark", resource)
when { resource.references > 0 };
"""


def _shown(policy: str, **asked: Any) -> MarkRuling:
    view = CaseView(Stage.OUTPUT, replace(a_request(), **asked), NOON)
    return CedarPolicy(default_policy() + policy).visible_mark(view)


def test_a_policy_that_says_so_leaves_the_visible_mark_out_and_is_named() -> None:
    assert _shown(_UNMARKED, purpose="advertising") == MarkRuling("off", "own-screens")
    assert _shown(_UNMARKED, purpose="personal") == MarkRuling()


def test_a_policy_can_ask_for_a_stronger_mark_which_wins_over_none() -> None:
    reference = Reference("ref_1", MediaRef("0" * 64, MediaKind.IMAGE, "image/png", 1))
    asked = {"purpose": "advertising", "references": (reference,)}
    assert _shown(_UNMARKED + _STRONGER, **asked) == MarkRuling("strong", "references-show")


def test_a_rule_that_permits_everything_does_not_mean_the_visible_mark() -> None:
    assert _shown('@id("all") permit (principal, action, resource);') == MarkRuling()


def test_a_policy_that_fails_to_evaluate_leaves_the_mark_on() -> None:
    overflowing = """
    @id("broken")
    permit (principal, action == Action::"omit_visible_mark", resource)
    when { resource.seconds * 9223372036854775807 > 1 || true };
    """
    assert _shown(overflowing, seconds=8) == MarkRuling()


def test_a_policy_may_name_the_action_in_a_list() -> None:
    listed = """
    @id("listed")
    permit (principal, action in [Action::"omit_visible_mark", Action::"strengthen_visible_mark"], resource);
    """
    assert _shown(listed) == MarkRuling("strong", "listed")


def test_where_one_question_fails_the_other_does_not_take_the_mark_off() -> None:
    failing = """
    @id("broken")
    permit (principal, action == Action::"strengthen_visible_mark", resource)
    when { resource.seconds * 9223372036854775807 > 1 };
    """
    assert _shown(_UNMARKED + failing, purpose="advertising", seconds=8) == MarkRuling()


# --- appeals


def test_policy_says_how_many_people_it_takes_to_overturn_it() -> None:
    figure = ruled(a_finding(Outcome.MATCH, LikenessReason.NAME_BLOCKLISTED, gallery="blocklist"))
    work = ruled(a_finding(Outcome.MATCH, OptOutReason.CHARACTER_NAMED))
    assert (figure.overturn, work.overturn) == (Overturn.TWO, Overturn.ONE)
    text = (
        '@id("clear") permit (principal, action == Action::"generate", resource) when { resource.outcome == "clear" };'
    )
    nothing = CedarPolicy(text)
    assert ruled(a_finding(Outcome.MATCH, OptOutReason.CHARACTER_NAMED), nothing).overturn is Overturn.NEVER


def test_of_several_rules_that_stop_something_the_hardest_counts() -> None:
    text = (
        default_policy()
        + """
@id("never")
@appeal("never")
forbid (principal, action == Action::"generate", resource) when { resource.area == "optout" };
"""
    )
    assert ruled(a_finding(Outcome.MATCH, OptOutReason.CHARACTER_NAMED), CedarPolicy(text)).overturn is Overturn.NEVER


def test_a_rule_that_says_nothing_sensible_about_appeals_is_refused() -> None:
    with pytest.raises(InvalidInput) as wrong:
        CedarPolicy('@id("odd") @appeal("three") permit (principal, action, resource);')
    assert (wrong.value.field, wrong.value.limit) == ("policy", "one, two, never")
