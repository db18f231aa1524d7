"""How long it takes to say what a remix comes from and who is in all of it, among very many releases.

    python -m benchmarks.lineage [--releases 100000] [--chain 50] [--url URL] [--json OUT]

Releases stand in chains, each made of the one before, two people in each. Timed is `ReleaseStore.ancestry` of requests
to remix the last of a chain, and how many statements it took. SQLite in a file, or the empty database that is named.
"""

import argparse
import json
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import event, insert

from benchmarks.measure import machine, repeated
from benchmarks.table import save, show
from generator_gateway.stages import Request
from generator_gateway.store import ReleaseStore
from generator_gateway.tables import CaseRow, OwnerRow, ReleaseRow
from trust_kernel.db import Database

_BATCH = 5_000
_PEOPLE = 1_000
_NOW = datetime(2026, 1, 1, tzinfo=UTC)


def fill(database: Database, releases: int, chain: int) -> list[str]:
    """Put chains on record; gives the ids of requests to remix the last of each."""
    database.create_all()
    wanted = []
    for start in range(0, releases, _BATCH):
        numbers = range(start, min(start + _BATCH, releases))
        ends = [number for number in numbers if (number + 1) % chain == 0]
        wanted += [f"new_{number}" for number in ends]
        cases = [_case(f"video_{number}", f"video_{number - 1}" if number % chain else None) for number in numbers]
        cases += [_case(f"new_{number}", f"video_{number}") for number in ends]
        with database.transaction() as session:
            session.connection().execute(insert(CaseRow), cases)
            session.connection().execute(insert(ReleaseRow), [_release(number) for number in numbers])
            session.connection().execute(insert(OwnerRow), [row for number in numbers for row in _owners(number)])
    return wanted


_REQUEST: dict[str, Any] = TypeAdapter(Request).dump_python(
    Request("video", "acct_ada", "a harbour", "animatic", 4, 640, 360, 1), mode="json"
)


def _case(case_id: str, parent: str | None) -> dict[str, Any]:
    return {
        "id": case_id,
        "account_id": "acct_ada",
        "status": "completed",
        "request": _REQUEST,
        "release_number": zlib.crc32(case_id.encode()) << 20 | int(case_id.partition("_")[2]),
        "remix_of": parent,
        "created_at": _NOW,
        "reasons": [],
        "progress": 100,
        "outages": 0,
        "attempts": 0,
    }


def _release(number: int) -> dict[str, Any]:
    return {
        "case_id": f"video_{number}",
        "release_number": number,
        "media_digest": f"{number:064x}",
        "thumbnail_digest": "",
        "spritesheet_digest": "",
        "manifest_label": f"urn:c2pa:{number}",
        "fingerprints": [],
        "status": "released",
        "released_at": _NOW,
        "ledger_index": number,
        "owners_digest": "",
    }


def _owners(number: int) -> Iterator[dict[str, Any]]:
    people = (number % _PEOPLE, (number * 7 + 1) % _PEOPLE)
    common = {"case_id": f"video_{number}", "rights": ["see"], "share_numerator": 1, "share_denominator": 3}
    nobody: dict[str, Any] = {"account_id": "acct_ada", "role": "requester", "subject_id": None, "modalities": []}
    yield common | nobody
    for person in set(people):
        yield common | {
            "account_id": f"acct_{person}",
            "role": "subject",
            "subject_id": f"subj_{person}",
            "modalities": ["face", "voice"],
        }


@contextmanager
def counting(database: Database) -> Iterator[list[str]]:
    """Statements that the database is asked inside the block."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if not statement.startswith("BEGIN"):
            asked.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def measure(database: Database, releases: int, chain: int, rounds: int) -> dict[str, Any]:
    """Fill a database and time the question."""
    wanted = fill(database, releases, chain)
    store = ReleaseStore(database)
    asked = iter(wanted * (1 + (rounds + 2) // len(wanted)))
    with counting(database) as statements:
        found = store.ancestry(wanted[0])
    timing = repeated(lambda: next(asked), store.ancestry, rounds=rounds)
    return {
        "database": "SQLite" if database.is_sqlite else "PostgreSQL",
        "releases": releases,
        "chain": len(found.ancestors),
        "people": len({subject for subject, _ in found.people}),
        "statements": len(statements),
        "p50_ms": timing.median,
        "p95_ms": timing.p95,
        "timing": asdict(timing),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--releases", type=int, default=100_000, help="how many releases there are")
    parser.add_argument("--chain", type=int, default=50, help="how many stand in a chain")
    parser.add_argument("--rounds", type=int, default=200, help="how often it is asked")
    parser.add_argument("--url", help="an empty database; SQLite in a temporary folder unless given")
    parser.add_argument("--quick", action="store_true", help="a little of it, to see that it runs")
    parser.add_argument("--json", type=Path, help="where the figures go")
    chosen = parser.parse_args(arguments)
    releases, rounds = (chosen.chain * 4, 5) if chosen.quick else (chosen.releases, chosen.rounds)
    with tempfile.TemporaryDirectory(prefix="placet-lineage-") as folder:
        database = Database(chosen.url or f"sqlite:///{Path(folder) / 'placet.db'}")
        found = measure(database, releases, chosen.chain, rounds)
        database.dispose()
    show("what a remix comes from", [{name: cell for name, cell in found.items() if name != "timing"}])
    save(chosen.json, json.loads(json.dumps({"machine": machine(), **found})))


if __name__ == "__main__":
    main()
