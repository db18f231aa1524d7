"""Voices of the demo people: espeak-ng's formant synthesis, through the shared library inside `espeakng_loader`.

No recording of anybody is needed, and each recipe is a voice of its own to the speaker encoder: `length` stretches the
vocal tract (all formants), which tells voices apart better than pitch does. Each utterance has a process of its own,
about 60 ms (`espeak.py` says why).
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from placet.demo.espeak import NO_SUCH_VOICE
from trust_kernel.errors import Broken, InvalidInput
from trust_kernel.media.refs import SAMPLE_RATE

_FULL_SCALE = 32768.0
_LONGEST_TEXT = 4000
_SLOWEST, _FASTEST = 80, 450  # words a minute that espeak-ng takes
_PATIENCE = 60  # seconds


@dataclass(frozen=True, slots=True)
class VoiceRecipe:
    """How to make one voice.

    Attributes:
        variant: espeak-ng voice and variant, "en-us+m3" for example.
        pitch: 0 to 99; 50 is the variant's own.
        rate: words a minute as heard, 80 to 300.
        length: vocal tract relative to the variant's, 0.8 (smaller person) to 1.25; pitch moves with it.
        melody: how much the pitch moves, 0 to 99.
    """

    variant: str
    pitch: int = 50
    rate: int = 160
    length: float = 1.0
    melody: int = 50


VOICES: Mapping[str, VoiceRecipe] = MappingProxyType(
    {
        "ada": VoiceRecipe("en-us+f1", length=0.88, rate=165),
        "bruno": VoiceRecipe("en-us+Gene", pitch=20, rate=165),
        "carla": VoiceRecipe("en-us+anika", length=1.14, rate=165),
        "dario": VoiceRecipe("en-us+caleb", length=1.14, rate=165),
        "elena": VoiceRecipe("en-us+Alicia", length=1.14, rate=165),
        "fabio": VoiceRecipe("en-us+Marco", length=1.14, rate=165),
        "greta": VoiceRecipe("en-us+iven", pitch=80, rate=165),
        "figure": VoiceRecipe("en-us+m8", length=0.88, rate=165),
    }
)
"""Recipes by the handle of who speaks; chosen out of 350 for being far apart to the GE2E speaker encoder: the closest
sentences of two of them have cosine 0.63, different sentences of one at least 0.90. "figure" is the public figure."""


def speak(text: str, voice: VoiceRecipe) -> NDArray[np.float32]:
    """Speak a text.

    Args:
        text: 1 to 4,000 characters.
        voice: whose voice.

    Returns:
        float32 mono at 16 kHz in [-0.9, 0.9], equal for equal arguments.

    Raises:
        InvalidInput: no such voice, or nothing to say.
    """
    if not 0 < len(text.strip()) <= _LONGEST_TEXT:
        raise InvalidInput("the text must have 1 to 4,000 characters", field="text", limit=f"{_LONGEST_TEXT}")
    import soxr

    sound, rate = _spoken(text, voice)
    # Reading the samples at a lower rate than they were made at lengthens the vocal tract.
    heard: NDArray[np.float32] = soxr.resample(sound, rate / voice.length, SAMPLE_RATE).astype(np.float32)
    peak = float(np.abs(heard).max())
    return heard * np.float32(0.9 / peak) if peak > 0 else heard


def _spoken(text: str, voice: VoiceRecipe) -> tuple[NDArray[np.float32], int]:
    # What is stretched afterwards slows down with it, so it is spoken faster first.
    rate = int(np.clip(voice.rate * voice.length, _SLOWEST, _FASTEST))
    asked = {"text": text, "variant": voice.variant, "rate": rate, "pitch": voice.pitch, "melody": voice.melody}
    done = subprocess.run(
        [sys.executable, "-I", "-m", "placet.demo.espeak"],
        input=json.dumps(asked).encode(),
        capture_output=True,
        timeout=_PATIENCE,
        check=False,
    )
    if done.returncode == NO_SUCH_VOICE:
        raise InvalidInput(f"espeak-ng has no voice {voice.variant!r}", field="variant")
    if done.returncode != 0:
        raise Broken("espeak-ng could not speak", code="demo:voice:failed")
    samples = np.frombuffer(done.stdout, "<i2", offset=4).astype(np.float32) / np.float32(_FULL_SCALE)
    if not samples.any():
        raise InvalidInput("this text says nothing", field="text")
    return samples, int.from_bytes(done.stdout[:4], "little")
