"""ECAPA-TDNN speaker embedders in speechbrain checkpoints (extra `speechbrain`).

A speechbrain directory's `hyperparams.yaml` can run code, so it is never read: the network is built from speechbrain's
classes with the one published recipe for speaker recognition (VoxCeleb/SpeakerRec, ECAPA-TDNN: 80 bands, each band's
mean over the sound taken off), its sizes are read from the checkpoint, and the checkpoint is loaded as data alone
(``torch.load(weights_only=True)`` refuses pickled code).

speechbrain imports torchaudio, whose wheels on the registry link CUDA. Nothing used here calls it: where it does not
load, an empty module stands in for it while speechbrain is imported.
"""

import importlib
import pickle
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likeness_guard.adapters.recipes import SpeechBrainRecipe
from likeness_guard.adapters.vectors import checked, unit
from likeness_guard.adapters.voice_windows import windows
from likeness_guard.ports import Sound, Vectors
from trust_kernel.errors import Broken, Unavailable
from trust_kernel.inference.packs import sha256_of
from trust_kernel.inference.reasons import ModelReason

CHECKPOINT = "embedding_model.ckpt"
_BANDS = 80
_KERNELS = (5, 3, 3, 3, 1)
_DILATIONS = (1, 2, 3, 4, 1)
_importing = threading.Lock()


class SpeechBrainVoice:
    """ECAPA-TDNN over windows of a sound.

    Args:
        directory: holds `embedding_model.ckpt`; nothing else in it is read.
        dimensions: length of its vectors.
        recipe: how it is fed.
        version: what to call its vectors; made from the directory and the file where nothing is given.

    Raises:
        Unavailable: ``model:extra:missing``, speechbrain or torch does not load here; ``model:pack:not_installed``.
        Broken: ``model:checkpoint:refused``, it holds code; ``model:checkpoint:malformed``, it is no ECAPA-TDNN;
            ``model:output:shape``, its vectors have another length.
    """

    def __init__(
        self, directory: Path, *, dimensions: int = 192, recipe: SpeechBrainRecipe | None = None, version: str = ""
    ) -> None:
        file = directory / CHECKPOINT
        if not file.is_file():
            raise Unavailable(f"there is no {CHECKPOINT} in the pack", code=ModelReason.PACK_NOT_INSTALLED)
        self._network, self._bank = _network(_state(file))
        self._recipe = recipe or SpeechBrainRecipe()
        self.version = version or f"speechbrain-{directory.name}-{sha256_of(file)[:12]}"
        self.dimensions = dimensions
        if self._network.fc.conv.out_channels != dimensions:
            given = self._network.fc.conv.out_channels
            raise Broken(f"the model gives {given} numbers, not {dimensions}", code=ModelReason.OUTPUT_SHAPE)

    def partials(self, sound: Sound) -> tuple[Vectors, NDArray[np.float64]]:
        """Unit vectors of windows over a sound, and each window's start and end in seconds.

        Raises:
            Broken: ``model:output:not_finite``.
        """
        import torch

        cut, spans = windows(sound, self._recipe.window_seconds, self._recipe.step_seconds)
        rows = [np.zeros((0, self.dimensions), np.float32)]
        with torch.inference_mode():
            for at in range(0, len(cut), self._recipe.batch):
                features = self._bank(torch.from_numpy(cut[at : at + self._recipe.batch]))
                answer = self._network(features - features.mean(dim=1, keepdim=True))
                rows.append(checked(answer.numpy(), len(features), self.dimensions))
        return unit(np.concatenate(rows)), spans


def _state(file: Path) -> dict[str, Any]:
    try:
        import torch
    except (ImportError, OSError) as error:
        raise Unavailable("install the extra: speechbrain", code=ModelReason.EXTRA_MISSING) from error
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise Broken(
            "the checkpoint holds more than weights, or is none", code=ModelReason.CHECKPOINT_REFUSED
        ) from error
    except (RuntimeError, EOFError, ValueError, OSError, KeyError, IndexError) as error:
        raise _malformed() from error
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise _malformed()
    return state


def _network(state: dict[str, Any]) -> tuple[Any, Any]:
    """The network with these weights, and its filter bank."""
    with _importing, torchaudio_or_nothing():
        try:
            from speechbrain.lobes.features import Fbank
            from speechbrain.lobes.models.ECAPA_TDNN import ECAPA_TDNN
        except (ImportError, OSError) as error:
            raise Unavailable("speechbrain does not load beside this torch", code=ModelReason.EXTRA_MISSING) from error
    try:
        width = int(state["blocks.0.conv.conv.weight"].shape[0])
        network = ECAPA_TDNN(
            input_size=_BANDS,
            channels=[width] * 4 + [int(state["mfa.conv.conv.weight"].shape[0])],
            kernel_sizes=list(_KERNELS),
            dilations=list(_DILATIONS),
            attention_channels=int(state["asp.tdnn.conv.conv.weight"].shape[0]),
            se_channels=int(state["blocks.1.se_block.conv1.conv.weight"].shape[0]),
            lin_neurons=int(state["fc.conv.weight"].shape[0]),
        )
        network.load_state_dict(state)
    except (KeyError, IndexError, RuntimeError, AttributeError, ValueError, AssertionError) as error:
        raise _malformed() from error
    return network.eval(), Fbank(n_mels=_BANDS).eval()


@contextmanager
def torchaudio_or_nothing() -> Iterator[None]:
    """Let speechbrain be imported where torchaudio does not load: any use of the stand-in is an AttributeError.

    Afterwards neither the stand-in nor speechbrain's lazy modules stay in `sys.modules`: the latter import torchaudio
    when anything looks at them, and `inspect` looks at every module.
    """
    try:
        importlib.import_module("torchaudio")
    except (ImportError, OSError):
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchaudio"]:
            del sys.modules[name]
        nothing = ModuleType("torchaudio")
        nothing.__spec__ = ModuleSpec("torchaudio", None)
        nothing.__dict__["__version__"] = "2.9.0"  # from which on speechbrain looks for no audio backend
        sys.modules["torchaudio"] = nothing
        try:
            yield
        finally:
            del sys.modules["torchaudio"]
            _forget_lazy_modules()
    else:
        yield


def _forget_lazy_modules() -> None:
    imported = sys.modules.get("speechbrain.utils.importutils")
    if imported is not None:
        for name in [name for name, module in sys.modules.items() if isinstance(module, imported.LazyModule)]:
            del sys.modules[name]


def _malformed() -> Broken:
    return Broken("this is not an ECAPA-TDNN checkpoint of speechbrain", code=ModelReason.CHECKPOINT_MALFORMED)
