"""Speaker embedders in speechbrain directories (extra `speechbrain`).

speechbrain imports torchaudio, whose wheels on the registry link CUDA: where it does not load, this adapter says so and
nothing else changes. The directory's `hyperparams.yaml` can run code: only a trusted directory may be given.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likeness_guard.ports import Sound, Vectors
from trust_kernel.errors import Unavailable
from trust_kernel.inference.packs import sha256_of
from trust_kernel.media.refs import SAMPLE_RATE

_WINDOW = 1.6
_STEP = 0.77


class SpeechBrainVoice:
    """ECAPA or any other encoder that `SpeakerRecognition` loads, over windows of 1.6 s.

    Args:
        directory: trusted; holds `hyperparams.yaml` and `embedding_model.ckpt`.
        dimensions: length of its vectors.

    Raises:
        Unavailable: ``model:extra:missing``, speechbrain or torchaudio does not load here.
    """

    def __init__(self, directory: Path, *, dimensions: int = 192) -> None:
        try:
            from speechbrain.inference.speaker import SpeakerRecognition
            from speechbrain.utils.fetching import FetchConfig, LocalStrategy
        except (ImportError, OSError) as error:
            raise Unavailable(
                "speechbrain needs a torchaudio that loads beside this torch", code="model:extra:missing"
            ) from error
        self._model: Any = SpeakerRecognition.from_hparams(
            source=str(directory),
            savedir=None,
            local_strategy=LocalStrategy.NO_LINK,
            fetch_config=FetchConfig(allow_network=False),
        )
        self.version = f"speechbrain-{directory.name}-{sha256_of(directory / 'embedding_model.ckpt')[:12]}"
        self.dimensions = dimensions

    def partials(self, sound: Sound) -> tuple[Vectors, NDArray[np.float64]]:
        """Unit vectors of windows over a sound, and each window's start and end in seconds."""
        import torch

        if not sound.size:
            return np.zeros((0, self.dimensions), np.float32), np.zeros((0, 2))
        total = sound.size / SAMPLE_RATE
        starts = np.arange(0.0, max(_STEP, total - _WINDOW + 1e-6), _STEP)
        spans = np.stack([starts, np.minimum(starts + _WINDOW, total)], axis=1)
        rows = []
        for start, end in spans.tolist():
            part = torch.from_numpy(sound[int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)])[None]
            row = np.asarray(self._model.encode_batch(part).reshape(-1).numpy(), np.float32)
            rows.append(row / max(float(np.linalg.norm(row)), 1e-12))
        return np.stack(rows), spans
