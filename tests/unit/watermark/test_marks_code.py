"""The error-correcting code gives back what went in, or nothing."""

import hashlib

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from watermark.adapters.spread_spectrum import code
from watermark.adapters.spread_spectrum.tile import carriers, tile

payloads = st.integers(0, 2**64 - 1)


def soft_bits(payload: int) -> NDArray[np.float64]:
    return 1.0 - 2.0 * code.encode(payload).astype(np.float64)


@given(payloads)
@settings(max_examples=40, deadline=None)
def test_every_payload_comes_back(payload: int) -> None:
    assert code.decode(soft_bits(payload)) == payload


@given(payloads, st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_a_payload_comes_back_through_noise_as_loud_as_itself(payload: int, seed: int) -> None:
    noise = np.random.default_rng(seed).standard_normal(code.CODED_BITS)
    assert code.decode(soft_bits(payload) + noise) == payload


@given(payloads, st.sets(st.integers(0, code.CODED_BITS - 1), max_size=11))
@settings(max_examples=40, deadline=None)
def test_eleven_wrong_bits_never_matter(payload: int, wrong: set[int]) -> None:
    soft = soft_bits(payload)
    soft[list(wrong)] *= -1
    assert code.decode(soft) == payload


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_noise_alone_says_nothing(seed: int) -> None:
    assert code.decode(np.random.default_rng(seed).standard_normal(code.CODED_BITS)) is None


@given(payloads, st.integers(0, code.MESSAGE_BITS - 1))
def test_one_wrong_message_bit_fails_the_checksum(payload: int, wrong: int) -> None:
    bits = code.message_bits(payload)
    bits[wrong] ^= 1
    assert code.payload_of(bits) is None


def test_the_checksum_is_the_published_one() -> None:
    # OpenPGP's CRC-24 bit by bit over the message as polynomial, from the definition instead of the byte loop.
    message = int.from_bytes(b"placet!!", "big")
    remainder = 0xB704CE << 64 ^ message << 24
    for place in range(64 + 24 - 1, 23, -1):
        if remainder >> place & 1:
            remainder ^= 0x1864CFB << (place - 24)
    assert code.crc24(message) == remainder


def test_marks_written_today_can_be_read_in_years() -> None:
    """The keyed pattern is a format: whoever changes it makes every mark that is out there unreadable."""
    roles = carriers(b"a key that never changes")
    secret = b"".join(
        part.astype("<i4").tobytes()
        for part in (roles.sync, roles.sync_signs, roles.data, roles.data_signs, roles.coded_bit)
    )
    assert hashlib.sha256(secret).hexdigest()[:16] == "d72159a0f75e753f"
    assert hashlib.sha256(code.encode(0x0123456789ABCDEF).tobytes()).hexdigest()[:16] == "d12ba9a7a1f72120"


def test_two_keys_share_nothing() -> None:
    one, other = tile(carriers(b"one"), 7), tile(carriers(b"other"), 7)
    surface = np.fft.irfft2(np.fft.rfft2(one) * np.fft.rfft2(other).conj(), s=one.shape) / one.size
    assert np.abs(surface).max() < 0.25
