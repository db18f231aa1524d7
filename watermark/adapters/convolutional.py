"""A tail-biting convolutional code of rate 1/4 for messages of any length.

The code is the K = 9 one with generators 557, 663, 711, 745 (octal; Proakis, *Digital Communications*, table of
maximum free distance codes of rate 1/4: free distance 24). Tail-biting spends no bits on a tail; it is decoded by
running Viterbi three times round and keeping the middle.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

RATE = 4

_MEMORY = 8
_STATES = 1 << _MEMORY
_GENERATORS = (0o557, 0o663, 0o711, 0o745)
_WRAPS = 3


def encode(message: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Coded bits of a message.

    Args:
        message: zeros and ones of shape (n,), n at least 9.

    Returns:
        uint8 zeros and ones of shape (4 * n,).
    """
    taps = np.array([[generator >> age & 1 for age in range(_MEMORY + 1)] for generator in _GENERATORS], np.uint8)
    # Tail-biting: the bits before the first are the last ones, so the register is the message, rolled.
    register = np.stack([np.roll(message, age) for age in range(_MEMORY + 1)])
    return ((taps @ register).T & 1).astype(np.uint8).reshape(-1)


def decode(likelihood: NDArray[np.float64], precision: type[np.floating] = np.float64) -> NDArray[np.uint8]:
    """The messages that soft bits most likely carry.

    Args:
        likelihood: shape (messages, 4 * n), log-likelihood ratios up to a common factor for each message: positive for
            a zero, negative for a one.
        precision: of the sums along the trellis; float32 halves what many messages cost.

    Returns:
        uint8 zeros and ones of shape (messages, n).
    """
    count, bits = len(likelihood), likelihood.shape[1] // RATE
    before, sent = _trellis()
    patterns = np.arange(1 << RATE)
    signs = np.stack([1.0 - 2.0 * (patterns >> bit & 1) for bit in range(RATE - 1, -1, -1)])
    gains = (likelihood.reshape(count, bits, RATE) @ signs).astype(precision)
    metric = np.zeros((count, _STATES), precision)
    came_by = np.zeros((bits * _WRAPS, count, _STATES), np.bool_)
    for step in range(bits * _WRAPS):
        gain = gains[:, step % bits]
        first = metric[:, before[:, 0]] + gain[:, sent[:, 0]]
        second = metric[:, before[:, 1]] + gain[:, sent[:, 1]]
        came_by[step] = second > first
        metric = np.maximum(first, second)
    found = np.zeros((bits * _WRAPS, count), np.uint8)
    each, state = np.arange(count), metric.argmax(axis=1)
    for step in range(bits * _WRAPS - 1, -1, -1):
        found[step] = state & 1
        state = before[state, came_by[step, each, state].astype(np.intp)]
    return found[bits : 2 * bits].T.copy()


@lru_cache(maxsize=1)
def _trellis() -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """For every state: its two predecessors (256, 2), and the sign pattern 0..15 sent on the way in (256, 2)."""
    # A state is the last eight bits, the newest lowest: its predecessors differ in the bit that has dropped out.
    state = np.arange(_STATES)[:, None]
    dropped = np.arange(2)[None, :]
    before = state >> 1 | dropped << (_MEMORY - 1)
    register = before << 1 | state & 1
    sent = np.zeros_like(register)
    for generator in _GENERATORS:
        parity = np.array([int(value & generator).bit_count() & 1 for value in register.flat]).reshape(register.shape)
        sent = sent << 1 | parity
    return before.astype(np.intp), sent.astype(np.intp)
