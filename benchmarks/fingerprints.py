"""How well claimed pictures, videos and sounds are recognised after edits, how often others are, and how fast.

    python -m benchmarks.fingerprints [--hashes 10000000] [--clips DIR] [--audio DIR] [--quick] [--json OUT]

Pictures are drawn by code, and photographs of scikit-image where that is installed: each is claimed, edited, and looked
for among all. With --clips each video is claimed and attacked as the internet does; --audio adds WAV files to made
music. The last part fills an index with drawn hashes and holds it against a look at every one and against faiss.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import soxr

from benchmarks.attacks import BY_NAME
from benchmarks.hash_search import beside_faiss, drawn, filled, freshness, searched
from benchmarks.measure import machine
from benchmarks.picture_edits import EDITS, Picture, pictures
from benchmarks.sounds import coded, faster, loaded, music, noisy, part
from benchmarks.table import Row, save, show
from copyright_optout.adapters.energy_printer import EnergyPrinter
from copyright_optout.adapters.fpcalc import FpcalcPrinter, find_fpcalc
from copyright_optout.adapters.pdq import PdqHasher
from copyright_optout.api import Band, Claim, OptOutIndex, PicturedWork
from copyright_optout.domain import AS_IT_IS, OTHER_SPEEDS
from copyright_optout.ports import SoundPrinter
from copyright_optout.service.sound_shelf import SoundShelf
from generator_gateway.adapters.prints import SandboxedPrints
from tests.factories.references import Claimant
from tests.fakes.optout import look_at
from trust_kernel.db import Database
from trust_kernel.media.decode import Decoder
from trust_kernel.media.refs import SAMPLE_RATE, MediaKind, MediaLimits
from trust_kernel.media.sandbox import Sandbox
from trust_kernel.media.sound_prints import sped
from watermark.ports.marks import Sound

ATTACKED = (
    "none", "H.264 CRF 33", "VP9 CRF 36", "360p CRF 33", "crop 10 %", "crop 25 %", "crop 50 %", "letterbox", "mirror",
    "9:16", "text bar", "subtitles and stickers", "grading", "picture in picture 50 %", "phone filming a screen",
    "speed 1.1", "15 fps", "1 s excerpt", "screenshot as JPEG",
)  # fmt: skip
QUICK = ("none", "360p CRF 33", "1 s excerpt")
QUICK_EDITS = ("none", "crop 20 %", "mirrored", "off centre, 25 % cut away")
QUICK_SOUNDS = ("none", "noise 10 dB")
SPEEDS = (0.95, 0.97, 0.98, 1.01, 1.02, 1.03, 1.043, 1.05, 1.1)
"""1.043 is a film at 24 pictures a second shown at 25."""
HEARD: dict[str, Callable[[Sound], Sound]] = {
    "none": lambda sound: sound,
    "MP3 64k": lambda sound: coded(sound, "libmp3lame", "mp3", 64),
    "AAC 48k": lambda sound: coded(sound, "aac", "adts", 48),
    "Opus 24k": lambda sound: coded(sound, "libopus", "ogg", 24),
    "noise 10 dB": lambda sound: noisy(sound, 10),
    "6 s": lambda sound: part(sound, 2.013, 8.013),
    "6 s in 30 s of another": lambda sound: _within(part(sound, 2.013, 8.013)),
    **{f"speed {speed}": partial(lambda speed, sound: faster(sound, speed), speed) for speed in SPEEDS},
    "speed 1.04, MP3 64k": lambda sound: coded(faster(sound, 1.04), "libmp3lame", "mp3", 64),
}
_LIMITS = MediaLimits(max_bytes=1 << 30, max_seconds=120.0, decode_seconds=120.0)


def recognised(shelf: dict[str, Picture], edits: Iterable[str], folder: Path) -> list[Row]:
    """Claim every picture, and look for each edited one among all."""
    claimant, claims = _claimant(folder, "pictures"), {}
    for name, picture in shelf.items():
        claim = claimant.claim()
        claimant.optouts._parts.claims.add_prints(  # noqa: SLF001 - as the desk does when it files a claim
            claim.id, [one for one in PdqHasher().references(picture) if one.is_usable]
        )
        claims[name] = claim
    other = claimant.process()
    usable = {name: picture for name, picture in shelf.items() if PdqHasher().fingerprint(picture).is_usable}
    return [_edited(edit, {name: EDITS[edit](each) for name, each in usable.items()}, claims, other) for edit in edits]


def _edited(edit: str, edited: dict[str, Picture], claims: dict[str, Claim], optouts: OptOutIndex) -> Row:
    found = {name: optouts.pictured(look_at(np.ascontiguousarray(picture))) for name, picture in edited.items()}
    own = {name: _own(works, claims[name]) for name, works in found.items()}
    names = {claim.id: name for name, claim in claims.items()}
    others = [work for name, works in found.items() for work in works if _kin(names[work.claim.id]) != _kin(name)]
    return {
        "edit": edit,
        "pictures": len(found),
        "match": sum(work is not None and work.band is Band.MATCH for work in own.values()),
        "unsure": sum(work is not None and work.band is Band.UNSURE for work in own.values()),
        "false matches": sum(work.band is Band.MATCH for work in others),
        "false unsure": sum(work.band is Band.UNSURE for work in others),
        "pairs": len(found) * (len(claims) - 1),
    }


def _kin(name: str) -> str:
    """The same for poses of one character: that one looks like another is no mistake."""
    return name.split(maxsplit=1)[0] if name.startswith(("fox", "robot")) else name


def _own(works: Iterable[PicturedWork], claim: Claim) -> PicturedWork | None:
    return next((work for work in works if work.claim.id == claim.id), None)


def watched(clips: Path, names: Sequence[str], folder: Path) -> list[Row]:
    """Claim every clip, and look for each attacked one among all."""
    sandbox = Sandbox()
    claimant = _claimant(folder, "videos")
    files = SandboxedPrints(sandbox, PdqHasher(), _LIMITS, longest=160, most=3600, step=0.25, detailed=0)
    parts = claimant.optouts._parts  # noqa: SLF001 - all but the files' decoding is as the tests have it
    assert parts.references is not None
    optouts = OptOutIndex(replace(parts, references=replace(parts.references, files=files)))
    assert optouts.references is not None
    decoder, sources = Decoder(sandbox), sorted(clips.glob("*.mp4"))
    claims = {}
    for path in sources:
        claims[path] = claimant.claim()
        optouts.references.add_file(claims[path].id, path, MediaKind.VIDEO, _nothing, by="acct_a", staff=True)
    rows: list[Row] = []
    for name in names:
        with tempfile.TemporaryDirectory() as scratch:
            found = {
                path: optouts.pictured(decoder.look(BY_NAME[name](path, Path(scratch)), _LIMITS)) for path in sources
            }
        rows.append(_shared(name, found, claims))
    return rows


def _nothing() -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
    """No samples: sounds are measured apart."""
    return np.zeros(0, np.float32)


def _shared(name: str, found: dict[Path, tuple[PicturedWork, ...]], claims: dict[Path, Claim]) -> Row:
    own = [_own(works, claims[path]) for path, works in found.items()]
    overlaps = [work.overlap for work in own if work is not None and work.overlap is not None]
    return {
        "attack": name,
        "clips": len(found),
        "match": sum(work is not None and work.band is Band.MATCH for work in own),
        "unsure": sum(work is not None and work.band is Band.UNSURE for work in own),
        "of the query": float(np.median([one.query_share for one in overlaps])) if overlaps else 0.0,
        "of the work": float(np.median([one.work_share for one in overlaps])) if overlaps else 0.0,
        "wrong": sum(work.claim.id != claims[path].id for path, works in found.items() for work in works),
    }


def tunes(audio: Path | None, *, quick: bool) -> dict[str, Sound]:
    """Made music, and the WAV files of a folder."""
    made = {f"music {seed}": music(8.0 if quick else 20.0, seed=seed) for seed in range(2 if quick else 6)}
    files = sorted(audio.glob("*.wav")) if audio else []
    return made | {path.name: loaded(path) for path in files}


def heard(printer: SoundPrinter, sounds: Mapping[str, Sound], attacks: Iterable[str]) -> list[Row]:
    """Keep every sound, and look for each attacked one among all; our own print is kept at other speeds too."""
    shelf = SoundShelf(printer.scheme)
    speeds = (AS_IT_IS, *OTHER_SPEEDS) if printer.name == EnergyPrinter.name else (AS_IT_IS,)
    kept = {
        f"{name}@{speed}": printer.prints(sped(_mono(sound), speed / AS_IT_IS))[:: printer.scheme.kept_every]
        for name, sound in sounds.items()
        for speed in speeds
    }
    shelf.change(kept, ())
    rows: list[Row] = []
    for attack in attacks:
        change = HEARD[attack]
        words = {name: _words(printer, change(sound)) for name, sound in sounds.items()}
        found = {name: {hit.key.rpartition("@")[0] for hit in shelf.search(query)} for name, query in words.items()}
        rows.append(
            {
                "printer": printer.name,
                "attack": attack,
                "sounds": len(sounds),
                "found": sum(name in keys for name, keys in found.items()),
                "wrong": sum(len(keys - {name}) for name, keys in found.items()),
            }
        )
    return rows


def _words(printer: SoundPrinter, sound: Sound) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint32]]":
    return printer.prints(_mono(sound))


def _mono(sound: Sound) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
    return np.asarray(soxr.resample(sound.samples.mean(axis=0), sound.rate, SAMPLE_RATE), np.float32)


def _within(sound: Sound) -> Sound:
    """In the middle of another tune."""
    around = music(24.0, rate=sound.rate, seed=99).samples
    half = around.shape[1] // 2
    middle = np.repeat(sound.samples.mean(axis=0, keepdims=True), len(around), axis=0)
    return Sound(np.concatenate([around[:, :half], middle, around[:, half:]], axis=1), sound.rate)


def _claimant(folder: Path, name: str) -> Claimant:
    database = Database(f"sqlite:///{folder}/{name}.db")
    database.create_all()
    return Claimant(database)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, help="a folder with videos")
    parser.add_argument("--audio", type=Path, help="a folder with WAV files")
    parser.add_argument("--hashes", type=int, default=10_000_000, help="0 leaves the search out")
    parser.add_argument("--tables", type=int, default=2_000_000, help="hashes in faiss's tables, which take memory")
    parser.add_argument("--rounds", type=int, default=400, help="searches timed")
    parser.add_argument("--quick", action="store_true", help="fewer pictures, attacks and hashes")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args(arguments)
    document: dict[str, object] = {"machine": machine()}

    def told(title: str, rows: Sequence[Row]) -> None:
        show(title, rows)
        document[title] = rows
        save(chosen.json, document)

    with tempfile.TemporaryDirectory(prefix="placet-bench-") as folder:
        shelf = pictures(2, photographs=False) if chosen.quick else pictures(20)
        told("Pictures", recognised(shelf, QUICK_EDITS if chosen.quick else EDITS, Path(folder)))
        if chosen.clips:
            told("Videos", watched(chosen.clips, QUICK if chosen.quick else ATTACKED, Path(folder)))
    program = find_fpcalc()
    printers: list[SoundPrinter] = [EnergyPrinter(), *([FpcalcPrinter(program)] if program else [])]
    attacks = QUICK_SOUNDS if chosen.quick else HEARD
    sounds = tunes(chosen.audio, quick=chosen.quick)
    told("Sounds", [row for printer in printers for row in heard(printer, sounds, attacks)])
    hashes, rounds = (20_000, 20) if chosen.quick else (chosen.hashes, chosen.rounds)
    if hashes:
        held = drawn(hashes)
        index, row = filled(held)
        told("Filling", [row])
        told(f"Search among {hashes:,} hashes", searched(index, held, rounds))
        told("Freshness", [freshness(index, rounds)])
        del index
        told("faiss, in the same run", beside_faiss(held, rounds, chosen.tables))


if __name__ == "__main__":
    main()
