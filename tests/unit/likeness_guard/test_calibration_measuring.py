"""Measuring: what comes out of vectors whose statistics are known."""

import wave
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from likeness_guard.adapters.known_people_files import recordings_in
from likeness_guard.domain import Band, Modality
from likeness_guard.domain.calibration import calibration_of
from likeness_guard.domain.rates import Targets
from likeness_guard.ports import DetectedFace, Picture, Sound, Speech, Vectors
from likeness_guard.service import degrading
from likeness_guard.service.calibrating import (
    Samples,
    Scores,
    equal_error,
    exponent_of,
    gallery_scores,
    group_spread,
    held_out,
    joined,
    log_odds,
    measured,
    pair_scores,
    sizes_for,
)
from likeness_guard.service.calibration_document import Wanted, face_document, voice_document
from likeness_guard.service.known_people import Recording, faces_of
from trust_kernel.errors import InvalidInput
from trust_kernel.media.refs import SAMPLE_RATE

TARGETS = Targets(0.01, 0.05, 0.001, 0.01)


def people(count: int, each: int, spread: float, seed: int = 1, dimensions: int = 24) -> Samples:
    """Unit vectors around random directions; sources are numbered."""
    rng = np.random.default_rng(seed)
    own = np.repeat(rng.normal(size=(count, dimensions)), each, axis=0)
    vectors = own + spread * rng.normal(size=own.shape)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    numbers = np.repeat(np.arange(count), each)
    groups = {"side": ["left" if number % 2 else "right" for number in numbers]}
    return Samples(vectors.astype(np.float32), numbers, np.arange(len(numbers)), groups)


CLOSE = people(120, 3, 0.5)


def test_a_probe_never_meets_its_own_recording() -> None:
    twice = joined(CLOSE, CLOSE)  # every recording two times: an exact copy would score 1
    assert pair_scores(CLOSE, twice).mated.max() < 0.9999
    assert gallery_scores(CLOSE, twice, 50, 1).mated.max() < 0.9999


def test_pairs_are_told_apart_by_person() -> None:
    few = people(3, 2, 0.1)
    scores = pair_scores(few, few)
    assert (scores.mated.size, scores.unmated.size) == (6, 24)
    assert scores.mated.min() > scores.unmated.max()
    assert equal_error(scores) == 0


def test_the_equal_error_lies_where_both_rates_meet() -> None:
    scores = Scores(np.asarray([0.9, 0.8, 0.7, 0.2]), np.ones(4, bool), np.asarray([0.75, 0.3, 0.1, 0.0]))
    assert equal_error(scores) == 0.25


def test_a_threshold_is_never_laxer_than_the_share_of_strangers_asked_for() -> None:
    scores = Scores(np.ones(1), np.ones(1, bool), np.round(np.linspace(0, 1, 100), 1))  # with many alike
    assert all((scores.unmated >= scores.threshold(rate)).mean() <= rate for rate in (0.001, 0.01, 0.05, 0.3))
    assert scores.threshold(0.01) > scores.threshold(0.05)


def test_a_mate_behind_somebody_else_is_missed_at_every_threshold() -> None:
    scores = Scores(np.asarray([0.9, 0.9]), np.asarray([True, False]), np.zeros(5))
    assert scores.missed(-1.0) == 0.5


def test_sizes_leave_strangers_over() -> None:
    assert sizes_for(591) == (10, 30, 100, 300, 500)
    assert sizes_for(107) == (10, 30, 90)
    assert sizes_for(16) == (13,)
    assert all(sizes_for(count)[-1] < count for count in range(2, 3000))


def test_the_exponent_of_a_known_tail_is_found() -> None:
    rng = np.random.default_rng(3)
    scores = 1 - rng.random(200_000) ** (1 / 12)  # P(1 - score < x) = x ** 12
    assert exponent_of(scores) == pytest.approx(12, rel=0.1)


def test_log_odds_are_right_for_scores_of_known_odds() -> None:
    rng = np.random.default_rng(4)
    mated, unmated = rng.normal(0.6, 0.1, 20_000), rng.normal(0.3, 0.1, 20_000)
    slope, middle = log_odds(Scores(mated, np.ones(mated.size, bool), unmated))
    assert slope == pytest.approx(30, rel=0.05)  # (0.6 - 0.3) / 0.1 ** 2
    assert middle == pytest.approx(0.45, abs=0.01)


def test_people_who_are_parted_without_fail_still_give_finite_odds() -> None:
    slope, middle = log_odds(Scores(np.full(50, 0.9), np.ones(50, bool), np.full(50, 0.1)))
    assert np.isfinite([slope, middle]).all()
    assert 0.1 < middle < 0.9


def condition(probes: Samples, **changes: Any) -> dict[str, Any]:
    return measured("good", CLOSE, probes, TARGETS, quality=0.0, seconds=0.0, seed=5, **changes)


def judged_by(*parts: dict[str, Any]) -> Any:
    targets = {"fpir": 0.01, "unsure_fpir": 0.05, "fmr": 0.001, "unsure_fmr": 0.01}
    top = {"schema": 2, "pack": "p", "modality": "face", "targets": targets, "prior": 0.5, "verification": 0.5}
    return calibration_of({**top, "conditions": list(parts)}, "d")


def test_measured_thresholds_let_through_as_many_strangers_as_chosen() -> None:
    calibration = judged_by(condition(CLOSE))
    scores = gallery_scores(CLOSE, CLOSE, 30, 99)
    found = [calibration.judge(float(one), size=30, quality=1.0, seconds=None).band for one in scores.unmated[:4000]]
    assert 0.004 < found.count(Band.MATCH) / len(found) < 0.02
    assert 0.03 < 1 - found.count(Band.NONE) / len(found) < 0.08


def test_probabilities_are_what_happens() -> None:
    calibration = judged_by(condition(CLOSE))
    scores = gallery_scores(CLOSE, CLOSE, 30, 98)
    count = min(2000, scores.mated.size)
    said, was = [], []
    for values, right in ((scores.mated[:count], scores.right[:count]), (scores.unmated[:count], np.zeros(count))):
        said += [calibration.judge(float(one), size=30, quality=1.0, seconds=None).probability for one in values]
        was += list(right)
    assert np.mean(said) == pytest.approx(np.mean(was), abs=0.03)
    sure = np.asarray(said) > 0.9
    assert np.asarray(was)[sure].mean() > 0.9


def test_poorer_probes_are_missed_more_often_at_the_same_rate_of_false_alarms() -> None:
    rng = np.random.default_rng(6)
    vectors = CLOSE.vectors + 0.15 * rng.normal(size=CLOSE.vectors.shape)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    poorer = Samples(vectors.astype(np.float32), CLOSE.people, CLOSE.sources)
    good, bad = condition(CLOSE), condition(poorer)
    assert bad["galleries"][-1]["missed_at_match"] > good["galleries"][-1]["missed_at_match"] + 0.05


def test_scores_against_rivals_are_measured_from_the_least_size_on() -> None:
    part = condition(CLOSE, rivals={"weight": 0.5, "reference": 0.4, "least": 30})
    assert [one["size"] for one in part["against_rivals"]] == [30, 100]
    calibration = judged_by(part)
    scores = gallery_scores(CLOSE, CLOSE, 100, 97)
    bands = [
        calibration.judge(float(best), size=100, quality=1.0, seconds=None, rivals=rest).band
        for best, rest in zip(scores.unmated[:4000], scores.unmated_next[:4000].tolist(), strict=True)
    ]
    assert 0.003 < bands.count(Band.MATCH) / len(bands) < 0.025


def test_the_same_people_give_the_same_document() -> None:
    assert condition(CLOSE) == condition(CLOSE)


def test_people_with_one_sample_serve_as_strangers() -> None:
    lonely = people(40, 1, 0.5, seed=8)
    more = Samples(lonely.vectors, lonely.people + 1000, lonely.sources + 1000, lonely.groups)
    both = joined(CLOSE, more)
    assert measured("all", both, both, TARGETS, quality=0, seconds=0, seed=1)["people"] == 160


@pytest.mark.parametrize("count", [0, 1, 15])
def test_too_few_people_are_refused(count: int) -> None:
    few = people(count, 2, 0.3)
    with pytest.raises(InvalidInput):
        measured("few", few, few, TARGETS, quality=0, seconds=0, seed=1)


def test_people_with_one_sample_each_alone_are_refused() -> None:
    lonely = people(30, 1, 0.3)
    with pytest.raises(InvalidInput):
        measured("lonely", lonely, lonely, TARGETS, quality=0, seconds=0, seed=1)


def test_thresholds_of_one_half_hold_for_the_other_half() -> None:
    many = people(300, 2, 0.5, seed=11)
    found = held_out(many, many, TARGETS, 3)
    assert found["gallery"] == 75
    assert 0.004 < found["fpir_at_match"] < 0.02
    assert 0.003 < found["fpir_at_extrapolated_match"] < 0.03


def test_groups_are_measured_at_one_threshold() -> None:
    spread = group_spread(CLOSE, 0.5)
    assert [(one["column"], one["value"], one["people"]) for one in spread] == [
        ("side", "left", 60),
        ("side", "right", 60),
    ]
    assert all(0 <= one["fmr"] < 0.05 and one["fnmr"] < 0.5 for one in spread)
    assert group_spread(Samples(CLOSE.vectors, CLOSE.people, CLOSE.sources), 0.5) == []


class WholeFace:
    """The whole picture is one face."""

    def detect(self, pictures: Any) -> tuple[tuple[DetectedFace, ...], ...]:
        faces = [DetectedFace((0.0, 0.0, p.shape[1], p.shape[0]), 1.0, np.zeros((5, 2))) for p in pictures]
        return tuple((face,) for face in faces)


class MeanColour:
    """The colours of a picture's four quarters, less grey, as a direction."""

    version = "colour-9"
    dimensions = 12

    def embed(self, faces: Any) -> Vectors:
        rows = [np.concatenate([_quarters(picture), [1e-3]])[: self.dimensions] for picture, _ in faces]
        found = np.stack(rows) if rows else np.zeros((0, self.dimensions))
        return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9), np.float32)


def _quarters(picture: Picture) -> NDArray[np.float64]:
    h, w = picture.shape[0] // 2, picture.shape[1] // 2
    parts = [picture[:h, :w], picture[:h, w:], picture[h:, :w], picture[h:, w:]]
    mean = np.concatenate([part.reshape(-1, 3).mean(axis=0) for part in parts])
    return np.asarray(mean - mean.mean())


def portraits(count: int, each: int) -> list[Recording]:
    rng = np.random.default_rng(2)
    found = []
    for person in range(count):
        colours = rng.integers(40, 215, (2, 2, 3))
        for _ in range(each):
            noisy = np.clip(colours + rng.normal(0, 12, colours.shape), 0, 255).astype(np.uint8)
            picture = np.kron(noisy, np.ones((45, 45, 1), np.uint8))
            picture[::2, ::3] = np.clip(picture[::2, ::3].astype(int) + 20, 0, 255)
            found.append(Recording(f"p{person}", picture=partial(np.copy, picture), groups={"sex": "fm"[person % 2]}))
    return found


def test_a_face_document_has_bands_of_quality_and_groups() -> None:
    shown = face_document(portraits(40, 2), WholeFace(), MeanColour(), Wanted("colour-9", TARGETS, "squares"))
    read = calibration_of(shown, "d")
    assert read.pack == "colour-9"
    assert "good" in {one.name for one in read.conditions}
    assert {one.value for one in read.groups} == {"f", "m"}
    assert any("one half of the people" in line for line in read.summary())
    assert face_document(portraits(40, 2), WholeFace(), MeanColour(), Wanted("colour-9", TARGETS, "squares")) == shown


def test_a_picture_without_a_face_is_counted_as_missed() -> None:
    class Nobody:
        def detect(self, pictures: Any) -> tuple[tuple[DetectedFace, ...], ...]:
            return tuple(() for _ in pictures)

    assert faces_of(portraits(3, 1), Nobody(), MeanColour()).missed == 3
    with pytest.raises(InvalidInput):
        face_document(portraits(20, 2), Nobody(), MeanColour(), Wanted("colour-9", TARGETS))


class Loud:
    """Everything is speech."""

    def speech(self, sound: Sound) -> tuple[Speech, ...]:
        return (Speech(0.0, sound.size / SAMPLE_RATE, 1.0),)


class Pitches:
    """The loudest frequencies of each 1.6 s."""

    version = "pitch-1"
    dimensions = 64

    def partials(self, sound: Sound) -> tuple[Vectors, NDArray[np.float64]]:
        starts = np.arange(0, max(1, sound.size - int(1.2 * SAMPLE_RATE)), int(0.8 * SAMPLE_RATE))
        rows = []
        for start in starts:
            part = np.fft.rfft(sound[start : start + int(1.6 * SAMPLE_RATE)], 1 << 15)
            rows.append(np.sqrt(np.abs(part[200:6600]).reshape(64, -1).mean(axis=1)))
        found = np.stack(rows)
        found -= found.mean(axis=1, keepdims=True)
        ends = np.minimum(starts + int(1.6 * SAMPLE_RATE), sound.size)
        unit = found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
        return np.asarray(unit, np.float32), np.stack([starts, ends], axis=1) / SAMPLE_RATE


def hummers(count: int) -> list[Recording]:
    rng = np.random.default_rng(5)
    time = np.arange(int(4.5 * SAMPLE_RATE)) / SAMPLE_RATE
    found = []
    for person in range(count):
        tones = rng.uniform(200, 3200, 6)
        for _ in range(2):
            turns = rng.uniform(0, 6.28, 6)
            sound = sum(np.sin(2 * np.pi * tone * time + turn) for tone, turn in zip(tones, turns, strict=True)) / 12
            noisy = np.asarray(sound + 0.01 * rng.normal(size=time.size), np.float32)
            found.append(Recording(f"p{person}", sound=partial(np.copy, noisy)))
    return found


def test_a_voice_document_has_bands_of_length() -> None:
    heard = calibration_of(voice_document(hummers(24), Loud(), Pitches(), Wanted("pitch-1", TARGETS)), "d")
    assert heard.modality is Modality.VOICE
    assert {one.seconds for one in heard.conditions} >= {0.0, 3.8}
    assert heard.condition(1.0, 4.4).seconds == 3.8
    assert heard.condition(1.0, 1.0).seconds == 0.0


def manifest(folder: Path, text: str) -> Path:
    (folder / "faces").mkdir(exist_ok=True)
    (folder / "faces_manifest.csv").write_text(text, encoding="utf-8")
    return folder


def test_a_manifest_names_people_files_and_groups(tmp_path: Path) -> None:
    text = "file,identity,licence_as_stated,source_repo,age\na.png,A,none,x,old\nb.png,B,some,y,young\n"
    folder = manifest(tmp_path, text)
    for name, level in (("a.png", 10), ("b.png", 200)):
        Image.fromarray(np.full((8, 6, 3), (level, 0, 0), np.uint8)).save(folder / "faces" / name)
    first, second = recordings_in(folder, Modality.FACE)
    assert (first.person, second.person) == ("A", "B")
    assert first.groups == {"age": "old"}
    assert first.picture is not None
    assert first.picture()[0, 0].tolist() == [10, 0, 0]


@pytest.mark.parametrize("text", ["", "file,identity\n", "file,who\na.png,A\n", "file,identity\nnone.png,A\n"])
def test_a_manifest_that_names_nothing_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidInput):
        recordings_in(manifest(tmp_path, text), Modality.FACE)


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        recordings_in(tmp_path, Modality.VOICE)


def test_a_file_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    folder = manifest(tmp_path, "file,identity\na.png,A\n")
    (folder / "faces" / "a.png").write_bytes(b"no picture")
    (recording,) = recordings_in(folder, Modality.FACE)
    assert recording.picture is not None
    with pytest.raises(InvalidInput):
        recording.picture()


def test_sounds_come_as_mono_at_16_khz(tmp_path: Path) -> None:
    (tmp_path / "voices").mkdir()
    (tmp_path / "voices_manifest.csv").write_text("file,identity\na.wav,A\n", encoding="utf-8")
    tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(44_100) / 44_100)).astype("<i2")
    with wave.open(str(tmp_path / "voices" / "a.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44_100)
        file.writeframes(np.repeat(tone, 2).tobytes())
    (recording,) = recordings_in(tmp_path, Modality.VOICE)
    assert recording.sound is not None
    sound = recording.sound()
    assert sound.dtype == np.float32
    assert sound.shape == pytest.approx((SAMPLE_RATE,), rel=0.01)
    assert np.abs(np.fft.rfft(sound, SAMPLE_RATE)).argmax() == pytest.approx(440, abs=1)


def test_a_smaller_picture_keeps_its_colours() -> None:
    halves = np.zeros((60, 90, 3), np.uint8)
    halves[:, 45:] = 200
    small = degrading.smaller(halves, 0.5)
    assert small.shape == (30, 45, 3)
    assert small.mean() == pytest.approx(halves.mean(), abs=3)


def test_blur_takes_away_edges_and_dark_takes_away_light() -> None:
    edge = np.zeros((40, 40, 3), np.uint8)
    edge[:, 20:] = 200
    soft = degrading.blurred(edge, 2.0)
    assert np.abs(np.diff(soft[20, :, 0].astype(int))).max() < 60
    assert soft.mean() == pytest.approx(edge.mean(), abs=2)
    assert degrading.darker(edge, 0.2, np.random.default_rng(1)).max() < 60


def test_noise_has_the_ratio_asked_for() -> None:
    tone = np.asarray(0.1 * np.sin(np.arange(SAMPLE_RATE)), np.float32)
    added = degrading.in_noise(tone, 10.0, np.random.default_rng(1)) - tone
    assert 10 * np.log10((tone**2).mean() / (added**2).mean()) == pytest.approx(10, abs=0.2)
    assert degrading.in_noise(np.zeros(0, np.float32), 10.0, np.random.default_rng(1)).size == 0
