"""How long after a revocation commits the first download, and the first release, is refused; and that none slips by.

Each revoker has a worker and a client of its own, and a person whose consent it gives and takes back. They race round
after round: a grant is given, one video goes out under it and the client gets it again and again; then the grant is
revoked while the worker lets a second one out, and of a third the worker begins the release once the revocation has
committed: it had claimed the case before, so nothing stands in its way but the look under lock. The vault's release,
the registry's revocation and the HTTP downloads are the real ones.

On PostgreSQL there are two API processes (`placet serve --no-worker`), two workers, two revokers and two clients, every
one a process; on SQLite one process serves and works, one revokes, one downloads.

Latency is from the moment when the revocation had committed, as the revoking process sees it, to the answer to the
first download, and to the first attempt to release, that began after it; the slower of the two counts. That no release
came after a revocation is read from the ledger, whose order is the order of commits, and checked again by the clock.

Run: python -m benchmarks.revocation [--rounds N] [--minutes M] [--database sqlite|postgres] [--json OUT]
"""

import argparse
import json
import math
import multiprocessing
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sqlmodel import col, select

from benchmarks.measure import machine
from benchmarks.revocation_parts import (
    Cast,
    Others,
    Round,
    Span,
    Try,
    allow,
    cast,
    download,
    remember_prints,
    revoke,
    sealed,
    vault_of,
    work,
)
from benchmarks.table import save, show
from generator_gateway.ports import Prints
from generator_gateway.stages import Logged
from generator_gateway.tables import ReleaseGrantRow, ReleaseRow
from placet.app import build_app
from placet.serving import listening, server_config
from placet.wiring import House, build_house
from tests.factories.servers import empty_postgres
from tests.integration.deployments import Place, until
from trust_kernel.settings import Settings

ROUNDS = 10_000
QUICK = 40
TARGET_MS = 100.0
PAIRS = 2
"""Revokers, each with a worker, a client and a server, on PostgreSQL."""
_spawn = multiprocessing.get_context("spawn")
_NEVER = 36_000.0
"""Seconds between sweeps: nobody but our workers takes the cases."""


def measured(kind: str, span: Span) -> dict[str, Any]:
    """All rounds on one kind of database, "sqlite" or "postgres"."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="placet-revocation-")))
        url = stack.enter_context(empty_postgres()) if kind == "postgres" else ""
        place = Place(folder, url)
        house = stack.enter_context(place.house(sweep_seconds=_NEVER))
        parts = prepared(house)
        started = time.monotonic()
        found = _on_server(place, house, parts, span) if url else _on_file(house, parts, span)
        seconds = time.monotonic() - started
        figures = figures_of(found, late_releases(house, found))
        assert house.kernel.ledger.verify().ok
        return {**figures, "seconds": round(seconds, 1), "load": round(os.getloadavg()[1], 1)}


class Parts:
    """What every process of a run needs; it can be sent to another."""

    def __init__(self, cast: Cast, pattern: Logged, prints: Prints) -> None:
        self.cast = cast
        self.pattern = pattern
        self.prints = prints


def prepared(house: House) -> Parts:
    """The people, and the one real case that all others look like."""
    people = cast(house)
    giver = people.givers[0]
    grant_id = allow(house, people.asker, giver)
    pattern = sealed(house, people)
    prints = vault_of(house)._all_prints(pattern.signed)  # noqa: SLF001 - made once, for all cases
    house.guards.registry.revoke(grant_id, actor=giver.owner)
    return Parts(people, pattern, prints)


# --- PostgreSQL: everybody a process


def _on_server(place: Place, house: House, parts: Parts, span: Span) -> list[Round]:
    with ExitStack() as stack:
        urls = [stack.enter_context(api_process(place, number)) for number in range(PAIRS)]
        ends = []
        for number in range(PAIRS):
            worker, orders = _spawn.Pipe()
            process = _spawn.Process(target=_worker, args=(house.kernel.settings, parts.prints, orders), daemon=True)
            process.start()
            stack.callback(process.join)
            share = replace(span, rounds=span.rounds // PAIRS + (number < span.rounds % PAIRS))
            ends.append(_revoker(stack, _Revoking(house.kernel.settings, parts, urls, number, share), worker))
        return [one for end in ends for one in _received(end)]


def _worker(settings: Settings, prints: Prints, orders: Connection) -> None:
    house = build_house(settings)
    remember_prints(house, prints)
    work(house, orders)


@dataclass(frozen=True, slots=True)
class _Revoking:
    """What one revoker is told; `number` says whose consent it is about."""

    settings: Settings
    parts: Parts
    urls: Sequence[str]
    number: int
    span: Span


def _revoker(stack: ExitStack, told: _Revoking, worker: Connection) -> Connection:
    """Start a revoker and its client; gives where its rounds will come from."""
    ours, theirs = _spawn.Pipe()
    client, orders = _spawn.Pipe()
    for target, arguments in (
        (_revoke, (told, Others(worker, client), theirs)),
        (download, (told.urls, told.parts.cast.key, orders)),
    ):
        process = _spawn.Process(target=target, args=arguments, daemon=True)
        process.start()
        stack.callback(process.join)
    return ours


def _revoke(told: _Revoking, others: Others, result: Connection) -> None:
    house = build_house(told.settings)
    remember_prints(house, told.parts.prints)
    people = told.parts.cast
    giver = people.givers[told.number]
    result.send(revoke(house, people.asker, giver, told.parts.pattern, others, told.span))


@contextmanager
def api_process(place: Place, number: int) -> Iterator[str]:
    """A process that serves the API and works at nothing; gives its address."""
    ready = place.folder / f"ready-{number}.json"
    serve = ("serve", "--port", "0", "--no-worker", "--no-pages", "--ready-file", str(ready))
    with place.command(*serve, name=f"api-{number}", sweep_seconds=_NEVER) as child:
        until(lambda: ready.exists() or not child.runs, "the server")
        assert child.runs, child.said()[-2000:]
        yield str(json.loads(ready.read_text())["url"])


def _received(end: Connection) -> list[Round]:
    found: list[Round] = end.recv()
    return found


# --- SQLite: one process serves and works


def _on_file(house: House, parts: Parts, span: Span) -> list[Round]:
    remember_prints(house, parts.prints)
    with ExitStack() as stack:
        url = stack.enter_context(_served(house))
        worker, orders = _spawn.Pipe()
        beside = threading.Thread(target=work, args=(house, orders), daemon=True)
        beside.start()
        return _received(_revoker(stack, _Revoking(house.kernel.settings, parts, [url], 0, span), worker))


@contextmanager
def _served(house: House) -> Iterator[str]:
    import uvicorn

    listener = listening("127.0.0.1", 0)
    server = uvicorn.Server(server_config(build_app(house, pages=False)))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    until(lambda: server.started, "the server")
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)


# --- figures


def late_releases(house: House, found: Sequence[Round]) -> int:
    """Releases that the ledger has after the revocation of their grant, or that are still out."""
    ended = {one.grant_id for one in found}
    revoked_at: dict[str, int] = {}
    ledger = house.kernel.ledger
    for start in range(0, ledger.size(), 1000):
        for number, entry in enumerate(ledger.entries(start, start + 1000), start):
            if entry.kind == "consent:grant:revoked":
                revoked_at[json.loads(entry.leaf)["body"]["grant"]] = number
    assert ended <= revoked_at.keys(), "a revocation is not on the ledger"
    made = select(ReleaseGrantRow.grant_id, ReleaseRow.ledger_index, ReleaseRow.status).join(
        ReleaseRow, col(ReleaseRow.case_id) == col(ReleaseGrantRow.case_id)
    )
    with house.kernel.database.reading() as session:
        rows = list(session.exec(made))
    return sum(grant in ended and (index > revoked_at[grant] or status != "withdrawn") for grant, index, status in rows)


def figures_of(found: Sequence[Round], late: int) -> dict[str, Any]:
    """What all rounds come to."""
    downloads = [_answered(one, one.downloads) for one in found]
    releases = [_answered(one, one.releases) for one in found]
    both = [max(pair) for pair in zip(downloads, releases, strict=True)]
    by_clock = sum(one.done and one.began >= each.committed for each in found for one in each.releases)
    return {
        "rounds": len(found),
        "p50_ms": _share(both, 0.5),
        "p99_ms": _share(both, 0.99),
        "download_p50_ms": _share(downloads, 0.5),
        "download_p99_ms": _share(downloads, 0.99),
        "release_p50_ms": _share(releases, 0.5),
        "release_p99_ms": _share(releases, 0.99),
        "release_queued_p99_ms": _share([_first(one, one.releases).queued * 1000 for one in found], 0.99),
        "revoke_p50_ms": _share([one.took * 1000 for one in found], 0.5),
        "revoke_p99_ms": _share([one.took * 1000 for one in found], 0.99),
        "releases_after_commit": late + by_clock,
        "served_after_commit": sum(
            one.done and one.began >= each.committed for each in found for one in each.downloads
        ),
        "released_before": sum(one.done for each in found for one in each.releases),
        "refused": sum(not one.done for each in found for one in each.releases),
        "downloads": sum(len(one.downloads) for one in found),
        "races": statistics.fmean(_raced(one) for one in found),
    }


def _first(one: Round, tries: Sequence[Try]) -> Try:
    """The first that began after the commit; that all of them were refused is counted apart."""
    return min((each for each in tries if each.began >= one.committed), key=lambda each: each.began)


def _answered(one: Round, tries: Sequence[Try]) -> float:
    """Milliseconds from commit to the answer to that."""
    return (_first(one, tries).ended - one.committed) * 1000


def _raced(one: Round) -> bool:
    """Whether the worker was amid a release when the revocation began or committed."""
    start = one.committed - one.took
    return any(each.began < one.committed and each.ended > start for each in one.releases)


def _share(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return round(ordered[math.ceil(len(ordered) * share) - 1], 2)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, show, and fail where anything slipped by."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="for each database")
    parser.add_argument("--minutes", type=float, default=math.inf, help="at most, for each database")
    parser.add_argument("--database", choices=("sqlite", "postgres"), action="append")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} rounds")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args(arguments)
    span = Span(QUICK if chosen.quick else chosen.rounds, chosen.minutes * 60)
    databases = {kind: measured(kind, span) for kind in chosen.database or ("sqlite", "postgres")}
    show("Revocation: milliseconds from commit", [{"database": kind, **row} for kind, row in databases.items()])
    save(chosen.json, {"machine": machine(), "target_p99_ms": TARGET_MS, "databases": databases})
    slipped = [kind for kind, row in databases.items() if row["releases_after_commit"] or row["served_after_commit"]]
    if slipped:
        sys.exit(f"something slipped by on {' and '.join(slipped)}")


if __name__ == "__main__":
    main()
