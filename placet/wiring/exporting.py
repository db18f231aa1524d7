"""Everything about a person, as one archive.

Rows are found as `trust_kernel.erasing` finds them, so a table that is added tomorrow is in the archive as well.
Secrets stay out, and so do other people: whom the person dealt with is named by handle, everybody else as somebody.
"""

import json
import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Column, LargeBinary, Table, or_, select
from sqlmodel import col
from sqlmodel import select as selecting

from consent_registry.api import ConsentRegistry, Subject
from consent_registry.tables import SubjectRow
from generator_gateway.ports import ReleaseRecord
from generator_gateway.store import ReleaseStore
from generator_gateway.store.leaving import LeavingCases
from placet.wiring.export_pages import MATTERS, fields_page, index_page
from placet.wiring.guards import Guards
from placet.wiring.kernel import Kernel
from placet.wiring.leaving import STAY, rules_for
from placet.wiring.shelves import Shelves
from placet.wiring.tables import metadata
from trust_kernel.audit.tables import LeafRow
from trust_kernel.erasing import found_by
from trust_kernel.media.encoded import as_png, as_wav
from trust_kernel.web.tables import AccountRow

_ALSO: frozenset[tuple[str, str]] = frozenset(
    {
        *STAY,
        ("appeals", "account_id"),
        ("cases", "account_id"),
        ("estates", "account_id"),
        ("optout_claims", "filed_by"),
        ("person_reports", "reporter"),
        ("release_owners", "account_id"),
        ("release_owners", "subject_id"),
        ("release_grants", "subject_id"),
    }
)
"""Columns by which rows are somebody's, beside those by which erasing finds them."""
_SECRET = re.compile(r"hash|secret|token|password|wrapped|sealed|digest|lease|alike", re.ASCII)
"""Columns that are no use to anybody but us, or would tell whom somebody looks like."""
_ID = re.compile(r"\b(?:acct|subj)_[0-9A-Za-z]+")
_LEFT_OUT = frozenset(
    {"case_stops", "data_keys", "sign_in_attempts", "likeness_templates", "likeness_outputs", "likeness_references"}
)
"""Keys, and templates: numbers that only our own models can read; the archive says what of them there is.
And which claims stopped a request, kept for a day: a claim may tell whoever asks nothing."""
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass
class _Archive:
    """One archive in the making."""

    zip: zipfile.ZipFile
    counts: dict[str, int] = field(default_factory=dict)

    def put(self, name: str, data: Any) -> None:
        text = json.dumps(data, indent=2, ensure_ascii=False, default=_plain)
        self.zip.writestr(name, text)


class PersonExport:
    """Makes archives.

    Args:
        kernel: the ground floor.
        registry: receipts, kept media, pseudonyms.
        releases: what was released with the person in it.
    """

    def __init__(self, kernel: Kernel, registry: ConsentRegistry, releases: ReleaseStore) -> None:
        self._kernel = kernel
        self._registry = registry
        self._releases = releases
        self._cases = LeavingCases(kernel.database)

    @contextmanager
    def archive(self, subject_id: str) -> Iterator[Path]:
        """A ZIP file that is there while the block lasts; raises NotFound where there is no such subject."""
        subject = self._registry.subject(subject_id)
        with tempfile.TemporaryDirectory(prefix="placet-export-") as folder:
            path = Path(folder) / f"{subject.id}.zip"
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
                self._fill(_Archive(made), subject)
            yield path

    def _fill(self, archive: _Archive, subject: Subject) -> None:
        self._rows(archive, subject)
        self._receipts(archive, subject)
        self._videos(archive, subject)
        self._kept_media(archive, subject)
        self._ledger(archive, subject)
        now = self._kernel.clock.now()
        for language, name in (("en", "index.html"), ("it", "index.it.html")):
            archive.zip.writestr(name, index_page(language, subject.handle, now, archive.counts))
        archive.zip.writestr("README.md", fields_page(self._kernel.settings.public_url))

    def _rows(self, archive: _Archive, subject: Subject) -> None:
        """One JSON file a subject matter, of all tables that belong to it."""
        matters: dict[str, dict[str, list[dict[str, Any]]]] = {}
        for table in metadata().sorted_tables:
            rows = self._of(table, subject)
            if rows:
                matters.setdefault(MATTERS.get(table.name, "other"), {})[table.name] = rows
        names = self._names(subject)
        for matter, tables in sorted(matters.items()):
            archive.put(f"data/{matter}.json", _others_hidden(tables, names))
            archive.counts[f"data/{matter}.json"] = sum(map(len, tables.values()))

    def _of(self, table: Table, subject: Subject) -> list[dict[str, Any]]:
        if table.name in _LEFT_OUT or table.name in rules_for("").sealed:
            return []
        ids = (subject.id, subject.account_id)
        mine = [column.in_(ids) for column in by_person(table)]
        mine += [parent for key in table.foreign_keys for parent in self._by_parent(key, ids)]
        if not mine:
            return []
        with self._kernel.database.reading() as session:
            rows = session.execute(select(table).where(or_(*mine))).mappings().all()
        return [{name: value for name, value in row.items() if _shown(table, str(name))} for row in rows]

    def _by_parent(self, key: Any, ids: tuple[str, ...]) -> Iterator[Any]:
        """Rows that refer to a row of theirs: members of a group, receipts of a grant."""
        parent: Table = key.column.table
        columns = by_person(parent)
        if columns and parent.name not in {"subjects", "accounts"}:
            yield key.parent.in_(select(key.column).where(or_(*(column.in_(ids) for column in columns))))

    def _names(self, subject: Subject) -> Mapping[str, str]:
        """Handles of everybody, by either id; the person's own ids stay as they are."""
        with self._kernel.database.reading() as session:
            rows = session.exec(selecting(SubjectRow).where(col(SubjectRow.handle).is_not(None))).all()
            own = session.exec(selecting(AccountRow.email).where(col(AccountRow.id) == subject.account_id)).first()
        names = {identity: f"@{row.handle}" for row in rows for identity in (row.id, row.account_id) if identity}
        return {**names, subject.id: subject.id, subject.account_id: subject.account_id, own or "": own or ""}

    def _receipts(self, archive: _Archive, subject: Subject) -> None:
        receipts = self._registry.receipts(subject.id)
        for receipt in receipts:
            archive.zip.writestr(f"receipts/{receipt.grant_id}-{receipt.version}.jws", receipt.compact)
        archive.put("receipts/jwks.json", self._registry.jwks())
        archive.counts["receipts/"] = len(receipts)

    def _videos(self, archive: _Archive, subject: Subject) -> None:
        """Every release that shows them or that they made: what is known of it, and the video where it is out."""
        wanted = {*self._cases.showing(subject.id), *self._cases.made_by(subject.account_id)}
        found = [release for release in map(self._releases.find, sorted(wanted)) if release is not None]
        names = self._names(subject)
        archive.put("videos/videos.json", _others_hidden([_told(release) for release in found], names))
        for release in found:
            if release.status == "released" and self._kernel.blobs.exists(release.media_digest):
                with self._kernel.blobs.open_path(release.media_digest) as path:
                    # videos are packed already
                    archive.zip.write(path, f"videos/{release.case_id}.mp4", zipfile.ZIP_STORED)
        archive.counts["videos/"] = len(found)

    def _kept_media(self, archive: _Archive, subject: Subject) -> None:
        kept = self._registry.references(subject.id)
        if kept.portrait is not None:
            archive.zip.writestr("kept/portrait.png", as_png(kept.portrait))
        if kept.voice is not None:
            archive.zip.writestr("kept/voice.wav", as_wav(kept.voice))
        archive.counts["kept/"] = (kept.portrait is not None) + (kept.voice is not None)

    def _ledger(self, archive: _Archive, subject: Subject) -> None:
        """Entries of the public record about them, each with the proof that it is in there."""
        ledger, pseudonym = self._kernel.ledger, self._registry.pseudonym(subject.id)
        note = ledger.checkpoint()
        with self._kernel.database.reading() as session:
            indexes = list(session.exec(selecting(LeafRow.index).where(col(LeafRow.leaf).contains(pseudonym))))
        size = ledger.size()
        entries = [
            {
                "index": index,
                "leaf": ledger.entry(index).leaf.decode(),
                "proof": [step.hex() for step in ledger.inclusion(index, size).path],
            }
            for index in sorted(indexes)
        ]
        told = {"pseudonym": pseudonym, "key": str(ledger.key), "checkpoint": note, "size": size, "entries": entries}
        archive.put("ledger/entries.json", told)
        archive.counts["ledger/"] = len(entries)


def by_person(table: Table) -> list[Column[Any]]:
    """Columns by which a row is somebody's."""
    return [*found_by(table, rules_for("")), *(table.c[column] for name, column in sorted(_ALSO) if name == table.name)]


def _shown(table: Table, name: str) -> bool:
    return not isinstance(table.c[name].type, LargeBinary) and _SECRET.search(name) is None


def _others_hidden(value: Any, names: Mapping[str, str]) -> Any:
    """A value in which everybody else has a handle or is somebody."""
    if isinstance(value, dict):
        return {_others_hidden(key, names): _others_hidden(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [_others_hidden(inner, names) for inner in value]
    if not isinstance(value, str):
        return value
    hidden = _ID.sub(lambda match: names.get(match[0], "somebody"), value)
    return _EMAIL.sub(lambda match: match[0] if match[0] in names else "somebody", hidden)


def _told(release: ReleaseRecord) -> dict[str, Any]:
    return {
        "id": release.case_id,
        "state": release.status,
        "released_at": release.released_at,
        "withdrawn_at": release.withdrawn_at,
        "withdrawn_reason": release.withdrawn_reason,
        "owners": [
            {"who": owner.subject_id or owner.account_id, "role": owner.role, "modalities": list(owner.modalities)}
            for owner in release.owners
        ],
    }


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def build_export(kernel: Kernel, guards: Guards, shelves: Shelves) -> PersonExport:
    """What makes archives."""
    return PersonExport(kernel, guards.registry, shelves.releases)
