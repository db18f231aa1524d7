"""A dry run as its pages show it."""

from datetime import UTC, date, datetime

from copyright_optout.api import Example, Outcome, Tally
from review_ui.rights.trials import trial_of

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MONDAY, TUESDAY = date(2026, 11, 16), date(2026, 11, 17)


def an_example(case_id: str, words: str, outcome: Outcome, *ways: str) -> Example:
    return Example(case_id, NOON, outcome, "prompt", words, ways)


def test_each_day_counts_every_outcome_that_there_was_and_bars_are_against_the_day_with_most() -> None:
    counts = {Outcome.DENIED: 4, Outcome.LEFT_OPEN: 2}
    days = [(MONDAY, {Outcome.DENIED: 1}), (TUESDAY, {Outcome.DENIED: 3, Outcome.LEFT_OPEN: 1})]
    trial = trial_of(Tally(100, counts, days))
    assert trial.outcomes == [Outcome.DENIED, Outcome.LEFT_OPEN], "nothing was held, so no column says so"
    assert [(one.day, one.counts) for one in trial.days] == [(MONDAY, [1, 0]), (TUESDAY, [3, 1])]
    assert [(one.length, one.stopped) for one in trial.days] == [(25, 25), (100, 75)]


def test_examples_that_look_alike_are_one_hardest_and_most_frequent_first() -> None:
    examples = [
        an_example("newest", "Quill", Outcome.HELD),
        an_example("c", "Qu1ll", Outcome.DENIED, "leetspeak"),
        an_example("d", "Quill", Outcome.DENIED),
        an_example("e", "Quill", Outcome.HELD),
        an_example("f", "Quill", Outcome.DENIED),
    ]
    found = trial_of(Tally(5, {Outcome.DENIED: 3, Outcome.HELD: 2}, (), examples)).examples
    assert [(alike.one.words, alike.one.outcome, alike.times) for alike in found] == [
        ("Quill", Outcome.DENIED, 2),
        ("Qu1ll", Outcome.DENIED, 1),
        ("Quill", Outcome.HELD, 2),
    ]
    assert found[2].one.case_id == "newest"


def test_nothing_found_is_nothing_shown() -> None:
    trial = trial_of(Tally(100))
    assert (trial.outcomes, trial.days, trial.examples) == ([], [], [])
