"""A blocklist of many people: taking them in, following changes, finding their names in prompts.

Invented people, four names each, no pictures. One process takes the list in, another opens it afterwards.

    python -m benchmarks.blocklist --people 100000 --json blocklist.json
"""

import argparse
import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from benchmarks.house import invented_names
from benchmarks.measure import machine
from likeness_guard.adapters.people_files import read_people
from likeness_guard.domain.people import EntryQuery, NewEntry
from likeness_guard.service.blocklist import Blocklist
from placet.migrate import migrate
from placet.wiring import House, build_house
from trust_kernel.settings import Settings

_NAMES_EACH = 4
_ROUNDS = 50
_PROMPT = (
    "A cinematic shot of {name} walking through a market at dawn while a friend plays the violin, warm light, slow "
    "pan, shallow depth of field, the crowd parts as the camera rises above the roofs and the bells begin to ring"
)


def write_table(path: Path, people: int) -> str:
    """A table of invented people; gives one of their names."""
    names = invented_names(people * _NAMES_EACH, seed=1)
    with path.open("w", encoding="utf-8") as file:
        file.write("name,aliases,category,external_id\n")
        for number in range(people):
            name, *aliases = names[number * _NAMES_EACH : (number + 1) * _NAMES_EACH]
            file.write(f"{name},{'|'.join(aliases)},legislator,Q{number + 1}\n")
    return names[people // 2 * _NAMES_EACH + 1]


def timed(work: Callable[[], Any]) -> float:
    """Seconds that something takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def median_ms(work: Callable[[], Any], rounds: int = _ROUNDS) -> float:
    """Median of repeated runs in milliseconds; the first is not counted."""
    work()
    return statistics.median(timed(work) for _ in range(rounds)) * 1000


def peak_mb() -> float:
    """Most memory that this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def taken_in(blocklist: Blocklist, table: Path) -> Iterator[tuple[str, float]]:
    """Import the table, then again; people a second."""
    for label in ("import_rows_per_second", "import_again_rows_per_second"):
        began, worked, lines = time.perf_counter(), time.process_time(), 0
        with table.open("rb") as file:
            people = read_people(file, _today())
            for _ in blocklist.importer().run(people, "benchmark"):
                lines += 1
        yield label, lines / (time.perf_counter() - began)
        yield label.replace("second", "cpu_second"), lines / (time.process_time() - worked)
    yield "import_peak_mb", peak_mb()


def followed(blocklist: Blocklist, name: str) -> Iterator[tuple[str, float]]:
    """Load all names as a new process does, find one, and follow changes."""
    worked = time.process_time()
    yield "load_all_names_seconds", timed(blocklist.warm)
    yield "load_all_names_cpu_seconds", time.process_time() - worked
    yield "load_all_names_peak_mb", peak_mb()
    prompt = _PROMPT.format(name=name)
    assert blocklist.named(prompt)
    yield "prompt_with_name_ms", median_ms(lambda: blocklist.named(prompt))
    plain = _PROMPT.format(name="somebody")
    yield "prompt_without_name_ms", median_ms(lambda: blocklist.named(plain))
    stalls = []
    for number in range(_ROUNDS):
        new = NewEntry(f"Newcomer Zwoelfender{chr(97 + number % 26)}{number}", external_id=f"N{number}")
        blocklist.enter(new, "benchmark")
        stalls.append(timed(lambda: blocklist.named(plain)))
    yield "prompt_after_a_change_ms", statistics.median(stalls) * 1000
    yield "prompt_after_a_change_worst_ms", max(stalls) * 1000
    yield "enter_one_ms", timed(lambda: blocklist.enter(NewEntry("Somebody Else"), "benchmark")) * 1000
    yield "first_page_ms", median_ms(lambda: blocklist.page(EntryQuery()), 10)
    yield "search_page_ms", median_ms(lambda: blocklist.page(EntryQuery(text=name)), 10)


def measure(people: int) -> dict[str, float]:
    """Everything, in a fresh data directory."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "people.csv"
        name = write_table(table, people)
        house = _house(Path(folder) / "data")
        for stage in (taken_in(house.guards.likeness.blocklist, table), followed(_opened(folder), name)):
            for label, value in stage:
                found[label] = round(value, 2)
                print(f"{label:36}{value:12.2f}", flush=True)
    return found


def _house(data: Path) -> House:
    house = build_house(Settings(data_dir=data.resolve()))
    migrate(house.kernel)
    return house


def _opened(folder: str) -> Blocklist:
    return _house(Path(folder) / "data").guards.likeness.blocklist


def _today() -> date:
    return datetime.now(UTC).date()


def main() -> None:
    """Parse arguments, measure, write figures."""
    parser = argparse.ArgumentParser(
        prog=Path(sys.argv[0]).stem, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--json", type=Path, help="write the figures here")
    chosen = parser.parse_args()
    figures = measure(chosen.people)
    if chosen.json:
        chosen.json.write_text(json.dumps({"machine": machine(), "people": chosen.people, **figures}, indent=1))


if __name__ == "__main__":
    main()
