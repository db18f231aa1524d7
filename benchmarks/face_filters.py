"""What people do to a photograph of a face: everyday wear, and filters that make it look drawn. OpenCV and numpy.

Every function takes and gives uint8 RGB (h, w, 3) of one size; equal pictures give equal pictures.
"""

from collections.abc import Callable, Mapping
from typing import Any

import cv2
import numpy as np

from likeness_guard.ports import Picture

Filter = Callable[[Any], Any]


def grey(picture: Any) -> Any:
    return cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)


def sepia(picture: Any) -> Any:
    return np.clip(grey(picture) * np.asarray([1.05, 0.85, 0.6]), 0, 255).astype(np.uint8)


def jpeg(quality: int) -> Filter:
    return lambda picture: cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1)


def noise(sigma: float) -> Filter:
    def noisy(picture: Any) -> Any:
        grain = np.random.default_rng(1).normal(0, sigma, picture.shape)
        return np.clip(picture + grain, 0, 255).astype(np.uint8)

    return noisy


def gamma(power: float, white: float = 255) -> Filter:
    return lambda picture: np.clip((picture / 255.0) ** power * white, 0, 255).astype(np.uint8)


def coarse(share: float) -> Filter:
    def shrunk(picture: Any) -> Any:
        height, width = picture.shape[:2]
        small = cv2.resize(picture, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)

    return shrunk


def blur(sigma: float) -> Filter:
    return lambda picture: cv2.GaussianBlur(picture, (0, 0), sigma)


def webcam(picture: Any) -> Any:
    return jpeg(35)(noise(8)(coarse(0.55)(picture)))


def print_scan(picture: Any) -> Any:
    return jpeg(60)(blur(0.8)(np.clip(picture * 0.75 + 45, 0, 255).astype(np.uint8)))


def cartoon(picture: Any) -> Any:
    flat = picture
    for _ in range(4):
        flat = cv2.bilateralFilter(flat, 9, 40, 7)
    soft = cv2.medianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), 5)
    lines = cv2.adaptiveThreshold(soft, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 9, 4)
    return cv2.bitwise_and(flat, cv2.cvtColor(lines, cv2.COLOR_GRAY2RGB))


def posterised(levels: int) -> Filter:
    step = 256 // levels
    return lambda picture: ((picture // step) * step + step // 2).astype(np.uint8)


def flat_colours(count: int) -> Filter:
    def flat(picture: Any) -> Any:
        cv2.setRNGSeed(1)
        points = cv2.bilateralFilter(picture, 9, 60, 9).reshape(-1, 3).astype(np.float32)
        _, nearest, colours = cv2.kmeans(points, count, None, (3, 10, 1.0), 1, cv2.KMEANS_PP_CENTERS)  # type: ignore[call-overload]  # its stub knows no None
        return colours[nearest.ravel()].reshape(picture.shape).astype(np.uint8)

    return flat


def comic(picture: Any) -> Any:
    flat = cv2.pyrMeanShiftFiltering(picture, 12, 30)
    lines = cv2.Canny(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), 80, 160)
    flat[cv2.dilate(lines, np.ones((2, 2), np.uint8)) > 0] = 20
    return flat


def oil(picture: Any) -> Any:
    """The mean colour of the commonest of eight brightnesses around each pixel."""
    levels = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) // 32
    painted = np.zeros(picture.shape, np.float32)
    commonest = np.zeros(levels.shape, np.float32)
    for level in range(8):
        mask = (levels == level).astype(np.float32)
        count = cv2.boxFilter(mask, -1, (7, 7), normalize=False)
        sums = cv2.boxFilter(picture.astype(np.float32) * mask[..., None], -1, (7, 7), normalize=False)
        here = count > commonest
        painted[here] = (sums / np.maximum(count, 1)[..., None])[here]
        commonest = np.maximum(commonest, count)
    return painted.astype(np.uint8)


def halftone(picture: Any) -> Any:
    down, across = np.mgrid[: picture.shape[0], : picture.shape[1]]
    screen = 127 * (1 + np.sin(1.6 * (across + down)) * np.sin(1.6 * (across - down)))
    dots = (cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) > screen).astype(np.uint8) * 255
    return np.repeat(dots[..., None], 3, axis=2)


def pencil(number: int) -> Filter:
    def sketched(picture: Any) -> Any:
        drawn = cv2.pencilSketch(picture, sigma_s=60, sigma_r=0.07, shade_factor=0.05)[number]
        return drawn if drawn.ndim == 3 else cv2.cvtColor(drawn, cv2.COLOR_GRAY2RGB)

    return sketched


WEAR: Mapping[str, Filter] = {
    "greyscale": grey,
    "sepia": sepia,
    "JPEG quality 15": jpeg(15),
    "noise": noise(20),
    "dark": gamma(1.8, 200),
    "bright": gamma(0.6),
    "webcam": webcam,
    "printed and scanned": print_scan,
    "slight blur": blur(1.2),
    "small (40 % of its pixels a side)": coarse(0.4),
}
"""Photographs as they come."""

STYLES: Mapping[str, Filter] = {
    "cartoon": cartoon,
    "stylised": lambda picture: cv2.stylization(picture, sigma_s=60, sigma_r=0.45),
    "flattened, 8 levels": lambda p: posterised(8)(cv2.edgePreservingFilter(p, flags=1, sigma_s=60, sigma_r=0.4)),
    "posterised, 4 levels": posterised(4),
    "5 colours": flat_colours(5),
    "comic": comic,
    "oil": oil,
    "pencil": pencil(0),
    "coloured pencil": pencil(1),
    "halftone": halftone,
}
"""Photographs made to look drawn."""


def applied(name: str, picture: Picture) -> Picture:
    """A picture under one of the above."""
    return np.ascontiguousarray(({**WEAR, **STYLES})[name](np.ascontiguousarray(picture)), np.uint8)
