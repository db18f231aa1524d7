"""What every embedder does to a network's raw answer."""

import numpy as np
from numpy.typing import NDArray

from likeness_guard.ports import Vectors
from trust_kernel.errors import Broken
from trust_kernel.inference.reasons import ModelReason


def checked(raw: NDArray[np.float32], rows: int, dimensions: int) -> NDArray[np.float32]:
    """A network's answer as float32 (rows, dimensions).

    A vector that is not a number would compare as "nobody": it is an outage, never a vector.

    Raises:
        Broken: ``model:output:shape`` or ``model:output:not_finite``.
    """
    answer = np.asarray(raw, np.float32)
    if answer.shape[:1] == (rows,) and answer.size == rows * dimensions:
        answer = answer.reshape(rows, dimensions)
    if answer.shape != (rows, dimensions):
        expected = f"({rows}, {dimensions})"
        raise Broken(f"the model gives {answer.shape} where {expected} was promised", code=ModelReason.OUTPUT_SHAPE)
    if not np.isfinite(answer).all():
        raise Broken("the model gives numbers that are not finite", code=ModelReason.OUTPUT_NOT_FINITE)
    return answer


def unit(rows: NDArray[np.float32]) -> Vectors:
    """Rows of length 1; a row of zeros stays one."""
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), np.float32)
