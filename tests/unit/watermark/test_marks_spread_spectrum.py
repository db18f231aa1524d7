"""The default mark is read after what happens to videos, and is not seen where it is not."""

from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.factories.videos import luma_frames, write_frames
from watermark.adapters.spread_spectrum import SpreadSpectrumMarker, chance
from watermark.adapters.spread_spectrum.embed import STRONGEST, StrengthControl
from watermark.adapters.spread_spectrum.windows import MOST_WINDOWS, Windows
from watermark.domain.marks import MarkKey, MarkKeys, MarkReading, Search
from watermark.ports.marks import YuvFrame

Luma = NDArray[np.uint8]
WIDTH, HEIGHT, COUNT = 640, 360, 30
KEYS = MarkKeys(MarkKey("1", b"the key of these tests"))
RATE = 12
PAYLOAD = 0xC0FFEE_0DDBA11_5
NO_CHROMA = np.zeros((0, 0), np.uint8)


def mark(frames: list[Luma], payload: int = PAYLOAD, start: float = 0.0) -> list[Luma]:
    height, width = frames[0].shape
    embedder = SpreadSpectrumMarker(KEYS).embedder(payload, width, height)
    return [embedder.mark(frame).y for frame in timed(frames, start)]


def timed(frames: list[Luma], start: float = 0.0, rate: float = RATE) -> list[YuvFrame]:
    return [
        YuvFrame(np.ascontiguousarray(y), NO_CHROMA, NO_CHROMA, start + number / rate)
        for number, y in enumerate(frames)
    ]


def read(frames: list[Luma], search: Search, keys: MarkKeys | None = None, rate: float = RATE) -> MarkReading:
    detector = SpreadSpectrumMarker(keys or KEYS).detector()
    for frame in timed(frames, rate=rate):
        detector.add(frame)
    return detector.read(search)


def read_file(path: Path, search: Search) -> MarkReading:
    detector = SpreadSpectrumMarker(KEYS).detector()
    with av.open(str(path)) as file:
        for frame in file.decode(video=0):
            luma = np.asarray(frame.to_ndarray(format="gray"), np.uint8)
            detector.add(YuvFrame(luma, NO_CHROMA, NO_CHROMA, float(frame.time or 0)))
    return detector.read(search)


@pytest.fixture(scope="module")
def plain() -> list[Luma]:
    return luma_frames(width=WIDTH, height=HEIGHT, count=COUNT, seed=2)


@pytest.fixture(scope="module")
def marked(plain: list[Luma]) -> list[Luma]:
    return mark(plain)


def test_the_mark_costs_what_it_may(plain: list[Luma], marked: list[Luma]) -> None:
    errors = [np.mean((one.astype(np.float64) - other) ** 2) for one, other in zip(plain, marked, strict=True)]
    assert 10 * np.log10(255**2 / np.mean(errors)) == pytest.approx(44.0, abs=0.2)


def test_an_untouched_copy_is_read_where_it_was_marked(marked: list[Luma]) -> None:
    reading = read(marked, Search.ALIGNED)
    assert reading.payload == PAYLOAD
    assert reading.confidence > 2 * chance.MATCHED


def test_one_frame_is_enough(marked: list[Luma]) -> None:
    assert read(marked[10:11], Search.ALIGNED).payload == PAYLOAD


@pytest.mark.parametrize("crf", [23, 30, 33])
def test_encoding_again_keeps_the_mark(marked: list[Luma], tmp_path: Path, crf: int) -> None:
    write_frames(tmp_path / "copy.mp4", marked, crf=crf)
    assert read_file(tmp_path / "copy.mp4", Search.ALIGNED).payload == PAYLOAD


def test_a_crop_at_480p_encoded_at_crf_30_keeps_the_mark(marked: list[Luma], tmp_path: Path) -> None:
    cropped = [_resized(y[30:342, 20:574], (852, 480)) for y in marked]
    write_frames(tmp_path / "copy.mp4", cropped, crf=30)
    reading = read_file(tmp_path / "copy.mp4", Search.FULL)
    assert reading.payload == PAYLOAD
    assert reading.geometry is not None
    assert reading.geometry.scale_x == pytest.approx(360 / 312, rel=0.01)


ATTACKS: dict[str, Callable[[Luma], Luma]] = {
    "crop a quarter": lambda y: y[30:342, 20:574],
    "crop half": lambda y: y[60:315, 100:552],
    "mirror": lambda y: y[:, ::-1],
    "mirror and crop": lambda y: y[20:340, 40:608][:, ::-1],
    "half size": lambda y: _resized(y, (320, 180)),
    "twice the size": lambda y: _resized(y, (1280, 720)),
    "squeeze to 4:3": lambda y: _resized(y, (480, 360)),
    "upright cut-out": lambda y: y[:, 200:402],
    "turn by five degrees": lambda y: _turned(y, 5.0),
    "brighter": lambda y: np.clip(y * 1.2 + 10, 0, 255).astype(np.uint8),
    "blur": lambda y: np.asarray(cv2.GaussianBlur(y, (0, 0), 1.0), np.uint8),
}


def _resized(y: Luma, size: tuple[int, int]) -> Luma:
    way = cv2.INTER_AREA if size[0] < y.shape[1] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(y, size, interpolation=way), np.uint8)


def _turned(y: Luma, degrees: float) -> Luma:
    turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), -degrees, 1.0)
    return np.asarray(cv2.warpAffine(y, turn, (WIDTH, HEIGHT)), np.uint8)


@pytest.mark.parametrize("name", ATTACKS)
def test_the_mark_survives(marked: list[Luma], name: str) -> None:
    reading = read([ATTACKS[name](y) for y in marked], Search.FULL)
    assert reading.payload == PAYLOAD


def test_the_geometry_says_what_was_done(marked: list[Luma]) -> None:
    turned = read([_turned(y, 5.0) for y in marked], Search.FULL).geometry
    assert turned is not None
    assert turned.rotation == pytest.approx(5.0, abs=0.3)
    assert not turned.mirrored
    swapped = read([y[:, ::-1] for y in marked], Search.FULL).geometry
    assert swapped is not None
    assert swapped.mirrored
    assert swapped.scale_x == pytest.approx(1.0, abs=0.01)


def test_an_aligned_search_does_not_find_a_mirrored_mark(marked: list[Luma]) -> None:
    assert not read([y[:, ::-1] for y in marked], Search.ALIGNED).found


@pytest.mark.parametrize("secret", [b"wrong", b"the key of these tests ", b""])
def test_another_key_finds_nothing_however_hard_it_looks(marked: list[Luma], secret: bytes) -> None:
    reading = read(marked, Search.FULL, MarkKeys(MarkKey("1", secret)))
    assert not reading.found
    assert reading.confidence < chance.MATCHED


def test_an_unmarked_video_holds_nothing(plain: list[Luma]) -> None:
    reading = read(plain, Search.FULL)
    assert not reading.found
    assert reading.confidence < chance.MATCHED


def test_a_flat_picture_is_marked_faintly_and_read(tmp_path: Path) -> None:
    flat = [np.full((HEIGHT, WIDTH), 200, np.uint8)] * 8
    marked = mark(flat)
    assert np.abs(marked[0].astype(int) - 200).max() <= 6
    write_frames(tmp_path / "flat.mp4", marked, crf=20)
    assert read_file(tmp_path / "flat.mp4", Search.ALIGNED).payload == PAYLOAD


@pytest.mark.parametrize("size", [(360, 640), (1280, 720), (256, 256), (1024, 432)])
def test_any_shape_can_be_marked(size: tuple[int, int]) -> None:
    frames = luma_frames(width=size[0], height=size[1], count=4, seed=3)
    assert read(mark(frames, 1), Search.ALIGNED).payload == 1


def test_the_strength_settles_on_the_target_and_stays_within_bounds() -> None:
    control = StrengthControl(44.0)
    control.begin(4.0)
    for _ in range(20):
        control.learn(4.0 * control.strength**2)
    assert 10 * np.log10(255**2 / (4.0 * control.strength**2)) == pytest.approx(44.0, abs=0.01)
    faint = StrengthControl(44.0)
    faint.begin(0.0)
    faint.learn(0.0)
    assert faint.strength <= STRONGEST


def test_what_was_spent_too_much_is_made_good() -> None:
    control = StrengthControl(44.0)
    control.begin(1.0)
    spent = [8.0]
    control.learn(spent[0])
    for _ in range(60):
        spent.append(2.0 * control.strength**2)
        control.learn(spent[-1])
    assert 10 * np.log10(255**2 / np.mean(spent)) == pytest.approx(44.0, abs=0.1)


def test_the_seconds_that_carry_a_mark_are_named(plain: list[Luma]) -> None:
    video = [*plain[:12], *mark(plain, start=0.0)[:24], *plain[:12]]
    reading = read(video, Search.ALIGNED)
    assert reading.payload == PAYLOAD
    assert reading.stretches[0].start == pytest.approx(1.0, abs=0.26)
    assert reading.stretches[-1].end == pytest.approx(3.0, abs=0.51)


def test_two_marks_in_a_spliced_video_are_both_found(plain: list[Luma]) -> None:
    reading = read([*mark(plain, 1), *mark(plain, 2)], Search.ALIGNED)
    assert [stretch.payload for stretch in reading.stretches] == [1, 2]
    assert set(reading.payloads) == {1, 2}
    assert reading.stretches[0].end == pytest.approx(len(plain) / RATE, abs=0.51)


@pytest.mark.parametrize("way", ["crop half", "mirror"])
def test_a_former_key_is_found_among_four_in_a_full_search(marked: list[Luma], way: str) -> None:
    strangers = tuple(MarkKey(str(number), b"%d" % number) for number in range(2, 5))
    keys = MarkKeys(strangers[0], (*strangers[1:], KEYS.current))
    reading = read([ATTACKS[way](y) for y in marked], Search.FULL, keys)
    assert (reading.payload, reading.key_id) == (PAYLOAD, "1")


def test_a_former_key_is_found_among_eight_where_the_frame_is_kept(marked: list[Luma]) -> None:
    strangers = tuple(MarkKey(str(number), b"%d" % number) for number in range(2, 9))
    reading = read(marked, Search.ALIGNED, MarkKeys(strangers[0], (*strangers[1:], KEYS.current)))
    assert (reading.payload, reading.key_id) == (PAYLOAD, "1")


@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_another_speed_does_not_matter(marked: list[Luma], factor: float) -> None:
    assert read(marked, Search.ALIGNED, rate=RATE * factor).payload == PAYLOAD


def test_a_filmed_screen_is_found(marked: list[Luma]) -> None:
    corners = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float32)
    seen = np.array([[30, 25], [600, 8], [585, 350], [18, 330]], np.float32)
    askew = cv2.getPerspectiveTransform(corners, seen)
    filmed = [np.asarray(cv2.warpPerspective(y, askew, (WIDTH, HEIGHT), borderValue=(20,)), np.uint8) for y in marked]
    assert read(filmed, Search.FULL).payload == PAYLOAD


@pytest.mark.parametrize("size", [(1, 1), (2, 500), (64, 48), (33, 77)])
def test_tiny_pictures_are_marked_and_read_without_harm(size: tuple[int, int]) -> None:
    frames = [np.full(size[::-1], 90, np.uint8)] * 3
    assert mark(frames)[0].shape == frames[0].shape
    assert not read(frames, Search.FULL).found


def test_frames_of_changing_size_are_looked_at_as_the_first(marked: list[Luma]) -> None:
    mixed = [y if number % 2 else _resized(y, (320, 180)) for number, y in enumerate(marked)]
    assert read(mixed, Search.ALIGNED).payload == PAYLOAD


def test_a_long_video_is_looked_at_in_places_spread_over_it() -> None:
    windows = Windows()
    for number in range(3000):
        windows.add(np.zeros((36, 64), np.uint8), number / 4)
    assert len(windows.kept) <= MOST_WINDOWS
    assert windows.kept[0].start == 0.0
    assert windows.kept[-1].end > 700
    assert windows.frames == 3000
