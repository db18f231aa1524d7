"""The error-correcting code: 64 bits and a CRC-24 in a tail-biting convolutional code of rate 1/4.

The code is the K = 9 one with generators 557, 663, 711, 745 (octal; Proakis, *Digital Communications*, table of
maximum free distance codes of rate 1/4: free distance 24). Tail-biting spends no bits on a tail; it is decoded by
running Viterbi three times round and keeping the middle. The checksum is OpenPGP's CRC-24 (RFC 9580, 6.1.1).
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

PAYLOAD_BITS = 64
CHECK_BITS = 24
MESSAGE_BITS = PAYLOAD_BITS + CHECK_BITS
RATE = 4
CODED_BITS = MESSAGE_BITS * RATE

_MEMORY = 8
_STATES = 1 << _MEMORY
_GENERATORS = (0o557, 0o663, 0o711, 0o745)
_CRC_POLYNOMIAL = 0x1864CFB
_CRC_START = 0xB704CE
_WRAPS = 3


def crc24(payload: int) -> int:
    """OpenPGP's CRC-24 of a 64-bit number, most significant byte first."""
    crc = _CRC_START
    for byte in payload.to_bytes(PAYLOAD_BITS // 8, "big"):
        crc ^= byte << 16
        for _ in range(8):
            crc <<= 1
            if crc & 0x1000000:
                crc ^= _CRC_POLYNOMIAL
    return crc


def message_bits(payload: int) -> NDArray[np.uint8]:
    """Payload and checksum as bits, shape (88,), most significant first."""
    message = (payload << CHECK_BITS) | crc24(payload)
    return np.unpackbits(np.frombuffer(message.to_bytes(MESSAGE_BITS // 8, "big"), np.uint8))


def payload_of(bits: NDArray[np.uint8]) -> int | None:
    """The payload of 88 message bits; None where the checksum is wrong."""
    message = int.from_bytes(np.packbits(bits).tobytes(), "big")
    payload, check = message >> CHECK_BITS, message & ((1 << CHECK_BITS) - 1)
    return payload if crc24(payload) == check else None


def encode(payload: int) -> NDArray[np.uint8]:
    """Coded bits of a payload.

    Args:
        payload: in [0, 2**64).

    Returns:
        uint8 zeros and ones of shape (352,).
    """
    bits = message_bits(payload)
    taps = np.array([[generator >> age & 1 for age in range(_MEMORY + 1)] for generator in _GENERATORS], np.uint8)
    # Tail-biting: the bits before the first are the last ones, so the register is the message, rolled.
    register = np.stack([np.roll(bits, age) for age in range(_MEMORY + 1)])
    return ((taps @ register).T & 1).astype(np.uint8).reshape(-1)


def decode(likelihood: NDArray[np.float64]) -> int | None:
    """The payload that soft bits most likely carry.

    Args:
        likelihood: shape (352,), log-likelihood ratios up to a common factor: positive for a zero, negative for a one.

    Returns:
        The payload, or None where the checksum is wrong.
    """
    return payload_of(_viterbi(likelihood.reshape(MESSAGE_BITS, RATE)))


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


def _viterbi(likelihood: NDArray[np.float64]) -> NDArray[np.uint8]:
    before, sent = _trellis()
    patterns = np.arange(1 << RATE)
    signs = np.stack([1.0 - 2.0 * (patterns >> bit & 1) for bit in range(RATE - 1, -1, -1)])
    gains = np.tile(likelihood @ signs, (_WRAPS, 1))
    metric = np.zeros(_STATES)
    came_by = np.zeros((len(gains), _STATES), np.uint8)
    for step, gain in enumerate(gains):
        candidates = metric[before] + gain[sent]
        by_second = candidates[:, 1] > candidates[:, 0]
        came_by[step] = by_second
        metric = np.where(by_second, candidates[:, 1], candidates[:, 0])
    bits = np.zeros(len(gains), np.uint8)
    state = int(metric.argmax())
    for step in range(len(gains) - 1, -1, -1):
        bits[step] = state & 1
        state = int(before[state, came_by[step, state]])
    return bits[MESSAGE_BITS : 2 * MESSAGE_BITS]
