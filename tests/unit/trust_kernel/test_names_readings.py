"""The quick ways of reading a prompt give what the slow ways give, and keep nothing of it."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from trust_kernel.names import english, sounds
from trust_kernel.names.hashing import hash_strings
from trust_kernel.names.normal import read
from trust_kernel.names.phrases import LONGEST_HEARD, MOST_WORDS, Phrases
from trust_kernel.names.readings import read_once, readings_of
from trust_kernel.names.sounds import WAYS, skeleton, sound, spoken, worn
from trust_kernel.names.words import pieces_of, words_of

LETTERS = st.sampled_from([*"aaehhiklmmnprsstw", *"  ", *"AHT04'-.\n\u200b\u0301é\u0422ß漢"])
TEXTS = st.text(LETTERS, max_size=60)
SHORTEST = 4


@settings(max_examples=100, deadline=None)
@given(text=st.one_of(TEXTS, st.text(max_size=30)), symbols=st.booleans())
def test_reading_by_the_word_is_reading_letter_by_letter(text: str, symbols: bool) -> None:
    assert read(text, symbols=symbols) == read(text, symbols=symbols, order=range(len(text)))


def _runs(text: str) -> list[tuple[str, ...]]:
    """All runs of one to four words, one after the other, as the slow way makes them; and the pieces of long words."""
    reading = read(text)
    words = list(words_of(reading))
    parts = [spoken(word.text) for word in words]
    found = [
        tuple(parts[start:end])
        for start in range(len(parts))
        for end in range(start + 1, min(start + MOST_WORDS, len(parts)) + 1)
    ]
    kept = [
        run
        for run in found
        if not all(map(english.is_common, run)) and SHORTEST <= len("".join(map(sound, run))) <= LONGEST_HEARD
    ]
    return kept + [(spoken(reading.folded[piece.first : piece.end]),) for piece in pieces_of(words)]


def _phrases(text: str) -> Phrases:
    reading = read(text)
    words = list(words_of(reading))
    return Phrases(reading, words, list(pieces_of(words)), SHORTEST)


@settings(max_examples=100, deadline=None)
@given(text=TEXTS)
def test_sounds_and_consonants_of_all_runs_at_once_are_those_of_each(text: str) -> None:
    runs, phrases = _runs(text), _phrases(text)

    def expect(kind: Callable[[str], str]) -> list[tuple[int, int]]:
        keys = [kind("".join(map(sound, run))) for run in runs]
        return [(int(one), len(key)) for one, key in zip(hash_strings(keys), keys, strict=True)]

    for found, kind in ((phrases.sounds(), str), (phrases.bones(), skeleton)):
        assert list(zip(found[0].tolist(), found[1].tolist(), strict=True)) == expect(kind)
    assert [phrases.window(place).parts for place in range(len(runs))] == runs


@settings(max_examples=60, deadline=None)
@given(text=TEXTS, way=st.integers(0, WAYS - 1))
def test_worn_runs_are_those_in_which_a_word_is_heard_differently(text: str, way: int) -> None:
    changed = [run for run in _runs(text) if any(sound(worn(part)[way]) != sound(part) for part in run)]
    keys = [skeleton("".join(sound(worn(part)[way]) for part in run)) for run in changed]
    hashes, sizes = _phrases(text).worn(way).bones()
    assert (hashes.tolist(), sizes.tolist()) == (hash_strings(keys).tolist(), list(map(len, keys)))


def test_a_prompt_is_read_once_for_all_shelves_and_not_kept() -> None:
    with read_once():
        first = readings_of("a film of Ada Lovelace")
        assert readings_of("a film of Ada Lovelace") is first
    assert readings_of("a film of Ada Lovelace") is not first


def test_a_prompt_that_is_spelled_out_is_no_word_to_remember() -> None:
    prompt = "-".join("a secret about somebody that nobody else may ever know".replace(" ", ""))
    (told,) = readings_of(prompt)
    (word,) = told.words
    before = english._is_common.cache_info().currsize, sounds._sound.cache_info().currsize
    assert sound(word.text)
    assert not english.is_common(word.text)
    assert (english._is_common.cache_info().currsize, sounds._sound.cache_info().currsize) == before
