"""Arrays in one file that is mapped, not read: a matcher of a million names opens at once, and processes share it.

A line of JSON (what lies where, a digest of it, by which rules names were read), then the arrays, each at a multiple of
64 bytes. Written beside the place and moved there, so that a reader sees the old file or the new one.
"""

import hashlib
import json
import os
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trust_kernel.errors import InvalidInput

FORMAT = "placet-names-2"
_ALIGNED = 64
_LONGEST_HEADER = 1 << 20
_KINDS = frozenset({"uint8", "uint32", "uint64", "bool"})


@cache
def rules() -> str:
    """What the arrays depend on beside the names, hex: this package, and whose tables and hashes it uses."""
    digest = hashlib.sha256(f"{unicodedata.unidata_version} {np.__version__} {_version('anyascii')}".encode())
    for source in sorted(files("trust_kernel.names").iterdir(), key=lambda source: source.name):
        if source.name.endswith(".py"):
            digest.update(hashlib.sha256(source.read_bytes()).digest())
    return digest.hexdigest()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def save(path: Path, arrays: Mapping[str, NDArray[np.generic]]) -> None:
    """Write arrays of one dimension."""
    places: dict[str, tuple[str, int, int]] = {}
    at = 0
    for name, values in arrays.items():
        places[name] = (values.dtype.name, at, int(values.size))
        at += -(-values.nbytes // _ALIGNED) * _ALIGNED
    digest = hashlib.sha256()
    for values in arrays.values():
        for part in _padded(values):
            digest.update(part)
    described = {"format": FORMAT, "rules": rules(), "bytes": at, "sha256": digest.hexdigest(), "arrays": places}
    header = json.dumps(described).encode("ascii")
    header += b" " * (-(len(header) + 1) % _ALIGNED) + b"\n"
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    with beside.open("wb") as file:
        file.write(header)
        for values in arrays.values():
            file.writelines(_padded(values))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _padded(values: NDArray[np.generic]) -> tuple[memoryview, bytes]:
    return np.ascontiguousarray(values).view(np.uint8).data, bytes(-values.nbytes % _ALIGNED)


def load(path: Path) -> Mapping[str, NDArray[np.generic]]:
    """Map what `save` wrote.

    Raises:
        InvalidInput: it is no such file, it is broken, or it was made by another version.
    """
    with path.open("rb") as file:
        header = file.readline(_LONGEST_HEADER)
    try:
        described = json.loads(header)
        places, size = described["arrays"], int(described["bytes"])
        known = described["format"] == FORMAT and described["rules"] == rules()
        known = known and all(kind in _KINDS for kind, _, _ in places.values())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(f"{path.name} holds no prepared names", field="names") from error
    if not known or path.stat().st_size != len(header) + size:
        raise InvalidInput(f"{path.name} was prepared by another version, or is cut short", field="names")
    if not size:
        return {name: np.zeros(0, dtype=kind) for name, (kind, _, _) in places.items()}
    mapped = np.memmap(path, dtype=np.uint8, mode="r", offset=len(header), shape=(size,))
    if hashlib.sha256(mapped.data).hexdigest() != described["sha256"]:
        raise InvalidInput(f"{path.name} is broken: prepare the names again", field="names")
    found: dict[str, NDArray[np.generic]] = {}
    for name, (kind, at, count) in places.items():
        width = np.dtype(kind).itemsize
        found[name] = np.asarray(mapped[at : at + count * width]).view(kind)
    return found


def is_prepared(path: Path) -> bool:
    """Whether a file begins as `save` begins one."""
    with path.open("rb") as file:
        return file.read(64).startswith(f'{{"format": "{FORMAT}"'.encode("ascii"))
