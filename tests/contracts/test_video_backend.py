"""What every video backend promises, whatever it renders with."""

import importlib
import importlib.util
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from generator_gateway.backends.animatic import AnimaticBackend
from generator_gateway.backends.diffusers import DiffusersBackend
from generator_gateway.ports import RenderOrder, VideoBackend
from tests.fakes.backends import FakeBackend
from trust_kernel.errors import InvalidInput
from trust_kernel.media.refs import Look, MediaLimits

WIDTH, HEIGHT = 128, 96


class NoInputs:
    """A decoder that nobody should ask."""

    def look(self, path: Path, limits: MediaLimits, *, fps: float = 2.0, longest: int = 1280) -> Look:
        raise AssertionError((path, limits, fps, longest))


class Abandoned(Exception):  # noqa: N818 - what a caller raises is its own affair
    """Raised by a progress callback that wants no more."""


def order(**changes: int) -> RenderOrder:
    return RenderOrder(
        prompt="hills at dawn",
        width=changes.get("width", WIDTH),
        height=changes.get("height", HEIGHT),
        seconds=changes.get("seconds", 1),
        seed=changes.get("seed", 3),
    )


def frames_of(path: Path) -> NDArray[np.uint8]:
    with av.open(str(path)) as file:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)])


class VideoBackendContract:
    """Subclasses give the fixture `backend`."""

    def test_the_file_is_h264_and_aac_of_the_asked_size_and_length(self, backend: VideoBackend, tmp_path: Path) -> None:
        backend.render(order(), tmp_path / "out.mp4", lambda _share: None)
        with av.open(str(tmp_path / "out.mp4")) as file:
            video, audio = file.streams.video[0], file.streams.audio[0]
            assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
            assert (video.width, video.height, video.pix_fmt) == (WIDTH, HEIGHT, "yuv420p")
            assert video.duration is not None
            assert float(video.duration * (video.time_base or 0)) == pytest.approx(1.0, abs=0.05)
        assert len(frames_of(tmp_path / "out.mp4"))

    def test_progress_only_rises_and_ends_at_one(self, backend: VideoBackend, tmp_path: Path) -> None:
        told: list[float] = []
        backend.render(order(), tmp_path / "out.mp4", told.append)
        assert told == sorted(told)
        assert told[-1] == 1.0
        assert all(0 <= share <= 1 for share in told)

    def test_an_abort_goes_through_and_leaves_nothing(self, backend: VideoBackend, tmp_path: Path) -> None:
        def abort(share: float) -> None:
            if share > 0.3:
                raise Abandoned

        with pytest.raises(Abandoned):
            backend.render(order(), tmp_path / "out.mp4", abort)
        assert list(tmp_path.iterdir()) == []

    def test_an_odd_size_is_refused_before_any_work(self, backend: VideoBackend, tmp_path: Path) -> None:
        with pytest.raises(InvalidInput) as refusal:
            backend.render(order(width=127), tmp_path / "out.mp4", lambda _share: None)
        assert refusal.value.code == "backend:order:size"
        assert list(tmp_path.iterdir()) == []

    def test_it_can_render_again_after_an_abort(self, backend: VideoBackend, tmp_path: Path) -> None:
        def abort(_share: float) -> None:
            raise Abandoned

        with pytest.raises(Abandoned):
            backend.render(order(), tmp_path / "first.mp4", abort)
        backend.render(order(), tmp_path / "second.mp4", lambda _share: None)
        assert [path.name for path in tmp_path.iterdir()] == ["second.mp4"]


class TestAnimatic(VideoBackendContract):
    @pytest.fixture
    def backend(self) -> VideoBackend:
        return AnimaticBackend(NoInputs())


class TestFake(VideoBackendContract):
    @pytest.fixture
    def backend(self) -> VideoBackend:
        return FakeBackend()


def tiny_pipeline(folder: Path) -> None:
    """Save a Wan text-to-video pipeline with random weights of a few thousand parameters."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers

    diffusers: Any = importlib.import_module("diffusers")  # untyped
    transformers: Any = importlib.import_module("transformers")
    torch.manual_seed(0)
    words = {word: number for number, word in enumerate(("<pad>", "</s>", "<unk>", "hills", "at", "dawn"))}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    pipeline = diffusers.WanPipeline(
        tokenizer=transformers.PreTrainedTokenizerFast(
            tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
        ),
        text_encoder=transformers.UMT5EncoderModel(
            transformers.UMT5Config(vocab_size=8, d_model=32, d_kv=8, d_ff=32, num_layers=1, num_heads=4)
        ),
        vae=diffusers.AutoencoderKLWan(
            base_dim=3, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True]
        ),
        transformer=diffusers.WanTransformer3DModel(
            patch_size=(1, 2, 2),
            num_attention_heads=2,
            attention_head_dim=12,
            in_channels=16,
            out_channels=16,
            text_dim=32,
            freq_dim=256,
            ffn_dim=32,
            num_layers=1,
            cross_attn_norm=True,
            qk_norm="rms_norm_across_heads",
            rope_max_seq_len=32,
        ),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=7.0),
    )
    pipeline.save_pretrained(folder)


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("diffusers") is None, reason="the diffusers extra is not installed")
class TestDiffusers(VideoBackendContract):
    @pytest.fixture(scope="class")
    def backend(self, tmp_path_factory: pytest.TempPathFactory) -> VideoBackend:
        folder = tmp_path_factory.mktemp("wan")
        tiny_pipeline(folder)
        return DiffusersBackend(folder, NoInputs(), steps=2, fps=4)

    def test_equal_seeds_give_equal_bytes_and_other_seeds_other_ones(
        self, backend: VideoBackend, tmp_path: Path
    ) -> None:
        for name, seed in (("first", 3), ("again", 3), ("other", 4)):
            backend.render(order(seed=seed), tmp_path / name, lambda _share: None)
        first, again, other = ((tmp_path / name).read_bytes() for name in ("first", "again", "other"))
        assert first == again
        assert first != other
