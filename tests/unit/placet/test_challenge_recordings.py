"""Recordings on their way from a file to the registry: what the container says, and what is missing."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from consent_registry.adapters.container_time import container_time
from consent_registry.domain.challenges import ChallengeReason
from likeness_guard.api import Watched
from placet.wiring.watching import Recordings, moment_of, seen_of
from tests.factories.recordings import FPS, SIZE, Recorded, encode
from trust_kernel.errors import InvalidInput
from trust_kernel.media.decode import Decoder
from trust_kernel.media.refs import SAMPLE_RATE, Look, MediaKind
from trust_kernel.media.sandbox import Sandbox

GREY = Recorded(np.full((FPS, SIZE[1], SIZE[0], 3), 90, np.uint8), np.zeros(SAMPLE_RATE, np.float32))
NONE = np.zeros(9)
WATCHED = Watched(
    NONE, NONE.astype(np.intp), NONE, NONE, NONE, NONE, NONE, NONE, 0.0, None, 0.9, (), None, None, ()
)  # fmt: skip


class Blind:
    """Sees nothing, in any recording."""

    def watch(self, look: Look) -> Watched:
        return replace(WATCHED, times=look.times)


def look(times: NDArray[np.float64], duration: float, sounding: float) -> Look:
    frames = np.zeros((len(times), 2, 2, 3), np.uint8)
    return Look(MediaKind.VIDEO, 2, 2, duration, frames, times, np.zeros(round(sounding * SAMPLE_RATE), np.float32))


@pytest.mark.parametrize("said", ["2026-05-01T10:00:00Z", "2026-05-01T10:00:00.000000Z", "2026-05-01T12:00:00+02:00"])
def test_a_containers_time_is_read_in_utc(said: str) -> None:
    assert moment_of(said) == datetime(2026, 5, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize("said", ["", "yesterday", "1970-01-01T00:00:00Z", "1904-01-01T00:00:00Z"])
def test_what_is_no_time_of_a_camera_says_nothing(said: str) -> None:
    assert moment_of(said) is None


def test_a_video_says_when_it_was_recorded_or_nothing(tmp_path: Path) -> None:
    dated = encode(GREY, tmp_path / "dated.mp4", created="2026-05-01T10:00:00Z")
    silent = encode(GREY, tmp_path / "silent.mp4")
    assert moment_of(container_time(source=str(dated), reader="mp4")["created"]) == datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert container_time(source=str(silent), reader="mp4") == {"created": ""}


@pytest.mark.parametrize(
    ("times", "sounding", "missing"),
    [
        (np.arange(0, 5, 0.125), 5.0, 0.125),
        (np.asarray([0.0, 0.1, 2.1, 2.2, 5.0]), 5.0, 2.8),
        (np.arange(0, 5, 0.125), 3.5, 1.5),
        (np.arange(0, 3, 0.125), 5.0, 2.125),
    ],
)
def test_the_longest_hole_counts_in_picture_or_sound(
    times: NDArray[np.float64], sounding: float, missing: float
) -> None:
    assert seen_of(WATCHED, look(times, 5.0, sounding), None).missing == pytest.approx(missing)


def test_a_picture_is_no_recording(tmp_path: Path) -> None:
    from PIL import Image

    path = tmp_path / "still.png"
    Image.new("RGB", (64, 64)).save(path)
    sandbox = Sandbox(threads=1)
    try:
        with pytest.raises(InvalidInput) as refused:
            Recordings(Decoder(sandbox), sandbox, Blind(), 30.0).watch(path)
    finally:
        sandbox.close()
    assert (refused.value.code, refused.value.field) == (ChallengeReason.NO_VIDEO, "recording")
