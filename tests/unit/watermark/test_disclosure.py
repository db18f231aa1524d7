"""Profiles of jurisdictions, how they are joined, and what the credential says of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trust_kernel.errors import InvalidInput
from watermark.domain.disclosure import (
    Deployment,
    Disclosure,
    DisclosureProfile,
    DisclosureReason,
    FileMetadata,
    Jurisdiction,
    LatentField,
    Made,
    Nature,
    Oversight,
    disclose,
    opening_of,
)
from watermark.domain.disclosure_assertions import DISCLOSURE_LABEL, assertions_of
from watermark.domain.disclosure_profiles import CALIFORNIA, CHINA, EU, PROFILES, WORLD, profiles_named
from watermark.domain.marks import OpeningLabel
from watermark.service.disclosing import DisclosureService

DEPLOYMENT = Deployment("Acme", "Placet", "0.1.0", "https://acme.example/verify", producer_code="001191CODE")
MADE = Made("rel-7", datetime(2026, 11, 22, 3, 0, tzinfo=UTC))
VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def said(*profiles: DisclosureProfile, made: Made = MADE, deployment: Deployment = DEPLOYMENT) -> Disclosure:
    return disclose(profiles, deployment, made)


def test_every_profile_names_its_rules_with_an_address() -> None:
    assert set(PROFILES) == set(Jurisdiction)
    for profile in PROFILES.values():
        assert profile.rules
        assert all(rule.url.startswith("https://") and rule.paragraph for rule in profile.rules)


def test_every_profile_with_the_force_of_law_says_since_when_and_what_it_leaves_to_the_operator() -> None:
    for profile in (EU, CALIFORNIA, CHINA):
        assert any(rule.applies_from for rule in profile.rules)
        assert profile.not_covered


def test_california_gets_provider_system_version_time_and_identifier() -> None:
    fields = said(CALIFORNIA).fields
    assert fields[LatentField.PROVIDER] == "Acme"
    assert (fields[LatentField.SYSTEM], fields[LatentField.SYSTEM_VERSION]) == ("Placet", "0.1.0")
    assert fields[LatentField.CREATED_AT] == "2026-11-22T03:00:00Z"
    assert fields[LatentField.IDENTIFIER] == "rel-7"
    assert said(CALIFORNIA).opening is None


def test_the_union_gets_nature_and_a_link_to_the_detector() -> None:
    fields = said(EU).fields
    assert fields[LatentField.NATURE] == "generated"
    assert fields[LatentField.DETECTOR] == "https://acme.example/verify"


def test_china_gets_all_seven_values_in_order_and_a_label_of_two_seconds_at_a_twentieth_of_the_height() -> None:
    disclosure = said(CHINA)
    assert disclosure.aigc is not None
    assert list(disclosure.aigc.items()) == [
        ("Label", "1"),
        ("ContentProducer", "001191CODE"),
        ("ProduceID", "rel-7"),
        ("ReservedCode1", ""),
        ("ContentPropagator", ""),
        ("PropagateID", ""),
        ("ReservedCode2", ""),
    ]
    assert disclosure.opening is not None
    assert disclosure.opening.seconds >= 2.0
    assert disclosure.opening.height >= 0.05
    assert "AI" in disclosure.opening.text
    assert "生成" in disclosure.opening.text


def test_without_a_code_the_producer_is_the_provider_by_name() -> None:
    aigc = said(CHINA, deployment=replace(DEPLOYMENT, producer_code="")).aigc
    assert aigc is not None
    assert aigc["ContentProducer"] == "Acme"


def test_who_distributes_what_it_makes_is_named_with_the_same_identifier() -> None:
    aigc = said(CHINA, deployment=replace(DEPLOYMENT, propagator_code="001191CODE")).aigc
    assert aigc is not None
    assert (aigc["ContentPropagator"], aigc["PropagateID"]) == ("001191CODE", "rel-7")


def test_nobody_who_was_not_asked_about_gets_aigc_values() -> None:
    assert said(WORLD, EU, CALIFORNIA).aigc is None


def test_a_remix_of_something_real_is_a_composite() -> None:
    fields = said(WORLD, made=replace(MADE, nature=Nature.MANIPULATED)).fields
    assert fields[LatentField.SOURCE_TYPE] == VOCABULARY + "compositeWithTrainedAlgorithmicMedia"
    assert fields[LatentField.NATURE] == "manipulated"
    assert said(WORLD).fields[LatentField.SOURCE_TYPE] == VOCABULARY + "trainedAlgorithmicMedia"


def test_the_time_is_stated_in_utc_whatever_zone_it_came_in() -> None:
    rome = MADE.created_at.astimezone(timezone(timedelta(hours=1)))
    assert said(WORLD, made=replace(MADE, created_at=rome)).fields[LatentField.CREATED_AT] == "2026-11-22T03:00:00Z"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(InvalidInput) as refusal:
        said(WORLD, made=replace(MADE, created_at=datetime(2026, 11, 22)))  # noqa: DTZ001 - that is the point
    assert refusal.value.field == "created_at"


@pytest.mark.parametrize("provider", ["", "  ", "A\x00B", "A\nB", "\u202egro.elpmaxe", "x" * 301])
def test_a_fact_that_is_asked_for_and_cannot_be_written_is_refused(provider: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        said(EU, deployment=replace(DEPLOYMENT, provider=provider))
    assert (refusal.value.code, refusal.value.field) == (DisclosureReason.FACT, "provider")


def test_a_fact_that_nobody_asks_for_may_be_missing() -> None:
    assert LatentField.PROVIDER not in said(WORLD, deployment=replace(DEPLOYMENT, provider="")).fields


def test_the_joined_opening_label_is_the_longest_and_largest_and_says_what_each_says() -> None:
    long = replace(EU, opening=OpeningLabel("AI GENERATED", 5.0, 0.03))
    large = replace(CHINA, opening=OpeningLabel("AI生成", 2.0, 0.08))
    assert opening_of((WORLD, long, CALIFORNIA, large)) == OpeningLabel("AI GENERATED · AI生成", 5.0, 0.08)
    assert opening_of((long, long)) == long.opening
    assert opening_of((long, large), "AI 生成 generated") == OpeningLabel("AI 生成 generated", 5.0, 0.08)
    assert opening_of((WORLD, CALIFORNIA)) is None


@given(st.sets(st.sampled_from(list(Jurisdiction)), min_size=1))
@settings(max_examples=15, deadline=None)
def test_joining_never_loses_what_one_of_the_profiles_asks(names: set[Jurisdiction]) -> None:
    profiles = profiles_named(sorted(names))
    joined = disclose(profiles, DEPLOYMENT, MADE)
    for profile in profiles:
        alone = disclose((profile,), DEPLOYMENT, MADE)
        assert alone.fields.items() <= joined.fields.items()
        assert alone.aigc is None or joined.aigc == alone.aigc
        if alone.opening is not None:
            assert joined.opening is not None
            assert joined.opening.seconds >= alone.opening.seconds
            assert joined.opening.height >= alone.opening.height
            assert alone.opening.text in joined.opening.text


def test_profiles_are_found_by_name_with_the_baseline_first_and_each_once() -> None:
    assert profiles_named(["cn", "eu", "cn"]) == (WORLD, CHINA, EU)
    assert profiles_named([]) == (WORLD,)


def test_an_unknown_profile_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput) as refusal:
        profiles_named(["mars"])
    assert refusal.value.code == DisclosureReason.PROFILE
    assert "us-ca" in str(refusal.value.limit)
    assert "mars" in refusal.value.detail
    assert "us-ca" in refusal.value.detail


def test_the_sentence_says_who_made_it_with_what_and_where_to_check() -> None:
    assert said(EU).sentence == "Generated with AI by Acme (Placet 0.1.0). Check: https://acme.example/verify"
    assert said(WORLD, made=replace(MADE, nature=Nature.MANIPULATED)).sentence == "Manipulated with AI (Placet 0.1.0)"


def test_the_credential_alone_states_every_field_of_every_profile() -> None:
    disclosure = said(WORLD, EU, CALIFORNIA, CHINA)
    found = dict(assertions_of(disclosure))
    own = found[DISCLOSURE_LABEL]
    for field, value in disclosure.fields.items():
        assert own[field.value] == value
    assert own["aigc"] == disclosure.aigc
    assert own["jurisdictions"] == ["world", "eu", "us-ca", "cn"]


def test_the_credential_names_system_and_source_type_in_the_words_of_the_iptc() -> None:
    metadata = dict(assertions_of(said(WORLD, EU)))["cawg.metadata"]
    assert metadata["Iptc4xmpExt:DigitalSourceType"] == VOCABULARY + "trainedAlgorithmicMedia"
    assert metadata["Iptc4xmpExt:AISystemUsed"] == "Placet"
    assert metadata["dc:identifier"] == "rel-7"
    prefixes = {name.partition(":")[0] for name in metadata if not name.startswith("@")}
    assert prefixes <= set(metadata["@context"])


def test_the_credential_says_which_model_and_whether_a_person_looked() -> None:
    made = replace(MADE, model="animatic", oversight=Oversight.HUMAN_VALIDATED)
    disclosure = dict(assertions_of(said(WORLD, made=made)))["c2pa.ai-disclosure"]
    assert disclosure["modelName"] == "animatic"
    assert disclosure["contentProfile"] == {"humanOversightLevel": "human_validated"}
    assert dict(assertions_of(said(WORLD)))["c2pa.ai-disclosure"]["modelName"] == "Placet"


@pytest.mark.parametrize(
    ("fields", "aigc", "says"),
    [
        ({"source_type": VOCABULARY + "trainedAlgorithmicMedia"}, None, True),
        ({"source_type": VOCABULARY + "compositeWithTrainedAlgorithmicMedia"}, None, True),
        ({"source_type": VOCABULARY + "digitalCapture"}, None, False),
        ({}, {"Label": "3"}, True),
        ({}, {"Label": "0"}, False),
        ({}, None, False),
    ],
)
def test_metadata_says_ai_only_where_it_says_so(
    fields: dict[str, str], aigc: dict[str, str] | None, says: bool
) -> None:
    assert FileMetadata(fields, aigc, "").says_ai is says


class Notebook:
    """Remembers what would have been written."""

    def __init__(self) -> None:
        self.written: list[tuple[Path, Disclosure, str]] = []

    def __call__(self, path: Path, disclosure: Disclosure, kind: str) -> None:
        self.written.append((path, disclosure, kind))


def test_a_release_says_the_same_in_its_file_and_in_its_credential(tmp_path: Path) -> None:
    notebook = Notebook()
    profiles = profiles_named(["cn", "eu"])
    service = DisclosureService(profiles, DEPLOYMENT, notebook, frozenset({"video/mp4"}))
    path = tmp_path / "film.mp4"
    own = dict(service.state(path, "video/mp4", MADE))[DISCLOSURE_LABEL]
    disclosure = disclose(profiles, DEPLOYMENT, MADE)
    assert notebook.written == [(path, disclosure, "video/mp4")]
    for field, value in disclosure.fields.items():
        assert own[field.value] == value
    assert service.opening == disclosure.opening


def test_a_kind_of_file_that_takes_no_metadata_still_says_it_in_its_credential(tmp_path: Path) -> None:
    notebook = Notebook()
    service = DisclosureService(profiles_named([]), DEPLOYMENT, notebook, frozenset({"video/mp4"}))
    assert DISCLOSURE_LABEL in dict(service.state(tmp_path / "voice.wav", "audio/wav", MADE))
    assert not notebook.written


def test_nothing_is_written_where_a_fact_is_missing(tmp_path: Path) -> None:
    notebook = Notebook()
    service = DisclosureService(profiles_named(["eu"]), DEPLOYMENT, notebook, frozenset({"video/mp4"}))
    with pytest.raises(InvalidInput):
        service.state(tmp_path / "film.mp4", "video/mp4", replace(MADE, identifier=""))
    assert not notebook.written


def test_a_deployment_that_lacks_a_fact_is_refused_before_it_makes_anything() -> None:
    with pytest.raises(InvalidInput) as refusal:
        DisclosureService(profiles_named(["eu"]), replace(DEPLOYMENT, detector=""), Notebook(), frozenset())
    assert (refusal.value.code, refusal.value.field) == (DisclosureReason.FACT, "detector")


def test_the_page_for_operators_names_every_profile_and_every_value() -> None:
    page = (Path(__file__).parents[3] / "docs" / "disclosure.md").read_text("utf-8")
    for profile in PROFILES.values():
        assert f"`{profile.jurisdiction}` {profile.name}" in page
    aigc = said(CHINA).aigc or {}
    assert ", ".join(aigc) in page
