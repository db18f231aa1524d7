"""The default mark is read after what happens to videos, and is not seen where it is not."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.factories.videos import luma_frames, write_frames
from watermark.adapters.spread_spectrum import SpreadSpectrumMarker
from watermark.adapters.spread_spectrum.detect import THRESHOLD
from watermark.adapters.spread_spectrum.embed import StrengthControl
from watermark.adapters.transcode import read_marks
from watermark.domain.marks import MarkReading, Search
from watermark.ports.marks import YuvFrame

Luma = NDArray[np.uint8]
WIDTH, HEIGHT, COUNT = 640, 360, 30
KEY = b"the key of these tests"
PAYLOAD = 0xC0FFEE_0DDBA11_5
NO_CHROMA = np.zeros((0, 0), np.uint8)


def mark(frames: list[Luma], payload: int = PAYLOAD) -> list[Luma]:
    height, width = frames[0].shape
    embedder = SpreadSpectrumMarker(KEY).embedder(payload, width, height)
    return [embedder.mark(YuvFrame(y, NO_CHROMA, NO_CHROMA)).y for y in frames]


def read(frames: list[Luma], search: Search, key: bytes = KEY) -> MarkReading:
    detector = SpreadSpectrumMarker(key).detector()
    for y in frames:
        detector.add(YuvFrame(np.ascontiguousarray(y), NO_CHROMA, NO_CHROMA))
    return detector.read(search)


@pytest.fixture(scope="module")
def plain() -> list[Luma]:
    return luma_frames(width=WIDTH, height=HEIGHT, count=COUNT, seed=2)


@pytest.fixture(scope="module")
def marked(plain: list[Luma]) -> list[Luma]:
    return mark(plain)


def test_the_mark_costs_what_it_may(plain: list[Luma], marked: list[Luma]) -> None:
    errors = [np.mean((one.astype(np.float64) - other) ** 2) for one, other in zip(plain, marked, strict=True)]
    assert 10 * np.log10(255**2 / np.mean(errors)) == pytest.approx(43.5, abs=0.5)


def test_an_untouched_copy_is_read_where_it_was_marked(marked: list[Luma]) -> None:
    reading = read(marked, Search.ALIGNED)
    assert reading.payload == PAYLOAD
    assert reading.confidence > 2 * THRESHOLD


def test_one_frame_is_enough(marked: list[Luma]) -> None:
    assert read(marked[10:11], Search.ALIGNED).payload == PAYLOAD


@pytest.mark.parametrize("crf", [23, 30, 33])
def test_encoding_again_keeps_the_mark(marked: list[Luma], tmp_path: Path, crf: int) -> None:
    write_frames(tmp_path / "copy.mp4", marked, crf=crf)
    reply = read_marks(source=str(tmp_path / "copy.mp4"), key_hex=KEY.hex(), search="aligned")
    assert reply["payload"] == PAYLOAD


def test_a_crop_at_480p_encoded_at_crf_30_keeps_the_mark(marked: list[Luma], tmp_path: Path) -> None:
    cropped = [_resized(y[30:342, 20:574], (852, 480)) for y in marked]
    write_frames(tmp_path / "copy.mp4", cropped, crf=30)
    reply = read_marks(source=str(tmp_path / "copy.mp4"), key_hex=KEY.hex(), search="full")
    assert reply["payload"] == PAYLOAD
    assert reply["geometry"][0] == pytest.approx(360 / 312, rel=0.01)


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


@pytest.mark.parametrize("key", [b"wrong", b"the key of these tests ", b""])
def test_another_key_finds_nothing_however_hard_it_looks(marked: list[Luma], key: bytes) -> None:
    reading = read(marked, Search.FULL, key)
    assert not reading.found
    assert reading.confidence < THRESHOLD


def test_an_unmarked_video_holds_nothing(plain: list[Luma]) -> None:
    reading = read(plain, Search.FULL)
    assert not reading.found
    assert reading.confidence < THRESHOLD


def test_a_flat_picture_is_marked_faintly_and_read(tmp_path: Path) -> None:
    flat = [np.full((HEIGHT, WIDTH), 200, np.uint8)] * 8
    marked = mark(flat)
    assert np.abs(marked[0].astype(int) - 200).max() <= 6
    write_frames(tmp_path / "flat.mp4", marked, crf=20)
    assert read_marks(source=str(tmp_path / "flat.mp4"), key_hex=KEY.hex(), search="aligned")["payload"] == PAYLOAD


@pytest.mark.parametrize("size", [(360, 640), (1280, 720), (256, 256), (1024, 432)])
def test_any_shape_can_be_marked(size: tuple[int, int]) -> None:
    frames = luma_frames(width=size[0], height=size[1], count=4, seed=3)
    assert read(mark(frames, 1), Search.ALIGNED).payload == 1


def test_the_strength_settles_on_the_target_and_stays_within_bounds() -> None:
    control = StrengthControl(43.5)
    for _ in range(20):
        control.learn(4.0 * control.strength**2)
    assert 10 * np.log10(255**2 / (4.0 * control.strength**2)) == pytest.approx(43.5, abs=0.01)
    faint = StrengthControl(43.5)
    faint.learn(0.0)
    assert faint.strength <= 2.4
