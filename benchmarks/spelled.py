"""How well names written in pictures are found, and how often a picture without one is held.

    python -m benchmarks.spelled --fonts DIR [--clips DIR] [--json OUT] [--cache DIR] [--longest N]

Names are drawn by code: in every typeface of the folder that has the letters, in four sizes, at five angles, on four
backgrounds, in Latin, Chinese and Japanese letters; and in Cyrillic, which the reader does not know. What is read goes
through the matcher that prompts go through. `found` is a sure name, `held` one that a person looks at; `plain`
is text of other words beside a blocklist of the names: whatever is found in it is wrong. --clips: videos or pictures
without any of the names, of which each sampled frame is read. Wilson intervals, 95 %.
"""

import argparse
import itertools
import json
import random
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from benchmarks.rates import rate
from generator_gateway.adapters.ppocr import LONGEST
from generator_gateway.adapters.reading_packs import READING_CONVERTERS, READING_PACKS, paddle_reader
from generator_gateway.gates.scenes import scenes
from generator_gateway.gates.spelled import MOST_SCENES, SURE_READING
from generator_gateway.ports.reading import TextReader
from placet.demo.deployment import shared_model_cache
from trust_kernel.inference.models import ModelStore
from trust_kernel.inference.sessions import SessionFactory
from trust_kernel.media.decode import Decoder
from trust_kernel.media.sandbox import Sandbox
from trust_kernel.names import NameMatcher

Picture = NDArray[np.uint8]

NAMES = {
    "latin": ("Captain Fennimore", "Zelda Quimby", "Orla Brackenfoot", "MORWEN TALE", "Jasper Quillfeather"),
    "chinese": ("青龙少年", "月亮面包师"),
    "japanese": ("スズメタロウ", "みどりのくじら"),
    "cyrillic": ("Капитан Фенимор", "Снежный Почтальон"),
}
OTHERS = {
    "latin": ("Fresh coffee daily", "Platform nine, mind the gap", "SALE 50 % OFF", "Captain's cabin", "no parking"),
    "chinese": ("新鲜面包", "请勿停车"),
    "japanese": ("きょうのおすすめ", "コーヒー"),
    "cyrillic": ("Свежий хлеб",),
}
SIZES = (14, 20, 32, 64)
ANGLES = (0, 10, 30, 90, 180)
GROUNDS = ("white on black", "black on white", "on noise", "on stripes")
_SURE_NAME = 0.9
_WIDE, _HIGH = 960, 540


@dataclass(frozen=True, slots=True)
class Sheet:
    """A picture with a text, and what it was drawn with."""

    picture: Picture
    text: str
    script: str
    font: str
    size: int
    angle: int
    ground: str


def sheets(fonts: Sequence[Path], texts: dict[str, tuple[str, ...]], *, every: int = 1) -> Iterator[Sheet]:
    """One in `every` of all combinations, chosen the same each time."""
    drawn = ((s, t, f) for s, some in texts.items() for t in some for f in fonts if _has(f, t))
    chosen = random.Random(11)  # noqa: S311 - repeatable, not secret
    for (script, text, font), size, angle, ground in itertools.product(list(drawn), SIZES, ANGLES, GROUNDS):
        if chosen.randrange(every) == 0:
            yield Sheet(drawn_text(text, font, size, angle, ground), text, script, font.stem, size, angle, ground)


def drawn_text(text: str, font: Path, size: int, angle: int, ground: str) -> Picture:
    """A text in the middle of a picture of 960 by 540."""
    face = ImageFont.truetype(str(font), size, layout_engine=ImageFont.Layout.BASIC)
    left, top, right, bottom = face.getbbox(text)
    patch = Image.new("L", (int(right - left) + 16, int(bottom - top) + 16), 0)
    ImageDraw.Draw(patch).text((8 - left, 8 - top), text, fill=255, font=face)
    turned = patch.rotate(angle, expand=True, resample=Image.Resampling.BICUBIC)
    if turned.width > _WIDE or turned.height > _HIGH:
        turned.thumbnail((_WIDE, _HIGH))
    back, ink = _ground(ground)
    mask = Image.new("L", (_WIDE, _HIGH), 0)
    mask.paste(turned, ((_WIDE - turned.width) // 2, (_HIGH - turned.height) // 2))
    share = np.asarray(mask, np.float32)[..., None] / 255
    return np.asarray(back * (1 - share) + np.asarray(ink, np.float32) * share, np.uint8)


def _ground(name: str) -> tuple[NDArray[np.float32], tuple[int, int, int]]:
    if name == "white on black":
        return np.zeros((_HIGH, _WIDE, 3), np.float32), (255, 255, 255)
    if name == "black on white":
        return np.full((_HIGH, _WIDE, 3), 255, np.float32), (0, 0, 0)
    if name == "on noise":
        noise = np.random.default_rng(3).normal(110, 35, (_HIGH, _WIDE, 3))
        return np.clip(noise, 0, 255).astype(np.float32), (250, 220, 40)
    stripes = np.where((np.arange(_WIDE) // 24) % 2, 60, 120).astype(np.float32)
    return np.broadcast_to(stripes[None, :, None], (_HIGH, _WIDE, 3)).copy(), (240, 240, 240)


def _has(font: Path, text: str) -> bool:
    """Whether a typeface has all letters of a text: one that it lacks looks like every other that it lacks."""
    face = ImageFont.truetype(str(font), 24, layout_engine=ImageFont.Layout.BASIC)
    missing = bytes(face.getmask("\U000e0fff"))
    return all(bytes(face.getmask(letter)) != missing for letter in text if not letter.isspace())


def outcome(reader: TextReader, matcher: NameMatcher, picture: Picture) -> str:
    """What the gate would say: that a name is found, that it is held, or nothing."""
    lines = reader.read(picture)
    hits = matcher.match(" ".join(line.text for line in lines))
    if not hits:
        return ""
    sure = min(line.confidence for line in lines) >= SURE_READING
    return "found" if sure and max(hit.score for hit in hits) >= _SURE_NAME else "held"


def tallied(reader: TextReader, matcher: NameMatcher, drawn: Iterable[Sheet]) -> dict[str, Any]:
    """Rates by everything that a sheet was drawn with."""
    counts: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for sheet in drawn:
        said = outcome(reader, matcher, sheet.picture)
        keys = ["all" if sheet.script != "cyrillic" else "unread script", f"script {sheet.script}"]
        if sheet.script == "latin":
            keys += [f"font {sheet.font}", f"size {sheet.size}", f"angle {sheet.angle}", sheet.ground]
        for key in keys:
            counts[key][0] += said == "found"
            counts[key][1] += said in {"found", "held"}
            counts[key][2] += 1
    return {key: {"found": rate(a, n), "found or held": rate(b, n)} for key, (a, b, n) in counts.items()}


def on_clips(reader: TextReader, matcher: NameMatcher, folder: Path) -> dict[str, Any]:
    """What is found in files that hold none of the names, and what reading them takes."""
    decoder = Decoder(Sandbox(threads=1))
    found = read = files = 0
    seconds = 0.0
    for path in sorted(path for path in folder.iterdir() if path.suffix in {".mp4", ".jpg", ".png"}):
        files += 1
        for scene in scenes(decoder.look(path), MOST_SCENES):
            start = time.process_time()
            found += outcome(reader, matcher, scene.picture) != ""
            seconds += time.process_time() - start
            read += 1
    return {
        "files": files,
        "wrong": rate(found, read),
        "processor milliseconds a picture": round(seconds * 1000 / max(read, 1)),
    }


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fonts", type=Path, required=True)
    parser.add_argument("--clips", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--longest", type=int, default=LONGEST)
    parser.add_argument("--every", type=int, default=4, help="one in so many combinations is drawn")
    chosen = parser.parse_args()
    store = ModelStore(chosen.cache or shared_model_cache(), READING_PACKS, READING_CONVERTERS)
    for name in store.names():
        store.pull(name)
    reader = paddle_reader(store, SessionFactory(), longest=chosen.longest)
    matcher = NameMatcher((name, name) for names in NAMES.values() for name in names)
    fonts = sorted(path for path in chosen.fonts.iterdir() if path.suffix in {".ttf", ".otf"})
    start = time.process_time()
    names = tallied(reader, matcher, sheets(fonts, NAMES, every=chosen.every))
    plain = tallied(reader, matcher, sheets(fonts, OTHERS, every=chosen.every))
    figures: dict[str, Any] = {
        "longest": chosen.longest,
        "fonts": [font.stem for font in fonts],
        "names": names,
        "plain": {key: plain[key] for key in plain if key.startswith(("all", "script"))},
    }
    sheets_read = sum(tally["all"]["found"]["of"] for tally in (names, plain))
    figures["processor milliseconds a sheet"] = round((time.process_time() - start) * 1000 / max(sheets_read, 1))
    if chosen.clips:
        figures["clips"] = on_clips(reader, matcher, chosen.clips)
    text = json.dumps(figures, indent=1, ensure_ascii=False)
    print(text)
    if chosen.json:
        chosen.json.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
