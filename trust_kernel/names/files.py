"""Arrays in one file that is mapped, not read: a matcher of a million names opens at once, and processes share it.

A line of JSON (what lies where), then the arrays, each at a multiple of 64 bytes. Written beside the place and moved
there, so that a reader sees the old file or the new one.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trust_kernel.errors import InvalidInput

FORMAT = "placet-names-1"
_ALIGNED = 64
_LONGEST_HEADER = 1 << 20
_KINDS = frozenset({"uint8", "uint32", "uint64", "bool"})


def save(path: Path, arrays: Mapping[str, NDArray[np.generic]]) -> None:
    """Write arrays of one dimension."""
    places: dict[str, tuple[str, int, int]] = {}
    at = 0
    for name, values in arrays.items():
        places[name] = (values.dtype.name, at, int(values.size))
        at += -(-values.nbytes // _ALIGNED) * _ALIGNED
    header = json.dumps({"format": FORMAT, "bytes": at, "arrays": places}).encode("ascii")
    header += b" " * (-(len(header) + 1) % _ALIGNED) + b"\n"
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    with beside.open("wb") as file:
        file.write(header)
        for values in arrays.values():
            file.write(np.ascontiguousarray(values).data)
            file.write(bytes(-values.nbytes % _ALIGNED))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def load(path: Path) -> Mapping[str, NDArray[np.generic]]:
    """Map what `save` wrote.

    Raises:
        InvalidInput: it is no such file, or not a whole one.
    """
    with path.open("rb") as file:
        header = file.readline(_LONGEST_HEADER)
    try:
        described = json.loads(header)
        places, size = described["arrays"], int(described["bytes"])
        known = described["format"] == FORMAT and all(kind in _KINDS for kind, _, _ in places.values())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(f"{path.name} holds no prepared names", field="names") from error
    if not known or path.stat().st_size != len(header) + size:
        raise InvalidInput(f"{path.name} was prepared by another version, or is cut short", field="names")
    if not size:
        return {name: np.zeros(0, dtype=kind) for name, (kind, _, _) in places.items()}
    mapped = np.memmap(path, dtype=np.uint8, mode="r", offset=len(header), shape=(size,))
    found: dict[str, NDArray[np.generic]] = {}
    for name, (kind, at, count) in places.items():
        width = np.dtype(kind).itemsize
        found[name] = np.asarray(mapped[at : at + count * width]).view(kind)
    return found


def is_prepared(path: Path) -> bool:
    """Whether a file begins as `save` begins one."""
    with path.open("rb") as file:
        return file.read(64).startswith(f'{{"format": "{FORMAT}"'.encode("ascii"))
