"""Marking a still picture: decoded with Pillow, written as a file that holds nothing else of the source's."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trust_kernel.media.damage import PILLOW_DAMAGE
from watermark.adapters.marking.decoding import MAX_PIXELS
from watermark.adapters.marking.encoding import MIN_SIDE
from watermark.adapters.marking.markers import Marks
from watermark.adapters.marking.opening import unusable
from watermark.adapters.marking.quality import psnr, size_ratio, squared_error
from watermark.adapters.visible import VisibleMark
from watermark.domain.marks import MarkedFile, Visibility
from watermark.domain.visible_look import VisibleLook
from watermark.ports.marks import YuvFrame

if TYPE_CHECKING:
    from PIL.Image import Image

QUALITY = 92
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "AVIF")


def mark_picture(
    source: str, target: str, marks: Marks, payload: int, look: VisibleLook, visibility: Visibility
) -> MarkedFile:
    """Mark a picture.

    Args:
        source: path of a JPEG, PNG, WebP, BMP, GIF or AVIF; of a moving one, its first picture.
        target: path to write, a WebP where it ends so and a JPEG otherwise: upright, on white where the source is
            transparent, with its colour profile but without EXIF, GPS, XMP or comments.
        marks: who marks.
        payload: what the mark says.
        look: the visible mark; it stands at a keyed place.
        visibility: how plainly it shows.

    Raises:
        InvalidInput: it cannot be decoded, is too small to bear a mark, or too large.
    """
    picture, profile = _opened(source)
    values = np.asarray(picture.convert("YCbCr"))
    plain = _planes(values)
    high, wide = plain.y.shape
    drawn = VisibleMark(look, marks.visible_key, payload, wide, high, visibility, standing=True).draw(plain)
    marked = marks.pictures.embedder(payload, wide, high).mark(drawn)
    _save(marked, target, profile)
    return MarkedFile(
        psnr_y=psnr(squared_error(drawn.y, marked.y)),
        frames=1,
        fps=0.0,
        width=wide,
        height=high,
        size_ratio=size_ratio(source, target),
    )


def _opened(source: str) -> "tuple[Image, bytes | None]":
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # ours, below, is an error instead of a warning
    try:
        picture: Image.Image = Image.open(source, formats=_FORMATS)
        if picture.width * picture.height > MAX_PIXELS:
            raise unusable("The picture is too large.", limit=f"{MAX_PIXELS} pixels")
        if min(picture.size) < MIN_SIDE:
            raise unusable("The picture is too small to bear a mark.", limit=f"{MIN_SIDE} pixels a side")
        profile = picture.info.get("icc_profile") if picture.mode in {"RGB", "RGBA"} else None
        upright = ImageOps.exif_transpose(picture)
        if "A" in upright.getbands() or "transparency" in upright.info:
            layered = upright.convert("RGBA")
            upright = Image.new("RGB", layered.size, (255, 255, 255))
            upright.paste(layered, mask=layered.getchannel("A"))
        return upright.convert("RGB"), profile
    except PILLOW_DAMAGE as error:
        raise unusable("The picture cannot be decoded.") from error


def _planes(values: NDArray[np.uint8]) -> YuvFrame:
    import cv2

    high, wide = values.shape[:2]
    half = ((wide + 1) // 2, (high + 1) // 2)
    u, v = (
        np.asarray(
            cv2.resize(np.ascontiguousarray(values[:, :, channel]), half, interpolation=cv2.INTER_AREA), np.uint8
        )
        for channel in (1, 2)
    )
    return YuvFrame(np.ascontiguousarray(values[:, :, 0]), u, v)


def _save(frame: YuvFrame, target: str, profile: bytes | None) -> None:
    import cv2
    from PIL import Image

    high, wide = frame.y.shape
    u, v = (cv2.resize(plane, (wide, high), interpolation=cv2.INTER_LINEAR) for plane in (frame.u, frame.v))
    picture = Image.merge("YCbCr", [Image.fromarray(plane) for plane in (frame.y, u, v)])
    if target.endswith(".webp"):
        picture.convert("RGB").save(target, "WEBP", quality=QUALITY, method=4, icc_profile=profile)
    else:
        picture.save(target, "JPEG", quality=QUALITY, optimize=True, icc_profile=profile)
