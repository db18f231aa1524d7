"""Reading credentials with c2pa-python: foreign files in the sandbox, our own in this process.

The functions that take plain strings run in the child. They answer with JSON as text, because its keys are a stranger's
words; how deep it nests and how long it is are bounded there.
"""

import io
import json
import struct
import tempfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from trust_kernel.errors import Broken, InvalidInput, Unavailable
from trust_kernel.media.sandbox import ChildLimits
from watermark.adapters.c2pa_settings import c2pa_settings
from watermark.adapters.certificates import check_anchors
from watermark.adapters.claim_certificate import leaf_certificate
from watermark.domain.credential_store import Store, mapping, objects
from watermark.domain.credentials import CredentialReason, LeafCertificate, Reading, TrustAnchors
from watermark.ports.credentials import IngredientFile, PackedIngredient

READ_LIMITS = ChildLimits(wall_seconds=60.0, cpu_seconds=60.0, memory_bytes=1_500_000_000, file_bytes=200_000_000)
"""A file is hashed as it streams by, 256 MB at a time: 2 GB take 5 s and 450 MB; a store is some 20 KB a generation."""
_MAX_JSON = 8_000_000
_MAX_DEPTH = 64
_MAX_MESSAGE = 300
_ELSEWHERE = (b"\x1aE\xdf\xa3", b"OggS", b"fLaC", b"FLV\x01", b"\x30\x26\xb2\x75", b"BM", b"\x00\x00\x01\xba")
"""How Matroska and WebM, Ogg, FLAC, Flash video, ASF, BMP and MPEG programme streams begin."""
_HEAD_BYTES = 1024
_STAND_IN = "stand-in"


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
        return _reading(self._call(read_credential, path, anchors, manifest), recovered=manifest is not None)

    def crjson(self, path: Path, anchors: TrustAnchors, manifest: bytes | None = None) -> str | None:
        """Give a file's credential as crJSON."""
        reply = self._call(read_crjson, path, anchors, manifest)
        found = reply["crjson"]
        return found if isinstance(found, str) else None

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

    def _call(
        self,
        function: Callable[..., Mapping[str, object]],
        path: Path,
        anchors: TrustAnchors,
        manifest: bytes | None,
    ) -> Mapping[str, Any]:
        with tempfile.TemporaryDirectory(prefix="placet-credential-") as folder:
            store = None
            if manifest is not None:
                store = Path(folder) / "store.c2pa"
                store.write_bytes(manifest)
            return self._sandbox.call(
                function,
                limits=self._limits,
                path=str(path.resolve()),
                claims=list(anchors.claims),
                stamps=list(anchors.stamps),
                manifest=str(store) if store else None,
            )


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
        store (JSON text or None), error, message, leaf (usages and has_run_out, or None), known_elsewhere.

    Raises:
        Broken: the anchors cannot be read.
    """
    return _read(path, _context(claims, stamps), Path(manifest).read_bytes() if manifest else None)


def read_crjson(path: str, claims: list[str], stamps: list[str], manifest: str | None) -> dict[str, object]:
    """Give a file's credential as crJSON; runs in the child.

    Args:
        path: the file.
        claims: PEM texts, roots of claim signers.
        stamps: PEM texts, roots of time-stamp authorities.
        manifest: path of a manifest store to hold against the file, or None for its own.

    Returns:
        crjson (text, or None where there is no credential, or one too long or too deep).

    Raises:
        Broken: the anchors cannot be read.
    """
    from c2pa import C2paError, Reader

    context = _context(claims, stamps)
    store = Path(manifest).read_bytes() if manifest else None
    try:
        with Path(path).open("rb") as file:
            told = _told(file.read(_HEAD_BYTES))
            file.seek(0)
            with Reader(told, file, store, context=context) as reader:
                return {"crjson": json.dumps(_as_published(json.loads(_bounded(reader.crjson()))))}
    except (C2paError, ValueError, RecursionError):
        return {"crjson": None}


def _as_published(crjson: Any) -> Any:
    """The same without what c2pa-rs 0.91 writes and crJSON's published schema does not allow."""
    for manifest in objects(mapping(crjson).get("manifests")):
        if isinstance(manifest, dict):
            manifest.pop("isUpdateManifest", None)
            manifest.pop("isCompressedManifest", None)
            signature = manifest.get("signature")
            if isinstance(signature, dict) and "timestamp" not in mapping(signature.get("timeStampInfo")):
                signature.pop("timeStampInfo", None)
    return crjson


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
        reading = _read(order["path"], context, None)
        readings.append(reading)
        _pack(order, context, has_thumbnail=_has_thumbnail(reading["store"]))
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
            with Reader(_told(head), file, manifest, context=context) as reader:
                store = reader.json()
                return {
                    "store": _bounded(store),
                    "error": "",
                    "message": "",
                    "leaf": _signers_leaf(reader, store),
                    "known_elsewhere": elsewhere,
                }
        except C2paError as error:
            return _failure(str(error), known_elsewhere=elsewhere)
        except (ValueError, RecursionError):
            return _failure("TooLarge: the credential is too long, too deep or not JSON", known_elsewhere=elsewhere)


def _told(head: bytes) -> str | None:
    """None: c2pa finds a format from the bytes, for a name is a stranger's word. SVG, which is text, it misses."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return "image/svg+xml" if start.startswith((b"<?xml", b"<!", b"<svg")) and b"<svg" in head else None


def _failure(message: str, *, known_elsewhere: bool) -> dict[str, object]:
    kind, _, rest = message.partition(":")
    return {
        "store": None,
        "error": kind.strip(),
        "message": rest.strip()[:_MAX_MESSAGE],
        "leaf": None,
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


def _signers_leaf(reader: Any, store: str) -> dict[str, object] | None:
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
    return {"usages": sorted(leaf.usages), "has_run_out": leaf.has_run_out} if leaf else None


def _has_thumbnail(store: object) -> bool:
    if not isinstance(store, str):
        return False
    loaded = Store(mapping(json.loads(store)))
    return bool(mapping(loaded.active.get("thumbnail")))


def _pack(order: dict[str, str], context: Any, *, has_thumbnail: bool) -> None:
    from c2pa import Builder, C2paError

    path = Path(order["path"])
    ingredient: dict[str, Any] = {key: order[key] for key in ("title", "relationship", "label")}
    with path.open("rb") as file:
        media_type = media_type_of(file.read(_HEAD_BYTES))
        file.seek(0)
        if media_type is None:
            return
        archive = io.BytesIO()
        try:
            with Builder({"claim_version": 2}, context=context) as builder:
                if has_thumbnail:
                    # Unless one is named, c2pa copies the thumbnail of the ingredient's own manifest, which is kept
                    # anyway: 26 KB more a generation. Where one is named, it points to that manifest's instead, and
                    # what was named never gets into the file.
                    builder.add_resource(_STAND_IN, io.BytesIO(_pixel()))
                    ingredient["thumbnail"] = {"format": "image/png", "identifier": _STAND_IN}
                builder.add_ingredient(ingredient, media_type, file)
                builder.write_ingredient_archive(order["label"], archive)
        except C2paError:
            # The reading says what is wrong with the file; whether that stops the signing is not decided here.
            return
    Path(order["target"]).write_bytes(archive.getvalue())


def _pixel() -> bytes:
    """A PNG of one grey pixel, 67 bytes."""
    parts = {b"IHDR": struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0), b"IDAT": zlib.compress(b"\0\x80"), b"IEND": b""}
    chunks = (struct.pack(">I", len(body)) + kind + body + _checksum(kind + body) for kind, body in parts.items())
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _checksum(chunk: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(chunk))


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
    leaf = reply["leaf"]
    return Reading(
        store=_loaded(reply["store"]),
        error=str(reply["error"]),
        message=str(reply["message"]),
        leaf=LeafCertificate(frozenset(map(str, leaf["usages"])), leaf["has_run_out"] is True) if leaf else None,
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
