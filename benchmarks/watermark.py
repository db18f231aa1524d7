"""What the invisible video marks survive, and what they cost.

``python -m benchmarks.watermark --clips DIR [--json OUT] [--rivagan-clips 1]``

Every clip of the folder is marked, attacked and read. All attacks are made with PyAV and OpenCV, so no other program is
needed. Beside the default mark stand a plain encoding in the same run, for speed and size, and RivaGAN (if installed),
on a few frames.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from trust_kernel.errors import Unavailable
from watermark.adapters.transcode import X264, build_marker, yuv_of
from watermark.domain.marks import MarkReading, Search
from watermark.ports.marks import VideoMarker, YuvFrame

Luma = NDArray[np.uint8]
KEY = b"benchmark key, any bytes will do"
WRONG_KEY = b"another key"
PAYLOAD = 0x5EED_0123_4567_89AB
FPS = 24
RIVAGAN_FRAMES = 48


@dataclass(frozen=True)
class Cost:
    """What marking one clip costs.

    Attributes:
        psnr_y: dB.
        ssim_y: mean structural similarity of luma.
        size_ratio: bytes of the marked H.264 stream over bytes of the unmarked one, same settings.
        embed_fps: frames marked a second, without coding.
        encode_fps: frames encoded a second, without marking.
    """

    clip: str
    psnr_y: float
    ssim_y: float
    size_ratio: float
    embed_fps: float
    encode_fps: float


def attack_none(frames: list[Luma]) -> list[Luma]:
    return frames


def attack_crf28(frames: list[Luma]) -> list[Luma]:
    return recoded(frames, 28)[0]


def attack_crf33(frames: list[Luma]) -> list[Luma]:
    return recoded(frames, 33)[0]


def attack_resize50(frames: list[Luma]) -> list[Luma]:
    return [resized(y, y.shape[0] // 2) for y in frames]


def attack_crop25(frames: list[Luma]) -> list[Luma]:
    """A quarter of the area gone, off centre, and back to the old size."""
    height, width = frames[0].shape
    rows, columns = int(height * 0.75**0.5), int(width * 0.75**0.5)
    top, left = int(0.6 * (height - rows)), int(0.3 * (width - columns))
    cut = (slice(top, top + rows), slice(left, left + columns))
    return [np.asarray(cv2.resize(y[cut], (width, height), interpolation=cv2.INTER_CUBIC), np.uint8) for y in frames]


def attack_mirror(frames: list[Luma]) -> list[Luma]:
    return [np.ascontiguousarray(y[:, ::-1]) for y in frames]


def attack_rotate5(frames: list[Luma]) -> list[Luma]:
    height, width = frames[0].shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 5, 1)
    return [np.asarray(cv2.warpAffine(y, turn, (width, height)), np.uint8) for y in frames]


def attack_plat480(frames: list[Luma]) -> list[Luma]:
    """What a platform does: 480 lines, CRF 30."""
    return recoded([resized(y, 480) for y in frames], 30)[0]


def attack_plat480_crop25(frames: list[Luma]) -> list[Luma]:
    return attack_plat480(attack_crop25(frames))


def attack_two_generations(frames: list[Luma]) -> list[Luma]:
    return recoded([resized(y, 404) for y in attack_plat480(frames)], 31)[0]


ATTACKS: dict[str, Callable[[list[Luma]], list[Luma]]] = {
    "none": attack_none,
    "CRF 28": attack_crf28,
    "CRF 33": attack_crf33,
    "resize 50": attack_resize50,
    "crop 25": attack_crop25,
    "mirror": attack_mirror,
    "rotate 5": attack_rotate5,
    "plat480 CRF 30": attack_plat480,
    "plat480 + crop 25": attack_plat480_crop25,
    "two generations": attack_two_generations,
}
RIVAGAN_ATTACKS = ("none", "CRF 28", "crop 25", "mirror", "plat480 CRF 30")


def resized(y: Luma, height: int) -> Luma:
    width = round(y.shape[1] * height / y.shape[0] / 2) * 2
    return np.asarray(cv2.resize(y, (width, height // 2 * 2), interpolation=cv2.INTER_CUBIC), np.uint8)


def recoded(frames: list[Luma], crf: int) -> tuple[list[Luma], int, float]:
    """Frames after x264 veryfast, the file's bytes, and frames encoded a second."""
    height, width = frames[0].shape
    grey = np.full((height // 2, width), 128, np.uint8)
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        started = time.perf_counter()
        with av.open(file.name, "w") as writer:
            stream = writer.add_stream("libx264", rate=FPS, options={**X264, "crf": str(crf)})
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            for y in frames:
                writer.mux(stream.encode(av.VideoFrame.from_ndarray(np.concatenate([y, grey]), "yuv420p")))
            writer.mux(stream.encode(None))
        speed = len(frames) / (time.perf_counter() - started)
        return [frame.y for frame in clip_frames(Path(file.name))], Path(file.name).stat().st_size, speed


def clip_frames(path: Path) -> Iterator[YuvFrame]:
    """A clip's frames, sides made even and planes copied out of the decoder."""
    with av.open(str(path)) as reader:
        for frame in reader.decode(video=0):
            view = yuv_of(frame, frame.width // 2 * 2, frame.height // 2 * 2)
            yield YuvFrame(view.y.copy(), view.u.copy(), view.v.copy(), view.seconds)


def ssim(one: Luma, other: Luma) -> float:
    """Mean structural similarity (Wang et al. 2004), Gaussian window of sigma 1.5."""

    def mean(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5), np.float32)

    a, b = one.astype(np.float32), other.astype(np.float32)
    c1, c2 = np.float32((0.01 * 255) ** 2), np.float32((0.03 * 255) ** 2)
    mean_a, mean_b = mean(a), mean(b)
    spread = mean(a * a) - mean_a**2 + mean(b * b) - mean_b**2
    common = mean(a * b) - mean_a * mean_b
    index = (2 * mean_a * mean_b + c1) * (2 * common + c2) / ((mean_a**2 + mean_b**2 + c1) * (spread + c2))
    return float(index.mean())


def psnr(before: list[Luma], after: list[Luma]) -> float:
    error = np.mean([np.mean((a.astype(np.float32) - b) ** 2) for a, b in zip(before, after, strict=True)])
    return float(10 * np.log10(255**2 / error))


def read(marker: VideoMarker, frames: list[Luma], search: Search, chroma: list[YuvFrame] | None = None) -> MarkReading:
    """The reading of some luma frames; chroma, for markers that use it, is brought to their size."""
    detector = marker.detector()
    for number, y in enumerate(frames):
        size = ((y.shape[1] + 1) // 2, (y.shape[0] + 1) // 2)
        source = chroma[number] if chroma else None
        u, v = (
            np.asarray(cv2.resize(plane, size), np.uint8) if plane is not None else np.full(size[::-1], 128, np.uint8)
            for plane in ((source.u, source.v) if source else (None, None))
        )
        detector.add(YuvFrame(y, u, v, source.seconds if source else number / FPS))
    return detector.read(search)


def measure(marker: VideoMarker, clip: str, frames: list[YuvFrame]) -> tuple[Cost, list[YuvFrame]]:
    """Mark a clip; what it cost, and the marked frames."""
    plain = [frame.y for frame in frames]
    embedder = marker.embedder(PAYLOAD, plain[0].shape[1], plain[0].shape[0])
    started = time.perf_counter()
    marked = [embedder.mark(frame) for frame in frames]
    embed_fps = len(frames) / (time.perf_counter() - started)
    luma = [frame.y for frame in marked]
    _, plain_bytes, encode_fps = recoded(plain, int(X264["crf"]))
    _, marked_bytes, _ = recoded(luma, int(X264["crf"]))
    sampled = range(0, len(plain), max(1, len(plain) // 6))
    similarity = float(np.mean([ssim(plain[at], luma[at]) for at in sampled]))
    return Cost(clip, psnr(plain, luma), similarity, marked_bytes / plain_bytes, embed_fps, encode_fps), marked


def run_marker(name: str, clips: list[Path], attacks: tuple[str, ...], most_frames: int | None) -> dict[str, object]:
    """All attacks on all clips under one marker."""
    marker, stranger = build_marker(name, KEY), build_marker(name, WRONG_KEY)
    costs: list[Cost] = []
    decoded: dict[str, list[bool]] = {attack: [] for attack in attacks}
    seconds: dict[str, list[float]] = {attack: [] for attack in attacks}
    false_marks = 0
    for path in clips:
        frames = list(islice(clip_frames(path), most_frames))
        cost, marked = measure(marker, path.stem, frames)
        costs.append(cost)
        print(
            f"{name:16} {cost.clip:12} {cost.psnr_y:6.2f} dB  ssim {cost.ssim_y:.4f}  size x{cost.size_ratio:.2f}  "
            f"embed {cost.embed_fps:.0f} fps  plain x264 {cost.encode_fps:.0f} fps"
        )
        for attack in attacks:
            attacked = ATTACKS[attack]([frame.y for frame in marked])
            started = time.perf_counter()
            reading = read(marker, attacked, Search.FULL, marked)
            seconds[attack].append(time.perf_counter() - started)
            decoded[attack].append(reading.payload == PAYLOAD)
        false_marks += read(marker, [frame.y for frame in frames], Search.FULL, frames).found
        false_marks += read(stranger, [frame.y for frame in marked], Search.FULL, marked).found
    for attack in attacks:
        share = f"{sum(decoded[attack])}/{len(clips)}"
        print(f"{name:16} {attack:20} decoded {share:6} read in {np.mean(seconds[attack]):.2f} s")
    print(f"{name:16} false marks (unmarked clips and wrong keys): {false_marks}/{2 * len(clips)}")
    return {
        "costs": [asdict(cost) for cost in costs],
        "decoded": {attack: float(np.mean(hits)) for attack, hits in decoded.items()},
        "read_seconds": {attack: float(np.mean(taken)) for attack, taken in seconds.items()},
        "false_marks": false_marks,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=Path, required=True, help="folder with videos")
    parser.add_argument("--json", type=Path, help="where the figures go")
    parser.add_argument("--rivagan-clips", type=int, default=1, help="how many clips RivaGAN marks; 0 leaves it out")
    options = parser.parse_args()
    clips = sorted(options.clips.glob("*.mp4"))
    results = {"spread-spectrum": run_marker("spread-spectrum", clips, tuple(ATTACKS), None)}
    if options.rivagan_clips:
        try:
            some = clips[-options.rivagan_clips :]
            results["rivagan"] = run_marker("rivagan", some, RIVAGAN_ATTACKS, RIVAGAN_FRAMES)
        except Unavailable as missing:
            print(missing.detail)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
