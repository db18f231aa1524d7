"""What is done around the voice networks, with networks of our own."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from likeness_guard.adapters.nsnet2 import Nsnet2
from likeness_guard.adapters.onnx_voice import OnnxGe2eVoice
from likeness_guard.adapters.silero import SileroVoiceActivity
from likeness_guard.adapters.voice_channels import (
    VoiceChannels,
    as_document,
    channels_of,
    learnt,
    shipped_channels,
)
from likeness_guard.ports import Sound
from trust_kernel.errors import Broken
from trust_kernel.media.refs import SAMPLE_RATE

Feeds = Mapping[str, NDArray[Any]]


class Network:
    """A network that is a function, and the shapes that it was fed."""

    inputs: tuple[str, ...] = ("input",)

    def __init__(self, answer: Callable[[Feeds], list[NDArray[np.float32]]]) -> None:
        self._answer = answer
        self.fed: list[dict[str, tuple[int, ...]]] = []

    def run(self, feeds: Feeds) -> list[NDArray[np.float32]]:
        self.fed.append({name: value.shape for name, value in feeds.items()})
        return self._answer(feeds)


def sound_of(seconds: float, seed: int = 1) -> Sound:
    return np.asarray(0.1 * np.random.default_rng(seed).standard_normal(int(seconds * SAMPLE_RATE)), np.float32)


def encoder() -> Network:
    """An encoder that tells windows apart by their mean spectra."""
    mixing = np.random.default_rng(5).normal(size=(40, 256))

    def answer(feeds: Feeds) -> list[NDArray[np.float32]]:
        rows = np.log(feeds["mels"].mean(axis=1) + 1e-6) @ mixing
        return [np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)]

    return Network(answer)


class Halved:
    """An enhancer that makes everything half as loud."""

    def enhanced(self, sound: Sound) -> Sound:
        return sound * np.float32(0.5)


class TestEncoder:
    def test_an_enhancer_is_heard_beside_the_sound_as_it_is(self) -> None:
        plain = OnnxGe2eVoice("a", encoder)
        both = OnnxGe2eVoice("b", encoder, enhancer=Halved())
        assert (plain.dimensions, both.dimensions) == (256, 512)
        vectors, windows = both.partials(sound_of(5))
        assert vectors[:, :256] / np.sqrt(0.7) == pytest.approx(plain.partials(sound_of(5))[0], abs=1e-5)
        assert vectors[:, 256:] != pytest.approx(vectors[:, :256], abs=1e-4)
        assert len(windows) == len(vectors)

    def test_a_long_sound_is_worked_on_in_blocks_and_gives_the_same_vectors(self) -> None:
        network = encoder()
        sound = sound_of(120)
        vectors, windows = OnnxGe2eVoice("a", lambda: network).partials(sound)
        assert max(feed["mels"][0] for feed in network.fed) <= 64
        assert len(network.fed) > 1
        for number in (0, 63, 64, 65, len(windows) - 1):
            first, last = (round(float(edge) * SAMPLE_RATE) for edge in windows[number])
            alone, _ = OnnxGe2eVoice("a", encoder).partials(sound[first:last])
            assert alone[0] @ vectors[number] > 0.999

    @settings(max_examples=40, deadline=None)
    @given(st.integers(1, 40 * SAMPLE_RATE))
    def test_windows_are_full_where_there_is_sound_and_leave_little_out(self, samples: int) -> None:
        _, windows = OnnxGe2eVoice("a", encoder).partials(np.full(samples, 0.1, np.float32))
        total = samples / SAMPLE_RATE
        lengths = windows[:, 1] - windows[:, 0]
        assert lengths == pytest.approx(np.full(len(windows), min(1.6, total)), abs=0.011)
        assert windows[-1, 1] <= total + 1e-9
        assert windows[-1, 1] >= total - 0.32
        assert (np.diff(windows[:, 0]) > 0).all()

    @pytest.mark.parametrize(
        ("answer", "code"),
        [
            (lambda _: [np.zeros((1, 255), np.float32)], "model:output:shape"),
            (lambda _: [np.zeros((3, 256), np.float32)], "model:output:shape"),
            (lambda _: [np.full((1, 256), np.nan, np.float32)], "model:output:not_finite"),
        ],
    )
    def test_an_answer_of_another_shape_or_of_no_numbers_is_an_outage(self, answer: Any, code: str) -> None:
        with pytest.raises(Broken) as broken:
            OnnxGe2eVoice("a", lambda: Network(answer)).partials(sound_of(1.6))
        assert broken.value.code == code

    def test_channels_of_other_vectors_are_refused(self) -> None:
        with pytest.raises(Broken) as broken:
            OnnxGe2eVoice("a", encoder, channels=shipped_channels())
        assert broken.value.code == "likeness:channels:malformed"


class TestEnhancer:
    def passing(self, gain: float = 1.0) -> Nsnet2:
        return Nsnet2(lambda: Network(lambda feeds: [np.full(feeds["input"].shape, gain, np.float32)]))

    @pytest.mark.parametrize("samples", [1, 159, 160, 4_000, 80_001])
    def test_gains_of_one_give_the_sound_back(self, samples: int) -> None:
        sound = sound_of(6)[:samples]
        assert self.passing().enhanced(sound) == pytest.approx(sound, abs=1e-5)

    def test_no_gain_leaves_a_thirtieth(self) -> None:
        sound = sound_of(2)
        assert self.passing(0.0).enhanced(sound) == pytest.approx(sound * 0.03, abs=1e-5)

    def test_gains_above_one_do_not_amplify(self) -> None:
        sound = sound_of(2)
        assert self.passing(7.0).enhanced(sound) == pytest.approx(sound, abs=1e-5)

    def test_an_empty_sound_stays_empty(self) -> None:
        assert self.passing().enhanced(np.zeros(0, np.float32)).size == 0

    @pytest.mark.parametrize(
        "answer", [lambda _: [np.zeros((1, 5, 161), np.float32)], lambda f: [np.full(f["input"].shape, np.nan)]]
    )
    def test_an_answer_that_cannot_be_used_is_an_outage(self, answer: Any) -> None:
        with pytest.raises(Broken):
            Nsnet2(lambda: Network(answer)).enhanced(sound_of(1))


class TestActivity:
    def test_the_networks_memory_goes_on_from_chunk_to_chunk(self) -> None:
        """Each chance is a count of frames so far: it would start anew in a chunk that forgets."""

        def answer(feeds: Feeds) -> list[NDArray[np.float32]]:
            begun = float(feeds["h"].max())
            count = begun + 1 + np.arange(len(feeds["input"]), dtype=np.float32)
            memory = np.full((1, 1, 128), count[-1], np.float32)
            return [count, memory, memory]

        chances = SileroVoiceActivity(lambda: Network(answer)).probabilities(sound_of(150))
        assert chances == pytest.approx(np.arange(1, len(chances) + 1))
        assert len(chances) == -(-150 * SAMPLE_RATE // 512)

    def test_each_frame_is_preceded_by_the_end_of_the_one_before_across_chunks_too(self) -> None:
        sound = np.arange(2_049 * 512, dtype=np.float32)
        seen: list[NDArray[np.float32]] = []

        def answer(feeds: Feeds) -> list[NDArray[np.float32]]:
            seen.append(feeds["input"])
            return [np.zeros(len(feeds["input"]), np.float32), feeds["h"], feeds["c"]]

        SileroVoiceActivity(lambda: Network(answer)).probabilities(sound)
        frames = np.concatenate(seen)
        assert (frames[0, :64] == 0).all()
        assert (np.diff(frames[1:], axis=1) == 1).all()

    def test_an_answer_of_another_length_is_an_outage(self) -> None:
        network = Network(lambda feeds: [np.zeros(3, np.float32), feeds["h"], feeds["c"]])
        with pytest.raises(Broken) as broken:
            SileroVoiceActivity(lambda: network).speech(sound_of(1))
        assert broken.value.code == "model:output:shape"


class TestChannels:
    def moved(self) -> NDArray[np.float32]:
        """60 clips in three conditions, which move them along two fixed directions by differing amounts."""
        rng = np.random.default_rng(2)
        people = rng.normal(size=(1, 60, 64))
        along = np.linalg.qr(rng.normal(size=(64, 2)))[0].T
        moves = rng.normal(size=(3, 60, 2)) * 6
        rows = people + moves @ along
        return np.asarray(rows / np.linalg.norm(rows, axis=2, keepdims=True), np.float32)

    def test_what_degradation_moves_is_taken_out_and_who_it_is_stays(self) -> None:
        clips = self.moved()
        channels = learnt(clips, kept=2)
        before = np.einsum("nd,nd->n", clips[0], clips[1]).mean()
        clean, worse = channels.neutral(clips[0]), channels.neutral(clips[1])
        assert np.einsum("nd,nd->n", clean, worse).mean() > before + 0.2
        raw, neutral = (
            ((a @ b.T).argmax(axis=1) == np.arange(60)).mean() for a, b in ((clips[0], clips[1]), (clean, worse))
        )
        assert neutral > max(raw + 0.1, 0.9)

    def test_vectors_stay_unit_vectors(self) -> None:
        clips = self.moved()
        assert np.linalg.norm(learnt(clips).neutral(clips[0]), axis=1) == pytest.approx(np.ones(60), abs=1e-5)

    def test_what_is_written_is_what_is_read(self) -> None:
        channels = learnt(self.moved(), kept=5)
        text = as_document(channels, "a test", ["a", "b"])
        again = channels_of(text.encode())
        assert again.directions == pytest.approx(channels.directions, abs=1e-3)
        assert again.shares == pytest.approx(channels.shares, abs=1e-3)
        assert again.version == channels_of(text.encode()).version != channels_of(text.encode() + b" ").version

    @pytest.mark.parametrize(
        "data", [b"", b"[]", b"{}", b'{"kept": 1, "mean": "AAAA", "directions": "!", "shares": ""}']
    )
    def test_a_file_that_cannot_be_read_is_an_outage(self, data: bytes) -> None:
        with pytest.raises(Broken) as broken:
            channels_of(data)
        assert broken.value.code == "likeness:channels:malformed"

    def test_numbers_that_are_none_are_an_outage(self) -> None:
        bad = VoiceChannels("", *(np.full(shape, np.nan, np.float32) for shape in (4, (4, 1), 1)))
        with pytest.raises(Broken):
            channels_of(as_document(bad, "", []).encode())

    def test_the_shipped_channels_are_orthonormal_shares_of_less_than_all(self) -> None:
        channels = shipped_channels()
        assert channels.mean.shape == (512,)
        squares = channels.directions.T @ channels.directions
        assert squares == pytest.approx(np.eye(len(channels.shares)), abs=0.01)
        assert ((channels.shares > 0) & (channels.shares < 1)).all()
