"""What the scan of one finished video costs, beside decoding it, and what looking at one photo costs.

    python -m benchmarks.scan [--seconds 10] [--runs 5] [--of 1000] [--json OUT]

A 720p video with two faces that move, three cuts and speech goes through the whole output scan (`output_gates.judge`):
decoding in the sandbox, faces, voices, works, fingerprints, policy, the commit. In the same run PyAV alone decodes the
same file; the ratio is to that. The parts are then done again one by one. The photo is a single face, 512 x 512, as
JPEG. Pictures come out of pinned wheels, the voice is made by code.
"""

import argparse
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.house import HANDLE, Furnished, Scale, furnished
from benchmarks.measure import Cost, machine, once
from benchmarks.stages import DECODE, output_parts, peers
from benchmarks.table import Row, save, show
from generator_gateway.stages import Admitted, Draft, Request
from placet.demo.deployment import shared_model_cache
from placet.demo.people import people
from placet.demo.voices import speak
from trust_kernel.ids import new_id
from trust_kernel.media.refs import SAMPLE_RATE

Picture = NDArray[np.uint8]

_WIDTH, _HEIGHT, _FPS = 1280, 720, 30
_FACE_SIDE = 420
_SHOTS = 4
_SPOKEN = "The harbour lights came on one by one, and the last ferry turned home across the quiet water. "
_SCAN = "whole output scan"
_SECONDS_TARGET, _PHOTO_TARGET = 2.0, 0.040


def film(path: Path, seconds: int) -> None:
    """Draw the video: two people side by side, never still, before another backdrop after each cut; one of them speaks.

    Args:
        path: an .mp4 file to be.
        seconds: its length.
    """
    import av

    cast = people(shared_model_cache())[:2]
    portraits = [_resized(person.portrait, _FACE_SIDE) for person in cast]
    count = seconds * _FPS
    with av.open(str(path), "w") as writer:
        video = writer.add_stream("libx264", rate=_FPS, options={"preset": "veryfast", "crf": "20"})
        video.width, video.height, video.pix_fmt = _WIDTH, _HEIGHT, "yuv420p"
        sound = writer.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
        for number in range(count):
            picture = _drawn(number, number * _SHOTS // count, portraits)
            writer.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        writer.mux(video.encode(None))
        spoken = np.resize(speak(_SPOKEN * 3, cast[0].voice), seconds * SAMPLE_RATE)
        for start in range(0, spoken.size, 1024):
            part = av.AudioFrame.from_ndarray(spoken[None, start : start + 1024], format="fltp", layout="mono")
            part.sample_rate, part.pts, part.time_base = SAMPLE_RATE, start, Fraction(1, SAMPLE_RATE)
            writer.mux(sound.encode(part))
        writer.mux(sound.encode(None))


def _drawn(number: int, shot: int, portraits: Sequence[Picture]) -> Picture:
    down, across = np.mgrid[0:_HEIGHT, 0:_WIDTH]
    frame = np.stack([down // 3, across // 6, 255 - down // 3], axis=2)
    frame = np.roll(frame, shot, axis=2) // (1 + shot % 2)
    frame = frame.astype(np.uint8)
    for place, portrait in enumerate(portraits if shot % 2 else portraits[::-1]):
        phase = number / _FPS + place
        left = 140 + 580 * place + round(60 * np.sin(phase))
        top = 150 + round(40 * np.cos(1.7 * phase))
        frame[top : top + _FACE_SIDE, left : left + _FACE_SIDE] = portrait
    return np.asarray(frame, np.uint8)


def _resized(picture: Picture, side: int) -> Picture:
    import cv2

    return np.asarray(cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def photo(path: Path) -> None:
    """Save the photo: one face."""
    from PIL import Image

    Image.fromarray(people(shared_model_cache())[0].portrait).save(path, quality=92)


def scanned(place: Furnished, path: Path) -> dict[str, Cost]:
    """Scan a file once as if a backend had made it; then its parts, and PyAV alone."""
    kernel = place.house.kernel
    request = Request(new_id("video"), place.owner, f"@{HANDLE} by the sea", "animatic", 10, _WIDTH, _HEIGHT, 1)
    admitted = place.house.gateway.line.request_gates.judge(place.opened(request))
    assert isinstance(admitted, Admitted), admitted
    media = kernel.decoder.identify(path, kernel.output_limits)
    kernel.blobs.put_file(path)
    draft = Draft(admitted, media, "animatic")
    _, whole = once(lambda: place.house.gateway.line.output_gates.judge(draft))
    return {_SCAN: whole, **peers(place, draft), **output_parts(place, draft)}


def photographed(place: Furnished, path: Path) -> dict[str, Cost]:
    """Look at a photo: decode it in the sandbox, find and compare the face."""
    kernel, likeness = place.house.kernel, place.house.guards.likeness
    look, decoding = once(lambda: kernel.decoder.look(path, kernel.reference_limits))
    found, examining = once(lambda: likeness.examine(look))
    assert found.faces == 1
    whole = Cost(decoding.wall + examining.wall, decoding.cpu + examining.cpu)
    return {"photo: decode": decoding, "photo: face found and compared": examining, "photo: both": whole}


def summed(runs: Sequence[Mapping[str, Cost]], base: str = "") -> list[Row]:
    """Medians over runs; and, where a row to compare with is named, the ratio to it in the same run."""
    rows: list[Row] = []
    for name in runs[0]:
        row: dict[str, Any] = {
            "part": name,
            "wall s": statistics.median(run[name].wall for run in runs),
            "cpu s": statistics.median(run[name].cpu for run in runs),
        }
        if base:
            row["to decoding"] = statistics.median(run[name].wall / run[base].wall for run in runs)
        rows.append(row)
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--of", type=int, default=1_000, help="names, claims, grants, faces each in the house")
    parser.add_argument("--quick", action="store_true", help="one run over one second in an almost empty house")
    parser.add_argument("--json", type=Path, help="where the figures go")
    chosen = parser.parse_args(arguments)
    if chosen.quick:
        chosen.seconds, chosen.runs, chosen.of = 1, 1, 10
    facts = machine()
    with tempfile.TemporaryDirectory(prefix="placet-bench-") as name:
        folder = Path(name)
        film(folder / "film.mp4", chosen.seconds)
        photo(folder / "photo.jpg")
        with furnished(folder / "data", Scale.of(chosen.of)) as place:
            scanned(place, folder / "film.mp4")  # loads the models
            photographed(place, folder / "photo.jpg")
            scans = [scanned(place, folder / "film.mp4") for _ in range(chosen.runs)]
            photos = [photographed(place, folder / "photo.jpg") for _ in range(4 * chosen.runs)]
    rows, stills = summed(scans, DECODE), summed(photos)
    show(f"{chosen.seconds} s at {_WIDTH}x{_HEIGHT}, medians of {chosen.runs}", rows)
    show(f"one photo, medians of {len(photos)}", stills)
    _verdict(rows[0], stills[1])
    save(chosen.json, {"machine": facts, "seconds": chosen.seconds, "video": rows, "photo": stills})


def _verdict(scan: Row, photo_row: Row) -> None:
    for what, row, target in (("scan", scan, _SECONDS_TARGET), ("photo", photo_row, _PHOTO_TARGET)):
        spent = float(row["wall s"])
        print(f"{what}: {spent:.3f} s, target {target:.3f}: {'met' if spent <= target else 'missed'}")


if __name__ == "__main__":
    main()
