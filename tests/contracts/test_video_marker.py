"""What every `VideoMarker` promises."""

import importlib.util
from abc import ABC, abstractmethod

import numpy as np
import pytest

from tests.factories.videos import luma_frames
from tests.fakes.marks import PlainMarker
from trust_kernel.errors import InvalidInput
from watermark.adapters.imwatermark import RivaGanMarker
from watermark.adapters.spread_spectrum import SpreadSpectrumMarker
from watermark.domain.marks import MarkKey, MarkKeys, MarkReading, Search, WatermarkReason
from watermark.ports.marks import VideoMarker, YuvFrame

WIDTH, HEIGHT = 480, 270
KEY = MarkKey("2", b"a key for tests, of 32 bytes ...")
FORMER = MarkKey("1", b"the key before it")
STRANGER = MarkKey("9", b"another key")


def _video() -> list[YuvFrame]:
    """Three seconds, four frames each: enough for markers that spread a payload over time."""
    chroma = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
    luma = luma_frames(width=WIDTH, height=HEIGHT, count=12, seed=5)
    return [YuvFrame(y, chroma, chroma, number / 4) for number, y in enumerate(luma)]


def _read(marker: VideoMarker, video: list[YuvFrame]) -> MarkReading:
    detector = marker.detector()
    for frame in video:
        detector.add(frame)
    return detector.read(Search.ALIGNED)


class VideoMarkerContract(ABC):
    @abstractmethod
    def marker(self, keys: MarkKeys) -> VideoMarker: ...

    def test_a_payload_comes_back_and_only_under_its_key(self) -> None:
        marker = self.marker(MarkKeys(KEY))
        payload = (1 << marker.payload_bits) - 12345
        embedder = marker.embedder(payload, WIDTH, HEIGHT)
        marked = [embedder.mark(frame) for frame in _video()]

        reading = _read(marker, marked)
        assert reading.found
        assert reading.payload == payload
        assert reading.confidence >= reading.threshold
        assert reading.reason is WatermarkReason.FOUND
        assert reading.frames == 12
        assert reading.seconds == pytest.approx(11 / 4)
        assert reading.key_id == KEY.id
        assert reading.chance <= 1e-6
        assert {stretch.payload for stretch in reading.stretches} == {payload}
        assert sum(stretch.end - stretch.start for stretch in reading.stretches) >= 2.5

        stranger = _read(self.marker(MarkKeys(STRANGER)), marked)
        assert not stranger.found
        assert stranger.payload is None
        assert stranger.geometry is None
        assert stranger.key_id is None
        assert stranger.stretches == ()
        assert stranger.chance == 1.0

    def test_a_mark_made_under_a_former_key_is_read_and_says_so(self) -> None:
        embedder = self.marker(MarkKeys(FORMER)).embedder(77, WIDTH, HEIGHT)
        marked = [embedder.mark(frame) for frame in _video()]
        reading = _read(self.marker(MarkKeys(KEY, (STRANGER, FORMER))), marked)
        assert (reading.payload, reading.key_id) == (77, FORMER.id)

    def test_an_unmarked_video_holds_no_mark(self) -> None:
        reading = _read(self.marker(MarkKeys(KEY)), _video())
        assert not reading.found
        assert reading.reason is WatermarkReason.NOT_FOUND

    def test_nothing_seen_is_nothing_found(self) -> None:
        reading = self.marker(MarkKeys(KEY)).detector().read(Search.FULL)
        assert (reading.found, reading.frames, reading.seconds) == (False, 0, 0.0)

    def test_marking_keeps_size_and_time_and_leaves_its_input_alone(self) -> None:
        frame = _video()[0]
        before = frame.y.copy()
        frame.y.flags.writeable = False
        marked = self.marker(MarkKeys(KEY)).embedder(7, WIDTH, HEIGHT).mark(frame)
        assert np.array_equal(frame.y, before)
        assert not np.array_equal(marked.y, before)
        assert (marked.y.shape, marked.u.shape, marked.v.shape) == (frame.y.shape, frame.u.shape, frame.v.shape)
        assert marked.seconds == frame.seconds

    @pytest.mark.parametrize("past", [-1, 0])
    def test_a_payload_that_does_not_fit_is_refused(self, past: int) -> None:
        marker = self.marker(MarkKeys(KEY))
        with pytest.raises(InvalidInput) as refused:
            marker.embedder(past if past < 0 else 1 << marker.payload_bits, WIDTH, HEIGHT)
        assert refused.value.code == WatermarkReason.PAYLOAD


class TestSpreadSpectrum(VideoMarkerContract):
    def marker(self, keys: MarkKeys) -> VideoMarker:
        return SpreadSpectrumMarker(keys)


@pytest.mark.skipif(importlib.util.find_spec("imwatermark") is None, reason="extra invisible-watermark not installed")
class TestRivaGan(VideoMarkerContract):
    def marker(self, keys: MarkKeys) -> VideoMarker:
        return RivaGanMarker(keys)


class TestPlainFake(VideoMarkerContract):
    def marker(self, keys: MarkKeys) -> VideoMarker:
        return PlainMarker(keys)
