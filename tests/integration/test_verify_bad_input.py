"""Every file that is not what it says gets a clear answer, soon, and nothing breaks."""

import io
import struct
import time
import wave
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generator_gateway.api import Headline, MarkState, Verification, wording
from tests.factories.media import huge_png, text_bomb_png
from tests.factories.odd_media import frames_of, gray, spoil, stripes, write
from tests.factories.released import Deployment, deployment
from watermark.api import CredentialState

UNREADABLE = {MarkState.UNREADABLE, MarkState.ABSENT}
PATIENCE = 60.0


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployment(tmp_path_factory.mktemp("deployment")) as made:
        yield made


def asked(house: Deployment, path: Path) -> Verification:
    """The answer, which must come in time and put into words."""
    began = time.monotonic()
    found = house.desk.verify(path)
    assert time.monotonic() - began < PATIENCE
    words = wording("en")
    assert found.headline.code in words.codes
    assert all(note.code in words.codes for note in found.notes)
    assert found.release is None
    return found


def zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("film.mp4", b"\0" * 1000)
    return packed.getvalue()


def nested(depth: int) -> bytes:
    """An MP4 whose boxes lie in each other."""
    body = b""
    for _ in range(depth):
        body = struct.pack(">I4s", 8 + len(body), b"moov") + body
    return struct.pack(">I4s4sI4s", 20, b"ftyp", b"isom", 0, b"isom") + body


def endless() -> bytes:
    """A box that says that it is longer than any file."""
    return struct.pack(">I4s4sI4s", 20, b"ftyp", b"isom", 0, b"isom") + struct.pack(">I4sQ", 1, b"mdat", 1 << 62)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><title><script>alert(1)</script></title></svg>'
NO_MEDIA = {
    "nothing.mp4": b"",
    "byte.mp4": b"x",
    "text.mp4": b"garbage" * 100,
    "zeros.mp4": b"\0" * 5000,
    "zip.mp4": zipped(),
    "script.svg": SVG,
    "nested.mp4": nested(2000),
    "endless.mp4": endless(),
    "playlist.mp4": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
    "concat.mp4": b"ffconcat version 1.0\nfile /etc/passwd\n",
    "elf.mp4": b"\x7fELF" + bytes(200),
    "truncated.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
}


@pytest.mark.parametrize("name", NO_MEDIA)
def test_what_is_no_medium_is_answered_calmly(house: Deployment, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(NO_MEDIA[name])
    found = asked(house, path)
    assert {found.picture.state, found.sound.state} <= UNREADABLE
    assert found.headline.code in {
        Headline.MALFORMED,
        Headline.NOTHING,
        Headline.CREDENTIAL_UNREADABLE,
        Headline.TOO_COSTLY,
    }
    assert not found.credential.is_sound


@pytest.mark.parametrize("bomb", ["picture", "note"])
def test_a_picture_that_unpacks_to_more_than_there_is_room_for_is_not_read(
    house: Deployment, tmp_path: Path, bomb: str
) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(huge_png(20_000, 20_000) if bomb == "picture" else text_bomb_png())
    found = asked(house, path)
    assert found.credential.state is not CredentialState.TRUSTED


def test_a_picture_of_one_pixel_is_looked_at(house: Deployment, tmp_path: Path) -> None:
    path = tmp_path / "dot.png"
    Image.new("RGB", (1, 1), (200, 10, 10)).save(path)
    found = asked(house, path)
    assert found.picture.state in {MarkState.NOT_FOUND, MarkState.UNREADABLE}


def test_a_video_of_one_frame_without_sound_is_looked_at(house: Deployment, tmp_path: Path) -> None:
    path = write(tmp_path / "one.mp4", frames_of(gray(64, 64, 90, 1), "rgb24", "yuv420p"))
    found = asked(house, path)
    assert (found.picture.state, found.sound.state) == (MarkState.NOT_FOUND, MarkState.ABSENT)
    assert found.headline.code == Headline.NOTHING


def test_a_video_that_is_corrupt_in_the_middle_is_answered(house: Deployment, tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.mp4", frames_of(stripes(320, 180, 48), "rgb24", "yuv420p"))
    found = asked(house, spoil(whole, tmp_path / "spoilt.mp4"))
    assert found.picture.state in {MarkState.NOT_FOUND, MarkState.UNREADABLE}


def test_sound_alone_is_listened_to(house: Deployment, tmp_path: Path) -> None:
    path = tmp_path / "noise.wav"
    noise = np.random.default_rng(0).integers(-9000, 9000, 3 * 16_000, dtype=np.int16)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(noise.tobytes())
    found = asked(house, path)
    assert (found.picture.state, found.sound.state) == (MarkState.ABSENT, MarkState.NOT_FOUND)


def test_a_name_that_points_elsewhere_is_no_trap(house: Deployment, tmp_path: Path) -> None:
    path = tmp_path / "-i ..%2f..%2f;rm \u202e4pm.exe.mp4"
    path.write_bytes(b"garbage")
    assert asked(house, path).size == 7
