"""From sound to voices: speech is cut into windows, windows that sound alike are one voice."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likeness_guard.ports import Sound, Speech, Vectors, VoiceActivity, VoiceEmbedder
from likeness_guard.service.faces import pooled
from trust_kernel.media.refs import SAMPLE_RATE

_LEAST_HEARD = 0.5
"""Seconds of speech below which nothing is said about a voice."""
_SAME_VOICE = 0.64
"""Mean cosine of windows of 1.6 s that are one voice (40 of 40 single clips stay whole; of 40 pairs
of 4 s each, 39 part)."""
_LEAST_CLUSTER = 1.5
"""Seconds of speech that make a voice of its own."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One speaker.

    Attributes:
        vector: unit vector.
        seconds: first start and last end of its windows, in the medium's time.
        speech: seconds of speech that are this voice.
        quality: mean probability of speech, less where there was little of it.
    """

    vector: NDArray[np.float32]
    seconds: tuple[float, float]
    speech: float
    quality: float


@dataclass(frozen=True, slots=True)
class Heard:
    """All speakers of a sound, and how much speech there was."""

    voices: tuple[Voice, ...]
    speech: float


def voices_of(sound: Sound, activity: VoiceActivity, embedder: VoiceEmbedder) -> Heard:
    """Every voice of a sound, the most heard first."""
    stretches = activity.speech(sound) if sound.size else ()
    spoken = float(sum(stretch.end - stretch.start for stretch in stretches))
    if spoken < _LEAST_HEARD:
        return Heard((), spoken)
    vectors, windows = embedder.partials(only_speech(sound, stretches))
    sureness = float(np.average([s.sureness for s in stretches], weights=[s.end - s.start for s in stretches]))
    found = [_voice(members, vectors, windows, stretches, sureness) for members in _clusters(vectors, windows)]
    return Heard(tuple(sorted(found, key=lambda voice: -voice.speech)), spoken)


def only_speech(sound: Sound, stretches: Sequence[Speech]) -> Sound:
    """The speech of a sound, joined."""
    parts = [sound[int(s.start * SAMPLE_RATE) : int(s.end * SAMPLE_RATE)] for s in stretches]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def one_voice(sounds: Sequence[Sound], activity: VoiceActivity, embedder: VoiceEmbedder) -> tuple[Vectors, float]:
    """The pooled vector (1, d) of sounds that are one person's, and seconds of speech; no rows where there is none."""
    parts, spoken = [], 0.0
    for sound in sounds:
        stretches = activity.speech(sound) if sound.size else ()
        spoken += sum(stretch.end - stretch.start for stretch in stretches)
        parts.append(embedder.partials(only_speech(sound, stretches))[0])
    vectors = np.concatenate(parts) if parts else np.zeros((0, embedder.dimensions), np.float32)
    return (pooled(list(vectors))[None] if len(vectors) else vectors), spoken


def _clusters(vectors: Vectors, windows: NDArray[np.float64]) -> list[list[int]]:
    """Average-linkage clustering; a cluster too short to be a voice joins the one most like it."""
    likeness = vectors @ vectors.T
    groups = [[number] for number in range(len(vectors))]
    while len(groups) > 1:
        i, j, score = _closest(groups, likeness)
        short = min(_covered(groups[i], windows), _covered(groups[j], windows)) < _LEAST_CLUSTER
        if score < _SAME_VOICE and not short:
            lonely = [n for n, group in enumerate(groups) if _covered(group, windows) < _LEAST_CLUSTER]
            if not lonely:
                break
            i, j = _partner(lonely[0], groups, likeness)
        groups[i] += groups.pop(j)
    return groups


def _closest(groups: list[list[int]], likeness: NDArray[np.float32]) -> tuple[int, int, float]:
    pairs = [
        (float(likeness[np.ix_(a, b)].mean()), i, j)
        for i, a in enumerate(groups)
        for j, b in enumerate(groups[i + 1 :], i + 1)
    ]
    score, i, j = max(pairs)
    return i, j, score


def _partner(lonely: int, groups: list[list[int]], likeness: NDArray[np.float32]) -> tuple[int, int]:
    others = [n for n in range(len(groups)) if n != lonely]
    best = max(others, key=lambda n: float(likeness[np.ix_(groups[lonely], groups[n])].mean()))
    return min(lonely, best), max(lonely, best)


def _covered(members: list[int], windows: NDArray[np.float64]) -> float:
    """Seconds that the windows of a cluster cover together."""
    spans = windows[sorted(members)]
    reach, total = -1.0, 0.0
    for start, end in spans.tolist():
        total += max(0.0, end - max(start, reach))
        reach = max(reach, end)
    return total


def _voice(
    members: list[int],
    vectors: Vectors,
    windows: NDArray[np.float64],
    stretches: Sequence[Speech],
    sureness: float,
) -> Voice:
    spoken = _covered(members, windows)
    first, last = float(windows[members, 0].min()), float(windows[members, 1].max())
    seconds = (_in_medium(first, stretches), _in_medium(last, stretches))
    return Voice(pooled(list(vectors[members])), seconds, spoken, sureness * min(1.0, spoken / 4.0))


def _in_medium(moment: float, stretches: Sequence[Speech]) -> float:
    """A moment of the joined speech in the medium's own time."""
    for stretch in stretches:
        length = stretch.end - stretch.start
        if moment <= length:
            return stretch.start + moment
        moment -= length
    return stretches[-1].end
