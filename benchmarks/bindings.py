"""How well fingerprints find releases again, how often they find the wrong one, and how fast among how many.

    python -m benchmarks.bindings [--clips DIR] [--audio DIR] [--releases 100000] [--quick] [--json OUT]

Search runs over drawn fingerprints, ten frames and ten seconds of sound a release. With --clips each video is
registered and what the internet does to it is looked for among all (`found`), and held against its own release as a
mark would name it (`fits`), and against the others' (`wrong`). With --audio the same for sound, whose chance of a
false match is fitted on stretches of different sounds.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.attacks import BY_NAME
from benchmarks.measure import machine
from benchmarks.sounds import coded, faster, loaded, music, noisy, part, tempo
from benchmarks.table import Row, save, show
from copyright_optout.api import OptOutIndex
from generator_gateway.adapters.prints import SandboxedPrints
from generator_gateway.ports.bindings import Prints
from generator_gateway.service.bindings_details import kept_of, shows_part_of
from generator_gateway.service.bindings_search import Kept, PrintIndex
from tests.fakes.optout import optout_parts
from trust_kernel.media.refs import SAMPLE_RATE, MediaLimits
from trust_kernel.media.sandbox import Sandbox
from trust_kernel.media.sound_prints import sound_prints
from trust_kernel.media.sound_search import KEPT_EVERY, SURE
from watermark.ports.marks import Sound

ATTACKED = (
    "none", "H.264 CRF 33", "VP9 CRF 36", "crop 10 %", "crop 25 %", "crop 50 %", "crop 60 %", "rotate 10° right",
    "mirror", "9:16", "letterbox", "picture in picture 50 %", "phone filming a screen", "grading",
    "subtitles and stickers", "speed 1.1", "1 s excerpt", "360p CRF 33", "screenshot as JPEG",
)  # fmt: skip
QUICK = ("none", "crop 25 %", "360p CRF 33")
HEARD: dict[str, Callable[[Sound], Sound]] = {
    "none": lambda sound: sound,
    "MP3 64k": lambda sound: coded(sound, "libmp3lame", "mp3", 64),
    "AAC 48k": lambda sound: coded(sound, "aac", "adts", 48),
    "Opus 24k": lambda sound: coded(sound, "libopus", "ogg", 24),
    "noise 20 dB": lambda sound: noisy(sound, 20),
    "noise 10 dB": lambda sound: noisy(sound, 10),
    "a fifth as loud": lambda sound: Sound(sound.samples * np.float32(0.2), sound.rate),
    "5 s": lambda sound: part(sound, 2.013, 7.013),
    "5 s + AAC 48k": lambda sound: coded(part(sound, 2.013, 7.013), "aac", "adts", 48),
    "5 s + Opus 24k": lambda sound: coded(part(sound, 2.013, 7.013), "libopus", "ogg", 24),
    "speed 1.02": lambda sound: faster(sound, 1.02),
    "speed 1.1": lambda sound: faster(sound, 1.1),
    "tempo 1.1": lambda sound: tempo(sound, 1.1),
}
QUICK_HEARD = ("none", "5 s + AAC 48k", "tempo 1.1")
_FRAMES, _POSITIONS = 10, 78
_QUERY_FRAMES, _QUERY_STEPS = 24, 156
_SPAN = 32


@dataclass(frozen=True, slots=True)
class Registered:
    """A medium on record."""

    name: str
    prints: Prints


def searched(releases: int) -> list[Row]:
    """Time searches among drawn releases; nothing alike is the dearest answer."""
    dice = np.random.default_rng(1)
    index = PrintIndex()
    drawn = [Kept(f"video_{n}", dice.bytes(32 * _FRAMES), dice.bytes(4 * _POSITIONS)) for n in range(releases)]
    _, seconds = _timed(lambda: index.add(drawn))
    rows: list[Row] = [{"what": f"fill: {index.frames:,} frames", "seconds": seconds, "found": releases}]
    known = drawn[releases // 2]
    frames = tuple(known.pictures[place : place + 32].hex() for place in range(0, len(known.pictures), 32))
    sound = np.repeat(np.frombuffer(known.sound, ">u4"), KEPT_EVERY)[60 : 60 + _QUERY_STEPS]
    unknown = tuple(dice.bytes(32).hex() for _ in range(_QUERY_FRAMES))
    questions = {
        "pictures of a release": Prints(pictures=frames),
        "other pictures, 24 frames": Prints(pictures=unknown),
        "5 s of a release's sound": Prints(sound=tuple(sound.tolist())),
        "10 s of other sound": Prints(sound=tuple(dice.integers(1, 1 << 32, 2 * _QUERY_STEPS).tolist())),
    }
    for what, question in questions.items():
        answer, seconds = min((_timed(partial(index.search, question)) for _ in range(3)), key=lambda one: one[1])
        rows.append({"what": what, "seconds": seconds, "found": len(answer)})
    return rows


def looked(clips: Path, names: Sequence[str]) -> list[Row]:
    """Attack every clip, and see where its fingerprints lead."""
    optouts = OptOutIndex(optout_parts())
    limits = MediaLimits(max_bytes=1 << 30, max_seconds=60.0, decode_seconds=120.0)
    maker = SandboxedPrints(Sandbox(), optouts, limits)
    sources = sorted(clips.glob("*.mp4"))
    shelf = [Registered(path.name, maker.prints(path)) for path in sources]
    index = PrintIndex()
    index.add([Kept.of(each.name, each.prints) for each in shelf])
    rows: list[Row] = []
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            asked = [Registered(path.name, maker.prints(BY_NAME[name](path, Path(folder)))) for path in sources]
        found = [{one.case_id for one in index.search(each.prints)} for each in asked]
        fits = {(each.name, other.name) for each in asked for other in shelf if _fits(each.prints, other.prints)}
        rows.append(
            {
                "attack": name,
                "clips": len(sources),
                "found": sum(each.name in names_found for each, names_found in zip(asked, found, strict=True)),
                "fits": sum((each.name, each.name) in fits for each in asked),
                "wrong": sum(left != right for left, right in fits)
                + sum(len(names_found - {each.name}) for each, names_found in zip(asked, found, strict=True)),
            }
        )
    return rows


def heard(audio: Path, names: Sequence[str]) -> list[Row]:
    """Attack every sound, and see where its fingerprints lead."""
    sounds = {path.name: loaded(path) for path in sorted(audio.glob("*.wav"))} | {"music": music(11.0)}
    index = PrintIndex()
    index.add([Kept.of(name, _heard(sound)) for name, sound in sounds.items()])
    rows: list[Row] = []
    for name in names:
        attacked = {source: HEARD[name](each) for source, each in sounds.items()}
        found = {source: {one.case_id for one in index.search(_heard(each))} for source, each in attacked.items()}
        rows.append(
            {
                "attack": name,
                "sounds": len(sounds),
                "found": sum(source in each for source, each in found.items()),
                "wrong": sum(len(each - {source}) for source, each in found.items()),
            }
        )
    return rows


def chances(audio: Path, pieces: int) -> list[Row]:
    """Shares of bits that differ between stretches of different sounds, in deviations of fair coins."""
    sounds = [loaded(path) for path in sorted(audio.glob("*.wav"))] + [music(11.0, seed=seed) for seed in range(pieces)]
    words = [np.array(_heard(sound).sound, np.uint32) for sound in sounds]
    apart = [_apart(one, other) for place, one in enumerate(words) for other in words[place + 1 :]]
    deviations = (np.concatenate(apart) - 0.5) * 2 * np.sqrt(32 * _SPAN)
    return [
        {
            "stretches of 4 s": len(deviations),
            "mean": float(deviations.mean()),
            "deviation": float(deviations.std()),
            "least": float(deviations.min()),
            "match from": -SURE,
        }
    ]


def _apart(one: NDArray[np.uint32], other: NDArray[np.uint32]) -> NDArray[np.float64]:
    left = np.lib.stride_tricks.sliding_window_view(one[::KEPT_EVERY], _SPAN)[::4]
    right = np.lib.stride_tricks.sliding_window_view(other, _SPAN * KEPT_EVERY)[:, ::KEPT_EVERY][::3]
    bits = np.bitwise_count(left[:, None] ^ right[None]).sum(axis=2, dtype=np.int64)
    both = ((left[:, None] != 0) & (right[None] != 0)).all(axis=2)
    return np.asarray(bits[both] / (32 * _SPAN), np.float64)


def _heard(sound: Sound) -> Prints:
    import soxr

    mono = sound.samples.mean(axis=0)
    samples = np.asarray(soxr.resample(mono, sound.rate, SAMPLE_RATE), np.float32)
    return Prints(sound=tuple(sound_prints(samples).tolist()))


def _fits(prints: Prints, release: Prints) -> bool:
    """As the store does where a mark names the release."""
    alone = PrintIndex()
    alone.add([Kept.of("release", release)])
    return bool(alone.search(prints, sole=True)) or shows_part_of(prints.details, kept_of(release.details, 6)) > 0


def _timed(work: Callable[[], object]) -> tuple[list[object], float]:
    started = time.perf_counter()
    answer = work()
    return list(answer) if isinstance(answer, list) else [], time.perf_counter() - started


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, help="a folder with videos")
    parser.add_argument("--audio", type=Path, help="a folder with WAV files")
    parser.add_argument("--releases", type=int, default=100_000)
    parser.add_argument("--quick", action="store_true", help="fewer releases, fewer attacks")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args(arguments)
    document: dict[str, object] = {"machine": machine()}

    def told(title: str, rows: list[Row]) -> None:
        show(title, rows)
        document[title] = rows
        save(chosen.json, document)

    releases = 1000 if chosen.quick else chosen.releases
    told(f"Search among {releases:,} releases", searched(releases))
    if chosen.audio:
        told("Sound", heard(chosen.audio, QUICK_HEARD if chosen.quick else tuple(HEARD)))
        told("Different sounds", chances(chosen.audio, 1 if chosen.quick else 6))
    if chosen.clips:
        told("Pictures", looked(chosen.clips, QUICK if chosen.quick else ATTACKED))


if __name__ == "__main__":
    main()
