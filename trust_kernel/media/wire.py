"""How values cross between this process and a child: JSON, and arrays as .npy files beside it. Never pickle."""

from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

_ARRAY = "$array"
_SHAPES = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


class ArrayFolder:
    """Packs values into JSON and .npy files in one folder, and unpacks what the other side packed.

    Args:
        folder: private to one call; both sides use the same one, under different prefixes.
        prefix: keeps the two directions apart.
    """

    def __init__(self, folder: Path, prefix: str) -> None:
        self._folder = folder
        self._prefix = prefix
        self._numbers = count()

    def pack(self, value: object) -> Any:
        """Give `value` as something that `json.dumps` takes; arrays go to files, paths become strings.

        Raises:
            TypeError: `value` holds something else than JSON scalars, lists, tuples, dicts with string keys, paths
                and arrays of plain numbers; or a key that begins with "$".
        """
        match value:
            case None | bool() | int() | float() | str():
                return value
            case Path():
                return str(value)
            case np.ndarray():
                return {_ARRAY: self._write(value)}
            case np.generic():
                return value.item()
            case list() | tuple():
                return [self.pack(item) for item in value]
            case Mapping():
                return {_plain_key(key): self.pack(item) for key, item in value.items()}
        raise TypeError(f"a {type(value).__name__} cannot travel to or from a child process")

    def unpack(self, value: Any) -> Any:
        """The inverse of `pack`, but for tuples (lists now) and paths (strings now).

        Raises:
            ValueError: an array file that is missing, malformed, would need unpickling, or claims more than it holds.
        """
        if isinstance(value, list):
            return [self.unpack(item) for item in value]
        if not isinstance(value, dict):
            return value
        if _ARRAY in value:
            return self._read(value[_ARRAY])
        return {key: self.unpack(item) for key, item in value.items()}

    def _write(self, array: np.ndarray[Any, Any]) -> int:
        if array.dtype.hasobject:
            raise TypeError("an array of objects cannot travel to or from a child process")
        number = next(self._numbers)
        np.save(self._place(number), array, allow_pickle=False)
        return number

    def _read(self, number: object) -> np.ndarray[Any, Any]:
        if not isinstance(number, int):
            raise ValueError("an array is referred to by its number")  # noqa: TRY004 - one error for a bad reply
        place = self._place(number)
        if place.is_symlink() or not place.is_file():
            raise ValueError(f"array {number} is missing")
        _check_size(place)
        loaded = np.load(place, allow_pickle=False)
        if not isinstance(loaded, np.ndarray):
            raise ValueError(f"array {number} is not an array")  # noqa: TRY004 - one error for a bad reply
        return loaded

    def _place(self, number: int) -> Path:
        return self._folder / f"{self._prefix}{number}.npy"


def _check_size(place: Path) -> None:
    """Refuse a header that claims more than the file holds: numpy would allocate first and read later."""
    with place.open("rb") as file:
        version = npy.read_magic(file)
        if version not in _SHAPES:
            raise ValueError(f"array header of version {version}")
        shape, _, dtype = _SHAPES[version](file)
        claimed = dtype.itemsize
        for side in shape:
            claimed *= side
        if dtype.hasobject or claimed != place.stat().st_size - file.tell():
            raise ValueError("array header and data disagree")


def _plain_key(key: object) -> str:
    if not isinstance(key, str) or key.startswith("$"):
        raise TypeError(f"{key!r} cannot be a key on the way to or from a child process")
    return key
