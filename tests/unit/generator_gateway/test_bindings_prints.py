"""Fingerprints of real files, made in the sandbox: they survive what happens to files, and tell them apart."""

import importlib.util
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from copyright_optout.api import OptOutIndex, alike
from generator_gateway.adapters import iscc
from generator_gateway.adapters.prints import LONGEST, MOST_FRAMES, SandboxedPrints
from generator_gateway.ports.bindings import SOUND_STEP, Prints
from generator_gateway.service.bindings_iscc import read_code
from generator_gateway.service.bindings_search import Kept, PrintIndex
from tests.factories.media import Picture, plain, scene, write_sound, write_video
from tests.fakes.optout import optout_parts
from trust_kernel.errors import InvalidInput
from trust_kernel.media.reasons import MediaReason
from trust_kernel.media.refs import SAMPLE_RATE, MediaLimits
from trust_kernel.media.sandbox import Sandbox
from trust_kernel.media.sound_prints import HOP, WINDOW, sound_prints

RATE = 48_000
LIMITS = MediaLimits(max_bytes=5_000_000, max_pixels=2_000_000, max_seconds=12.0)


@cache
def melody(seed: int, seconds: float = 8.0, rate: int = RATE) -> NDArray[np.float32]:
    """Notes over a little hiss, float32 (n,): as different for each seed as two tunes are."""
    dice = np.random.default_rng(seed)
    made = 0.01 * dice.standard_normal(round(seconds * rate))
    for _ in range(round(seconds * 6)):
        begin, hertz = round(dice.uniform(0, seconds) * rate), dice.uniform(200, 1200)
        since = np.arange(min(made.size - begin, rate)) / rate
        parts = (np.sin(2 * np.pi * hertz * part * since) / part for part in range(1, 5))
        made[begin : begin + since.size] += 0.1 * np.exp(-3 * since) * sum(parts)
    return np.asarray(made / max(1.0, float(np.abs(made).max())), np.float32)


def textured(seed: int) -> Picture:
    """A picture with something at every scale, as pictures of things have; a smooth one leaves PDQ little to hash."""
    dice = np.random.default_rng(seed)
    made = np.zeros((180, 320), np.float32)
    for cells in (4, 8, 16, 32):
        coarse = dice.standard_normal((cells, cells)).astype(np.float32)
        made += np.asarray(Image.fromarray(coarse).resize((320, 180), Image.Resampling.BICUBIC)) * 160 / cells
    grey = np.clip(128 + made, 0, 255).astype(np.uint8)
    return np.stack([grey, grey, grey], axis=-1)


def film(seed: int, count: int = 72) -> list[Picture]:
    """Three scenes, one after another."""
    scenes = [textured(seed * 10 + number) for number in range(3)]
    return [scenes[number * 3 // count] for number in range(count)]


@pytest.fixture(scope="module")
def maker() -> SandboxedPrints:
    optouts = OptOutIndex(optout_parts())
    return SandboxedPrints(Sandbox(), optouts, LIMITS)


def heard_as(index_sound: NDArray[np.float32], query: NDArray[np.float32]) -> bool:
    """Whether sound at SAMPLE_RATE is found again."""
    index = PrintIndex()
    index.add([Kept.of("video_0", Prints(sound=tuple(sound_prints(index_sound).tolist())))])
    return bool(index.search(Prints(sound=tuple(sound_prints(query).tolist()))))


@pytest.fixture(scope="module")
def tune() -> NDArray[np.float32]:
    return melody(1, rate=SAMPLE_RATE)


def test_the_step_between_sub_fingerprints_is_what_the_port_says() -> None:
    assert pytest.approx(SOUND_STEP) == HOP / SAMPLE_RATE


@pytest.mark.parametrize("seconds", [0.0, 0.3, 1.0, 8.0])
def test_there_is_one_sub_fingerprint_for_each_step_that_a_whole_window_begins(seconds: float) -> None:
    samples = np.full(round(seconds * SAMPLE_RATE), 0.5, np.float32)
    assert len(sound_prints(samples)) == max(0, (samples.size - WINDOW) // HOP + 1 - 4)


def test_loudness_does_not_matter_and_silence_says_nothing(tune: NDArray[np.float32]) -> None:
    loud, quiet = sound_prints(tune), sound_prints(tune * np.float32(0.25))
    assert float(np.bitwise_count(loud ^ quiet).mean()) < 1
    assert not sound_prints(np.zeros(SAMPLE_RATE * 3, np.float32)).any()
    assert not sound_prints(tune * np.float32(1e-5)).any()


@pytest.mark.parametrize("hertz", [500, 1000, 1500])
def test_a_test_tone_says_nothing_or_all_of_them_would_sound_alike(hertz: float) -> None:
    tone = np.sin(2 * np.pi * hertz * np.arange(10 * SAMPLE_RATE) / SAMPLE_RATE)
    stored = np.round(0.3 * tone * 32767).astype(np.int16)
    assert not sound_prints((stored / 32768).astype(np.float32)).any()


def test_sound_of_any_length_is_transformed_in_parts_alike() -> None:
    samples = np.tile(melody(3, 4.0, SAMPLE_RATE), 6)
    whole, end = sound_prints(samples), sound_prints(samples[700 * HOP :])
    assert np.array_equal(whole[700:], end)


def test_noise_at_20_db_and_an_echo_leave_sound_known(tune: NDArray[np.float32]) -> None:
    noise = np.random.default_rng(0).standard_normal(tune.size) * np.sqrt(np.square(tune).mean()) * 0.1
    assert heard_as(tune, (tune + noise).astype(np.float32))
    echo = tune.copy()
    echo[1600:] += 0.4 * tune[:-1600]
    assert heard_as(tune, echo)


@pytest.mark.parametrize("start", [0, 16_000, 20_123, 31_777])
def test_five_seconds_from_anywhere_leave_sound_known(tune: NDArray[np.float32], start: int) -> None:
    assert heard_as(tune, tune[start : start + 5 * SAMPLE_RATE])


@pytest.mark.parametrize("seed", range(2, 12))
def test_another_tune_is_not_taken_for_it(tune: NDArray[np.float32], seed: int) -> None:
    assert not heard_as(tune, melody(seed, rate=SAMPLE_RATE))


def test_a_video_has_prints_of_its_pictures_and_its_sound(maker: SandboxedPrints, tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", film(1), sound=melody(1, 3.0)[None])
    made = maker.prints(path)
    assert made.times == pytest.approx((0.0, 0.5, 1.0, 1.5, 2.0, 2.5, made.times[-1]), abs=0.1)
    assert len(made.pictures) == len(made.times)
    assert all(len(bits) == 64 for bits in made.pictures)
    assert len(made.details) == len(made.pictures)
    assert all(made.details)
    assert 75 <= len(made.sound) <= 90
    assert all(made.sound[3:-3])
    assert made.iscc == ""


def test_a_re_encoded_smaller_copy_is_like_the_original_and_another_is_not(
    maker: SandboxedPrints, tmp_path: Path
) -> None:
    first = maker.prints(write_video(tmp_path / "a.mp4", film(1), sound=melody(1)[None]))
    smaller = [np.ascontiguousarray(picture[::2, ::2]) for picture in film(1)]
    copied = write_video(tmp_path / "b.webm", smaller, sound=melody(1)[None], codec="libvpx-vp9", options={"crf": "45"})
    copy = maker.prints(copied)
    other = maker.prints(write_video(tmp_path / "c.mp4", film(2), sound=melody(2)[None]))
    index = PrintIndex()
    index.add([Kept.of("video_a", first), Kept.of("video_c", other)])
    assert {(one.case_id, one.by) for one in index.search(copy)} == {("video_a", "pictures"), ("video_a", "sound")}
    assert alike(copy.pictures, first.pictures)


@pytest.mark.parametrize(
    ("name", "codec", "rate"), [("a.mp3", "libmp3lame", RATE), ("a.m4a", "aac", RATE), ("a.ogg", "libopus", RATE)]
)
def test_sound_alone_is_known_after_encoding(
    maker: SandboxedPrints, tmp_path: Path, name: str, codec: str, rate: int
) -> None:
    tune = melody(1)
    kept = maker.prints(write_sound(tmp_path / "a.wav", tune[None], codec="pcm_s16le", rate=rate))
    made = maker.prints(write_sound(tmp_path / name, tune[None, 2 * RATE : 7 * RATE], codec=codec, rate=rate))
    assert made.pictures == ()
    index = PrintIndex()
    index.add([Kept.of("video_a", kept), Kept.of("video_b", Prints(sound=tuple(range(1, 300))))])
    assert [one.case_id for one in index.search(made)] == ["video_a"]


def test_a_still_of_a_video_is_like_it(maker: SandboxedPrints, tmp_path: Path) -> None:
    video = maker.prints(write_video(tmp_path / "a.mp4", film(1)))
    Image.fromarray(textured(11)).save(tmp_path / "still.jpg", quality=60)
    still = maker.prints(tmp_path / "still.jpg")
    assert len(still.pictures) == 1
    assert still.sound == ()
    assert alike(still.pictures, video.pictures)


def test_a_moving_and_a_still_gif_are_each_read_as_what_they_are(maker: SandboxedPrints, tmp_path: Path) -> None:
    first, *others = (Image.fromarray(scene(160, 90, seed)) for seed in range(4))
    first.save(tmp_path / "moving.gif", save_all=True, append_images=others, duration=700)
    first.save(tmp_path / "still.gif")
    assert len(maker.prints(tmp_path / "moving.gif").pictures) > 1
    assert len(maker.prints(tmp_path / "still.gif").pictures) == 1


def test_plain_frames_have_no_print_because_all_are_alike(maker: SandboxedPrints, tmp_path: Path) -> None:
    assert maker.prints(write_video(tmp_path / "a.mp4", [plain(320, 180, (9, 9, 9))] * 24)).pictures == ()


def test_of_a_long_video_so_much_is_looked_at_as_the_limits_say(tmp_path: Path, maker: SandboxedPrints) -> None:
    path = write_video(tmp_path / "a.mp4", film(1, 300), fps=10)
    assert 12.0 <= maker.prints(path).times[-1] <= 13.0


def test_a_large_frame_is_made_small_in_the_child(tmp_path: Path) -> None:
    class Sizes:
        def __init__(self) -> None:
            self.seen: list[tuple[int, ...]] = []

        def fingerprints(self, look: object) -> tuple[str, ...]:
            self.seen.append(look.frames.shape)  # type: ignore[attr-defined] # a Look
            return ()

    sizes = Sizes()
    SandboxedPrints(Sandbox(), sizes, LIMITS).prints(write_video(tmp_path / "a.mp4", [scene(1280, 720, 1)] * 12))
    assert set(sizes.seen) == {(1, LONGEST * 9 // 16, LONGEST, 3)}
    assert len(sizes.seen) <= MOST_FRAMES


@pytest.mark.parametrize(
    "data", [b"PK\x03\x04" + b"\0" * 200, b"\0\0\0\x18ftypisom" + b"\0" * 400, b"", b"<svg onload='x'/>"]
)
def test_what_is_no_medium_is_refused(maker: SandboxedPrints, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(data)
    with pytest.raises(InvalidInput):
        maker.prints(path)


def test_a_file_over_the_limit_is_refused_unread(maker: SandboxedPrints, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with path.open("wb") as file:
        file.truncate(LIMITS.max_bytes + 1)
    with pytest.raises(InvalidInput) as refused:
        maker.prints(path)
    assert refused.value.code == MediaReason.FILE_TOO_LARGE
    assert refused.value.limit == f"{LIMITS.max_bytes} bytes"


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"frames": np.zeros((2, 4, 4, 3), np.uint8), "times": np.zeros(1), "sound": np.zeros(0, np.uint32)},
        {"frames": np.zeros((1, 4, 4, 4), np.uint8), "times": np.zeros(1), "sound": np.zeros(0, np.uint32)},
        {"frames": np.zeros((1, 4, 4, 3), np.float32), "times": np.zeros(1), "sound": np.zeros(0, np.uint32)},
        {"frames": np.zeros((0, 4, 4, 3), np.uint8), "times": np.zeros(0), "sound": [1, 2]},
    ],
)
def test_a_child_that_was_taken_over_is_not_believed(tmp_path: Path, reply: dict[str, object]) -> None:
    class Taken(Sandbox):
        def call(self, *_: object, **__: object) -> dict[str, object]:
            return reply

    class Nothing:
        def fingerprints(self, look: object) -> tuple[str, ...]:
            del look
            return ()

    path = tmp_path / "a.mp4"
    path.write_bytes(b"x")
    with pytest.raises(InvalidInput):
        SandboxedPrints(Taken(), Nothing(), LIMITS).prints(path)


def test_the_code_of_a_file_is_kept_with_its_prints(tmp_path: Path) -> None:
    class Nothing:
        def fingerprints(self, look: object) -> tuple[str, ...]:
            del look
            return ()

    path = write_video(tmp_path / "a.mp4", film(1, 12))
    made = SandboxedPrints(Sandbox(), Nothing(), LIMITS, lambda source: f"ISCC:{source.name}").prints(path)
    assert made.iscc == "ISCC:a.mp4"


@pytest.mark.skipif(importlib.util.find_spec("iscc_lib") is None, reason="iscc-lib is not installed")
def test_the_code_is_that_of_the_standard_s_reference(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(range(256)) * 64)
    # The units as iscc-core 1.5.0, the reference implementation, makes them of these bytes.
    code = iscc.sum_code(path)
    assert code == "ISCC:K4AFBRXDXKLE4E6F6R7NWVEPVAAUJVE5GZ7EWAARUNCRBIUKD2YMV2Y"
    assert len(read_code(code).data) == len(read_code(code).instance) == 16


def test_without_the_library_there_is_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(iscc, "find_spec", lambda _: None)
    assert not iscc.is_installed()
    assert iscc.sum_code(tmp_path / "a.bin") == ""
