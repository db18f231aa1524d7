"""Spoken digits by PocketSphinx, whose English acoustic model comes inside its package (BSD).

A grammar of ten words and six to ten of them, so nothing else can be understood. English alone: Italian digits spelt
in the English model's sounds were understood in one of three tries.
"""

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consent_registry.domain.challenges import HeardDigit
from trust_kernel.errors import Unavailable
from trust_kernel.media.refs import SAMPLE_RATE

_PEAK = 0.5
_FLOOR = 0.002
"""Noise laid under the sound: the model was never trained on digital silence, and mishears every third digit in it."""
_MARGIN = 0.4
"""Seconds of noise before and after."""
_FRAMES_A_SECOND = 100
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_VALUES = {**{word: digit for digit, word in enumerate(_WORDS)}, "oh": 0}
_LEAST, _MOST = 6, 10
_GRAMMAR = f"""#JSGF V1.0;
grammar digits;
<digit> = {" | ".join(_VALUES)};
public <digits> = {"<digit> " * _LEAST}{"[<digit>] " * (_MOST - _LEAST)};
"""
_INSERTING = 0.02
"""Word insertion penalty. Of 24 sequences of six digits by six synthetic voices 20 came out with at most one error;
with the default of 0.65 and any number of digits 14: noise sounds like "eight"."""


class PocketSphinxDigits:
    """`DigitRecogniser` with PocketSphinx; the decoder is made at first use."""

    languages: Sequence[str] = ("en",)

    def __init__(self) -> None:
        self._loaded: Any = None
        self._lock = threading.Lock()

    def recognise(self, sound: NDArray[np.float32], language: str) -> tuple[HeardDigit, ...]:
        """Six to ten digits in order of time, or none.

        Raises:
            Unavailable: ``model:pack:not_installed``, the package is not installed.
        """
        del language  # it knows one
        pcm = _prepared(sound)
        with self._lock:  # a decoder holds one utterance
            decoder = self._decoder()
            decoder.start_utt()
            decoder.process_raw(pcm, full_utt=True)
            decoder.end_utt()
            heard = [(one.word.split("(")[0], one.start_frame, one.end_frame) for one in decoder.seg() or ()]
        return tuple(
            HeardDigit(_VALUES[word], _seconds(start), _seconds(end + 1))
            for word, start, end in heard
            if word in _VALUES
        )

    def _decoder(self) -> Any:
        if self._loaded is None:
            try:
                from pocketsphinx import Decoder
            except ImportError as error:
                raise Unavailable("pocketsphinx is not installed", code="model:pack:not_installed") from error
            decoder = Decoder(lm=None, samprate=SAMPLE_RATE, loglevel="FATAL", wip=_INSERTING, cmn="batch")
            decoder.add_jsgf_string("digits", _GRAMMAR)
            decoder.activate_search("digits")
            self._loaded = decoder
        return self._loaded


def _prepared(sound: NDArray[np.float32]) -> bytes:
    """The sound at an even level with a floor of noise, as 16-bit samples; equal for equal sounds."""
    margin = np.zeros(round(_MARGIN * SAMPLE_RATE), np.float32)
    whole = np.concatenate([margin, sound, margin])
    whole = whole * np.float32(_PEAK / max(float(np.abs(whole).max()), 1e-4))
    whole = whole + np.random.default_rng(0).standard_normal(whole.size).astype(np.float32) * np.float32(_FLOOR)
    return bytes((np.clip(whole, -1, 1) * 32767).astype("<i2").tobytes())


def _seconds(frame: int) -> float:
    return max(0.0, frame / _FRAMES_A_SECOND - _MARGIN)
