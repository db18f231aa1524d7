"""The visible mark is seen on any ground, everywhere in turn, and touches nothing else."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from tests.factories.media import huge_png
from trust_kernel.errors import InvalidInput
from watermark.adapters.visible import VisibleMark, check_look, lettering
from watermark.adapters.visible.path import WanderingPath
from watermark.domain.marks import OpeningLabel, Visibility, WatermarkReason
from watermark.domain.visible_look import VisibleLook
from watermark.ports.marks import YuvFrame

LOOK = VisibleLook("AI · placet")
KEY = b"key"
OPENING = OpeningLabel("AI生成", 2.0, 0.05)


def ground(width: int, height: int, level: int, seconds: float = 0.0) -> YuvFrame:
    chroma = np.full(((height + 1) // 2, (width + 1) // 2), 90, np.uint8)
    luma = np.full((height, width), level, np.uint8)
    for plane in (luma, chroma):
        plane.flags.writeable = False
    return YuvFrame(luma, chroma, chroma, seconds)


def mark(
    width: int, height: int, look: VisibleLook = LOOK, visibility: Visibility = Visibility.STANDARD
) -> VisibleMark:
    return VisibleMark(look, KEY, 7, width, height, visibility)


def change(drawn: YuvFrame, level: int) -> NDArray[np.int64]:
    return np.abs(drawn.y.astype(np.int64) - level)


def png(size: tuple[int, int], colour: tuple[int, int, int, int]) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGBA", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize("level", [16, 60, 128, 200, 235])
@pytest.mark.parametrize("size", [(640, 360), (202, 360), (360, 360), (1280, 720)])
def test_the_mark_stands_out_from_any_ground(level: int, size: tuple[int, int]) -> None:
    changed = change(mark(*size).draw(ground(*size, level, 1.0)), level)
    assert changed.max() >= 60
    rows = np.flatnonzero(changed.max(axis=1) > 20)
    assert np.ptp(rows) >= 0.03 * min(size)
    assert (changed > 20).sum() > 0.0015 * changed.size


@pytest.mark.parametrize("level", [16, 128, 235])
def test_letters_differ_from_what_is_right_beside_them(level: int) -> None:
    drawn = mark(640, 360).draw(ground(640, 360, level, 1.0)).y.astype(int)
    rows, columns = np.nonzero(change(mark(640, 360).draw(ground(640, 360, level, 1.0)), level) > 12)
    box = drawn[rows.min() : rows.max(), columns.min() : columns.max()]
    assert np.percentile(box, 98) - np.percentile(box, 10) > 60


def test_a_strong_mark_is_larger_and_less_translucent() -> None:
    standard, strong = (
        mark(640, 360, visibility=each).draw(ground(640, 360, 16, 1.0)).y
        for each in (Visibility.STANDARD, Visibility.STRONG)
    )
    assert (strong > 60).sum() > 1.5 * (standard > 60).sum()
    assert strong.max() > standard.max() + 30


def test_off_draws_nothing_at_all() -> None:
    plain = ground(640, 360, 100)
    look = VisibleLook("AI", None, OPENING)
    assert mark(640, 360, look, Visibility.OFF).draw(plain) is plain


def test_only_the_box_around_the_mark_changes() -> None:
    plain = ground(640, 360, 100, 1.0)
    drawn = mark(640, 360).draw(plain)
    rows, columns = np.nonzero(drawn.y != plain.y)
    assert np.ptp(rows) < 60
    assert np.ptp(columns) < 200
    assert plain.y.max() == plain.y.min() == 100


@given(st.binary(min_size=1, max_size=16), st.text(max_size=8))
@settings(max_examples=30, deadline=None)
def test_every_path_crosses_the_middle_and_reaches_the_edges(key: bytes, purpose: str) -> None:
    path = WanderingPath(key, purpose)
    start = np.array([(path.at(t).across, path.at(t).down) for t in np.arange(0, 2.1, 0.02)])
    assert np.abs(start - 0.5).max(axis=1).min() < 0.03
    whole = np.array([(path.at(t).across, path.at(t).down) for t in np.arange(0, 40, 0.05)])
    assert (whole.min(axis=0) < 0.05).all()
    assert (whole.max(axis=0) > 0.95).all()
    assert (whole >= 0).all()
    assert (whole <= 1).all()


@given(st.binary(min_size=1, max_size=16))
@settings(max_examples=20, deadline=None)
def test_no_path_has_jumps(key: bytes) -> None:
    path = WanderingPath(key, "7:640x360")
    steps = np.diff([(path.at(t).across, path.at(t).down) for t in np.arange(0, 20, 1 / 24)], axis=0)
    assert np.abs(steps).max() < 0.045


def test_the_mark_moves_less_than_a_pixel_at_a_time_where_it_is_slow() -> None:
    wandering = mark(640, 360)
    centres = []
    for t in np.arange(0, 4, 1 / 24):
        weight = change(wandering.draw(ground(640, 360, 16, float(t))), 16).astype(float)
        centres.append((weight.sum(axis=0) @ np.arange(640)) / weight.sum())
    steps = np.abs(np.diff(centres))
    assert steps.max() < 20
    assert ((steps > 0.05) & (steps < 0.95)).any()


def test_size_and_opacity_drift() -> None:
    wandering = mark(640, 360)
    boxes, strengths = set(), set()
    for t in np.arange(0, 6, 0.25):
        drawn = wandering.draw(ground(640, 360, 16, float(t)))
        boxes.add(int(np.ptp(np.nonzero(drawn.y > 40)[1])))
        strengths.add(int(drawn.y.max()) // 8)
    assert len(boxes) >= 5
    assert len(strengths) >= 3


def test_another_key_or_another_video_walks_another_way() -> None:
    paths = [
        VisibleMark(LOOK, key, payload, 640, 360).path.at(3.0)
        for key, payload in ((b"one", 1), (b"other", 1), (b"one", 2))
    ]
    places = [(moment.across, moment.down) for moment in paths]
    assert places[0] != pytest.approx(places[1], abs=0.02)
    assert places[0] != pytest.approx(places[2], abs=0.02)


def test_on_a_still_the_mark_keeps_to_one_keyed_place() -> None:
    first, later = (
        VisibleMark(LOOK, KEY, 7, 640, 360, standing=True).draw(ground(640, 360, 16, t)).y for t in (0.0, 3.3)
    )
    assert np.array_equal(first, later)
    other = VisibleMark(LOOK, b"other", 7, 640, 360, standing=True).draw(ground(640, 360, 16)).y
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("text", ["AI", "a label that is far too long for this"])
@pytest.mark.parametrize("visibility", [Visibility.STANDARD, Visibility.STRONG])
def test_a_text_is_made_to_fit_a_narrow_picture(text: str, visibility: Visibility) -> None:
    drawn = mark(202, 360, VisibleLook(text), visibility).draw(ground(202, 360, 16, 1.0))
    columns = np.nonzero(drawn.y > 40)[1]
    assert np.ptp(columns) <= 0.8 * 202


@given(st.integers(1, 200), st.integers(1, 200), st.floats(0, 100), st.sampled_from(Visibility))
@settings(max_examples=40, deadline=None)
def test_a_picture_of_any_size_can_be_drawn_on(width: int, height: int, seconds: float, visibility: Visibility) -> None:
    look = VisibleLook("AI · placet", png((30, 20), (255, 0, 0, 255)), OPENING)
    drawn = mark(width, height, look, visibility).draw(ground(width, height, 16, seconds))
    assert drawn.y.shape == (height, width)
    assert drawn.u.shape == drawn.v.shape == ((height + 1) // 2, (width + 1) // 2)
    if visibility is not Visibility.OFF and min(width, height) >= 48:
        assert drawn.y.max() > 60


def test_a_logo_shows_in_its_colours_beside_the_text() -> None:
    look = VisibleLook("AI", png((50, 50), (255, 0, 0, 255)))
    drawn = mark(640, 360, look, Visibility.STRONG).draw(ground(640, 360, 16, 1.0))
    red = (drawn.v > 190).nonzero()
    assert len(red[0]) > 40
    letters = np.nonzero(drawn.y > 180)
    assert letters[1].min() > 2 * red[1].max()


def test_a_transparent_part_of_a_logo_hides_nothing_and_colours_nothing() -> None:
    picture = np.zeros((40, 40, 4), np.uint8)
    picture[:, :, 0] = 255
    picture[10:30, 10:30] = (255, 255, 255, 255)
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    drawn = mark(640, 360, VisibleLook("", buffer.getvalue())).draw(ground(640, 360, 16, 1.0))
    assert int(drawn.v.max()) <= 130
    assert drawn.y.max() > 120


BAD_LOGOS = {
    "no PNG": b"GIF89a",
    "empty": b"",
    "too many pixels": huge_png(5000, 10),
    "too many bytes": b"\x89PNG\r\n\x1a\n" + bytes(4_000_001),
}


@pytest.mark.parametrize("data", BAD_LOGOS.values(), ids=BAD_LOGOS.keys())
def test_what_cannot_be_a_logo_is_refused_before_it_is_unpacked(data: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_look(VisibleLook("AI", data))
    assert (refused.value.code, refused.value.field) == (WatermarkReason.UNUSABLE, "visible_logo")


def test_a_damaged_logo_is_refused_when_it_is_unpacked() -> None:
    damaged = png((30, 30), (1, 2, 3, 255))[:-30]
    check_look(VisibleLook("AI", damaged))
    with pytest.raises(InvalidInput) as refused:
        mark(640, 360, VisibleLook("AI", damaged))
    assert refused.value.field == "visible_logo"


@pytest.mark.parametrize("text", ["AI · placet", "ИИ", "AI生成", "AI 생성", "AI 生成コンテンツ", "Généré par IA"])
def test_most_scripts_can_be_drawn_without_a_font_file(text: str) -> None:
    assert not lettering.missing(text)
    check_look(VisibleLook(text, None, OpeningLabel(text, 2.0, 0.05)))


BAD_LOOKS = {
    "emoji": VisibleLook("AI \N{ROBOT FACE}"),
    "letters that must be joined": VisibleLook("AI \N{ARABIC LETTER AIN}"),
    "nothing": VisibleLook("  "),
    "line break": VisibleLook("AI\nplacet"),
    "hidden turn of direction": VisibleLook("AI \u202eplacet"),
    "too long": VisibleLook("x" * 61),
    "opening without words": VisibleLook("AI", None, OpeningLabel(" ", 2.0, 0.05)),
    "opening for no time": VisibleLook("AI", None, OpeningLabel("AI", 0.0, 0.05)),
    "opening without height": VisibleLook("AI", None, OpeningLabel("AI", 2.0, 0.0)),
    "opening that no font has": VisibleLook("AI", None, OpeningLabel("\N{ROBOT FACE}", 2.0, 0.05)),
}


@pytest.mark.parametrize("look", BAD_LOOKS.values(), ids=BAD_LOOKS.keys())
def test_a_look_that_cannot_be_drawn_is_refused(look: VisibleLook) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_look(look)
    assert refused.value.code == WatermarkReason.UNUSABLE


def opened(
    width: int, height: int, seconds: float, label: OpeningLabel = OPENING, begins: float = 0.0
) -> NDArray[np.int64]:
    """What the opening label changes at a time, in a video whose first picture is shown at `begins`."""
    shown = []
    for opening in (label, None):
        visible = mark(width, height, VisibleLook("x", None, opening))
        visible.draw(ground(width, height, 16, begins))
        shown.append(visible.draw(ground(width, height, 16, seconds)).y.astype(np.int64))
    return np.asarray(np.abs(shown[0] - shown[1]), np.int64)


def test_the_opening_label_stands_in_its_corner_for_its_time() -> None:
    boxes = []
    for seconds in (0.0, 1.0, 2.0):
        rows, columns = np.nonzero(opened(640, 360, seconds) > 100)
        boxes.append((rows.min(), rows.max(), columns.min(), columns.max()))
    assert len(set(boxes)) == 1
    assert boxes[0][1] < 0.25 * 360
    assert opened(640, 360, 2.15).max() > 40
    assert opened(640, 360, 2.31).max() == 0


def test_the_opening_label_lasts_from_the_first_picture_on() -> None:
    whole = opened(640, 360, 0.45, begins=0.45).max()
    assert opened(640, 360, 2.4, begins=0.45).max() == whole
    assert opened(640, 360, 2.8, begins=0.45).max() == 0


@pytest.mark.parametrize("size", [(640, 360), (360, 640), (1920, 1080), (300, 300)])
@pytest.mark.parametrize("text", ["AI", "AI生成", "HELD"])
def test_the_letters_of_the_opening_label_are_as_high_as_the_law_asks(size: tuple[int, int], text: str) -> None:
    rows = np.flatnonzero((opened(*size, 0.0, OpeningLabel(text, 2.0, 0.05)) > 110).any(axis=1))
    assert np.ptp(rows) + 1 >= 0.05 * min(size)


def test_a_long_opening_label_takes_several_lines_not_smaller_letters() -> None:
    label = OpeningLabel("This video was generated by a machine", 2.0, 0.08)
    changed = opened(202, 360, 0.0, label)
    rows = np.flatnonzero((changed > 110).any(axis=1))
    lines = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
    assert len(lines) >= 3
    assert max(len(line) for line in lines) >= 0.08 * 202
    assert np.nonzero(changed > 110)[1].max() < 202 - 2
