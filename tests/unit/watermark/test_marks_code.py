"""The error-correcting code gives back what went in, or nothing."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from watermark.adapters.spread_spectrum import chance, code
from watermark.adapters.spread_spectrum.patterns import pattern, roles_of
from watermark.adapters.spread_spectrum.schedule import Schedule

payloads = st.integers(0, 2**64 - 1)


def soft_bits(payload: int) -> NDArray[np.float64]:
    return 1.0 - 2.0 * code.encode(payload).astype(np.float64)


def decoded(soft: NDArray[np.float64]) -> int | None:
    return code.payload_of(code.likeliest(soft))


@given(payloads)
@settings(max_examples=40, deadline=None)
def test_every_payload_comes_back(payload: int) -> None:
    assert decoded(soft_bits(payload)) == payload


def test_of_two_hundred_payloads_all_but_one_come_back_through_noise_as_loud_as_themselves() -> None:
    # Not every one of any: noise this loud makes another word likelier once in some 1,500.
    random = np.random.default_rng(11)
    drawn = [int(each) for each in random.integers(0, 2**63, 200)]
    noise = random.standard_normal((len(drawn), code.CODED_BITS))
    back = sum(decoded(soft_bits(payload) + each) == payload for payload, each in zip(drawn, noise, strict=True))
    assert back >= len(drawn) - 1


@given(payloads, st.sets(st.integers(0, code.CODED_BITS - 1), max_size=11))
@settings(max_examples=40, deadline=None)
def test_eleven_wrong_bits_never_matter(payload: int, wrong: set[int]) -> None:
    soft = soft_bits(payload)
    soft[list(wrong)] *= -1
    assert decoded(soft) == payload


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_noise_alone_says_nothing(seed: int) -> None:
    assert decoded(np.random.default_rng(seed).standard_normal(code.CODED_BITS)) is None


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
    roles = roles_of(b"a key that never changes")
    secret = b"".join(
        part.astype("<i4").tobytes() for part in (roles.across, roles.down, roles.sync, roles.coded_bit, roles.signs)
    )
    assert hashlib.sha256(secret).hexdigest()[:16] == "e96562c4b503f91e"
    order = Schedule(b"a key that never changes", 0x0123456789ABCDEF)
    assert hashlib.sha256(order.numbers.astype("<i4").tobytes()).hexdigest()[:16] == "b93f40b4eb90f9e7"
    assert hashlib.sha256(code.encode(0x0123456789ABCDEF).tobytes()).hexdigest()[:16] == "d12ba9a7a1f72120"


@pytest.mark.parametrize(("one", "other"), [((b"one", 0), (b"other", 0)), ((b"one", 0), (b"one", 1))])
def test_two_keys_and_two_patterns_of_one_share_nothing(one: tuple[bytes, int], other: tuple[bytes, int]) -> None:
    first, second = (pattern(roles_of(key), number, 7) for key, number in (one, other))
    surface = np.fft.irfft2(np.fft.rfft2(first) * np.fft.rfft2(second).conj(), s=first.shape) / first.size
    assert np.abs(surface).max() < 0.1


def test_a_pattern_repeats_nowhere_in_a_picture() -> None:
    plain = pattern(roles_of(b"one"), 0, 7)
    surface = np.fft.irfft2(np.abs(np.fft.rfft2(plain)) ** 2, s=plain.shape) / plain.size
    surface[:8, :8] = surface[-8:, :8] = surface[:8, -8:] = surface[-8:, -8:] = 0
    assert np.abs(surface).max() < 0.2


@given(st.floats(chance.MATCHED, 30), st.integers(1, 1000))
def test_chance_falls_with_the_statistic_and_rises_with_attempts(matched: float, attempts: int) -> None:
    assert chance.bound(matched + 1, attempts) < chance.bound(matched, attempts) <= chance.bound(matched, attempts + 1)


def test_the_gate_keeps_false_marks_rarer_than_promised() -> None:
    assert chance.ACCEPTED <= 1e-9
    assert chance.bound(12.2, 100) <= chance.ACCEPTED < chance.bound(chance.MATCHED, 100)
