"""How well voices are told apart where they are noisy, far away, short or several, and the channels that help.

    python -m benchmarks.voices learn --data DIR --models CACHE --out FILE
    python -m benchmarks.voices report --data DIR --models CACHE [--only CONDITION ...]

DIR holds `voices_manifest.csv` (columns file, identity) and a folder `voices` of 16 kHz mono. The file is learnt from
everyone; the figures of `report` are of people whom nothing was learnt from: it learns from one half of them, measures
the other, and the other way round.
"""

import argparse
import csv
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import degradations as worse
from benchmarks.table import Row, show
from likeness_guard.adapters.nsnet2 import NSNET2, Nsnet2
from likeness_guard.adapters.onnx_voice import OnnxGe2eVoice
from likeness_guard.adapters.packs import CONVERTERS, PACKS, VOICE_ACTIVITY, VOICE_GE2E
from likeness_guard.adapters.silero import SileroVoiceActivity
from likeness_guard.adapters.voice_channels import VoiceChannels, as_document, learnt, shipped_channels
from likeness_guard.ports import Sound, VoiceActivity, VoiceEmbedder
from likeness_guard.service.faces import pooled
from likeness_guard.service.voices import only_speech, voices_of
from trust_kernel.inference.models import ModelStore
from trust_kernel.inference.sessions import Session, SessionFactory
from trust_kernel.media.refs import SAMPLE_RATE

Floats = NDArray[np.float32]
Degradation = Callable[[Sound, np.random.Generator], Sound]
_SEED = 20_261_122
_ABOUT = (
    "Means and directions of channels, learnt from synthetic degradations of clips of LibriSpeech (Panayotov et al., "
    "ICASSP 2015, CC BY 4.0). Holds no vector of a person."
)


@dataclass(frozen=True, slots=True)
class Clips:
    """Sounds and whose they are."""

    sounds: tuple[Sound, ...]
    people: NDArray[np.int64]
    names: tuple[str, ...]

    def half(self, *, first: bool) -> "Clips":
        """Every second speaker, or the others."""
        kept = np.flatnonzero((self.people % 2 == 0) == first)
        return Clips(tuple(self.sounds[n] for n in kept), self.people[kept], self.names)

    def degraded(self, how: Degradation, number: int) -> "Clips":
        """Every clip made worse; clip by clip the same on every run."""
        rngs = (np.random.default_rng((_SEED, number, at)) for at in range(len(self.sounds)))
        return Clips(tuple(how(s, rng) for s, rng in zip(self.sounds, rngs, strict=True)), self.people, self.names)

    def babbling(self, snr_db: float, crowd: int = 5) -> Degradation:
        """Babble of `crowd` clips of these people under a clip."""

        def degrade(sound: Sound, rng: np.random.Generator) -> Sound:
            chosen = [self.sounds[n] for n in rng.choice(len(self.sounds), crowd + 1, replace=False)]
            return worse.in_babble(sound, [other for other in chosen if other is not sound][:crowd], snr_db, rng)

        return degrade


@dataclass(frozen=True, slots=True)
class Ears:
    """Networks, before and after."""

    activity: VoiceActivity
    plain: OnnxGe2eVoice
    make: Callable[[VoiceChannels | None], OnnxGe2eVoice]


def clips_of(data: Path) -> Clips:
    """Every clip of a manifest."""
    import soundfile

    with (data / "voices_manifest.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = sorted({row["identity"] for row in rows})
    sounds = tuple(np.asarray(soundfile.read(data / "voices" / row["file"], dtype="float32")[0]) for row in rows)
    return Clips(sounds, np.asarray([names.index(row["identity"]) for row in rows]), tuple(names))


def ears_of(cache: Path) -> Ears:
    """The networks, from a cache of packs."""
    store = ModelStore(cache, (*(pack for pack in PACKS if pack.name != NSNET2.name), NSNET2), CONVERTERS)
    sessions = SessionFactory()

    def session(name: str) -> Callable[[], Session]:
        store.pull(name)
        return lambda: sessions.load(store.path(name))

    ge2e, enhancer = session(VOICE_GE2E), Nsnet2(session(NSNET2.name))
    return Ears(
        SileroVoiceActivity(session(VOICE_ACTIVITY)),
        OnnxGe2eVoice("plain", ge2e),
        lambda channels: OnnxGe2eVoice("enhanced", ge2e, enhancer=enhancer, channels=channels),
    )


def conditions(clips: Clips) -> dict[str, Degradation]:
    """What the channels are learnt from, and the headline conditions."""
    return {
        "clean": lambda sound, _: sound,
        "white noise, 10 dB": lambda sound, rng: worse.noisy(sound, 10, rng),
        "pink noise, 10 dB": lambda sound, rng: worse.noisy(sound, 10, rng, worse.Noise.PINK),
        "babble, 10 dB": clips.babbling(10),
        "reverberation, 0.6 s": lambda sound, rng: worse.reverberant(sound, rng, 0.6),
        "reverberation, 0.8 s": lambda sound, rng: worse.reverberant(sound, rng, 0.8),
        "music, 10 dB": lambda sound, rng: worse.under_music(sound, 10, rng),
        "telephone": lambda sound, _: worse.telephone(sound),
    }


def unheard(clips: Clips) -> dict[str, Degradation]:
    """Conditions that nothing was learnt from."""
    return {
        "white noise, 5 dB": lambda sound, rng: worse.noisy(sound, 5, rng),
        "speech-shaped noise, 10 dB": lambda sound, rng: worse.noisy(sound, 10, rng, worse.Noise.SPEECH),
        "babble, 5 dB": clips.babbling(5, 8),
        "reverberation, 0.5 s, and pink noise, 15 dB": lambda sound, rng: worse.noisy(
            worse.reverberant(sound, rng, 0.5), 15, rng, worse.Noise.PINK
        ),
        "far away: reverberation, 0.6 s, direct -5 dB": lambda sound, rng: worse.reverberant(sound, rng, 0.6, -5),
        "music, 5 dB": lambda sound, rng: worse.under_music(sound, 5, rng),
        "4 s": lambda sound, _: worse.cut(sound, 4.0),
        "2.5 s": lambda sound, _: worse.cut(sound, 2.5),
        "1.6 s": lambda sound, _: worse.cut(sound, 1.6),
    }


def windows_of(clips: Clips, activity: VoiceActivity, embedder: VoiceEmbedder) -> list[Floats]:
    """The windows of the speech of every clip; none where nothing is heard."""
    return [embedder.partials(only_speech(sound, activity.speech(sound)))[0] for sound in clips.sounds]


def vectors_of(windows: Sequence[Floats], channels: VoiceChannels | None = None) -> Floats:
    """One pooled vector a clip; zeros where nothing was heard, which is then like nobody."""
    rows = []
    for vectors in windows:
        neutral = channels.neutral(vectors) if channels else vectors
        rows.append(pooled(list(neutral)) if len(neutral) else np.zeros(vectors.shape[1], np.float32))
    return np.stack(rows)


def eer(probes: Floats, enrolled: Floats, people: NDArray[np.int64]) -> float:
    """Equal error rate over all pairs of different clips."""
    scores, same = probes @ enrolled.T, people[:, None] == people[None]
    apart = ~np.eye(len(people), dtype=bool)
    mated, unmated = np.sort(scores[apart & same]), np.sort(scores[apart & ~same])
    cuts = np.unique(mated)
    fnmr, fmr = np.searchsorted(mated, cuts) / len(mated), 1 - np.searchsorted(unmated, cuts) / len(unmated)
    crossing = int(np.argmin(np.abs(fnmr - fmr)))
    return float((fnmr[crossing] + fmr[crossing]) / 2)


def learn(clips: Clips, ears: Ears, out: Path) -> None:
    """Write the file of channels, learnt from everyone."""
    embedder = ears.make(None)
    ways = [clips.degraded(how, at) for at, how in enumerate(conditions(clips).values())]
    channels = channels_from([vectors_of(windows_of(way, ears.activity, embedder)) for way in ways])
    out.write_text(as_document(channels, _ABOUT, list(clips.names)), encoding="utf-8")
    print(f"{len(clips.sounds)} clips of {len(clips.names)} people; shares {np.round(channels.shares, 2)}")


def channels_from(vectors: Sequence[Floats]) -> VoiceChannels:
    """Channels from the clips that were heard in every condition."""
    heard = np.all([np.linalg.norm(part, axis=1) > 0.5 for part in vectors], axis=0)
    return learnt(np.stack([part[heard] for part in vectors]))


def report(clips: Clips, ears: Ears, only: Sequence[str]) -> None:
    """EER of each condition, before and after; after: each half with channels learnt from the other half."""
    taught, every = conditions(clips), conditions(clips) | unheard(clips)
    chosen = [name for name in every if name in taught or not only or name in only]
    before, after = {}, {}
    for number, name in enumerate(chosen):
        way = clips.degraded(every[name], 100 + number)
        before[name] = vectors_of(windows_of(way, ears.activity, ears.plain))
        after[name] = windows_of(way, ears.activity, ears.make(None))
        print(name, flush=True)
    halves = [np.flatnonzero(clips.people % 2 == part) for part in (0, 1)]
    folds = []
    for half, other in (halves, halves[::-1]):
        channels = channels_from([vectors_of([after[name][n] for n in other]) for name in taught])
        folds.append((half, {name: vectors_of([after[name][n] for n in half], channels) for name in chosen}))
    rows: list[Row] = []
    for name in chosen:
        row: dict[str, str | float] = {"condition": name}
        for to, clean in (("clean", "clean"), ("same", name)):
            own = [(before[name][h], before[clean][h], clips.people[h]) for h in halves]
            new = [(vectors[name], vectors[clean], clips.people[half]) for half, vectors in folds]
            row[f"before, to {to} %"] = 100 * float(np.mean([eer(*part) for part in own]))
            row[f"after, to {to} %"] = 100 * float(np.mean([eer(*part) for part in new]))
        rows.append(row)
    show(f"EER, {len(clips.sounds)} clips, mean of two halves of {len(clips.names)} people", rows)
    _cost(clips, ears, {"before": ears.plain, "after": ears.make(shipped_channels())})


def _cost(clips: Clips, ears: Ears, embedders: dict[str, VoiceEmbedder]) -> None:
    sound = np.resize(np.concatenate(clips.sounds[:2]), 5 * SAMPLE_RATE)
    for name, embedder in embedders.items():
        spent = [_milliseconds(partial(voices_of, sound, ears.activity, embedder)) for _ in range(15)]
        print(f"{name}: {np.median(spent):.0f} ms of processor time for 5 s, voice activity included")


def _milliseconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1000


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one of the commands."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("learn", "report"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("likeness_guard/voice_channels.json"))
    parser.add_argument("--only", nargs="*", default=[], help="conditions beside those that are learnt from")
    chosen = parser.parse_args(arguments)
    clips, ears = clips_of(chosen.data), ears_of(chosen.models)
    if chosen.command == "learn":
        learn(clips, ears, chosen.out)
    else:
        report(clips, ears, chosen.only)


if __name__ == "__main__":
    main()
