"""Taking in files of people, of any length, again and again."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from likeness_guard.domain.folding import Census
from likeness_guard.domain.people import Alias, Entry, EntryChange, EntryEvent, NewEntry, NoisyName, Similar
from likeness_guard.errors import EnrolmentFault, ImportFault
from likeness_guard.ports import Picture, Sound
from likeness_guard.ports.aftermath import Aftermath
from likeness_guard.ports.entries import EntryStore, Record
from likeness_guard.ports.people_files import BadLine, ListedPerson, MediaFiles, Trouble
from likeness_guard.service.blocklist_similar import similar_names
from likeness_guard.service.blocklist_terms import (
    ReferenceMedia,
    alias_of,
    checked,
    commitment,
    differences,
    entry_of,
    made,
    new_salt,
    noisy_names,
    reaches_further,
    terms_of,
)
from trust_kernel.clock import Clock
from trust_kernel.errors import Conflict, InvalidInput, NotPermitted
from trust_kernel.names.plain import fold_name

if TYPE_CHECKING:
    from likeness_guard.service.blocklist import Blocklist

BATCH = 500
"""Lines that are committed together; what an interrupted import does again is at most so many."""
MOST_FILES = 10
_MOST_SIMILAR = 5


class Outcome(StrEnum):
    """What became of a line."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class LineReport:
    """What became of a line, and what staff should look at.

    Attributes:
        entry_id: empty where nothing is kept (rejected, or tried only).
        troubles: why it was rejected, or which reference files were left out.
    """

    line: int
    outcome: Outcome
    name: str = ""
    external_id: str = ""
    entry_id: str = ""
    troubles: tuple[Trouble, ...] = ()
    similar: tuple[Similar, ...] = ()
    noisy: tuple[NoisyName, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Nothing to look at."""
        return self.outcome is not Outcome.REJECTED and not (self.troubles or self.similar or self.noisy)


@dataclass(slots=True)
class _Batch:
    added: list[tuple[Entry, EntryChange]] = field(default_factory=list)
    changed: list[tuple[Entry, EntryChange]] = field(default_factory=list)
    further: list[Entry] = field(default_factory=list)
    people: list[tuple[ListedPerson, Entry]] = field(default_factory=list)
    reports: dict[int, LineReport] = field(default_factory=dict)


class Importer:
    """Takes files in. Make a new one for each file; it remembers the lines that it saw.

    Args:
        blocklist: changes entries by its own rules.
        entries: for looking up many at once.
        record: the ledger: one entry for each batch.
        clock: when.
        after: told of the entries of a batch that stop more than before, together.
    """

    def __init__(
        self, blocklist: "Blocklist", entries: EntryStore, record: Record, clock: Clock, after: Aftermath
    ) -> None:
        self._blocklist = blocklist
        self._entries = entries
        self._record = record
        self._clock = clock
        self._after = after
        self._census = Census()
        self._called: dict[str, str] = {}
        self._seen: dict[str, int] = {}

    def run(
        self,
        people: Iterable[ListedPerson | BadLine],
        by: str,
        *,
        media: MediaFiles | None = None,
        source: str = "",
        dry_run: bool = False,
        keep_up: bool = False,
    ) -> Iterator[LineReport]:
        """Take people in, a batch at a time; gives what became of each line, in order.

        A person whose external id is known is brought up to date; names are only ever added so. Lines without an
        external id get one made of the name. What went wrong with a reference file does not keep the name out.

        Args:
            people: read from a file as it goes.
            by: account that does it.
            media: where reference files lie; lines that name any report them missing where it is left out.
            source: of every line that names none itself.
            dry_run: keep nothing.
            keep_up: let this process's names follow after each batch, so that no prompt has to wait for many.

        Raises:
            InvalidInput: an `ImportFault`: the file is not what it should be. Batches before it are kept.
        """
        for entry_id, folded in self._entries.folded_names():
            self._census.add(entry_id, folded)
        stream = iter(people)
        while lines := list(islice(stream, BATCH)):
            batch = self._kept(lines, by, source, dry_run=dry_run)
            if not dry_run:
                for person, entry in batch.people:
                    self._teach(person, entry, by, media, batch)
            elif media is not None:
                self._try_files(batch, media)
            if keep_up and not dry_run:
                self._blocklist.warm()
            for line in lines:
                yield batch.reports[line.line]

    # --- names

    def _kept(self, lines: Sequence[ListedPerson | BadLine], by: str, source: str, *, dry_run: bool) -> _Batch:
        batch = _Batch()
        listed = [self._identified(line, source, batch) for line in lines]
        persons = [person for person in listed if person is not None]
        with self._entries.together():
            ids = [str(person.fields["external_id"]) for person in persons]
            known = self._entries.by_external(ids, lock=not dry_run)
            for person in persons:
                self._take(person, known.get(str(person.fields["external_id"])), by, batch)
            if not dry_run:
                self._entries.put(batch.added, new=True)
                self._entries.put(batch.changed, new=False)
                if further := [*(entry for entry, _ in batch.added), *batch.further]:
                    self._after.blocked(further)
                self._commit(batch, by)
        self._compare(batch, dry_run=dry_run)
        return batch

    def _identified(self, line: ListedPerson | BadLine, source: str, batch: _Batch) -> ListedPerson | None:
        """The line with an external id; None where it was rejected."""
        if isinstance(line, BadLine):
            batch.reports[line.line] = LineReport(line.line, Outcome.REJECTED, line.name, troubles=(line.trouble,))
            return None
        name = str(line.fields.get("name", ""))
        given = str(line.fields.get("external_id") or "").strip()
        made_up = "name:" + hashlib.sha256(fold_name(name).encode()).hexdigest()[:24]
        external = given or made_up
        first = self._seen.setdefault(external, line.line)
        if first != line.line:
            detail = f"line {first} has the same {'external_id' if given else 'name, and neither has an external_id'}"
            trouble = Trouble(ImportFault.REPEATED, detail, "external_id" if given else "name")
            batch.reports[line.line] = LineReport(line.line, Outcome.REJECTED, name, given, troubles=(trouble,))
            return None
        fields = {"source": source, **line.fields} if source and not line.fields.get("source") else {**line.fields}
        return replace(line, fields={**fields, "external_id": external})

    def _take(self, person: ListedPerson, known: Entry | None, by: str, batch: _Batch) -> None:
        name = str(person.fields.get("name", ""))
        external = str(person.fields["external_id"])
        try:
            entry, outcome = self._new(person, by, batch) if known is None else self._again(person, known, by, batch)
        except (InvalidInput, NotPermitted, Conflict) as error:
            trouble = Trouble(error.code, error.detail, error.field or "", error.limit or "")
            report = LineReport(person.line, Outcome.REJECTED, name, external, troubles=(*person.notes, trouble))
            batch.reports[person.line] = report
            return
        batch.people.append((person, entry))
        self._called[entry.id] = entry.name
        noisy = tuple(noisy_names(entry.names))
        batch.reports[person.line] = LineReport(
            person.line, outcome, entry.name, entry.external_id, entry.id, person.notes, noisy=noisy
        )

    def _new(self, person: ListedPerson, by: str, batch: _Batch) -> tuple[Entry, Outcome]:
        clean = checked(NewEntry(**{"name": "", **person.fields}))  # type: ignore[arg-type] # checked there
        entry = entry_of(clean, by, self._clock.now(), (), new_salt())
        batch.added.append((entry, made(entry, EntryEvent.ADDED, by, reason="import")))
        return entry, Outcome.ADDED

    def _again(self, person: ListedPerson, known: Entry, by: str, batch: _Batch) -> tuple[Entry, Outcome]:
        fields = {name: value for name, value in person.fields.items() if value or name in {"starts_at", "ends_at"}}
        after = self._blocklist.revise(known, {**fields, "aliases": _all_aliases(known, fields)})
        if after is known:
            return known, Outcome.UNCHANGED
        change = made(after, EntryEvent.CHANGED, by, differences(known, after), reason="import")
        batch.changed.append((after, change))
        if reaches_further(known, after):
            batch.further.append(after)
        return after, Outcome.UPDATED

    def _commit(self, batch: _Batch, by: str) -> None:
        written = [entry for entry, _ in (*batch.added, *batch.changed)]
        if written:
            lines = "".join(f"{entry.id} {entry.version} {commitment(entry)}\n" for entry in written)
            body: dict[str, str | int] = {
                "batch_sha256": hashlib.sha256(lines.encode("ascii")).hexdigest(),
                "added": len(batch.added),
                "changed": len(batch.changed),
                "actor": by,
            }
            self._record.append(EntryEvent.IMPORTED, body)

    def _compare(self, batch: _Batch, *, dry_run: bool) -> None:
        new = {entry.id for entry, _ in batch.added}
        folded = {e.id: "\n".join(dict.fromkeys(fold_name(name) for name in e.names)) for _, e in batch.people}
        for entry_id, names in folded.items():
            if entry_id in new:
                self._census.add(entry_id, names)
        for person, entry in batch.people:
            found = [(n.entry_id, n.score) for n in self._census.alike(entry.id, folded[entry.id], _MOST_SIMILAR)]
            report = batch.reports[person.line]
            called = {entry_id: self._name_of(entry_id) for entry_id, _ in found}
            similar = tuple(similar_names(found, called))
            kept = "" if dry_run and entry.id in new else entry.id
            batch.reports[person.line] = replace(report, similar=similar, entry_id=kept)

    def _name_of(self, entry_id: str) -> str:
        if entry_id not in self._called:
            entry = self._entries.entry(entry_id)
            self._called[entry_id] = entry.name if entry else ""
        return self._called[entry_id]

    # --- reference media

    def _teach(self, person: ListedPerson, entry: Entry, by: str, media: MediaFiles | None, batch: _Batch) -> None:
        """Take in what is new among the files that a line names; the troubles of each file are noted."""
        if not (person.faces or person.voices):
            return
        troubles: list[Trouble] = []
        files = [one for one in _files(person) if self._usable(one, media, troubles)]
        new = [one for one in files if media is not None and self._read(one, entry, media, troubles)]
        report = batch.reports[person.line]
        learnt = self._learnt(entry.id, new, by, troubles)
        outcome = Outcome.UPDATED if learnt and report.outcome is Outcome.UNCHANGED else report.outcome
        similar = self._blocklist.look_alikes(entry.id) if learnt else ()
        batch.reports[person.line] = replace(
            report, outcome=outcome, troubles=(*report.troubles, *troubles), similar=(*report.similar, *similar)
        )

    def _usable(self, file: "_File", media: MediaFiles | None, troubles: list[Trouble]) -> bool:
        if media is not None and file.number < MOST_FILES:
            return True
        code = ImportFault.FILE_MISSING if media is None else EnrolmentFault.TOO_MANY
        troubles.append(Trouble(code, f"{file.name} was not taken in", file.column, f"{MOST_FILES} files"))
        return False

    def _read(self, file: "_File", entry: Entry, media: MediaFiles, troubles: list[Trouble]) -> bool:
        """Decode a file unless it was taken in before."""
        try:
            file.digest = media.digest(file.name, file.column)
            if file.digest in entry.media:
                return False
            look = media.look(file.name, file.column)
        except InvalidInput as error:
            troubles.append(_trouble(error, file))
            return False
        # A copy, so that the other frames of a video are let go.
        file.picture, file.sound = (look.frames[0].copy() if len(look.frames) else None), look.audio
        if file.picture is None if file.kind == "faces" else not file.sound.size:
            troubles.append(Trouble(EnrolmentFault.WRONG_KIND, f"{file.name} holds nothing of the kind", file.column))
            return False
        return True

    def _learnt(self, entry_id: str, files: list["_File"], by: str, troubles: list[Trouble]) -> bool:
        """Enrol; a picture or all the sounds that cannot be used are left out, and the rest tried again."""
        while files:
            faces = [file for file in files if file.kind == "faces"]
            voices = [file for file in files if file.kind == "voices"]
            digests = [file.digest for file in (*faces, *voices)]
            pictures = [file.picture for file in faces if file.picture is not None]
            try:
                self._blocklist.taught(entry_id, ReferenceMedia(pictures, [f.sound for f in voices], digests), by)
            except InvalidInput as error:
                column, _, number = (error.field or "").partition(".")
                at_fault = [faces[int(number)]] if column == "faces" and number.isdigit() else (voices or faces)
                troubles.append(_trouble(error, at_fault[0]))
                files = [file for file in files if file not in at_fault]
            else:
                return True
        return False

    def _try_files(self, batch: _Batch, media: MediaFiles) -> None:
        for person, _ in batch.people:
            for file in _files(person):
                try:
                    media.digest(file.name, file.column)
                except InvalidInput as error:
                    report = batch.reports[person.line]
                    batch.reports[person.line] = replace(report, troubles=(*report.troubles, _trouble(error, file)))


@dataclass(slots=True, eq=False)
class _File:
    """A reference file on its way in."""

    kind: str
    number: int
    name: str
    digest: str = ""
    picture: Picture | None = None
    sound: Sound = field(default_factory=lambda: np.zeros(0, np.float32))

    @property
    def column(self) -> str:
        return f"{self.kind}.{self.number}"


def _files(person: ListedPerson) -> Iterator[_File]:
    yield from (_File("faces", number, name) for number, name in enumerate(person.faces))
    yield from (_File("voices", number, name) for number, name in enumerate(person.voices))


def _trouble(error: InvalidInput, file: _File) -> Trouble:
    return Trouble(error.code, f"{file.name}: {error.detail}", file.column, error.limit or "")


def _all_aliases(known: Entry, fields: dict[str, object]) -> list[Alias]:
    """What the entry is called and what the file calls it; a former chief name stays as an alias."""
    given = fields.get("aliases") or ()
    assert isinstance(given, Sequence)  # noqa: S101 - readers give sequences
    listed = [alias_of(alias) if isinstance(alias, str) else alias for alias in given]
    former = [Alias(known.name)] if fields.get("name", known.name) != known.name else []
    return list(dict.fromkeys((*terms_of(known).aliases, *former, *listed)))  # type: ignore[arg-type] # of an entry, all are Alias
