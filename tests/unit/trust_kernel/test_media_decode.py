import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.factories.media import (
    huge_png,
    plain,
    png,
    png_header,
    scene,
    text_bomb_png,
    tone,
    turn,
    write_sound,
    write_video,
)
from trust_kernel.errors import InvalidInput
from trust_kernel.media.decode import Decoder
from trust_kernel.media.reasons import MediaReason
from trust_kernel.media.refs import SAMPLE_RATE, MediaKind, MediaLimits
from trust_kernel.media.sandbox import Sandbox

RED, BLUE, GREEN = (220, 20, 20), (20, 20, 220), (20, 200, 20)
WIDTH, HEIGHT = 160, 96
LIMITS = MediaLimits(decode_seconds=20)


@pytest.fixture(scope="module")
def decoder() -> Decoder:
    return Decoder(Sandbox())


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds: a second of red, one of blue, with a tone."""
    pictures = [plain(WIDTH, HEIGHT, RED)] * 24 + [plain(WIDTH, HEIGHT, BLUE)] * 24
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    return write_video(path, pictures, sound=np.stack([tone(2.0)] * 2), quick_start=True)


def refusal_of(decoder: Decoder, path: Path, limits: MediaLimits = LIMITS) -> InvalidInput:
    with pytest.raises(InvalidInput) as refusal:
        decoder.look(path, limits)
    assert refusal.value.field == "input_reference"
    return refusal.value


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def near(picture: np.ndarray, colour: tuple[int, int, int]) -> bool:
    return bool(np.abs(picture.reshape(-1, 3).mean(axis=0) - colour).max() < 25)


# What a file is


@pytest.mark.parametrize(
    ("name", "mime"),
    [("p.jpg", "image/jpeg"), ("p.png", "image/png"), ("p.webp", "image/webp"), ("p.gif", "image/gif")],
)
def test_a_picture_is_known_by_its_bytes(decoder: Decoder, tmp_path: Path, name: str, mime: str) -> None:
    Image.fromarray(plain(8, 8, RED)).save(tmp_path / name)
    renamed = (tmp_path / name).rename(tmp_path / "movie.mp4")
    found = decoder.identify(renamed)
    assert (found.kind, found.mime, found.size) == (MediaKind.IMAGE, mime, renamed.stat().st_size)


@pytest.mark.parametrize(
    ("name", "codec", "mime"),
    [
        ("s.wav", "pcm_s16le", "audio/wav"),
        ("s.mp3", "libmp3lame", "audio/mpeg"),
        ("s.flac", "flac", "audio/flac"),
        ("s.ogg", "libopus", "audio/ogg"),
        ("s.m4a", "aac", "audio/mp4"),
    ],
)
def test_a_sound_is_known_and_heard(decoder: Decoder, tmp_path: Path, name: str, codec: str, mime: str) -> None:
    path = write_sound(tmp_path / name, tone(1.0)[None], codec=codec)
    found, look = decoder.identify(path), decoder.look(path)
    assert (found.kind, found.mime) == (MediaKind.AUDIO, mime)
    assert (look.kind, look.width, len(look.frames)) == (MediaKind.AUDIO, 0, 0)
    assert look.duration == pytest.approx(1.0, abs=0.1)
    spectrum = np.abs(np.fft.rfft(look.audio))
    assert np.argmax(spectrum) * SAMPLE_RATE / look.audio.size == pytest.approx(440, abs=3)


def test_a_video_that_calls_itself_a_sound_is_a_video(decoder: Decoder, clip: Path, tmp_path: Path) -> None:
    data = clip.read_bytes()
    disguised = written(tmp_path / "song.m4a", data.replace(b"ftypisom", b"ftypM4A ", 1))
    assert decoder.identify(disguised).kind is MediaKind.VIDEO


def test_a_webm_is_known_and_looked_at(decoder: Decoder, tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.webm", [plain(WIDTH, HEIGHT, RED)] * 12, codec="libvpx", sound=tone(0.5)[None])
    assert decoder.identify(path).mime == "video/webm"
    assert near(decoder.look(path).frames[0], RED)


def test_a_moving_gif_is_a_video_and_a_still_one_a_picture(decoder: Decoder, tmp_path: Path) -> None:
    first, second = Image.fromarray(plain(32, 32, RED)), Image.fromarray(plain(32, 32, BLUE))
    first.save(tmp_path / "still.gif")
    first.save(tmp_path / "moving.gif", save_all=True, append_images=[second], duration=300)
    still, moving = decoder.look(tmp_path / "still.gif"), decoder.look(tmp_path / "moving.gif")
    assert (still.kind, moving.kind) == (MediaKind.IMAGE, MediaKind.VIDEO)
    assert near(moving.frames[-1], BLUE)
    assert decoder.identify(tmp_path / "moving.gif").kind is MediaKind.VIDEO


def a_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", bytes(10_000_000))
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"this is not a video",
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b"<!doctype html><video src=x>",
        b"#EXTM3U\n#EXTINF:1,\nhttp://169.254.169.254/\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        b"RIFF\x24\0\0\0AVI LIST",
        b"%PDF-1.7",
        a_zip(),
        b"\xff",
    ],
)
def test_anything_else_is_refused(decoder: Decoder, tmp_path: Path, data: bytes) -> None:
    path = written(tmp_path / "movie.mp4", data)
    assert refusal_of(decoder, path).code == MediaReason.FILE_UNRECOGNISED
    with pytest.raises(InvalidInput):
        decoder.identify(path)


def test_an_empty_file_and_one_past_the_size_limit_are_refused(decoder: Decoder, tmp_path: Path, clip: Path) -> None:
    assert refusal_of(decoder, written(tmp_path / "empty", b"")).code == MediaReason.FILE_EMPTY
    refusal = refusal_of(decoder, clip, MediaLimits(max_bytes=1000))
    assert (refusal.code, refusal.limit) == (MediaReason.FILE_TOO_LARGE, "1000 bytes")


def test_errors_name_the_field_that_the_caller_names(decoder: Decoder, tmp_path: Path) -> None:
    broken = written(tmp_path / "x.png", png(png_header(4, 4)))
    with pytest.raises(InvalidInput) as refusal:
        decoder.look(broken, field="portrait")
    assert refusal.value.field == "portrait"


# Pictures


def test_a_picture_gives_one_frame(decoder: Decoder, tmp_path: Path) -> None:
    picture = scene(64, 48, seed=1)
    Image.fromarray(picture).save(tmp_path / "p.png")
    look = decoder.look(tmp_path / "p.png")
    assert (look.kind, look.width, look.height, look.duration) == (MediaKind.IMAGE, 64, 48, 0.0)
    np.testing.assert_array_equal(look.frames, picture[None])
    assert (look.times.tolist(), look.audio.size) == ([0.0], 0)


def test_a_large_picture_is_made_smaller_but_keeps_its_size_on_record(decoder: Decoder, tmp_path: Path) -> None:
    Image.fromarray(scene(2000, 1000, seed=1)).save(tmp_path / "p.jpg")
    look = decoder.look(tmp_path / "p.jpg", longest=500)
    assert (look.width, look.height, look.frames.shape) == (2000, 1000, (1, 250, 500, 3))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_camera_held_sideways_does_not_matter(decoder: Decoder, tmp_path: Path, orientation: int) -> None:
    upright = Image.fromarray(scene(48, 64, seed=3))
    inverse = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }.get(orientation)
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = upright if inverse is None else upright.transpose(inverse)
    stored.save(tmp_path / "p.png", exif=exif)
    look = decoder.look(tmp_path / "p.png")
    assert (look.width, look.height) == (48, 64)
    np.testing.assert_array_equal(look.frames[0], np.asarray(upright))


def test_what_hides_under_transparency_is_seen_too(decoder: Decoder, tmp_path: Path) -> None:
    hidden = np.dstack([plain(32, 32, RED), np.zeros((32, 32), np.uint8)])
    Image.fromarray(hidden).save(tmp_path / "p.png")
    frames = decoder.look(tmp_path / "p.png").frames
    assert [near(frames[0], (255, 255, 255)), near(frames[1], RED), len(frames)] == [True, True, 2]


@pytest.mark.parametrize("mode", ["L", "LA", "P", "CMYK", "1", "I;16", "YCbCr"])
def test_every_colour_mode_is_seen_as_rgb(decoder: Decoder, tmp_path: Path, mode: str) -> None:
    gray = plain(32, 32, (128, 128, 128))
    picture = (
        Image.fromarray(np.full((32, 32), 128 * 257, np.uint16))
        if mode == "I;16"
        else Image.fromarray(gray).convert(mode)
    )
    suffix = "jpg" if mode in {"CMYK", "YCbCr"} else "png"
    picture.save(tmp_path / f"p.{suffix}")
    look = decoder.look(tmp_path / f"p.{suffix}")
    assert look.frames.shape == (1, 32, 32, 3)
    assert near(look.frames[0], (128, 128, 128))


def test_a_hundred_megapixels_are_refused_by_their_header(decoder: Decoder, tmp_path: Path) -> None:
    path = written(tmp_path / "p.png", huge_png(10_000, 10_000))
    refusal = refusal_of(decoder, path)
    assert (refusal.code, refusal.limit) == (MediaReason.PICTURE_TOO_LARGE, "40000000 pixels")
    assert path.stat().st_size < 200_000


def test_a_note_that_unpacks_without_end_is_refused(decoder: Decoder, tmp_path: Path) -> None:
    path = written(tmp_path / "p.png", text_bomb_png())
    assert refusal_of(decoder, path).code == MediaReason.PICTURE_TOO_LARGE


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_half_a_picture_is_damaged(decoder: Decoder, tmp_path: Path, suffix: str) -> None:
    whole = tmp_path / f"whole.{suffix}"
    Image.fromarray(scene(200, 200, seed=1)).save(whole)
    data = whole.read_bytes()
    half = written(tmp_path / f"half.{suffix}", data[: len(data) // 2])
    assert refusal_of(decoder, half).code == MediaReason.PICTURE_DAMAGED


@pytest.mark.parametrize("suffix", ["png", "webp"])
def test_a_picture_that_moves_is_sent_back(decoder: Decoder, tmp_path: Path, suffix: str) -> None:
    first, second = Image.fromarray(plain(32, 32, RED)), Image.fromarray(plain(32, 32, BLUE))
    first.save(tmp_path / f"p.{suffix}", save_all=True, append_images=[second], duration=300)
    assert refusal_of(decoder, tmp_path / f"p.{suffix}").code == MediaReason.PICTURE_ANIMATED


# Videos


def test_a_video_gives_frames_and_sound_in_one_look(decoder: Decoder, clip: Path) -> None:
    look = decoder.look(clip)
    assert (look.kind, look.width, look.height) == (MediaKind.VIDEO, WIDTH, HEIGHT)
    assert look.duration == pytest.approx(2.0, abs=0.05)
    assert near(look.frames[0], RED)
    assert near(look.frames[-1], BLUE)
    assert look.audio.size / SAMPLE_RATE == pytest.approx(2.0, abs=0.05)
    assert np.sqrt(np.mean(look.audio**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.1)


def test_the_first_and_last_frames_and_two_a_second_are_kept(decoder: Decoder, clip: Path) -> None:
    times = decoder.look(clip).times
    assert times[0] == 0.0
    assert times[-1] == pytest.approx(47 / 24, abs=0.01)
    assert np.diff(times).max() <= 0.5 + 1 / 24


def test_the_frame_after_a_cut_is_kept(decoder: Decoder, tmp_path: Path) -> None:
    pictures = [plain(WIDTH, HEIGHT, RED)] * 29 + [plain(WIDTH, HEIGHT, GREEN)] * 19
    look = decoder.look(write_video(tmp_path / "cut.mp4", pictures))
    assert np.abs(look.times - 29 / 24).min() < 0.01


def test_one_inserted_frame_is_seen(decoder: Decoder, tmp_path: Path) -> None:
    pictures = [scene(WIDTH, HEIGHT, seed=1)] * 48
    pictures[19] = scene(WIDTH, HEIGHT, seed=2)
    look = decoder.look(write_video(tmp_path / "flash.mp4", pictures))
    flash = look.frames[np.argmin(np.abs(look.times - 19 / 24))]
    assert np.abs(flash.astype(int) - pictures[19]).mean() < 12


def test_uneven_frame_times_are_kept(decoder: Decoder, tmp_path: Path) -> None:
    times = [0.0, 0.1, 0.15, 1.5, 3.0]
    pictures = [scene(WIDTH, HEIGHT, seed) for seed in range(5)]
    look = decoder.look(write_video(tmp_path / "vfr.mp4", pictures, times=times))
    assert look.times == pytest.approx(times, abs=0.005)


def test_a_turned_video_is_seen_upright(decoder: Decoder, tmp_path: Path) -> None:
    picture = scene(WIDTH, HEIGHT, seed=1)
    path = turn(write_video(tmp_path / "turned.mp4", [picture] * 12))
    look = decoder.look(path)
    assert (look.width, look.height) == (HEIGHT, WIDTH)
    clockwise = np.rot90(picture, -1).astype(int)
    assert np.abs(look.frames[0] - clockwise).mean() < 12


def test_frames_are_no_larger_than_asked(decoder: Decoder, clip: Path) -> None:
    look = decoder.look(clip, longest=80)
    assert (look.frames.shape[1:3], look.width) == ((48, 80), WIDTH)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("quick_start", [True, False])
def test_a_cut_off_video_is_damaged(decoder: Decoder, tmp_path: Path, share: float, quick_start: bool) -> None:
    whole = write_video(
        tmp_path / "whole.mp4", [np.roll(scene(WIDTH, HEIGHT, 1), i * 9, 1) for i in range(48)], quick_start=quick_start
    )
    data = whole.read_bytes()
    cut = written(tmp_path / "cut.mp4", data[: int(len(data) * share)])
    assert refusal_of(decoder, cut).code == MediaReason.VIDEO_DAMAGED


def test_a_video_with_noise_in_its_middle_is_damaged_and_does_not_hang(decoder: Decoder, tmp_path: Path) -> None:
    pictures = [np.roll(scene(WIDTH, HEIGHT, 1), i * 9, 1) for i in range(48)]
    data = bytearray(write_video(tmp_path / "whole.mp4", pictures, quick_start=True).read_bytes())
    middle = len(data) // 2
    data[middle : middle + 300] = np.random.default_rng(1).bytes(300)
    assert refusal_of(decoder, written(tmp_path / "noise.mp4", bytes(data))).code == MediaReason.VIDEO_DAMAGED


def test_two_hours_are_too_long_and_known_without_decoding(decoder: Decoder, tmp_path: Path) -> None:
    path = write_video(tmp_path / "long.mp4", [plain(64, 64, RED)] * 4, times=[0, 1, 2, 7200])
    refusal = refusal_of(decoder, path)
    assert (refusal.code, refusal.limit) == (MediaReason.VIDEO_TOO_LONG, "10 seconds")


def test_a_file_that_hides_its_length_is_measured_while_decoding(decoder: Decoder, tmp_path: Path) -> None:
    path = write_video(
        tmp_path / "live.webm", [plain(64, 64, RED)] * 60, codec="libvpx", fps=4, container_options={"live": "1"}
    )
    assert refusal_of(decoder, path).code == MediaReason.VIDEO_TOO_LONG


def test_a_sound_past_the_limit_is_refused(decoder: Decoder, tmp_path: Path) -> None:
    path = write_sound(tmp_path / "s.flac", tone(12.0)[None], codec="flac")
    assert refusal_of(decoder, path).code == MediaReason.SOUND_TOO_LONG


def test_frames_past_the_pixel_limit_are_refused(decoder: Decoder, clip: Path) -> None:
    refusal = refusal_of(decoder, clip, MediaLimits(max_pixels=1000))
    assert (refusal.code, refusal.limit) == (MediaReason.VIDEO_TOO_LARGE, "1000 pixels")


def test_a_video_of_nothing_but_cuts_is_refused_rather_than_half_seen(decoder: Decoder, tmp_path: Path) -> None:
    strobe = [plain(64, 64, (0, 0, 0)), plain(64, 64, (255, 255, 255))] * 30
    path = write_video(tmp_path / "strobe.mp4", strobe, fps=30)
    assert refusal_of(decoder, path).code == MediaReason.VIDEO_TOO_RESTLESS


def test_a_codec_that_is_not_taken_is_refused(decoder: Decoder, tmp_path: Path) -> None:
    path = write_video(tmp_path / "old.mkv", [plain(64, 64, RED)] * 6, codec="mpeg1video")
    assert refusal_of(decoder, path).code == MediaReason.VIDEO_CODEC


def test_several_sound_tracks_are_refused(decoder: Decoder, tmp_path: Path) -> None:
    path = write_video(tmp_path / "two.mp4", [plain(64, 64, RED)] * 6, sound=tone(0.3)[None], sound_tracks=2)
    assert refusal_of(decoder, path).code == MediaReason.FILE_MANY_STREAMS


def test_decoding_too_long_is_refused(decoder: Decoder, clip: Path) -> None:
    refusal = refusal_of(decoder, clip, MediaLimits(decode_seconds=0.05))
    assert refusal.code == MediaReason.DECODE_TOO_COSTLY


def test_a_voice_in_opposite_phase_on_two_channels_is_heard(decoder: Decoder, tmp_path: Path) -> None:
    voice = tone(1.0)
    path = write_sound(tmp_path / "s.wav", np.stack([voice, -voice]), codec="pcm_s16le")
    assert np.abs(decoder.look(path).audio).max() > 0.4


# Previews


def test_a_still_is_the_frame_on_show(decoder: Decoder, clip: Path) -> None:
    assert near(decoder.still(clip, 0.2), RED)
    assert near(decoder.still(clip, 1.5, longest=80), BLUE)
    assert decoder.still(clip, 1.5, longest=80).shape == (48, 80, 3)
    assert near(decoder.still(clip, 99), BLUE)


def test_a_poster_is_a_webp(decoder: Decoder, clip: Path) -> None:
    made = decoder.poster(clip)
    poster = Image.open(io.BytesIO(made))
    assert (poster.format, poster.size) == ("WEBP", (WIDTH, HEIGHT))
    assert near(np.asarray(poster.convert("RGB")), RED)
    assert decoder.stills(clip).poster == made


def test_a_sprite_sheet_is_a_jpeg_of_twenty_frames_in_order(decoder: Decoder, clip: Path) -> None:
    sheet = Image.open(io.BytesIO(decoder.stills(clip).sheet))
    assert (sheet.format, sheet.size) == ("JPEG", (5 * WIDTH, 4 * HEIGHT))
    tiles = np.asarray(sheet.convert("RGB"))
    assert near(tiles[:HEIGHT, :WIDTH], RED)
    assert near(tiles[-HEIGHT:, -WIDTH:], BLUE)


def test_a_sheet_shows_a_frame_once_where_a_video_has_few(decoder: Decoder, tmp_path: Path) -> None:
    few = write_video(tmp_path / "few.mp4", [plain(64, 48, RED), plain(64, 48, BLUE)], fps=2)
    stills = decoder.stills(few)
    assert Image.open(io.BytesIO(stills.sheet)).size == (2 * 64, 48)
    assert near(np.asarray(Image.open(io.BytesIO(stills.poster)).convert("RGB")), BLUE)


def test_the_stills_of_a_large_video_are_of_three_sizes(decoder: Decoder, tmp_path: Path) -> None:
    large = write_video(tmp_path / "large.mp4", [plain(1280, 720, RED)] * 24)
    stills = decoder.stills(large)
    sizes = [Image.open(io.BytesIO(one)).size for one in (stills.poster, stills.small, stills.sheet)]
    assert sizes == [(640, 360), (320, 180), (5 * 320, 4 * 180)]


def test_a_picture_has_a_poster_too(decoder: Decoder, tmp_path: Path) -> None:
    Image.fromarray(plain(64, 64, RED)).save(tmp_path / "p.png")
    stills = decoder.stills(tmp_path / "p.png")
    assert Image.open(io.BytesIO(stills.poster)).format == "WEBP"
    assert Image.open(io.BytesIO(stills.sheet)).size == (64, 64)


def test_a_sound_has_no_poster(decoder: Decoder, tmp_path: Path) -> None:
    path = write_sound(tmp_path / "s.flac", tone(0.5)[None], codec="flac")
    with pytest.raises(InvalidInput) as refusal:
        decoder.poster(path)
    assert refusal.value.code == MediaReason.FILE_NO_STREAM
