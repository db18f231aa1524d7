"""A million aliases without a million objects: texts end to end in one array, read again when one is looked at."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise

import numpy as np
from numpy.typing import NDArray

from trust_kernel.names.aliases import Alias, prepare_one

Arrays = Mapping[str, NDArray[np.generic]]

_REMEMBERED = 8192
_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Texts:
    """Strings end to end.

    Attributes:
        letters: UTF-8; a lone surrogate is kept as Python keeps it.
        ends: where each string ends, in bytes.
    """

    letters: NDArray[np.uint8]
    ends: NDArray[np.uint64]

    @classmethod
    def of(cls, strings: Sequence[str]) -> "Texts":
        """Put strings end to end."""
        encoded = [string.encode("utf-8", "surrogatepass") for string in strings]
        sizes = np.fromiter(map(len, encoded), dtype=np.uint64, count=len(encoded))
        return cls(np.frombuffer(b"".join(encoded), dtype=np.uint8), np.cumsum(sizes, dtype=np.uint64))

    def __len__(self) -> int:
        """Strings."""
        return int(self.ends.size)

    def __iter__(self) -> Iterator[str]:
        """All strings."""
        start = 0
        for ends in (self.ends[at : at + _AT_ONCE].tolist() for at in range(0, len(self), _AT_ONCE)):
            for end in ends:
                yield bytes(self.letters[start:end]).decode("utf-8", "surrogatepass")
                start = end

    def __getitem__(self, number: int) -> str:
        """One string."""
        start = int(self.ends[number - 1]) if number else 0
        return bytes(self.letters[start : int(self.ends[number])]).decode("utf-8", "surrogatepass")

    def opened(self) -> "OpenTexts":
        """The same, quick to take many strings from."""
        begins = (self.letters & np.uint8(0xC0)) != np.uint8(0x80)  # the first byte of each character
        upto = np.concatenate([[0], np.cumsum(begins)])
        return OpenTexts(self.letters.tobytes().decode("utf-8", "surrogatepass"), upto[self.ends.astype(np.int64)])

    def arrays(self, name: str) -> Arrays:
        """For a file."""
        return {f"{name}.letters": self.letters, f"{name}.ends": self.ends}

    @classmethod
    def among(cls, arrays: Arrays, name: str) -> "Texts":
        """From a file."""
        return cls(arrays[f"{name}.letters"].view(np.uint8), arrays[f"{name}.ends"].view(np.uint64))


@dataclass(frozen=True, slots=True)
class OpenTexts:
    """Strings end to end in one string.

    Attributes:
        whole: all of them.
        ends: where each ends, in characters.
    """

    whole: str
    ends: NDArray[np.int64]

    def many(self, numbers: NDArray[np.int64]) -> list[str]:
        """Some strings."""
        starts = np.where(numbers > 0, self.ends[numbers - 1], 0)
        pairs = zip(starts.tolist(), self.ends[numbers].tolist(), strict=True)
        return [self.whole[start:end] for start, end in pairs]


class Rows:
    """All aliases in all their spellings; a row is one spelling.

    Args:
        written: aliases as they were given.
        entities: ids.
        entity: which id each alias names.
        alias: which alias each row is of.
        spelling: which of its spellings.
    """

    def __init__(
        self,
        written: Texts,
        entities: Texts,
        entity: NDArray[np.uint32],
        alias: NDArray[np.uint32],
        spelling: NDArray[np.uint8],
    ) -> None:
        self._written = written
        self._entities = entities
        self._entity = entity
        self._alias = alias
        self._spelling = spelling
        self.alias = lru_cache(_REMEMBERED)(self._look)

    def __len__(self) -> int:
        """Spellings."""
        return int(self._alias.size)

    def _look(self, row: int) -> Alias:
        number = int(self._alias[row])
        entity = self._entities[int(self._entity[number])]
        found = prepare_one(entity, self._written[number], int(self._spelling[row]))
        assert found is not None, "a row was made of a spelling that can be read"  # noqa: S101 - our own promise
        return found

    def entries(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Ids and how each is called, as given; one whose aliases were not given in a row comes several times."""
        begins = [0, *(np.flatnonzero(np.diff(self._entity)) + 1).tolist(), int(self._entity.size)]
        written = iter(self._written)
        for start, end in pairwise(begins if self._entity.size else ()):
            yield self._entities[int(self._entity[start])], tuple(islice(written, end - start))

    def arrays(self) -> Arrays:
        """For a file."""
        return {
            **self._written.arrays("written"),
            **self._entities.arrays("entities"),
            "rows.entity": self._entity,
            "rows.alias": self._alias,
            "rows.spelling": self._spelling,
        }

    @classmethod
    def among(cls, arrays: Arrays) -> "Rows":
        """From a file."""
        return cls(
            Texts.among(arrays, "written"),
            Texts.among(arrays, "entities"),
            arrays["rows.entity"].view(np.uint32),
            arrays["rows.alias"].view(np.uint32),
            arrays["rows.spelling"].view(np.uint8),
        )
