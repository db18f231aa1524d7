"""Any ONNX voice embedder that a manifest describes."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from likeness_guard.adapters.fbank import kaldi_fbank, level
from likeness_guard.adapters.recipes import VoiceRecipe
from likeness_guard.adapters.vectors import checked, unit
from likeness_guard.adapters.voice_windows import windows
from likeness_guard.ports import Sound, Vectors
from trust_kernel.inference.sessions import Session


class OnnxPackVoice:
    """Windows of sound through one network; its first input takes them, its first output gives the vectors.

    Args:
        version: of the pack, digest included.
        dimensions: length of its vectors.
        recipe: how it is fed.
        session: gives the loaded network.
    """

    def __init__(self, version: str, dimensions: int, recipe: VoiceRecipe, session: Callable[[], Session]) -> None:
        self.version = version
        self.dimensions = dimensions
        self._recipe = recipe
        self._session = session

    def partials(self, sound: Sound) -> tuple[Vectors, NDArray[np.float64]]:
        """Unit vectors of windows over a sound, and each window's start and end in seconds.

        Raises:
            Broken: ``model:output:shape``, ``model:output:not_finite``.
        """
        recipe = self._recipe
        cut, spans = windows(sound, recipe.window_seconds, recipe.step_seconds)
        if not len(cut):
            return np.zeros((0, self.dimensions), np.float32), spans
        session = self._session()
        name = session.inputs[0]
        rows = []
        for at in range(0, len(cut), recipe.batch):
            part = self._features(cut[at : at + recipe.batch])
            rows.append(checked(session.run({name: part})[0], len(part), self.dimensions))
        return unit(np.concatenate(rows)), spans

    def _features(self, cut: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._recipe.features == "waveform":
            return cut
        stacked = np.stack([level(kaldi_fbank(window, self._recipe.bands)) for window in cut])
        return np.ascontiguousarray(stacked if self._recipe.layout == "time-first" else stacked.transpose(0, 2, 1))
