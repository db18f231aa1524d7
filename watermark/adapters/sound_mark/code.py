"""What the mark in sound says: 32 bits and a CRC-16, in a convolutional code of rate 1/4.

The checksum is CRC-16/IBM-3740 (also called CCITT-FALSE; polynomial 1021, start FFFF, no reflection).
"""

import binascii

import numpy as np
from numpy.typing import NDArray

from watermark.adapters import convolutional
from watermark.domain.marks import SOUND_BITS

CHECK_BITS = 16
MESSAGE_BITS = SOUND_BITS + CHECK_BITS
CODED_BITS = MESSAGE_BITS * convolutional.RATE
_CRC_START = 0xFFFF


def crc16(payload: int) -> int:
    """CRC-16/IBM-3740 of a 32-bit number, most significant byte first."""
    return binascii.crc_hqx(payload.to_bytes(SOUND_BITS // 8, "big"), _CRC_START)


def message_bits(payload: int) -> NDArray[np.uint8]:
    """Payload and checksum as bits, shape (48,), most significant first."""
    message = (payload << CHECK_BITS) | crc16(payload)
    return np.unpackbits(np.frombuffer(message.to_bytes(MESSAGE_BITS // 8, "big"), np.uint8))


def payload_of(bits: NDArray[np.uint8]) -> int | None:
    """The payload of 48 message bits; None where the checksum is wrong."""
    message = int.from_bytes(np.packbits(bits).tobytes(), "big")
    payload, check = message >> CHECK_BITS, message & ((1 << CHECK_BITS) - 1)
    return payload if crc16(payload) == check else None


def encode(payload: int) -> NDArray[np.uint8]:
    """Coded bits of a payload in [0, 2**32): uint8 zeros and ones of shape (192,)."""
    return convolutional.encode(message_bits(payload))


def decode(likelihood: NDArray[np.float64]) -> int | None:
    """The payload that soft bits most likely carry.

    Args:
        likelihood: shape (192,), log-likelihood ratios up to a common factor: positive for a zero, negative for a one.

    Returns:
        The payload, or None where the checksum is wrong.
    """
    return payload_of(convolutional.decode(likelihood[None])[0])
