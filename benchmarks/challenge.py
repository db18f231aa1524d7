"""Which recordings pass the live challenge: genuine ones, and every way of cheating that code can play.

    python -m benchmarks.challenge [--faces DIR] [--most N] [--json OUT]

Recordings are made by code (`tests/factories/recordings.py`): a picture laid over a head that turns, a synthetic voice,
lips that follow it. Each goes through the whole path: encoded, decoded in the sandbox, watched, listened to, assessed.
No real person turned their head for this, so it says what the checks see, not how often people fail at them. `--faces`
takes further frontal pictures from a folder; without it the demo's people perform.
"""

import argparse
import itertools
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.measure import machine
from benchmarks.table import Row, save, show
from consent_registry.domain.challenge_checks import USUAL, edits
from consent_registry.domain.enrolments import EnrolmentState
from placet.demo.people import people
from placet.demo.voices import VoiceRecipe
from tests.factories.challenges import Booth, iso, portrait_of, real_booth
from tests.factories.recordings import CLEAR, Portrait, Recorded, Script, encode, perform

_VOICES = (CLEAR, VoiceRecipe("en-us+f4", rate=120), VoiceRecipe("en-us", rate=120), VoiceRecipe("en-us+m3", rate=120))
_NOISES = (0.001, 0.005, 0.01)
_TURNS = tuple(itertools.permutations(("left", "right", "up", "down"), 3))
_FRONTAL = 0.16
"""Offset of the nose, as a share of the face's height, up to which a portrait looks ahead."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One recording and what it is handed in for."""

    recorded: Recorded
    script: Script
    digits: Sequence[int]
    turns: Sequence[str]
    suffix: str = ".mp4"
    created_before: float = 0.0
    replay_of: Path | None = None


@dataclass
class Tally:
    """What became of one kind of recording."""

    tries: int = 0
    passed: int = 0
    expected: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)


EXPECTED: Mapping[str, str] = {
    "silent": "consent:challenge:silent",
    "two faces": "consent:challenge:several_faces",
    "photo held up": "consent:challenge:flat",
    "wrong digits": "consent:challenge:digits_wrong",
    "replayed, encoded again": "consent:challenge:replayed",
    "older than the challenge": "consent:challenge:older",
    "cut from two rooms": "consent:challenge:cut",
    "half a second cut out": "consent:challenge:cut",
    "face too small": "consent:challenge:face_too_small",
    "too dark": "consent:challenge:too_dark",
    "turns in another order": "consent:challenge:turns_wrong",
    "no turns": "consent:challenge:turn_missing",
    "lips still": "consent:challenge:lips_still",
    "another person half way": "consent:challenge:another_person",
}


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=Path, help="folder of further pictures of one face each")
    parser.add_argument("--most", type=int, default=4, help="faces that perform")
    parser.add_argument("--json", type=Path, help="where the figures go")
    options = parser.parse_args()
    portraits = [*itertools.islice(_portraits(options.faces), options.most)]
    with tempfile.TemporaryDirectory() as folder, real_booth(Path(folder)) as booth:
        tallies = _run(booth, portraits, Path(folder))
    rows = [_row(name, tally) for name, tally in tallies.items()]
    show(f"recordings of {len(portraits)} faces", rows)
    by_chance = _by_chance()
    show("digits said at random that pass for eight others", by_chance)
    save(options.json, {"machine": machine(), "faces": len(portraits), "recordings": rows, "by_chance": by_chance})


def _run(booth: Booth, portraits: Sequence[Portrait], folder: Path) -> dict[str, Tally]:
    tallies: dict[str, Tally] = defaultdict(Tally)
    for number, portrait in enumerate(portraits):
        for name, attempt in _attempts(number, portrait, portraits[(number + 1) % len(portraits)]):
            _try(booth, tallies[name], attempt, folder / f"recording{attempt.suffix}", EXPECTED.get(name))
            if name == "replayed, encoded again":
                for evidence in booth.enroller.enrolled:
                    booth.store.drop_recording(evidence.challenge_id)
    return tallies


def _attempts(number: int, portrait: Portrait, other: Portrait) -> Iterator[tuple[str, Attempt]]:
    rng = np.random.default_rng(number)
    digits = tuple(int(digit) for digit in rng.integers(0, 10, 8))
    turns = _TURNS[number * 7 % len(_TURNS)]
    voice, noise = _VOICES[number % len(_VOICES)], _NOISES[number % len(_NOISES)]
    script = Script(digits, turns, voice, noise, seed=number)
    genuine = perform(portrait, script)
    whole = Attempt(genuine, script, digits, turns)
    yield "genuine", replace(whole, suffix=".webm" if number % 2 else ".mp4")
    yield "replayed, encoded again", replace(whole, suffix=".mp4" if number % 2 else ".webm")
    quiet = genuine.sound * 0 + rng.standard_normal(genuine.sound.size).astype(np.float32) * np.float32(noise)
    yield "silent", replace(whole, recorded=Recorded(genuine.frames, quiet))
    stranger = perform(other, replace(script, seed=number + 100))
    yield "two faces", replace(whole, recorded=genuine.beside(stranger))
    yield "another person half way", replace(whole, recorded=_spliced(genuine, stranger, len(genuine.frames) // 2))
    room = perform(portrait, replace(script, seed=number + 200))
    yield "cut from two rooms", replace(whole, recorded=_spliced(genuine, room, len(genuine.frames) // 3))
    start = genuine.frames.shape[0] / 15 - 3.0
    yield "half a second cut out", replace(whole, recorded=genuine.cut(start, start + 0.45))
    yield "wrong digits", replace(whole, digits=[(digit + 1 + k % 3) % 10 for k, digit in enumerate(digits)])
    yield "turns in another order", replace(whole, turns=turns[::-1])
    yield "older than the challenge", replace(whole, created_before=600.0)
    yield "too dark", replace(whole, recorded=Recorded((genuine.frames * 0.2).astype(np.uint8), genuine.sound))
    for name, change in _CHANGES.items():
        changed = change(script)
        yield name, Attempt(perform(portrait, changed), changed, digits, turns)


_CHANGES: Mapping[str, Callable[[Script], Script]] = {
    "photo held up": lambda script: replace(script, flat=True, still_lips=True),
    "face too small": lambda script: replace(script, scale=0.5),
    "no turns": lambda script: replace(script, turns=()),
    "lips still": lambda script: replace(script, still_lips=True),
}


def _spliced(one: Recorded, other: Recorded, at: int) -> Recorded:
    """One until a frame, the other from it."""
    return Recorded(np.concatenate([one.frames[:at], other.frames[at:]]), one.sound)


def _try(booth: Booth, tally: Tally, attempt: Attempt, path: Path, expected: str | None) -> None:
    created = iso(booth.clock.now() - timedelta(seconds=attempt.created_before)) if attempt.created_before else ""
    encode(attempt.recorded, path, created=created)
    began = time.perf_counter()
    # only what is to be replayed is remembered
    keeps = expected is None
    booth.enroller.state = EnrolmentState.ENROLLED if keeps else EnrolmentState.REFUSED
    outcome = booth.answer(path, attempt.digits, attempt.turns)
    tally.seconds.append(time.perf_counter() - began)
    reasons = {str(finding.reason) for finding in outcome.findings if not finding.passed}
    tally.tries += 1
    tally.passed += outcome.passed
    tally.expected += expected in reasons
    tally.reasons.update(reasons)
    failed = [(one.check, one.score) for one in outcome.findings if not one.passed]
    print(f"{expected or 'genuine'}: {'passed' if outcome.passed else failed}", flush=True)


def _row(name: str, tally: Tally) -> Row:
    others = ", ".join(f"{reason.rpartition(':')[2]} {count}" for reason, count in tally.reasons.most_common(4))
    return {
        "recording": name,
        "tries": tally.tries,
        "passed": tally.passed,
        "expected reason": tally.expected,
        "seconds": statistics.median(tally.seconds),
        "reasons": others,
    }


def _by_chance(tries: int = 200_000) -> list[Row]:
    """How often digits that somebody says without knowing them pass, for sequences of some lengths."""
    rng = np.random.default_rng(1)
    asked = [4, 8, 1, 5, 9, 2, 6, 3]
    rows: list[Row] = []
    for length in (7, 8, 9):
        hits = sum(edits(said, asked) <= USUAL.edits for said in rng.integers(0, 10, (tries, length)).tolist())
        rows.append({"digits said": length, "tries": tries, "passed": hits, "exactly": _exact(asked, length)})
    return rows


def _exact(asked: Sequence[int], length: int) -> float:
    """The share of all sequences of a length within the edits that are allowed."""
    near = {tuple(asked)}
    for _ in range(USUAL.edits):
        near |= {other for one in near for other in _one_edit(one)}
    return float(sum(len(one) == length for one in near) / 10**length)


def _one_edit(one: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    for place in range(len(one) + 1):
        yield (*one[:place], *one[place + 1 :])
        for digit in range(10):
            yield (*one[:place], digit, *one[place:])
            yield (*one[:place], digit, *one[place + 1 :])


def _portraits(folder: Path | None) -> Iterator[Portrait]:
    """Frontal faces: of the folder, else of the demo."""
    if folder is None:
        cache = Path(tempfile.gettempdir()) / "placet-demo-cache"
        pictures: Iterator[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]] = (one.portrait for one in people(cache))
    else:
        files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in {".jpg", ".png"})
        pictures = (np.asarray(Image.open(path).convert("RGB"), np.uint8) for path in files)
    for picture in pictures:
        try:
            portrait = portrait_of(picture)
        except IndexError:
            continue
        if _looks_ahead(portrait):
            yield portrait


def _looks_ahead(portrait: Portrait) -> bool:
    eyes, mouth = portrait.points[:2].mean(axis=0), portrait.points[3:].mean(axis=0)
    down = mouth - eyes
    height = float(np.linalg.norm(down))
    unit, offset = down / height, (portrait.points[2] - eyes) / height
    across, along = offset[0] * unit[1] - offset[1] * unit[0], float(offset @ unit)
    return abs(float(across)) < _FRONTAL and 0.45 < along < 0.8


if __name__ == "__main__":
    main()
