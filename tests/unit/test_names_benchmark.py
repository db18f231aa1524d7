"""The benchmark of names measures on what nobody tuned on, and says what it missed."""

import random

import pytest

from benchmarks import names as benchmark
from benchmarks.names_carried import carried_names, carried_recall
from benchmarks.names_corpus import Name, innocent, names
from benchmarks.names_evasions import EVASIONS, Evasion, double, single
from benchmarks.names_million import invented, prompts_about
from trust_kernel.names import NameMatcher

DRAW = random.Random(1)  # noqa: S311 - nothing is kept secret by it
ZORBLAX = Name("English", "Zorblax Quindle", "")


def test_what_is_reported_was_never_looked_at() -> None:
    tuned, held = ({name.latin for name in names(held_out=half)} for half in (False, True))
    assert not tuned & held
    assert len({name.language for name in names(held_out=True)}) >= 20
    seen, kept = ({text for _, text in innocent(50, held_out=half)} for half in (False, True))
    assert not seen & kept


@pytest.mark.parametrize("evasion", EVASIONS, ids=lambda evasion: evasion.name)
def test_each_evasion_hides_a_name_from_a_plain_search(evasion: Evasion) -> None:
    name = "J\u00fcrgen Fischer" if evasion.name == "no accents" else "Fabian Fischmann Quackers"
    assert evasion.change(name, DRAW) != name


def test_two_evasions_are_two() -> None:
    ways = {evaded.way for evaded in double(ZORBLAX, DRAW)}
    assert {"misspelled + digits for letters", "confusables + zero width"} <= ways
    assert all(" + " in way for way in ways)


def test_what_is_missed_counts_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "names", lambda **_: [ZORBLAX])
    rows, missed = benchmark.recall(held_out=True, evade=single)
    assert not missed
    assert benchmark.overall(rows) == 1.0
    monkeypatch.setattr(benchmark, "NameMatcher", lambda _: NameMatcher([]))
    rows, missed = benchmark.recall(held_out=True, evade=single)
    assert (benchmark.overall(rows), len(missed)) == (0.0, len(rows))


def test_a_hit_on_an_innocent_prompt_is_counted_and_shown() -> None:
    rows, wrong = benchmark.false_hits(NameMatcher([("cat", "orange cat")]), 10, held_out=True)
    quiet, none = benchmark.false_hits(NameMatcher([("cat", "Zorblax Quindle")]), 10, held_out=True)
    assert len(wrong) == round(float(rows[-1]["held or stopped"]) * int(rows[-1]["prompts"]))
    assert (quiet[-1]["held or stopped"], none) == (0.0, [])


def test_names_carried_by_sound_were_looked_at_and_are_none_of_the_others_and_most_are_found() -> None:
    assert not {latin for _, latin, _ in carried_names()} & {name.latin for name in names(held_out=True)}
    shares = {row["language"]: float(row["found"]) for row in carried_recall(benchmark.HELD)}
    assert shares["all"] >= 0.87


def test_invented_names_differ_and_prompts_have_their_length() -> None:
    assert len(set(invented(2000))) == 2000
    assert {len(prompt) for prompt in prompts_about(1000, 6)} == {500}
