"""Names are found in every disguise that people use, and innocent prompts pass."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trust_kernel.names import NameHit, NameMatcher
from trust_kernel.names.english import COMMON_WORDS
from trust_kernel.names.folding import fold_character
from trust_kernel.names.normal import displayed_order

PEOPLE = NameMatcher(
    [
        ("hanks", "Tom Hanks"),
        ("mouse", "Mickey Mouse"),
        ("knowles", "Beyonc\u00e9"),
        ("arnold", "Arnold Schwarzenegger"),
        ("droid", "C-3PO"),
        ("spider", "Spider-Man"),
        ("ash", "Anna Ash"),
        ("mark", "Mark"),
        ("apple", "Apple"),
        ("bo", "Bo"),
        ("usher", "Usher"),
        ("elias", "Elias"),
        ("agent", "007"),
        ("miku", "\u521d\u97f3\u30df\u30af"),
        (
            "nikos",
            "\u039d\u03af\u03ba\u03bf\u03c2 \u03a0\u03b1\u03c0\u03b1\u03b4\u03cc\u03c0\u03bf\u03c5\u03bb\u03bf\u03c2",
        ),
        ("ivan", "\u0418\u0432\u0430\u043d \u0413\u0440\u043e\u0437\u043d\u044b\u0439"),
    ]
)


def only(text: str) -> NameHit:
    (hit,) = PEOPLE.match(text)
    return hit


@pytest.mark.parametrize("text", ["Tom Hanks", "a film with Tom Hanks, smiling", "Tom\nHanks", "(Tom  Hanks's dog)"])
def test_a_name_as_it_is_written_is_exact(text: str) -> None:
    hit = only(text)
    assert (hit.entity, hit.alias, hit.score, hit.transformations) == ("hanks", "Tom Hanks", 1.0, ())


@pytest.mark.parametrize(
    ("text", "entity", "how"),
    [
        ("tom hanks", "hanks", "case"),
        ("TOM HANKS!", "hanks", "case"),
        ("beyonce sings", "knowles", "accents"),
        ("BEYONCE\u0301", "knowles", "case"),
        ("c-3po beeps", "droid", "case"),
        ("spider man", "spider", "case"),
    ],
)
def test_case_and_accents_are_nothing(text: str, entity: str, how: str) -> None:
    hit = only(text)
    assert (hit.entity, hit.score) == (entity, 1.0)
    assert how in hit.transformations


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("T0m H4nks", "leetspeak"),
        ("t0m h@nk$ walks", "leetspeak"),
        ("T o m  H a n k s", "spaced"),
        ("T.o.m. H.a.n.k.s", "spaced"),
        ("To m Han ks", "spaced"),
        ("T\u03bfm \u0397anks", "confusables"),
        ("\u0422\u043em H\u0430nks", "confusables"),
        ("\U0001f163\U0001f15e\U0001f15c \U0001f1ed\U0001f1e6\U0001f1f3\U0001f1f0\U0001f1f8", "confusables"),
        ("To\u200bm Ha\u200dn\u00adks", "invisible"),
        ("T\U000e0061om Hanks", "invisible"),
        ("Tom\u202e\u202c Hanks\u2066", "reordered"),
        ("\u202esknaH moT\u202c walks", "reordered"),
        ("\uff34\uff4f\uff4d \uff28\uff41\uff4e\uff4b\uff53", "width"),
        ("\U0001d413\U0001d428\U0001d426 \U0001d407\U0001d41a\U0001d427\U0001d424\U0001d42c", "width"),
        ("TomHanks", "joined"),
        ("#tomhanks2024", "joined"),
        ("@tomhanks", "joined"),
        ("tom-hanks", "punctuated"),
        ("tom_hanks", "punctuated"),
        ("Tomm Hannks", "repeated"),
        ("Tooooom Hankssss", "repeated"),
    ],
)
def test_a_disguised_name_is_found_and_said_to_be_disguised(text: str, how: str) -> None:
    hit = only(text)
    assert hit.entity == "hanks"
    assert 0.9 <= hit.score <= 1.0
    assert hit.score < 1.0 or how == "reordered"
    assert how in hit.transformations or how == "reordered"


def test_an_l_passes_for_an_i_in_a_long_name_only() -> None:
    assert only("Mlckey Mouse").transformations == ("confusables",)
    assert not PEOPLE.match("Ellas")


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("Tom Hnaks", "hanks"),
        ("Tmo Hanks", "hanks"),
        ("Tom Hnks", "hanks"),
        ("T o m H n a k s", "hanks"),
        ("TomHnaks", "hanks"),
        ("micky mouse", "mouse"),
        ("Arnold Schwarzeneger", "arnold"),
        ("arnld schwarzeneger", "arnold"),
        ("Arnold Shwarzenneger", "arnold"),
    ],
)
def test_a_misspelled_name_is_found_but_not_surely(text: str, entity: str) -> None:
    hit = only(f"a film with {text} in it")
    assert hit.entity == entity
    assert 0.75 <= hit.score < 0.9
    assert "typo" in hit.transformations


INNOCENT = (
    "tom thanks her",
    "mark my words",
    "Mark my words, he said. Mark them well!",
    "apple pie",
    "Apple pie on a plate. Apple trees outside.",
    "AN APPLE A DAY",
    "hanks of yarn",
    "tom banks on it",
    "a tom cat thanks everyone",
    "custom hanks of wool at the market",
    "tell us her story",
    "the boat of Bob, a bot and a robot",
    "room 07 and room oo7t",
    "she has an ash tree; anna ran",
    "spiders manage",
    "a mickey-taking mousetrap",
    (
        "Two friends walk along a rainy street at night, neon signs reflected in puddles, cinematic lighting,"
        " 35mm film. A market opens; a woman sells apples, hanks of yarn and 1,000 marbles for $5 each! Her "
        "son thanks the customers. Slow dolly-in, shallow depth of field, soft piano; the camera follows a "
        "robot as it boards the last tram @ 9:45."
    ),
)


@pytest.mark.parametrize("text", INNOCENT)
def test_innocent_words_pass(text: str) -> None:
    assert not PEOPLE.match(text)


def test_a_common_word_is_a_name_where_it_is_written_like_one() -> None:
    hit = only("a talk with my friend Mark about it")
    assert (hit.entity, hit.score, hit.transformations) == ("mark", 0.85, ("common_word",))
    assert only("a logo of @pple").entity == "apple"
    assert only("m a r k").entity == "mark"


def test_a_short_name_is_found_only_as_it_is_written() -> None:
    assert only("Bo dances").score == 1.0
    assert only("agent 007").score == 1.0
    for text in ("B0 dances", "b o", "boo", "BoJack", "oo7", "0 0 7", "0007"):
        assert not PEOPLE.match(text), text


def test_a_name_in_its_own_alphabet_is_exact() -> None:
    assert only("\u521d\u97f3\u30df\u30af\u304c\u8e0a\u308b").score == 1.0
    assert (
        only(
            "\u039d\u038a\u039a\u039f\u03a3 \u03a0\u0391\u03a0\u0391\u0394\u038c\u03a0\u039f\u03a5\u039b\u039f\u03a3"
        ).score
        == 1.0
    )
    assert only("\u0438\u0432\u0430\u043d \u0433\u0440\u043e\u0437\u043d\u044b\u0439").score == 1.0


def test_a_digit_of_a_name_is_not_a_letter() -> None:
    assert only("C3PO").entity == "droid"
    assert not PEOPLE.match("cepo")


def test_every_name_of_a_prompt_is_found_in_order() -> None:
    text = "Mickey Mouse meets T0m H4nks and micky mouse"
    assert [(hit.entity, text[slice(*hit.span)]) for hit in PEOPLE.match(text)] == [
        ("mouse", "Mickey Mouse"),
        ("hanks", "T0m H4nks"),
        ("mouse", "micky mouse"),
    ]


def test_a_word_of_its_own_is_no_misspelling_of_a_one_word_name() -> None:
    matcher = NameMatcher([("film", "Terminator"), ("poet", "Rachmaninoff")])
    assert not matcher.match("terminate the loop; it terminates, that is its termination")
    assert matcher.match("a Rahmaninov sonata")


def test_two_entities_of_one_name_are_both_found() -> None:
    matcher = NameMatcher([("one", "Jane Roe"), ("two", "jane roe"), ("two", "JANE ROE")])
    assert {hit.entity for hit in matcher.match("Jane Roe")} == {"one", "two"}


def test_words_in_other_words_are_not_names() -> None:
    matcher = NameMatcher([("elsa", "Elsa"), ("nemo", "Nemo")])
    assert not matcher.match("the elsasser region, phanemones and Belsa")


def test_nothing_is_found_without_aliases_or_text() -> None:
    assert not NameMatcher([]).match("Tom Hanks")
    assert not NameMatcher([("x", ""), ("y", "-- !!")]).match("-- !! Tom")
    assert not PEOPLE.match("")


_NAMES = st.sampled_from(["Zorblax Quindle", "Mirabel Oskovan", "Prwk Stelluzon"])
_PADDING = st.text(alphabet=" .,;-", min_size=1, max_size=5)
_ZERO_WIDTH = st.sampled_from(["", "\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad"])


@given(_NAMES, st.data())
def test_no_mix_of_case_and_invisible_characters_hides_a_name(name: str, data: st.DataObject) -> None:
    hidden = "".join(
        (letter.upper() if data.draw(st.booleans()) else letter.lower()) + data.draw(_ZERO_WIDTH) for letter in name
    )
    text = f"see{data.draw(_PADDING)} {hidden} {data.draw(_PADDING)}run"
    hits = NameMatcher([("it", name)]).match(text)
    assert [hit.entity for hit in hits] == ["it"]
    assert hits[0].score >= 0.9


@given(_NAMES, st.integers(1, 11))
def test_no_two_swapped_letters_hide_a_name(name: str, place: int) -> None:
    swapped = name[:place] + name[place + 1] + name[place] + name[place + 2 :]
    if " " in name[place : place + 2]:
        return
    hits = NameMatcher([("it", name)]).match(f"a film with {swapped} in it")
    assert [hit.entity for hit in hits] == ["it"]


@given(st.text(max_size=200))
def test_any_text_is_read_and_spans_lie_in_it(text: str) -> None:
    for hit in PEOPLE.match(text + " Tom Hanks " + text):
        assert 0 <= hit.span[0] < hit.span[1] <= 2 * len(text) + 11
        assert 0.75 <= hit.score <= 1.0


@given(st.lists(st.sampled_from(sorted(COMMON_WORDS)), min_size=5, max_size=80))
def test_prose_of_common_words_never_names_anyone(words: list[str]) -> None:
    hits = PEOPLE.match(" ".join(words))
    assert all(hit.score < 0.9 or "joined" in hit.transformations for hit in hits), hits


@given(st.characters())
def test_every_character_folds_to_small_wordlike_letters(character: str) -> None:
    folded = fold_character(character)
    assert folded.text == folded.text.casefold()
    assert bool(folded.text) == (folded.kind.value == "letter")


def test_an_override_is_undone_up_to_its_end() -> None:
    text = "ab\u202edc\u202cef"
    order = displayed_order(text)
    assert order is not None
    assert "".join(text[index] for index in order if text[index].isalpha()) == "abcdef"
    assert displayed_order("abc") is None


def _seconds(matcher: NameMatcher, text: str) -> float:
    started = time.perf_counter()
    matcher.match(text)
    return time.perf_counter() - started


@pytest.mark.parametrize(
    "text",
    [
        "Zorbla1 Quindle " * 2000,
        "z o r b l a x " * 2300,
        "a" * 32_000,
        "ab " * 10_666,
        "@$!|" * 8000,
        "\u202eab\u202c" * 8000,
        "\u202e" * 32_000,
        "\u200b" * 32_000,
        " ".join(f"Zorbl{chr(97 + number % 26)}x1 Quindl{number % 10}e" for number in range(2000)),
    ],
    ids=["names", "spelled", "letter", "pairs", "symbols", "overrides", "only overrides", "invisible", "misspelled"],
)
def test_no_prompt_takes_long(text: str) -> None:
    matcher = NameMatcher([(f"entity{number}", f"Zorblax{number} Quindle{number % 7}") for number in range(1000)])
    # Measured at 0.03 to 0.2 s on one free core; ten times that means that the time is no longer bounded.
    assert _seconds(matcher, text[:32_000]) < 3.0
