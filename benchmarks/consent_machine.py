"""The stateful property test at length: people and workers in thousands of orders, on real transactions and threads.

Each example is a world of its own, some twenty steps long: grants, revocations in every form, bars, pauses, lockdowns,
requests, answers, renderings, releases, remixes, objections, withdrawals and races between them. After each step the
public ledger is replayed, and everything else is held against it; see tests/factories/consent_replay.py.

Run: python -m benchmarks.consent_machine [--examples N] [--minutes M] [--jobs N] [--json OUT]
"""

import argparse
import math
import multiprocessing
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hypothesis import Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from benchmarks.measure import machine
from benchmarks.table import save, show
from tests.unit.generator_gateway.test_consent_machine import LONG, SEEN, ConsentMachine, TestConsentMachine

EXAMPLES = 5_000
QUICK = 50
BATCH = 25
"""Examples that one seed gives; between two batches the clock is looked at."""
Ran = tuple[Counter[str], str]
"""What happened how often, and what broke; empty where nothing did."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one process does: so many examples, or as many batches as begin in time, the first from this seed."""

    examples: int
    seed: int
    seconds: float


def run(share: Share) -> Ran:
    """Batch after batch, each from a seed of its own; stops at the first that breaks."""
    deadline = time.monotonic() + share.seconds
    left, start = share.examples, share.seed
    while left > 0 and time.monotonic() < deadline:
        broke = _batch(min(left, BATCH), start)
        if broke:
            return SEEN, f"seed {start}\n{broke}"
        left, start = left - BATCH, start + 1
    return SEEN, ""


def _batch(examples: int, start: int) -> str:
    """What broke; empty where nothing did."""
    terms = settings(
        TestConsentMachine.settings,
        max_examples=examples,
        stateful_step_count=LONG,
        database=None,
        derandomize=False,
        phases=(Phase.generate, Phase.shrink),
    )

    @seed(start)
    class Machine(ConsentMachine):
        """With a seed."""

    try:
        run_state_machine_as_test(Machine, settings=terms)
    except AssertionError:
        return traceback.format_exc()
    return ""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run them, say what happened in them, and fail where anything broke."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=EXAMPLES)
    parser.add_argument("--minutes", type=float, default=math.inf, help="at most, give or take a batch")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} examples")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args(arguments)
    wanted = QUICK if chosen.quick else chosen.examples
    shares = [
        Share(
            wanted // chosen.jobs + (number < wanted % chosen.jobs),
            chosen.seed + number * EXAMPLES,
            chosen.minutes * 60,
        )
        for number in range(chosen.jobs)
    ]
    started = time.monotonic()
    with multiprocessing.get_context("spawn").Pool(chosen.jobs) as pool:
        parts = pool.map(run, shares)
    seconds = time.monotonic() - started
    seen = sum((part for part, _ in parts), Counter())
    broke = [what for _, what in parts if what]
    show("What happened", [{"what": what, "times": times} for what, times in sorted(seen.items())])
    show("The stateful test", [{"examples": seen["examples"], "broke": len(broke), "seconds": round(seconds, 1)}])
    figures = {
        "examples": seen["examples"],
        "broke": len(broke),
        "seconds": round(seconds, 1),
        "seed": chosen.seed,
        "happened": dict(sorted(seen.items())),
    }
    save(chosen.json, {"machine": machine(), **figures})
    if broke:
        sys.exit("\n".join(broke))
    if seen["examples"] < wanted and math.isinf(chosen.minutes):
        sys.exit("fewer examples ran than were asked for")


if __name__ == "__main__":
    main()
