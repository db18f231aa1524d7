"""An operator's model pack as one JSON file: what it is, which bytes, under which licence, how it is fed.

JSON alone: no YAML, no pickle, nothing that could name code. A manifest is checked whole before anything it names is
touched; what it leaves out or adds is an error, so that a slip of the pen never becomes a silent default.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from trust_kernel.errors import InvalidInput
from trust_kernel.inference.reasons import ModelReason

MANIFEST = "pack.json"
MAX_MANIFEST_BYTES = 65_536
_MAX_FILES = 16
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}", re.ASCII)
_RESERVED = frozenset({MANIFEST, "record.json"})


def _plain(text: str) -> str:
    """Text that a terminal prints as it stands: a card must not carry escape sequences."""
    if not all(char.isprintable() or char == "\n" for char in text):
        raise ValueError("holds characters that do not print")
    return text


def _inside(text: str) -> str:
    """A relative path that stays inside its folder, spelled in the plainest way."""
    parts = PurePosixPath(text).parts
    spelled = "/".join(parts) == text and 0 < len(parts) <= 3  # noqa: PLR2004 - folders in folders have no use here
    if not spelled or not all(_PART.fullmatch(part) for part in parts) or text in _RESERVED:
        raise ValueError("is not a plain relative path inside the pack")
    return text


Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_plain)]
Prose = Annotated[str, Field(max_length=4000), AfterValidator(_plain)]
InnerPath = Annotated[str, Field(max_length=200), AfterValidator(_inside)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Value = str | int | float | bool | tuple[float, ...]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class PackFile(_Strict):
    """One file of a pack.

    Attributes:
        path: relative to the manifest, and inside its folder.
        sha256: of its bytes, hex.
        url: where `placet models pull` may fetch it if it is not beside the manifest; https alone.
    """

    path: InnerPath
    sha256: Sha256
    url: Annotated[str, Field(max_length=2000, pattern=r"^(https://[!-~]+)?$")] = ""


class PackOutput(_Strict):
    """What a pack gives: the length of its vectors; 1 for a probability, 0 for boxes."""

    dimensions: Annotated[int, Field(ge=0, le=8192)]


class PackManifest(_Strict):
    """A model pack that an operator brought.

    Attributes:
        format: of this file; 1.
        name: what operators call it; no shipped pack has the same.
        kind: its role, ``face-embedder`` for example.
        version: the publisher's version of the weights.
        adapter: what runs it, ``onnx-face`` for example.
        files: the first is the one that runs.
        licence: SPDX id, or a few plain words.
        commercial: whether the licence lets it be used commercially.
        licence_note: what else to know about it.
        input: how it is fed; the adapter knows the fields and refuses others.
        output: what it gives.
        data: what it was trained on.
        limits: where it is known to be weak.
        calibration: a calibration file among `files`; empty for none.
    """

    format: Literal[1]
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=48)]
    kind: Annotated[str, Field(pattern=r"^[a-z][a-z-]{1,30}$")]
    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.]{0,23}$")]
    adapter: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,30}$")]
    files: Annotated[tuple[PackFile, ...], Field(min_length=1, max_length=_MAX_FILES)]
    licence: Line
    commercial: bool
    licence_note: Prose = ""
    input: dict[str, Value] = {}
    output: PackOutput
    data: Annotated[str, Field(min_length=1, max_length=4000), AfterValidator(_plain)]
    limits: Annotated[str, Field(min_length=1, max_length=4000), AfterValidator(_plain)]
    calibration: InnerPath | Literal[""] = ""

    @property
    def model_version(self) -> str:
        """Name, version and a digest of all that shapes its answers: stored beside whatever the model made.

        Other weights or another preprocessing under the same name give another version; a new card, licence or
        calibration does not.
        """
        weights = [[file.path, file.sha256] for file in self.files if file.path != self.calibration]
        shape = [self.kind, self.adapter, weights, self.input, self.output.dimensions]
        digest = hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()
        return f"{self.name}-{self.version}-{digest[:12]}"


def parse_manifest(data: bytes) -> PackManifest:
    """Check a manifest.

    Raises:
        InvalidInput: ``model:manifest:too_large`` or ``model:manifest:malformed``; `field` says where.
    """
    if len(data) > MAX_MANIFEST_BYTES:
        limit = f"{MAX_MANIFEST_BYTES} bytes"
        raise InvalidInput(
            "the manifest is too large", code=ModelReason.MANIFEST_TOO_LARGE, field=MANIFEST, limit=limit
        )
    try:
        manifest = PackManifest.model_validate_json(data)
        json.loads(data, object_pairs_hook=_each_once)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise malformed(f"{where or 'the file'}: {first['msg']}"[:300], where) from error
    except ValueError as error:
        raise malformed(str(error)[:300], "") from error
    _check_files(manifest)
    return manifest


def read_manifest(path: Path) -> PackManifest:
    """Check the manifest at `path`, a pack's folder or its ``pack.json``; reads no more than a manifest may be.

    Raises:
        InvalidInput: ``model:manifest:missing``, ``model:manifest:too_large``, ``model:manifest:malformed``.
    """
    file = path / MANIFEST if path.is_dir() else path
    try:
        with file.open("rb") as source:
            data = source.read(MAX_MANIFEST_BYTES + 1)
    except OSError as error:
        raise InvalidInput(f"there is no readable {MANIFEST} here", code=ModelReason.MANIFEST_MISSING) from error
    return parse_manifest(data)


def malformed(detail: str, where: str) -> InvalidInput:
    """The error for a manifest whose field `where` does not hold."""
    return InvalidInput(
        f"the manifest does not hold: {detail}", code=ModelReason.MANIFEST_MALFORMED, field=where or MANIFEST
    )


def _each_once(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field is given twice")
    return found


def _check_files(manifest: PackManifest) -> None:
    # Compared without case: on some file systems two spellings are one file.
    paths = [file.path.lower() for file in manifest.files]
    if len(set(paths)) != len(paths):
        raise malformed("two files have one path", "files")
    if any(other.startswith(f"{path}/") for path in paths for other in paths):
        raise malformed("a file is also a folder", "files")
    if manifest.calibration and manifest.calibration not in {file.path for file in manifest.files[1:]}:
        raise malformed("the calibration is not among the files after the first", "calibration")
