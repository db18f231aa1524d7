"""Names that no dictionary has, spelt into sounds."""

import pytest

from generator_gateway.adapters.letter_sounds import sounds_of, words_of


@pytest.mark.parametrize(
    ("word", "sounds"),
    [
        ("zelda", "Z EH L D AH"),
        ("quill", "K W IH L"),
        ("fennimore", "F EH N IH M OW R"),
        ("phantom", "F AE N T AA M"),
        ("kite", "K AY T"),
        ("oggleby", "AA G L EH B IY"),
        ("", ""),
    ],
)
def test_a_name_is_spelt_into_sounds(word: str, sounds: str) -> None:
    assert sounds_of(word) == sounds


@pytest.mark.parametrize(
    ("phrase", "words"),
    [
        ("Zelda Quimby", ("zelda", "quimby")),
        ("Jos\u00e9-Luis O'Hara", ("jose", "luis", "ohara")),
        ("\u041a\u043e\u0442", ()),
        ("Area 51", ()),
        ("  !", ()),
    ],
    ids=["plain", "accents and marks", "another script", "digits", "nothing"],
)
def test_only_latin_letters_can_be_said(phrase: str, words: tuple[str, ...]) -> None:
    assert words_of(phrase) == words
