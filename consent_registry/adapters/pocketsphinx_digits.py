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
from trust_kernel.inference.sphinx import sphinx_decoder, sphinx_samples, sphinx_seconds

_MARGIN = 0.4
"""Seconds of noise before and after."""
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
        pcm = sphinx_samples(sound, _MARGIN)
        with self._lock:  # a decoder holds one utterance
            decoder = self._decoder()
            decoder.start_utt()
            decoder.process_raw(pcm, full_utt=True)
            decoder.end_utt()
            heard = [(one.word.split("(")[0], one.start_frame, one.end_frame) for one in decoder.seg() or ()]
        return tuple(
            HeardDigit(_VALUES[word], sphinx_seconds(start, _MARGIN), sphinx_seconds(end + 1, _MARGIN))
            for word, start, end in heard
            if word in _VALUES
        )

    def _decoder(self) -> Any:
        if self._loaded is None:
            decoder = sphinx_decoder(wip=_INSERTING)
            decoder.add_jsgf_string("digits", _GRAMMAR)
            decoder.activate_search("digits")
            self._loaded = decoder
        return self._loaded
