"""One marker on one clip: what marking costs, and whether the mark is read after an attack."""

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.video_files import Spent, decoded, ssim, transcode, view
from watermark.adapters.marking.quality import psnr, squared_error
from watermark.adapters.marking.reading import MAX_FRAMES, Looker
from watermark.domain.marks import MarkReading, Search
from watermark.ports.marks import VideoMarker, YuvFrame

_SSIM_EVERY = 12


class Embeds(Protocol):
    """Starts marking a video of `width` × `height` pixels; gives what marks a frame."""

    def __call__(self, width: int, height: int) -> Callable[[YuvFrame], YuvFrame]:
        """Start one video."""
        ...


@dataclass(frozen=True, slots=True)
class Cost:
    """What marking one clip costs.

    Attributes:
        clip: the file's stem.
        psnr_y: dB of the marked luma, before encoding.
        ssim_y: mean structural similarity of luma, before encoding.
        size_ratio: bytes of the marked H.264 file over bytes of the unmarked one, same settings.
        embed_fps: frames marked a second, without decoding and encoding.
        plain_fps: frames decoded and encoded a second, without marking.
        transcode_overhead: wall-clock time of decoding, marking and encoding over that of decoding and encoding,
            medians of alternating rounds in one process, after a warm-up.
        cpu_overhead: the same of processor time, which neighbours on the machine disturb less.
    """

    clip: str
    psnr_y: float
    ssim_y: float
    size_ratio: float
    embed_fps: float
    plain_fps: float
    transcode_overhead: float
    cpu_overhead: float


@dataclass(frozen=True, slots=True)
class Looked:
    """What reading a file gave, and what it took beyond decoding.

    Attributes:
        reading: of the marker.
        seconds: wall-clock.
        cpu: processor seconds.
    """

    reading: MarkReading
    seconds: float
    cpu: float


def cost(clip: Path, embeds: Embeds, folder: Path, *, seconds: float, rounds: int) -> Cost:
    """Mark a clip: first without encoding, for quality, then as a transcode beside a plain one."""
    psnr_y, ssim_y, embed_fps = _quality(clip, embeds, seconds)
    plain, marked = folder / f"{clip.stem}.plain.mp4", folder / f"{clip.stem}.marked.mp4"
    kept: dict[Path, list[Spent]] = {plain: [], marked: []}
    for _ in range(rounds):
        kept[plain].append(transcode(decoded(clip, seconds), plain))
        kept[marked].append(write_marked(clip, embeds, marked, seconds=seconds))
    wall = {path: statistics.median(each.wall for each in spent) for path, spent in kept.items()}
    cpu = {path: statistics.median(each.cpu for each in spent) for path, spent in kept.items()}
    return Cost(
        clip.stem,
        psnr_y,
        ssim_y,
        kept[marked][0].size / kept[plain][0].size,
        embed_fps,
        kept[plain][0].frames / wall[plain],
        wall[marked] / wall[plain],
        cpu[marked] / cpu[plain],
    )


def write_marked(clip: Path, embeds: Embeds, target: Path, *, seconds: float, looped: bool = False) -> Spent:
    """Mark a clip and encode it as the product does."""
    mark: Callable[[YuvFrame], YuvFrame] | None = None

    def marking(frame: YuvFrame) -> YuvFrame:
        nonlocal mark
        if mark is None:
            mark = embeds(frame.y.shape[1], frame.y.shape[0])
        return mark(frame)

    return transcode(decoded(clip, seconds, looped=looped), target, marking)


def look(marker: VideoMarker, path: Path, search: Search = Search.FULL) -> Looked:
    """Read a file as the product does: the cheap search on the way, the full one at the end if need be."""
    return look_at((view(frame) for frame in decoded(path)), marker, search)


def look_at(frames: Iterable[YuvFrame], marker: VideoMarker, search: Search) -> Looked:
    """The same on frames that somebody else decodes."""
    looker = Looker(marker.detector(), 1, MAX_FRAMES)
    wall = cpu = 0.0
    for frame in frames:
        started, used = time.perf_counter(), time.process_time()
        looker.take(frame)
        wall, cpu = wall + time.perf_counter() - started, cpu + time.process_time() - used
        if looker.is_full:
            break
    started, used = time.perf_counter(), time.process_time()
    reading = looker.read(search)
    return Looked(reading, wall + time.perf_counter() - started, cpu + time.process_time() - used)


def _quality(clip: Path, embeds: Embeds, seconds: float) -> tuple[float, float, float]:
    """PSNR-Y, SSIM-Y, and frames marked a second."""
    mark: Callable[[YuvFrame], YuvFrame] | None = None
    errors: list[float] = []
    likeness: list[float] = []
    taken: list[float] = []
    for number, frame in enumerate(decoded(clip, seconds)):
        before = view(frame)
        started = time.perf_counter()
        if mark is None:
            mark = embeds(frame.width, frame.height)
        after = mark(before)
        taken.append(time.perf_counter() - started)
        errors.append(squared_error(before.y, after.y))
        if number % _SSIM_EVERY == 0:
            likeness.append(ssim(before.y, after.y))
    return psnr(statistics.fmean(errors)), statistics.fmean(likeness), len(taken) / sum(taken)
