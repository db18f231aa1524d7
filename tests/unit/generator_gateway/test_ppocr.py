"""What surrounds the text networks: places, turns, letters, order; the networks themselves are stand-ins."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from generator_gateway.adapters.ppocr import Letters, PaddleReader
from trust_kernel.errors import Broken

SIGNS = Letters.parse("a\nb\nc")
"""Classes: 0 blank, 1 a, 2 b, 3 c, 4 space."""


class MarksRed:
    """Marks what is red."""

    inputs = ("x",)

    def __init__(self, *, off_by: int = 0) -> None:
        self.off_by = off_by
        self.sides: list[tuple[int, int]] = []

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[np.float32]]:
        picture = feeds["x"]
        self.sides.append((picture.shape[3], picture.shape[2]))
        marked = (picture[:, 2:3] > 0.5).astype(np.float32)
        return [marked[:, :, self.off_by :]]


class ReadsBlue:
    """Reads the amount of blue at the left end of a line as letters; doubts a line whose right end has more."""

    inputs = ("x",)

    def __init__(self, steps: Mapping[int, tuple[int, ...]], *, classes: int = 5, fill: float = 0.0) -> None:
        self.steps = steps
        self.classes = classes
        self.fill = fill
        self.lines = 0

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[np.float32]]:
        self.lines += 1
        line = feeds["x"][0, 0]
        third = line.shape[1] // 3
        left, right = (_level(end) for end in (line[:, :third], line[:, -third:]))
        turned = right > left
        steps = self.steps.get(right if turned else left, ())
        chances = np.full((1, max(1, len(steps)), self.classes), self.fill, np.float32)
        for place, step in enumerate(steps):
            chances[0, place, step] = 0.6 if turned else 0.95
        return [chances]


def _level(end: NDArray[np.float32]) -> int:
    """The blue of most pixels that have any, in steps of 50."""
    blue = (end + 1) * 127.5
    return round(float(np.median(blue[blue > 30])) / 50) * 50 if (blue > 30).any() else 0


def page(*patches: tuple[int, int, int, int, int], wide: int = 640, high: int = 320) -> NDArray[np.uint8]:
    """A black page with red patches: x, y, width, height, and the blue of their left ends."""
    picture = np.zeros((high, wide, 3), np.uint8)
    for x, y, w, h, blue in patches:
        picture[y : y + h, x : x + w, 0] = 255
        picture[y : y + h, x : x + w // 2, 2] = blue
    return picture


def reader(reads: ReadsBlue, marks: MarksRed | None = None, longest: int = 640) -> PaddleReader:
    found = marks or MarksRed()
    return PaddleReader("fake-1", lambda: found, lambda: reads, lambda: SIGNS, longest=longest)


STEPS = {100: (1,), 150: (2,), 200: (3,)}


def test_repeats_and_blanks_between_letters_are_left_out() -> None:
    reads = ReadsBlue({100: (0, 1, 1, 0, 1, 4, 4, 2, 0)})
    (line,) = reader(reads).read(page((100, 100, 200, 40, 100)))
    assert line.text == "aa b"
    assert line.confidence == pytest.approx(0.95)


def test_lines_are_read_from_the_top_and_each_row_from_the_left() -> None:
    patches = ((350, 210, 150, 40, 150), (60, 60, 150, 40, 200), (350, 66, 150, 40, 100))
    lines = reader(ReadsBlue({100: (1,), 150: (2,), 200: (3,)})).read(page(*patches))
    assert [line.text for line in lines] == ["c", "a", "b"]


def test_a_place_is_told_as_shares_of_the_picture_whatever_it_was_searched_at() -> None:
    marks = MarksRed()
    (line,) = reader(ReadsBlue(STEPS), marks, longest=320).read(page((160, 80, 320, 80, 100)))
    assert marks.sides == [(320, 160)]
    left, top, wide, high = line.box
    assert (left + wide / 2, top + high / 2) == pytest.approx((0.5, 0.375), abs=0.02)
    assert 0.6 < wide < 0.7
    assert 0.5 < high < 0.6


def test_a_line_that_is_hard_to_read_is_read_upside_down_as_well() -> None:
    upright = page((100, 100, 200, 40, 100))
    reads = ReadsBlue(STEPS)
    (line,) = reader(reads).read(np.ascontiguousarray(upright[::-1, ::-1]))
    assert (line.text, reads.lines) == ("a", 2)
    assert line.confidence == pytest.approx(0.95)


def test_a_line_on_its_side_is_turned() -> None:
    upright = page((100, 100, 200, 40, 100))
    for turns in (1, 3):
        (line,) = reader(ReadsBlue(STEPS)).read(np.ascontiguousarray(np.rot90(upright, turns)))
        assert line.text == "a"
        assert line.confidence == pytest.approx(0.95)


def test_specks_and_what_reads_as_nothing_are_no_lines() -> None:
    assert reader(ReadsBlue(STEPS)).read(page((100, 100, 2, 2, 100))) == ()
    assert reader(ReadsBlue({})).read(page((100, 100, 200, 40, 100))) == ()


@pytest.mark.parametrize(
    ("reads", "marks", "code"),
    [
        (ReadsBlue(STEPS, classes=4), MarksRed(), "model:output:shape"),
        (ReadsBlue(STEPS, fill=float("nan")), MarksRed(), "model:output:not_finite"),
        (ReadsBlue(STEPS), MarksRed(off_by=2), "model:output:shape"),
    ],
    ids=["other letters", "not a number", "another size"],
)
def test_a_network_that_answers_nonsense_is_an_outage(reads: ReadsBlue, marks: MarksRed, code: str) -> None:
    with pytest.raises(Broken) as broken:
        reader(reads, marks).read(page((100, 100, 200, 40, 100)))
    assert broken.value.code == code
