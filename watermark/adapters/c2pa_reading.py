"""Reading credentials with c2pa-python: foreign files in the sandbox, our own in this process.

The functions that take plain strings run in the child. They answer with JSON as text, because its keys are a stranger's
words; how deep it nests and how long it is are bounded there.
"""

import io
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from trust_kernel.errors import Broken, InvalidInput, Unavailable
from trust_kernel.media.sandbox import ChildLimits
from watermark.adapters.c2pa_settings import c2pa_settings
from watermark.adapters.certificates import check_anchors
from watermark.adapters.claim_certificate import leaf_certificate
from watermark.domain.credentials import CredentialReason, LeafCertificate, Reading, TrustAnchors
from watermark.ports.credentials import IngredientFile, PackedIngredient

READ_LIMITS = ChildLimits(wall_seconds=30.0, cpu_seconds=30.0, memory_bytes=2_000_000_000, file_bytes=200_000_000)
"""1 GB of video takes 1.5 s to read; a store is some 20 KB a generation."""
_MAX_JSON = 8_000_000
_MAX_DEPTH = 64
_MAX_MESSAGE = 300
_ELSEWHERE = (b"\x1aE\xdf\xa3", b"OggS", b"fLaC", b"FLV\x01", b"\x30\x26\xb2\x75", b"BM", b"\x00\x00\x01\xba")
"""How Matroska and WebM, Ogg, FLAC, Flash video, ASF, BMP and MPEG programme streams begin."""
_HEAD_BYTES = 16


class Child(Protocol):
    """Runs a function of ours where it can hurt nobody; `trust_kernel.media.sandbox.Sandbox` is one."""

    def call(
        self, function: Callable[..., Mapping[str, object]], /, *, limits: ChildLimits, **arguments: object
    ) -> Mapping[str, Any]:
        """Call it and give back what it returned."""
        ...


class SandboxedReader:
    """A `CredentialReader` that reads in a child process without network.

    Args:
        sandbox: starts children; about 0.3 s each.
        limits: what a child may use.
    """

    def __init__(self, sandbox: Child, limits: ChildLimits = READ_LIMITS) -> None:
        self._sandbox = sandbox
        self._limits = limits

    def read(self, path: Path, anchors: TrustAnchors, manifest: bytes | None = None) -> Reading:
        """Validate a file's credential."""
        with tempfile.TemporaryDirectory(prefix="placet-credential-") as folder:
            store = None
            if manifest is not None:
                store = Path(folder) / "store.c2pa"
                store.write_bytes(manifest)
            reply = self._sandbox.call(
                read_credential,
                limits=self._limits,
                path=str(path.resolve()),
                claims=list(anchors.claims),
                stamps=list(anchors.stamps),
                manifest=str(store) if store else None,
            )
        return _reading(reply, recovered=manifest is not None)

    def pack(self, files: Sequence[IngredientFile], anchors: TrustAnchors) -> Sequence[PackedIngredient]:
        """Read and pack ingredients in one child."""
        if not files:
            return ()
        with tempfile.TemporaryDirectory(prefix="placet-ingredient-") as folder:
            targets = [Path(folder) / f"{index}.archive" for index in range(len(files))]
            orders = [
                {
                    "path": str(file.path.resolve()),
                    "label": file.label,
                    "relationship": file.relationship,
                    "title": file.title,
                    "target": str(target),
                }
                for file, target in zip(files, targets, strict=True)
            ]
            reply = self._sandbox.call(
                pack_ingredients,
                limits=self._limits,
                orders=orders,
                claims=list(anchors.claims),
                stamps=list(anchors.stamps),
            )
            archives = [target.read_bytes() if target.is_file() else None for target in targets]
        readings = [_reading(reading) for reading in reply["readings"]]
        return [
            PackedIngredient(file, reading, archive)
            for file, reading, archive in zip(files, readings, archives, strict=True)
        ]


def read_here(path: Path, anchors: TrustAnchors) -> Reading:
    """Read in this process: only for a file that we have just written ourselves."""
    return _reading(read_credential(str(path), list(anchors.claims), list(anchors.stamps), None))


def read_credential(path: str, claims: list[str], stamps: list[str], manifest: str | None) -> dict[str, object]:
    """Validate one file; runs in the child.

    Args:
        path: the file.
        claims: PEM texts, roots of claim signers.
        stamps: PEM texts, roots of time-stamp authorities.
        manifest: path of a manifest store to hold against the file, or None for its own.

    Returns:
        store (JSON text or None), error, message, usages (list or None), known_elsewhere.

    Raises:
        Broken: the anchors cannot be read.
    """
    return _read(path, _context(claims, stamps), Path(manifest).read_bytes() if manifest else None)


def pack_ingredients(orders: list[dict[str, str]], claims: list[str], stamps: list[str]) -> dict[str, object]:
    """Validate files and write each one's ingredient archive; runs in the child.

    Args:
        orders: path, label, relationship, title and target of each.
        claims: PEM texts, roots of claim signers.
        stamps: PEM texts, roots of time-stamp authorities.

    Returns:
        readings: what `read_credential` gives, one an order. A target that is not written has no archive.

    Raises:
        Broken: the anchors cannot be read.
    """
    context = _context(claims, stamps)
    readings = []
    for order in orders:
        readings.append(_read(order["path"], context, None))
        _pack(order, context)
    return {"readings": readings}


def _context(claims: list[str], stamps: list[str]) -> Any:
    from c2pa import C2paError, Context

    try:
        # c2pa passes over anchors that it cannot read, and then trusts nobody without a word.
        check_anchors([*claims, *stamps])
        return Context.from_dict(c2pa_settings(TrustAnchors(tuple(claims), tuple(stamps))))
    except (C2paError, InvalidInput) as error:
        raise Broken("the trust anchors cannot be read", code=CredentialReason.ANCHORS) from error


def _read(path: str, context: Any, manifest: bytes | None) -> dict[str, object]:
    from c2pa import C2paError, Reader

    with Path(path).open("rb") as file:
        head = file.read(_HEAD_BYTES)
        file.seek(0)
        elsewhere = head.startswith(_ELSEWHERE)
        try:
            # The format is found from the bytes: a name is a stranger's word.
            with Reader(None, file, manifest, context=context) as reader:
                store = reader.json()
                return {
                    "store": _bounded(store),
                    "error": "",
                    "message": "",
                    "usages": _usages(reader, store),
                    "known_elsewhere": elsewhere,
                }
        except C2paError as error:
            return _failure(str(error), known_elsewhere=elsewhere)
        except (ValueError, RecursionError):
            return _failure("TooLarge: the credential is too long, too deep or not JSON", known_elsewhere=elsewhere)


def _failure(message: str, *, known_elsewhere: bool) -> dict[str, object]:
    kind, _, rest = message.partition(":")
    return {
        "store": None,
        "error": kind.strip(),
        "message": rest.strip()[:_MAX_MESSAGE],
        "usages": None,
        "known_elsewhere": known_elsewhere,
    }


def _bounded(store: str) -> str:
    if len(store) > _MAX_JSON:
        raise ValueError("too long")
    level = [json.loads(store)]
    for _ in range(_MAX_DEPTH):
        level = [below for value in level for below in _below(value)]
        if not level:
            return store
    raise ValueError("too deep")


def _below(value: object) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _usages(reader: Any, store: str) -> list[str] | None:
    from c2pa import C2paError

    label = json.loads(store).get("active_manifest")
    if not isinstance(label, str):
        return None
    box = io.BytesIO()
    try:
        # For any address inside it, c2pa gives the whole manifest store.
        reader.resource_to_stream(f"self#jumbf=/c2pa/{label}/c2pa.signature", box)
    except C2paError:
        return None
    leaf = leaf_certificate(box.getvalue(), label)
    return sorted(leaf.usages) if leaf else None


def _pack(order: dict[str, str], context: Any) -> None:
    from c2pa import Builder, C2paError

    path = Path(order["path"])
    ingredient = {key: order[key] for key in ("title", "relationship", "label")}
    with path.open("rb") as file:
        media_type = media_type_of(file.read(_HEAD_BYTES))
        file.seek(0)
        if media_type is None:
            return
        archive = io.BytesIO()
        try:
            with Builder({"claim_version": 2}, context=context) as builder:
                builder.add_ingredient(ingredient, media_type, file)
                builder.write_ingredient_archive(order["label"], archive)
        except C2paError:
            # The reading says what is wrong with the file; whether that stops the signing is not decided here.
            return
    Path(order["target"]).write_bytes(archive.getvalue())


def media_type_of(head: bytes) -> str | None:
    """Media type of what can be an ingredient, from its first 12 bytes; None for anything else."""
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand == b"qt  ":
            return "video/quicktime"
        return {b"avif": "image/avif", b"heic": "image/heic", b"M4A ": "audio/mp4"}.get(brand, "video/mp4")
    if head.startswith(b"RIFF"):
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(head[8:12])
    begins = {
        b"\xff\xd8\xff": "image/jpeg",
        b"\x89PNG\r\n\x1a\n": "image/png",
        b"GIF8": "image/gif",
        b"II*\x00": "image/tiff",
        b"MM\x00*": "image/tiff",
        b"ID3": "audio/mpeg",
    }
    return next((kind for start, kind in begins.items() if head.startswith(start)), None)


def _reading(reply: Mapping[str, Any], *, recovered: bool = False) -> Reading:
    usages = reply["usages"]
    return Reading(
        store=_loaded(reply["store"]),
        error=str(reply["error"]),
        message=str(reply["message"]),
        leaf=None if usages is None else LeafCertificate(frozenset(map(str, usages))),
        known_elsewhere=reply["known_elsewhere"] is True,
        recovered=recovered,
    )


def _loaded(store: object) -> Mapping[str, Any] | None:
    if not isinstance(store, str):
        return None
    loaded = json.loads(store)
    if not isinstance(loaded, dict):
        raise Unavailable("the credential reader gave no object", code=CredentialReason.MALFORMED)
    return loaded
