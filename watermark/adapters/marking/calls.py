"""What the sandbox's child runs: JSON and arrays in, JSON out, files by path."""

from dataclasses import asdict
from typing import Any

from watermark.adapters.marking.markers import Marks, build_marks
from watermark.adapters.marking.marking_pass import MarkingPass
from watermark.adapters.marking.opening import opened
from watermark.adapters.marking.quality import size_ratio
from watermark.adapters.marking.reading import read_marks
from watermark.adapters.marking.stills import mark_picture
from watermark.adapters.marking.wire import keys_of, look_of, packed_found
from watermark.adapters.visible import logo
from watermark.domain.marks import MarkedFile, Search, Visibility
from watermark.domain.visible_look import VisibleLook

Keys = list[list[str]]
"""Of `wire.packed_keys`."""


def mark_file(
    *,
    still: bool,
    source: str,
    target: str,
    payload: int,
    picture_keys: Keys,
    sound_keys: Keys,
    look: dict[str, Any],
    visibility: str,
    marker: str,
) -> dict[str, Any]:
    """Mark a video in a child, see `mark_video`; or a still picture, see `stills.mark_picture`."""
    marks = build_marks(marker, keys_of(picture_keys), keys_of(sound_keys))
    mark = mark_picture if still else mark_video
    return asdict(mark(source, target, marks, payload, look_of(look), Visibility(visibility)))


def read_file(*, source: str, picture_keys: Keys, sound_keys: Keys, search: str, marker: str) -> dict[str, Any]:
    """Read a file in a child; see `reading.read_marks`."""
    marks = build_marks(marker, keys_of(picture_keys), keys_of(sound_keys))
    return packed_found(read_marks(source, marks, Search(search)))


def open_logo(*, look: dict[str, Any]) -> dict[str, Any]:
    """Unpack a look's logo, to see whether that can be done: its ``width`` and ``height``, 0 where there is none."""
    data = look_of(look).logo_png
    height, width = logo.decode(data).shape[:2] if data is not None else (0, 0)
    return {"width": width, "height": height}


def mark_video(
    source: str, target: str, marks: Marks, payload: int, look: VisibleLook, visibility: Visibility
) -> MarkedFile:
    """Decode, draw the visible mark, add the invisible one, mark the sound, encode; all in one pass.

    The target is an MP4: H.264 4:2:0 of 8 bits with the source's moments, AAC sound, its index at the front, and
    nothing of the source's metadata.

    Args:
        source: path of a video.
        target: path to write; what is there after an error is worth nothing.
        marks: who marks.
        payload: the release number.
        look: the visible marks.
        visibility: how plainly they show.

    Raises:
        InvalidInput: the source cannot be decoded to its end, its pictures are too small or too large, or the payload
            does not fit.
        Unavailable: the marker's package is missing.
    """
    import av

    with (
        opened(source) as reader,
        av.open(target, "w", format="mp4", options={"movflags": "+faststart"}) as writer,
    ):
        run = MarkingPass(source, reader, writer, marks, payload, look, visibility)
        run.run()
    width, height = run.size
    return MarkedFile(
        psnr_y=run.psnr_y,
        frames=run.frames,
        fps=run.fps,
        width=width,
        height=height,
        size_ratio=size_ratio(source, target),
        sound_snr=run.sound.promised_snr if run.sound is not None else None,
    )
