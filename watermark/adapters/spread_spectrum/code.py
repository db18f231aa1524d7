"""What the mark in pictures says: 64 bits and a CRC-24, in a convolutional code of rate 1/4.

The checksum is OpenPGP's CRC-24 (RFC 9580, 6.1.1).
"""

import numpy as np
from numpy.typing import NDArray

from watermark.adapters import convolutional

PAYLOAD_BITS = 64
CHECK_BITS = 24
MESSAGE_BITS = PAYLOAD_BITS + CHECK_BITS
CODED_BITS = MESSAGE_BITS * convolutional.RATE

_CRC_POLYNOMIAL = 0x1864CFB
_CRC_START = 0xB704CE
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
    return convolutional.encode(message_bits(payload))


def likeliest(likelihood: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The message bits, (88,), that soft bits most likely carry, whatever their checksum.

    Args:
        likelihood: shape (352,), log-likelihood ratios up to a common factor: positive for a zero, negative for a one.
    """
    bits: NDArray[np.uint8] = convolutional.decode(likelihood[None], np.float32)[0]
    return bits


def likely(likelihood: NDArray[np.float64]) -> list[NDArray[np.uint8]]:
    """Messages near the likeliest whose checksum fits, each (88,).

    The soft bits are shaken a little, again and again, and decoded each time: what comes out are words about as likely
    as the likeliest, and the checksum picks the right one among them (list decoding; it is worth half a decibel).

    Args:
        likelihood: as for `likeliest`.
    """
    # Any noise will do as long as it is the same on every machine and every day.
    noise = np.random.default_rng(0).standard_normal((_SHAKEN, CODED_BITS))
    shaken = likelihood + noise * (_SHAKE * likelihood.std())
    found = np.unique(convolutional.decode(shaken, np.float32), axis=0)
    return [bits for bits in found if payload_of(bits) is not None]
