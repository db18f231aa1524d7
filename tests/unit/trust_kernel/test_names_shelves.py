"""Shelves of names: what is found is what one matcher of all names would find, at every moment."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trust_kernel.names import NameMatcher
from trust_kernel.names.shelves import MOST_SMALL, NameBook


@dataclass(frozen=True)
class Hit:
    entity: str
    alias: str
    span: tuple[int, int] = (0, 1)
    transformations: tuple[str, ...] = ()
    score: float = 1.0


class Words:
    """Finds aliases that are words of the text."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self.pairs = list(pairs)

    def match(self, text: str) -> Sequence[Hit]:
        return [Hit(entity, alias) for entity, alias in self.pairs if alias in text.split()]


class Later:
    """Keeps what should run in another thread until the test runs it."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def __call__(self, work: Callable[[], None]) -> None:
        self.waiting.append(work)

    def run(self) -> None:
        while self.waiting:
            self.waiting.pop()()


def found(book: NameBook, text: str) -> set[tuple[str, str]]:
    return {(hit.entity, hit.alias) for hit in book.match(text)}


ENTRIES = st.sampled_from([f"blk_{number}" for number in range(12)])
NAMES = st.lists(st.sampled_from("abcdefgh"), max_size=4, unique=True).map(tuple)
STEPS = st.lists(st.one_of(st.dictionaries(ENTRIES, st.none() | NAMES, max_size=5), st.just("merge")), max_size=30)


@settings(max_examples=150, deadline=None)
@given(steps=STEPS, largest=st.integers(1, 12))
def test_after_any_changes_and_merges_exactly_the_names_of_today_are_found(
    steps: list[dict[str, tuple[str, ...] | None] | str], largest: int
) -> None:
    later = Later()
    book, truth = NameBook(Words, later, largest=largest, tiny=3), dict[str, tuple[str, ...]]()
    for step in steps:
        if isinstance(step, str):
            later.run()
        else:
            book.apply(step)
            truth |= {entry: names for entry, names in step.items() if names}
            for entry in [entry for entry, names in step.items() if not names]:
                truth.pop(entry, None)
        assert found(book, "a b c d e f g h") == {(e, name) for e, names in truth.items() for name in names}
        assert len(book) == len(truth)


def test_small_shelves_are_put_together_and_large_ones_left_alone() -> None:
    later = Later()
    book = NameBook(Words, later, largest=1000, tiny=0)
    book.apply({f"old_{n}": ("a",) for n in range(900)})
    for number in range(20):
        book.apply({f"new_{number}_{n}": ("a",) for n in range(10)})
        later.run()
        assert book.shelves <= MOST_SMALL + 1
    assert len(found(book, "a")) == 1100


def test_a_change_during_a_merge_is_not_undone_by_it() -> None:
    later = Later()
    making: list[Callable[[], None]] = []

    def slow(pairs: Iterable[tuple[str, str]]) -> Words:
        made = Words(pairs)
        while making:
            making.pop()()
        return made

    book = NameBook(slow, later, largest=1000, tiny=0)
    for number in range(MOST_SMALL + 1):
        book.apply({f"blk_{number}": ("a",)})
    making.append(lambda: book.apply({"blk_0": ("b",), "blk_1": None}))
    later.run()
    assert found(book, "a b") == {("blk_0", "b")} | {(f"blk_{n}", "a") for n in range(2, MOST_SMALL + 1)}


def test_many_threads_always_find_a_name_that_stays_while_others_come_and_go() -> None:
    book = NameBook(NameMatcher, largest=200, tiny=4)
    book.apply({"blk_stays": ("Ada Lovelace",)})
    missed, done = [], threading.Event()

    def ask() -> None:
        while not done.is_set():
            if not any(hit.entity == "blk_stays" for hit in book.match("a film of Ada Lovelace")):
                missed.append(1)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(60):
        book.apply({f"blk_{number % 20}": (f"Person Numberof{number}",), f"blk_{(number + 7) % 20}": None})
    done.set()
    for thread in threads:
        thread.join()
    assert missed == []


@pytest.mark.parametrize("text", ["Ada Lovelace", "4da L0velace", "Ada Lovelase", "a d a l o v e l a c e"])
def test_a_name_on_any_shelf_is_found_as_one_matcher_would(text: str) -> None:
    names = {f"blk_{n}": (name,) for n, name in enumerate(["Grace Hopper", "Ada Lovelace", "Jean Bartik"])}
    book = NameBook(NameMatcher, Later(), tiny=0)
    for entry, called in names.items():
        book.apply({entry: called})
    whole = NameMatcher((entry, name) for entry, called in names.items() for name in called)
    assert [(h.entity, h.span, h.score) for h in book.match(text)] == [
        (h.entity, h.span, h.score) for h in whole.match(text)
    ]
    assert book.shelves == 3
