"""The blocklist over HTTP, for staff."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Protocol

from fastapi import APIRouter, File, Form, UploadFile

from likeness_guard.api import EnrolmentFault, LikenessGuard, NewEntry
from likeness_guard.schemas import BlocklistEntryOut, BlocklistOut, shown
from trust_kernel.errors import InvalidInput, NotFound
from trust_kernel.media.refs import Look, MediaLimits
from trust_kernel.web.access import Access, Actor

_LIMITS = MediaLimits(max_bytes=20_000_000, max_seconds=120.0)
_MOST_FILES = 10


class Looker(Protocol):
    """Decodes an upload in the sandbox; `trust_kernel.media.decode.Decoder` is one."""

    def look(self, path: Path, limits: MediaLimits = ..., *, field: str = ...) -> Look:
        """Decode a file; raises InvalidInput with the field at fault."""
        ...


def build_router(guard: LikenessGuard, access: Access, decoder: Looker) -> APIRouter:
    """Routes under ``/v1/blocklist``; permissions ``blocklist:write`` and ``blocklist:read``."""
    router = APIRouter(prefix="/v1/blocklist", tags=["blocklist"])

    @router.post("", status_code=201)
    def add(
        _actor: Annotated[Actor, access.requires("blocklist:write")],
        name: Annotated[str, Form(min_length=1, max_length=200)],
        aliases: Annotated[list[str] | None, Form()] = None,
        category: Annotated[str, Form(max_length=100)] = "",
        faces: Annotated[list[UploadFile] | None, File()] = None,
        voices: Annotated[list[UploadFile] | None, File()] = None,
    ) -> BlocklistEntryOut:
        """Block a public figure by names, pictures and recordings."""
        with tempfile.TemporaryDirectory() as folder:
            pictures = [look.frames[0] for look in _looks(decoder, faces or (), "faces", Path(folder))]
            sounds = [look.audio for look in _looks(decoder, voices or (), "voices", Path(folder))]
        new = NewEntry(name, tuple(aliases or ()), category, pictures, sounds)
        return _found(guard, guard.add_entry(new))

    @router.get("")
    def listed(_actor: Annotated[Actor, access.requires("blocklist:read")]) -> BlocklistOut:
        """Every blocked public figure, by name."""
        return BlocklistOut(data=[shown(entry) for entry in guard.entries()])

    @router.get("/{entry_id}")
    def one(entry_id: str, _actor: Annotated[Actor, access.requires("blocklist:read")]) -> BlocklistEntryOut:
        """One blocked public figure."""
        return _found(guard, entry_id)

    @router.delete("/{entry_id}", status_code=204)
    def remove(entry_id: str, _actor: Annotated[Actor, access.requires("blocklist:write")]) -> None:
        """Lift a block: its templates and their key are destroyed."""
        guard.remove_entry(entry_id)

    return router


def _found(guard: LikenessGuard, entry_id: str) -> BlocklistEntryOut:
    for entry in guard.entries():
        if entry.id == entry_id:
            return shown(entry)
    raise NotFound("there is no such blocklist entry", code="likeness:blocklist:not_found")


def _looks(decoder: Looker, uploads: Sequence[UploadFile], field: str, folder: Path) -> list[Look]:
    if len(uploads) > _MOST_FILES:
        raise InvalidInput("too many files", code=EnrolmentFault.TOO_MANY, field=field, limit=f"{_MOST_FILES} files")
    looks = []
    for number, upload in enumerate(uploads):
        path = folder / f"{field}{number}"
        with path.open("wb") as file:
            shutil.copyfileobj(upload.file, file)
        look = decoder.look(path, _LIMITS, field=f"{field}.{number}")
        wanted = len(look.frames) if field == "faces" else look.audio.size
        if not wanted:
            raise InvalidInput(
                "this file holds no picture" if field == "faces" else "this file holds no sound",
                code=EnrolmentFault.WRONG_KIND,
                field=f"{field}.{number}",
            )
        looks.append(look)
    return looks
