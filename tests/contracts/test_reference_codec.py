"""What every `likeness_guard.ports.ReferenceCodec` promises: what comes back is as good for a model as what went in."""

import numpy as np
import pytest

from likeness_guard.adapters.reference_media import JpegAndPcm
from likeness_guard.ports import ReferenceCodec
from tests.fakes.likeness import RawMedia


class ReferenceCodecContract:
    """Subclasses give the codec."""

    @pytest.fixture
    def codec(self) -> ReferenceCodec:
        raise NotImplementedError

    def test_a_picture_comes_back_nearly_as_it_was(self, codec: ReferenceCodec) -> None:
        rows, columns = np.mgrid[0:120, 0:90]
        picture = np.stack([rows * 2, columns * 2, 255 - rows], axis=2).astype(np.uint8)
        back = codec.unpack_face(codec.pack_face(picture))
        assert back.shape == picture.shape
        assert back.dtype == np.uint8
        assert np.abs(back.astype(int) - picture).mean() < 2

    def test_a_sound_comes_back_nearly_as_it_was(self, codec: ReferenceCodec) -> None:
        sound = (0.7 * np.sin(np.arange(16_000) * 0.05)).astype(np.float32)
        back = codec.unpack_voice(codec.pack_voice(sound))
        assert back.shape == sound.shape
        assert back.dtype == np.float32
        assert np.abs(back - sound).max() < 1e-4

    def test_an_empty_sound_stays_one(self, codec: ReferenceCodec) -> None:
        assert codec.unpack_voice(codec.pack_voice(np.zeros(0, np.float32))).size == 0


class TestJpegAndPcm(ReferenceCodecContract):
    @pytest.fixture
    def codec(self) -> ReferenceCodec:
        return JpegAndPcm()

    def test_what_is_too_loud_is_cut_and_does_not_wrap(self, codec: ReferenceCodec) -> None:
        back = codec.unpack_voice(codec.pack_voice(np.asarray([3.0, -3.0], np.float32)))
        assert back == pytest.approx([1.0, -1.0], abs=1e-3)


class TestRawMedia(ReferenceCodecContract):
    @pytest.fixture
    def codec(self) -> ReferenceCodec:
        return RawMedia()
