"""Every benchmark, one after the other, each in a process of its own; figures as JSON files in one folder.

    python -m benchmarks.all --out DIR [--clips DIR] [--corpus DIR] [--data DIR]

Those that measure on media from elsewhere run where their folder is given, and are named as left out where not:
`watermark` takes --clips (videos), `c2pa` takes --corpus (signed files and what is expected of them), `likeness` and
`detection` take --data (faces and voices with who they are). Commands of their own: `mutation`, which takes an hour;
`blocklist`, `imports`, `names` and `challenge`, which take minutes; `voices`, `turns` and `strangers`, which fit what
they measure; `descriptions`, `spelled` (takes --fonts) and `spoken`, of names that are not typed.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.table import Row, show
from placet.demo.deployment import shared_model_cache

_ALONE = (
    "startup",
    "decisions",
    "stages",
    "scan",
    "search",
    "appearances",
    "lineage",
    "delivery",
    "revocation",
    "freshness",
    "claims_past",
    "consent_machine",
)
"""Those that need nothing."""
_SHORTER = {"revocation": ("--rounds", "500"), "consent_machine": ("--examples", "200")}
"""What would take an hour or more at full size: run by itself, such a one does 10,000 rounds, or 5,000 examples."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One benchmark to run.

    Attributes:
        arguments: what it is given; None where its data is missing.
        needs: the option that would give it its data.
    """

    name: str
    arguments: tuple[str, ...] | None
    needs: str = ""


def plans(chosen: argparse.Namespace) -> list[Plan]:
    """What to run, with what."""
    out: Path = chosen.out
    found = []
    for name in _ALONE:
        size = ("--quick",) if chosen.quick else _SHORTER.get(name, ())
        found.append(Plan(name, (*size, "--json", str(out / f"{name}.json"))))
    found.append(Plan("animatic", ("--cache", str(shared_model_cache()))))
    found.append(_on_data("watermark", "--clips", chosen.clips, "--json", out))
    found.append(_on_data("false_marks", "--clips", chosen.clips, "--json", out))
    found.append(_on_data("audio_mark", "--audio", chosen.audio, "--json", out))
    found.append(_on_data("verify", "--clips", chosen.clips, "--json", out))
    found.append(_fingerprints(chosen, out))
    found.append(_on_data("c2pa", "--corpus", chosen.corpus, "--json", out))
    return [*found, *(_on_data(name, "--data", chosen.data, "--json", out) for name in ("likeness", "detection"))]


def run(plan: Plan) -> Row:
    """Run one; its tables go where ours go."""
    if plan.arguments is None:
        return {"benchmark": plan.name, "went": f"left out: {plan.needs} was not given", "seconds": 0.0}
    print(f"\n== {plan.name}", flush=True)
    started = time.monotonic()
    command = [sys.executable, "-m", f"benchmarks.{plan.name}", *plan.arguments]
    status = subprocess.run(command, check=False).returncode  # noqa: S603 - our own module
    went = "well" if status == 0 else f"wrong: exit status {status}"
    return {"benchmark": plan.name, "went": went, "seconds": time.monotonic() - started}


def _on_data(name: str, option: str, folder: Path | None, writes: str, out: Path) -> Plan:
    if folder is None:
        return Plan(name, None, option)
    return Plan(name, (option, str(folder), writes, str(out / f"{name}.json")))


def _fingerprints(chosen: argparse.Namespace, out: Path) -> Plan:
    """Runs without clips as well; searches a million hashes here, ten by itself."""
    size = ("--quick",) if chosen.quick else ("--hashes", "1000000")
    clips = ("--clips", str(chosen.clips)) if chosen.clips else ()
    return Plan("fingerprints", (*size, *clips, "--json", str(out / "fingerprints.json")))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run them all; exit status 1 where one failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("bench-out"))
    parser.add_argument("--clips", type=Path, help="folder with videos, for the watermark")
    parser.add_argument("--audio", type=Path, help="folder with sounds, for the mark in sound")
    parser.add_argument("--corpus", type=Path, help="folder with signed files, for the credentials")
    parser.add_argument("--data", type=Path, help="folder with faces and voices, for the likeness guard")
    parser.add_argument("--quick", action="store_true", help="a little of everything that knows how")
    chosen = parser.parse_args(arguments)
    chosen.out.mkdir(parents=True, exist_ok=True)
    rows = [run(plan) for plan in plans(chosen)]
    show(f"figures in {chosen.out}", rows)
    if any(str(row["went"]).startswith("wrong") for row in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
