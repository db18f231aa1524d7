"""Names in prompts: what is found in disguise, what is found where nobody is named, and what a million names cost.

Quality is measured on the held-out half of the names and of the innocent prompts; the other half (`--tuning`) was
looked at while the matcher was made. Every name is evaded in every way, alone and in pairs. Cost is measured with
invented names, beside a plain scan of the prompt in small letters (pyahocorasick; flashtext where it is installed).

    python -m benchmarks.names --json names.json
    python -m benchmarks.names --quick
"""

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from benchmarks.measure import machine
from benchmarks.names_carried import carried_recall
from benchmarks.names_corpus import WORDS_THAT_ARE_NAMES, Name, carried, innocent, names
from benchmarks.names_evasions import Evaded, double, single
from benchmarks.names_million import invented, prompts_about
from benchmarks.table import Row, save, show
from trust_kernel.names import NameMatcher

HELD = 0.75
"""Score from which a hit holds or stops a request."""

_PROSE = 2000
_PEERS_MOST = 200_000
_DOUBLES_SHOWN = 12


def filed(found: Iterable[Name], *, native: bool) -> list[tuple[str, str]]:
    """What a rights holder files: names in Latin letters, or in their own, and names that are common words."""
    pairs = [(name.latin, name.native if native and name.native else name.latin) for name in found]
    return [*pairs, *((word, word) for word in WORDS_THAT_ARE_NAMES)]


def recall(held_out: bool, evade: Callable[[Name, random.Random], list[Evaded]]) -> tuple[list[Row], list[str]]:
    """Share of evaded names that are found, by way; and what was missed."""
    draw = random.Random(20)  # noqa: S311 - a benchmark, the same every time
    known = names(held_out=held_out)
    matchers = {native: NameMatcher(filed(known, native=native)) for native in (False, True)}
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    missed: list[str] = []
    for name in known:
        for evaded in evade(name, draw):
            prompt = _around(name, evaded, draw)
            hits = matchers[evaded.alias == name.native].match(prompt)
            scores = [hit.score for hit in hits if hit.entity == name.latin]
            best = max(scores, default=0.0)
            counts[evaded.way].update(tried=1, found=best >= HELD, sure=best >= 0.9)
            if best < HELD:
                missed.append(f"{evaded.way}: {name.latin} as {evaded.written!a}")
    rows: list[Row] = [
        {
            "way": way,
            "tried": count["tried"],
            "found": count["found"] / count["tried"],
            "sure": count["sure"] / count["tried"],
        }
        for way, count in counts.items()
    ]
    return rows, missed


def _around(name: Name, evaded: Evaded, draw: random.Random) -> str:
    if evaded.way.startswith("into"):
        return carried(name, name.native, draw).replace(name.native, evaded.written)
    return carried(name, evaded.written, draw)


def overall(rows: Sequence[Row]) -> float:
    """Share found over all ways, each tried name counted once."""
    tried = sum(int(row["tried"]) for row in rows)
    return sum(float(row["found"]) * int(row["tried"]) for row in rows) / max(1, tried)


def false_hits(matcher: NameMatcher, prose: int, held_out: bool) -> tuple[list[Row], list[str]]:
    """Share of innocent prompts in which somebody is found, by kind."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    wrong = []
    for kind, prompt in innocent(prose, held_out=held_out):
        hits = matcher.match(prompt)
        counts[kind].update(prompts=1, hit=bool(hits), sure=any(hit.score >= 0.9 for hit in hits))
        wrong += [f"{prompt}: {hit.alias} {hit.transformations} {hit.score}" for hit in hits[:1]]
    total: Counter[str] = sum(counts.values(), Counter())
    rows: list[Row] = []
    for kind, count in [*counts.items(), ("all", total)]:
        share = {"held or stopped": count["hit"] / count["prompts"], "sure": count["sure"] / count["prompts"]}
        rows.append({"innocent prompts": kind, "prompts": count["prompts"], **share})
    return rows, wrong


def cost(size: int, rounds: int) -> Row:
    """Building, keeping, opening and asking; in a process of its own, so that memory is its own."""
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "names"
        built = _apart("build", size, rounds, kept)
        return {"aliases": size, **built, **_apart("ask", size, rounds, kept)}


def _apart(part: str, size: int, rounds: int, kept: Path) -> dict[str, float]:
    command = [
        sys.executable,
        "-m",
        "benchmarks.names",
        "--part",
        part,
        "--aliases",
        str(size),
        "--rounds",
        str(rounds),
    ]
    done = subprocess.run([*command, "--kept", str(kept)], check=True, capture_output=True, text=True)  # noqa: S603 - our own
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def part(name: str, size: int, rounds: int, kept: Path) -> dict[str, float]:
    """One measurement of a process of its own."""
    if name == "build":
        before, worked = _resident_mb(), time.process_time()
        NameMatcher((f"entity-{number // 4}", alias) for number, alias in enumerate(invented(size))).keep(kept)
        spent = time.process_time() - worked
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000 - before
        return {"build cpu s": spent, "build peak MB": peak, "file MB": kept.stat().st_size / 1e6}
    prompts = prompts_about(size, rounds)
    before, began = _resident_mb(), time.perf_counter()
    ask: Callable[[str], object] = NameMatcher.opened(kept).match if name == "ask" else _PEERS[name](invented(size))
    opened = time.perf_counter() - began
    figures = _latencies(ask, prompts)
    wrong = [bool(ask(text)) for _, text in innocent(_PROSE, held_out=True)]
    found = {"innocent with a hit": sum(wrong) / len(wrong)}
    return {"open s": opened, "MB": _resident_mb() - before, **figures, **found}


def _latencies(ask: Callable[[str], object], prompts: Sequence[str]) -> dict[str, float]:
    for prompt in prompts[:20]:
        ask(prompt)
    walls, works = [], []
    for prompt in prompts:
        began, worked = time.perf_counter(), time.thread_time()
        ask(prompt)
        works.append((time.thread_time() - worked) * 1000)
        walls.append((time.perf_counter() - began) * 1000)
    ends = {"p50 ms": statistics.median(walls), "p99 ms": _share(walls, 0.99)}
    return {**ends, "p50 cpu ms": statistics.median(works), "p99 cpu ms": _share(works, 0.99)}


def _share(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize() / 1e6


def _plain_scan(aliases: Iterable[str]) -> Callable[[str], object]:
    import ahocorasick

    automaton = ahocorasick.Automaton()
    for number, alias in enumerate(aliases):
        automaton.add_word(alias.casefold(), number)
    automaton.make_automaton()
    return lambda prompt: list(automaton.iter(prompt.casefold()))


def _flashtext(aliases: Iterable[str]) -> Callable[[str], object]:
    from flashtext import KeywordProcessor

    processor = KeywordProcessor()
    for number, alias in enumerate(aliases):
        processor.add_keyword(alias, str(number))
    return lambda prompt: processor.extract_keywords(prompt, span_info=True)


_PEERS: dict[str, Callable[[Iterable[str]], Callable[[str], object]]] = {
    "pyahocorasick": _plain_scan,
    "flashtext": _flashtext,
}


def peers(size: int, rounds: int) -> list[Row]:
    """What others cost, as many names as they can hold here, and what they find of what is evaded."""
    rows: list[Row] = []
    for name, make in _PEERS.items():
        held = min(size, _PEERS_MOST) if name == "flashtext" else size
        try:
            figures = _apart(name, held, rounds, Path("-"))
            found = [_plainly_found(make, evade) for evade in (single, double)]
        except (subprocess.CalledProcessError, ImportError):
            print(f"  {name} is not installed, or ran out of room")
            continue
        rows.append({"peer": name, "aliases": held, **figures, "single": found[0], "double": found[1]})
    return rows


def _plainly_found(
    make: Callable[[Iterable[str]], Callable[[str], object]], evade: Callable[[Name, random.Random], list[Evaded]]
) -> float:
    draw = random.Random(20)  # noqa: S311 - a benchmark, the same every time
    found = tried = 0
    for name in names(held_out=True):
        ask = make([name.latin])
        for evaded in evade(name, draw):
            tried += 1
            found += bool(ask(_around(name, evaded, draw)))
    return found / max(1, tried)


def measure(chosen: argparse.Namespace) -> dict[str, object]:
    """Everything; tables as they come."""
    held_out = not chosen.tuning
    singles, missed = recall(held_out, single)
    show("one transformation", singles)
    doubles, missed_twice = recall(held_out, double)
    show("two transformations, the worst", sorted(doubles, key=lambda row: float(row["found"]))[:_DOUBLES_SHOWN])
    listed = NameMatcher(
        [*filed(names(held_out=held_out), native=False), *filed(names(held_out=held_out), native=True)]
    )
    by_sound = carried_recall(HELD)
    show("carried from alphabet to alphabet, names that were looked at", by_sound)
    innocents, wrong = false_hits(listed, chosen.prose, held_out)
    show("innocent prompts against the names above", innocents)
    languages = len({name.language for name in names(held_out=held_out)})
    print(f"\n  {languages} languages; found {overall(singles):.4f} single, {overall(doubles):.4f} double")
    if chosen.missed:
        print("\n".join(["", *missed, *missed_twice, "", *wrong]))
    found: dict[str, object] = {
        "languages": languages,
        "single": {"found": overall(singles), "ways": singles},
        "double": {"found": overall(doubles), "ways": doubles},
        "carried": by_sound,
        "innocent": innocents,
        "missed": missed + missed_twice[:1000],
        "wrong": wrong,
    }
    if not chosen.no_cost:
        ours, theirs = [cost(chosen.aliases, chosen.rounds)], peers(chosen.aliases, chosen.rounds)
        show(f"cost, one thread, prompts of 500 characters; load {os.getloadavg()[0]:.1f}", ours)
        show("peers: a plain scan", theirs)
        found |= {"cost": ours, "peers": theirs, "load": os.getloadavg()}
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse arguments, measure, write figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--aliases", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=2000)
    parser.add_argument("--prose", type=int, default=_PROSE, help="innocent prompts of plain prose")
    parser.add_argument("--tuning", action="store_true", help="measure on the half that was looked at")
    parser.add_argument("--missed", action="store_true", help="say what was missed and what was found wrongly")
    parser.add_argument("--no-cost", action="store_true", help="quality alone")
    parser.add_argument("--quick", action="store_true", help="a little of everything")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--part", choices=("build", "ask", *_PEERS), help=argparse.SUPPRESS)
    parser.add_argument("--kept", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.part:
        print(json.dumps(part(chosen.part, chosen.aliases, chosen.rounds, chosen.kept)))
        return
    if chosen.quick:
        chosen.aliases, chosen.rounds, chosen.prose = 5000, 50, 200
    save(chosen.json, {"machine": machine(), "held_out": not chosen.tuning, **measure(chosen)})


if __name__ == "__main__":
    main()
