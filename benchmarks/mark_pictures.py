"""Before-and-after pictures of the invisible video mark, with the difference at eight times its contrast.

    python -m benchmarks.mark_pictures OUTDIR

The embedded backend draws two films; one frame of each is marked at the strength that the product uses. Two pictures a
film: `mark-NAME.png` shows the whole frame, `mark-NAME-flat.png` its flattest place, enlarged four times, as it is and
at eight times its contrast.
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.video_files import Luma, decoded, picture, view
from benchmarks.watermark import KEYS, payload_for
from generator_gateway.backends.animatic import AnimaticBackend
from generator_gateway.ports import RenderOrder
from trust_kernel.media.decode import Decoder
from trust_kernel.media.sandbox import Sandbox
from watermark.adapters.marking.quality import psnr, squared_error
from watermark.adapters.spread_spectrum import SpreadSpectrumMarker

Picture = NDArray[np.uint8]
FILMS = {
    "harbour": "A sailboat and a lighthouse at dusk",
    "city": "Neon city at night in the rain, a taxi driving by",
}
CONTRAST = 8
_SHOWN_AT = 1.5
"""Seconds into the film: by then the strength has settled."""
_PANEL, _FLAT, _ENLARGED = (400, 225), (100, 56), 4
_CAPTION = 22
_INK = 40


@dataclass(frozen=True, slots=True)
class Pair:
    """One frame, before and after.

    Attributes:
        before: RGB (h, w, 3).
        after: the same, marked.
        luma: of the unmarked frame.
        change: luma of the marked frame less that of the unmarked, int16.
    """

    before: Picture
    after: Picture
    luma: Luma
    change: NDArray[np.int16]


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw, mark, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    folder: Path = parser.parse_args(arguments).folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        for title, film in zip(FILMS, draw(Path(name)), strict=True):
            pair = marked_frame(film)
            for suffix, drawn in (("", whole(pair)), ("-flat", flattest(pair))):
                path = folder / f"mark-{title}{suffix}.png"
                cv2.imwrite(str(path), drawn[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])
                print(f"{path.name}: {path.stat().st_size // 1000} kB")
            change = pair.luma + pair.change
            print(f"  {title}: {psnr(squared_error(pair.luma, np.asarray(change, np.uint8))):.1f} dB")


def draw(folder: Path, seconds: int = 2) -> list[Path]:
    """The films, drawn into a folder."""
    backend = AnimaticBackend(Decoder(Sandbox()))
    films = []
    for title, prompt in FILMS.items():
        films.append(folder / f"{title}.mp4")
        backend.render(RenderOrder(prompt, 1280, 720, seconds, 1), films[-1], lambda _share: None)
    return films


def marked_frame(film: Path) -> Pair:
    """The frame that is shown, before and after the mark."""
    mark = None
    for frame in decoded(film):
        seen = view(frame)
        if mark is None:
            mark = SpreadSpectrumMarker(KEYS).embedder(payload_for(film.stem), frame.width, frame.height).mark
        marked = mark(seen)
        if seen.seconds >= _SHOWN_AT:
            after = picture((marked.y, marked.u, marked.v), frame)
            shown = [np.asarray(each.to_ndarray(format="rgb24"), np.uint8) for each in (frame, after)]
            return Pair(shown[0], shown[1], seen.y.copy(), marked.y.astype(np.int16) - seen.y)
    raise AssertionError("the film is too short")


def whole(pair: Pair) -> Picture:
    """The whole frame: before, after, and the difference at eight times its contrast around grey."""
    before, after, change = (
        np.asarray(cv2.resize(each, _PANEL, interpolation=cv2.INTER_AREA), np.uint8)
        for each in (pair.before, pair.after, _difference(pair.change))
    )
    return row([("before", before), ("marked", after), (f"difference, contrast x{CONTRAST}", change)])


def flattest(pair: Pair) -> Picture:
    """The flattest place, enlarged: before and after, as they are and at eight times their contrast."""
    width, height = _FLAT
    smooth = pair.luma.astype(np.float32)
    spread = cv2.blur(smooth * smooth, _FLAT) - cv2.blur(smooth, _FLAT) ** 2
    inner = spread[height:-height, width:-width]
    top, left = (int(at) for at in np.unravel_index(int(np.argmin(inner)), inner.shape))
    cut = (slice(top + height // 2, top + height * 3 // 2), slice(left + width // 2, left + width * 3 // 2))
    before, after = pair.before[cut], pair.after[cut]
    middle = before.reshape(-1, 3).mean(axis=0)
    panels = [
        (f"{title}{suffix}", _enlarged(np.clip((each - at) * times + level, 0, 255).astype(np.uint8)))
        for suffix, times, at, level in (
            (", enlarged", 1, 0.0, 0.0),
            (f", contrast x{CONTRAST}", CONTRAST, middle, 128),
        )
        for title, each in (("before", before), ("marked", after))
    ]
    panels.insert(2, (f"difference, contrast x{CONTRAST}", _enlarged(_difference(pair.change[cut]))))
    upper, lower = row(panels[:3]), row(panels[3:])
    fill = np.full((lower.shape[0], upper.shape[1] - lower.shape[1], 3), 255, np.uint8)
    return np.vstack([upper, np.hstack([lower, fill])])


def row(panels: Sequence[tuple[str, Picture]]) -> Picture:
    """Panels of one size side by side, each under its caption."""
    captioned = []
    for title, panel in panels:
        strip = np.full((_CAPTION, panel.shape[1], 3), 255, np.uint8)
        cv2.putText(strip, title, (4, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (_INK,) * 3, 1, cv2.LINE_AA)
        gap = np.full((panel.shape[0] + _CAPTION, 4, 3), 255, np.uint8)
        captioned += [np.vstack([strip, panel]), gap]
    return np.hstack(captioned[:-1])


def _difference(change: NDArray[np.int16]) -> Picture:
    grey = np.clip(change.astype(np.int32) * CONTRAST + 128, 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=-1)


def _enlarged(small: Picture) -> Picture:
    return np.repeat(np.repeat(small, _ENLARGED, axis=0), _ENLARGED, axis=1)


if __name__ == "__main__":
    main()
