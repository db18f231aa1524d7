"""What the gates read in a prompt: names of people and works, and cameos by handle or id."""

from datetime import timedelta

import pytest

from consent_registry.api import Audience, AudienceKind, Modality
from copyright_optout.api import NamedWork
from generator_gateway.gates.cameos import CameosGate
from generator_gateway.gates.names import MOST_NAMED
from generator_gateway.ports import GateReport
from generator_gateway.stages import Consent
from likeness_guard.api import NamedPerson
from tests.factories.cases import NOON, a_request
from tests.factories.claims import a_claim, terms
from tests.unit.generator_gateway.conftest import EVERYONE, FACE, VOICE, House, view_of
from trust_kernel.decisions import Finding, Outcome

LION = a_claim("claim_lion", says=terms("Leo"), at=NOON)


def person(score: float, alias: str = "Queen Mab") -> NamedPerson:
    return NamedPerson("entry_mab", "Queen Mab", alias, (2, 11), ("leet", "spaced"), score)


def work(score: float, alias: str = "Leo") -> NamedWork:
    return NamedWork(LION, alias, (4, 7), ("folded",), score)


def names(house: House, prompt: str, account_id: str = "acct_ada") -> tuple[Finding, ...]:
    view = view_of(a_request(account_id=account_id, prompt=prompt), house.clock)
    return house.names_gate().look(view).findings


# --- names


def test_a_prompt_without_names_is_clear(house: House) -> None:
    (finding,) = names(house, "a quiet harbour")
    assert (finding.outcome, finding.reason, finding.gate) == (Outcome.CLEAR, "gate:panel:clear", "prompt:names")
    assert finding.evidence.source == "prompt"


@pytest.mark.parametrize(
    ("score", "outcome", "reason"),
    [
        (1.0, Outcome.MATCH, "likeness:name:blocklisted"),
        (0.80, Outcome.MATCH, "likeness:name:blocklisted"),
        (0.79, Outcome.UNSURE, "likeness:name:unsure"),
    ],
    ids=["exact", "misspelt", "only alike"],
)
def test_a_blocked_person_is_named_or_perhaps_named(house: House, score: float, outcome: Outcome, reason: str) -> None:
    house.likeness.names = [person(score)]
    (finding,) = names(house, "a Queen Mab dance")
    assert (finding.outcome, finding.reason, finding.about) == (outcome, reason, "entry_mab")
    assert (finding.score, finding.threshold) == (score, 0.80)
    assert finding.evidence.span == (2, 11)
    assert finding.evidence.note == "leet, spaced"
    assert finding.facts["gallery"] == "blocklist"


@pytest.mark.parametrize(
    ("score", "outcome", "reason"),
    [
        (1.0, Outcome.MATCH, "optout:character:named"),
        (0.9, Outcome.MATCH, "optout:character:named"),
        (0.89, Outcome.UNSURE, "optout:name:unsure"),
    ],
)
def test_an_opted_out_work_is_named_or_perhaps_named(house: House, score: float, outcome: Outcome, reason: str) -> None:
    house.optouts.names = [work(score)]
    (finding,) = names(house, "see Leo run")
    assert (finding.outcome, finding.reason, finding.about) == (outcome, reason, "claim_lion")
    assert (finding.score, finding.threshold) == (score, 0.9)
    assert finding.evidence.span == (4, 7)
    assert finding.evidence.note == "folded"


@pytest.mark.parametrize("score", [1.0, 0.8])
def test_a_licensed_work_may_be_named_by_its_licensee_only(house: House, score: float) -> None:
    house.optouts.names = [work(score)]
    house.optouts.licences.add(("claim_lion", "acct_ada"))
    assert names(house, "see Leo run")[0].outcome is Outcome.CONSENTED
    assert names(house, "see Leo run", "acct_bea")[0].outcome is not Outcome.CONSENTED


def test_every_name_is_reported_people_first(house: House) -> None:
    house.likeness.names = [person(1.0)]
    house.optouts.names = [work(1.0)]
    found = names(house, "Queen Mab and Leo")
    assert [finding.about for finding in found] == ["entry_mab", "claim_lion"]


# --- cameos


def cameos(house: House, prompt: str = "", *, characters: tuple[str, ...] = (), remix: bool = False) -> GateReport:
    request = a_request(prompt=prompt or "a harbour", characters=characters, remix_of="video_0" if remix else None)
    return CameosGate(house.registry).look(view_of(request, house.clock))


def told(report: GateReport) -> list[tuple[Outcome, str]]:
    return [(finding.outcome, str(finding.reason)) for finding in report.findings]


def test_a_prompt_that_names_nobody_is_clear(house: House) -> None:
    report = cameos(house, "write to ada@example.com")
    assert told(report) == [(Outcome.CLEAR, "gate:panel:clear")]
    assert report.findings[0].evidence.source == "prompt"
    assert report.consents == ()


def test_a_handle_that_nobody_has_is_refused(house: House) -> None:
    report = cameos(house, "hello @nobody_here")
    assert told(report) == [(Outcome.MATCH, "consent:cameo:unknown")]
    assert report.findings[0].about is None
    assert report.findings[0].evidence.span == (6, 18)


def test_each_unknown_handle_is_reported(house: House) -> None:
    assert len(cameos(house, "@nobody_here meets @noone_else").findings) == 2


def test_an_unknown_character_id_is_refused(house: House) -> None:
    report = cameos(house, characters=("subject_nobody",))
    assert told(report) == [(Outcome.MATCH, "consent:cameo:unknown")]
    assert report.findings[0].evidence.source == "characters"


def test_a_person_without_a_cameo_is_refused(house: House) -> None:
    house.give(house.person("bea", enrolled=False))
    assert told(cameos(house, "@bea")) == [(Outcome.MATCH, "consent:cameo:unknown")]


def test_a_granted_cameo_consents_to_face_and_voice_in_one(house: House) -> None:
    bea = house.person("bea")
    grant = house.give(bea)
    report = cameos(house, "@bea waves")
    assert told(report) == [(Outcome.CONSENTED, "consent:grant:active")]
    assert report.findings[0].about == bea.id
    (consent,) = report.consents
    epoch = house.registry.subject(bea.id).consent_epoch
    assert consent == Consent(bea.id, epoch, grant.id, frozenset({"face", "voice"}))


def test_ones_own_cameo_needs_no_grant(house: House) -> None:
    ada = house.person("ada")
    report = cameos(house, "@ada waves")
    assert told(report) == [(Outcome.CONSENTED, "consent:subject:own")]
    assert [consent.grant_id for consent in report.consents] == [None]
    assert report.consents[0].subject_id == ada.id


@pytest.mark.parametrize("granted", [FACE, VOICE], ids=["face", "voice"])
def test_what_is_granted_of_a_person_is_all_that_is_consented(house: House, granted: frozenset[Modality]) -> None:
    bea = house.person("bea")
    house.give(bea, modalities=granted)
    report = cameos(house, "@bea")
    assert told(report) == [(Outcome.CONSENTED, "consent:grant:active")]
    assert [consent.modalities for consent in report.consents] == [granted]


def test_two_grants_may_share_the_work(house: House) -> None:
    bea = house.person("bea")
    face, voice = house.give(bea, modalities=FACE), house.give(bea, modalities=VOICE)
    consents = cameos(house, "@bea").consents
    assert {(consent.grant_id, *consent.modalities) for consent in consents} == {
        (face.id, "face"),
        (voice.id, "voice"),
    }


def test_a_refusal_tells_the_true_cause(house: House) -> None:
    bea = house.person("bea")
    assert told(cameos(house, "@bea")) == [(Outcome.MATCH, "consent:grant:none")]
    house.give(bea, Audience(AudienceKind.PEOPLE, frozenset({"acct_cyd"})))
    assert told(cameos(house, "@bea")) == [(Outcome.MATCH, "consent:grant:none")]
    short = house.give(bea, expires_at=house.clock.now() + timedelta(hours=1))
    house.clock.advance(hours=1)
    assert told(cameos(house, "@bea")) == [(Outcome.MATCH, "consent:grant:expired")]
    house.registry.revoke(short.id, actor=bea.account_id)
    assert told(cameos(house, "@bea")) == [(Outcome.MATCH, "consent:grant:revoked")]
    assert cameos(house, "@bea").consents == ()


def test_a_remix_needs_a_grant_that_allows_it(house: House) -> None:
    bea = house.person("bea")
    house.give(bea)
    assert told(cameos(house, "@bea", remix=True)) == [(Outcome.MATCH, "consent:grant:remix_forbidden")]
    house.give(bea, allows_remix=True)
    assert told(cameos(house, "@bea", remix=True)) == [(Outcome.CONSENTED, "consent:grant:active")]


def test_one_person_named_in_several_ways_is_asked_about_once(house: House) -> None:
    bea = house.person("bea")
    house.give(bea)
    report = cameos(house, "@bea and @BEA", characters=(bea.id, bea.id))
    assert [finding.about for finding in report.findings] == [bea.id]
    assert report.findings[0].evidence.span == (0, 4)
    assert len(report.consents) == 1


def test_each_of_several_people_has_a_finding_of_their_own(house: House) -> None:
    bea, cyd = house.person("bea"), house.person("cyd")
    house.give(bea, EVERYONE)
    report = cameos(house, "@bea", characters=(cyd.id,))
    assert [(finding.about, finding.outcome) for finding in report.findings] == [
        (bea.id, Outcome.CONSENTED),
        (cyd.id, Outcome.MATCH),
    ]
    assert [type(consent) for consent in report.consents] == [Consent]


def test_a_work_that_is_named_twice_is_one_finding_the_surest(house: House) -> None:
    house.optouts.names = [work(0.7), work(1.0), work(0.8)]
    (found,) = names(house, "see Leo run, l.e.o")
    assert found.score == 1.0


def test_who_names_too_many_is_looked_at_by_a_person(house: House) -> None:
    house.likeness.names = [
        NamedPerson(f"entry_{number}", "Queen Mab", "Queen Mab", (0, 9), (), 0.5 + number / 1000)
        for number in range(MOST_NAMED + 1)
    ]
    found = names(house, "Queen Mab")
    assert len(found) == MOST_NAMED + 1
    assert "entry_0" not in {one.about for one in found}, "the least sure is left out"
    assert (found[-1].outcome, found[-1].reason) == (Outcome.UNSURE, "gate:names:many")
