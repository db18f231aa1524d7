"""Stop-watches, and on what machine they ran."""

import math
import os
import platform
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

Prepared = TypeVar("Prepared")


@dataclass(frozen=True, slots=True)
class Timing:
    """What repeated runs of one thing took.

    Attributes:
        median: milliseconds.
        p95: milliseconds that 95 % of the runs stayed within.
        cpu: median of the processor milliseconds, children included; less at the mercy of neighbours.
        rounds: runs counted; warm-up runs are not.
    """

    median: float
    p95: float
    cpu: float
    rounds: int

    @classmethod
    def of(cls, costs: Sequence["Cost"]) -> "Timing":
        """Sum up runs."""
        ordered = sorted(cost.wall for cost in costs)
        return cls(
            statistics.median(ordered) * 1000,
            ordered[math.ceil(len(ordered) * 0.95) - 1] * 1000,
            statistics.median(cost.cpu for cost in costs) * 1000,
            len(ordered),
        )

    def as_json(self) -> dict[str, Any]:
        """For the file of figures."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of one thing took.

    Attributes:
        wall: seconds on the clock.
        cpu: processor seconds of this process and of its children that have ended.
    """

    wall: float
    cpu: float


def repeated(
    prepare: Callable[[], Prepared], work: Callable[[Prepared], object], *, rounds: int, warm_up: int = 2
) -> Timing:
    """Time `work` on freshly prepared input; preparing is not timed."""
    costs: list[Cost] = []
    for number in range(warm_up + rounds):
        prepared = prepare()
        _, cost = once(partial(work, prepared))
        if number >= warm_up:
            costs.append(cost)
    return Timing.of(costs)


def once(work: Callable[[], Prepared]) -> tuple[Prepared, Cost]:
    """Run `work`; give its result and what it took."""
    started, used = time.perf_counter(), _processor_seconds()
    result = work()
    return result, Cost(time.perf_counter() - started, _processor_seconds() - used)


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "load_average": round(os.getloadavg()[0], 2),
    }


def _processor_seconds() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text(encoding="utf-8").splitlines() if facts.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown")
