"""What the gates see in media: people and works, handed in or drawn."""

from dataclasses import replace

import pytest

from consent_registry.api import Subject
from copyright_optout.api import Band as WorkBand
from copyright_optout.api import ClaimKind, HeardWork, LookAlike, PicturedWork
from generator_gateway.gates.likeness import LikenessGate
from generator_gateway.gates.works import WorksGate
from generator_gateway.ports import GateReport
from generator_gateway.stages import Consent
from likeness_guard.api import Band, Gallery, Modality, Sighting
from tests.factories.cases import a_request
from tests.factories.claims import a_claim, terms
from tests.unit.generator_gateway.conftest import FACE, House, seen, view_of
from trust_kernel.decisions import Finding, Outcome, Stage

FACE_SEEN, VOICE_HEARD = Modality.FACE, Modality.VOICE
BY_MODALITY = pytest.mark.parametrize("modality", Modality)


def handed_in(house: House, *sightings: Sighting) -> GateReport:
    house.likeness.shown = {b"photo": sightings}
    view = view_of(a_request(), house.clock, ("ref_1", b"image photo"))
    return LikenessGate(house.likeness, house.registry).look(view)


def drawn(house: House, *sightings: Sighting, consents: tuple[Consent, ...] = ()) -> GateReport:
    house.likeness.shown = {b"drawn": sightings}
    view = view_of(a_request(), house.clock, ("output", b"drawn"), stage=Stage.OUTPUT)
    return LikenessGate(house.likeness, house.registry).look(replace(view, consents=consents))


def admitted(subject: Subject, *modalities: str) -> Consent:
    return Consent(subject.id, 1, "grant_1", frozenset(modalities))


def told(report: GateReport) -> list[tuple[Outcome, str]]:
    return [(finding.outcome, str(finding.reason)) for finding in report.findings]


# --- people in references


def test_a_request_without_media_is_clear(house: House) -> None:
    report = LikenessGate(house.likeness, house.registry).look(view_of(a_request(), house.clock))
    assert told(report) == [(Outcome.CLEAR, "gate:panel:clear")]


def test_a_medium_without_people_is_clear_and_names_the_model(house: House) -> None:
    report = handed_in(house)
    assert told(report) == [(Outcome.CLEAR, "gate:panel:clear")]
    assert report.made_with == {"likeness:face": "fake-1"}


def test_every_medium_is_looked_at(house: House) -> None:
    view = view_of(a_request(), house.clock, ("ref_1", b"image one"), ("ref_2", b"sound two"))
    LikenessGate(house.likeness, house.registry).look(view)
    assert house.likeness.examined == [b"image one", b"sound two"]


@BY_MODALITY
def test_a_granted_likeness_in_a_reference_consents(house: House, modality: Modality) -> None:
    bea = house.person("bea")
    grant = house.give(bea)
    report = handed_in(house, seen(bea.id, modality=modality))
    assert told(report) == [(Outcome.CONSENTED, f"likeness:{modality}:consented")]
    assert [(c.grant_id, c.modalities) for c in report.consents] == [(grant.id, frozenset({modality.value}))]
    assert report.seen == (bea.id,)


@BY_MODALITY
def test_an_enrolled_likeness_without_a_grant_is_a_match(house: House, modality: Modality) -> None:
    bea = house.person("bea")
    report = handed_in(house, seen(bea.id, modality=modality))
    assert told(report) == [(Outcome.MATCH, f"likeness:{modality}:no_consent")]
    assert report.findings[0].about == bea.id
    assert report.consents == ()


def test_a_grant_for_the_face_does_not_cover_the_voice(house: House) -> None:
    bea = house.person("bea")
    house.give(bea, modalities=FACE)
    report = handed_in(house, seen(bea.id), seen(bea.id, modality=VOICE_HEARD, box=None))
    assert told(report) == [
        (Outcome.CONSENTED, "likeness:face:consented"),
        (Outcome.MATCH, "likeness:voice:no_consent"),
    ]


@BY_MODALITY
def test_a_public_figure_is_a_match_that_no_consent_lifts(house: House, modality: Modality) -> None:
    report = handed_in(house, seen("entry_mab", gallery=Gallery.BLOCKLIST, modality=modality, category="head_of_state"))
    assert told(report) == [(Outcome.MATCH, f"likeness:{modality}:blocklisted")]
    facts = report.findings[0].facts
    assert (facts["gallery"], facts["modality"], facts["category"]) == ("blocklist", modality.value, "head_of_state")
    assert report.seen == ()


@BY_MODALITY
def test_a_stranger_is_a_match_where_seen_well_and_unsure_where_not(house: House, modality: Modality) -> None:
    reason = f"likeness:{modality}:stranger"
    clear = seen(None, gallery=Gallery.STRANGER, modality=modality)
    assert told(handed_in(house, clear)) == [(Outcome.MATCH, reason)]
    blurred = seen(None, gallery=Gallery.STRANGER, band=Band.UNSURE, modality=modality)
    assert told(handed_in(house, blurred)) == [(Outcome.UNSURE, reason)]


@BY_MODALITY
@pytest.mark.parametrize("gallery", [Gallery.CAMEO, Gallery.BLOCKLIST])
def test_a_doubtful_likeness_is_unsure_whatever_was_granted(house: House, gallery: Gallery, modality: Modality) -> None:
    bea = house.person("bea")
    house.give(bea)
    report = handed_in(house, seen(bea.id, gallery=gallery, band=Band.UNSURE, modality=modality))
    assert told(report) == [(Outcome.UNSURE, f"likeness:{modality}:unsure")]
    assert report.consents == ()
    assert report.seen == ()


def test_a_match_with_nobody_behind_it_is_never_consented(house: House) -> None:
    assert told(handed_in(house, seen(None))) == [(Outcome.MATCH, "likeness:face:blocklisted")]


def test_a_weak_other_likeness_of_a_consented_face_is_dropped(house: House) -> None:
    bea, cyd = house.person("bea"), house.person("cyd")
    house.give(bea)
    report = handed_in(house, seen(bea.id), seen(cyd.id, band=Band.UNSURE))
    assert told(report) == [(Outcome.CONSENTED, "likeness:face:consented")]


def test_a_weak_likeness_elsewhere_in_the_picture_is_kept(house: House) -> None:
    bea, cyd = house.person("bea"), house.person("cyd")
    house.give(bea)
    other = seen(cyd.id, band=Band.UNSURE, box=(0.6, 0.1, 0.2, 0.2))
    assert told(handed_in(house, seen(bea.id), other)) == [
        (Outcome.CONSENTED, "likeness:face:consented"),
        (Outcome.UNSURE, "likeness:face:unsure"),
    ]


def test_a_strong_other_likeness_of_a_consented_face_is_kept(house: House) -> None:
    bea, cyd = house.person("bea"), house.person("cyd")
    house.give(bea)
    report = handed_in(house, seen(bea.id), seen(cyd.id), seen("entry_mab", gallery=Gallery.BLOCKLIST))
    assert [outcome for outcome, _ in told(report)] == [Outcome.CONSENTED, Outcome.MATCH, Outcome.MATCH]


def test_a_weak_likeness_of_a_refused_face_is_kept(house: House) -> None:
    bea, cyd = house.person("bea"), house.person("cyd")
    report = handed_in(house, seen(bea.id), seen(cyd.id, band=Band.UNSURE))
    assert [outcome for outcome, _ in told(report)] == [Outcome.MATCH, Outcome.UNSURE]


def test_a_finding_says_where_and_how_sure(house: House) -> None:
    bea = house.person("bea")
    finding: Finding = handed_in(house, seen(bea.id)).findings[0]
    assert (finding.gate, finding.score, finding.threshold) == ("likeness:media", 0.9, 0.8)
    assert (finding.evidence.source, finding.evidence.seconds) == ("ref_1", (0.0, 1.0))
    assert finding.evidence.box == (0.1, 0.1, 0.2, 0.2)
    assert finding.facts == {
        "gallery": "cameo",
        "modality": "face",
        "category": "",
        "claimed": False,
        "probability": 998,  # thousandths
        "false_positives": 120,  # in a million
        "assurance": "staff_attested",
    }


# --- people in what was drawn


@BY_MODALITY
def test_who_was_invited_may_appear(house: House, modality: Modality) -> None:
    bea = house.person("bea")
    report = drawn(house, seen(bea.id, modality=modality), consents=(admitted(bea, modality.value),))
    assert told(report) == [(Outcome.CONSENTED, f"likeness:{modality}:consented")]
    assert report.consents == ()
    assert report.seen == (bea.id,)


@BY_MODALITY
def test_who_was_not_invited_may_not_appear_even_under_a_wide_grant(house: House, modality: Modality) -> None:
    bea, cyd = house.person("bea"), house.person("cyd")
    house.give(bea)
    report = drawn(house, seen(bea.id, modality=modality), consents=(admitted(cyd, "face", "voice"),))
    assert told(report) == [(Outcome.MATCH, f"likeness:{modality}:no_consent")]


@BY_MODALITY
def test_a_poor_likeness_of_who_was_invited_is_looked_at_by_a_person(house: House, modality: Modality) -> None:
    bea = house.person("bea")
    poor = seen(bea.id, modality=modality, band=Band.UNSURE)
    report = drawn(house, poor, consents=(admitted(bea, modality.value),))
    assert told(report) == [(Outcome.UNSURE, f"likeness:{modality}:unsure")]
    assert report.seen == ()


def test_a_drawn_face_is_doubtful_where_it_was_handed_in_and_nobody_where_it_was_made(house: House) -> None:
    figure = replace(seen(None, gallery=Gallery.STRANGER, band=Band.UNSURE), drawn=True)
    assert told(handed_in(house, figure)) == [(Outcome.UNSURE, "likeness:face:stranger")]
    assert told(drawn(house, figure)) == [(Outcome.MATCH, "likeness:face:stranger")]
    blurred = seen(None, gallery=Gallery.STRANGER, band=Band.UNSURE)
    assert told(drawn(house, blurred)) == [(Outcome.UNSURE, "likeness:face:stranger")]


def test_what_was_drawn_is_kept_under_its_case_and_what_was_handed_in_is_not(house: House) -> None:
    handed_in(house)
    assert house.likeness.kept == []
    drawn(house)
    assert house.likeness.kept == [a_request().case_id]


def test_who_lent_the_voice_did_not_lend_the_face(house: House) -> None:
    bea = house.person("bea")
    report = drawn(house, seen(bea.id), consents=(admitted(bea, "voice"),))
    assert told(report) == [(Outcome.MATCH, "likeness:face:no_consent")]


def test_somebody_seen_twice_is_one_owner(house: House) -> None:
    bea = house.person("bea")
    twice = (seen(bea.id), seen(bea.id, box=(0.6, 0.1, 0.2, 0.2)))
    assert drawn(house, *twice, consents=(admitted(bea, "face"),)).seen == (bea.id,)


# --- works


def work(band: WorkBand) -> PicturedWork:
    return PicturedWork(a_claim("claim_lion", says=terms("Leo")), band, 16, 31, (0.5, 1.5), 90)


def works(house: House, *shown: PicturedWork, account_id: str = "acct_ada") -> tuple[Finding, ...]:
    house.optouts.shown = {b"photo": shown}
    view = view_of(a_request(account_id=account_id), house.clock, ("ref_1", b"image photo"))
    return WorksGate(house.optouts, house.claimed_works).look(view).findings


def test_pictures_without_works_are_clear(house: House) -> None:
    (finding,) = works(house)
    assert (finding.outcome, finding.reason, finding.gate) == (Outcome.CLEAR, "gate:panel:clear", "optout:pictures")


@pytest.mark.parametrize(
    ("band", "outcome", "reason"),
    [
        (WorkBand.MATCH, Outcome.MATCH, "optout:character:pictured"),
        (WorkBand.UNSURE, Outcome.UNSURE, "optout:picture:unsure"),
    ],
)
def test_an_opted_out_work_is_recognised(house: House, band: WorkBand, outcome: Outcome, reason: str) -> None:
    (finding,) = works(house, work(band))
    assert (finding.outcome, finding.reason, finding.about) == (outcome, reason, "claim_lion")
    assert (finding.score, finding.threshold) == (1 - 16 / 256, 1 - 31 / 256)
    assert (finding.evidence.source, finding.evidence.seconds) == ("ref_1", (0.5, 1.5))


def test_what_is_heard_and_what_looks_alike_are_found_beside_what_is_seen(house: House) -> None:
    claim = a_claim("claim_song", says=terms("Leo's Song", kind=ClaimKind.MUSIC))
    song = HeardWork(claim, WorkBand.MATCH, 0.9, 0.65, (2.0, 9.0), 31.0, 0.2, "energy-1")
    like = LookAlike(a_claim("claim_lion", says=terms("Leo")), 0.91, 0.85, (0.5, 1.5), "looks-1")
    house.optouts.sounding, house.optouts.resembling = {b"photo": (song,)}, {b"photo": (like,)}
    pictured, heard, alike = works(house, work(WorkBand.MATCH))
    assert pictured.reason == "optout:character:pictured"
    assert (heard.outcome, heard.reason, heard.about) == (Outcome.MATCH, "optout:music:heard", "claim_song")
    assert (heard.score, heard.threshold, heard.evidence.seconds) == (0.9, 0.65, (2.0, 9.0))
    assert (alike.outcome, alike.reason, alike.about) == (Outcome.UNSURE, "optout:looks:alike", "claim_lion")


def test_the_thresholds_that_works_were_judged_by_are_on_record(house: House) -> None:
    view = view_of(a_request(), house.clock, ("ref_1", b"image photo"))
    assert WorksGate(house.optouts, house.claimed_works).look(view).made_with == {"optout:hash": "fake-1"}


@pytest.mark.parametrize("band", WorkBand)
def test_a_licensed_work_passes_for_its_licensee_only(house: House, band: WorkBand) -> None:
    house.optouts.licences.add(("claim_lion", "acct_ada"))
    assert works(house, work(band))[0].outcome is Outcome.CONSENTED
    assert works(house, work(band), account_id="acct_bea")[0].outcome is not Outcome.CONSENTED
