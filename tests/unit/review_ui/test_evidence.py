"""How the verify page lays an answer out."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator_gateway.api import LANGUAGES, Fit, MarkState, Verification, shown, wording
from generator_gateway.ports.verification import FoundBy
from generator_gateway.routes.verification_out import VerificationOut, verification_out
from review_ui.verify.evidence import Answer, answer_of
from review_ui.verify.words import speech
from tests.factories.verifications import (
    KNOWN,
    STRANGER,
    TESTER,
    UNMARKED,
    UNSIGNED,
    a_credential,
    a_mark,
    a_release,
    a_verification,
    examples,
)
from watermark.api import AiClaim, CredentialReason, CredentialState, IngredientReport, SignerReport

EXAMPLES = examples()
NEVER = ("is not AI", "not AI-made", "isn't AI", "non è IA", "non è stato fatto con")


def out(found: Verification, language: str = "en") -> VerificationOut:
    return verification_out(found, wording(language))


def laid_out(found: Verification, language: str = "en") -> Answer:
    return answer_of(out(found, language), speech(language))


def texts(answer: Answer) -> str:
    cards = [*answer.facts, answer.consent]
    parts = [answer.sentence, answer.withdrawn, *answer.notes, *answer.absence]
    parts += [text for card in cards for text in (card.question, card.answer, card.explanation, card.caution)]
    parts += [text for section in answer.sections for item in section.details for text in (item.name, item.value)]
    return "\n".join(parts)


def details(answer: Answer, title: str) -> dict[str, str]:
    section = next(section for section in answer.sections if section.title == title)
    return {item.name: item.value for item in section.details}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", EXAMPLES)
def test_an_answer_has_one_sentence_three_facts_and_consent_in_words_alone(name: str, language: str) -> None:
    answer = laid_out(EXAMPLES[name], language)
    asked = [card.question for card in (*answer.facts, answer.consent)]
    assert asked == [
        wording(language).say(f"verify:question:{question}") for question in ("signer", "ai", "unchanged", "consent")
    ]
    said = texts(answer)
    assert answer.sentence
    assert "page:" not in said
    assert "verify:" not in said
    assert not any(word in said for word in NEVER)


@given(
    state=st.sampled_from(CredentialState),
    ai=st.sampled_from(AiClaim),
    signer=st.sampled_from([None, STRANGER, KNOWN, TESTER]),
    fit=st.sampled_from([None, *Fit]),
    language=st.sampled_from(LANGUAGES),
)
def test_whatever_is_found_every_card_answers_and_none_says_not_ai(
    state: CredentialState, ai: AiClaim, signer: SignerReport | None, fit: Fit | None, language: str
) -> None:
    mark = a_mark((1, 4, fit, "a")) if fit is not None else UNMARKED
    held = replace(a_credential(state, ai), signer=signer)
    answer = laid_out(a_verification(credential=held, picture=mark), language)
    for card in (*answer.facts, answer.consent):
        assert card.answer
        assert card.explanation
        assert card.tone in {"good", "bad", "caution", "plain", "none"}
    assert not any(word in texts(answer) for word in NEVER)


def test_a_development_certificate_is_said_to_be_one_once() -> None:
    answer = laid_out(EXAMPLES["signed"])
    assert (answer.facts[0].answer, answer.facts[0].tone) == ("a test signer", "plain")
    assert answer.facts[0].caution
    assert not any("development" in note for note in answer.notes)


def test_a_certificate_that_ran_out_is_told_of_the_signer_and_never_of_the_file() -> None:
    held = a_credential(CredentialState.VALID_UNTRUSTED, signer=STRANGER, reasons=(CredentialReason.EXPIRED,))
    answer = laid_out(a_verification(credential=held))
    signer, _, unchanged = answer.facts
    assert (signer.tone, unchanged.tone, unchanged.answer) == ("caution", "good", "unchanged")
    assert answer.notes == ()
    assert answer.tone == "plain"


def test_a_recovered_credential_is_not_called_tampering() -> None:
    answer = laid_out(EXAMPLES["recovered"])
    assert answer.tone == "caution"
    assert "recovered" in answer.sentence
    assert answer.facts[2].tone == "caution"
    assert "recovered" not in " ".join(answer.notes), "the sentence says it already"
    assert "differs" in details(answer, "Recovered credential")["State"]


def test_the_time_of_a_stamp_is_said_as_people_say_it_and_anything_else_as_it_stands() -> None:
    for at, said in (
        ("2026-01-02T03:04:00Z", "2 gen 2026, 03:04 UTC"),
        ("2026-01-02T03:04:00+02:00", "2 gen 2026, 01:04 UTC"),
        ("once", "once"),
    ):
        held = a_credential(signer=replace(KNOWN, signed_at=at))
        listed = details(laid_out(a_verification(credential=held), "it"), "Credenziale di contenuto")
        assert listed["Firmato, per marca temporale affidabile"] == said


def test_a_withdrawn_part_is_not_told_as_if_it_were_the_whole() -> None:
    whole, part = laid_out(EXAMPLES["withdrawn"]), laid_out(EXAMPLES["spliced"])
    assert "Consent to it was withdrawn" in whole.withdrawn
    assert "parts of this" in part.withdrawn
    assert laid_out(EXAMPLES["signed"]).withdrawn == ""
    assert not any("withdrawn" in answer.sentence for answer in (whole, part)), "it has a place of its own"
    assert not any("withdrawn" in note for answer in (whole, part) for note in answer.notes)


def test_what_was_not_found_stands_under_what_that_does_not_prove() -> None:
    answer = laid_out(EXAMPLES["nothing"])
    assert answer.notes == ()
    assert len(answer.absence) == 3
    assert answer.tone == "none"


def test_every_release_is_shown_by_its_standing_and_nobody_is_named() -> None:
    answer = laid_out(EXAMPLES["spliced"])
    assert details(answer, "Video 1 made here")["Consent"] == "holds"
    second = details(answer, "Video 2 made here")
    assert (second["Consent"], second["Withdrawn"]) == ("withdrawn", "11 Jan 2026, 03:04 UTC")
    assert second["People in it"] == "2, each a co-owner"
    alone = laid_out(a_verification(a_release("a", FoundBy.FILE, people=1)), "it")
    assert details(alone, "Video 1 fatto qui")["Persone"] == "1, comproprietaria"


def test_a_video_that_it_only_resembles_is_not_called_its_source() -> None:
    answer = laid_out(EXAMPLES["alike"])
    titles = [section.title for section in answer.sections]
    assert "A video made here that it resembles" in titles
    assert not any(title.startswith("Video ") for title in titles)
    assert details(answer, "Fingerprint")["Video"] == "video_a: 71 % alike by its sound"
    assert answer.consent.answer == "not known"


def test_an_ingredients_faults_are_shown_with_where_it_stands() -> None:
    faults = (
        IngredientReport("Clip", "parentOf", "", 0, ("assertion.dataHash.mismatch",), trusted=None),
        IngredientReport("", "somethingElse", "", 2, ("claimSignature.mismatch", "x"), trusted=None),
    )
    found = a_verification(credential=a_credential(ingredients=faults))
    assert details(laid_out(found), "What it was made from and does not hold") == {
        "Clip": "it was edited from this: assertion.dataHash.mismatch",
        "without a title": "somethingElse, step 2 back: claimSignature.mismatch, x",
    }


def test_a_mark_is_shown_with_its_strength_its_chance_and_its_key() -> None:
    mark = replace(a_mark((1, 4, Fit.SAME, "a")), chance=2e-10, speed=1.1, presence=0.98)
    listed = details(laid_out(a_verification(a_release("a", FoundBy.SOUND_WATERMARK), sound=mark)), "Mark in the sound")
    assert listed["Strength"] == "31.0 (counts as found from 7.0)"
    assert listed["By chance"] == "fewer than one unmarked file in a billion would give this"
    assert (listed["Speed"], listed["Second detector"][:4], listed["Mark key"]) == (
        "110 % of what was marked",
        "98 %",
        "1",
    )
    assert listed["Listened to"] == "10 s"
    italian = details(laid_out(a_verification(sound=mark), "it"), "Contrassegno nel suono")
    assert italian["Forza"] == "31,0 (conta come trovato da 7,0)"


def test_a_mark_that_was_not_looked_for_is_not_called_missing() -> None:
    unlooked = replace(UNMARKED, state=MarkState.NOT_LOOKED, confidence=None, seconds=0.0)
    listed = details(laid_out(a_verification(picture=unlooked, sound=unlooked)), "Mark in the pictures")
    assert listed == {"State": "not looked for"}


# --- the strip of seconds


def test_the_strip_fills_each_row_from_end_to_end_in_order() -> None:
    strip = laid_out(EXAMPLES["spliced"]).timeline
    assert strip is not None
    assert [row.name for row in strip.rows] == ["pictures", "sound"]
    for row in strip.rows:
        assert row.bars[0].left == 0
        assert row.bars[-1].left + row.bars[-1].width == pytest.approx(100, abs=0.01)
        for first, second in zip(row.bars, row.bars[1:], strict=False):
            assert first.left + first.width == pytest.approx(second.left, abs=0.01)


def test_the_same_number_and_colour_are_the_same_video_on_both_rows() -> None:
    strip = laid_out(EXAMPLES["spliced"]).timeline
    assert strip is not None
    pictures, sound = strip.rows
    same = [(bar.number, bar.hue) for row in (pictures, sound) for bar in row.bars if bar.kind == "same"]
    assert same == [("1", 1), ("2", 2), ("1", 1)]
    assert {bar.kind for row in strip.rows for bar in row.bars} == {
        "same", "differs", "unconfirmed", "unknown", "none"
    }  # fmt: skip
    assert len({key.said for key in strip.keys}) == 5


def test_the_table_says_all_that_the_strip_shows() -> None:
    strip = laid_out(EXAMPLES["spliced"], "it").timeline
    assert strip is not None
    assert len(strip.lines) == sum(len(row.bars) for row in strip.rows)
    assert (strip.lines[0].track, strip.lines[0].start, strip.lines[0].end) == ("immagini", "0 s", "3,9 s")
    assert strip.lines[0].said == "da un video fatto qui (video 1)"


@given(st.floats(0.05, 200_000), st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=6))
def test_nothing_is_ever_drawn_outside_of_the_strip(seconds: float, cuts: list[tuple[float, float]]) -> None:
    spans = sorted((min(cut) * seconds, max(cut) * seconds) for cut in cuts)
    mark = a_mark(*((start, end, Fit.UNKNOWN, None) for start, end in spans), seconds=seconds)
    strip = laid_out(a_verification(picture=mark)).timeline
    if strip is None:
        return
    for bar in (bar for row in strip.rows for bar in row.bars):
        assert 0 <= bar.left <= 100
        assert bar.width > 0
        assert bar.left + bar.width <= 100.3
    assert 1 <= len(strip.ticks) <= 8
    assert all(0 <= tick.at <= 100.01 for tick in strip.ticks)


def test_a_file_without_seconds_has_no_strip() -> None:
    assert laid_out(EXAMPLES["malformed"]).timeline is None


def test_a_thousand_stretches_are_cut_and_the_cut_is_said() -> None:
    spans = [(at, at + 0.5, Fit.UNKNOWN, None) for at in range(1000)]
    strip = laid_out(a_verification(picture=a_mark(*spans, seconds=1000), credential=UNSIGNED)).timeline
    assert strip is not None
    assert len(strip.lines) <= 400
    assert strip.more > 1000


# --- words


def test_both_languages_have_words_for_the_same_things_with_the_same_places() -> None:
    english, italian = speech("en"), speech("it")
    assert english.codes == italian.codes
    assert {code: english.places(code) for code in english.codes} == {
        code: italian.places(code) for code in italian.codes
    }
    same = {code for code in english.codes if english.say(code) == italian.say(code)}
    assert same <= {"page:label:digest", "page:label:manifest", "page:label:video"}


def test_every_state_that_a_verification_may_hold_has_words() -> None:
    known = speech("it").codes
    assert {f"page:credential:{state}" for state in CredentialState} <= known
    assert {f"page:fingerprint:{state}" for state in MarkState} <= known
    assert {f"page:time:kind:{fit}" for fit in Fit} <= known
    assert {f"verify:found_by:{by}" for by in FoundBy} <= wording("it").codes


@pytest.mark.parametrize(
    ("chance", "said"),
    [(0.0, "trillion"), (9e-13, "trillion"), (1e-9, "a billion"), (5e-7, "a million"), (0.01, "100")],
)
def test_a_chance_is_never_said_to_be_smaller_than_it_is(chance: float, said: str) -> None:
    assert said in speech("en").rarity(chance)


def test_sizes_read_as_people_write_them() -> None:
    english, italian = speech("en"), speech("it")
    assert [english.size(size) for size in (0, 999, 1500, 2_000_000_000)] == ["0 B", "999 B", "1.5 kB", "2 GB"]
    assert italian.size(1500) == "1,5 kB"


# --- names of files


@given(st.text(max_size=400))
def test_a_files_name_is_one_short_line_without_control_or_direction_characters(name: str) -> None:
    said = shown(name)
    assert len(said) <= 80
    assert not any(ord(char) < 32 or char in "\u202e\u2066\u200f\x7f" for char in said)


def test_a_files_name_that_is_no_trick_stays_what_it_is() -> None:
    assert shown("il traghetto è qui – 2.mp4") == "il traghetto è qui – 2.mp4"
    assert shown("gpj.\u202eexe") == "gpj.exe"
