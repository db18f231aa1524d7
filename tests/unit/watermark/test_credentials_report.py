"""The verdict, from codes alone: no files."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watermark.domain.credential_faults import Fault, fault_of, is_failure
from watermark.domain.credential_report import report_on
from watermark.domain.credentials import (
    CLAIM_ANCHORS,
    STAMP_ANCHORS,
    AiClaim,
    CredentialProfile,
    CredentialReason,
    CredentialReport,
    CredentialState,
    LeafCertificate,
    Reading,
)

PROFILE = CredentialProfile()
LABEL = "urn:c2pa:1"
PLACE = f"self#jumbf=/c2pa/{LABEL}/c2pa.signature"
LEAF = LeafCertificate(frozenset({"1.3.6.1.4.1.62558.2.1"}))
IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
TRUSTED = {
    "code": "signingCredential.trusted",
    "url": PLACE,
    "explanation": f"signing certificate trusted, found in [{CLAIM_ANCHORS}] trust anchors",
}
VALIDATED = {"code": "claimSignature.validated", "url": PLACE}
STAMPED = {"code": "timeStamp.trusted", "url": PLACE, "explanation": f"cert trusted: X, trust list: {STAMP_ANCHORS}"}
CROSSED = {**STAMPED, "explanation": f"cert trusted: X, trust list: {CLAIM_ANCHORS}"}
MATCH = {"code": "assertion.dataHash.match"}


def store(
    failures: tuple[str, ...] = (),
    success: tuple[dict[str, str], ...] = (TRUSTED, VALIDATED, MATCH),
    manifest: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    failed = [{"code": code, "url": PLACE} for code in failures]
    results = {"activeManifest": {"success": list(success), "failure": failed}, **more.pop("results", {})}
    return {
        "active_manifest": LABEL,
        "manifests": {LABEL: manifest or {}, **more.pop("manifests", {})},
        "validation_results": results,
        **more,
    }


def judge(json: dict[str, Any], leaf: LeafCertificate | None = LEAF, *, recovered: bool = False) -> CredentialReport:
    return report_on(Reading(json, leaf=leaf, recovered=recovered), PROFILE)


def test_the_standards_own_summary_is_not_believed() -> None:
    assert judge(store(("assertion.dataHash.mismatch",), validation_state="Trusted")).state is CredentialState.TAMPERED
    assert judge(store(validation_state="Invalid")).state is CredentialState.TRUSTED


@pytest.mark.parametrize(
    ("code", "state", "reason"),
    [
        ("signingCredential.untrusted", CredentialState.VALID_UNTRUSTED, CredentialReason.UNTRUSTED),
        ("signingCredential.expired", CredentialState.VALID_UNTRUSTED, CredentialReason.EXPIRED),
        ("claimSignature.outsideValidity", CredentialState.VALID_UNTRUSTED, CredentialReason.EXPIRED),
        ("signingCredential.ocsp.revoked", CredentialState.VALID_UNTRUSTED, CredentialReason.REVOKED),
        ("signingCredential.invalid", CredentialState.VALID_UNTRUSTED, CredentialReason.WRONG_CERTIFICATE),
        ("claimSignature.mismatch", CredentialState.TAMPERED, CredentialReason.TAMPERED),
        ("assertion.hashedURI.mismatch", CredentialState.TAMPERED, CredentialReason.TAMPERED),
        ("assertion.boxesHash.mismatch", CredentialState.TAMPERED, CredentialReason.TAMPERED),
        ("assertion.missing", CredentialState.TAMPERED, CredentialReason.TAMPERED),
        ("ingredient.manifest.mismatch", CredentialState.TAMPERED, CredentialReason.TAMPERED),
        ("claim.cbor.invalid", CredentialState.MALFORMED, CredentialReason.MALFORMED),
        ("assertion.action.malformed", CredentialState.MALFORMED, CredentialReason.MALFORMED),
        ("claim.hardBindings.missing", CredentialState.MALFORMED, CredentialReason.MALFORMED),
        ("something.nobody.heard.of", CredentialState.MALFORMED, CredentialReason.MALFORMED),
        ("cawg.x509.credential.untrusted", CredentialState.TRUSTED, CredentialReason.IDENTITY),
        ("timeStamp.untrusted", CredentialState.TRUSTED, CredentialReason.TRUSTED),
    ],
)
def test_each_failure_means_what_it_is_about(code: str, state: CredentialState, reason: CredentialReason) -> None:
    report = judge(store((code,)))
    assert report.state is state
    assert reason in report.reasons
    assert report.codes == (code,)


def test_tampering_outweighs_everything_else() -> None:
    codes = ("signingCredential.expired", "claim.malformed", "assertion.bmffHash.mismatch")
    assert judge(store(codes)).state is CredentialState.TAMPERED


@pytest.mark.parametrize("missing", [VALIDATED, MATCH], ids=["signature", "hard binding"])
def test_what_was_not_checked_is_not_vouched_for(missing: dict[str, str]) -> None:
    success = tuple(code for code in (TRUSTED, VALIDATED, MATCH) if code is not missing)
    assert judge(store(success=success)).state is CredentialState.MALFORMED


@pytest.mark.parametrize(
    "said",
    [
        {**TRUSTED, "explanation": f"signing certificate trusted, found in [{STAMP_ANCHORS}] trust anchors"},
        {**TRUSTED, "explanation": "signing certificate trusted"},
        {**TRUSTED, "url": "self#jumbf=/c2pa/urn:c2pa:other/c2pa.signature"},
        {**TRUSTED, "code": "cawg.x509.credential.trusted"},
    ],
    ids=["stamp anchors", "no anchors", "another manifest", "another signature"],
)
def test_only_our_claim_anchors_vouch_for_this_manifests_signer(said: dict[str, str]) -> None:
    assert judge(store(success=(said, VALIDATED, MATCH))).state is CredentialState.VALID_UNTRUSTED


@pytest.mark.parametrize(
    "leaf",
    [
        None,
        LeafCertificate(frozenset()),
        LeafCertificate(frozenset({"1.3.6.1.5.5.7.3.8"})),
        LeafCertificate(frozenset({"1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.8"})),
        LeafCertificate(frozenset({"2.5.29.37.0", "1.3.6.1.5.5.7.3.4"})),
    ],
)
def test_a_certificate_for_another_use_vouches_for_nothing(leaf: LeafCertificate | None) -> None:
    assert judge(store(), leaf).state is CredentialState.VALID_UNTRUSTED


def test_an_active_manifest_that_is_not_there_is_malformed() -> None:
    json = store()
    json["active_manifest"] = "urn:c2pa:2"
    assert judge(json).state is CredentialState.MALFORMED


@pytest.mark.parametrize(
    ("error", "elsewhere", "state"),
    [
        ("ManifestNotFound", False, CredentialState.NO_CREDENTIAL),
        ("Remote", False, CredentialState.REMOTE_MANIFEST_ONLY),
        ("NotSupported", True, CredentialState.UNSUPPORTED),
        ("NotSupported", False, CredentialState.MALFORMED),
        ("Other", True, CredentialState.MALFORMED),
        ("Decoding", False, CredentialState.MALFORMED),
        ("Anything", False, CredentialState.MALFORMED),
    ],
)
def test_a_file_without_readable_credential_says_why(error: str, elsewhere: bool, state: CredentialState) -> None:
    report = report_on(Reading(None, error=error, known_elsewhere=elsewhere), PROFILE)
    assert (report.state, report.ai) == (state, AiClaim.UNKNOWN)


def action(source: str) -> dict[str, Any]:
    return {
        "label": "c2pa.actions.v2",
        "data": {"actions": [{"action": "c2pa.edited"}, {"action": "c2pa.edited", "digitalSourceType": source}]},
    }


@pytest.mark.parametrize(
    ("assertion", "claim"),
    [
        (action(IPTC + "trainedAlgorithmicMedia"), AiClaim.YES),
        (action("https://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"), AiClaim.YES),
        (action(" " + IPTC + "compositeSynthetic "), AiClaim.YES),
        (action("http://c2pa.org/digitalsourcetype/trainedAlgorithmicData"), AiClaim.YES),
        (action(IPTC + "algorithmicMedia"), AiClaim.NO),
        (action(IPTC + "digitalCapture"), AiClaim.NO),
        (action("trainedAlgorithmicMedia/no"), AiClaim.NO),
        ({"label": "com.adobe.generative-ai", "data": {"version": "1.0.0"}}, AiClaim.YES),
        ({"label": "com.adobe.generative-ai__1", "data": {}}, AiClaim.YES),
        ({"label": "c2pa.ai-disclosure", "data": {"modelType": "c2pa.types.model"}}, AiClaim.YES),
        ({"label": "cawg.training-mining", "data": {"entries": {"cawg.ai_generative_training": {}}}}, AiClaim.NO),
        ({"label": "com.example.maintenance", "data": {}}, AiClaim.NO),
        (
            {"label": "cawg.metadata", "data": {"Iptc4xmpExt:DigitalSourceType": IPTC + "trainedAlgorithmicMedia"}},
            AiClaim.YES,
        ),
        ({"label": "com.example.note", "data": {"digitalSourceType": IPTC + "trainedAlgorithmicMedia"}}, AiClaim.NO),
    ],
)
def test_what_a_credential_says_about_ai_is_found(assertion: dict[str, Any], claim: AiClaim) -> None:
    assert judge(store(manifest={"assertions": [assertion]})).ai is claim


@pytest.mark.parametrize(
    ("relationship", "claim"), [("parentOf", AiClaim.YES), ("componentOf", AiClaim.YES), ("inputTo", AiClaim.NO)]
)
def test_a_part_made_by_ai_makes_the_whole_so(relationship: str, claim: AiClaim) -> None:
    manifest = {"ingredients": [{"relationship": relationship, "active_manifest": "urn:c2pa:0"}]}
    below = {"urn:c2pa:0": {"assertions": [action(IPTC + "trainedAlgorithmicMedia")]}}
    assert judge(store(manifest=manifest, manifests=below)).ai is claim


def test_a_credential_that_says_nothing_of_ai_is_not_called_proof() -> None:
    assert "no proof" in judge(store()).explanation


def test_a_circle_of_ingredients_ends() -> None:
    circle = {"ingredients": [{"relationship": "parentOf", "active_manifest": LABEL, "title": "itself"}]}
    assert judge(store(manifest=circle)).state is CredentialState.TRUSTED


def test_a_fault_two_generations_back_is_shown() -> None:
    failed = {"activeManifest": {"failure": [{"code": "assertion.bmffHash.mismatch"}]}}
    parent = {"ingredients": [{"title": "Grandparent", "relationship": "parentOf", "validation_results": failed}]}
    manifest = {"ingredients": [{"title": "Parent", "relationship": "parentOf", "active_manifest": "urn:c2pa:0"}]}
    (fault,) = judge(store(manifest=manifest, manifests={"urn:c2pa:0": parent})).ingredient_faults
    assert (fault.title, fault.depth, fault.faults) == ("Grandparent", 1, ("assertion.bmffHash.mismatch",))


def test_a_fault_in_an_older_manifests_list_is_shown_and_successes_are_not() -> None:
    status = [{"code": "claimSignature.mismatch"}, {"code": "assertion.dataHash.match"}]
    manifest = {"ingredients": [{"title": "A", "relationship": "parentOf", "validation_status": status}]}
    (fault,) = judge(store(manifest=manifest)).ingredient_faults
    assert fault.faults == ("claimSignature.mismatch",)


def test_an_ingredients_unknown_signer_is_no_fault_of_it() -> None:
    failed = {"activeManifest": {"failure": [{"code": "signingCredential.untrusted"}], "success": []}}
    manifest = {"ingredients": [{"active_manifest": "urn:c2pa:0", "validation_results": failed}]}
    (ingredient,) = judge(store(manifest=manifest)).ingredients
    assert (ingredient.faults, ingredient.trusted) == ((), False)


def test_an_ingredient_that_fails_only_now_means_tampering() -> None:
    delta = {"validationDeltas": {"failure": [{"code": "claimSignature.mismatch"}]}}
    assert judge(store(results={"ingredientDeltas": [delta]})).state is CredentialState.TAMPERED


def test_recovery_excuses_the_file_and_nothing_else() -> None:
    assert judge(store(("assertion.bmffHash.mismatch",)), recovered=True).state is CredentialState.RECOVERED
    assert judge(store(("assertion.bmffHash.mismatch",))).state is CredentialState.TAMPERED
    both = ("assertion.bmffHash.mismatch", "assertion.hashedURI.mismatch")
    assert judge(store(both), recovered=True).state is CredentialState.TAMPERED
    unknown = ("assertion.bmffHash.mismatch", "signingCredential.untrusted")
    assert judge(store(unknown), recovered=True).state is CredentialState.TAMPERED


def test_a_time_of_signing_is_given_only_under_a_trusted_stamp() -> None:
    manifest = {"signature_info": {"issuer": "Acme", "time": "2026-01-01T00:00:00Z"}}
    without = judge(store(manifest=manifest)).signer
    within = judge(store(success=(TRUSTED, VALIDATED, MATCH, STAMPED), manifest=manifest)).signer
    crossed = judge(store(success=(TRUSTED, VALIDATED, MATCH, CROSSED), manifest=manifest)).signer
    assert without is not None
    assert within is not None
    assert crossed is not None
    assert (without.signed_at, within.signed_at, crossed.signed_at) == ("", "2026-01-01T00:00:00Z", "")


@pytest.mark.parametrize(
    ("stamp", "state"),
    [
        ((), CredentialState.VALID_UNTRUSTED),
        (("crossed",), CredentialState.VALID_UNTRUSTED),
        (("stamped",), CredentialState.TRUSTED),
    ],
)
def test_a_certificate_that_ran_out_counts_only_under_our_own_stamp_anchors(
    stamp: tuple[str, ...], state: CredentialState
) -> None:
    stamps = tuple({"crossed": CROSSED, "stamped": STAMPED}[name] for name in stamp)
    leaf = LeafCertificate(LEAF.usages, has_run_out=True)
    report = judge(store(success=(TRUSTED, VALIDATED, MATCH, *stamps)), leaf)
    assert report.state is state
    assert (CredentialReason.EXPIRED in report.reasons) is (state is not CredentialState.TRUSTED)


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("assertion.action.ingredientMismatch", Fault.FORM),
        ("timeStamp.mismatch", Fault.STAMP),
        ("cawg.ica.signer_payload.mismatch", Fault.IDENTITY),
    ],
)
def test_codes_that_look_alike_are_told_apart(code: str, fault: Fault) -> None:
    assert fault_of(code) is fault


def test_successes_and_notes_are_no_failures() -> None:
    assert not is_failure("assertion.hashedURI.match")
    assert not is_failure("signingCredential.ocsp.skipped")
    assert is_failure("assertion.hashedURI.mismatch")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["title", "ingredients", "assertions", "signature_info", "claim_generator_info", "thumbnail"])


@given(manifest=st.dictionaries(KEYS, JSON), results=JSON, label=JSON)
def test_no_json_makes_the_report_raise(manifest: dict[str, Any], results: Any, label: Any) -> None:
    report_on(Reading({"active_manifest": label, "manifests": results, "validation_results": results}), PROFILE)
    assert judge(store(manifest=manifest)).state is CredentialState.TRUSTED
    json = store(manifest=manifest)
    json["validation_results"] = {"activeManifest": results, "ingredientDeltas": results}
    assert judge(json).state is not CredentialState.TRUSTED


@given(st.dictionaries(st.sampled_from(["label", "data"]), JSON), JSON)
def test_no_assertion_makes_the_report_raise(assertion: dict[str, Any], data: Any) -> None:
    labels = ("c2pa.actions.v2", "c2pa.soft-binding", "cawg.metadata", PROFILE.ownership_label)
    held = [assertion, *({"label": label, "data": data} for label in labels)]
    held += [{"label": label, "data": {"actions": data, "blocks": data, "owners": data}} for label in labels]
    judge(store(manifest={"assertions": held}))
