"""The model cache: packs pulled, checked, converted once, and known by the hash of what runs."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from trust_kernel.errors import Broken, NotFound, Unavailable
from trust_kernel.files import locked
from trust_kernel.inference.added import AddedPacks
from trust_kernel.inference.packs import ModelPack, sha256_of
from trust_kernel.inference.reasons import ModelReason

Converter = Callable[[Path, Path], None]
"""Reads a weight file (first path) and writes the runnable file (second path)."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a person should know before relying on a model.

    Attributes:
        pack: the manifest.
        source: where the weights come from, one line.
        installed: whether the runnable file is here.
        sha256: of the runnable file, hex; empty while not installed.
    """

    pack: ModelPack
    source: str
    installed: bool
    sha256: str


class ModelStore:
    """Model packs on this machine: those that ship, by name, and those that an operator added, under `added`.

    Args:
        cache_dir: folder for weights and converted models.
        packs: what ships and may be pulled.
        converters: by the id that packs name them with.
    """

    def __init__(self, cache_dir: Path, packs: Iterable[ModelPack], converters: Mapping[str, Converter]) -> None:
        self._cache = cache_dir
        self._packs = {pack.name: pack for pack in packs}
        self._converters = dict(converters)
        self._checked: set[str] = set()
        self.added = AddedPacks(cache_dir / "added", self._packs)

    def names(self) -> tuple[str, ...]:
        """Every pack that ships, in order of declaration; `added` has its own."""
        return tuple(self._packs)

    def pull(self, name: str) -> Path:
        """Fetch, check and convert a pack unless it is here already; gives the runnable file.

        Raises:
            NotFound: ``model:pack:unknown``.
            Unavailable: the source cannot be reached.
            Broken: the source's bytes are not the pinned ones.
        """
        pack = self._pack(name)
        with locked(self._cache / "locks" / f"{self._stem(pack)}.lock"):
            if not self._sound(pack):
                self._make(pack)
        self._checked.add(name)
        return self._runnable(pack)

    def installed(self) -> tuple[str, ...]:
        """Names of the packs whose runnable file is here."""
        return tuple(name for name, pack in self._packs.items() if self._recorded(pack) is not None)

    def path(self, name: str) -> Path:
        """The runnable file, its hash checked the first time.

        Raises:
            NotFound: ``model:pack:unknown``.
            Unavailable: ``model:pack:not_installed``.
            Broken: ``model:pack:changed``, the file is not the one that was made here.
        """
        pack = self._pack(name)
        if self._recorded(pack) is None:
            raise Unavailable(
                f"the model {name} is not installed: run `placet models pull {name}`",
                code=ModelReason.PACK_NOT_INSTALLED,
            )
        if name not in self._checked:
            if not self._sound(pack):
                raise Broken(f"the file of model {name} was changed", code=ModelReason.PACK_CHANGED)
            self._checked.add(name)
        return self._runnable(pack)

    def verify(self, name: str) -> Path:
        """Hash the runnable file again, whatever was checked before; gives it. Raises as `path` does."""
        self._checked.discard(name)
        return self.path(name)

    def pack(self, name: str) -> ModelPack:
        """The manifest; raises NotFound ``model:pack:unknown``."""
        return self._pack(name)

    def kind_of(self, name: str) -> str:
        """The role of a pack, shipped or added; raises NotFound ``model:pack:unknown``."""
        return self._packs[name].kind if name in self._packs else self.added.get(name).manifest.kind

    def card(self, name: str) -> ModelCard:
        """The manifest and its state here; raises NotFound ``model:pack:unknown``."""
        pack = self._pack(name)
        recorded = self._recorded(pack)
        return ModelCard(pack, pack.source.describe(), recorded is not None, recorded or "")

    def _pack(self, name: str) -> ModelPack:
        try:
            return self._packs[name]
        except KeyError:
            raise NotFound(f"there is no model pack named {name}", code=ModelReason.PACK_UNKNOWN) from None

    def _make(self, pack: ModelPack) -> None:
        weights = pack.source.fetch(self._cache)
        target = self._runnable(pack)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(target.name + ".partial")
        try:
            if pack.converter:
                self._converters[pack.converter](weights, partial)
            else:
                partial.write_bytes(weights.read_bytes())
            record = {"sha256": sha256_of(partial), "source_sha256": pack.source.sha256, "converter": pack.converter}
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
        note = self._record(pack).with_suffix(".partial")
        note.write_text(json.dumps(record, indent=1), encoding="utf-8")
        note.replace(self._record(pack))

    def _recorded(self, pack: ModelPack) -> str | None:
        if not self._runnable(pack).is_file():
            return None
        try:
            record = json.loads(self._record(pack).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        same = record.get("source_sha256") == pack.source.sha256 and record.get("converter") == pack.converter
        return str(record["sha256"]) if same else None

    def _sound(self, pack: ModelPack) -> bool:
        recorded = self._recorded(pack)
        return recorded is not None and sha256_of(self._runnable(pack)) == recorded

    def _stem(self, pack: ModelPack) -> str:
        return f"{pack.name}-{pack.version}"

    def _runnable(self, pack: ModelPack) -> Path:
        return self._cache / "models" / f"{self._stem(pack)}{pack.suffix}"

    def _record(self, pack: ModelPack) -> Path:
        return self._cache / "models" / f"{self._stem(pack)}.json"
