"""Fingerprints of sound that need nothing installed; releases are found again by the same."""

import numpy as np
from numpy.typing import NDArray

from trust_kernel.media.sound_prints import sound_prints
from trust_kernel.media.sound_search import OWN, SoundScheme, SoundWords


class EnergyPrinter:
    """Signs of energy differences; see `trust_kernel.media.sound_prints`."""

    name = "energy-1"
    scheme: SoundScheme = OWN

    def prints(self, samples: NDArray[np.float32]) -> SoundWords:
        """Words of a sound, 32 ms apart."""
        return sound_prints(samples)
