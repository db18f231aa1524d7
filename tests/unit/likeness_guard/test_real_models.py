"""The embedded networks on real pictures and synthetic voices."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from likeness_guard.adapters.calibrations import load_calibrations
from likeness_guard.adapters.dlib_graph import CHIP
from likeness_guard.adapters.packs import FACE_LANDMARKS, FACE_RESNET
from likeness_guard.adapters.stack import EmbeddedModels
from likeness_guard.api import Band, EnrolmentFault, Gallery, LikenessGuard, Modality, NewEntry
from likeness_guard.service.faces import portrait_of, tracks_of, views_of
from tests.fakes.likeness import audio, image, shared_models, video
from tests.unit.likeness_guard.conftest import packaged
from trust_kernel.errors import Broken, InvalidInput
from trust_kernel.inference.models import ModelStore
from trust_kernel.media.refs import SAMPLE_RATE


def tone(hertz: float, seconds: float = 4.0) -> NDArray[np.float32]:
    time_ = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return np.asarray(0.3 * np.sin(2 * np.pi * hertz * time_), np.float32)


def melody() -> NDArray[np.float32]:
    moments = np.arange(SAMPLE_RATE // 2) / SAMPLE_RATE
    notes = [
        np.exp(-4 * moments) * sum(np.sin(2 * np.pi * f * k * moments) / k for k in range(1, 6))
        for f in (262, 294, 330, 349, 392, 440, 494, 523)
    ]
    return np.asarray(0.3 * np.concatenate(notes), np.float32)


@pytest.fixture(scope="session")
def spoken() -> dict[str, NDArray[np.float32]]:
    """Two sentences of two synthetic voices."""
    voices = pytest.importorskip("placet.demo.voices")
    first = "The old lighthouse keeper counted seven boats before the storm came in over the bay."
    second = "Every morning she walks along the river and feeds the birds with crumbs of bread."
    names = list(voices.VOICES)[:2]
    return {
        f"{label}{number}": voices.speak(text, voices.VOICES[name])
        for label, name in zip("ab", names, strict=True)
        for number, text in enumerate((first, second))
    }


def test_the_onnx_twin_equals_dlibs_own_network(models: EmbeddedModels, tmp_path: Path) -> None:
    import dlib

    from trust_kernel.inference.sessions import OnnxSession

    store = shared_models()
    native = dlib.face_recognition_model_v1(str(store.pack(FACE_RESNET).source.fetch(tmp_path)))
    session = OnnxSession(store.path(FACE_RESNET))
    rng = np.random.default_rng(3)
    coarse = rng.integers(0, 256, (2, 10, 10, 3), dtype=np.uint8)
    chips = np.repeat(np.repeat(coarse, CHIP // 10, 1), CHIP // 10, 2)
    ours = session.run({"chips": chips.transpose(0, 3, 1, 2).astype(np.float32)})[0]
    theirs = np.asarray([native.compute_face_descriptor(chip) for chip in chips])
    assert np.abs(ours - theirs).max() <= 1e-5
    assert models.face_embedder.dimensions == ours.shape[1]


def test_every_face_of_a_group_is_found(models: EmbeddedModels, crowd: NDArray[np.uint8]) -> None:
    assert len(models.detector.detect([crowd])[0]) == 6


def test_no_face_is_found_where_there_is_none(models: EmbeddedModels) -> None:
    scenery = [packaged("scikit-image", f"data/{name}.png") for name in ("coffee", "brick", "chelsea", "grass")]
    assert models.detector.detect(scenery) == ((), (), (), ())


@pytest.mark.parametrize(
    ("change", "likeness"),
    [
        (np.rot90, 0.99),
        (lambda p: np.rot90(p, 2), 0.99),
        (lambda p: np.rot90(p, 3), 0.99),
        (lambda p: p[:, ::-1], 0.98),
        (lambda p: np.pad(p, ((70, 70), (70, 70), (0, 0)), constant_values=200), 0.99),
        (lambda p: p[: p.shape[0] // 4 * 4 : 4, : p.shape[1] // 4 * 4 : 4], 0.88),
        (lambda p: (p * 0.15).astype(np.uint8), 0.93),
    ],
    ids=["90", "180", "270", "mirrored", "bordered", "a quarter of the size", "dark"],
)
def test_a_changed_picture_of_a_person_gives_nearly_the_same_vector(
    change: Callable[[NDArray[np.uint8]], NDArray[np.uint8]],
    likeness: float,
    models: EmbeddedModels,
    astronaut: NDArray[np.uint8],
) -> None:
    (plain,) = views_of(astronaut, 0, models.detector, models.face_embedder)
    (changed,) = views_of(np.ascontiguousarray(change(astronaut)), 0, models.detector, models.face_embedder)
    assert float(plain.vector @ changed.vector) > likeness


def test_two_people_who_take_each_others_place_are_two_tracks(
    models: EmbeddedModels, astronaut: NDArray[np.uint8], actor: NDArray[np.uint8]
) -> None:
    import cv2

    one, other = (np.asarray(cv2.resize(picture[:480, :480], (360, 360)), np.uint8) for picture in (astronaut, actor))
    frames = []
    for pair in [(one, other)] * 2 + [(other, one)] * 2:
        frame = np.full((400, 800, 3), 120, np.uint8)
        frame[20:380, 20:380], frame[20:380, 420:780] = pair
        frames.append(frame)
    tracks = tracks_of(video(frames), models.detector, models.face_embedder)
    assert [[view.frame for view in track.views] for track in tracks] == [[0, 1, 2, 3]] * 2
    assert float(tracks[0].vector @ tracks[1].vector) < 0.9


def test_the_portrait_of_an_upside_down_picture_is_upright(
    models: EmbeddedModels, astronaut: NDArray[np.uint8]
) -> None:
    flipped = np.ascontiguousarray(np.rot90(astronaut, 2))
    ((face,),) = models.detector.detect([flipped])
    ((again,),) = models.detector.detect([portrait_of(flipped, face)])
    assert abs(again.roll) < 15


def test_an_enrolled_person_is_recognised_mirrored_smaller_and_in_video(
    real_guard: LikenessGuard, astronaut: NDArray[np.uint8], actor: NDArray[np.uint8]
) -> None:
    enrolled = real_guard.enrol("subj_a", [astronaut], [])
    assert enrolled.portrait is not None
    assert max(enrolled.portrait.shape[:2]) <= 512
    real_guard.add_entry(NewEntry("Tom Hanks", faces=[actor]))
    smaller = np.ascontiguousarray(astronaut[::2, ::2])
    for look in (image(np.ascontiguousarray(astronaut[:, ::-1])), image(smaller), video([astronaut] * 3)):
        (sighting,) = real_guard.examine(look).sightings
        assert (sighting.gallery, sighting.about, sighting.band) == (Gallery.CAMEO, "subj_a", Band.MATCH)


def test_the_group_is_all_strangers_to_one_enrolled_person(
    real_guard: LikenessGuard, astronaut: NDArray[np.uint8], crowd: NDArray[np.uint8]
) -> None:
    real_guard.enrol("subj_a", [astronaut], [])
    found = real_guard.examine(image(crowd))
    assert found.faces == 6
    assert {s.gallery for s in found.sightings} == {Gallery.STRANGER}


def test_a_portrait_can_be_enrolled_again(real_guard: LikenessGuard, astronaut: NDArray[np.uint8]) -> None:
    portrait = real_guard.enrol("subj_a", [astronaut], []).portrait
    assert portrait is not None
    assert real_guard.examine(image(portrait)).sightings[0].about == "subj_a"


@pytest.mark.parametrize("fault", [EnrolmentFault.NO_FACE, EnrolmentFault.SEVERAL_FACES, EnrolmentFault.UNLIKE_FACES])
def test_a_picture_that_cannot_be_enrolled_is_named(
    fault: EnrolmentFault,
    real_guard: LikenessGuard,
    astronaut: NDArray[np.uint8],
    crowd: NDArray[np.uint8],
    actor: NDArray[np.uint8],
) -> None:
    second = {
        EnrolmentFault.NO_FACE: np.full((200, 200, 3), 90, np.uint8),
        EnrolmentFault.SEVERAL_FACES: crowd,
        EnrolmentFault.UNLIKE_FACES: actor,
    }[fault]
    with pytest.raises(InvalidInput) as refused:
        real_guard.enrol("subj_a", [astronaut, second], [])
    assert refused.value.code == fault
    assert refused.value.field in {"faces.0", "faces.1"}
    assert real_guard.examine(image(astronaut)).sightings[0].gallery is Gallery.STRANGER  # nothing was kept


@pytest.mark.parametrize("sound", [tone(440), melody(), 0.05 * tone(90) + melody()[0] * tone(180)])
def test_tones_and_music_are_no_voices(real_guard: LikenessGuard, sound: NDArray[np.float32]) -> None:
    found = real_guard.examine(audio(np.asarray(sound, np.float32)))
    assert found.sightings == ()
    assert found.speech_seconds < 0.5


def test_a_tone_is_too_short_a_voice_to_enrol(real_guard: LikenessGuard) -> None:
    with pytest.raises(InvalidInput) as refused:
        real_guard.enrol("subj_a", [], [tone(300)])
    assert refused.value.code == EnrolmentFault.VOICE_TOO_SHORT
    assert refused.value.field == "voices"


def test_an_enrolled_voice_is_recognised_saying_something_else_and_another_is_not(
    real_guard: LikenessGuard, spoken: dict[str, NDArray[np.float32]]
) -> None:
    real_guard.enrol("subj_a", [], [spoken["a0"]])
    (same,) = real_guard.examine(audio(spoken["a1"])).sightings
    assert (same.modality, same.about, same.band) == (Modality.VOICE, "subj_a", Band.MATCH)
    others = real_guard.examine(audio(spoken["b1"])).sightings
    assert others
    assert {s.gallery for s in others} == {Gallery.STRANGER}


def test_a_frame_of_720p_is_searched_in_reasonable_time(models: EmbeddedModels, astronaut: NDArray[np.uint8]) -> None:
    frame = np.full((720, 1280, 3), 90, np.uint8)
    frame[100:612, 300:812] = astronaut
    models.detector.detect([frame])
    began = time.perf_counter()
    assert len(models.detector.detect([frame])[0]) == 1
    assert time.perf_counter() - began < 1.5  # 0.04 s on two idle cores; the limit allows for busy machines


def test_the_shipped_calibration_was_measured_with_the_embedded_models(models: EmbeddedModels) -> None:
    calibrations = load_calibrations()
    for version in (models.face_embedder.version, models.voice_embedder.version):
        assert calibrations.of(version).pack == version


def test_a_changed_model_file_is_refused(tmp_path: Path) -> None:
    from likeness_guard.adapters.packs import model_store

    store: ModelStore = model_store(tmp_path)
    path = store.pull(FACE_LANDMARKS)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(Broken):
        model_store(tmp_path).path(FACE_LANDMARKS)
    assert store.pull(FACE_LANDMARKS).read_bytes()[-1:] != b"x"
