"""Spoken phrases by PocketSphinx, whose English acoustic model and dictionary come inside its package (BSD).

Keyphrase spotting: each phrase is a chain of sounds that runs beside a loop of any sounds, and is heard where it is
so much likelier than the loop. Words that the dictionary lacks are spelt into sounds by rules (`letter_sounds`).
"""

import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator_gateway.adapters.letter_sounds import sounds_of, words_of
from generator_gateway.ports.reading import HeardPhrase
from trust_kernel.inference.sphinx import sphinx_decoder, sphinx_samples, sphinx_seconds

_MARGIN = 0.3
"""Seconds of noise before and after."""
_MOST_WORDS = 4
_LEAST_SOUNDS = 7
"""Sounds of a phrase at least: shorter ones are heard in everything."""
_LOOP = 1e-4
"""Probability of passing from one of any sounds to the next: less has everything heard, more nothing."""
_STRICT = 0.4
"""A phrase of n sounds may be less likely than any sounds by 10 to the power of this times n. Both were chosen by
`benchmarks/spoken.py`: of 1e-3 to 1e-14 and 0.3 to 4 these hear most for few sentences misheard."""


class PocketSphinxPhrases:
    """A `SpeechReader`; the decoder is made at first use, and anew where other phrases are asked for."""

    version = "pocketsphinx-5.1.1-en-us"
    threshold = 0.8

    def __init__(self) -> None:
        self._decoder: Any = None
        self._phrases: tuple[str, ...] | None = None
        self._spelt: dict[str, str] = {}
        self._lock = threading.Lock()

    def spot(self, sound: NDArray[np.float32], phrases: Sequence[str]) -> tuple[HeardPhrase, ...]:
        """Where phrases are said, in order of time.

        Raises:
            Unavailable: ``model:pack:not_installed``, the package is not installed.
        """
        if not sound.size:
            return ()
        pcm = sphinx_samples(sound, _MARGIN)
        with self._lock:  # a decoder holds one utterance
            decoder = self._prepared_decoder(tuple(phrases))
            if decoder is None:
                return ()
            decoder.start_utt()
            decoder.process_raw(pcm, full_utt=True)
            decoder.end_utt()
            heard = [(one.word.strip(), one.start_frame, one.end_frame, one.prob) for one in decoder.seg() or ()]
            spelt = dict(self._spelt)
        found = [
            HeardPhrase(
                spelt[words],
                (sphinx_seconds(start, _MARGIN), sphinx_seconds(end + 1, _MARGIN)),
                round(min(1.0, chance), 3),
            )
            for words, start, end, chance in heard
            if words in spelt and chance >= self.threshold
        ]
        return tuple(sorted(found, key=lambda one: one.seconds))

    def _prepared_decoder(self, phrases: tuple[str, ...]) -> Any:
        """The decoder with these phrases; None where none of them can be listened for."""
        if self._decoder is None:
            self._decoder = sphinx_decoder(kws_plp=_LOOP)
        if self._phrases != phrases:
            self._spelt = {}
            lines: list[str] = []
            for phrase in phrases:
                line = self._line(phrase)
                if line:
                    lines.append(line)
            if lines:
                _listen(self._decoder, lines)
            self._phrases = phrases
        return self._decoder if self._spelt else None

    def _line(self, phrase: str) -> str:
        """A phrase and its threshold as the decoder's list has it; "" where it cannot be listened for."""
        words = words_of(phrase)
        if not 0 < len(words) <= _MOST_WORDS:
            return ""
        length = 0
        for word in words:
            known = self._decoder.lookup_word(word)
            sounds = known or sounds_of(word)
            if not sounds:
                return ""
            if known is None:
                self._decoder.add_word(word, sounds, True)
            length += len(sounds.split())
        spelt = " ".join(words)
        if length < _LEAST_SOUNDS or spelt in self._spelt:
            return ""
        self._spelt[spelt] = phrase
        return f"{spelt} /1e-{round(_STRICT * length)}/"


def _listen(decoder: Any, lines: Sequence[str]) -> None:
    """Hand the decoder its list, which it takes from a file alone."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "phrases"
        path.write_text("\n".join(lines) + "\n", encoding="ascii")
        decoder.add_kws("names", str(path))
    decoder.activate_search("names")
