"""Every sentence is there in every language, and none ever says more than is known."""

import re
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator_gateway.api import LANGUAGES, Headline, Statement, Step, Tone, Verification, language_for, wording
from generator_gateway.ports.verification import (
    FingerprintEvidence,
    FingerprintMatch,
    Fit,
    FoundBy,
    MarkEvidence,
    MarkSpan,
    MarkState,
    ReleaseEvidence,
)
from generator_gateway.service.verification.facts import facts_of
from generator_gateway.service.verification.headline import Findings, headline_of
from generator_gateway.service.verification.notes import notes_of
from generator_gateway.service.verification.texts import shown
from generator_gateway.service.verification.timeline import timeline_of
from tests.factories.cases import NOON
from tests.fakes.verification import World, a_credential, looks
from watermark.api import AiClaim, CredentialReason, CredentialState

INTACT = {CredentialState.TRUSTED, CredentialState.VALID_UNTRUSTED}
STATES = st.sampled_from(MarkState)
SECONDS = st.floats(0, 100, allow_nan=False)


@st.composite
def spans(draw: st.DrawFn) -> MarkSpan:
    start, fit = draw(SECONDS), draw(st.sampled_from(Fit))
    video = None if fit is Fit.UNKNOWN else draw(st.sampled_from(["v1", "v2"]))
    return MarkSpan(start, start + draw(st.floats(0.1, 9)), fit, video, "1", 9.0)


@st.composite
def marks(draw: st.DrawFn) -> MarkEvidence:
    found = tuple(draw(st.lists(spans(), min_size=1, max_size=3)))
    if draw(st.booleans()):
        return MarkEvidence(MarkState.FOUND, 9.0, 7.0, 1e-12, found, draw(SECONDS), 1.1, altered=draw(st.booleans()))
    return MarkEvidence(draw(st.sampled_from([state for state in MarkState if state is not MarkState.FOUND])))


@st.composite
def findings(draw: st.DrawFn) -> Findings:
    releases = draw(
        st.lists(
            st.builds(
                ReleaseEvidence,
                found_by=st.sampled_from([by for by in FoundBy if by is not FoundBy.FILE]),
                video_id=st.sampled_from(["v1", "v2"]),
                consent=st.sampled_from(["active", "withdrawn"]),
                released_at=st.just(NOON),
                withdrawn_at=st.none(),
                people=st.integers(0, 3),
                ledger_index=st.integers(0, 9),
                ledger_proved=st.booleans(),
            ),
            max_size=2,
            unique_by=lambda release: release.video_id,
        )
    )
    picture = draw(marks())
    named = {span.video_id for span in picture.spans if span.fit is Fit.SAME}
    kept = tuple(one for one in releases if one.found_by is not FoundBy.WATERMARK or one.video_id in named)
    matches = tuple(FingerprintMatch(one.video_id, "pictures", 90) for one in kept)
    reasons = tuple(draw(st.lists(st.sampled_from(CredentialReason), max_size=3)))
    state, ai = draw(st.sampled_from(CredentialState)), draw(st.sampled_from(AiClaim))
    recovered = draw(
        st.sampled_from([None, CredentialState.RECOVERED, CredentialState.TAMPERED, CredentialState.TRUSTED])
    )
    return Findings(
        credential=a_credential(state, ai, reasons=reasons),
        recovered=a_credential(recovered) if recovered else None,
        claimed=draw(st.sampled_from([None, "v1"])),
        picture=picture,
        sound=draw(marks()),
        fingerprint=FingerprintEvidence(draw(STATES), matches),
        releases=kept,
    )


def statements(found: Findings) -> list[Statement]:
    facts = facts_of(found, "Placet development")
    said = [headline_of(found), *notes_of(found, "Placet development"), *(one.label for one in timeline_of(found))]
    for fact in (facts.signer, facts.ai, facts.unchanged, facts.consent):
        said += [fact.answer, fact.explanation, *([fact.caution] if fact.caution else [])]
    return said


@given(findings())
def test_there_are_words_for_all_that_can_be_found_and_values_for_all_their_places(found: Findings) -> None:
    for statement in statements(found):
        for language in LANGUAGES:
            words = wording(language)
            assert statement.code in words.codes
            assert words.places(statement.code) <= {name for name, _ in statement.values}, statement


@given(findings())
def test_made_with_ai_here_is_said_only_of_what_a_credential_or_a_fitting_mark_proves(found: Findings) -> None:
    code = headline_of(found).code
    here = {Headline.SIGNED_HERE, Headline.RECOVERED, Headline.MADE_HERE, Headline.PART_MADE_HERE, Headline.SPLICED}
    proved = any(one.found_by in {FoundBy.CREDENTIAL, FoundBy.WATERMARK} for one in found.releases)
    assert (code in here) == proved


@given(findings())
def test_unchanged_is_said_of_nothing_whose_credential_is_not_intact(found: Findings) -> None:
    fact = facts_of(found, "").unchanged
    stored = found.recovered
    if found.credential.state not in INTACT and (stored is None or stored.state is not CredentialState.TRUSTED):
        assert (fact.answer.code, fact.tone) != ("verify:unchanged:unchanged", Tone.GOOD)


@given(findings())
def test_changed_is_said_only_where_bytes_were_changed(found: Findings) -> None:
    said = {statement.code for statement in statements(found)}
    if found.credential.state is not CredentialState.TAMPERED:
        assert not said & {"verify:unchanged:changed", Headline.TAMPERED}


@given(findings())
def test_a_withdrawal_is_always_said(found: Findings) -> None:
    gone = any(one.consent == "withdrawn" for one in found.releases if one.found_by is not FoundBy.FINGERPRINT)
    assert ("verify:note:withdrawn" in {note.code for note in notes_of(found, "")}) == gone


@given(findings())
def test_segments_follow_each_other(found: Findings) -> None:
    for segment in timeline_of(found):
        assert segment.end > segment.start


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_ever_called_real_or_not_ai(language: str) -> None:
    words = wording(language)
    claims = re.compile(
        r"\b(not (made (with|by) )?ai|no ai|isn't ai|is real|authentic|genuine|human-made|"
        r"non (è )?(fatto con l'ia|ia)|senza ia|autentic[oa]|genuin[oa]|vero)\b",
        re.IGNORECASE,
    )
    for code in words.codes:
        assert not claims.search(words.say(code)), code


def test_every_language_has_the_same_codes_and_places() -> None:
    first, *others = (wording(language) for language in LANGUAGES)
    for other in others:
        assert other.codes == first.codes
        for code in first.codes:
            assert other.places(code) == first.places(code), code


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_whole(language: str) -> None:
    words = wording(language)
    for code in words.codes:
        if re.match(r"verify:(headline|note):|.*_because$", code):
            filled = words.say(code, [(place, "X") for place in words.places(code)])
            assert re.fullmatch(r"[A-ZÀ-Ý].*\.", filled), code


def test_every_headline_and_step_has_words() -> None:
    words = wording("en")
    assert {*Headline} <= words.codes
    assert {f"verify:step:{step}" for step in Step} <= words.codes


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert [wording("en").moment(value) for value in (2, 2.25, 59.96, 65, 3599.4)] == [
        "2 s", "2.2 s", "1:00", "1:05", "59:59",
    ]  # fmt: skip
    assert wording("it").moment(2.5) == "2,5 s"


def test_a_value_is_never_read_as_a_place() -> None:
    said = wording("en").say("verify:note:ingredient_failed", (("title", "{faults}"), ("faults", "x")))
    assert "{faults} (x)" in said


def test_what_has_no_words_is_told_by_its_code() -> None:
    assert wording("en").say("verify:future:code") == "verify:future:code"


@pytest.mark.parametrize(
    ("header", "asked", "language"),
    [
        ("", "", "en"),
        ("it-IT,it;q=0.9,en;q=0.8", "", "it"),
        ("en-GB,it;q=0.9", "", "en"),
        ("de,it;q=0.5,en;q=0.4", "", "it"),
        ("it;q=0,en;q=0.1", "", "en"),
        ("en", "it", "it"),
        ("it", "fr", "it"),
        ("\x00;;q=x,,*", "", "en"),
    ],
)
def test_the_language_is_that_asked_for(header: str, asked: str, language: str) -> None:
    assert language_for(header, asked) == language


@given(st.text(max_size=3000))
def test_any_header_gives_a_language(header: str) -> None:
    assert language_for(header) in LANGUAGES


@given(st.text(), st.integers(2, 100))
def test_what_comes_out_of_a_file_is_shown_as_plain_short_text(text: str, most: int) -> None:
    clean = shown(text, most)
    assert len(clean) <= most
    assert all(char.isprintable() or char in {" ", "\xa0"} for char in clean)


def test_hostile_titles_stay_text() -> None:
    assert shown("<script>alert(1)</script>") == "<script>alert(1)</script>"
    assert shown("a\u202eb\u2066c\x1b[31md\ne") == "abc[31md e"
    assert shown("x" * 1_000_000, 5) == "xxxx…"


def test_the_same_verification_says_the_same_in_both_languages(tmp_path: Path) -> None:
    world = World(tmp_path)
    found: Verification = world.verify(world.file(prints=looks("c")))
    said = [wording(language).say(found.headline.code) for language in LANGUAGES]
    assert "does not prove anything" in said[0]
    assert "non prova nulla" in said[1]
    assert all(one != two for one, two in product(said[:1], said[1:]))
