"""What everything that reads text in pictures promises."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from generator_gateway.adapters.reading_packs import READING_CONVERTERS, READING_PACKS, paddle_reader
from generator_gateway.ports.reading import ReadLine, TextReader
from tests.fakes.likeness import shared_cache
from tests.fakes.reading import PaintedReader
from trust_kernel.errors import Unavailable
from trust_kernel.inference.models import ModelStore
from trust_kernel.inference.sessions import SessionFactory

NAME, OTHER = "Captain Fennimore", "Platform nine"


def sheet(*texts: str, angle: int = 0, size: int = 40, wide: int = 640, high: int = 360) -> NDArray[np.uint8]:
    """A white sheet with a line of text under another."""
    page = Image.new("RGB", (wide, high), "white")
    pen = ImageDraw.Draw(page)
    for row, text in enumerate(texts):
        pen.text((60, 60 + row * 120), text, fill="black", font=ImageFont.load_default(size))
    return np.asarray(page.rotate(angle, expand=True, fillcolor="white"), np.uint8)


class TextReaderContract:
    def make(self) -> TextReader:
        raise NotImplementedError

    def page(self, *texts: str) -> NDArray[np.uint8]:
        """A picture on which it will read these lines."""
        raise NotImplementedError

    def test_lines_are_read_from_the_top_with_their_places(self) -> None:
        lines = self.make().read(self.page(NAME, OTHER))
        assert [line.text for line in lines] == [NAME, OTHER]
        for line in lines:
            left, top, wide, high = line.box
            assert 0 <= left < left + wide <= 1
            assert 0 <= top < top + high <= 1
            assert 0.5 <= line.confidence <= 1
        assert lines[0].box[1] < lines[1].box[1]

    def test_an_empty_picture_holds_no_line(self) -> None:
        assert self.make().read(np.full((90, 160, 3), 255, np.uint8)) == ()

    @pytest.mark.parametrize("shape", [(1, 1), (2, 400), (400, 2), (33, 31)])
    def test_a_picture_of_any_shape_is_read(self, shape: tuple[int, int]) -> None:
        assert self.make().read(np.zeros((*shape, 3), np.uint8)) == ()

    def test_it_says_what_it_is(self) -> None:
        assert self.make().version


class TestPaintedReader(TextReaderContract):
    def make(self) -> TextReader:
        texts = (NAME, OTHER)
        lines = tuple(ReadLine(text, 0.9, (0.1, 0.1 + row / 3, 0.5, 0.1)) for row, text in enumerate(texts))
        return PaintedReader({7: lines})

    def page(self, *texts: str) -> NDArray[np.uint8]:  # noqa: ARG002 - it reads colours
        return np.full((9, 16, 3), 7, np.uint8)


class TestPaddleReader(TextReaderContract):
    @pytest.fixture(scope="class")
    def reader(self) -> TextReader:
        store = ModelStore(shared_cache(), READING_PACKS, READING_CONVERTERS)
        for name in store.names():
            store.pull(name)
        return paddle_reader(store, SessionFactory())

    @pytest.fixture(autouse=True)
    def _kept(self, reader: TextReader) -> None:
        self._reader = reader  # its networks take a moment to load

    def make(self) -> TextReader:
        return self._reader

    def page(self, *texts: str) -> NDArray[np.uint8]:
        return sheet(*texts)

    @pytest.mark.parametrize("angle", [20, 90, 180, 270])
    def test_a_line_is_read_however_it_is_turned(self, angle: int) -> None:
        assert [line.text for line in self._reader.read(sheet(NAME, angle=angle))] == [NAME]

    def test_small_letters_in_a_large_picture_and_a_thumbnail_are_read(self) -> None:
        large = self._reader.read(sheet(NAME, size=34, wide=1280, high=720))
        small = self._reader.read(sheet(NAME, size=14, wide=240, high=100))
        assert [line.text for line in (*large, *small)] == [NAME, NAME]


def test_a_model_that_is_not_installed_is_an_outage_and_not_an_answer(tmp_path_factory: pytest.TempPathFactory) -> None:
    store = ModelStore(tmp_path_factory.mktemp("empty"), READING_PACKS, READING_CONVERTERS)
    with pytest.raises(Unavailable) as refused:
        paddle_reader(store, SessionFactory()).read(sheet(NAME))
    assert refused.value.code == "model:pack:not_installed"
