"""What the mark in sound survives, what it costs, and how often it is seen where it is not.

Every file of the folder, a made voice and made music are marked, attacked and read. Then sounds are read under keys
that they were not marked with, to see what chance alone reaches.

Run: python -m benchmarks.audio_mark --audio DIR [--json OUT] [--samples DIR] [--picture PNG] [--trials 20000]
"""

import argparse
import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from benchmarks.extremes import Tail
from benchmarks.measure import machine
from benchmarks.sounds import ATTACKS, Attack, at_rate, coded, loaded, music, part, saved, speech
from benchmarks.table import Row, save, show
from trust_kernel.errors import Unavailable
from watermark.adapters import convolutional
from watermark.adapters.perth import PerthPresence
from watermark.adapters.sound_mark import KeyedSoundMarker, cells, code, detect
from watermark.adapters.sound_mark.pattern import SoundPattern
from watermark.adapters.sound_mark.search import PLAIN, Lie, SyncSearch, looks_of, rows_at
from watermark.domain.marks import MarkKey, MarkKeys, Search, SoundReading
from watermark.ports.marks import Sound, SoundPresence

KEYS = MarkKeys(MarkKey("1", b"benchmark key, any bytes will do"))
PAYLOAD, OTHER = 0x5EED_89AB, 0x0BAD_CAFE
_TRIAL_SECONDS = 5.0
_CANDIDATES = 96
"""Decodings tried at most in a file of 10 s: 16 pieces and searches, 6 candidates each."""
_TAIL = 0.05
"""Share of the trials that the tail is fitted on."""


@dataclass(frozen=True)
class Cost:
    """What marking one sound costs.

    Attributes:
        snr_db: of the sound over what the mark adds.
        segmental_db: the median of the same over frames of 20 ms that are heard.
        times_real_time: seconds of sound marked in a second.
        aligned_s: seconds to read the marked sound.
        searched_s: seconds to search the unmarked sound in full, in vain.
    """

    clip: str
    seconds: float
    snr_db: float
    segmental_db: float
    times_real_time: float
    aligned_s: float
    searched_s: float
    false_mark: bool


def cost_of(marker: KeyedSoundMarker, clip: str, sound: Sound) -> tuple[Cost, Sound]:
    started = time.perf_counter()
    marked = marker.mark(sound, PAYLOAD)
    embedding = time.perf_counter() - started
    started = time.perf_counter()
    marker.read(marked, Search.ALIGNED)
    aligned = time.perf_counter() - started
    started = time.perf_counter()
    nothing = marker.read(sound, Search.FULL)
    searched = time.perf_counter() - started
    before, added = sound.samples.astype(np.float64), marked.samples.astype(np.float64) - sound.samples
    frames = before.shape[1] // (sound.rate // 50)
    signal, noise = (
        np.square(each[:, : frames * (sound.rate // 50)]).sum(axis=0).reshape(frames, -1).sum(axis=1)
        for each in (before, added)
    )
    heard = (signal > signal.mean() * 1e-4) & (noise > 0)
    return (
        Cost(
            clip,
            round(sound.seconds, 2),
            10 * math.log10(np.square(before).sum() / np.square(added).sum()),
            float(np.median(10 * np.log10(signal[heard] / noise[heard]))),
            sound.seconds / embedding,
            aligned,
            searched,
            nothing.found,
        ),
        marked,
    )


def attacked_rows(
    marker: KeyedSoundMarker, marked: Mapping[str, Sound], attacks: Mapping[str, Attack], presence: SoundPresence | None
) -> tuple[list[Row], list[bool], list[float]]:
    """One row for every attack, whether each pair was decoded, and how long reading took."""
    with_presence = {clip: presence.mark(sound) for clip, sound in marked.items()} if presence else {}
    rows: list[Row] = []
    decoded: list[bool] = []
    seconds: list[float] = []
    for name, attack in attacks.items():
        readings: list[SoundReading] = []
        for sound in marked.values():
            attacked = attack(sound)
            started = time.perf_counter()
            readings.append(marker.read(attacked, Search.FULL))
            seconds.append(time.perf_counter() - started)
        right = [reading.payloads == (PAYLOAD,) for reading in readings]
        decoded += right
        row: dict[str, str | float] = {"attack": name, "decoded": f"{sum(right)}/{len(right)}"}
        row |= {clip: reading.confidence for clip, reading in zip(marked, readings, strict=True)}
        if presence is not None:
            scores = [presence.score(attack(sound)) for sound in with_presence.values()]
            row["perth"] = " ".join(f"{score:.2f}" for score in scores)
        rows.append(row)
    return rows, decoded, seconds


def splices(marker: KeyedSoundMarker, clips: Mapping[str, Sound]) -> list[Row]:
    """Whether cuts and pastes are told, and how far off their times are."""
    first, second = list(clips.values())[:2]
    rate = 44_100
    one, other = at_rate(marker.mark(first, PAYLOAD), rate), at_rate(marker.mark(second, OTHER), rate)
    plain = at_rate(second, rate)
    cases = {
        "voice pasted": ([part(plain, 0, 4), part(one, 2, 5), part(plain, 4, 8)], [(4.0, 7.0, PAYLOAD)]),
        "two marks": ([part(one, 0, 5), part(other, 0, 4)], [(0.0, 5.0, PAYLOAD), (5.0, 9.0, OTHER)]),
        "second cut out": ([part(one, 0, 4), part(one, 6, 10)], [(0.0, 8.0, PAYLOAD)]),
    }
    rows: list[Row] = []
    for name, (pieces, expected) in cases.items():
        joined = Sound(np.concatenate([piece.samples[:1] for piece in pieces], axis=1), rate)
        for coding in ("none", "AAC 64k"):
            heard = joined if coding == "none" else coded(joined, "aac", "adts", 64)
            told = marker.read(heard, Search.FULL).stretches
            right = [one.payload for one in told] == [payload for *_, payload in expected]
            pairs = zip(told, expected, strict=False)
            off = max((max(abs(one.start - start), abs(one.end - end)) for one, (start, end, _) in pairs), default=9.9)
            rows.append({"splice": name, "coding": coding, "told": "yes" if right else "no", "seconds off": off})
    return rows


def chances(sounds: list[Sound], trials: int) -> dict[str, Any]:
    """What the best message under a wrong key reaches, its checksum right or not, and a fit of its tail.

    Half the square of the statistic has an exponential tail, as for any largest among many nearly Gaussian values: the
    excess over its 95 % quantile is fitted with an exponential distribution, and quantiles further out are the check.
    """
    pieces = [part(sound, start, start + _TRIAL_SECONDS) for sound in sounds for start in (0.0, 4.5)]
    planes = [cells.whitened(cells.power(piece)) for piece in pieces]
    keys = -(-trials // len(planes))
    energies: list[float] = []
    peaks: list[float] = []
    checked = 0
    for number in range(keys):
        pattern = SoundPattern(MarkKey("wrong", f"wrong key {number}".encode()))
        lies = [SyncSearch([pattern]).best(plane, [PLAIN])[0][1] for plane in planes]
        rows = [rows_at(plane, looks_of(len(plane), lie), 1.0) for plane, lie in zip(planes, lies, strict=True)]
        soft = np.stack([detect.soft_bits(pattern, row, lie.row) for row, lie in zip(rows, lies, strict=True)])
        for row, lie, message in zip(rows, lies, convolutional.decode(soft), strict=True):
            energies.append(_statistic(pattern, row, lie, message) ** 2 / 2)
            peaks.append(lie.peak)
            checked += code.payload_of(message) is not None
    return _fitted(np.array(energies), np.array(peaks), checked)


def _statistic(pattern: SoundPattern, rows: NDArray[np.float32], lie: Lie, message: NDArray[np.uint8]) -> float:
    signs = np.append(1.0 - 2.0 * convolutional.encode(message), 1.0).astype(np.float32)
    tile = pattern.signs * signs[pattern.coded_bit]
    return detect.best_run(rows, detect.turned(tile, lie.row, len(rows)))[0]


def _fitted(energies: NDArray[np.float64], peaks: NDArray[np.float64], checked: int) -> dict[str, Any]:
    tail = Tail.fit(energies, _TAIL)
    threshold = detect.threshold(_TRIAL_SECONDS, 1)
    beyond = tail.beyond(threshold**2 / 2)
    check = {}
    for share in (0.98, 0.99, 0.995, 0.998, 0.999):
        seen, fitted = float(np.quantile(energies, share)), tail.level(1 - share)
        check[f"{share:.1%}"] = [math.sqrt(2 * seen), math.sqrt(2 * fitted)]
    return {
        "trials": len(energies),
        "checksums_right": checked,
        "checksums_expected": len(energies) / 2**code.CHECK_BITS,
        "largest_statistic": float(np.sqrt(2 * energies.max())),
        "largest_sync_peak": float(peaks.max()),
        "threshold": threshold,
        "tail": {"from": math.sqrt(2 * tail.start), "scale": tail.scale},
        "quantiles_measured_and_fitted": check,
        "chance_of_one_candidate": beyond * 2.0**-code.CHECK_BITS,
        "chance_of_a_file": beyond * 2.0**-code.CHECK_BITS * _CANDIDATES,
        "bound": detect.CHANCE,
    }


def listening_samples(folder: Path, marker: KeyedSoundMarker, clips: Mapping[str, Sound]) -> None:
    """The sounds as they were, as they are marked, and what was added, made 20 dB louder."""
    for clip, sound in clips.items():
        marked = marker.mark(sound, PAYLOAD)
        saved(folder / f"{clip}-original.wav", sound)
        saved(folder / f"{clip}-marked.wav", marked)
        added = (marked.samples - sound.samples) * np.float32(10)
        saved(folder / f"{clip}-difference-20dB-louder.wav", Sound(np.clip(added, -1, 1), sound.rate))


def picture(path: Path, marker: KeyedSoundMarker, sound: Sound) -> None:
    """Spectrograms of three seconds before and after, and how far cells were moved."""
    marked = marker.mark(sound, PAYLOAD)
    before, after = (10 * np.log10(cells.power(part(each, 1.0, 4.0)) + 1e-9) for each in (sound, marked))
    low, high = np.quantile(before, [0.02, 0.999])
    panels = [(before - low) / (high - low), (after - low) / (high - low), (after - before) / 12 + 0.5]
    shown = [Image.fromarray(np.clip(panel.T[::-1] * 255, 0, 255).astype(np.uint8)) for panel in panels]
    words = ("before", "after", "change: black is 6 dB down, white 6 dB up")
    width, height, margin = 420, 300, 24
    sheet = Image.new("L", (len(shown) * width, height + margin), 255)
    for column, (panel, word) in enumerate(zip(shown, words, strict=True)):
        sheet.paste(panel.resize((width - 6, height), Image.Resampling.BOX), (column * width, margin))
        ImageDraw.Draw(sheet).text((column * width + 4, 4), word, fill=0, font_size=14)
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.quantize(32).save(path, optimize=True)


def _presence() -> SoundPresence | None:
    try:
        return PerthPresence()
    except Unavailable as missing:
        print(missing.detail)
        return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audio", type=Path, required=True, help="folder with sounds")
    parser.add_argument("--json", type=Path, help="where the figures go")
    parser.add_argument("--samples", type=Path, help="folder for sounds to listen to")
    parser.add_argument("--picture", type=Path, help="a picture of spectrograms before and after")
    parser.add_argument("--trials", type=int, default=20_000, help="wrong keys tried; 0 leaves them out")
    options = parser.parse_args()
    clips = {path.stem: loaded(path) for path in sorted(options.audio.iterdir()) if path.suffix in {".wav", ".flac"}}
    made = {"made voice": speech(), "made music": music()}
    everything = clips | made
    marker = KeyedSoundMarker(KEYS)
    costs: list[Cost] = []
    marked: dict[str, Sound] = {}
    for clip, sound in everything.items():
        cost, marked[clip] = cost_of(marker, clip, sound)
        costs.append(cost)
    show("what a mark costs", [asdict(cost) for cost in costs])
    rows, decoded, seconds = attacked_rows(marker, marked, ATTACKS, _presence())
    show("attacks: sounds decoded, and the statistic (believed from 11.4)", rows)
    spliced = splices(marker, everything)
    show("cuts and pastes", spliced)
    result: dict[str, Any] = {
        "machine": machine(),
        "costs": [asdict(cost) for cost in costs],
        "decoded": sum(decoded) / len(decoded),
        "pairs": len(decoded),
        "snr_db": min(cost.snr_db for cost in costs),
        "false_marks": sum(cost.false_mark for cost in costs),
        "read_s": {"median": float(np.median(seconds)), "worst": max(seconds)},
        "attacks": rows,
        "splices": spliced,
    }
    if options.trials:
        wrong = chances([*everything.values(), *marked.values()], options.trials)
        for name, value in wrong.items():
            print(f"  {name:32} {value}")
        result["wrong_keys"] = wrong
    print(f"\ndecoded {result['decoded']:.3f} of {len(decoded)}, SNR at least {result['snr_db']:.1f} dB")
    if options.samples:
        listening_samples(options.samples, marker, made | clips)
    if options.picture:
        picture(options.picture, marker, made["made voice"])
    save(options.json, result)


if __name__ == "__main__":
    main()
