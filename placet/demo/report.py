"""The demo's report: one HTML file beside its pictures. Everybody but the astronaut is blurred in it."""

import io
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from placet.demo.scenes import Outcome

_BLUR = 24


def write_report(out: Path, scenes: Sequence[Outcome], checks: Sequence[Outcome], seconds: float) -> Path:
    """Write `report.html` into the demo's folder."""
    environment = Environment(
        loader=PackageLoader("placet.demo", "templates"), autoescape=True, undefined=StrictUndefined
    )
    page = environment.get_template("report.html").render(scenes=scenes, checks=checks, seconds=seconds)
    target = out / "report.html"
    target.write_text(page, "utf-8")
    return target


def keep_still(webp: bytes, target: Path, *, publishable: bool) -> str:
    """Keep a still as JPEG, unrecognisable unless it may be shown; gives its file name."""
    from PIL import Image

    with Image.open(io.BytesIO(webp)) as opened:
        still = opened.convert("RGB")
    if not publishable:
        size = still.size
        still = still.resize((_BLUR, _BLUR * size[1] // size[0]), Image.Resampling.BOX)
        still = still.resize(size, Image.Resampling.BICUBIC)
    still.save(target, "JPEG", quality=85)
    return target.name
