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
_SHAKEN, _SHAKE = 256, 0.3
"""Times that soft bits are shaken, and how much, in their standard deviations."""


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
    return coded(message_bits(payload))


def coded(bits: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Coded bits, (352,), of message bits, (88,)."""
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
    return payload_of(likeliest(likelihood))


def likeliest(likelihood: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The message bits, (88,), that soft bits most likely carry, whatever their checksum."""
    bits: NDArray[np.uint8] = _viterbi(likelihood.reshape(1, MESSAGE_BITS, RATE))[0]
    return bits


def likely(likelihood: NDArray[np.float64]) -> list[NDArray[np.uint8]]:
    """Messages near the likeliest whose checksum fits, each (88,).

    The soft bits are shaken a little, again and again, and decoded each time: what comes out are words about as likely
    as the likeliest, and the checksum picks the right one among them (list decoding; it is worth half a decibel).

    Args:
        likelihood: as for `decode`.
    """
    # Any noise will do as long as it is the same on every machine and every day.
    noise = np.random.default_rng(0).standard_normal((_SHAKEN, CODED_BITS))
    shaken = likelihood + noise * (_SHAKE * likelihood.std())
    found = np.unique(_viterbi(shaken.reshape(_SHAKEN, MESSAGE_BITS, RATE)), axis=0)
    return [bits for bits in found if payload_of(bits) is not None]


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
    """The likeliest messages, (m, 88), of likelihoods (m, 88, 4)."""
    before, sent = _trellis()
    patterns = np.arange(1 << RATE)
    signs = np.stack([1.0 - 2.0 * (patterns >> bit & 1) for bit in range(RATE - 1, -1, -1)])
    gains = np.tile((likelihood @ signs).astype(np.float32), (1, _WRAPS, 1))
    many, steps = gains.shape[:2]
    metric = np.zeros((many, _STATES), np.float32)
    came_by = np.zeros((steps, many, _STATES), np.uint8)
    for step in range(steps):
        gain = gains[:, step]
        first = metric[:, before[:, 0]] + gain[:, sent[:, 0]]
        second = metric[:, before[:, 1]] + gain[:, sent[:, 1]]
        came_by[step] = second > first
        metric = np.maximum(first, second)
    bits = np.zeros((many, steps), np.uint8)
    state = metric.argmax(axis=1)
    each = np.arange(many)
    for step in range(steps - 1, -1, -1):
        bits[:, step] = state & 1
        state = before[state, came_by[step, each, state]]
    return bits[:, MESSAGE_BITS : 2 * MESSAGE_BITS]
