"""The embedded backend's own promises: repeatable, shows who was granted, invents nobody."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import av
import dlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from generator_gateway.backends.animatic import AnimaticBackend
from generator_gateway.backends.drawing.film import compose
from generator_gateway.backends.drawing.portraits import head_of
from generator_gateway.backends.drawing.reading import Ground, Hour, Named, Scene, Weather, read
from generator_gateway.backends.drawing.sound import RATE, track
from generator_gateway.backends.drawing.surface import Moment, to_video
from generator_gateway.ports import CameoReference, MediaInput, RenderOrder
from placet.demo.voices import VOICES, speak
from trust_kernel.errors import InvalidInput
from trust_kernel.media.decode import Decoder
from trust_kernel.media.refs import Look, MediaKind, MediaLimits
from trust_kernel.media.sandbox import Sandbox

Picture = NDArray[np.uint8]

PROMPTS = (
    "A sailboat and a lighthouse at dusk, calm sea, gulls overhead",
    "A red train crossing green hills in the morning, windmill and house",
    "Neon city at night in the rain, a taxi driving by",
    "Desert dunes, golden afternoon, a kite",
    "Snowy alps under a starry night sky, pines and a cabin with a campfire",
    "A quiet reading room, lamp and plant, morning light",
    "A rocket flying past a planet",
    "Coral reef with fish",
    "Foggy forest at dawn",
    "A portrait of a man looking into the camera",
    "Two women talking, close-up of their faces",
)


class Shows:
    """A decoder that has looked already."""

    def __init__(self, *looks: Look) -> None:
        self._looks = iter(looks)

    def look(self, path: Path, limits: MediaLimits, *, fps: float = 2.0, longest: int = 1280) -> Look:  # noqa: ARG002
        return next(self._looks)


def still(order: RenderOrder, share: float = 0.5, looks: Sequence[Look] = ()) -> Picture:
    """One frame as RGB, without the detour through a file."""
    canvas = np.zeros((order.height, order.width, 3), np.uint8)
    moment = Moment(share * order.seconds, share, int(share * order.seconds * 24))
    for layer in compose(order, read(order.prompt, order.seed), looks):
        layer.paint(canvas, moment)
    y, cb, cr = np.moveaxis(canvas.astype(np.float32) - [16, 128, 128], -1, 0) * [
        [[255 / 219]],
        [[255 / 224]],
        [[255 / 224]],
    ]
    rgb = np.stack([y + 1.5748 * cr, y - 0.1873 * cb - 0.4681 * cr, y + 1.8556 * cb], -1)
    return np.asarray(np.clip(rgb, 0, 255), np.uint8)


DETECTOR = dlib.get_frontal_face_detector()  # takes longer to make than to ask


def faces(picture: Picture, larger: int = 0) -> list[int]:
    """Widths of the faces that dlib's HOG detector finds."""
    found = DETECTOR(np.ascontiguousarray(picture), larger)
    return [box.width() for box in found]


@pytest.fixture(scope="module")
def astronaut() -> Picture:
    skimage = pytest.importorskip("skimage")
    with Image.open(str(files(skimage) / "data" / "astronaut.png")) as picture:
        return np.asarray(picture.convert("RGB"), np.uint8)


def image_look(colour: tuple[int, int, int], width: int, height: int) -> Look:
    frames = np.broadcast_to(np.array(colour, np.uint8), (1, height, width, 3)).copy()
    return Look(MediaKind.IMAGE, width, height, 0.0, frames, np.zeros(1), np.zeros(0, np.float32))


def render(backend: AnimaticBackend, order: RenderOrder, path: Path) -> bytes:
    backend.render(order, path, lambda _share: None)
    return path.read_bytes()


def test_equal_orders_give_equal_bytes(tmp_path: Path, astronaut: Picture) -> None:
    voice = speak("Equal bytes.", VOICES["ada"])
    order = RenderOrder("a boat at sea in the rain", 320, 180, 2, 5, (CameoReference("ada", astronaut, voice),))
    first = render(AnimaticBackend(Shows()), order, tmp_path / "first.mp4")
    assert first == render(AnimaticBackend(Shows()), order, tmp_path / "second.mp4")


@pytest.mark.parametrize(("width", "height"), [(320, 180), (180, 320)])
def test_no_left_over_memory_reaches_the_file(tmp_path: Path, width: int, height: int) -> None:
    """x264's macroblock tree read past its rows at such widths: no two renders were equal."""
    films = set()
    for number in range(3):
        scrap = [np.random.default_rng(number).integers(0, 255, 400_000, np.uint8) for _ in range(8)]
        del scrap  # leaves dirty memory to the next allocation
        films.add(
            render(AnimaticBackend(Shows()), RenderOrder("rain", width, height, 1, 1), tmp_path / f"{number}.mp4")
        )
    assert len(films) == 1


def test_another_seed_gives_another_film() -> None:
    first, second = (still(RenderOrder("hills", 320, 180, 2, seed)) for seed in (1, 2))
    assert np.abs(first.astype(int) - second).mean() > 2


def test_the_file_starts_fast_and_says_its_colours(tmp_path: Path) -> None:
    data = render(AnimaticBackend(Shows()), RenderOrder("hills", 320, 180, 1, 1), tmp_path / "out.mp4")
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(tmp_path / "out.mp4")) as file:
        context = file.streams.video[0].codec_context
        assert (context.color_primaries, context.color_trc, context.colorspace, context.color_range) == (1, 1, 1, 1)
        assert file.streams.video[0].average_rate == 24
        assert file.streams.video[0].frames == 24
        assert file.streams.audio[0].rate == 48_000


@pytest.mark.parametrize("prompt", PROMPTS)
def test_without_a_cameo_there_is_no_face(prompt: str) -> None:
    for seed in (1, 2):
        assert faces(still(RenderOrder(prompt, 800, 450, 4, seed), 0.6)) == []


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (720, 1280)])
def test_a_granted_face_is_found_large_in_every_sampled_frame(width: int, height: int, astronaut: Picture) -> None:
    cameos = (CameoReference("ada", astronaut, None), CameoReference("bea", astronaut[:, ::-1].copy(), None))
    for prompt, share in (("snowfield on a bright day", 0.1), ("city at night", 0.6)):
        found = faces(still(RenderOrder(prompt, width, height, 4, 1, cameos), share))
        assert len(found) == 2
        assert min(found) >= 120


def test_a_cameo_granted_for_voice_alone_shows_no_face() -> None:
    cameo = CameoReference("ada", None, np.ones(16_000, np.float32))
    assert faces(still(RenderOrder("a meadow", 960, 540, 4, 1, (cameo,)))) == []


def test_a_small_off_centre_head_is_cropped_close(astronaut: Picture) -> None:
    wide = np.full((700, 1400, 3), 90, np.uint8)
    wide[100:612, 850:1362] = astronaut
    crop = head_of(wide)
    assert max(faces(crop)) > 0.3 * crop.shape[0]


def test_a_portrait_without_a_detectable_face_is_still_shown() -> None:
    order = RenderOrder(
        "a meadow", 640, 360, 2, 1, (CameoReference("x", np.full((90, 50, 3), (255, 0, 255), np.uint8), None),)
    )
    assert tuple(still(order)[150, 320] > [200, 60, 200]) == (True, False, True)


def test_an_input_picture_fills_the_frame() -> None:
    picture = still(RenderOrder("city", 640, 360, 2, 1), looks=[image_look((255, 0, 255), 800, 450)])
    middle = picture[60:280, 100:540].reshape(-1, 3).astype(int).mean(axis=0)
    assert middle[0] > 200
    assert middle[1] < 40


def test_an_input_picture_of_another_shape_is_shown_whole_on_a_panel() -> None:
    tall = image_look((255, 0, 255), 300, 900)
    tall.frames[0, :60] = (0, 255, 0)
    tall.frames[0, -60:] = (0, 255, 0)
    picture = still(RenderOrder("city at night", 640, 360, 2, 1), looks=[tall]).astype(int)
    green = (picture[..., 1] > 170) & (picture[..., 0] < 90)
    rows = np.flatnonzero(green[:, 320])
    assert rows.max() - rows.min() > 200
    assert not green[:, :150].any()


def test_an_input_video_plays() -> None:
    frames = np.zeros((2, 90, 160, 3), np.uint8)
    frames[0, ..., 0], frames[1, ..., 2] = 255, 255
    clip = Look(MediaKind.VIDEO, 160, 90, 2.0, frames, np.array([0.0, 1.0]), np.zeros(0, np.float32))
    order = RenderOrder("city", 320, 180, 2, 1)
    early, late = (still(order, share, [clip])[60, 160] for share in (0.2, 0.8))
    assert early[0] > 150 > early[2]
    assert late[2] > 150 > late[0]


def test_inputs_are_read_by_the_decoder_it_was_given(tmp_path: Path) -> None:
    Image.new("RGB", (320, 180), (255, 0, 255)).save(tmp_path / "in.png")
    order = RenderOrder("city", 320, 180, 1, 1, inputs=(MediaInput(MediaKind.IMAGE, tmp_path / "in.png"),))
    render(AnimaticBackend(Decoder(Sandbox())), order, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as file:
        frame = next(file.decode(video=0)).to_ndarray(format="rgb24")
    assert tuple(frame[60, 160] > [200, 60, 200]) == (True, False, True)


def test_what_the_decoder_refuses_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in.png").write_bytes(b"not a picture")
    order = RenderOrder("city", 320, 180, 1, 1, inputs=(MediaInput(MediaKind.IMAGE, tmp_path / "in.png"),))
    with pytest.raises(InvalidInput):
        render(AnimaticBackend(Decoder(Sandbox())), order, tmp_path / "out.mp4")
    assert not (tmp_path / "out.mp4").exists()


@pytest.mark.parametrize(("seconds", "field"), [(0, "seconds"), (121, "seconds")])
def test_a_length_out_of_range_names_its_field(tmp_path: Path, seconds: int, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        render(AnimaticBackend(Shows()), RenderOrder("x", 320, 180, seconds, 1), tmp_path / "out.mp4")
    assert refusal.value.field == field


def scene(ground: Ground = Ground.HILLS, hour: Hour = Hour.DAY, weather: Weather = Weather.CLEAR) -> Scene:
    return Scene(ground, hour, weather, (), "", 7)


def envelope(sound: NDArray[np.float32]) -> NDArray[np.float64]:
    """Loudness every 20 ms, without what changes over seconds."""
    step = RATE // 50
    loud = np.sqrt((sound[: sound.size // step * step].reshape(-1, step).astype(np.float64) ** 2).mean(axis=1))
    slow = np.convolve(loud, np.ones(50) / 50, "same")
    return np.asarray((loud / np.maximum(slow, 1e-9))[50:-50], np.float64)


@pytest.mark.parametrize("ground", list(Ground))
def test_the_bed_has_none_of_the_rhythm_of_speech(ground: Ground) -> None:
    spoken = envelope(track(scene(), 6, [speak("This is how speech comes and goes, and comes again.", VOICES["ada"])]))
    for hour in (Hour.DAY, Hour.NIGHT):
        bed = envelope(track(scene(ground, hour, Weather.RAIN), 6, []))
        assert bed.std() < 0.35 * spoken.std()


def test_a_voice_is_twenty_decibels_above_the_bed() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(16_000 * 4) / 16_000).astype(np.float32)
    for ground in Ground:
        middle = track(scene(ground, weather=Weather.RAIN), 4, [tone])[RATE : 3 * RATE]
        power = np.abs(np.fft.rfft(middle * np.hanning(middle.size))) ** 2
        wanted = power[1990:2011].sum()
        assert 10 * np.log10(wanted / (power.sum() - wanted)) > 20


def test_two_voices_follow_one_another() -> None:
    at = np.arange(16_000) / 16_000
    low, high = (np.sin(2 * np.pi * tone * at).astype(np.float32) for tone in (500, 3000))
    sound = track(scene(), 4, [low, high])
    for half, loud, quiet in ((sound[: 2 * RATE], 500, 3000), (sound[2 * RATE :], 3000, 500)):
        power = np.abs(np.fft.rfft(half)) ** 2
        at_loud, at_quiet = (power[2 * tone - 20 : 2 * tone + 20].sum() for tone in (loud, quiet))
        assert at_loud > 1000 * at_quiet


@given(st.text(max_size=400), st.integers(0, 2**63 - 1))
@settings(max_examples=150, deadline=None)
def test_any_prompt_reads_as_some_scene_the_same_each_time(prompt: str, seed: int) -> None:
    found = read(prompt, seed)
    assert found == read(prompt, seed)
    assert len(found.props) <= 4
    assert "\n" not in found.caption


@given(st.text(min_size=1, max_size=120))
@settings(max_examples=8, deadline=None)
def test_any_prompt_can_be_drawn(prompt: str) -> None:
    picture = still(RenderOrder(prompt, 128, 72, 1, 1))
    assert picture.std() > 3


@given(st.lists(st.floats(-1, 1, width=32), max_size=300), st.integers(1, 3))
@settings(max_examples=25, deadline=None)
def test_any_source_gives_a_track_of_the_asked_length_in_range(samples: list[float], seconds: int) -> None:
    sound = track(scene(), seconds, [np.array(samples, np.float32)])
    assert sound.size == seconds * RATE
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() <= 0.9


@pytest.mark.parametrize(
    ("prompt", "ground", "hour", "weather"),
    [
        ("Rain over a neon city at midnight", Ground.CITY, Hour.NIGHT, Weather.RAIN),
        ("Tramonto sul mare", Ground.SEA, Hour.DUSK, None),
        ("Snow on the mountains at sunrise", Ground.MOUNTAINS, Hour.DAWN, Weather.SNOW),
        ("An astronaut in space", Ground.SPACE, None, None),
    ],
)
def test_words_choose_the_scene(prompt: str, ground: Ground, hour: Hour | None, weather: Weather | None) -> None:
    found = read(prompt, 1)
    assert found.ground is ground
    assert hour is None or found.hour is hour
    assert weather is None or found.weather is weather


def test_a_colour_word_paints_the_thing_after_it() -> None:
    assert read("a blue sailing boat and a house", 1).props == (Named("boat", (58, 108, 182)), Named("house"))


def test_grey_needs_no_chroma_and_white_is_nominal_white() -> None:
    ramp = to_video(np.array([[(0, 0, 0), (128, 128, 128), (255, 255, 255)]], np.uint8))[0]
    assert ramp.tolist() == [[16, 128, 128], [126, 128, 128], [235, 128, 128]]
