"""What people do to pictures before they post them, from a picture to a picture; and pictures to do it to."""

import io
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.factories.characters import fox, robot
from tests.factories.references import picture as blots

Picture = NDArray[np.uint8]
Edit = Callable[[Picture], Picture]
_PHOTOGRAPHS = (
    "astronaut", "cat", "coffee", "rocket", "camera", "coins", "moon", "page", "brick", "grass", "gravel",
    "retina", "hubble_deep_field", "immunohistochemistry", "clock", "text", "horse", "colorwheel", "logo",
)  # fmt: skip
_SCREEN = (720, 1280)


def pictures(drawn: int, *, photographs: bool = True) -> dict[str, Picture]:
    """Photographs of scikit-image where it is installed, two characters in four poses each, and blots of colour."""
    found = {f"fox {pose}": fox(pose) for pose in range(4)} | {f"robot {pose}": robot(pose) for pose in range(4)}
    found |= {f"blots {seed}": enlarged(blots(seed)) for seed in range(drawn)}
    return found | (_photographs() if photographs else {})


def _photographs() -> dict[str, Picture]:
    try:
        from skimage import data
    except ImportError:
        return {}
    found = {}
    for name in _PHOTOGRAPHS:
        try:
            shown = np.asarray(getattr(data, name)())
        except (AttributeError, OSError, ValueError, ImportError):
            continue  # some of them are not in the package but on the internet
        if shown.dtype == np.uint8 and shown.ndim in {2, 3}:
            colour = shown if shown.ndim == 3 else np.repeat(shown[..., None], 3, axis=2)
            found[name] = np.ascontiguousarray(colour[..., :3])
    return found


def enlarged(picture: Picture) -> Picture:
    """Four times as wide and high."""
    height, width = picture.shape[:2]
    return _resized(picture, width * 4, height * 4)


def _resized(picture: Picture, width: int, height: int) -> Picture:
    shrinks = width * height < picture.shape[0] * picture.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(np.ascontiguousarray(picture), (width, height), interpolation=method), np.uint8)


def _cropped(removed: float, picture: Picture) -> Picture:
    """The middle, without so much of the area."""
    height, width = picture.shape[:2]
    share = (1 - removed) ** 0.5
    top, left = round(height * (1 - share) / 2), round(width * (1 - share) / 2)
    return picture[top : height - top, left : width - left]


def _cropped_aside(removed: float, picture: Picture) -> Picture:
    """Without so much of the right side."""
    return picture[:, : round(picture.shape[1] * (1 - removed))]


def _cornered(removed: float, picture: Picture) -> Picture:
    """The upper left corner, without so much of the area."""
    height, width = picture.shape[:2]
    share = (1 - removed) ** 0.5
    return picture[: round(height * share), : round(width * share)]


def _cropped_anywhere(removed: float, picture: Picture) -> Picture:
    """Without so much of the area, a third of it on the left and two thirds above."""
    height, width = picture.shape[:2]
    share = (1 - removed) ** 0.5
    top, left = round(height * (1 - share) * 0.67), round(width * (1 - share) * 0.33)
    return picture[top : top + round(height * share), left : left + round(width * share)]


def _saved(quality: int, picture: Picture) -> Picture:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer).convert("RGB"))


def _smaller(share: float, picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    return _resized(picture, max(1, round(width * share)), max(1, round(height * share)))


def _text(picture: Picture) -> Picture:
    """A caption in white across the lower fifth."""
    shown = picture.copy()
    height, width = shown.shape[:2]
    scale = width / 320
    at = (round(width * 0.05), round(height * 0.9))
    cv2.putText(shown, "WHEN THE FOX ARRIVES", at, cv2.FONT_HERSHEY_SIMPLEX, scale * 0.7, (255, 255, 255), 4)
    return shown


def _bordered(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    edge = round(0.1 * max(height, width))
    return np.pad(picture, ((edge, edge), (edge, edge), (0, 0)), constant_values=255)


def _mirrored(picture: Picture) -> Picture:
    return np.ascontiguousarray(picture[:, ::-1])


def _turned(degrees: float, picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return np.asarray(cv2.warpAffine(picture, matrix, (width, height)), np.uint8)


def _screenshot(picture: Picture) -> Picture:
    """In a window on a screen, between a bar and a column of text."""
    screen = np.full((*_SCREEN, 3), 244, np.uint8)
    screen[:48] = 40
    for row in range(90, 640, 26):
        screen[row : row + 10, 930:1220] = 170
    height, width = picture.shape[:2]
    scale = min(560 / height, 820 / width)
    shown = _resized(picture, round(width * scale), round(height * scale))
    screen[90 : 90 + shown.shape[0], 60 : 60 + shown.shape[1]] = shown
    return screen


def _graded(picture: Picture) -> Picture:
    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV).astype(int)
    hsv[..., 0] = (hsv[..., 0] + 6) % 180
    hsv[..., 1:] = np.clip(hsv[..., 1:] * np.array([1.15, 0.9]) + np.array([0, 10]), 0, 255)
    return np.asarray(cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB), np.uint8)


def _noisy(picture: Picture) -> Picture:
    noise = np.random.default_rng(5).normal(0, 18, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


EDITS: Mapping[str, Edit] = MappingProxyType(
    {
        "none": lambda picture: picture,
        "JPEG 30": partial(_saved, 30),
        "JPEG 10": partial(_saved, 10),
        "resized to a quarter": partial(_smaller, 0.25),
        **{f"crop {share} %": partial(_cropped, share / 100) for share in (10, 20, 30, 40, 50)},
        **{f"corner, {share} % cut away": partial(_cornered, share / 100) for share in (10, 25, 40, 50)},
        **{f"off centre, {share} % cut away": partial(_cropped_anywhere, share / 100) for share in (10, 25, 40, 50)},
        **{f"right {share} % cut off": partial(_cropped_aside, share / 100) for share in (5, 13, 25, 30, 50)},
        "caption": _text,
        "white border": _bordered,
        "mirrored": _mirrored,
        "turned by 90": np.rot90,
        **{f"turned by {degrees}": partial(_turned, degrees) for degrees in (3, 5, 8, -10, 15)},
        "turned by 5, 70 % of the middle": lambda picture: _cropped(0.3, _turned(5.0, picture)),
        "turned by -8, 60 % of the middle": lambda picture: _cropped(0.4, _turned(-8.0, picture)),
        "graded": _graded,
        "noise": _noisy,
        "screenshot": _screenshot,
        "screenshot, JPEG 50": lambda picture: _saved(50, _screenshot(picture)),
        "off centre, 25 %, mirrored, JPEG 40": lambda picture: _saved(40, _mirrored(_cropped_anywhere(0.25, picture))),
        "crop 20 %, mirrored, JPEG 40": lambda picture: _saved(40, _mirrored(_cropped(0.2, picture))),
    }
)  # fmt: skip
