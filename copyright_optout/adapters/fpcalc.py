"""Chromaprint through its own program: `fpcalc` of Debian's libchromaprint-tools, beside us, never linked in.

It is given samples that were decoded in the sandbox, so nobody's file comes near its decoders.
"""

import json
import shutil
import subprocess

import numpy as np
from numpy.typing import NDArray

from copyright_optout.domain import OptOutReason
from trust_kernel.errors import Unavailable
from trust_kernel.media.refs import SAMPLE_RATE
from trust_kernel.media.sound_search import SoundScheme, SoundWords

SECONDS_A_WORD = 1365 / 11025
"""Chromaprint works at 11,025 Hz, in frames of 4,096 samples that overlap by two thirds (its `kOverlap`)."""
MOST_ERRORS = 0.15
"""Its bits are no fair coins: of 120 pairs of different sounds the nearest 4 s differed in 0.226 of them, while codecs
and noise at 10 dB change 0.09 at most (docs/decisions/0027)."""
_ALGORITHM = 2
"""CHROMAPRINT_ALGORITHM_TEST2, its default since 1.0."""
_TIMEOUT = 120.0
_PEAK = 32767


def find_fpcalc() -> str | None:
    """Where the program is; None where it is not installed."""
    return shutil.which("fpcalc")


class FpcalcPrinter:
    """Chromaprint words.

    Args:
        program: path of fpcalc.
    """

    name = f"chromaprint-{_ALGORITHM}"
    scheme = SoundScheme(step=SECONDS_A_WORD, kept_every=1, anchor_step=3, most_errors=MOST_ERRORS)

    def __init__(self, program: str) -> None:
        self._program = program

    def prints(self, samples: NDArray[np.float32]) -> SoundWords:
        """Words of a sound, 0.124 s apart; none for less than about three seconds.

        Raises:
            Unavailable: ``optout:printer:unavailable``: the program is gone, took too long, or failed.
        """
        sound = (np.clip(samples, -1, 1) * _PEAK).astype("<i2").tobytes()
        command = [
            self._program, "-raw", "-json", "-length", "0", "-algorithm", str(_ALGORITHM),
            "-format", "s16le", "-rate", str(SAMPLE_RATE), "-channels", "1", "-",
        ]  # fmt: skip
        try:
            # A program of the operator's system, found at start; its only input is samples.
            done = subprocess.run(command, input=sound, capture_output=True, check=False, timeout=_TIMEOUT)  # noqa: S603
        except (OSError, subprocess.TimeoutExpired) as error:
            raise _unavailable() from error
        return _words(done, len(samples) / SAMPLE_RATE)


_LEAST_SECONDS = 3.0


def _words(done: "subprocess.CompletedProcess[bytes]", seconds: float) -> SoundWords:
    try:
        words = json.loads(done.stdout)["fingerprint"]
        return np.array(words, np.int64).astype(np.uint32)
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        if seconds < _LEAST_SECONDS:
            return np.zeros(0, np.uint32)
        raise _unavailable() from error


def _unavailable() -> Unavailable:
    return Unavailable("fpcalc did not answer", code=OptOutReason.PRINTER_UNAVAILABLE)
