"""Reads torch's legacy (non-zip) checkpoints without torch, and without letting them run code.

The format: a pickled magic number, a protocol version, system information, the object (tensors refer to storages by
persistent id), the list of storage keys, then each storage as an int64 count and raw little-endian values. Several
tensors may be views of one storage at different offsets: GE2E's LSTM weights are.
"""

import collections
import io
import pickle
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trust_kernel.errors import Broken
from trust_kernel.inference.reasons import ModelReason

Floats = NDArray[np.float32]

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_TYPES: Mapping[str, str] = {"FloatStorage": "<f4", "LongStorage": "<i8"}


class _View:
    """A tensor that waits for its storage."""

    def __init__(self, key: str, offset: int, size: tuple[int, ...], stride: tuple[int, ...]) -> None:
        self.key, self.offset, self.size, self.stride = key, offset, size, stride

    def __setstate__(self, _state: object) -> None:
        """Ignore what torch adds to a tensor."""


def _rebuild(
    storage: tuple[str, str], offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_rest: object
) -> _View:
    return _View(storage[1], offset, size, stride)


class _Reader(pickle.Unpickler):
    """Knows an ordered dictionary, tensors and two storages; anything else is refused."""

    def __init__(self, file: io.BufferedIOBase) -> None:
        super().__init__(file)
        self.storages: dict[str, str] = {}

    def find_class(self, module: str, name: str) -> Any:
        """Three kinds of names and no more: a pickle can otherwise name any function."""
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild
        if module == "torch" and name in _TYPES:
            return name
        raise Broken(f"the checkpoint names {module}.{name}", code=ModelReason.CHECKPOINT_REFUSED)

    def persistent_load(self, pid: Any) -> tuple[str, str]:
        """Note a storage's type."""
        kind, key = str(pid[1]), str(pid[2])
        self.storages[key] = kind
        return kind, key


def read_checkpoint(path: Path) -> dict[str, Any]:
    """The checkpoint's dictionary, tensors as float32 or int64 arrays.

    Raises:
        Broken: ``model:checkpoint:malformed``, not a legacy checkpoint; ``model:checkpoint:refused``, it names code
            beyond the allow-list.
    """
    with path.open("rb") as file:
        try:
            return _read(file)
        except (pickle.UnpicklingError, EOFError, struct.error, ValueError, IndexError, KeyError) as error:
            raise Broken("this is not a legacy torch checkpoint", code=ModelReason.CHECKPOINT_MALFORMED) from error


def _read(file: io.BufferedReader) -> dict[str, Any]:
    if (_Reader(file).load(), _Reader(file).load()) != (_MAGIC, _PROTOCOL):
        raise Broken("this is not a legacy torch checkpoint", code=ModelReason.CHECKPOINT_MALFORMED)
    _Reader(file).load()
    reader = _Reader(file)
    tree = reader.load()
    keys = _Reader(file).load()
    arrays: dict[str, NDArray[Any]] = {}
    for key in keys:
        (count,) = struct.unpack("<q", file.read(8))
        kind = np.dtype(_TYPES[reader.storages[key]])
        arrays[key] = np.frombuffer(file.read(count * kind.itemsize), kind)
        if arrays[key].size != count:
            raise Broken("a storage of this checkpoint is cut short", code=ModelReason.CHECKPOINT_MALFORMED)
    found: dict[str, Any] = _resolve(tree, arrays)
    return found


def _resolve(value: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:
    if isinstance(value, _View):
        return _viewed(value, arrays[value.key])
    if isinstance(value, dict):
        return {str(name): _resolve(inner, arrays) for name, inner in value.items()}
    return value


def _viewed(view: _View, storage: NDArray[Any]) -> NDArray[Any]:
    last = view.offset + sum((n - 1) * s for n, s in zip(view.size, view.stride, strict=True))
    if view.offset < 0 or last >= storage.size or min((0, *view.stride)) < 0:
        raise Broken("a tensor lies outside its storage", code=ModelReason.CHECKPOINT_MALFORMED)
    strides = [step * storage.itemsize for step in view.stride]
    return np.lib.stride_tricks.as_strided(storage[view.offset :], view.size, strides).copy()
