"""What the invisible video mark survives, and what it costs, beside what can be installed.

    python -m benchmarks.watermark --clips DIR [--json OUT] [--clips-seconds N] [--only NAME ...] [--quick]

Every clip of the folder is marked and encoded as the product does, put through every attack of `benchmarks.attacks`,
and read in a full search. A pair of clip and attack counts as decoded where the whole 64-bit number comes back.
Costs are measured first, alone on the machine; attacks run in two processes.
"""

import argparse
import os
import random
import statistics
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.attacks import ATTACKS, BY_NAME, Attack
from benchmarks.mark_rivals import PackagedTransform, packaged_transforms
from benchmarks.mark_runs import Cost, Embeds, cost, look, write_marked
from benchmarks.measure import machine
from benchmarks.table import Row, save, show
from trust_kernel.errors import Unavailable
from watermark.adapters.imwatermark import RivaGanMarker
from watermark.adapters.spread_spectrum import SpreadSpectrumMarker
from watermark.domain.marks import MarkKey, MarkKeys, Search
from watermark.ports.marks import VideoMarker

OURS, RIVAGAN = "spread-spectrum", "rivagan"
CURRENT = MarkKey("now", b"benchmark key, any bytes will do")
STRANGERS = tuple(MarkKey(f"other-{number}", b"another key %d" % number) for number in range(7))
KEYS = MarkKeys(CURRENT)
QUICK = (
    "none",
    "H.264 CRF 33",
    "crop 50 %",
    "mirror",
    "rotate 5° right",
    "480p CRF 30",
    "two generations",
    "screenshot",
)
RIVALS = ("none", "H.264 CRF 28", "crop 25 %", "mirror", "480p CRF 30", "360p CRF 33", "two generations")
RIVAL_CLIPS = 2
RIVAL_SECONDS = {RIVAGAN: 3.0, "dwtDct": 1.0, "dwtDctSvd": 1.0}
"""Rivals are slow: they mark the beginnings of a few clips. RivaGAN's adapter needs 2 s for its number."""
LONG_SECONDS = 10.0
ROUNDS = 3
_SHOWN = (
    "decoded", "decoded_beyond", "psnr_y", "ssim_y", "size_ratio", "size_ratio_worst", "embed_fps",
    "transcode_overhead", "cpu_overhead",
)  # fmt: skip

_Task = TypeVar("_Task")
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Pair:
    """An attack on a marked clip."""

    marker: str
    attack: str
    marked: Path
    payload: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a pair.

    Attributes:
        clip: the marked file's stem, without suffixes.
        decoded: the whole number was read, under the key that it was made under.
        wrong: a mark was reported that is not there.
        confidence: the detector's statistic; for packaged transforms, the share of right bits.
        geometry: how the detector thinks that the picture lies.
        detect_s: seconds that reading took beyond decoding, while another process works beside it.
    """

    marker: str
    attack: str
    clip: str
    decoded: bool
    wrong: bool
    confidence: float
    geometry: str
    detect_s: float


def main(arguments: Sequence[str] | None = None) -> None:
    chosen = _options(arguments)
    clips = sorted(path for path in chosen.clips.iterdir() if path.suffix in {".mp4", ".webm", ".mov", ".mkv"})
    attacks = _chosen_attacks(chosen)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        costs = [_show_cost(_cost_of(OURS, clip, folder, chosen)) for clip in clips]
        detection = _detection(clips, folder)
        rivals = {} if chosen.no_rivals else _rivals(clips[:RIVAL_CLIPS], folder)
        tasks = [*_our_pairs(clips, attacks, folder), *_rival_pairs(rivals, clips, folder, attacks)]
        outcomes = in_processes(_attacked, tasks, chosen.processes)
    ours = _summary(OURS, costs, outcomes)
    document = {
        **ours,
        **detection,
        "detect_s_worst": max(ours["attack_detect_s_worst"], *detection.values()),
        "machine": machine(),
        "clips": [clip.name for clip in clips],
        "clips_seconds": chosen.clips_seconds,
        "costs": [asdict(each) for each in costs],
        "invisible-watermark": {marker: _summary(marker, found, outcomes) for marker, found in rivals.items()},
        "pairs": [asdict(outcome) for outcome in outcomes],
    }
    _report(document, outcomes, attacks)
    save(chosen.json, document)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, required=True, help="folder with videos")
    parser.add_argument("--json", type=Path, help="where the figures go")
    parser.add_argument("--clips-seconds", type=float, default=6.0, help="how much of each clip")
    parser.add_argument("--only", nargs="*", default=[], help="attacks by part of their name, or by their group")
    parser.add_argument("--quick", action="store_true", help="3 s of each clip, a few attacks, one round, no rivals")
    parser.add_argument("--no-rivals", action="store_true", help="without invisible-watermark")
    parser.add_argument("--processes", type=int, default=2, help="for the attacks")
    chosen = parser.parse_args(arguments)
    chosen.rounds = 1 if chosen.quick else ROUNDS
    if chosen.quick:
        chosen.clips_seconds, chosen.no_rivals = min(3.0, chosen.clips_seconds), True
    return chosen


def _chosen_attacks(chosen: argparse.Namespace) -> list[Attack]:
    if chosen.only:
        return [each for each in ATTACKS if any(part in each.name or part == each.group for part in chosen.only)]
    return [each for each in ATTACKS if not chosen.quick or each.name in QUICK]


def payload_for(clip: str) -> int:
    """Another number for every clip, the same in every run."""
    return random.Random(clip).getrandbits(64)  # noqa: S311 - a payload is no secret


def _marker(name: str, keys: MarkKeys = KEYS) -> VideoMarker:
    return SpreadSpectrumMarker(keys) if name == OURS else RivaGanMarker(keys, threads=1)


def _embeds(name: str, clip: str) -> Embeds:
    payload = payload_for(clip)
    if name in {OURS, RIVAGAN}:
        marker = _marker(name)
        return lambda width, height: marker.embedder(payload, width, height).mark
    return PackagedTransform(name, payload & 0xFFFF_FFFF).embedder


def _cost_of(name: str, clip: Path, folder: Path, chosen: argparse.Namespace) -> Cost:
    return cost(clip, _embeds(name, clip.stem), folder, seconds=chosen.clips_seconds, rounds=chosen.rounds)


def _detection(clips: list[Path], folder: Path) -> dict[str, float]:
    """Seconds beyond decoding for a marked file of 10 s that nobody touched, and for one that was never marked."""
    marked, plain, many = [], [], []
    for clip in clips:
        long = folder / f"{clip.stem}.long.mp4"
        write_marked(clip, _embeds(OURS, clip.stem), long, seconds=LONG_SECONDS, looped=True)
        seen = look(_marker(OURS), long)
        assert seen.reading.payload == payload_for(clip.stem), f"{clip.stem}: the untouched file is not read"
        marked.append(seen.seconds)
        many.append(look(_marker(OURS, MarkKeys(STRANGERS[0], (*STRANGERS[1:], CURRENT))), long).seconds)
        unmarked = look(_marker(OURS), clip)
        assert not unmarked.reading.found, f"{clip.stem}: a mark is seen where none is"
        plain.append(unmarked.seconds)
        long.unlink()
    return {
        "detect_s": statistics.median(marked),
        "detect_s_slowest_untouched": max(marked),
        "detect_s_eight_keys": statistics.median(many),
        "detect_s_unmarked": statistics.median(plain),
        "detect_s_unmarked_worst": max(plain),
    }


def _rivals(clips: list[Path], folder: Path) -> dict[str, list[Cost]]:
    costs: dict[str, list[Cost]] = {}
    for name in (RIVAGAN, *packaged_transforms()):
        inner = folder / name
        inner.mkdir()
        try:
            costs[name] = [
                _show_cost(cost(clip, _embeds(name, clip.stem), inner, seconds=RIVAL_SECONDS[name], rounds=1), name)
                for clip in clips
            ]
        except Unavailable as missing:
            print(missing.detail)
    return costs


def _our_pairs(clips: Iterable[Path], attacks: Iterable[Attack], folder: Path) -> list[Pair]:
    listed = list(attacks)
    return [
        Pair(OURS, attack.name, folder / f"{clip.stem}.marked.mp4", payload_for(clip.stem))
        for clip in clips
        for attack in listed
    ]


def _rival_pairs(rivals: Iterable[str], clips: list[Path], folder: Path, attacks: Iterable[Attack]) -> list[Pair]:
    chosen = [attack.name for attack in attacks if attack.name in RIVALS]
    return [
        Pair(name, attack, folder / name / f"{clip.stem}.marked.mp4", payload_for(clip.stem))
        for name in rivals
        for clip in clips[:RIVAL_CLIPS]
        for attack in chosen
    ]


def _attacked(pair: Pair) -> Outcome:
    """Attack a marked clip and read what is left; runs in a process of its own."""
    clip = pair.marked.name.removesuffix(".marked.mp4")
    with tempfile.TemporaryDirectory() as name:
        path = BY_NAME[pair.attack](pair.marked, Path(name))
        if pair.marker not in {OURS, RIVAGAN}:
            right, whole = PackagedTransform(pair.marker, pair.payload & 0xFFFF_FFFF).accuracy(path)
            return Outcome(pair.marker, pair.attack, clip, whole, False, right, "", 0.0)
        seen = look(_marker(pair.marker), path, Search.FULL)
    reading = seen.reading
    return Outcome(
        pair.marker,
        pair.attack,
        clip,
        decoded=reading.found and reading.payload == pair.payload,
        wrong=reading.found and reading.payload != pair.payload,
        confidence=reading.confidence,
        geometry=str(reading.geometry or ""),
        detect_s=seen.seconds,
    )


def _alone() -> None:
    import cv2

    cv2.setNumThreads(1)


def in_processes(work: Callable[[_Task], _Answer], tasks: Sequence[_Task], processes: int) -> list[_Answer]:
    """Answers in the order of the tasks; each process takes one core."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # the processes read it when they start
    answers = []
    with ProcessPoolExecutor(processes, get_context("spawn"), _alone) as pool:
        for number, answer in enumerate(pool.map(work, tasks), start=1):
            answers.append(answer)
            if number % 20 == 0:
                print(f"  {number} of {len(tasks)} attacks read", flush=True)
    return answers


def _summary(marker: str, costs: Sequence[Cost], outcomes: Sequence[Outcome]) -> dict[str, Any]:
    mine = [outcome for outcome in outcomes if outcome.marker == marker]
    promised = [outcome for outcome in mine if BY_NAME[outcome.attack].group != "beyond"]
    return {
        "decoded": _share(promised),
        "pairs_promised": len(promised),
        "decoded_beyond": _share([outcome for outcome in mine if outcome not in promised]),
        "wrong_marks": sum(outcome.wrong for outcome in mine),
        "psnr_y": statistics.fmean(each.psnr_y for each in costs),
        "psnr_y_worst": min(each.psnr_y for each in costs),
        "ssim_y": statistics.fmean(each.ssim_y for each in costs),
        "size_ratio": statistics.median(each.size_ratio for each in costs),
        "size_ratio_worst": max(each.size_ratio for each in costs),
        "embed_fps": statistics.median(each.embed_fps for each in costs),
        "plain_fps": statistics.median(each.plain_fps for each in costs),
        "transcode_overhead": statistics.median(each.transcode_overhead for each in costs),
        "cpu_overhead": statistics.median(each.cpu_overhead for each in costs),
        "attack_detect_s_worst": max((outcome.detect_s for outcome in mine), default=0.0),
        "lost": [f"{outcome.clip}: {outcome.attack}" for outcome in promised if not outcome.decoded],
    }


def _share(outcomes: Sequence[Outcome]) -> float | None:
    return statistics.fmean(outcome.decoded for outcome in outcomes) if outcomes else None


def _show_cost(found: Cost, marker: str = OURS) -> Cost:
    print(
        f"{marker:16} {found.clip:12} {found.psnr_y:6.2f} dB  ssim {found.ssim_y:.4f}  size x{found.size_ratio:.3f}  "
        f"embed {found.embed_fps:.0f} fps  transcode x{found.transcode_overhead:.2f} (cpu x{found.cpu_overhead:.2f})",
        flush=True,
    )
    return found


def _report(document: dict[str, Any], outcomes: Sequence[Outcome], attacks: Sequence[Attack]) -> None:
    markers = [OURS, *document["invisible-watermark"]]
    rows: list[Row] = []
    for attack in attacks:
        here = [outcome for outcome in outcomes if outcome.attack == attack.name]
        cells = {marker: [outcome for outcome in here if outcome.marker == marker] for marker in markers}
        lost = ", ".join(outcome.clip for outcome in cells[OURS] if not outcome.decoded)
        rows.append(
            {"attack": attack.name, "group": attack.group}
            | {marker: _cell(marker, found) for marker, found in cells.items()}
            | {"slowest": max(outcome.detect_s for outcome in cells[OURS]), "lost": lost}
        )
    show("decoded; for packaged transforms also the share of right bits", rows)
    found = {OURS: document, **document["invisible-watermark"]}
    show(
        "in all",
        [{"marker": marker} | {name: _number(found[marker][name]) for name in _SHOWN} for marker in markers],
    )
    show("reading beyond decoding, s", [{name: document[name] for name in document if name.startswith("detect_s")}])
    if document["wrong_marks"]:
        print(f"WRONG: {document['wrong_marks']} marks were read that are not there")


def _cell(marker: str, found: Sequence[Outcome]) -> str:
    if not found:
        return "-"
    text = f"{sum(outcome.decoded for outcome in found)}/{len(found)}"
    if marker in {OURS, RIVAGAN}:
        return text
    return f"{text} {statistics.fmean(outcome.confidence for outcome in found):.2f}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


if __name__ == "__main__":
    main()
