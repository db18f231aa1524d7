"""Perth without its package's code: what can be told without its weights."""

import importlib.util
import io
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from trust_kernel.errors import Broken, Unavailable
from watermark.adapters import perth
from watermark.domain.marks import WatermarkReason


def test_a_missing_package_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(Unavailable) as missing:
        perth.PerthPresence()
    assert missing.value.code == WatermarkReason.MARKER


def test_other_weights_than_those_known_are_not_read(tmp_path: Path) -> None:
    other = tmp_path / "weights.pth.tar"
    other.write_bytes(b"PK\x03\x04 something else")
    for path in (other, tmp_path / "nothing"):
        with pytest.raises(Broken):
            perth.PerthPresence(weights=path)


def test_a_checkpoint_that_names_code_is_refused() -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.system, ("true",)

    archive = zipfile.ZipFile(io.BytesIO(), "w")
    with pytest.raises(Broken):
        perth._Reader(io.BytesIO(pickle.dumps(Evil())), archive).load()


def test_taking_sound_apart_and_together_changes_nothing() -> None:
    sound = np.random.default_rng(1).standard_normal(10_000).astype(np.float32)
    # The last frames do not cover the very end.
    again = perth._overlapped(perth._spectra(sound), len(sound))
    assert np.allclose(again[:9_500], sound[:9_500], atol=1e-4)


def test_a_convolution_is_the_textbook_one() -> None:
    rng = np.random.default_rng(2)
    signal, bias = rng.standard_normal((2, 30)).astype(np.float32), np.array([0.5, -1, 0], np.float32)
    kernels = rng.standard_normal((3, 2, 7)).astype(np.float32)
    expected = [
        bias[out] + sum(np.correlate(np.pad(signal[into], 3), kernels[out, into], "valid") for into in range(2))
        for out in range(3)
    ]
    assert np.allclose(perth._convolved(signal, [(kernels, bias)]), expected, atol=1e-4)
    twice = perth._convolved(signal, [(kernels, bias), (np.eye(3, dtype=np.float32)[:, :, None], bias * 0)])
    assert np.allclose(twice, np.where(np.array(expected) > 0, expected, np.array(expected) * 0.01), atol=1e-4)


def test_stretching_puts_ends_on_ends() -> None:
    level = np.arange(10, dtype=np.float32)[:, None]
    assert np.allclose(perth._stretched(level, 19)[:, 0], np.linspace(0, 9, 19))
    assert np.allclose(perth._stretched(level[:1], 3)[:, 0], 0)
