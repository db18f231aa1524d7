"""How long the command and the server take to be there, and how much the lean installation weighs.

    python -m benchmarks.startup [--json OUT]

The weight is that of the files which pip recorded for every distribution in the closure of this project's own
dependencies, without extras, as far as they are installed here.
"""

import argparse
import importlib.metadata
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from benchmarks.measure import Cost, Timing, machine, repeated
from benchmarks.table import Cell, save, show
from placet.demo.deployment import shared_model_cache

LIMIT_BYTES = 1_200_000_000
"""What the lean installation may weigh."""
_PROJECT = "placet"
_PATIENCE = 120.0
_HEAVIEST = 12


@dataclass(frozen=True, slots=True)
class Weight:
    """One distribution on disk, in bytes as the file system allots them."""

    name: str
    version: str
    allotted: int


def command() -> list[str]:
    """How `placet` is started here."""
    script = Path(sys.executable).with_name("placet")
    return [str(script)] if script.exists() else [sys.executable, "-m", "placet.cli.main"]


def timed(arguments: Sequence[str], rounds: int) -> Timing:
    """A process that ends by itself."""

    def run(_: None) -> None:
        subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command

    return repeated(lambda: None, run, rounds=rounds, warm_up=1)


def served(data: Path) -> tuple[Cost, int]:
    """`placet serve` from its start until it says that all is ready, and its peak memory by then in bytes."""
    ready = data.with_suffix(".ready")
    environment = {**os.environ, "PLACET_MODEL_CACHE": str(shared_model_cache())}
    arguments = [*command(), "serve", "--data", str(data), "--port", "0", "--ready-file", str(ready)]
    started = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own command
        arguments, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while not ready.exists():
            assert process.poll() is None, "the server ended"
            assert time.perf_counter() - started < _PATIENCE, "the server did not start in time"
            time.sleep(0.01)
        return Cost(time.perf_counter() - started, _processor_seconds(process.pid)), _peak_memory(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        ready.unlink(missing_ok=True)


def lean_weights() -> list[Weight]:
    """Every distribution that the project needs without extras, heaviest first."""
    found: dict[str, Weight] = {}
    waiting = [_PROJECT]
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in found:
            continue
        distribution = importlib.metadata.distribution(name)
        found[name] = Weight(name, distribution.version, _allotted(distribution))
        for line in distribution.requires or ():
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(requirement.name)
                waiting.extend(_extra_needs(requirement))
    del found[_PROJECT]  # the closure's root; here it is only a link to the source
    return sorted(found.values(), key=lambda weight: -weight.allotted)


def _extra_needs(requirement: Requirement) -> list[str]:
    """What `name[extra]` asks for beyond `name`."""
    needs: list[str] = []
    for extra in requirement.extras:
        for line in importlib.metadata.distribution(requirement.name).requires or ():
            needed = Requirement(line)
            if needed.marker is not None and needed.marker.evaluate({"extra": extra}):
                needs.append(needed.name)
    return needs


def _allotted(distribution: importlib.metadata.Distribution) -> int:
    paths = {Path(str(distribution.locate_file(file))).resolve() for file in distribution.files or ()}
    return sum(path.stat().st_blocks * 512 for path in paths if path.is_file())


def _processor_seconds(process: int) -> float:
    """User and system time of a process and of its children that have ended (proc(5), fields 14 to 17 of stat)."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def _peak_memory(process: int) -> int:
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def _folder_bytes(folder: Path) -> int:
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def _starts(folder: Path, rounds: int) -> tuple[Timing, Timing, int]:
    first, _ = served(folder / "data")
    again = [served(folder / "data") for _ in range(rounds)]
    return Timing.of([first]), Timing.of([cost for cost, _ in again]), max(memory for _, memory in again)


def weigh() -> dict[str, Any]:
    """The lean installation and the model packs."""
    weights = lean_weights()
    whole = sum(weight.allotted for weight in weights)
    rows: list[dict[str, Cell]] = [
        {"distribution": f"{weight.name} {weight.version}", "MB": weight.allotted / 1e6}
        for weight in weights[:_HEAVIEST]
    ]
    rows.append({"distribution": f"{len(weights) - len(rows)} others", "MB": _others(weights)})
    rows.append({"distribution": "all of the lean installation", "MB": whole / 1e6})
    rows.append({"distribution": "limit", "MB": LIMIT_BYTES / 1e6})
    models = _folder_bytes(shared_model_cache() / "models")
    rows.append({"distribution": "model packs, beside it", "MB": models / 1e6})
    show("weight on disk", rows)
    return {"bytes": whole, "limit": LIMIT_BYTES, "distributions": len(weights), "models_bytes": models, "rows": rows}


def _others(weights: list[Weight]) -> float:
    return sum(weight.allotted for weight in weights[_HEAVIEST:]) / 1e6


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="one round of each")
    parser.add_argument("--json", type=Path, help="where the figures go")
    chosen = parser.parse_args(arguments)
    rounds = 1 if chosen.quick else chosen.rounds
    facts = machine()
    processes: dict[str, Callable[[], Timing]] = {
        "placet --help": lambda: timed([*command(), "--help"], rounds * 4),
        "peer: python -c pass": lambda: timed([sys.executable, "-c", "pass"], rounds * 4),
        "peer: import fastapi, sqlmodel, celery": lambda: timed(
            [sys.executable, "-c", "import fastapi, sqlmodel, celery"], rounds
        ),
    }
    timings = {name: measure() for name, measure in processes.items()}
    with tempfile.TemporaryDirectory(prefix="placet-bench-") as folder:
        first, again, memory = _starts(Path(folder), rounds)
    timings |= {"placet serve, ready (empty folder)": first, "placet serve, ready (data there)": again}
    rows: list[dict[str, Cell]] = [
        {"what": name, "median ms": each.median, "p95 ms": each.p95, "cpu ms": each.cpu, "rounds": each.rounds}
        for name, each in timings.items()
    ]
    show("starting", rows)
    print(f"  peak memory of the server when ready: {memory / 1e6:.0f} MB")
    starting = {"rows": rows, "memory_bytes": memory}
    save(chosen.json, {"machine": facts, "starting": starting, "weight": weigh()})


if __name__ == "__main__":
    main()
