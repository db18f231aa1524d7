"""No model of looks: look-alikes are not searched, and whoever asks is told so."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class NullLooks:
    """Sees nothing. The default: which model fits is for the operator to say, and its licence to allow."""

    version = ""
    dimensions = 1
    threshold = 1.0

    @property
    def is_installed(self) -> bool:
        """It is not."""
        return False

    def embed(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Nothing for any picture: vectors of no length."""
        return np.zeros((len(pictures), self.dimensions), np.float32)
