"""Packs that an operator brought: copied in once every hash held and a self-test passed, and hashed again after.

The record beside a pack pins the manifest, which pins the files. That catches a file that rots, is swapped or is
edited in place; whoever may write the whole folder can also write the record.
"""

import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trust_kernel.errors import Broken, Conflict, InvalidInput, NotFound, PlacetError, Unavailable
from trust_kernel.files import locked
from trust_kernel.inference.manifests import MANIFEST, PackFile, PackManifest, parse_manifest, read_manifest
from trust_kernel.inference.packs import sha256_of
from trust_kernel.inference.reasons import ModelReason

Check = Callable[[PackManifest, Path], Mapping[str, str]]
"""Looks at a whole pack (manifest, folder) before it is taken in: gives what it found, or raises."""

Fetch = Callable[[str], bytes]
"""Gives the bytes of an https URL."""

_RECORD = "record.json"
_CALIBRATION = "attached-calibration.json"
_MAX_CALIBRATION = 4_000_000
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class AddedPack:
    """A pack that an operator brought.

    Attributes:
        manifest: what it says of itself.
        folder: where its files are.
        licence_held: the licence that the operator says they hold beyond the one in the manifest; empty for none.
        complete: every file is here and the self-test has passed.
        found: what the self-test found.
        calibration_sha256: of a calibration attached later; empty for none.
    """

    manifest: PackManifest
    folder: Path
    licence_held: str
    complete: bool
    found: Mapping[str, str] = field(default_factory=dict)
    calibration_sha256: str = ""

    @property
    def usable_commercially(self) -> bool:
        """By its own licence, or by one that the operator states."""
        return self.manifest.commercial or bool(self.licence_held)


class AddedPacks:
    """The operator's packs under one folder.

    Args:
        folder: where they are kept; made when the first is added.
        reserved: names that no pack may take.
    """

    def __init__(self, folder: Path, reserved: Collection[str]) -> None:
        self._folder = folder
        self._reserved = frozenset(reserved)
        self._checked: dict[str, Path] = {}

    def names(self) -> tuple[str, ...]:
        """Every pack that was added, sorted."""
        if not self._folder.is_dir():
            return ()
        return tuple(sorted(entry.parent.name for entry in self._folder.glob(f"[a-z]*/{_RECORD}")))

    def get(self, name: str) -> AddedPack:
        """A pack as it was recorded; its manifest is checked, its files are not.

        Raises:
            NotFound: ``model:pack:unknown``.
            Broken: ``model:pack:changed``, manifest or record are not what was written.
        """
        if name not in self.names():
            raise NotFound(f"there is no model pack named {name}", code=ModelReason.PACK_UNKNOWN)
        folder = self._folder / name
        try:
            record = json.loads((folder / _RECORD).read_bytes())
            data = (folder / MANIFEST).read_bytes()
            if hashlib.sha256(data).hexdigest() != record["manifest_sha256"]:
                raise _changed(name)
            return AddedPack(
                parse_manifest(data),
                folder,
                str(record["licence_held"]),
                bool(record["complete"]),
                {str(key): str(value) for key, value in record["found"].items()},
                str(record["calibration_sha256"]),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError, InvalidInput) as error:
            raise _changed(name) from error

    def add(self, path: Path, check: Check, *, licence_held: str = "") -> AddedPack:
        """Take a pack in: every file that is beside the manifest is copied and hashed, and the whole is checked.

        Files that are not there but have a URL wait for `pull`; the pack cannot be used until then.

        Args:
            path: a folder with ``pack.json``, or that file.
            check: the self-test; it sees the copy.
            licence_held: what the operator says they hold.

        Raises:
            InvalidInput: the manifest does not hold (``model:manifest:...``), or `check` says no;
                ``model:file:missing``: a file is neither there nor to be fetched; ``model:file:refused``: it is a link
                or no file.
            Conflict: ``model:pack:reserved``, ``model:pack:exists``.
            Broken: ``model:source:mismatch``, a file's bytes are not the pinned ones.
        """
        manifest = read_manifest(path)
        source = path if path.is_dir() else path.parent
        with self._lock():
            self._check_name(manifest.name)
            with tempfile.TemporaryDirectory(prefix=".new-", dir=self._folder) as scratch:
                folder = Path(scratch) / manifest.name
                folder.mkdir(mode=0o755)
                for file in manifest.files:
                    _copy(source, folder, file)
                (folder / MANIFEST).write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
                self._settle(manifest, folder, check, licence_held)
                folder.rename(self._folder / manifest.name)
        return self.get(manifest.name)

    def pull(self, name: str, fetch: Fetch, check: Check) -> AddedPack:
        """Fetch what a pack lacks, then check the whole; does nothing where all is here.

        Raises:
            NotFound: ``model:pack:unknown``.
            Unavailable: the address does not answer.
            Broken: ``model:source:mismatch``.
            InvalidInput: `check` says no.
        """
        with self._lock():
            pack = self.get(name)
            if pack.complete:
                return pack
            for file in pack.manifest.files:
                target = pack.folder / file.path
                if not target.exists():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    _write(target, fetch(file.url), file.sha256)
            self._settle(pack.manifest, pack.folder, check, pack.licence_held, pack.calibration_sha256)
        return self.get(name)

    def path(self, name: str) -> Path:
        """The folder of a pack that may be used: every file's hash checked, the first time in this process.

        Raises:
            NotFound: ``model:pack:unknown``.
            Unavailable: ``model:pack:not_installed``, files wait for `pull`.
            Broken: ``model:pack:changed``.
        """
        if name not in self._checked:
            self.verify(name)
        return self._checked[name]

    def verify(self, name: str) -> AddedPack:
        """Hash every file again.

        Raises:
            NotFound: ``model:pack:unknown``.
            Unavailable: ``model:pack:not_installed``.
            Broken: ``model:pack:changed``.
        """
        self._checked.pop(name, None)
        pack = self.get(name)
        if not pack.complete:
            raise Unavailable(
                f"the model {name} is not installed: run `placet models pull {name}`",
                code=ModelReason.PACK_NOT_INSTALLED,
            )
        for file in pack.manifest.files:
            path = pack.folder / file.path
            if path.is_symlink() or not path.is_file() or sha256_of(path) != file.sha256:
                raise _changed(name)
        self.calibration(name)
        self._checked[name] = pack.folder
        return pack

    def calibration(self, name: str) -> bytes | None:
        """The calibration file: the one attached last, else the pack's own, else None; its hash is checked.

        Raises:
            NotFound: ``model:pack:unknown``.
            Broken: ``model:pack:changed``.
        """
        pack = self.get(name)
        if pack.calibration_sha256:
            return _pinned(name, pack.folder / _CALIBRATION, pack.calibration_sha256)
        for file in pack.manifest.files:
            if file.path == pack.manifest.calibration and pack.complete:
                return _pinned(name, pack.folder / file.path, file.sha256)
        return None

    def attach(self, name: str, calibration: bytes) -> None:
        """Give a pack a calibration that was measured after it was added.

        Raises:
            NotFound: ``model:pack:unknown``.
            InvalidInput: ``model:calibration:too_large``.
        """
        if len(calibration) > _MAX_CALIBRATION:
            limit = f"{_MAX_CALIBRATION} bytes"
            raise InvalidInput("the calibration is too large", code=ModelReason.CALIBRATION_TOO_LARGE, limit=limit)
        with self._lock():
            pack = self.get(name)
            digest = hashlib.sha256(calibration).hexdigest()
            _write(pack.folder / _CALIBRATION, calibration, digest)
            self._note(pack.folder, pack.licence_held, pack.found, complete=pack.complete, calibration=digest)

    def state_licence(self, name: str, licence_held: str) -> None:
        """Record what the operator says they hold; raises NotFound ``model:pack:unknown``."""
        with self._lock():
            pack = self.get(name)
            self._note(
                pack.folder, licence_held, pack.found, complete=pack.complete, calibration=pack.calibration_sha256
            )

    def remove(self, name: str) -> None:
        """Forget a pack; raises NotFound ``model:pack:unknown``."""
        with self._lock():
            if name not in self.names():
                raise NotFound(f"there is no model pack named {name}", code=ModelReason.PACK_UNKNOWN)
            shutil.rmtree(self._folder / name)
        self._checked.pop(name, None)

    def _lock(self) -> Any:
        self._folder.mkdir(parents=True, exist_ok=True)
        return locked(self._folder / ".lock")

    def _check_name(self, name: str) -> None:
        if name in self._reserved:
            raise Conflict(f"{name} is a pack that ships with Placet", code=ModelReason.PACK_RESERVED, field="name")
        if name in self.names() or (self._folder / name).exists():
            raise Conflict(f"there is a pack named {name} already", code=ModelReason.PACK_EXISTS, field="name")

    def _settle(
        self, manifest: PackManifest, folder: Path, check: Check, licence_held: str, calibration: str = ""
    ) -> None:
        complete = all((folder / file.path).is_file() for file in manifest.files)
        found = check(manifest, folder) if complete else {}
        self._note(folder, licence_held, found, complete=complete, calibration=calibration)

    def _note(
        self, folder: Path, licence_held: str, found: Mapping[str, str], *, complete: bool, calibration: str = ""
    ) -> None:
        record = {
            "manifest_sha256": sha256_of(folder / MANIFEST),
            "licence_held": licence_held,
            "complete": complete,
            "found": dict(found),
            "calibration_sha256": calibration,
        }
        data = json.dumps(record, indent=1).encode()
        _write(folder / _RECORD, data, hashlib.sha256(data).hexdigest())


def _changed(name: str) -> PlacetError:
    return Broken(f"the files of model {name} were changed", code=ModelReason.PACK_CHANGED)


def _pinned(name: str, path: Path, sha256: str) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _changed(name) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise _changed(name)
    return data


def _write(target: Path, data: bytes, sha256: str) -> None:
    if hashlib.sha256(data).hexdigest() != sha256:
        raise Broken(f"{target.name} is not the pinned file", code=ModelReason.SOURCE_MISMATCH)
    partial = target.with_name(f".{target.name}.partial")
    partial.write_bytes(data)
    partial.replace(target)


def _copy(source: Path, folder: Path, file: PackFile) -> None:
    """Copy one file of a pack through one descriptor: what is hashed is what is copied, and no link is followed."""
    origin, target = source / file.path, folder / file.path
    if not os.path.lexists(origin):
        if file.url:
            return
        raise InvalidInput(f"{file.path} is not beside the manifest", code=ModelReason.FILE_MISSING, field=file.path)
    if origin.parent.resolve() != source.resolve().joinpath(*Path(file.path).parts[:-1]):
        raise _not_a_file(file)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(origin, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _not_a_file(file) from error
    digest = hashlib.sha256()
    with os.fdopen(descriptor, "rb") as reader, target.open("xb") as writer:
        if not stat.S_ISREG(os.fstat(reader.fileno()).st_mode):
            raise _not_a_file(file)
        while block := reader.read(_BLOCK):
            digest.update(block)
            writer.write(block)
    if digest.hexdigest() != file.sha256:
        raise Broken(f"{file.path} is not the pinned file", code=ModelReason.SOURCE_MISMATCH)


def _not_a_file(file: PackFile) -> InvalidInput:
    return InvalidInput(f"{file.path} is a link, or no plain file", code=ModelReason.FILE_REFUSED, field=file.path)
