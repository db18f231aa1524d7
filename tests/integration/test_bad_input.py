"""Strange media through the real decoder and the real networks: each is looked at whole, or refused by name.

Hostile model packs are tested with the packs; bad requests over HTTP in tests/e2e/test_bad_input.py.
"""

import io
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import httpx
import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray
from PIL import Image, features

from likeness_guard.adapters.stack import EmbeddedModels, embedded_models
from likeness_guard.api import Examination, Gallery, LikenessGuard, Modality, Senses
from likeness_guard.ports import DetectedFace, Picture, Vectors
from placet.app import build_app
from placet.demo.voices import VOICES, speak
from tests.factories.databases import sqlite_at
from tests.factories.media import png, scene, turn, write_sound, write_video
from tests.fakes.likeness import fake_calibration, fake_calibrations, fake_guard, image, shared_models
from tests.integration.deployments import PASSWORD, house
from tests.unit.likeness_guard.conftest import packaged
from trust_kernel.db import Database
from trust_kernel.errors import InvalidInput, PlacetError
from trust_kernel.inference.sessions import SessionFactory
from trust_kernel.media.decode import Decoder
from trust_kernel.media.reasons import MediaReason
from trust_kernel.media.refs import SAMPLE_RATE, MediaLimits
from trust_kernel.media.sandbox import Sandbox

RATE = 48_000
LIMITS = MediaLimits(decode_seconds=25)
WAIT = 6.0
"""Seconds within which what is too long is refused; decoding an hour takes longer."""


class Eye:
    """Decodes a file in the sandbox and says who is in it."""

    def __init__(self, guard: LikenessGuard, folder: Path) -> None:
        self.guard = guard
        self.folder = folder
        self._decoder = Decoder(Sandbox())

    def sees(self, path: Path) -> Examination:
        """Everyone in a file."""
        return self.guard.examine(self._decoder.look(path, LIMITS))

    def knows(self, path: Path) -> set[str | None]:
        """Enrolled people in a file; None for a stranger."""
        return {sighting.about for sighting in self.sees(path).sightings}

    def refuses(self, path: Path) -> InvalidInput:
        """Why a file is not looked at."""
        with pytest.raises(InvalidInput) as refusal:
            self._decoder.look(path, LIMITS)
        assert refusal.value.field == "input_reference"
        return refusal.value

    def file(self, name: str, data: bytes) -> Path:
        """A file of some bytes."""
        path = self.folder / name
        path.write_bytes(data)
        return path

    def picture(self, name: str, shown: NDArray[Any], **options: Any) -> Path:
        """A file of a picture, by Pillow."""
        path = self.folder / name
        Image.fromarray(shown).save(path, **options)
        return path


@pytest.fixture(scope="module")
def models() -> EmbeddedModels:
    return embedded_models(shared_models(), SessionFactory())


@pytest.fixture(scope="module")
def face() -> NDArray[np.uint8]:
    """A person, 256 pixels square."""
    whole = packaged("scikit-image", "data/astronaut.png")
    return np.ascontiguousarray(whole[:256, 96:352])


@pytest.fixture(scope="module")
def voice() -> NDArray[np.float32]:
    """What the person says, five seconds at 48 kHz."""
    said = speak("The old lighthouse keeper counted seven boats before the storm came in.", VOICES["ada"])
    return np.repeat(said, RATE // SAMPLE_RATE)[: 5 * RATE]


@pytest.fixture(scope="module")
def guard(
    models: EmbeddedModels,
    face: NDArray[np.uint8],
    voice: NDArray[np.float32],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[LikenessGuard]:
    """The networks, and one enrolled person."""
    folder = tmp_path_factory.mktemp("guard")
    database = sqlite_at(folder / "likeness.db")
    made = guard_of(database, folder, models)
    made.enrol("subj_a", [face], [voice[:: RATE // SAMPLE_RATE].copy()])
    yield made
    database.dispose()


def guard_of(database: Database, folder: Path, models: EmbeddedModels, **changes: Any) -> LikenessGuard:
    senses = Senses(
        detector=models.detector,
        activity=models.activity,
        face=changes.get("face", models.face_embedder),
        voice=models.voice_embedder,
    )
    calibrations = fake_calibrations(
        fake_calibration(models.face_embedder.version, Modality.FACE, 0.94, 0.92),
        fake_calibration(models.voice_embedder.version, Modality.VOICE, 0.5, 0.43),
    )
    return fake_guard(database, folder / "root.key", senses, calibrations)


@pytest.fixture
def eye(guard: LikenessGuard, tmp_path: Path) -> Eye:
    return Eye(guard, tmp_path)


def landscape(height: int = 256, width: int = 256, seed: int = 3) -> NDArray[np.uint8]:
    """A picture without anybody."""
    return scene(width, height, seed).copy()


# Pictures


def test_a_picture_of_nobody_shows_nobody(eye: Eye) -> None:
    seen = eye.sees(eye.picture("p.png", landscape()))
    assert (seen.faces, seen.sightings) == (0, ())


def test_sixty_faces_are_sixty(eye: Eye, face: NDArray[np.uint8]) -> None:
    small = np.asarray(Image.fromarray(face).resize((128, 128), Image.Resampling.LANCZOS))
    seen = eye.sees(eye.picture("p.png", np.tile(small, (6, 10, 1))))
    assert seen.faces == 60
    assert len(seen.sightings) == 60


def test_a_face_of_twenty_pixels_gets_an_answer(eye: Eye, face: NDArray[np.uint8]) -> None:
    canvas = np.full((360, 640, 3), 120, np.uint8)
    canvas[100:148, 300:348] = np.asarray(Image.fromarray(face).resize((48, 48), Image.Resampling.LANCZOS))
    seen = eye.sees(eye.picture("p.png", canvas))
    assert seen.faces <= 1
    assert all(np.isfinite(sighting.score) for sighting in seen.sightings)


@pytest.mark.parametrize("kind", ["cmyk.jpg", "grey.jpg", "palette.png", "deep.png", "lossless.webp", "alpha.png"])
def test_a_person_is_known_in_every_kind_of_picture(eye: Eye, face: NDArray[np.uint8], kind: str) -> None:
    picture = Image.fromarray(face)
    path = eye.folder / kind
    match kind:
        case "cmyk.jpg":
            picture.convert("CMYK").save(path, quality=92)
        case "grey.jpg":
            picture.convert("L").save(path, quality=92)
        case "palette.png":
            picture.quantize(256).save(path)
        case "deep.png":
            path.write_bytes(deep_png(face))
        case "lossless.webp":
            picture.save(path, lossless=True)
        case _:
            picture.putalpha(0)  # nothing is shown, and everything is there
            picture.save(path)
    assert "subj_a" in eye.knows(path)


def test_grey_of_sixteen_bits_is_scaled_not_clipped(eye: Eye, face: NDArray[np.uint8]) -> None:
    grey = np.asarray(Image.fromarray(face).convert("L"), np.uint16) * 257
    assert eye.knows(eye.picture("p.png", grey)) == {"subj_a"}


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_picture_that_lies_on_its_side_is_turned_first(eye: Eye, face: NDArray[np.uint8], orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(np.rot90(face, {3: 2, 6: 1, 8: 3}[orientation]))
    assert eye.knows(eye.picture("p.jpg", stored, exif=exif, quality=92)) == {"subj_a"}


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
def test_avif_is_looked_at_and_a_sequence_refused(eye: Eye, face: NDArray[np.uint8]) -> None:
    assert eye.knows(eye.picture("p.avif", face, quality=80)) == {"subj_a"}
    moving = eye.picture("s.avif", landscape(), save_all=True, append_images=[Image.fromarray(face)])
    assert eye.refuses(moving).code == MediaReason.PICTURE_ANIMATED


@pytest.mark.parametrize("brand", [b"heic", b"mif1", b"heix", b"msf1"])
def test_heic_is_refused_by_its_name(eye: Eye, brand: bytes) -> None:
    refusal = eye.refuses(eye.file("p.heic", b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0mif1heic" + bytes(200)))
    assert refusal.code == MediaReason.FILE_UNRECOGNISED
    assert "HEIC" in refusal.detail
    assert "JPEG" in str(refusal.limit)


def test_the_second_picture_of_a_jpeg_is_looked_at(eye: Eye, face: NDArray[np.uint8]) -> None:
    beside = Image.fromarray(face).resize((200, 200))
    path = eye.picture("p.jpg", landscape(), format="MPO", save_all=True, append_images=[beside])
    assert eye.knows(path) == {"subj_a"}


def test_a_jpeg_of_very_many_pictures_is_refused(eye: Eye) -> None:
    further = [Image.fromarray(landscape(64, 64, seed)) for seed in range(9)]
    refusal = eye.refuses(eye.picture("p.jpg", landscape(64, 64), format="MPO", save_all=True, append_images=further))
    assert (refusal.code, refusal.limit) == (MediaReason.PICTURE_ANIMATED, "4 in a file")


@pytest.mark.parametrize("name", ["p.png", "p.webp"])
@pytest.mark.parametrize("hidden_first", [False, True])
def test_a_moving_picture_is_sent_back(eye: Eye, face: NDArray[np.uint8], name: str, hidden_first: bool) -> None:
    options: dict[str, Any] = {"save_all": True, "append_images": [Image.fromarray(face)], "duration": 300}
    if hidden_first and name == "p.png":
        options["default_image"] = True  # shown only where animation is not understood
    refusal = eye.refuses(eye.picture(name, landscape(), **options))
    assert (refusal.code, refusal.limit) == (MediaReason.PICTURE_ANIMATED, "1 in a file")


# Moving pictures


@pytest.mark.parametrize("seconds", [(2000, 100, 2000), (10, 490, 10), (400, 20, 20)])
def test_every_picture_of_a_gif_is_looked_at(eye: Eye, face: NDArray[np.uint8], seconds: tuple[int, ...]) -> None:
    shown = [landscape(), face, landscape()]
    first, *others = [Image.fromarray(picture).quantize(128) for picture in shown]
    path = eye.folder / "p.gif"
    first.save(path, save_all=True, append_images=others, duration=list(seconds), loop=0)
    assert "subj_a" in eye.knows(path)


def inserted(face: NDArray[np.uint8], side: int = 112) -> NDArray[np.uint8]:
    """The landscape with a face in a corner: 5 % of the picture."""
    picture = landscape(360, 640)
    picture[40 : 40 + side, 60 : 60 + side] = np.asarray(Image.fromarray(face).resize((side, side)))
    return picture


def test_a_face_on_show_between_two_samples_is_seen_where_frames_last_unevenly(
    eye: Eye, face: NDArray[np.uint8]
) -> None:
    times = [moment for slot in range(4) for moment in (slot * 0.5, slot * 0.5 + 0.01)]
    path = write_video(eye.folder / "v.mp4", [landscape(360, 640), inserted(face)] * 4, times=times)
    assert "subj_a" in eye.knows(path)


def test_a_face_in_every_frame_but_those_of_the_grid_is_seen(eye: Eye, face: NDArray[np.uint8]) -> None:
    clean, other = landscape(360, 640), inserted(face)
    path = write_video(eye.folder / "v.mp4", [clean if number % 12 == 0 else other for number in range(36)])
    assert "subj_a" in eye.knows(path)


def test_a_turned_video_is_seen_upright(eye: Eye, face: NDArray[np.uint8]) -> None:
    lying = np.ascontiguousarray(np.rot90(face))
    assert "subj_a" in eye.knows(turn(write_video(eye.folder / "v.mp4", [lying] * 12)))


@pytest.mark.parametrize("name", ["v.mp4", "v.webm"])
def test_a_video_that_is_corrupt_in_its_middle_is_refused(eye: Eye, name: str) -> None:
    pictures = [np.roll(landscape(), 7 * number, 1) for number in range(48)]
    whole = eye.folder / name
    if name == "v.mp4":
        write_video(whole, pictures, quick_start=True)
    else:
        write_video(whole, pictures, codec="libvpx")
    data = bytearray(whole.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 1500] = np.random.default_rng(2).bytes(1500)
    refusal = eye.refuses(eye.file(f"broken-{name}", bytes(data)))
    assert refusal.code in {MediaReason.VIDEO_DAMAGED, MediaReason.VIDEO_TOO_LONG}


# Sounds


def test_a_voice_from_an_eight_kilohertz_telephone_is_heard(eye: Eye, voice: NDArray[np.float32]) -> None:
    path = write_sound(eye.folder / "s.wav", voice[None, ::6].copy(), codec="pcm_s16le", rate=8000)
    seen = eye.sees(path)
    assert seen.speech_seconds > 2
    assert seen.sightings


@pytest.mark.parametrize("channel", [2, 3, 6], ids=["centre", "bass", "rear"])
def test_a_voice_in_one_of_eight_channels_is_known_beneath_the_music_of_the_others(
    eye: Eye, voice: NDArray[np.float32], channel: int
) -> None:
    channels = surround(voice.size)
    channels[channel] = voice / np.abs(voice).max() * 0.5
    assert "subj_a" in eye.knows(write_surround(eye.folder / "s.wav", channels))


def test_a_voice_that_the_other_channel_takes_away_is_known(eye: Eye, voice: NDArray[np.float32]) -> None:
    music = surround(voice.size)[0]
    sound = np.stack([music + voice * 0.4, -music])
    assert "subj_a" in eye.knows(write_sound(eye.folder / "s.wav", sound, codec="pcm_s16le"))


def test_channels_that_say_the_same_are_heard_once(eye: Eye, voice: NDArray[np.float32]) -> None:
    path = write_sound(eye.folder / "s.wav", np.stack([voice, voice * 0.5]), codec="pcm_s16le")
    look = Decoder(Sandbox()).look(path, LIMITS)
    assert look.audio.size / SAMPLE_RATE == pytest.approx(look.duration, abs=0.01)


def test_silence_holds_nobody(eye: Eye) -> None:
    path = write_sound(eye.folder / "s.flac", np.zeros((2, 3 * RATE), np.float32), codec="flac")
    seen = eye.sees(path)
    assert (seen.sightings, seen.speech_seconds) == ((), 0.0)


def test_numbers_that_are_none_are_silence(eye: Eye) -> None:
    wild = np.zeros((1, 2 * RATE), np.float32)
    wild[0, ::3], wild[0, 1::3] = np.nan, np.inf
    look = Decoder(Sandbox()).look(write_sound(eye.folder / "s.wav", wild, codec="pcm_f32le"), LIMITS)
    assert np.isfinite(look.audio).all()
    assert np.abs(look.audio).max() <= 1


@pytest.mark.parametrize("name", ["s.wav", "s.mp3", "s.flac", "s.ogg", "s.m4a"])
def test_an_hour_of_sound_is_refused_at_once(eye: Eye, name: str) -> None:
    path = an_hour(eye.folder / name)
    began = time.monotonic()
    refusal = eye.refuses(path)
    assert (refusal.code, refusal.limit) == (MediaReason.SOUND_TOO_LONG, "10 seconds")
    assert time.monotonic() - began < WAIT


def test_a_minute_that_calls_itself_a_second_is_refused_where_it_passes_the_limit(eye: Eye) -> None:
    tone = np.full((1, RATE * 60), 0.1, np.float32)
    data = bytearray(write_sound(eye.folder / "s.wav", tone, codec="pcm_s16le").read_bytes())
    at = data.index(b"data") + 4
    data[at : at + 4] = struct.pack("<I", RATE * 2)
    short = eye.file("short.wav", bytes(data))
    try:
        look = Decoder(Sandbox()).look(short, LIMITS)
    except InvalidInput as refusal:
        assert refusal.code in {MediaReason.SOUND_TOO_LONG, MediaReason.SOUND_DAMAGED}  # noqa: PT017 - either is right
    else:
        assert look.duration <= 2  # what a player plays of it


# Numbers that are none, from a network


class Blank:
    """A face network that has lost its mind."""

    def __init__(self, version: str, dimensions: int) -> None:
        self.version = version
        self.dimensions = dimensions

    def embed(self, faces: list[tuple[Picture, DetectedFace]]) -> Vectors:
        """Not a number, for every face."""
        return np.full((len(faces), self.dimensions), np.nan, np.float32)


def test_vectors_that_are_no_numbers_never_clear_a_face(
    models: EmbeddedModels, face: NDArray[np.uint8], tmp_path: Path
) -> None:
    database = sqlite_at(tmp_path / "likeness.db")
    healthy = guard_of(database, tmp_path, models)
    healthy.enrol("subj_a", [face], [])
    broken = guard_of(database, tmp_path, models, face=Blank(models.face_embedder.version, 128))
    try:
        seen = broken.examine(image(face))
    except PlacetError as error:
        assert error.code  # noqa: PT017 - an outage is an answer too
    else:
        assert [sighting.gallery for sighting in seen.sightings] == [Gallery.STRANGER]
    with pytest.raises(PlacetError):
        broken.enrol("subj_b", [face], [])
    database.dispose()


# Over HTTP


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A requester of a whole deployment."""
    with house(tmp_path_factory.mktemp("house")) as built:
        accounts = built.kernel.accounts
        account = accounts.register("ada@placet.test", PASSWORD, ["requester"], "Ada").id
        key = accounts.issue_key(account, "tests", accounts.permissions(account)).plaintext
        with TestClient(build_app(built), headers={"authorization": f"Bearer {key}"}) as made:
            yield made


def encoded(shown: NDArray[np.uint8], kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(shown).save(buffer, kind, **options)
    return buffer.getvalue()


def two_soundtracks() -> bytes:
    with TemporaryDirectory() as folder:
        pictures = [landscape(64, 64)] * 6
        sound = np.zeros((1, RATE // 4), np.float32)
        return write_video(Path(folder) / "v.mp4", pictures, sound=sound, sound_tracks=2).read_bytes()


ANSWERS: dict[str, tuple[Callable[[], bytes], MediaReason | None]] = {
    "HEIC": (lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99), MediaReason.FILE_UNRECOGNISED),
    "nothing": (lambda: b"", MediaReason.FILE_EMPTY),
    "two soundtracks": (two_soundtracks, MediaReason.FILE_MANY_STREAMS),
    "a grey JPEG": (lambda: encoded(landscape()[..., 0], "JPEG"), None),
    "an AVIF": (lambda: encoded(landscape(), "AVIF"), None),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_upload_is_taken_or_refused_by_field_and_reason(client: TestClient, name: str) -> None:
    make, reason = ANSWERS[name]
    answer = client.post(
        "/v1/videos",
        data={"prompt": "A kite over the dunes", "seconds": "1", "size": "640x360"},
        files={"input_reference": ("file.bin", make())},
    )
    if reason is None:
        assert answer.status_code == httpx.codes.OK, answer.text
        return
    problem = answer.json()
    assert answer.is_client_error
    assert answer.headers["content-type"] == "application/problem+json"
    assert (problem["code"], problem["field"]) == (reason, "input_reference")


# Assets


def deep_png(picture: NDArray[np.uint8]) -> bytes:
    """RGB of sixteen bits a channel."""
    height, width = picture.shape[:2]
    rows = picture.astype(">u2") * 257
    packed = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows.astype(">u2")))
    head = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    return png((b"IHDR", head), (b"IDAT", packed), (b"IEND", b""))


def surround(samples: int) -> NDArray[np.float32]:
    """Eight channels: music in front and at the sides, float32 (8, samples)."""
    moments = np.arange(samples) / RATE
    channels = np.zeros((8, samples), np.float32)
    for channel, notes in ((0, (262, 330, 392)), (1, (294, 349, 440)), (4, (196, 247)), (5, (220, 277))):
        beat = np.exp(-3 * (moments % 0.5))
        channels[channel] = 0.25 * beat * sum(np.sin(2 * np.pi * note * moments) for note in notes)
    return channels


def write_surround(path: Path, channels: NDArray[np.float32]) -> Path:
    """A WAV of 7.1 channels."""
    with av.open(str(path), "w") as container:
        track = container.add_stream("pcm_s16le", rate=RATE, layout="7.1")
        samples = np.ascontiguousarray((np.clip(channels, -1, 1) * 32767).astype(np.int16).T).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="7.1")
        frame.sample_rate = RATE
        for piece in (frame, None):
            container.mux(track.encode(piece))
    return path


def an_hour(path: Path) -> Path:
    """An hour of a low tone, at the lowest rates there are; of what is dear to encode, a minute 60 times over."""
    codec = {"s.wav": "pcm_mulaw", "s.mp3": "libmp3lame", "s.flac": "flac", "s.ogg": "libopus", "s.m4a": "aac"}
    times = 1 if path.name in {"s.wav", "s.flac"} else 60
    with av.open(str(path), "w") as container:
        track: Any = container.add_stream(codec[path.name], rate=8000, layout="mono")
        second = (3000 * np.sin(np.arange(24_000) / 20)).astype(np.int16)[None]
        resampler = av.AudioResampler(track.codec_context.format, "mono", 8000, track.codec_context.frame_size or 8000)
        packets = []
        for number in range(1200 // times):
            frame = av.AudioFrame.from_ndarray(second, format="s16", layout="mono")
            frame.sample_rate, frame.pts = 8000, number * 24_000
            packets += [packet for piece in resampler.resample(frame) for packet in track.encode(piece)]
        packets += track.encode(None)
        if times > 1:
            packets = repeated(packets, times)
        for packet in packets:
            container.mux(packet)
    return path


def repeated(packets: list[Any], times: int) -> list[Any]:
    """Packets of a sound over and over, their times going on."""
    length = sum(packet.duration or 0 for packet in packets)
    made = []
    for number in range(times):
        for packet in packets:
            again = av.Packet(bytes(packet))
            again.stream, again.time_base, again.duration = packet.stream, packet.time_base, packet.duration
            again.pts = again.dts = (packet.pts or 0) + number * length
            again.is_keyframe = True
            made.append(again)
    return made
