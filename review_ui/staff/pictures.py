"""What reviewers may look at, blurred on the server until they ask: what is not sent can't be unblurred."""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generator_gateway.api import CaseFile
from trust_kernel.media.refs import MediaKind

_BLUR = 28
"""Side in pixels to which a blurred picture is shrunk before it is blown up again: nobody can be recognised."""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One medium of a case.

    Attributes:
        name: last part of its address.
        label: what it is.
        href: where its still is; blurred unless asked otherwise.
        film: where it plays; "" where there is nothing to play, or nothing that a browser should be given.
    """

    name: str
    label: str
    href: str
    film: str = ""


def exhibits(file: CaseFile) -> list[Exhibit]:
    """Pictures and videos that were handed in, and the draft. Sound alone has no still."""
    base = f"/cases/{file.case.id}/media"
    shown = [
        Exhibit(reference.id, f"Reference {number}", f"{base}/{reference.id}")
        for number, reference in enumerate(file.case.request.references, 1)
        if reference.media.kind is not MediaKind.AUDIO
    ]
    if any(decision.stage == "output" for decision in file.decisions):
        # Our own encoder's bytes; those of strangers are decoded in a confined process and never played.
        shown.append(Exhibit("draft", "What was made", f"{base}/draft", f"{base}/draft/film"))
    return shown


def unseen_sounds(file: CaseFile) -> int:
    """How many references are sound alone."""
    return sum(reference.media.kind is MediaKind.AUDIO for reference in file.case.request.references)


def blurred(picture: bytes) -> bytes:
    """A WebP from our own decoder as a WebP on which nobody can be recognised."""
    from PIL import Image, ImageFilter

    with Image.open(io.BytesIO(picture)) as opened:
        size = opened.size
        small = opened.convert("RGB").resize((_BLUR, max(1, _BLUR * size[1] // size[0])), Image.Resampling.BOX)
    made = io.BytesIO()
    large = small.resize(size, Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(size[0] / _BLUR))
    large.save(made, "WEBP", quality=60)
    return made.getvalue()


def still(picture: NDArray[np.uint8]) -> bytes:
    """Pixels, uint8 RGB (h, w, 3), as a WebP."""
    from PIL import Image

    made = io.BytesIO()
    Image.fromarray(picture).save(made, "WEBP", quality=90)
    return made.getvalue()
