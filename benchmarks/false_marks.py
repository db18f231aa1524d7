"""How often a mark is seen where none is: chance values of the detector's statistics, a model of their tail, its check.

    python -m benchmarks.false_marks [--clips DIR] [--trials 20000] [--json OUT]

A trial looks with a fresh key, under which nothing was ever marked, at footage laid back at a geometry of the
detector's search. It gives two values: the sync score (the peak of the joint surface over all shifts), and the matched
score of the message that the decoder likes best there, before its checksum is looked at. Looking at unmarked footage
with one's own key is the same thing: a key's signs know nothing of the picture. Without --clips, drawn films are used.

To each statistic an exponential tail is fitted on a random half and checked on the other. Far out, the matched score
falls faster: it is the largest of very many sums of random signs, and how many is fitted and checked likewise. A file
without a mark is called marked when one of the attempts at decoding reaches the gate and the checksum fits; attempts
that full reads of the footage make are counted, under eight keys. Beside it stands the bound that needs no fit.
"""

import argparse
import math
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.extremes import Exceedance, Fit, Words, checked_fit, halves
from benchmarks.mark_pictures import draw
from benchmarks.measure import machine
from benchmarks.table import save, show
from benchmarks.video_files import decoded, view
from benchmarks.watermark import STRANGERS, in_processes
from watermark.adapters.spread_spectrum import SpreadSpectrumMarker, chance, code, pose
from watermark.adapters.spread_spectrum.demodulate import Demodulator
from watermark.adapters.spread_spectrum.keyed import GRID, KeyedPatterns
from watermark.adapters.spread_spectrum.search import best_shift, joint_surface
from watermark.adapters.spread_spectrum.spectrum import Matrix, Pyramid, whitened
from watermark.adapters.spread_spectrum.windows import Windows, views_of
from watermark.domain.marks import MarkKey, MarkKeys, Search

TARGET = 1e-9
"""False marks a file."""
CHECKSUM = 2.0**-code.CHECK_BITS
SECONDS = 3.0
VIEWS = 2
"""What half seconds share, and what one has beyond that: a trial is to be cheap."""
_KEYS, _GEOMETRIES = 20, 5
"""Fresh keys that look at the same footage, and ways of laying it back that each tries."""


@dataclass(frozen=True, slots=True)
class Look:
    """A share of the trials: some keys at one place of one clip, in some geometries."""

    clip: Path
    number: int


@dataclass(frozen=True, slots=True)
class Values:
    """What trials gave.

    Attributes:
        sync: sync scores, as the gate before decoding sees them.
        matched: matched scores of the likeliest message.
        checksums: how many of those messages had a right checksum.
    """

    sync: list[float]
    matched: list[float]
    checksums: int


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the trials, fit, check, and derive what a file risks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, help="folder with unmarked videos")
    parser.add_argument("--trials", type=int, default=20_000, help="20,000 and more for a figure to quote")
    parser.add_argument("--json", type=Path, help="where the figures go")
    parser.add_argument("--processes", type=int, default=2)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        clips = sorted(chosen.clips.glob("*.mp4")) if chosen.clips else draw(Path(name), 6)
        found = in_processes(trials, looks(clips, chosen.trials), chosen.processes)
        files = in_processes(attempts, clips, chosen.processes)
    values = {kind: [value for one in found for value in getattr(one, kind)] for kind in ("sync", "matched")}
    fits = {kind: checked_fit(every) for kind, every in values.items()}
    fitted, held = halves(values["matched"])
    words = Words.fit(fitted)
    check = words.check(held)
    document: dict[str, Any] = {
        "machine": machine(),
        "clips": [clip.name for clip in clips],
        "trials": len(values["matched"]),
        "checksums_by_chance": sum(one.checksums for one in found),
        "attempts_in_full_reads": files,
        **risk(words, max(files)),
        "words_fitted": words.count,
        "words_possible": 2.0**code.MESSAGE_BITS,
        "words_check": [asdict(each) for each in check],
        "fits": {kind: {**asdict(fit), "holds": fit.holds} for kind, fit in fits.items()},
    }
    _report(document, fits, check)
    save(chosen.json, document)


def looks(clips: Sequence[Path], count: int) -> list[Look]:
    """The trials, shared out evenly over clips."""
    return [Look(clips[number % len(clips)], number) for number in range(math.ceil(count / _KEYS / _GEOMETRIES))]


def trials(look: Look) -> Values:
    """Look with fresh keys at one clip, in some geometries of the search."""
    rng = np.random.default_rng(look.number)
    views = _views(look.clip, float(rng.uniform(0, 2)))
    matrices = [np.eye(3), *(_geometry(rng) for _ in range(_GEOMETRIES - 1))]
    laid = [[whitened(each.folded(matrix, GRID)) for each in views] for matrix in matrices]
    values, checksums = Values([], [], 0), 0
    for number in range(_KEYS):
        keyed = KeyedPatterns(MarkKey("stranger", b"trial %d of look %d" % (number, look.number)))
        demodulator = Demodulator(keyed)
        for matrix, planes in zip(matrices, laid, strict=True):
            candidate = best_shift(keyed, joint_surface(keyed, planes), matrix)
            values.sync.append(candidate.score)
            best = likeliest(demodulator, views, candidate.matrix)
            if best is not None:
                values.matched.append(best[0])
                checksums += best[1]
    return Values(values.sync, values.matched, checksums)


def likeliest(demodulator: Demodulator, views: Sequence[Pyramid], matrix: Matrix) -> tuple[float, bool] | None:
    """Matched score of the likeliest message, and whether its checksum is right; None where no pattern is heard."""
    reading = demodulator.likeliest([demodulator.coefficients(each, matrix) for each in views])
    return None if reading is None else (reading.matched, reading.payload is not None)


def attempts(clip: Path) -> int:
    """Attempts at decoding that a full read of an unmarked clip makes under eight keys."""
    detector = SpreadSpectrumMarker(MarkKeys(STRANGERS[0], STRANGERS)).detector()
    for frame in decoded(clip, 6.0):
        detector.add(view(frame))
    reading = detector.read(Search.FULL)
    assert not reading.found, f"{clip.stem}: a mark is seen where none is"
    return detector.attempts


def risk(words: Words, tried: int) -> dict[str, float]:
    """What a file without a mark risks, by the fitted number of words and by the bound that needs no fit.

    The gate rises with the attempts made so far. Every word that passes it counts, whichever of them a decoder looks
    at; its checksum fits once in 2**24.
    """
    gates = [gate(number) for number in range(1, tried + 1)]
    return {
        "gate": gates[-1],
        "false_marks_a_file": sum(words.beyond(each) for each in gates) * CHECKSUM,
        "false_marks_a_file_bound": sum(chance.bound(each, 1) for each in gates),
        "gate_for_target_fitted": words.level(min(TARGET / tried / CHECKSUM, 1.0)),
        "gate_for_target_bound": math.sqrt(2 * math.log(tried * chance.PAYLOADS / TARGET)),
    }


def gate(tried: int) -> float:
    """The matched score from which the last of some attempts is believed."""
    return max(chance.MATCHED, math.sqrt(2 * math.log(tried * chance.PAYLOADS / chance.ACCEPTED)))


def _views(clip: Path, start: float) -> list[Pyramid]:
    windows = Windows()
    for frame in decoded(clip, start + SECONDS):
        seen = view(frame)
        if seen.seconds >= start:
            windows.add(seen.y, seen.seconds)
    residuals = views_of([window.residual(quick=True) for window in windows.kept])
    return [Pyramid(residual) for residual in islice(residuals, VIEWS)]


def _geometry(rng: np.random.Generator) -> Matrix:
    """Any way in which the search lays a picture back."""
    stretch = float(rng.uniform(0.9, 1.1))
    scale = float(np.exp(rng.uniform(np.log(0.5), np.log(2.0))))
    matrix = pose.laid_back(scale, scale * stretch, float(rng.uniform(-11, 11)))
    return np.asarray(pose.MIRROR @ matrix if rng.random() < 0.3 else matrix)


def _report(document: dict[str, Any], fits: dict[str, Fit], check: Sequence[Exceedance]) -> None:
    for kind, fit in fits.items():
        show(f"{kind}: quantiles of the half kept back", [asdict(each) for each in fit.quantiles])
        show(f"{kind}: levels passed in the half kept back", [asdict(each) for each in fit.exceedances])
        print(
            f"  {fit.count:,} values, at most {fit.largest:.2f}; the model {'holds' if fit.holds else 'DOES NOT HOLD'}"
        )
    show("matched: levels passed in the half kept back, against so many normal words", [asdict(each) for each in check])
    names = ("trials", "checksums_by_chance", "words_fitted", "words_possible", *risk(Words(1.0), 1))
    show("a file without a mark", [{"what": name, "figure": f"{document[name]:.3g}"} for name in names])
    tried = document["attempts_in_full_reads"]
    print(f"  attempts at decoding in a full read under eight keys: {min(tried)} to {max(tried)}")


if __name__ == "__main__":
    main()
