"""Typed sight of a validator's JSON, whose every value a stranger may have chosen.

Nothing here raises on odd data: what is not of the expected type is absent. Texts lose control and direction
characters and are cut; they are still a stranger's words and must be escaped where they are shown.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from watermark.domain.credential_faults import is_failure

_MAX_TEXT = 200
_MAX_MANIFESTS = 10_000
"""Far above what 8 MB of JSON can hold: a fault may not hide behind a long chain."""

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Control, format (such as turn the direction of writing), surrogate, private, unassigned; line breaks."""

Json = Mapping[str, Any]
_NOTHING: Json = {}


def text(value: object, limit: int = _MAX_TEXT) -> str:
    """A string without what is not seen or breaks lines, at most `limit` long; empty for anything else."""
    if not isinstance(value, str):
        return ""
    kept = (mark for mark in value[: 4 * limit] if unicodedata.category(mark) not in _UNSEEN)
    return "".join(kept).strip()[:limit]


def mapping(value: object) -> Json:
    """An object; an empty one for anything else."""
    return value if isinstance(value, Mapping) else _NOTHING


def items(value: object) -> Sequence[Any]:
    """A list; an empty one for anything else."""
    return value if isinstance(value, list) else ()


def objects(value: object) -> Iterator[Json]:
    """The objects in a list."""
    return (item for item in items(value) if isinstance(item, Mapping))


def codes(entries: object) -> tuple[str, ...]:
    """The codes of a list of statuses, each once, in order."""
    return tuple(dict.fromkeys(text(entry.get("code")) for entry in objects(entries)))


class Store:
    """A manifest store as a validator gives it.

    Args:
        json: the validator's JSON: active_manifest, manifests, validation_results.
    """

    def __init__(self, json: Json) -> None:
        self._json = json
        self.manifests = mapping(json.get("manifests"))
        label = json.get("active_manifest")
        self.label = label if isinstance(label, str) else ""
        results = mapping(json.get("validation_results"))
        self._active = mapping(results.get("activeManifest"))
        self._deltas = tuple(objects(results.get("ingredientDeltas")))

    @property
    def is_whole(self) -> bool:
        """The active manifest is there, and was validated."""
        return self.label in self.manifests and bool(self._active)

    @property
    def active(self) -> Json:
        """The active manifest."""
        return mapping(self.manifests.get(self.label))

    @property
    def failures(self) -> tuple[str, ...]:
        """Failure codes of the active manifest."""
        return codes(self._active.get("failure"))

    @property
    def new_ingredient_failures(self) -> tuple[str, ...]:
        """Failure codes of ingredients that were not so when the file was signed."""
        found = (codes(mapping(delta.get("validationDeltas")).get("failure")) for delta in self._deltas)
        return tuple(dict.fromkeys(code for delta in found for code in delta))

    def succeeded(self, code: str, *, saying: str = "") -> bool:
        """Tell whether the active manifest's own signature has a success code, with words in its explanation."""
        own = f"/{self.label}/c2pa.signature"
        return any(
            status.get("code") == code
            and str(status.get("url", "")).endswith(own)
            and saying in str(status.get("explanation", ""))
            for status in objects(self._active.get("success"))
        )

    @property
    def successes(self) -> frozenset[str]:
        """Success codes of the active manifest and, for update manifests, of those under it."""
        found = set(codes(self._active.get("success")))
        for delta in self._deltas:
            found.update(codes(mapping(delta.get("validationDeltas")).get("success")))
        return frozenset(found)

    def assertions(self, manifest: Json, label: str) -> Iterator[Json]:
        """The data of every assertion under a label, whatever its version or instance."""
        for assertion in objects(manifest.get("assertions")):
            name = text(assertion.get("label")).split("__")[0]
            if name == label or name.startswith(f"{label}.v"):
                yield mapping(assertion.get("data"))

    def ingredients(self) -> Iterator[tuple[int, Json, tuple[str, ...], tuple[str, ...]]]:
        """Every ingredient, depth first: depth, itself, its failure codes then and now, its success codes.

        Each manifest is entered once, so that a circle of ingredients ends.
        """
        entered: set[str] = set()
        waiting: list[tuple[int, str]] = [(0, self.label)]
        while waiting and len(entered) < _MAX_MANIFESTS:
            depth, label = waiting.pop()
            if label in entered:
                continue
            entered.add(label)
            for ingredient in objects(mapping(self.manifests.get(label)).get("ingredients")):
                failed, succeeded = self._ingredient_codes(label, ingredient)
                yield depth, ingredient, failed, succeeded
                below = ingredient.get("active_manifest")
                if isinstance(below, str):
                    waiting.append((depth + 1, below))

    def _ingredient_codes(self, manifest: str, ingredient: Json) -> tuple[tuple[str, ...], tuple[str, ...]]:
        results = mapping(ingredient.get("validation_results"))
        then = mapping(results.get("activeManifest"))
        failed = list(codes(then.get("failure")))
        for delta in objects(results.get("ingredientDeltas")):
            failed += codes(mapping(delta.get("validationDeltas")).get("failure"))
        failed += filter(is_failure, codes(ingredient.get("validation_status")))
        place = f"/{manifest}/c2pa.assertions/{ingredient.get('label')}"
        for delta in self._deltas:
            if str(delta.get("ingredientAssertionURI", "")).endswith(place):
                failed += codes(mapping(delta.get("validationDeltas")).get("failure"))
        return tuple(dict.fromkeys(failed)), codes(then.get("success"))
