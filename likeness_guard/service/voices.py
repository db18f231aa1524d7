"""From sound to voices: speech is cut into windows, windows that sound alike are one voice, which talks in turns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likeness_guard.ports import Sound, Speech, Vectors, VoiceActivity, VoiceEmbedder
from likeness_guard.service.faces import pooled
from likeness_guard.service.speakers import Spans, purity_of, runs_of, speakers_of, turns_of
from trust_kernel.errors import Broken, InvalidInput
from trust_kernel.media.refs import SAMPLE_RATE

_LEAST_HEARD = 0.5
"""Seconds of speech below which nothing is said about a voice."""
_SAME_VOICE = 0.64
"""Mean cosine of windows of 1.6 s that are one voice, for an embedder that does not say its own `same_voice`."""
_SURE = 4.0
"""Seconds of speech from which a longer sound says little more about whose voice it is."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One speaker.

    Attributes:
        vector: unit vector.
        seconds: start of the first turn and end of the last, in the medium's time.
        speech: seconds of speech that are this voice.
        quality: mean probability of speech, less where there was little of it.
        turns: start and end of each turn, in the medium's time and order; turns of two voices never overlap.
    """

    vector: NDArray[np.float32]
    seconds: tuple[float, float]
    speech: float
    quality: float
    turns: Spans = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """All speakers of a sound, and how much speech there was."""

    voices: tuple[Voice, ...]
    speech: float


def voices_of(
    sound: Sound, activity: VoiceActivity, embedder: VoiceEmbedder, *, same_voice: float | None = None
) -> Heard:
    """Every voice of a sound, the most heard first.

    Args:
        sound: float32 mono (n,) at SAMPLE_RATE.
        activity: finds speech.
        embedder: makes vectors of windows.
        same_voice: mean cosine from which windows are one voice; None: what the embedder says.

    Raises:
        InvalidInput: ``likeness:sound:malformed``, the sound holds what is not a number.
        Broken: ``likeness:template:malformed``, the embedder's vectors do.
    """
    stretches = _speech(sound, activity)
    spoken = _seconds(stretches)
    if spoken < _LEAST_HEARD:
        return Heard((), spoken)
    vectors, windows = _partials(only_speech(sound, stretches), embedder)
    if not len(vectors):
        return Heard((), spoken)
    alike = float(getattr(embedder, "same_voice", _SAME_VOICE)) if same_voice is None else same_voice
    groups = speakers_of(vectors, windows, alike)
    sureness = float(np.average([s.sureness for s in stretches], weights=[s.end - s.start for s in stretches]))
    voices = []
    for group, runs in zip(groups, runs_of(groups, windows, spoken), strict=True):
        turns = turns_of(runs, stretches)
        if not turns:  # every moment of it is nearer to another voice's window
            continue
        vector = pooled(list(vectors[group]), purity_of(group, windows, runs))
        said = sum(end - start for start, end in runs)
        quality = sureness * min(1.0, said / _SURE)
        voices.append(Voice(vector, (turns[0][0], turns[-1][1]), said, quality, turns))
    return Heard(tuple(sorted(voices, key=lambda voice: -voice.speech)), spoken)


def one_voice(sounds: Sequence[Sound], activity: VoiceActivity, embedder: VoiceEmbedder) -> tuple[Vectors, float]:
    """The pooled vector (1, d) of sounds that are one person's, and seconds of speech; no rows where there is none.

    Raises:
        InvalidInput: ``likeness:sound:malformed``, a sound holds what is not a number.
        Broken: ``likeness:template:malformed``, the embedder's vectors do.
    """
    parts, spoken = [np.zeros((0, embedder.dimensions), np.float32)], 0.0
    for sound in sounds:
        stretches = _speech(sound, activity)
        spoken += _seconds(stretches)
        parts.append(_partials(only_speech(sound, stretches), embedder)[0])
    vectors = np.concatenate(parts)
    return (pooled(list(vectors))[None] if len(vectors) else vectors), spoken


def only_speech(sound: Sound, stretches: Sequence[Speech]) -> Sound:
    """The speech of a sound, joined."""
    parts = [sound[int(s.start * SAMPLE_RATE) : int(s.end * SAMPLE_RATE)] for s in stretches]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def _speech(sound: Sound, activity: VoiceActivity) -> tuple[Speech, ...]:
    if not np.isfinite(sound).all():
        raise InvalidInput("the sound holds samples that are not numbers", code="likeness:sound:malformed")
    return activity.speech(sound) if sound.size else ()


def _seconds(stretches: Sequence[Speech]) -> float:
    return float(sum(stretch.end - stretch.start for stretch in stretches))


def _partials(speech: Sound, embedder: VoiceEmbedder) -> tuple[Vectors, NDArray[np.float64]]:
    vectors, windows = embedder.partials(speech)
    if vectors.shape != (len(windows), embedder.dimensions) or not np.isfinite(vectors).all():
        raise Broken("a voice's vector is of the wrong shape or not of numbers", code="likeness:template:malformed")
    return vectors, windows
