"""Lists of a hundred thousand claims: taken in by a worker, a batch at a time, and activated as a whole."""

import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import BinaryIO

from copyright_optout.domain import (
    ClaimKind,
    Declaration,
    Proof,
    check_declarations,
    check_proof,
)
from copyright_optout.domain.imports import (
    MOST_TRIES,
    READING,
    WORKING,
    ClaimImport,
    ImportState,
    LineReport,
    LineTrouble,
)
from copyright_optout.domain.reasons import ImportFault
from copyright_optout.ports.imports import BadLine, ClaimLists, ImportFiles, ImportStore, ListedClaim
from copyright_optout.service.import_batches import BATCH, BatchTools, Intake, activate_batch, flooding
from copyright_optout.service.import_stream import ListStream
from copyright_optout.service.import_telling import ImportNotices
from trust_kernel.errors import Conflict, InvalidInput, NotFound
from trust_kernel.ids import new_id

LARGEST_FILE = 200_000_000
"""Bytes: two kilobytes for each of a hundred thousand claims."""
MOST_UNFINISHED = 5
"""Files of one organisation that wait to be read."""
KEPT = timedelta(days=90)
"""For so long after the last step, an import and its report can be looked at."""
STEP_SECONDS = 10.0
"""A worker looks after other things from time to time, and can be stopped."""
_HOLD = timedelta(seconds=60)
"""For so long nobody else takes up what a worker that died was at."""
_GIVEN_UP = LineTrouble(ImportFault.GIVEN_UP, "it could not be gone on with")
_SALT = 32
_TRIES = 3
_SWEEP = 100


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """What somebody asks for.

    Attributes:
        by: account that sends the list.
        submit: hand each claim in; else they are kept as drafts.
        kind: of every line that names none; None where each must.
        proof: of every line that gives none itself.
        declared: once for all lines; needed where they are handed in.
    """

    organisation_id: str
    by: str
    submit: bool = True
    kind: ClaimKind | None = None
    proof: Proof | None = None
    declared: frozenset[Declaration] = frozenset()


@dataclass(frozen=True, slots=True)
class ImportParts:
    """Where imports and their files are kept, and who reads them."""

    store: ImportStore
    files: ImportFiles
    lists: ClaimLists


class ImportDesk:
    """The imports' life.

    Args:
        parts: imports and files.
        tools: the claims.
        notices: tells whoever is to know.
    """

    def __init__(self, parts: ImportParts, tools: BatchTools, notices: ImportNotices) -> None:
        self._store = parts.store
        self._files = parts.files
        self._lists = parts.lists
        self._tools = tools
        self._notices = notices

    # --- asking

    def start(self, order: ImportOrder, file: BinaryIO) -> ClaimImport:
        """Keep a list; a worker takes it in.

        Args:
            order: for whom, and what holds for all lines.
            file: CSV, JSON lines or a JSON array, in UTF-8.

        Raises:
            InvalidInput: it is no such list, is too large, or a declaration is missing.
            Conflict: too many files of this organisation wait already.
        """
        job = self._ordered(order)
        if self._store.unfinished(order.organisation_id) >= MOST_UNFINISHED:
            raise Conflict(
                "wait for the files that you have sent", code=ImportFault.TOO_MANY, limit=f"{MOST_UNFINISHED} files"
            )
        with tempfile.TemporaryDirectory(prefix="import-") as folder:
            path = Path(folder) / "list"
            with path.open("wb") as copy:
                # Nobody else stores these very bytes, so that dropping them drops nothing of anybody's.
                copy.write(os.urandom(_SALT))
                shutil.copyfileobj(file, copy)
                size = copy.tell() - _SALT
            if size > LARGEST_FILE:
                raise InvalidInput(
                    "this file is too large", code=ImportFault.TOO_LARGE, field="file", limit=f"{LARGEST_FILE} bytes"
                )
            with path.open("rb") as stored:
                stored.seek(_SALT)
                next(self._lists.read(stored), None)
            job = replace(job, size=size, digest=self._files.put_file(path))
        self._store.add(job)
        return job

    def rehearse(self, order: ImportOrder, file: BinaryIO) -> Iterator[LineReport]:
        """What would become of each line; nothing is kept. Raises InvalidInput as `start`, and where reading ends."""
        intake = Intake(self._tools, self._ordered(order))
        stream = self._lists.read(file)
        while lines := list(islice(stream, BATCH)):
            yield from intake.rehearse(intake.drawn_up(lines))

    def found(self, import_id: str) -> ClaimImport:
        """One of them; raises NotFound."""
        return _there(self._store.get(import_id))

    def page(
        self, organisation_ids: Collection[str] | None, *, after: str | None = None, limit: int = 100
    ) -> Sequence[ClaimImport]:
        """Those of these organisations, or of all, newest first."""
        return self._store.page(organisation_ids, after=after, limit=limit)

    def report(self, job: ClaimImport) -> Iterator[LineReport]:
        """What became of the lines so far, in order; read as it goes."""
        for number in range(job.batches):
            yield from self._store.report(job.id, number)

    def wanting(self, job: ClaimImport, limit: int) -> Sequence[LineReport]:
        """The first lines so far that somebody has to look at; `Counts` tells how many there are."""
        return self._store.wanting(job.id, limit)

    def cancel(self, import_id: str) -> ClaimImport:
        """End it; what was taken in stays.

        Raises:
            NotFound: there is none.
            Conflict: it is over.
        """
        with self._tools.claims.transaction():
            job = self._locked(import_id)
            if job.state not in READING:
                raise Conflict(f"this import is {job.state}", code=ImportFault.OVER, field="state")
            ended = job.ended(ImportState.CANCELLED, self._tools.clock.now())
            self._store.put(ended)
        self._drop_file(ended)
        return ended

    def activate(self, import_id: str, *, actor: str) -> ClaimImport:
        """Have a worker let its claims take effect, but for those with a concern that stands in the way.

        Raises:
            NotFound: there is none.
            NotPermitted: whoever decides acts for its organisation.
            Conflict: a worker is at it. Any other can be activated, also again.
        """
        with self._tools.claims.transaction():
            job = self._locked(import_id)
            self._tools.concerns.check_disinterested(actor, job.organisation_id)
            if job.state in WORKING:
                raise Conflict(f"this import is {job.state}", code=ImportFault.UNFINISHED, field="state")
            asked = replace(
                job,
                state=ImportState.ACTIVATING,
                activated=0,
                left=0,
                reached=0,
                tries=0,
                activated_by=actor,
                changed_at=self._tools.clock.now(),
            )
            self._store.put(asked)
        return asked

    # --- a worker's

    def tend(self) -> None:
        """Go on with what is due, for some seconds; forget what is old. A worker's chore."""
        self._store.drop_older(self._tools.clock.now() - KEPT, _SWEEP)
        for ended in self._store.with_needless_files(_SWEEP):
            self._drop_file(ended)
        until = monotonic() + STEP_SECONDS
        while monotonic() < until and (import_id := self._store.due(self._tools.clock.now())):
            self.work(import_id, until=until)

    def work(self, import_id: str, *, until: float = float("inf")) -> ClaimImport:
        """Go on with one import, to its end or until `monotonic` passes a moment; any number may try at once."""
        job = self._taken(import_id)
        if job is not None:
            if job.state is ImportState.RUNNING:
                self._read_on(job, until)
            else:
                self._activate_on(job, until)
            self._let_go(import_id)
        return self.found(import_id)

    def _taken(self, import_id: str) -> ClaimImport | None:
        """The import, held by us; None where somebody else is at it, or nothing is to be done."""
        now = self._tools.clock.now()
        with self._tools.claims.transaction():
            job = self._locked(import_id)
            if job.state not in WORKING or (job.held_until is not None and job.held_until > now):
                return None
            state = ImportState.RUNNING if job.state is ImportState.WAITING else job.state
            # Whoever is taken up goes to the end of the queue, so that nobody's list keeps others from theirs.
            taken = replace(job, state=state, held_until=now + _HOLD, changed_at=now, tries=job.tries + 1)
            self._store.put(taken)
        if taken.tries > MOST_TRIES:
            self._end(taken, lambda known, at: known.ended(ImportState.FAILED, at, _GIVEN_UP))
            return None
        return taken

    def _let_go(self, import_id: str) -> None:
        with self._tools.claims.transaction():
            job = self._store.get(import_id, lock=True)
            if job is not None and job.state in WORKING:
                self._store.put(replace(job, held_until=None, tries=0))

    def _read_on(self, job: ClaimImport, until: float) -> None:
        try:
            opened = self._files.open_path(job.digest)
            with opened as path, path.open("rb") as file:
                file.seek(_SALT)
                self._read_all(job, file, until)
        except NotFound:
            self._fail(job, LineTrouble(ImportFault.UNREADABLE, "the file is gone", "file"))

    def _read_all(self, job: ClaimImport, file: BinaryIO, until: float) -> None:
        intake, stream = Intake(self._tools, job), ListStream(self._lists, file)
        for line in islice(stream, job.lines):
            intake.skip(line)
        going: ClaimImport | None = job
        while going is not None and (going is job or monotonic() < until):  # one batch at least, or it never ends
            lines = list(islice(stream, BATCH))
            if lines:
                going = self._batch(going, intake, lines, read=max(0, file.tell() - _SALT))
            elif stream.failure is not None:
                return self._fail(going, stream.failure)
            else:
                return self._finish(going)
        return None

    def _batch(
        self, job: ClaimImport, intake: Intake, lines: Sequence[ListedClaim | BadLine], *, read: int
    ) -> ClaimImport | None:
        """Take a batch in; None where the import was cancelled, or somebody else went on with it."""
        for attempt in range(_TRIES):
            batch = intake.drawn_up(lines)
            try:
                with self._tools.claims.transaction():
                    known = self._store.get(job.id, lock=True)
                    if known is None or known.state is not ImportState.RUNNING or known.lines != job.lines:
                        return None
                    reports = intake.keep(batch)
                    now = self._tools.clock.now()
                    changed = replace(
                        known,
                        read=min(read, job.size),
                        lines=known.lines + len(lines),
                        last_line=lines[-1].line,
                        batches=known.batches + 1,
                        counts=known.counts.with_lines(reports),
                        changed_at=now,
                        held_until=now + _HOLD,
                        tries=0,
                    )
                    self._store.add_report(job.id, known.batches, reports)
                    self._store.put(changed)
            except Conflict:
                # Somebody filed under one of these references since we looked; now it is known.
                if attempt + 1 == _TRIES:
                    raise
            else:
                return changed
        return None

    def _finish(self, job: ClaimImport) -> None:
        self._end(job, lambda known, now: replace(known.ended(ImportState.DONE, now), read=known.size))

    def _fail(self, job: ClaimImport, failure: LineTrouble) -> None:
        self._end(job, lambda known, now: known.ended(ImportState.FAILED, now, failure))

    def _end(self, job: ClaimImport, ending: Callable[[ClaimImport, datetime], ClaimImport]) -> None:
        with self._tools.claims.transaction():
            known = self._store.get(job.id, lock=True)
            if known is None or known.state is not job.state:
                return
            ended = ending(known, self._tools.clock.now())
            self._store.put(ended)
            (self._notices.taken_in if ended.failure is None else self._notices.failed)(ended)
        self._drop_file(ended)

    def _drop_file(self, job: ClaimImport) -> None:
        """Drop the file of an import that is over; what is interrupted here is done at the next sweep."""
        self._files.delete(job.digest)
        with self._tools.claims.transaction():
            known = self._store.get(job.id, lock=True)
            if known is not None:
                self._store.put(replace(known, digest=""))

    def _activate_on(self, job: ClaimImport, until: float) -> None:
        going: ClaimImport | None = job
        while going is not None and going.state is ImportState.ACTIVATING and monotonic() < until:
            going = self._activated(going)

    def _activated(self, job: ClaimImport) -> ClaimImport | None:
        """Activate one batch; None where somebody else went on with it."""
        ids = [one.claim_id for one in self._store.report(job.id, job.reached) if one.claim_id]
        shares = flooding(self._tools, ids)
        with self._tools.claims.transaction():
            known = self._store.get(job.id, lock=True)
            if known is None or known.state is not ImportState.ACTIVATING or known.reached != job.reached:
                return None
            now = self._tools.clock.now()
            if known.reached == known.batches:
                changed = replace(known, state=ImportState.ACTIVATED, changed_at=now, held_until=None, tries=0)
                self._notices.activated(changed)
            else:
                done = activate_batch(
                    self._tools,
                    ids,
                    shares,
                    actor=known.activated_by,
                    seen=known.ended_at,
                    subject={"import": known.id, "organisation": known.organisation_id},
                )
                changed = replace(
                    known,
                    reached=known.reached + 1,
                    activated=known.activated + done.activated,
                    left=known.left + done.left,
                    changed_at=now,
                    held_until=now + _HOLD,
                    tries=0,
                )
            self._store.put(changed)
        return changed

    def _locked(self, import_id: str) -> ClaimImport:
        return _there(self._store.get(import_id, lock=True))

    def _ordered(self, order: ImportOrder) -> ClaimImport:
        """A new import; raises InvalidInput where what holds for all lines can't hold for any."""
        now = self._tools.clock.now()
        return ClaimImport(
            id=new_id("imp"),
            organisation_id=order.organisation_id,
            by=order.by,
            submit=order.submit,
            state=ImportState.WAITING,
            digest="",
            size=0,
            created_at=now,
            changed_at=now,
            proof=check_proof(order.proof) if order.proof else None,
            declared=check_declarations(order.declared) if order.submit else order.declared,
            kind=order.kind.value if order.kind else "",
        )


def _there(job: ClaimImport | None) -> ClaimImport:
    if job is None:
        raise NotFound("there is no such import", code=ImportFault.UNKNOWN, field="import_id")
    return job
