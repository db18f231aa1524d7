"""What verifying 10 s of 720p takes: with a good credential, with a mark to be found, and with nothing to be found.

Each file goes through the whole desk, as `POST /verify` has it: every reader in a child process of its own. Beside each
stands a plain decode of the same file in the same run, pictures and sound, because a busy machine slows down both.

Run: python -m benchmarks.verify [--clips DIR] [--rounds N] [--json OUT]
Without clips the pictures are drawn by code.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.frame import VideoFrame

from benchmarks.table import save, show
from benchmarks.video_files import decoded
from generator_gateway.api import Headline, Step
from tests.factories.released import Deployment, babble, deployment, pictures_of, sound_of, write_film
from tests.factories.videos import luma_frames

WIDTH, HEIGHT, RATE, SECONDS = 1280, 720, 24, 10.0
GOOD, SEARCHED = 3.0, 8.0
"""Seconds that may pass: with a good credential, and where everything must be searched."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A file to verify.

    Attributes:
        expected: headlines that are right.
        budget: seconds.
    """

    name: str
    path: Path
    expected: frozenset[Headline]
    budget: float


class _Steps:
    """When each step began."""

    def __init__(self) -> None:
        self.at: dict[Step, float] = {}

    def __call__(self, step: Step) -> None:
        """Note one."""
        self.at[step] = time.perf_counter()


def main() -> None:
    """Make the files, verify each some times, show and save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, help="folder of videos; each is cut, or looped, to 10 s of 720p")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="placet-bench-") as folder, deployment(Path(folder)) as house:
        for name, pictures in _sources(chosen.clips):
            for asked in _files(house, name, pictures):
                rows.append(_measure(house, name, asked, chosen.rounds))
                print(".", end="", flush=True)
    show("Verifying 10 s of 1280 x 720 at 24 frames a second, with sound", rows)
    right, within = (sum(bool(row[key]) for row in rows) for key in ("right", "within"))
    print(f"\n{right} of {len(rows)} right, {within} of {len(rows)} within their budget")
    save(chosen.json, {"rows": rows, "right": right, "within": within, "of": len(rows)})


def _sources(clips: Path | None) -> Iterator[tuple[str, Callable[[], Iterator[VideoFrame]]]]:
    if clips is None:
        yield "drawn", _drawn
        return
    for path in sorted(clips.glob("*.mp4")):
        yield path.stem, partial(_cut, path)


def _drawn() -> Iterator[VideoFrame]:
    for luma in luma_frames(width=WIDTH, height=HEIGHT, count=round(SECONDS * RATE), seed=3):
        yield VideoFrame.from_ndarray(luma, "gray").reformat(format="yuv420p")


def _cut(path: Path) -> Iterator[VideoFrame]:
    for frame in decoded(path, SECONDS, looped=True):
        yield frame.reformat(WIDTH, HEIGHT, "yuv420p")


def _files(house: Deployment, name: str, pictures: Callable[[], Iterator[VideoFrame]]) -> list[Asked]:
    """A release, copies of it, and a film from elsewhere."""
    source = house.folder / f"{name}-source.mp4"
    write_film(source, pictures(), babble(SECONDS, seed=1))
    released = house.release(source)
    copy = house.folder / f"{name}-copy.mp4"
    write_film(copy, pictures_of(released.path), sound_of(released.path), crf=28)
    other = house.folder / f"{name}-other.mp4"
    write_film(other, _turned(pictures()), babble(SECONDS, seed=2))
    here = frozenset({Headline.RECOVERED, Headline.MADE_HERE})
    return [
        Asked("good credential", released.path, frozenset({Headline.SIGNED_HERE}), GOOD),
        Asked("copy at CRF 28", copy, here, SEARCHED),
        Asked("from elsewhere", other, frozenset({Headline.NOTHING}), SEARCHED),
    ]


def _turned(frames: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
    """Other pictures of the same kind: upside down and negative, so that no fingerprint is alike."""
    for frame in frames:
        luma = np.asarray(frame.to_ndarray(format="gray"), np.uint8)
        turned = np.ascontiguousarray(255 - luma.T[::-1, ::-1])
        yield VideoFrame.from_ndarray(turned, "gray").reformat(WIDTH, HEIGHT, "yuv420p")


def _measure(house: Deployment, name: str, asked: Asked, rounds: int) -> dict[str, Any]:
    took, plain, marks = [], [], []
    headline = ""
    for _ in range(rounds):
        plain.append(_decode(asked.path))
        steps = _Steps()
        found = house.desk.verify(asked.path, on_step=steps)
        took.append(steps.at[Step.DONE] - steps.at[Step.RECEIVED])
        marks.append(steps.at[Step.FINGERPRINT] - steps.at[Step.RECEIVED])
        headline = found.headline.code
    median = statistics.median(took)
    return {
        "clip": name,
        "file": asked.name,
        "seconds": median,
        "worst": max(took),
        "budget": asked.budget,
        "credential and marks": statistics.median(marks),
        "plain decode": statistics.median(plain),
        "ratio": median / statistics.median(plain),
        "headline": headline.removeprefix("verify:headline:"),
        "right": int(headline in asked.expected),
        "within": int(median <= asked.budget),
    }


def _decode(path: Path) -> float:
    """Seconds that decoding every frame and all sound takes here, in this process."""
    began = time.perf_counter()
    with av.open(str(path)) as file:
        file.streams.video[0].thread_type = "AUTO"
        for _ in file.decode(video=0):
            pass
    with av.open(str(path)) as file:
        for _ in file.decode(audio=0):
            pass
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
