"""The attacks do what their names say, and the benchmark counts what came back."""

import json
import os
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks import false_marks, mark_pictures
from benchmarks import watermark as benchmark
from benchmarks.attacks import ATTACKS, BY_NAME, PROMISED
from benchmarks.extremes import Words, checked_fit, halves
from benchmarks.mark_pictures import CONTRAST, Pair, flattest, whole
from benchmarks.mark_rivals import PackagedTransform, packaged_transforms
from benchmarks.mark_runs import Cost, write_marked
from benchmarks.video_files import decoded, ssim, view
from benchmarks.watermark import OURS, Outcome
from tests.factories.videos import luma_frames, write_frames
from watermark.adapters.marking.encoding import X264
from watermark.adapters.marking.quality import psnr, squared_error
from watermark.adapters.spread_spectrum import chance

WIDTH, HEIGHT, FRAMES, FPS = 192, 108, 24, 12
ISSUE = {
    "H.264 CRF 23", "H.264 CRF 28", "H.264 CRF 33", "H.264 CRF 40", "HEVC CRF 30", "VP9 CRF 36", "AV1 CRF 48",
    "GIF 480p 12 fps", "resize 50 % and back", "crop 10 %", "crop 25 %", "crop 50 %", "crop 60 %", "rotate 5° right",
    "rotate 5° left", "rotate 10° right", "rotate 10° left", "mirror", "brightness and contrast", "noise", "blur",
    "text bar", "15 fps", "480p CRF 30", "480p CRF 30 + crop 25 %", "360p CRF 33", "9:16", "4:3", "letterbox",
    "picture in picture 50 %", "two generations", "phone filming a screen", "speed 0.9", "speed 1.1", "1 s excerpt",
    "dropped and doubled frames", "grading", "subtitles and stickers", "screenshot", "screenshot as JPEG",
}  # fmt: skip

Luma = NDArray[np.uint8]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("attacks") / "clip.mp4"
    write_frames(path, luma_frames(width=WIDTH, height=HEIGHT, count=FRAMES, seed=4), fps=FPS)
    return path


def lumas(path: Path) -> list[Luma]:
    return [view(frame).y.copy() for frame in decoded(path)]


def likeness(one: Luma, other: Luma) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def times(path: Path) -> list[float]:
    with av.open(str(path)) as reader:
        return [float(frame.time or 0) for frame in reader.decode(video=0)]


def test_an_attack_leaves_the_scheduling_of_this_process_as_it_was(clip: Path, tmp_path: Path) -> None:
    BY_NAME["AV1 CRF 48"](clip, tmp_path)
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_every_attack_leaves_something_that_can_be_looked_at(attack: Any, clip: Path, tmp_path: Path) -> None:
    frames = lumas(attack(clip, tmp_path))
    assert frames
    assert frames[len(frames) // 2].std() > 5


def test_all_that_the_mark_must_survive_is_on_the_list() -> None:
    assert {attack.name for attack in PROMISED} >= ISSUE


def test_no_attack_writes_over_another(clip: Path, tmp_path: Path) -> None:
    still = [attack for attack in ATTACKS if attack.group in {"still", "frame"}]
    assert len({attack(clip, tmp_path) for attack in still}) == len(still)


def test_no_attack_touches_its_source(clip: Path, tmp_path: Path) -> None:
    before = clip.read_bytes()
    BY_NAME["two generations"](clip, tmp_path)
    assert clip.read_bytes() == before


def test_a_mirror_swaps_left_and_right(clip: Path, tmp_path: Path) -> None:
    plain, mirrored = lumas(clip)[5], lumas(BY_NAME["mirror"](clip, tmp_path))[5]
    assert likeness(plain[:, ::-1], mirrored) > 0.98
    assert likeness(plain, mirrored) < 0.8


@pytest.mark.parametrize(("name", "degrees"), [("rotate 5° right", -5), ("rotate 10° left", 10)])
def test_a_rotation_turns_by_its_angle(name: str, degrees: int, clip: Path, tmp_path: Path) -> None:
    turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), degrees, 1)
    plain, turned = lumas(clip)[5], lumas(BY_NAME[name](clip, tmp_path))[5]
    middle = (slice(30, -30), slice(50, -50))
    expected = np.asarray(cv2.warpAffine(plain, turn, (WIDTH, HEIGHT)), np.uint8)
    assert likeness(expected[middle], turned[middle]) > 0.97


@pytest.mark.parametrize("removed", [25, 60])
def test_a_crop_removes_the_share_that_it_names(removed: int, clip: Path, tmp_path: Path) -> None:
    plain, cropped = lumas(clip)[5], lumas(BY_NAME[f"crop {removed} %"](clip, tmp_path))[5]
    assert cropped.shape == plain.shape
    rows, columns = (int(side * (1 - removed / 100) ** 0.5 / 2) * 2 for side in plain.shape)
    found = cv2.matchTemplate(plain, cv2.resize(cropped, (columns, rows)), cv2.TM_CCOEFF_NORMED)
    assert found.max() > 0.95


def test_speed_and_excerpts_change_how_long_it_lasts(clip: Path, tmp_path: Path) -> None:
    assert times(BY_NAME["speed 0.9"](clip, tmp_path))[-1] == pytest.approx(times(clip)[-1] / 0.9, abs=0.15)
    assert times(BY_NAME["speed 1.1"](clip, tmp_path))[-1] == pytest.approx(times(clip)[-1] / 1.1, abs=0.15)
    assert len(times(BY_NAME["1 s excerpt"](clip, tmp_path))) == FPS


def test_dropped_frames_are_gone_and_doubled_ones_come_twice(clip: Path, tmp_path: Path) -> None:
    plain, attacked = lumas(clip), lumas(BY_NAME["dropped and doubled frames"](clip, tmp_path))
    shown = [int(np.argmin([squared_error(frame, each) for each in plain[:8]])) for frame in attacked[:8]]
    assert shown == [0, 1, 1, 3, 4, 5, 7, 7]


def test_a_screenshot_is_one_picture(clip: Path, tmp_path: Path) -> None:
    assert len(times(BY_NAME["screenshot"](clip, tmp_path))) == 1
    assert BY_NAME["screenshot as JPEG"](clip, tmp_path).read_bytes()[:2] == b"\xff\xd8"


def test_stronger_compression_leaves_less(clip: Path, tmp_path: Path) -> None:
    sizes = [BY_NAME[f"H.264 CRF {crf}"](clip, tmp_path).stat().st_size for crf in (23, 28, 33, 40)]
    assert sizes == sorted(sizes, reverse=True)


def test_equal_pictures_are_equally_good() -> None:
    one = luma_frames(width=64, height=64, count=1)[0]
    other = np.clip(one.astype(int) + 10, 0, 255).astype(np.uint8)
    assert ssim(one, one) == pytest.approx(1)
    assert psnr(squared_error(one, other)) == pytest.approx(28.13, abs=0.1)
    assert ssim(one, np.asarray(255 - one, np.uint8)) < 0.5


def test_a_short_clip_can_be_looped(clip: Path) -> None:
    frames = list(decoded(clip, 5.0, looped=True))
    assert len(frames) == 5 * FPS
    assert [frame.pts for frame in frames] == list(range(5 * FPS))


def test_what_is_beyond_the_promise_is_counted_apart() -> None:
    outcomes = [
        Outcome(OURS, "mirror", "a", True, False, 20.0, "", 0.5),
        Outcome(OURS, "blur", "a", False, False, 3.0, "", 2.0),
        Outcome(OURS, "crop 75 %", "a", False, False, 3.0, "", 2.5),
        Outcome("rivagan", "mirror", "a", False, False, 3.0, "", 9.0),
    ]
    cost = Cost("a", 44.0, 0.99, 1.05, 500.0, 150.0, 1.2, 1.1)
    found = benchmark._summary(OURS, [cost], outcomes)
    assert found["decoded"] == 0.5
    assert found["decoded_beyond"] == 0
    assert found["lost"] == ["a: blur"]
    assert found["attack_detect_s_worst"] == 2.5


@pytest.mark.slow
def test_the_benchmark_writes_its_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clips = tmp_path / "clips"
    clips.mkdir()
    write_frames(clips / "made.mp4", luma_frames(width=640, height=360, count=48, seed=2))
    out = tmp_path / "figures.json"
    benchmark.main(["--clips", str(clips), "--json", str(out), "--quick", "--only", "mirror", "--processes", "1"])
    found = json.loads(out.read_text())
    assert found["decoded"] == 1
    assert found["psnr_y"] == pytest.approx(44, abs=1.5)
    assert found["wrong_marks"] == 0
    for name in ("ssim_y", "size_ratio", "embed_fps", "detect_s", "detect_s_worst", "transcode_overhead"):
        assert found[name] > 0
    assert "mirror" in capsys.readouterr().out


@pytest.mark.skipif(not packaged_transforms(), reason="needs invisible-watermark and what it imports")
def test_a_packaged_transform_reads_what_it_wrote(tmp_path: Path) -> None:
    rival = PackagedTransform("dwtDctSvd", 0x5EED_1234)
    plain, marked = tmp_path / "plain.mp4", tmp_path / "marked.mp4"
    write_frames(plain, luma_frames(width=640, height=360, count=4, seed=4))
    write_marked(plain, rival.embedder, marked, seconds=0.5)
    right, _ = rival.accuracy(marked)
    assert right > 0.7


def test_files_are_encoded_as_the_product_does() -> None:
    assert X264 == {"preset": "veryfast", "crf": "20"}


def test_the_pictures_show_the_difference_at_eight_times_its_contrast() -> None:
    luma = luma_frames(width=640, height=360, count=1)[0]
    change = np.full(luma.shape, 3, np.int16)
    plain = np.repeat(luma[..., None], 3, axis=-1)
    drawn = whole(Pair(plain, plain, luma, change))
    assert (drawn[60:200, -300:] == 128 + 3 * CONTRAST).all()
    assert flattest(Pair(plain, plain, luma, change)).shape[1] == drawn.shape[1]


def test_a_tail_is_found_again_on_the_half_that_was_kept_back() -> None:
    values = np.random.default_rng(1).gumbel(5.0, 0.3, 8_000)
    fit = checked_fit(values.tolist())
    assert fit.holds
    assert fit.tail.scale == pytest.approx(0.3, rel=0.15)
    assert fit.tail.beyond(8.0) == pytest.approx(np.exp(-10), rel=1.5)
    assert fit.tail.level(fit.tail.beyond(7.0)) == pytest.approx(7.0)


def test_a_tail_that_is_heavier_than_the_model_is_noticed() -> None:
    assert not checked_fit(np.random.default_rng(1).standard_t(2, 8_000).tolist()).holds


def test_a_tail_that_is_lighter_than_the_model_is_on_the_safe_side() -> None:
    largest = np.random.default_rng(1).standard_normal((8_000, 500)).max(axis=1)
    fit = checked_fit(largest.tolist())
    assert fit.holds
    assert fit.tail.beyond(7.0) > 500 * 1.3e-12


def test_the_number_of_words_is_found_again_and_never_too_low() -> None:
    largest = np.random.default_rng(1).standard_normal((8_000, 500)).max(axis=1).tolist()
    fitted, held = halves(largest)
    words = Words.fit(fitted)
    assert 500 <= words.count < 20_000
    assert all(each.deviations < 3 for each in words.check(held))
    assert words.beyond(words.level(1e-9)) == pytest.approx(1e-9)


def test_words_that_are_heavier_than_normal_are_noticed() -> None:
    heavy = np.random.default_rng(1).gumbel(10, 0.5, 8_000)
    assert max(each.deviations for each in Words(1e24).check(heavy.tolist())) > 3


def test_the_gate_keeps_a_file_below_one_false_mark_in_a_billion() -> None:
    found = false_marks.risk(Words(2.0**88), 200)
    assert found["false_marks_a_file"] < false_marks.TARGET
    assert found["false_marks_a_file_bound"] <= false_marks.TARGET * 1.001
    assert max(found["gate_for_target_fitted"], found["gate_for_target_bound"]) <= found["gate"]


def test_keys_that_marked_nothing_reach_no_gate(clip: Path) -> None:
    seen = false_marks.trials(false_marks.Look(clip, 3))
    assert len(seen.sync) == 100
    assert len(seen.matched) > 50
    assert 7 < float(np.median(seen.matched)) < 11.1  # the best of 2**88 messages lies near sqrt(2 * 88 * ln 2)
    assert max(seen.matched) < chance.MATCHED
    assert seen.checksums == 0


@pytest.mark.parametrize("module", [false_marks, mark_pictures], ids=lambda module: str(module.__name__))
def test_the_commands_beside_it_explain_themselves(module: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        module.main(["--help"])
    assert ended.value.code == 0
    assert "usage:" in capsys.readouterr().out
