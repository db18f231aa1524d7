"""Verification says what was found and how sure it is, and never more."""

import re
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from generator_gateway.errors import GatewayReason
from generator_gateway.ports import Cause
from generator_gateway.service.verification import MarkEvidence, ReleaseEvidence, Verification, say
from tests.factories.cases import NOON
from tests.unit.generator_gateway.conftest import House
from trust_kernel.errors import Unavailable
from watermark.api import AiClaim, CredentialReport, CredentialState

MARKS = (
    MarkEvidence("found", 30.0, 7.0, matches_picture=True),
    MarkEvidence("found", 30.0, 7.0, matches_picture=False),
    MarkEvidence("found", 30.0, 7.0),
    MarkEvidence("not_found", 1.0, 7.0),
    MarkEvidence("not_looked"),
    MarkEvidence("unreadable"),
)
RELEASES = (
    None,
    *(
        ReleaseEvidence(found_by, "video_1", consent, NOON, None, 1, 3, ledger_proved=True)
        for found_by, consent in product(("credential", "watermark"), ("active", "withdrawn"))
    ),
)
INTACT = {CredentialState.TRUSTED, CredentialState.VALID_UNTRUSTED}
EVERYTHING = tuple(product(CredentialState, AiClaim, MARKS, RELEASES))


def credential(state: CredentialState, ai: AiClaim = AiClaim.UNKNOWN) -> CredentialReport:
    return CredentialReport(state, ai, "because", ())


def said(state: CredentialState, ai: AiClaim, mark: MarkEvidence, release: ReleaseEvidence | None) -> str:
    return say(credential(state, ai), mark, release)


def test_nothing_is_ever_called_real_or_not_ai() -> None:
    words = r"not (made (with|by) )?ai|no ai|isn't ai|real|authentic|genuine|human|camera"
    claims = re.compile(rf"\b({words})\b", re.IGNORECASE)
    for case in EVERYTHING:
        assert not claims.search(said(*case)), case


def test_every_combination_gets_one_whole_sentence_or_two() -> None:
    for case in EVERYTHING:
        assert re.fullmatch(r"[A-Z].*\.", said(*case)), case


def test_intact_is_said_of_nothing_that_is_not() -> None:
    for case in EVERYTHING:
        if case[0] not in INTACT:
            assert "intact" not in said(*case), case


def test_made_with_ai_is_said_only_on_evidence() -> None:
    for state, ai, mark, release in EVERYTHING:
        text = said(state, ai, mark, release)
        claimed = "made with AI" in text
        evidence = (state in INTACT and ai is AiClaim.YES) or (release is not None and release.found_by == "watermark")
        assert claimed == (evidence and "changed after" not in text), (state, ai, mark, release)


def test_a_withdrawal_is_said_wherever_the_release_is_what_is_spoken_of() -> None:
    for state, ai, mark, release in EVERYTHING:
        text = said(state, ai, mark, release)
        withdrawn = release is not None and release.consent == "withdrawn"
        assert ("Consent to it was withdrawn" in text) == (withdrawn and "made with AI" in text)


def test_where_nothing_was_found_it_says_that_this_proves_nothing() -> None:
    for state in (CredentialState.NO_CREDENTIAL, CredentialState.UNSUPPORTED):
        for mark in MARKS[3:]:
            assert "does not prove anything" in said(state, AiClaim.UNKNOWN, mark, None)


ACTIVE, WITHDRAWN = RELEASES[1], RELEASES[2]
MARK_ACTIVE = RELEASES[3]
NO_MARK = MARKS[3]
TABLE = (
    (CredentialState.TRUSTED, AiClaim.YES, NO_MARK, ACTIVE, "a signer that this verifier trusts, is intact."),
    (CredentialState.VALID_UNTRUSTED, AiClaim.YES, NO_MARK, None, "a signer that nobody here vouches for, is intact."),
    (CredentialState.TRUSTED, AiClaim.NO, NO_MARK, None, "makes no claim of AI."),
    (CredentialState.TRUSTED, AiClaim.UNKNOWN, NO_MARK, None, "makes no claim of AI."),
    (CredentialState.TAMPERED, AiClaim.YES, NO_MARK, None, "changed after it was signed."),
    (CredentialState.TAMPERED, AiClaim.UNKNOWN, MARKS[0], MARK_ACTIVE, "Its label was removed or broken"),
    (CredentialState.NO_CREDENTIAL, AiClaim.UNKNOWN, MARKS[0], MARK_ACTIVE, "Its label was removed or broken"),
    (CredentialState.NO_CREDENTIAL, AiClaim.UNKNOWN, MARKS[1], None, "its picture does not match that video."),
    (CredentialState.NO_CREDENTIAL, AiClaim.UNKNOWN, MARKS[2], None, "could not be confirmed."),
    (CredentialState.NO_CREDENTIAL, AiClaim.UNKNOWN, NO_MARK, None, "Nothing was found"),
    (CredentialState.MALFORMED, AiClaim.YES, MARKS[5], None, "can't be read as media"),
    (CredentialState.MALFORMED, AiClaim.UNKNOWN, MARKS[5], None, "can't be read as media"),
    (CredentialState.REMOTE_MANIFEST_ONLY, AiClaim.UNKNOWN, NO_MARK, None, "It was not fetched"),
    (CredentialState.UNSUPPORTED, AiClaim.UNKNOWN, NO_MARK, None, "Nothing was found"),
)


@pytest.mark.parametrize(("state", "ai", "mark", "release", "words"), TABLE)
def test_what_each_state_says(
    state: CredentialState, ai: AiClaim, mark: MarkEvidence, release: ReleaseEvidence | None, words: str
) -> None:
    assert words in said(state, ai, mark, release)


# --- files


def verified(house: House, content: bytes) -> Verification:
    path = house.directory / "file.mp4"
    path.write_bytes(content)
    return house.verification.verify(path)


def signed_bytes(house: House, case_id: str) -> bytes:
    return house.blobs.read(house.release(case_id).media_digest)


def test_a_released_file_is_known_by_its_credential(house: House) -> None:
    house.give(house.person("bea"))
    case_id = house.released("@bea waves")
    house.marking.searches.clear()
    found = verified(house, signed_bytes(house, case_id))
    assert found.release is not None
    assert (found.release.video_id, found.release.found_by, found.release.consent) == (case_id, "credential", "active")
    assert (found.release.people, found.release.ledger_proved) == (1, True)
    assert found.release.ledger_index == house.release(case_id).ledger_index
    assert found.release.released_at == house.release(case_id).released_at
    assert found.watermark == MarkEvidence("found", 30.0, 7.0, matches_picture=True)
    assert not found.recovered
    assert "intact" in found.sentence
    assert house.marking.searches == [False], "no long search where the release is known"


def test_a_file_without_its_label_is_known_by_its_mark_and_its_picture(house: House) -> None:
    case_id = house.released()
    stripped = signed_bytes(house, case_id).split(b"|", 1)[1]
    found = verified(house, stripped)
    assert found.release is not None
    assert (found.release.video_id, found.release.found_by) == (case_id, "watermark")
    assert found.recovered
    assert "made with AI here" in found.sentence


def test_a_mark_copied_onto_another_video_names_no_release(house: House) -> None:
    number = house.release(house.released()).release_number
    found = verified(house, b"mark=%d|somebody else's film" % number)
    assert found.release is None
    assert not found.recovered
    assert found.watermark.matches_picture is False
    assert "marks can be copied" in " ".join(found.notes)


def test_a_mark_that_names_nothing_known_is_said_to_be_that(house: House) -> None:
    found = verified(house, b"mark=12345|film")
    assert found.release is None
    assert found.watermark.matches_picture is None
    assert "could not be confirmed" in found.sentence


def test_a_distorted_copy_is_searched_thoroughly(house: House) -> None:
    case_id = house.released()
    number = house.release(case_id).release_number
    found = verified(house, b"deep=%d|drawn" % number)
    assert found.release is not None
    assert found.release.video_id == case_id
    assert house.marking.searches[-2:] == [False, True]


def test_anybodys_signature_over_our_label_proves_no_release(house: House) -> None:
    case_id = house.released()
    label = house.release(case_id).manifest_label
    forged = replace(credential(CredentialState.VALID_UNTRUSTED, AiClaim.YES), manifest_label=label)
    house.credentials.reports = {b"forgery": forged}
    found = verified(house, b"forgery")
    assert found.release is None
    assert "nobody here vouches for" in found.sentence


def test_a_tampered_label_is_not_believed_about_its_release(house: House) -> None:
    label = house.release(house.released()).manifest_label
    house.credentials.reports = {
        b"tampered": replace(credential(CredentialState.TAMPERED, AiClaim.YES), manifest_label=label)
    }
    assert verified(house, b"tampered").release is None


def test_a_withdrawn_release_is_said_to_be_withdrawn(house: House) -> None:
    case_id = house.released()
    content = signed_bytes(house, case_id)
    house.clock.advance(hours=1)
    with house.database.transaction():
        cause = Cause(GatewayReason.RELEASE_DELETED_BY_OWNER, case_ids=frozenset({case_id}))
        house.recall.take_back(house.recall.touched_by(cause), cause)
    for version in (content, content.split(b"|", 1)[1]):
        found = verified(house, version)
        assert found.release is not None
        assert found.release.consent == "withdrawn"
        assert found.release.withdrawn_at == house.clock.now()
        assert "Consent to it was withdrawn" in found.sentence


def test_a_strangers_file_has_nothing_and_that_proves_nothing(house: House) -> None:
    found = verified(house, b"holiday film")
    assert (found.release, found.recovered, found.watermark.state) == (None, False, "not_found")
    assert "does not prove anything" in found.sentence
    assert found.notes == ("No content credential. Most files have none; many services strip them.",)


@pytest.mark.parametrize("content", [b"image of a harbour", b"sound of a harbour", b"broken"])
def test_what_is_no_video_cannot_be_read_for_marks(house: House, content: bytes) -> None:
    assert verified(house, content).watermark == MarkEvidence("unreadable")


def test_a_marked_video_whose_pictures_cannot_be_compared_names_no_release(house: House) -> None:
    number = house.release(house.released()).release_number
    found = verified(house, b"mark=%d|drawn" % number + b"|" + b"x" * 1_000)
    assert (found.release, found.recovered) == (None, False)
    assert found.watermark.state == "found"
    assert found.watermark.matches_picture is None
    assert "could not be confirmed" in found.sentence


def test_a_missing_marker_is_no_answer_about_marks(house: House) -> None:
    house.marking.failing = Unavailable("no marker")
    assert verified(house, b"film").watermark == MarkEvidence("not_looked")


def test_nobody_is_named(house: House, tmp_path: Path) -> None:
    del tmp_path
    house.give(house.person("bea"))
    found = verified(house, signed_bytes(house, house.released("@bea waves")))
    assert not re.search(r"acct_|subj_|bea", repr((found.sentence, found.release, found.notes)))
