"""Shelves of names in files: made once, shared, never used where they are stale or broken."""

import os
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from trust_kernel.names import NameMatcher, files
from trust_kernel.names.kept import ShelfFolder
from trust_kernel.names.shelves import NameBook

FIRST = ("Ada", "Grace", "Jean", "Emmy", "Mary", "Rosa")
PEOPLE: dict[str, tuple[str, ...]] = {
    f"p{n}": (f"{FIRST[n]} Quindle{n}", f"The Zorblax of {FIRST[n]}") for n in range(6)
}


class Makers:
    """Builds matchers and counts for how many names; the processes of a machine, each with its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.built: list[int] = []

    def build(self, pairs: Sequence[tuple[str, str]]) -> NameMatcher:
        self.built.append(len(pairs))
        return NameMatcher(pairs)

    def process(self, names: Mapping[str, tuple[str, ...]], *, fewest: int = 5) -> NameBook:
        """A process that starts: its book is empty and it takes in all names."""
        self.built.clear()
        keeper = ShelfFolder(self.folder / "index", "people", fewest=fewest, build=self.build)
        book = NameBook(NameMatcher, lambda work: work(), tiny=2, keeper=keeper)
        book.apply(names)
        return book

    def kept(self) -> list[Path]:
        return sorted(self.folder.rglob("*.names"))


@pytest.fixture
def makers(tmp_path: Path) -> Makers:
    return Makers(tmp_path)


def named(book: NameBook, *numbers: int) -> list[str]:
    """Who is found in a text that names these people, one of them misspelled."""
    text = ". ".join(f"{FIRST[n]} Quinddle{n}" for n in numbers)
    return [hit.entity for hit in book.match(text)]


def test_a_second_process_opens_what_the_first_one_made(makers: Makers) -> None:
    first = makers.process(PEOPLE)
    assert makers.built == [12]
    second = makers.process(PEOPLE)
    assert makers.built == []
    assert named(first, 0, 5) == named(second, 0, 5) == ["p0", "p5"]


def test_names_that_changed_meanwhile_are_made_anew_and_the_rest_is_opened(makers: Makers) -> None:
    makers.process(PEOPLE)
    today = {entry: names for entry, names in PEOPLE.items() if entry != "p0"} | {"p1": ("Hedy Lamarr",)}
    book = makers.process(today)
    assert makers.built == [1]
    assert named(book, 0, 1, 2) == ["p2"]
    assert [hit.entity for hit in book.match("Hedy Lamarr")] == ["p1"]


def test_a_file_of_which_little_is_still_so_goes(makers: Makers) -> None:
    makers.process(PEOPLE)
    before = makers.kept()
    book = makers.process({"p0": PEOPLE["p0"], **{f"q{n}": (f"Other Vraxwell{n}",) for n in range(9)}})
    assert makers.built == [11]
    assert named(book, 0, 1) == ["p0"]
    assert not set(before) & set(makers.kept())


@pytest.mark.parametrize("harm", ["a byte", "cut short", "no header", "empty"])
def test_a_broken_file_is_refused_and_made_anew(makers: Makers, harm: str) -> None:
    makers.process(PEOPLE)
    [path] = makers.kept()
    whole = path.read_bytes()
    at = len(whole) // 2
    harmed = {
        "a byte": whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :],
        "cut short": whole[:at],
        "no header": whole[at:],
        "empty": b"",
    }
    path.write_bytes(harmed[harm])
    book = makers.process(PEOPLE)
    assert makers.built == [12]
    assert named(book, 0, 5) == ["p0", "p5"]
    assert path.read_bytes() == whole


def test_a_file_of_another_version_of_the_rules_is_not_used(makers: Makers, monkeypatch: pytest.MonkeyPatch) -> None:
    makers.process(PEOPLE)
    before = makers.kept()
    # Named as the new rules would name it, as if digests were taken of the names alone.
    monkeypatch.setattr(files, "rules", lambda: "newer")
    makers.process(PEOPLE)
    assert makers.built == [12]
    assert makers.kept() == before  # made anew in its place


def test_few_names_are_not_kept(makers: Makers) -> None:
    makers.process(PEOPLE, fewest=13)
    assert makers.built == [12]
    assert not makers.kept()


def test_shelves_that_are_put_together_leave_one_file(makers: Makers) -> None:
    book = makers.process(PEOPLE)
    for n in range(12):
        book.apply({f"q{n}": tuple(f"Number{n} Vraxwell{m}" for m in range(6))})
    assert len(makers.kept()) <= book.shelves
    everybody = PEOPLE | {f"q{n}": tuple(f"Number{n} Vraxwell{m}" for m in range(6)) for n in range(12)}
    again = makers.process(everybody)
    assert sum(makers.built) < 20, "most of it is opened"
    assert {hit.entity for hit in again.match("Number7 Vraxwell3") if hit.score == 1.0} == {"q7"}


def test_a_folder_that_cannot_be_used_leaves_names_in_memory(makers: Makers) -> None:
    (makers.folder / "index").write_text("not a folder")
    assert named(makers.process(PEOPLE), 0) == ["p0"]


def test_one_of_several_processes_that_start_together_makes_the_file(makers: Makers) -> None:
    def slow(pairs: Sequence[tuple[str, str]]) -> NameMatcher:
        time.sleep(0.1)
        return makers.build(pairs)

    def start() -> None:
        keeper = ShelfFolder(makers.folder, "people", fewest=5, build=slow)
        found.append(named_by(keeper))

    def named_by(keeper: ShelfFolder) -> list[str]:
        book = NameBook(NameMatcher, keeper=keeper)
        book.apply(PEOPLE)
        return named(book, 3)

    found: list[list[str]] = []
    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [["p3"]] * 3
    assert makers.built == [12]
    [_] = makers.kept()
    assert (makers.folder / "people.lock").exists(), "who waits and who comes later must lock the same file"


def test_books_that_share_a_folder_leave_each_other_alone(makers: Makers) -> None:
    makers.process(PEOPLE)
    other = NameBook(NameMatcher, keeper=ShelfFolder(makers.folder / "index", "works", fewest=5, build=makers.build))
    other.apply({f"w{n}": (f"Work Vraxwell{n}",) for n in range(6)})
    assert len(makers.kept()) == 2
    makers.process(PEOPLE)
    assert makers.built == []


def test_what_a_process_left_half_written_goes(makers: Makers) -> None:
    makers.process(PEOPLE)
    old, young = (makers.folder / "index" / f"people-{name}.names.1.new" for name in ("old", "young"))
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    makers.process(PEOPLE)
    assert not old.exists()
    assert young.exists(), "somebody may be writing it"
