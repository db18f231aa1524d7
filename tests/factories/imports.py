"""Opt-outs that take in lists of claims, on a database."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace

from copyright_optout.adapters.claim_lists import ClaimFiles
from copyright_optout.api import (
    ClaimImport,
    ClaimKind,
    Declaration,
    Ground,
    ImportDesk,
    ImportOrder,
    ImportParts,
    LineReport,
    OptOutIndex,
    Proof,
)
from copyright_optout.store import DatabaseClaims, DatabaseImports, DatabaseOrganisations
from tests.fakes.media import InMemoryBlobs
from tests.fakes.optout import KnownNames, MemoryOutbox, MemoryRecord, SetClock, optout_parts
from trust_kernel.db import Database

HOLDER = "acct_a"
STAFF = "acct_s"
DECLARED = frozenset(Declaration)


@dataclass
class ImportHouse:
    """A rights holder, and what takes their lists in."""

    database: Database
    index: OptOutIndex
    desk: ImportDesk
    blobs: InMemoryBlobs
    record: MemoryRecord
    outbox: MemoryOutbox
    clock: SetClock
    people: KnownNames
    own: str

    def order(self, *, submit: bool = True, by: str = HOLDER, organisation: str = "") -> ImportOrder:
        """What holds for all lines."""
        proof = Proof(Ground.OWNER, "ours since 1998")
        return ImportOrder(organisation or self.own, by, submit, ClaimKind.CHARACTER, proof, DECLARED)

    def sent(self, data: str | bytes, *, submit: bool = True, organisation: str = "") -> ClaimImport:
        """A list that waits."""
        file = io.BytesIO(data.encode() if isinstance(data, str) else data)
        return self.desk.start(self.order(submit=submit, organisation=organisation), file)

    def taken(self, data: str | bytes, *, submit: bool = True, organisation: str = "") -> ClaimImport:
        """A list that was taken in."""
        return self.desk.work(self.sent(data, submit=submit, organisation=organisation).id)

    def lines(self, data: str | bytes, *, submit: bool = True) -> Sequence[LineReport]:
        """What became of each line of a list."""
        return list(self.desk.report(self.taken(data, submit=submit)))

    def told(self, kind: str) -> list[str]:
        """Who was told something."""
        return [recipient for each, recipient, _ in self.outbox.sent if each == kind]


def import_house(database: Database) -> ImportHouse:
    """A house on a database that has its tables."""
    blobs, record, outbox, clock, people = InMemoryBlobs(), MemoryRecord(), MemoryOutbox(), SetClock(), KnownNames()
    parts = optout_parts(
        DatabaseClaims(database),
        DatabaseOrganisations(database),
        record=record,
        outbox=outbox,
        clock=clock,
        people=people,
    )
    index = OptOutIndex(replace(parts, imports=ImportParts(DatabaseImports(database), blobs, ClaimFiles())))
    assert index.imports is not None
    own = index.organisations.own(HOLDER).id
    return ImportHouse(database, index, index.imports, blobs, record, outbox, clock, people, own)
