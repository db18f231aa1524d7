"""What the verify page says, question by question."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator_gateway.api import Verification
from generator_gateway.service.verification import MarkEvidence, ReleaseEvidence
from review_ui.verify.evidence import DEVELOPMENT, evidence_of, notes_of
from watermark.adapters.certificates import DEVELOPMENT as ORGANISATION
from watermark.domain.credentials import AiClaim, CredentialReport, CredentialState, SignerReport

MOMENT = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
RELEASE = ReleaseEvidence("watermark", "video_1", "active", MOMENT, None, 2, 7, ledger_proved=True)
MARKS = [
    MarkEvidence("found", 9.0, 8.0, matches_picture=True),
    MarkEvidence("found", 9.0, 8.0, matches_picture=False),
    MarkEvidence("found", 9.0, 8.0),
    MarkEvidence("not_found", 3.0, 8.0),
    MarkEvidence("not_looked"),
    MarkEvidence("unreadable"),
]
SIGNERS = [
    None,
    SignerReport("Somebody", "somebody.example", trusted=False, signed_at=""),
    SignerReport("Known", "known.example", trusted=True, signed_at="2026-01-02T03:04:00Z"),
    SignerReport(ORGANISATION, "Placet development signer", trusted=True, signed_at=""),
]


def _verified(
    state: CredentialState,
    ai: AiClaim,
    signer: SignerReport | None,
    mark: MarkEvidence,
    release: ReleaseEvidence | None,
) -> Verification:
    report = CredentialReport(state, ai, "", (), signer=signer)
    return Verification("One sentence.", report, mark, release, recovered=False)


@given(
    state=st.sampled_from(CredentialState),
    ai=st.sampled_from(AiClaim),
    signer=st.sampled_from(SIGNERS),
    mark=st.sampled_from(MARKS),
    release=st.sampled_from([None, RELEASE, replace(RELEASE, consent="withdrawn", withdrawn_at=MOMENT)]),
)
def test_all_five_questions_are_always_answered_and_never_with_not_ai(
    state: CredentialState,
    ai: AiClaim,
    signer: SignerReport | None,
    mark: MarkEvidence,
    release: ReleaseEvidence | None,
) -> None:
    answers = evidence_of(_verified(state, ai, signer, mark, release))
    assert len(answers) == len({item.question for item in answers}) == 5
    for item in answers:
        assert item.answer
        assert item.explanation
        assert item.tone in {"good", "bad", "plain", "none"}
        assert "not AI" not in f"{item.answer} {item.explanation} {item.caution}"
        assert all(value for _, value in item.details)


def test_a_development_certificate_is_never_shown_as_a_known_signer() -> None:
    assert ORGANISATION.startswith(DEVELOPMENT)
    found = _verified(CredentialState.TRUSTED, AiClaim.YES, SIGNERS[3], MARKS[0], RELEASE)
    signer = evidence_of(found)[1]
    assert (signer.answer, signer.tone) == ("a test signer", "plain")
    assert signer.caution == "Development certificate: nobody outside can trust it."


def test_what_an_answer_says_already_is_not_said_twice() -> None:
    notes = ("Signed with a development certificate: only the deployment that made it can trust it.", "Another note.")
    found = _verified(CredentialState.TRUSTED, AiClaim.YES, SIGNERS[3], MARKS[0], RELEASE)
    assert notes_of(replace(found, notes=notes)) == ("Another note.",)
    known = _verified(CredentialState.TRUSTED, AiClaim.YES, SIGNERS[2], MARKS[0], RELEASE)
    assert notes_of(replace(known, notes=notes)) == notes


@pytest.mark.parametrize(("consent", "tone"), [("active", "good"), ("withdrawn", "bad")])
def test_consent_is_its_own_answer_whatever_the_credential_says(consent: str, tone: str) -> None:
    release = replace(RELEASE, consent=consent, withdrawn_at=MOMENT if consent == "withdrawn" else None)
    for state in CredentialState:
        last = evidence_of(_verified(state, AiClaim.UNKNOWN, None, MARKS[0], release))[-1]
        assert last.tone == tone
