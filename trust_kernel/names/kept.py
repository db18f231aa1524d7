"""Shelves of names in files, which the processes of a machine share and which outlive them.

A file is named after what it holds and by which rules it was read; it is written once, never changed, and carries a
digest of its bytes. One that is broken, or was made by other rules, is removed and made anew.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from trust_kernel.errors import InvalidInput
from trust_kernel.files import locked
from trust_kernel.names.files import rules
from trust_kernel.names.matcher import NameMatcher
from trust_kernel.names.shelves import Kept

FEWEST_KEPT = 20_000
"""Names from which a shelf is worth a file: with fewer it is made in less than a second."""

_ENDING = ".names"
_NEW = ".new"
_LOCK = ".lock"
_HALF_WRITTEN = 3600.0
"""Seconds after which nobody is writing a file any more."""

_log = logging.getLogger(__name__)


class ShelfFolder:
    """Keeps the shelves of one book.

    Args:
        folder: made if missing; several books may share it.
        book: what is kept, as file names begin.
        fewest: names from which a shelf is kept.
        build: makes a matcher.
    """

    def __init__(
        self,
        folder: Path,
        book: str,
        *,
        fewest: int = FEWEST_KEPT,
        build: Callable[[Sequence[tuple[str, str]]], NameMatcher] = NameMatcher,
    ) -> None:
        self._folder = folder
        self._book = book
        self._fewest = fewest
        self._build = build

    def made(self, names: Mapping[str, tuple[str, ...]]) -> Kept:
        """A shelf of these names, by entry: from its file, or made and kept; in memory alone where that cannot be.

        One process makes a shelf of a book at a time: of several that want the same, the others wait for its file.
        """
        pairs = [(entry, name) for entry, called in names.items() for name in called]
        if len(pairs) < self._fewest:
            return Kept(self._build(pairs), None)
        path = self._folder / f"{self._book}-{_key(pairs)}{_ENDING}"
        try:
            with locked(self._folder / f"{self._book}{_LOCK}"):
                return self._opened(path) or self._written(path, pairs)
        except OSError as error:
            _log.warning("names stay in memory, because %s could not be used: %s", self._folder, error.strerror)
            return Kept(self._build(pairs), None)

    def standing(self) -> Iterator[Kept]:
        """What was kept before, largest first; what is broken, of other rules, or was left half written is removed."""
        try:
            for left in self._folder.glob(f"{self._book}-*{_NEW}"):
                if time.time() - left.stat().st_mtime > _HALF_WRITTEN:
                    self.forget(left)
            found = [(path.stat().st_size, path) for path in self._folder.glob(f"{self._book}-*{_ENDING}")]
        except OSError as error:
            _log.warning("no names could be read from %s: %s", self._folder, error.strerror)
            return
        for _, path in sorted(found, reverse=True):
            kept = self._opened(path)
            if kept is not None:
                yield kept

    def forget(self, path: Path) -> None:
        """Remove a file; whoever has it open keeps it until they end."""
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("%s could not be removed: %s", path.name, error.strerror)

    def _opened(self, path: Path) -> Kept | None:
        try:
            return Kept(NameMatcher.opened(path), path)
        except FileNotFoundError:
            return None
        except InvalidInput as error:
            _log.warning("names are made anew: %s", error)
        except OSError as error:
            _log.warning("%s could not be read, its names are made anew: %s", path.name, error.strerror)
        self.forget(path)
        return None

    def _written(self, path: Path, pairs: Sequence[tuple[str, str]]) -> Kept:
        matcher = self._build(pairs)
        try:
            matcher.keep(path)
        except OSError as error:
            _log.warning("names stay in memory, because they could not be kept: %s", error.strerror)
            return Kept(matcher, None)
        return self._opened(path) or Kept(matcher, None)


def _key(pairs: Sequence[tuple[str, str]]) -> str:
    digest = hashlib.sha256(rules().encode("ascii"))
    for pair in pairs:
        for text in pair:
            written = text.encode("utf-8", "surrogatepass")
            digest.update(len(written).to_bytes(4, "big") + written)
    return digest.hexdigest()[:32]
