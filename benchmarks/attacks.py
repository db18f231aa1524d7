"""What happens to a video on the internet, as functions from a file to a file.

Everything is done with PyAV's filters and encoders, and with OpenCV where a filter is missing (perspective, pasting),
so no other program is needed. Sound is dropped. Apart from what is named after a codec, an attacked video is saved the
way an editing program would: H.264 at CRF 23.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any, cast

import av
import av.filter
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream
from PIL.Image import Image

from benchmarks.attack_pictures import Edit, framed_in_another, phone, subtitles_and_stickers, text_bar
from benchmarks.video_files import picture, view


@dataclass(frozen=True, slots=True)
class Coding:
    """How an attacked video is saved.

    Attributes:
        codec: an encoder of PyAV; `png` and `jpeg` save one picture.
        suffix: the file's suffix.
        options: the encoder's.
    """

    codec: str
    suffix: str
    options: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pass:
    """One time that a video is decoded, changed and saved.

    Attributes:
        filters: FFmpeg filters, one after the other; `{w}`, `{h}` and `{rate}` stand for the source's.
        edit: changes pictures after the filters.
        coding: how it is saved.
    """

    coding: Coding
    filters: tuple[str, ...] = ()
    edit: Edit | None = None


@dataclass(frozen=True, slots=True)
class Attack:
    """Something that happens to a video.

    Attributes:
        name: as tables show it.
        group: `none`, `coding`, `frame`, `picture`, `overlay`, `time`, `platform`, `still`, or `beyond` for what is
            measured and not promised.
        passes: one after the other.
    """

    name: str
    group: str
    passes: tuple[Pass, ...]

    def __call__(self, source: Path, folder: Path) -> Path:
        """Attack a video.

        Args:
            source: the video; untouched.
            folder: where the attacked one goes, and those between, under names that no other attack uses.

        Returns:
            The attacked video or picture.
        """
        stem = re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")
        for number, step in enumerate(self.passes):
            target = folder / f"{source.stem[:40]}.{stem}.{number}{step.coding.suffix}"
            _run(step, source, target)
            source = target
        return source


def h264(crf: int, preset: str = "veryfast") -> Coding:
    """x264 at a quality."""
    return Coding("libx264", ".mp4", {"preset": preset, "crf": str(crf)})


EDITED = h264(23)
_HEVC = Coding("libx265", ".mp4", {"preset": "fast", "crf": "30", "x265-params": "log-level=error:pools=1"})
_VP9 = Coding("libvpx-vp9", ".webm", {"crf": "36", "b": "0", "deadline": "realtime", "cpu-used": "5", "row-mt": "1"})
_AV1 = Coding("libsvtav1", ".mp4", {"crf": "48", "preset": "8"})
_GIF = Coding("gif", ".gif")
_PNG, _JPEG = Coding("png", ".png"), Coding("jpeg", ".jpg")
_BACK = "scale={w}:{h}:flags=bicubic"


def _crop(removed: float) -> str:
    """Take a share of the area away, off centre."""
    side = (1 - removed) ** 0.5
    return f"crop=floor(iw*{side}/2)*2:floor(ih*{side}/2)*2:(iw-ow)*0.3:(ih-oh)*0.6"


def _lines(height: int) -> str:
    """Bring the shorter side to a number of pixels, as a platform does."""
    return f"scale=if(gt(iw\\,ih)\\,-2\\,{height}):if(gt(iw\\,ih)\\,{height}\\,-2):flags=bicubic"


def _sped(factor: float) -> tuple[str, ...]:
    return (f"setpts=PTS/{factor}", "fps={rate}")


_TALL = "crop=floor(ih*9/16/2)*2:ih:(iw-ow)*0.45:0"
_PLATFORM = Pass(h264(30), (_lines(480),))

ATTACKS: tuple[Attack, ...] = (
    Attack("none", "none", ()),
    *(Attack(f"H.264 CRF {crf}", "coding", (Pass(h264(crf, "medium")),)) for crf in (23, 28, 33, 40)),
    Attack("HEVC CRF 30", "coding", (Pass(_HEVC),)),
    Attack("VP9 CRF 36", "coding", (Pass(_VP9),)),
    Attack("AV1 CRF 48", "coding", (Pass(_AV1),)),
    Attack("GIF 480p 12 fps", "coding", (Pass(_GIF, ("fps=12", _lines(480))),)),
    Attack("resize 50 % and back", "frame", (Pass(EDITED, ("scale=iw/2:ih/2:flags=bicubic", _BACK)),)),
    *(
        Attack(f"crop {removed} %", "frame", (Pass(EDITED, (_crop(removed / 100), _BACK)),))
        for removed in (10, 25, 50, 60)
    ),
    *(
        Attack(f"rotate {abs(angle)}° {way}", "frame", (Pass(EDITED, (f"rotate={angle}*PI/180",)),))
        for angle, way in ((5, "right"), (-5, "left"), (10, "right"), (-10, "left"))
    ),
    Attack("mirror", "frame", (Pass(EDITED, ("hflip",)),)),
    Attack("9:16", "frame", (Pass(EDITED, (_TALL,)),)),
    Attack("4:3", "frame", (Pass(EDITED, ("crop=floor(min(iw\\,ih*4/3)/2)*2:ih",)),)),
    Attack("letterbox", "frame", (Pass(EDITED, ("pad=max(iw\\,ih*4/3):max(ih\\,iw*3/4):-1:-1", "scale=-2:{h}")),)),
    Attack("picture in picture 50 %", "frame", (Pass(EDITED, ("scale=iw/2:ih/2",), framed_in_another),)),
    Attack("phone filming a screen", "frame", (Pass(h264(26), (), phone(0.0)),)),
    Attack("brightness and contrast", "picture", (Pass(EDITED, ("lutyuv=y=clip((val-128)*1.25+153.5\\,0\\,255)",)),)),
    Attack("noise", "picture", (Pass(EDITED, ("noise=alls=24:allf=t:all_seed=7",)),)),
    Attack("blur", "picture", (Pass(EDITED, ("gblur=sigma=2",)),)),
    Attack(
        "grading",
        "picture",
        (
            Pass(
                EDITED,
                (
                    "format=gbrp",
                    "curves=m='0/0.06 0.3/0.24 0.7/0.8 1/0.95'",
                    "colorbalance=rs=0.12:bs=-0.1:rh=-0.05:bh=0.1",
                    "hue=s=0.7:h=8",
                    "vignette=PI/5",
                ),
            ),
        ),
    ),
    Attack("text bar", "overlay", (Pass(EDITED, (), text_bar),)),
    Attack("subtitles and stickers", "overlay", (Pass(EDITED, (), subtitles_and_stickers),)),
    Attack("15 fps", "time", (Pass(EDITED, ("fps=15",)),)),
    Attack("speed 0.9", "time", (Pass(EDITED, _sped(0.9)),)),
    Attack("speed 1.1", "time", (Pass(EDITED, _sped(1.1)),)),
    Attack("1 s excerpt", "time", (Pass(EDITED, ("trim=start={third}:duration=1", "setpts=PTS-STARTPTS")),)),
    Attack("dropped and doubled frames", "time", (Pass(EDITED, ("shuffleframes=0 1 1 3 4 5 7 7",)),)),
    Attack("480p CRF 30", "platform", (_PLATFORM,)),
    Attack("480p CRF 30 + crop 10 %", "platform", (Pass(h264(30), (_crop(0.1), _lines(480))),)),
    Attack("480p CRF 30 + crop 25 %", "platform", (Pass(h264(30), (_crop(0.25), _lines(480))),)),
    Attack("9:16 at 480p CRF 28", "platform", (Pass(h264(28), (_TALL, "scale=480:-2:flags=bicubic")),)),
    Attack("360p CRF 33", "platform", (Pass(h264(33), (_lines(360),)),)),
    Attack("two generations", "platform", (_PLATFORM, Pass(h264(31), (_lines(404),)))),
    Attack("screenshot", "still", (Pass(_PNG, ("trim=start={third}",)),)),
    Attack("screenshot as JPEG", "still", (Pass(_JPEG, ("trim=start={third}",)),)),
    Attack("screenshot of 480p CRF 30", "beyond", (_PLATFORM, Pass(_JPEG, ("trim=start={third}",)))),
    Attack("phone in the hand", "beyond", (Pass(h264(26), (), phone(0.012)),)),
    Attack("mirror + crop 25 % + 480p CRF 30", "beyond", (Pass(h264(30), ("hflip", _crop(0.25), _lines(480))),)),
    Attack("crop 75 %", "beyond", (Pass(EDITED, (_crop(0.75), _BACK)),)),
    Attack("240p CRF 33", "beyond", (Pass(h264(33), (_lines(240),)),)),
)
"""Every attack; all but those `beyond` are what a mark must survive."""
BY_NAME = {attack.name: attack for attack in ATTACKS}
PROMISED = tuple(attack for attack in ATTACKS if attack.group != "beyond")


def _run(step: Pass, source: Path, target: Path) -> None:
    with av.open(str(source)) as reader:
        video = reader.streams.video[0]
        frames = _edited(_filtered(video, reader.decode(video), step.filters), step.edit)
        if step.coding.codec in {"png", "jpeg"}:
            still: Image = next(frames).to_image()  # type: ignore[no-untyped-call]  # PyAV leaves this one untyped
            still.save(target, quality=75)
            return
        if step.coding.codec == "gif":
            frames = _with_palette(frames)
        _save(frames, target, step.coding, video.average_rate or Fraction(24))


def _filtered(video: VideoStream, frames: Iterator[VideoFrame], filters: tuple[str, ...]) -> Iterator[VideoFrame]:
    """Frames through a chain of filters that ends in 8-bit 4:2:0."""
    length = float((video.duration or 0) * (video.time_base or 0))
    known = {"w": video.width // 2 * 2, "h": video.height // 2 * 2, "rate": video.average_rate, "third": length / 3}
    graph = av.filter.Graph()
    nodes: list[Any] = [graph.add_buffer(template=video)]
    for text in (*filters, "crop=floor(iw/2)*2:floor(ih/2)*2", "format=yuv420p"):
        name, _, arguments = text.format(**known).partition("=")
        nodes.append(graph.add(name, arguments))
        nodes[-2].link_to(nodes[-1])
    yield from _through(graph, nodes[-1], frames)


def _through(graph: av.filter.Graph, last: Any, frames: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
    """Push frames into a graph and yield what comes out of its last node."""
    last.link_to(graph.add("buffersink"))
    graph.configure()
    for frame in chain(frames, (None,)):
        try:
            graph.push(frame)
        except EOFError:  # a trim that has what it wants
            return
        while True:
            try:
                yield cast("VideoFrame", graph.pull())
            except (BlockingIOError, EOFError):
                break


def _with_palette(frames: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
    """256 colours, chosen from all frames, as makers of animated pictures do."""
    first = next(frames)
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=first.width, height=first.height, format=first.format, name="in", time_base=first.time_base
    )
    split, chosen, used = (graph.add(name) for name in ("split", "palettegen", "paletteuse"))
    source.link_to(split)
    split.link_to(used, 0, 0)
    split.link_to(chosen, 1, 0)
    chosen.link_to(used, 0, 1)
    yield from _through(graph, used, chain((first,), frames))


def _edited(frames: Iterator[VideoFrame], edit: Edit | None) -> Iterator[VideoFrame]:
    for frame in frames:
        if edit is None:
            yield frame
            continue
        seen = view(frame)
        yield picture(edit([seen.y, seen.u, seen.v], seen.seconds), frame)


@contextmanager
def _same_priority() -> Iterator[None]:
    """Give this thread its scheduling back.

    Run by root, SVT-AV1 puts the thread that encodes under SCHED_FIFO, at the highest priority there is. Every thread
    and process that it starts later inherits that; thread pools that wait by spinning then never let those run that
    they wait for, and all else on the machine hardly moves.
    """
    policy, priority = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, priority)


@_same_priority()
def _save(frames: Iterator[VideoFrame], target: Path, coding: Coding, rate: Fraction) -> None:
    os.environ.setdefault("SVT_LOG", "1")  # otherwise the AV1 encoder writes a page to stderr
    first = next(frames)
    with av.open(str(target), "w") as writer:
        stream = cast("VideoStream", writer.add_stream(coding.codec, rate=rate, options=coding.options))
        stream.width, stream.height, stream.pix_fmt = first.width, first.height, first.format.name
        context = stream.codec_context
        context.time_base = first.time_base or 1 / rate
        context.colorspace, context.color_range = first.colorspace, first.color_range
        context.thread_count = 1
        for frame in chain((first,), frames):
            frame.pict_type = PictureType.NONE  # the encoder decides, not the file that it came from
            writer.mux(stream.encode(frame))
        writer.mux(stream.encode(None))
