"""A marked still is the picture with marks, and nothing else of the file it came in."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.factories.media import huge_png, png, png_header
from tests.factories.videos import textured
from tests.fakes.marking import IdleMarker, fake_marks
from trust_kernel.errors import InvalidInput
from watermark.adapters.marking.reading import read_marks
from watermark.adapters.marking.stills import mark_picture
from watermark.domain.marks import Search, Visibility, WatermarkReason
from watermark.domain.visible_look import VisibleLook

PAYLOAD = 0x0123_4567_89AB_CDEF
LOOK = VisibleLook("AI")


def picture(width: int = 320, height: int = 200) -> Image.Image:
    gray = textured(np.random.default_rng(1), height, width).astype(np.uint8)
    return Image.fromarray(np.dstack([gray, gray // 2, gray // 3]))


def mark(source: Path, target: Path, *, idle: bool = False, visibility: Visibility = Visibility.OFF) -> tuple[int, int]:
    marks = fake_marks(IdleMarker() if idle else None)
    written = mark_picture(str(source), str(target), marks, PAYLOAD, LOOK, visibility)
    return written.width, written.height


def test_a_marked_still_reads_back(tmp_path: Path) -> None:
    for name in ("a.png", "a.jpg", "a.webp", "a.bmp"):
        picture().save(tmp_path / name)
        assert mark(tmp_path / name, tmp_path / "marked.jpg") == (320, 200)
        found = read_marks(str(tmp_path / "marked.jpg"), fake_marks(), Search.ALIGNED)
        assert found.picture is not None
        assert found.picture.payload == PAYLOAD
        assert found.sound is None


def test_colours_stay_and_the_visible_mark_shows(tmp_path: Path) -> None:
    picture().save(tmp_path / "a.png")
    before = np.asarray(picture()).astype(int)
    mark(tmp_path / "a.png", tmp_path / "plain.jpg", idle=True)
    mark(tmp_path / "a.png", tmp_path / "seen.jpg", idle=True, visibility=Visibility.STRONG)
    plain, seen = (np.asarray(Image.open(tmp_path / name)).astype(int) for name in ("plain.jpg", "seen.jpg"))
    assert np.abs(plain - before).mean() < 4
    assert np.abs(seen - plain).max() > 80


def test_a_still_is_upright_and_says_nothing_about_where_it_was_taken(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "my camera"
    exif.get_ifd(0x8825)[1] = "N"
    picture().save(tmp_path / "a.jpg", exif=exif, comment=b"my name")
    assert mark(tmp_path / "a.jpg", tmp_path / "marked.jpg") == (200, 320)
    data = (tmp_path / "marked.jpg").read_bytes()
    assert not Image.open(tmp_path / "marked.jpg").getexif()
    for secret in (b"my camera", b"my name", b"Exif"):
        assert secret not in data


def test_what_is_transparent_shows_white(tmp_path: Path) -> None:
    layered = picture().convert("RGBA")
    layered.putalpha(0)
    layered.save(tmp_path / "a.png")
    mark(tmp_path / "a.png", tmp_path / "marked.jpg", idle=True)
    assert np.asarray(Image.open(tmp_path / "marked.jpg")).min() > 245


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1", "LA", "I;16"])
def test_a_picture_of_any_kind_is_marked(tmp_path: Path, mode: str) -> None:
    name = tmp_path / ("a.jpg" if mode == "CMYK" else "a.png")
    made = Image.fromarray(np.full((200, 320), 30_000, np.uint16)) if mode == "I;16" else picture().convert(mode)
    made.save(name)
    assert mark(name, tmp_path / "marked.jpg") == (320, 200)


def test_odd_sides_stay_odd(tmp_path: Path) -> None:
    picture(321, 201).save(tmp_path / "a.png")
    assert mark(tmp_path / "a.png", tmp_path / "marked.jpg", visibility=Visibility.STANDARD) == (321, 201)


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    bad = {"text": b"not a picture", "nothing": b"", "huge": png(png_header(20_000, 20_000)), "dot": huge_png(1, 1)}
    picture().save(tmp_path / "whole.png")
    bad["cut"] = (tmp_path / "whole.png").read_bytes()[:-4000]
    for name, data in bad.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InvalidInput) as refused:
            mark(tmp_path / name, tmp_path / "marked.jpg")
        assert refused.value.code == WatermarkReason.UNUSABLE
