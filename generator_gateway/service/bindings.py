"""From a soft binding, or a file without its credential, to the manifests of releases (C2PA Soft Binding Resolution).

What is found are candidates, as the standard has it: whoever asks holds the manifest against the file. Releases that
were withdrawn are found like others: where a file comes from stays true. Nobody is named, and consent is not said.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from generator_gateway.ports.bindings import BindingMatch, BindingReason, Bindings, Finds, PrintMaker, Prints
from generator_gateway.service.bindings_values import (
    FINGERPRINTS,
    WATERMARKS,
    Algorithms,
    Binding,
    Query,
    read_value,
)
from trust_kernel.errors import Broken, InvalidInput, NotFound, Unavailable
from watermark.api import only_manifest

MOST_MATCHES = 100
"""Matches that one question may be answered with."""
UNCONFIRMED = 50
"""Similarity of a release that only a mark points to, while the file neither looks nor sounds like it: marks can be
copied onto other pictures, and pictures can be cropped past all likeness."""

_LABEL = re.compile(r"[!-~]{1,256}", re.ASCII)
_URN = "urn:"


@dataclass(frozen=True, slots=True)
class Supported:
    """Names of the algorithms that are answered."""

    watermarks: tuple[str, ...]
    fingerprints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hint:
    """A soft binding that whoever sends a file knows of it."""

    algorithm: str
    value: str


class SoftBindings:
    """Resolves soft bindings.

    Args:
        bindings: what releases are bound to.
        prints: makes fingerprints of files.
        marks: reads marks in files.
        algorithms: names; the marks' as the credentials say them.
    """

    def __init__(
        self, bindings: Bindings, prints: PrintMaker, marks: Finds, algorithms: Algorithms | None = None
    ) -> None:
        self._bindings = bindings
        self._prints = prints
        self._marks = marks
        self._algorithms = algorithms or Algorithms()

    def supported(self) -> Supported:
        """What may be asked for."""
        name = self._algorithms.name
        return Supported(tuple(map(name, WATERMARKS)), tuple(map(name, FINGERPRINTS)))

    def by_binding(self, algorithm: str, value: str, limit: int = 10) -> tuple[BindingMatch, ...]:
        """Releases that a value leads to, the most similar first, each once.

        Args:
            algorithm: name of the algorithm.
            value: base64.
            limit: matches, at most; never more than `MOST_MATCHES`.

        Raises:
            InvalidInput: an algorithm that is not answered here (`binding:algorithm:unknown`), or no value of it
                (`binding:value:malformed`).
        """
        binding = self._algorithms.binding(algorithm)
        return _best(self._resolved(binding, read_value(binding, value), _bounded(limit)), limit)

    def by_content(
        self, path: Path, *, algorithm: str | None = None, hint: Hint | None = None, limit: int = 10
    ) -> tuple[BindingMatch, ...]:
        """Releases that a file comes from or resembles, the most similar first, each once.

        Args:
            path: a video, a picture or sound.
            algorithm: look in this way alone; in all where None.
            hint: what else is known of the file.
            limit: matches, at most; never more than `MOST_MATCHES`.

        Raises:
            InvalidInput: as `by_binding`; or the file cannot be read (`binding:content:unreadable`).
            Unavailable: the only way asked for is not installed.
        """
        wanted = frozenset(Binding) if algorithm is None else frozenset({self._algorithms.binding(algorithm)})
        hinted = self.by_binding(hint.algorithm, hint.value, limit) if hint is not None else ()
        prints = self._prints_of(path)
        found = list(self._bindings.nearest(_of(prints, wanted), _bounded(limit)))
        if wanted & frozenset(WATERMARKS):
            found += (self._confirmed(match, prints) for match in self._marked(path, wanted, strict=bool(algorithm)))
        return _best([*hinted, *found], limit)

    def manifest(self, label: str, *, active_only: bool = False) -> bytes:
        """The manifest store of a release, or a store with its active manifest alone.

        Raises:
            InvalidInput: the label is no manifest's (`binding:manifest:malformed`).
            NotFound: there is no such manifest here.
            Broken: what is stored is no manifest store.
        """
        if not _LABEL.fullmatch(label) or _URN not in label:
            raise InvalidInput("this is no manifest's identifier", code=BindingReason.MANIFEST_ID, field="manifestId")
        store = self._bindings.manifest(label)
        made = _active(store, label) if store is not None and active_only else store
        if made is None:
            raise NotFound("there is no such manifest here", code=BindingReason.MANIFEST, field="manifestId")
        return made

    def _resolved(self, binding: Binding, query: Query, limit: int) -> tuple[BindingMatch, ...]:
        if binding is Binding.MARK:
            return self._bindings.by_mark(query.number)
        if binding is Binding.SOUND_MARK:
            return self._bindings.by_sound_mark(query.number)
        if binding is Binding.ISCC:
            return self._bindings.by_codes(query.codes, limit)
        return self._bindings.nearest(query.prints, limit)

    def _prints_of(self, path: Path) -> Prints:
        try:
            return self._prints.prints(path)
        except InvalidInput as error:
            raise InvalidInput(error.detail, code=BindingReason.CONTENT, limit=error.limit) from error

    def _marked(self, path: Path, wanted: frozenset[Binding], *, strict: bool) -> Iterable[BindingMatch]:
        try:
            marks = self._marks.read(path, thorough=True)
        except InvalidInput:
            return ()
        except Unavailable:
            if strict:
                raise
            return ()
        found: list[BindingMatch] = []
        if marks.picture is not None and Binding.MARK in wanted:
            found += (match for number in marks.picture.payloads for match in self._bindings.by_mark(number))
        if marks.sound is not None and Binding.SOUND_MARK in wanted:
            found += (match for number in marks.sound.payloads for match in self._bindings.by_sound_mark(number))
        return found

    def _confirmed(self, match: BindingMatch, prints: Prints) -> BindingMatch:
        """A mark's match as it is where the file is like the release; else less sure."""
        if self._bindings.fits(match.case_id, prints):
            return match
        return replace(match, similarity=UNCONFIRMED)


def _active(store: bytes, label: str) -> bytes | None:
    try:
        return only_manifest(store, label)
    except ValueError as error:
        raise Broken("what is stored of this manifest cannot be read", code=BindingReason.STORE) from error


def _of(prints: Prints, wanted: frozenset[Binding]) -> Prints:
    """The kinds of fingerprints that are wanted."""
    return Prints(
        pictures=prints.pictures if Binding.PICTURES in wanted else (),
        sound=prints.sound if Binding.SOUND in wanted else (),
        iscc=prints.iscc if Binding.ISCC in wanted else "",
    )


def _bounded(limit: int) -> int:
    return max(1, min(limit, MOST_MATCHES))


def _best(found: Iterable[BindingMatch], limit: int) -> tuple[BindingMatch, ...]:
    """The best match of each release, the most similar first; of equals, a mark before a likeness."""
    best: dict[str, BindingMatch] = {}
    for match in sorted(found, key=lambda one: (-one.similarity, _STRENGTH.get(one.matched_by, len(_STRENGTH)))):
        best.setdefault(match.case_id, match)
    return tuple(best.values())[: _bounded(limit)]


_STRENGTH: Mapping[str, int] = {binding.value: place for place, binding in enumerate(Binding)}
