"""Perth, Resemble AI's neural mark (package resemble-perth 1.0.1, MIT), behind the `SoundPresence` port.

It carries no number and has no key: anybody can write it and anybody can read it, so it only ever hints. Only the file
of weights inside the package is used, never its code, so torch, torchaudio and librosa are not needed: a stack of
one-dimensional convolutions over the 128 lowest frequencies of a spectrogram is a few matrix products.
"""

import hashlib
import importlib.util
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trust_kernel.errors import Broken, Unavailable
from watermark.domain.marks import WatermarkReason
from watermark.ports.marks import Sound

RATE = 32_000
_FRAME, _HOP, _SUBBAND = 2048, 320, 128
_LEAST_DB, _HEADROOM_DB = -180.0, 15.0
_MASKED = 0.05
"""Frames below this share of the loudest one's level say nothing."""
_LAYERS = 7
_LEAK = 0.01
_BATCH = 1000
_WEIGHTS = "perth_net/pretrained/implicit/perth_net_250000.pth.tar"
_DIGEST = "a15bce457ebc53ce5e6c9c3f11df78cf7ee2bf9cdab0a798902135b4c4027670"

Floats = NDArray[np.float32]
Layers = list[tuple[Floats, Floats]]
_WINDOW = np.hanning(_FRAME + 1)[:_FRAME].astype(np.float32)


class PerthPresence:
    """A `SoundPresence` that computes Perth's encoder and decoder with numpy.

    Args:
        target_snr: dB of the sound over what the mark adds, at least; Perth by itself adds 15 dB below.
        weights: the package's file of weights; found in the installed package, unless told otherwise.

    Raises:
        Unavailable: resemble-perth is not installed.
        Broken: its weights are not those of version 1.0.1.
    """

    def __init__(self, target_snr: float = 24.0, weights: Path | None = None) -> None:
        self._target_snr = target_snr
        state = _checked_state(weights or _package_folder() / _WEIGHTS)
        self._encoder = _layers(state, "encoder.layers")
        self._branches = [(1.25, "slow"), (1.0, "normal"), (0.75, "fast")]
        self._decoders = {name: _layers(state, f"decoder.{name}_layers") for _, name in self._branches}

    def mark(self, sound: Sound) -> Sound:
        """A marked copy, same shape and rate: all channels get what the encoder adds to their mean."""
        mono = _mono(sound)
        if mono.size < _FRAME or not mono.any():
            return sound
        spectra = _spectra(mono)[:, :_SUBBAND]
        level, heard = _levels(mono)
        louder = _convolved(level.T, self._encoder).T * heard[:, None]
        # Levels are logarithmic: what is added to them multiplies the spectrum.
        ratio = 10 ** (louder * np.float32((_HEADROOM_DB - _LEAST_DB) / 20)) - 1
        added = _overlapped(spectra * ratio, mono.size)
        allowed = (
            float(np.square(mono).sum()) * 10 ** (-self._target_snr / 10) / (float(np.square(added).sum()) + 1e-20)
        )
        change = _resampled(added * np.float32(min(1.0, allowed**0.5)), RATE, sound.rate)
        samples = sound.samples.copy()
        length = min(change.size, samples.shape[1])
        samples[:, :length] += change[:length]
        most = np.maximum(np.abs(sound.samples), np.float32(1))
        return Sound(np.clip(samples, -most, most), sound.rate)

    def score(self, sound: Sound) -> float:
        """How surely sound carries the mark, in [0, 1]: unmarked sound scores 0 to 0.25."""
        mono = _mono(sound)
        if mono.size < _FRAME or not mono.any():
            return 0.0
        level, heard = _levels(mono)
        votes = []
        for stretch, name in self._branches:
            frames = max(1, int(len(level) * stretch))
            told = _convolved(_stretched(level, frames).T, self._decoders[name])
            mask = heard[np.arange(frames) * len(heard) // frames]
            votes.append((told * mask).sum(axis=1) / max(float(mask.sum()), 1.0))
        attention, marked = np.stack(votes, axis=1)
        weights = np.exp(attention - attention.max())
        return float(np.clip((weights * marked).sum() / weights.sum(), 0.0, 1.0))


def _mono(sound: Sound) -> Floats:
    mean = np.asarray(sound.samples.mean(axis=0), np.float32)
    return _resampled(mean, sound.rate, RATE) if mean.size > _FRAME // 2 else mean


def _resampled(samples: Floats, old: int, new: int) -> Floats:
    import soxr

    return samples if old == new else np.asarray(soxr.resample(samples, old, new), np.float32)


def _spectra(mono: Floats) -> NDArray[np.complex64]:
    """Spectra of shape (frames, 1025); frames are centred, and the sound is mirrored at its ends."""
    padded = np.pad(mono, _FRAME // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FRAME)[::_HOP]
    return np.fft.rfft(frames * _WINDOW, axis=1).astype(np.complex64)


def _levels(mono: Floats) -> tuple[Floats, Floats]:
    """Normalised levels of the lowest frequencies, shape (frames, 128), and which frames are heard, 0 or 1."""
    decibels = 20 * np.log10(np.maximum(np.abs(_spectra(mono)), np.float32(10 ** (_LEAST_DB / 20))))
    level = (decibels - np.float32(_LEAST_DB)) / np.float32(_HEADROOM_DB - _LEAST_DB)
    loudness = level.sum(axis=1)
    return level[:, :_SUBBAND], (loudness > loudness.max() * _MASKED).astype(np.float32)


def _overlapped(spectra: NDArray[np.complexfloating], length: int) -> Floats:
    """The sound of spectra whose upper frequencies are zero: weighted overlap-add, as torch's istft does it."""
    total = np.zeros(length + 2 * _FRAME, np.float32)
    weight = np.zeros_like(total)
    for start in range(0, len(spectra), _BATCH):
        pieces = np.fft.irfft(spectra[start : start + _BATCH], _FRAME, axis=1).astype(np.float32) * _WINDOW
        for number, piece in enumerate(pieces, start):
            total[number * _HOP : number * _HOP + _FRAME] += piece
            weight[number * _HOP : number * _HOP + _FRAME] += _WINDOW**2
    inside = slice(_FRAME // 2, _FRAME // 2 + length)
    return np.asarray(total[inside] / np.maximum(weight[inside], 1e-8), np.float32)


def _stretched(level: Floats, frames: int) -> Floats:
    """Linear interpolation over time, ends on ends."""
    place = np.linspace(0, len(level) - 1, frames)
    lower = np.minimum(place.astype(np.intp), max(len(level) - 2, 0))
    beyond = (place - lower).astype(np.float32)[:, None]
    upper = np.minimum(lower + 1, len(level) - 1)
    return np.asarray(level[lower] * (1 - beyond) + level[upper] * beyond, np.float32)


def _convolved(signal: Floats, layers: Layers) -> Floats:
    """A stack of convolutions with leaky rectifiers between them, over a signal of shape (channels, frames)."""
    for number, (kernels, bias) in enumerate(layers):
        width = kernels.shape[2]
        padded = np.pad(signal, ((0, 0), (width // 2, width // 2)))
        frames = signal.shape[1]
        # One matrix product for each tap.
        signal = np.repeat(bias[:, None], frames, axis=1)
        for tap in range(width):
            signal += kernels[:, :, tap] @ padded[:, tap : tap + frames]
        if number < len(layers) - 1:
            signal = np.where(signal > 0, signal, signal * np.float32(_LEAK))
    return signal


def _layers(state: Mapping[str, Floats], name: str) -> Layers:
    return [(state[f"{name}.{one}.conv.weight"], state[f"{name}.{one}.conv.bias"]) for one in range(_LAYERS)]


def _package_folder() -> Path:
    spec = importlib.util.find_spec("perth")
    if spec is None or not spec.submodule_search_locations:
        raise Unavailable("This needs the extra perth, which is not installed.", code=WatermarkReason.MARKER)
    return Path(spec.submodule_search_locations[0])


def _checked_state(path: Path) -> dict[str, Floats]:
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != _DIGEST:
        raise Broken("The weights of Perth are not those of resemble-perth 1.0.1.", code=WatermarkReason.MARKER)
    with zipfile.ZipFile(path) as archive, archive.open("archive/data.pkl") as pickled:
        state: dict[str, Floats] = _Reader(pickled, archive).load()["model"]
    return state


class _Reader(pickle.Unpickler):
    """Reads torch's zip checkpoints; knows an ordered dictionary, tensors and one storage, and refuses the rest."""

    def __init__(self, file: Any, archive: zipfile.ZipFile) -> None:
        super().__init__(file)
        self._archive = archive

    def find_class(self, module: str, name: str) -> Any:
        """Three names and no more: a pickle can otherwise name any function."""
        known: dict[tuple[str, str], Callable[..., object] | str] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _rebuilt,
            ("torch", "FloatStorage"): "<f4",
        }
        if (module, name) not in known:
            raise Broken(f"the checkpoint names {module}.{name}", code=WatermarkReason.MARKER)
        return known[module, name]

    def persistent_load(self, pid: Any) -> NDArray[Any]:
        """A storage's numbers."""
        return np.frombuffer(self._archive.read(f"archive/data/{pid[2]}"), pid[1])


def _rebuilt(storage: Floats, offset: int, size: tuple[int, ...], _stride: object, *_rest: object) -> Floats:
    """A tensor that lies in its storage row by row, as all of this checkpoint do."""
    return storage[offset : offset + int(np.prod(size))].reshape(size)
