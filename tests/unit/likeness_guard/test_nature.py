"""What an unknown face is taken for: photographed, drawn, unclear, or one of a crowd."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from likeness_guard.adapters.nature import load_drawn_model
from likeness_guard.adapters.stack import EmbeddedModels
from likeness_guard.domain import Band
from likeness_guard.ports import DetectedFace
from likeness_guard.service.faces import FaceTrack, FaceView, tracks_of
from likeness_guard.service.nature import (
    DrawnModel,
    FaceNature,
    Nature,
    NatureJudge,
    detail_of,
    stranger_band,
)
from tests.fakes.likeness import image
from trust_kernel.errors import Broken

VERSION = "face-test-1"
MODEL = DrawnModel(VERSION, np.asarray([4.0, 0.0]), 0.0, 1.0)
PHOTO, DRAWING = np.asarray([-1.0, 0.0], np.float32), np.asarray([1.0, 0.0], np.float32)
GRAIN = np.random.default_rng(1).integers(0, 256, (480, 640, 3), dtype=np.uint8)
"""Sharp everywhere."""


def view(vector: NDArray[np.float32] = PHOTO, *, side: float = 100, frame: int = 0, at: float = 10) -> FaceView:
    return FaceView(frame, DetectedFace((at, at, side, side), 1.0, np.zeros((5, 2))), vector, 1.0)


def judged(*tracks: FaceTrack, frames: NDArray[np.uint8] | None = None, version: str = VERSION) -> tuple[Nature, ...]:
    return NatureJudge(MODEL).natures_of(tracks, GRAIN[None] if frames is None else frames, version)


def blurred(picture: NDArray[np.uint8], sigma: float) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(sigma)))


def test_a_face_like_photographs_is_a_person_and_denied() -> None:
    (nature,) = judged(FaceTrack([view(PHOTO)]))
    assert (nature.kind, stranger_band(nature)) == (FaceNature.PERSON, Band.MATCH)
    assert nature.drawn < 0.05


def test_a_face_like_drawings_is_held_never_cleared() -> None:
    (nature,) = judged(FaceTrack([view(DRAWING)]))
    assert (nature.kind, stranger_band(nature)) == (FaceNature.DRAWN, Band.UNSURE)
    assert nature.drawn > 0.95


def test_one_view_like_a_photograph_makes_a_track_a_person() -> None:
    frames = np.stack([GRAIN, GRAIN])
    (nature,) = judged(FaceTrack([view(DRAWING), view(PHOTO, frame=1)]), frames=frames)
    assert nature.kind is FaceNature.PERSON


def test_vectors_of_another_model_say_nothing_of_drawings() -> None:
    track = FaceTrack([view(DRAWING)])
    assert judged(track, version="face-other-1")[0].kind is FaceNature.PERSON
    assert NatureJudge(None).natures_of([track], GRAIN[None], VERSION)[0].kind is FaceNature.PERSON


@pytest.mark.parametrize(("side", "band"), [(8, Band.NONE), (12, Band.NONE), (14, Band.UNSURE), (21, Band.MATCH)])
def test_the_fewer_pixels_the_less_is_said(side: float, band: Band) -> None:
    assert stranger_band(judged(FaceTrack([view(side=side)]))[0]) is band


def test_the_largest_view_of_a_track_counts() -> None:
    frames = np.stack([GRAIN, GRAIN])
    (nature,) = judged(FaceTrack([view(side=9), view(side=60, frame=1)]), frames=frames)
    assert (nature.kind, nature.side) == (FaceNature.PERSON, 60)


def test_small_faces_in_a_crowd_are_bystanders_and_the_large_one_is_not() -> None:
    tracks = [FaceTrack([view(side=30, at=40.0 * place)]) for place in range(8)] + [FaceTrack([view(side=120)])]
    natures = judged(*tracks)
    assert {nature.kind for nature in natures[:8]} == {FaceNature.BYSTANDER}
    assert {stranger_band(nature) for nature in natures[:8]} == {Band.NONE}
    assert natures[8].kind is FaceNature.PERSON


def test_a_few_small_faces_are_no_crowd() -> None:
    natures = judged(*(FaceTrack([view(side=30, at=40.0 * place)]) for place in range(7)))
    assert {nature.kind for nature in natures} == {FaceNature.PERSON}


def test_whoever_steps_out_of_the_crowd_is_seen() -> None:
    crowd = [FaceTrack([view(side=30, at=40.0 * place)]) for place in range(9)]
    crowd[0].views.append(view(side=30, frame=1))
    natures = judged(*crowd, frames=np.stack([GRAIN, GRAIN]))
    assert [nature.kind for nature in natures[:2]] == [FaceNature.PERSON, FaceNature.BYSTANDER]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=2, max_size=2), st.floats(50, 400), st.integers(1, 12))
def test_a_large_sharp_face_is_never_cleared(vector: list[float], side: float, others: int) -> None:
    crowd = [FaceTrack([view(side=30, at=30.0 * place)]) for place in range(others)]
    natures = judged(FaceTrack([view(np.asarray(vector, np.float32), side=side)]), *crowd)
    assert stranger_band(natures[0]) is not Band.NONE


def test_detail_does_not_depend_on_size_but_on_sharpness(astronaut: NDArray[np.uint8]) -> None:
    face = DetectedFace((180, 70, 100, 100), 1.0, np.zeros((5, 2)))
    double = np.asarray(Image.fromarray(astronaut).resize((1024, 1024), Image.Resampling.BICUBIC))
    twice = DetectedFace((360, 140, 200, 200), 1.0, np.zeros((5, 2)))
    assert detail_of(double, twice) == pytest.approx(detail_of(astronaut, face), rel=0.1)
    details = [detail_of(blurred(astronaut, sigma), face) for sigma in (0, 2, 4, 6)]
    assert details == sorted(details, reverse=True)
    assert details[0] > 0.15
    assert details[3] < 0.02


@pytest.mark.parametrize("box", [(-50, -50, 20, 20), (630, 470, 400, 400), (10, 10, 0, 0), (700, 10, 50, 50)])
def test_a_face_at_or_past_the_edge_breaks_nothing(box: tuple[float, float, float, float]) -> None:
    detail = detail_of(GRAIN, DetectedFace(box, 1.0, np.zeros((5, 2))))
    assert np.isfinite(detail)
    assert detail_of(np.full((480, 640, 3), 90, np.uint8), DetectedFace(box, 1.0, np.zeros((5, 2)))) == 0.0


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{}",
        '{"version": "v", "weights": [], "offset": 0, "drawn_from": 0}',
        '{"version": "v", "weights": [NaN], "offset": 0, "drawn_from": 0}',
        '{"version": "v", "weights": [[1]], "offset": 0, "drawn_from": 0}',
        '{"version": "v", "weights": [1], "offset": "x", "drawn_from": 0}',
    ],
)
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "nature.json").write_text(text)
    with pytest.raises(Broken) as broken:
        load_drawn_model(tmp_path / "nature.json")
    assert broken.value.code == "likeness:nature:malformed"


# With the embedded networks


@pytest.fixture(scope="session")
def judge(models: EmbeddedModels) -> NatureJudge:
    model = load_drawn_model()
    assert model.version == models.face_embedder.version, "fit it again: python -m benchmarks.strangers --fit"
    assert model.weights.shape == (models.face_embedder.dimensions,)
    return NatureJudge(model)


def seen(judge: NatureJudge, models: EmbeddedModels, picture: NDArray[np.uint8]) -> list[Nature]:
    look = image(picture)
    tracks = tracks_of(look, models.detector, models.face_embedder)
    return list(judge.natures_of(tracks, look.frames, models.face_embedder.version))


def puppet(size: int = 480) -> NDArray[np.uint8]:
    """A drawn face."""
    sheet = Image.new("RGB", (size, size), "#9fd3ee")
    draw = ImageDraw.Draw(sheet)
    draw.ellipse((100, 70, 380, 430), "#f3c49b", "black", 4)
    for left in (165, 265):
        draw.ellipse((left, 190, left + 55, 225), "white", "black", 3)
        draw.ellipse((left + 18, 196, left + 38, 219), "#4a2d16")
        draw.arc((left - 6, 155, left + 61, 200), 200, 340, "black", 7)
    draw.line((240, 215, 225, 285, 250, 290), "black", 4)
    draw.chord((185, 310, 295, 375), 0, 180, "#b0323a", "black", 3)
    draw.pieslice((90, 40, 390, 260), 180, 360, "#3a2412")
    return np.asarray(sheet)


def test_photographed_people_are_people(
    judge: NatureJudge,
    models: EmbeddedModels,
    astronaut: NDArray[np.uint8],
    crowd: NDArray[np.uint8],
    actor: NDArray[np.uint8],
) -> None:
    natures = [nature for picture in (astronaut, crowd, actor) for nature in seen(judge, models, picture)]
    assert len(natures) == 8
    assert [stranger_band(nature) for nature in natures].count(Band.MATCH) >= 7
    assert Band.NONE not in [stranger_band(nature) for nature in natures]


def test_a_drawn_face_is_not_denied(judge: NatureJudge, models: EmbeddedModels) -> None:
    (nature,) = seen(judge, models, puppet())
    assert (nature.kind, stranger_band(nature)) == (FaceNature.DRAWN, Band.UNSURE)


@pytest.mark.parametrize("name", ["grey", "poster", "median", "small", "noise", "contour"])
def test_a_filter_does_not_clear_a_photograph(
    judge: NatureJudge, models: EmbeddedModels, astronaut: NDArray[np.uint8], name: str
) -> None:
    photograph = Image.fromarray(astronaut)
    filtered = {
        "grey": lambda: photograph.convert("L").convert("RGB"),
        "poster": lambda: photograph.quantize(8).convert("RGB"),
        "median": lambda: photograph.filter(ImageFilter.ModeFilter(7)),
        "small": lambda: photograph.resize((192, 192)),
        "noise": lambda: Image.fromarray(
            np.clip(astronaut + np.random.default_rng(1).normal(0, 20, astronaut.shape), 0, 255).astype(np.uint8)
        ),
        "contour": lambda: photograph.filter(ImageFilter.EDGE_ENHANCE_MORE),
    }[name]()
    natures = seen(judge, models, np.asarray(filtered))
    assert natures
    assert Band.NONE not in [stranger_band(nature) for nature in natures]


def test_a_face_blurred_beyond_telling_is_not_denied(
    judge: NatureJudge, models: EmbeddedModels, astronaut: NDArray[np.uint8]
) -> None:
    natures = seen(judge, models, blurred(astronaut, 7))
    assert Band.MATCH not in [stranger_band(nature) for nature in natures]
