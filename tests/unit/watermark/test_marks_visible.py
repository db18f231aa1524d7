"""The visible mark is seen on any ground, everywhere in turn, and touches nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watermark.adapters.visible import WanderingLabel
from watermark.ports.marks import YuvFrame

LABEL = "AI · placet"


def ground(width: int, height: int, level: int, seconds: float = 0.0) -> YuvFrame:
    chroma = np.full(((height + 1) // 2, (width + 1) // 2), 90, np.uint8)
    return YuvFrame(np.full((height, width), level, np.uint8), chroma, chroma.copy(), seconds)


@pytest.mark.parametrize("level", [16, 60, 128, 200, 235])
@pytest.mark.parametrize("size", [(640, 360), (202, 360), (1280, 720)])
def test_the_label_stands_out_from_any_ground(level: int, size: tuple[int, int]) -> None:
    drawn = WanderingLabel(LABEL, b"key", *size).draw(ground(*size, level, 1.0))
    changed = np.abs(drawn.y.astype(int) - level)
    assert changed.max() >= 45
    rows = np.flatnonzero(changed.max(axis=1) > 20)
    assert np.ptp(rows) >= 0.03 * min(size)
    assert (changed > 20).sum() > 0.001 * changed.size


def test_only_the_box_around_the_label_changes() -> None:
    plain = ground(640, 360, 100, 1.0)
    drawn = WanderingLabel(LABEL, b"key", 640, 360).draw(plain)
    rows, columns = np.nonzero(drawn.y != plain.y)
    assert np.ptp(rows) < 40
    assert np.ptp(columns) < 200
    assert plain.y.max() == plain.y.min() == 100


@given(st.binary(min_size=1, max_size=16))
@settings(max_examples=30, deadline=None)
def test_every_path_crosses_the_middle_and_reaches_the_edges(key: bytes) -> None:
    label = WanderingLabel("x", key, 320, 180)
    start = np.array([label.position(t) for t in np.arange(0, 2.1, 0.02)])
    assert np.abs(start - 0.5).max(axis=1).min() < 0.03
    whole = np.array([label.position(t) for t in np.arange(0, 12, 0.05)])
    assert (whole.min(axis=0) < 0.05).all()
    assert (whole.max(axis=0) > 0.95).all()


def test_the_path_has_no_jumps() -> None:
    label = WanderingLabel(LABEL, b"key", 640, 360)
    steps = np.diff([label.position(t) for t in np.arange(0, 20, 1 / 24)], axis=0)
    assert np.abs(steps).max() < 0.04


def test_size_and_opacity_drift() -> None:
    label = WanderingLabel(LABEL, b"key", 640, 360)
    boxes, strengths = set(), set()
    for t in np.arange(0, 6, 0.25):
        drawn = label.draw(ground(640, 360, 16, float(t)))
        boxes.add(int(np.ptp(np.nonzero(drawn.y != 16)[1])))
        strengths.add(int(drawn.y.max()) // 10)
    assert len(boxes) >= 5
    assert len(strengths) >= 2


def test_another_key_walks_another_way() -> None:
    one, other = (WanderingLabel(LABEL, key, 640, 360) for key in (b"one", b"other"))
    assert one.position(3.0) != pytest.approx(other.position(3.0), abs=0.02)


def test_a_long_label_is_made_to_fit_a_narrow_picture() -> None:
    drawn = WanderingLabel("a label that is far too long for this", b"key", 202, 360).draw(ground(202, 360, 16, 1.0))
    columns = np.nonzero(drawn.y != 16)[1]
    assert np.ptp(columns) <= 0.75 * 202


def test_a_picture_with_odd_sides_is_drawn_on() -> None:
    drawn = WanderingLabel(LABEL, b"key", 321, 181).draw(ground(321, 181, 16, 1.0))
    assert drawn.y.shape == (181, 321)
    assert drawn.u.shape == (91, 161)
    assert drawn.y.max() > 60
