"""The blocklist over HTTP, for staff."""

import hashlib
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, Response, UploadFile

from likeness_guard.adapters.people_files import Looker, MediaFolder, read_people
from likeness_guard.domain.people import Category, EntryQuery, LiftedBy, NewEntry
from likeness_guard.errors import EnrolmentFault, ImportFault
from likeness_guard.schemas import (
    BlocklistAddedOut,
    BlocklistEntryOut,
    BlocklistOut,
    BlocklistPatch,
    HistoryLineOut,
    HistoryOut,
    ImportOut,
    LiftOut,
    LineOut,
    page_out,
    place_of,
)
from likeness_guard.service.blocklist import Blocklist
from likeness_guard.service.blocklist_import import MOST_FILES, LineReport, Outcome
from likeness_guard.service.blocklist_terms import ReferenceMedia, moment_of
from trust_kernel.errors import InvalidInput
from trust_kernel.media.refs import MediaLimits
from trust_kernel.web.access import Access, Actor

READ, WRITE = "blocklist:read", "blocklist:write"
MOST_IMPORT_FILES = 200
MOST_LINES_SHOWN = 1000
_LIMITS = MediaLimits(max_bytes=20_000_000, max_seconds=120.0)
_LONGEST_ID = 100

_Uploads = Annotated[list[UploadFile] | None, File()]
_Text = Annotated[str, Form(max_length=2000)]


def build_router(blocklist: Blocklist, access: Access, decoder: Looker) -> APIRouter:
    """Routes under ``/v1/blocklist``; permissions ``blocklist:write`` and ``blocklist:read``."""
    router = APIRouter(prefix="/v1/blocklist", tags=["blocklist"])
    _add_reading(router, blocklist, access)
    _add_making(router, blocklist, access, decoder)
    _add_changing(router, blocklist, access)
    _add_import(router, blocklist, access, decoder)
    return router


def _add_reading(router: APIRouter, blocklist: Blocklist, access: Access) -> None:
    reader = access.requires(READ)

    @router.get("")
    def listed(
        _actor: Annotated[Actor, reader],
        q: Annotated[str, Query(max_length=200)] = "",
        category: Category | None = None,
        standing: bool | None = None,
        after: Annotated[str, Query(max_length=2000)] = "",
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> BlocklistOut:
        """Blocked public figures by name; `q` is a part of a name, `standing` leaves out those outside their dates."""
        query = EntryQuery(
            text=q.replace("\0", ""),
            category=category,
            standing_at=datetime.now(UTC) if standing else None,
            after=place_of(after) if after else None,
            limit=limit + 1,
        )
        return page_out(blocklist.page(query), limit, blocklist.count())

    @router.get("/{entry_id}")
    def one(entry_id: str, _actor: Annotated[Actor, reader]) -> BlocklistEntryOut:
        """One blocked public figure."""
        return BlocklistEntryOut.of(blocklist.get(_id(entry_id)))

    @router.get("/{entry_id}/history")
    def history(entry_id: str, _actor: Annotated[Actor, reader]) -> HistoryOut:
        """What happened to an entry, newest first, also after it was lifted."""
        return HistoryOut(data=[HistoryLineOut.of(change) for change in blocklist.history(_id(entry_id))])


def _add_making(router: APIRouter, blocklist: Blocklist, access: Access, decoder: Looker) -> None:
    writer = access.requires(WRITE)

    @router.post("", status_code=201)
    def add(
        actor: Annotated[Actor, writer],
        name: Annotated[str, Form(min_length=1, max_length=200)],
        aliases: Annotated[list[str] | None, Form()] = None,
        category: Annotated[Category, Form()] = Category.OTHER,
        lifted_by: Annotated[LiftedBy | None, Form()] = None,
        starts_at: _Text = "",
        ends_at: _Text = "",
        source: _Text = "",
        external_id: _Text = "",
        note: _Text = "",
        faces: _Uploads = None,
        voices: _Uploads = None,
    ) -> BlocklistAddedOut:
        """Block a public figure by names, pictures and recordings; the answer says who is like them."""
        with _references(decoder, faces or (), voices or ()) as media:
            new = NewEntry(
                name=name,
                aliases=tuple(aliases or ()),
                category=category,
                faces=media.faces,
                voices=media.voices,
                lifted_by=lifted_by,
                starts_at=moment_of(starts_at, "starts_at"),
                ends_at=moment_of(ends_at, "ends_at", last=True),
                source=source,
                external_id=external_id,
                note=note,
            )
            return BlocklistAddedOut.told(blocklist.enter(new, actor.account_id, digests=media.digests))

    @router.post("/{entry_id}/references")
    def teach(
        entry_id: str, actor: Annotated[Actor, writer], faces: _Uploads = None, voices: _Uploads = None
    ) -> BlocklistAddedOut:
        """Add pictures and recordings to an entry; files that it has already add nothing."""
        known = blocklist.get(_id(entry_id))
        if not faces and not voices:
            raise InvalidInput("send pictures, sounds or both", code=EnrolmentFault.EMPTY, field="faces")
        with _references(decoder, faces or (), voices or ()) as media:
            return BlocklistAddedOut.told(blocklist.teach(known.id, media, actor.account_id))


def _add_changing(router: APIRouter, blocklist: Blocklist, access: Access) -> None:
    writer = access.requires(WRITE)

    @router.patch("/{entry_id}")
    def change(entry_id: str, patch: BlocklistPatch, actor: Annotated[Actor, writer]) -> BlocklistAddedOut:
        """Change some fields; what would loosen a block takes whoever may lift it."""
        changed = blocklist.change(_id(entry_id), patch.fields(), actor.account_id, version=patch.version)
        return BlocklistAddedOut.told(changed)

    @router.delete("/{entry_id}")
    def lift(
        entry_id: str,
        actor: Annotated[Actor, writer],
        response: Response,
        reason: Annotated[str, Query(max_length=2000)] = "",
        asked_by: LiftedBy | None = None,
        proof: Annotated[str, Query(max_length=2000)] = "",
    ) -> LiftOut:
        """Lift a block: its templates and their key are destroyed. 202 where a second person must ask for it too."""
        lifting = blocklist.lift(_id(entry_id), actor.account_id, reason, asked_by, proof)
        if lifting.done:
            return LiftOut(id=entry_id, status="lifted", entry=None)
        response.status_code = 202
        return LiftOut(id=entry_id, status="proposed", entry=BlocklistEntryOut.of(lifting.entry))


def _add_import(router: APIRouter, blocklist: Blocklist, access: Access, decoder: Looker) -> None:
    writer = access.requires(WRITE)

    @router.post("/import")
    def take_in(
        actor: Annotated[Actor, writer],
        file: UploadFile,
        pictures: _Uploads = None,
        dry_run: Annotated[bool, Form()] = False,
        source: Annotated[str, Form(max_length=1000)] = "",
    ) -> ImportOut:
        """Take in a table or a Wikidata document; `pictures` are the files that it names, sounds too."""
        with tempfile.TemporaryDirectory(prefix="blocklist-") as folder:
            for upload in _named(pictures or ()):
                _save(upload, Path(folder) / str(upload.filename))
            reports = blocklist.importer().run(
                read_people(file.file, datetime.now(UTC).date()),
                actor.account_id,
                media=MediaFolder(Path(folder), decoder, _LIMITS),
                source=source,
                dry_run=dry_run,
                keep_up=True,
            )
            return _summed(reports, dry_run=dry_run)


def _summed(reports: Iterator[LineReport], *, dry_run: bool) -> ImportOut:
    counts: Counter[Outcome] = Counter()
    shown: list[LineOut] = []
    to_look_at = 0
    for report in reports:
        counts[report.outcome] += 1
        if not report.is_plain:
            to_look_at += 1
            if len(shown) < MOST_LINES_SHOWN:
                shown.append(LineOut.of(report))
    return ImportOut(
        dry_run=dry_run,
        lines=counts.total(),
        added=counts[Outcome.ADDED],
        updated=counts[Outcome.UPDATED],
        unchanged=counts[Outcome.UNCHANGED],
        rejected=counts[Outcome.REJECTED],
        to_look_at=to_look_at,
        data=shown,
    )


def _id(entry_id: str) -> str:
    """An id that a database can be asked for; anything else is nobody's."""
    return entry_id if entry_id.isascii() and entry_id.isprintable() and len(entry_id) <= _LONGEST_ID else "blk_"


def _named(uploads: Sequence[UploadFile]) -> Iterator[UploadFile]:
    """Uploads under plain file names, each once."""
    if len(uploads) > MOST_IMPORT_FILES:
        raise _too_many("pictures", MOST_IMPORT_FILES)
    seen: set[str] = set()
    for number, upload in enumerate(uploads):
        name = upload.filename or ""
        plain = Path(name).name == name and "\\" not in name and "\0" not in name and len(name.encode()) <= 200  # noqa: PLR2004 - file systems end at 255
        if not plain or name in {"", ".", ".."} or name in seen:
            raise InvalidInput(
                "every file needs a plain name of its own, as the list writes it",
                code=ImportFault.FILE_MISSING,
                field=f"pictures.{number}",
            )
        seen.add(name)
        yield upload


@contextmanager
def _references(decoder: Looker, faces: Sequence[UploadFile], voices: Sequence[UploadFile]) -> Iterator[ReferenceMedia]:
    """Decoded reference media; the files are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="blocklist-") as folder:
        seen = [*_looks(decoder, faces, "faces", Path(folder))]
        heard = [*_looks(decoder, voices, "voices", Path(folder))]
        digests = [digest for digest, _ in (*seen, *heard)]
        yield ReferenceMedia([picture for _, picture in seen], [sound for _, sound in heard], digests)


def _looks(decoder: Looker, uploads: Sequence[UploadFile], field: str, folder: Path) -> Iterator[tuple[str, Any]]:
    """Digest, and the first picture or the sound, of each file; the rest of a video is let go at once."""
    if len(uploads) > MOST_FILES:
        raise _too_many(field, MOST_FILES)
    for number, upload in enumerate(uploads):
        path = folder / f"{field}{number}"
        _save(upload, path)
        look = decoder.look(path, _LIMITS, field=f"{field}.{number}")
        if not (len(look.frames) if field == "faces" else look.audio.size):
            raise InvalidInput(
                "this file holds no picture" if field == "faces" else "this file holds no sound",
                code=EnrolmentFault.WRONG_KIND,
                field=f"{field}.{number}",
            )
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        yield digest, look.frames[0].copy() if field == "faces" else look.audio


def _save(upload: UploadFile, path: Path) -> None:
    with path.open("wb") as file:
        shutil.copyfileobj(upload.file, file)


def _too_many(field: str, most: int) -> InvalidInput:
    return InvalidInput("too many files", code=EnrolmentFault.TOO_MANY, field=field, limit=f"{most} files")
