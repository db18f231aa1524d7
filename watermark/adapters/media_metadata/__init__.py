"""Writes a disclosure into files, before they are signed, and reads what anybody's files say.

Metadata without a signature is anybody's word, and is gone after most uploads: it is written because laws and archives
ask for it. What it says is never evidence about a release.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from trust_kernel.errors import Broken, InvalidInput
from watermark.adapters.media_metadata.boxes import damaged
from watermark.adapters.media_metadata.jpeg import read_jpeg, write_jpeg
from watermark.adapters.media_metadata.mp4 import read_mp4, write_mp4
from watermark.adapters.media_metadata.png import read_png, write_png
from watermark.adapters.media_metadata.webp import read_webp, write_webp
from watermark.adapters.media_metadata.xmp import aigc_text, parse_aigc, parse_packet, write_packet
from watermark.domain.credential_store import text
from watermark.domain.disclosure import Disclosure, DisclosureReason, FileMetadata

VIDEO, STILL, WEBP, PNG = "video/mp4", "image/jpeg", "image/webp", "image/png"
KINDS = frozenset({VIDEO, STILL, WEBP, PNG})
"""Media types that a disclosure is written into."""
_STILLS: Mapping[bytes, Callable[[BinaryIO], bytes]] = {
    b"\xff\xd8\xff": read_jpeg,
    b"RIFF": read_webp,
    b"\x89PNG": read_png,
}
_COMMENT, _AIGC = "comment", "AIGC"
_MAX_VALUE = 300


def write_metadata(path: Path, disclosure: Disclosure, kind: str) -> None:
    """Write a disclosure into a file of ours, in place: the file is either as it was or whole and read back.

    Disclosing again replaces what was there. The file must not be signed yet.

    Args:
        path: the file.
        disclosure: what to say.
        kind: its media type, one of `KINDS`.

    Raises:
        InvalidInput: `watermark:metadata:unusable` for another kind or a damaged file;
            `watermark:metadata:already_signed`.
        Broken: what was written does not read back.
    """
    if kind not in KINDS:
        raise damaged(f"metadata is not written into {kind}")
    with tempfile.TemporaryDirectory(prefix=".metadata-", dir=path.parent) as folder:
        draft = Path(folder) / "draft"
        with path.open("rb") as source, draft.open("wb") as target:
            _copy(source, target, disclosure, kind)
            target.flush()
            os.fsync(target.fileno())
        _confirm(draft, disclosure)
        shutil.copymode(path, draft)
        draft.replace(path)


def read_metadata(source: str) -> dict[str, Any]:
    """What a file's unsigned metadata says about AI; runs in the sandbox for files of strangers.

    Args:
        source: path of any file. What is not MP4, QuickTime, JPEG, WebP or PNG, or is damaged, says nothing.

    Returns:
        fields: by the names of `LatentField`; aigc: the seven values of GB 45438-2025, or None; comment: text. All
        texts are cleaned of control characters and cut at 300. `metadata_from` makes a `FileMetadata` of it.
    """
    packet, keys = b"", dict[str, str]()
    with Path(source).open("rb") as file:
        head = file.read(12)
        try:
            if head[4:8] == b"ftyp":
                packet, keys = read_mp4(file)
            else:
                packet = next((read(file) for start, read in _STILLS.items() if head.startswith(start)), b"")
        except InvalidInput:
            packet, keys = b"", {}
    fields, aigc = parse_packet(packet)
    named = parse_aigc(keys[_AIGC]) if _AIGC in keys else None
    return {"fields": fields, "aigc": named or aigc, "comment": text(keys.get(_COMMENT), _MAX_VALUE)}


def metadata_from(reply: Mapping[str, Any]) -> FileMetadata:
    """What `read_metadata` gave, as a value."""
    return FileMetadata(dict(reply["fields"]), reply["aigc"], str(reply["comment"]))


def _copy(source: BinaryIO, target: BinaryIO, disclosure: Disclosure, kind: str) -> None:
    packet = write_packet(disclosure)
    if kind == VIDEO:
        write_mp4(source, target, _keys(disclosure), packet)
    elif kind == STILL:
        write_jpeg(source, target, disclosure, packet)
    elif kind == WEBP:
        write_webp(source, target, packet)
    else:
        write_png(source, target, packet)


def _keys(disclosure: Disclosure) -> dict[str, str]:
    keys = {_COMMENT: disclosure.sentence}
    if disclosure.aigc is not None:
        keys[_AIGC] = aigc_text(disclosure.aigc)
    return keys


def _confirm(path: Path, disclosure: Disclosure) -> None:
    found = read_metadata(str(path))
    said = {field.value: value for field, value in disclosure.fields.items()}
    aigc = None if disclosure.aigc is None else dict(disclosure.aigc)
    if found["fields"] != said or found["aigc"] != aigc:
        raise Broken("the metadata that was written does not read back", code=DisclosureReason.FILE)
