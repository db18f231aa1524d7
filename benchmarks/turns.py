"""How well it is heard who talks when, in conversations put together from clips.

    python -m benchmarks.turns --data DIR --models CACHE [--same-voice 0.2 0.3 ...] [--tuning] [--plain]

`--tuning` takes every second speaker, for choosing the threshold; else the others are taken.
Parted: as many voices were found as talk. Purity: share of the speech that is given to the voice of the one who talks.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import degradations as worse
from benchmarks.table import Row, show
from benchmarks.voices import Clips, clips_of, ears_of
from likeness_guard.adapters.onnx_voice import OnnxGe2eVoice
from likeness_guard.adapters.voice_channels import shipped_channels
from likeness_guard.ports import Sound, Speech, Vectors, VoiceActivity
from likeness_guard.service.voices import Heard, voices_of
from trust_kernel.media.refs import SAMPLE_RATE

_TURN = 4.0
_ROUNDS = 30
_SEED = 20_261_123


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation: a sound, and who talks from when to when (seconds)."""

    sound: Sound
    turns: tuple[tuple[float, float, int], ...]

    @property
    def speakers(self) -> int:
        """How many talk."""
        return len({who for _, _, who in self.turns})


class Remembering:
    """Activity and embedder that answer once for each sound, so that thresholds can be compared quickly."""

    def __init__(self, activity: VoiceActivity, embedder: OnnxGe2eVoice) -> None:
        self.version, self.dimensions, self.same_voice = embedder.version, embedder.dimensions, embedder.same_voice
        self._activity, self._embedder = activity, embedder
        self._stretches: dict[bytes, tuple[Speech, ...]] = {}
        self._partials: dict[bytes, tuple[Vectors, NDArray[np.float64]]] = {}

    def speech(self, sound: Sound) -> tuple[Speech, ...]:
        """Stretches of speech."""
        key = sound.tobytes()
        if key not in self._stretches:
            self._stretches[key] = self._activity.speech(sound)
        return self._stretches[key]

    def partials(self, sound: Sound) -> tuple[Vectors, NDArray[np.float64]]:
        """Windows of a sound."""
        key = sound.tobytes()
        if key not in self._partials:
            self._partials[key] = self._embedder.partials(sound)
        return self._partials[key]


def conversation(clips: Clips, order: Sequence[int], rng: np.random.Generator, *, overlap: float = 0.0) -> Talk:
    """Turns of 4 s of random people: `order` says who, as numbers from 0; every turn is another clip of theirs or cut.

    Args:
        clips: what they say.
        order: of the speakers.
        rng: picks people and clips.
        overlap: seconds for which a turn begins before the last one ends.
    """
    people = rng.choice(np.unique(clips.people), max(order) + 1, replace=False)
    sound = np.zeros(int((_TURN * len(order) + 1) * SAMPLE_RATE), np.float32)
    turns, at = [], 0.0
    for who in order:
        own = np.flatnonzero(clips.people == people[who])
        part = worse.cut(clips.sounds[int(rng.choice(own))], _TURN)
        first = int(at * SAMPLE_RATE)
        sound[first : first + part.size] += part
        turns.append((at, at + part.size / SAMPLE_RATE, who))
        at = turns[-1][1] - overlap
    return Talk(np.clip(sound[: int(turns[-1][1] * SAMPLE_RATE)], -1, 1), tuple(turns))


def purity(heard: Heard, talk: Talk) -> float:
    """Share of the speech heard that lies in a voice most of which is that speaker's; overlaps count for either."""
    right = total = 0.0
    for voice in heard.voices:
        shares: Counter[int] = Counter()
        for start, end in voice.turns:
            total += end - start
            for first, last, who in talk.turns:
                shares[who] += max(0.0, min(end, last) - max(start, first))  # type: ignore[assignment] # seconds
        right += max(shares.values())
    return min(1.0, right / total) if total else 0.0


def scenes(clips: Clips) -> Mapping[str, Callable[[np.random.Generator], Talk]]:
    """Kinds of conversations."""

    def musical(rng: np.random.Generator) -> Talk:
        talk = conversation(clips, [0, 1], rng)
        return Talk(worse.under_music(talk.sound, 10, rng), talk.turns)

    def noisy(rng: np.random.Generator) -> Talk:
        talk = conversation(clips, [0, 1], rng)
        return Talk(worse.noisy(talk.sound, 10, rng), talk.turns)

    return {
        "one speaker, one turn": lambda rng: conversation(clips, [0], rng),
        "one speaker, two clips": lambda rng: conversation(clips, [0, 0], rng),
        "two speakers, a turn each": lambda rng: conversation(clips, [0, 1], rng),
        "two speakers, two turns each": lambda rng: conversation(clips, [0, 1, 0, 1], rng),
        "two speakers, 1 s of overlap": lambda rng: conversation(clips, [0, 1], rng, overlap=1.0),
        "two speakers, music 10 dB": musical,
        "two speakers, white noise 10 dB": noisy,
        "three speakers, a turn each": lambda rng: conversation(clips, [0, 1, 2], rng),
    }


def no_voices() -> Mapping[str, Callable[[np.random.Generator], Sound]]:
    """Ten seconds of what is no voice."""
    time = np.arange(10 * SAMPLE_RATE) / SAMPLE_RATE

    def tones(rng: np.random.Generator) -> Sound:
        return np.asarray(sum(0.1 * np.sin(2 * np.pi * f * time) for f in rng.uniform(80, 3000, 3)), np.float32)

    def siren(rng: np.random.Generator) -> Sound:
        return np.asarray(0.3 * np.sin(600 * time + 400 * np.sin(rng.uniform(1, 4) * time)), np.float32)

    return {
        "music": lambda rng: worse.music(10, rng),
        "tones": tones,
        "siren": siren,
        "white noise": lambda rng: np.asarray(0.1 * rng.standard_normal(time.size), np.float32),
        "clicks": lambda rng: np.asarray((rng.random(time.size) < 0.0005) * 0.8, np.float32),
    }


def measure(clips: Clips, ears: Remembering, thresholds: Sequence[float]) -> None:
    """Print both tables."""
    for kind, scene in scenes(clips).items():
        talks = [scene(np.random.default_rng((_SEED, number))) for number in range(_ROUNDS)]
        rows: list[Row] = []
        for same_voice in thresholds:
            heard = [voices_of(talk.sound, ears, ears, same_voice=same_voice) for talk in talks]
            counts = np.asarray([len(h.voices) - talk.speakers for h, talk in zip(heard, talks, strict=True)])
            pure = [purity(h, talk) for h, talk in zip(heard, talks, strict=True)]
            rows.append(
                {
                    "same voice": same_voice,
                    "parted": f"{int((counts == 0).sum())} of {_ROUNDS}",
                    "too few": int((counts < 0).sum()),
                    "too many": int((counts > 0).sum()),
                    "purity %": 100 * float(np.mean(pure)),
                }
            )
        show(kind, rows)
    rows = []
    for kind, make in no_voices().items():
        sounds = [make(np.random.default_rng((_SEED, 9, number))) for number in range(10)]
        found = [voices_of(sound, ears, ears) for sound in sounds]
        rows.append({"no voice": kind, "heard one": f"{sum(bool(h.voices) for h in found)} of {len(found)}"})
    show("ten seconds of what is no voice", rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--same-voice", type=float, nargs="+", default=[])
    parser.add_argument("--tuning", action="store_true")
    parser.add_argument("--plain", action="store_true", help="the encoder alone, without enhancement and channels")
    chosen = parser.parse_args(arguments)
    clips, ears = clips_of(chosen.data).half(first=chosen.tuning), ears_of(chosen.models)
    embedder = ears.plain if chosen.plain else ears.make(shipped_channels())
    measure(clips, Remembering(ears.activity, embedder), chosen.same_voice or [embedder.same_voice])


if __name__ == "__main__":
    main()
