"""The error-correcting code and the pattern of the mark in sound."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watermark.adapters import convolutional
from watermark.adapters.sound_mark import code
from watermark.adapters.sound_mark.pattern import BINS, PERIOD, SYNC_SHARE, SoundPattern
from watermark.domain.marks import MarkKey

payloads = st.integers(0, (1 << 32) - 1)


def test_the_checksum_is_the_published_one() -> None:
    # CRC-16/IBM-3740 of "1234" as four bytes, from the definition, bit by bit.
    crc = 0xFFFF
    for bit in np.unpackbits(np.frombuffer(b"1234", np.uint8)):
        top = (crc >> 15) ^ int(bit)
        crc = (crc << 1 & 0xFFFF) ^ (0x1021 if top else 0)
    assert code.crc16(int.from_bytes(b"1234", "big")) == crc


@settings(max_examples=25, deadline=None)
@given(payloads, st.integers(0, 2**32 - 1))
def test_any_payload_survives_a_sixth_of_its_bits_turned_over(payload: int, seed: int) -> None:
    soft = (1.0 - 2.0 * code.encode(payload)).astype(np.float64)
    turned = np.random.default_rng(seed).choice(code.CODED_BITS, code.CODED_BITS // 16, replace=False)
    soft[turned] *= -0.5
    assert code.decode(soft) == payload


@settings(max_examples=50, deadline=None)
@given(payloads, st.integers(0, code.MESSAGE_BITS - 1))
def test_a_message_with_one_wrong_bit_carries_no_payload(payload: int, place: int) -> None:
    bits = code.message_bits(payload)
    assert code.payload_of(bits) == payload
    bits[place] ^= 1
    assert code.payload_of(bits) is None


def test_noise_alone_hardly_ever_has_a_right_checksum() -> None:
    noise = np.random.default_rng(1).standard_normal((200, code.CODED_BITS))
    right = [code.payload_of(bits) for bits in convolutional.decode(noise)]
    assert right == [None] * 200


@settings(max_examples=10, deadline=None)
@given(st.integers(9, 100), st.integers(0, 2**32 - 1))
def test_messages_of_any_length_come_back_and_several_at_once(length: int, seed: int) -> None:
    messages = np.random.default_rng(seed).integers(0, 2, (3, length), dtype=np.uint8)
    coded = np.stack([convolutional.encode(message) for message in messages])
    assert coded.shape == (3, length * convolutional.RATE)
    assert np.array_equal(convolutional.decode((1.0 - 2.0 * coded).astype(np.float64)), messages)


def test_the_code_is_that_of_the_mark_in_pictures() -> None:
    from watermark.adapters.spread_spectrum import code as pictures

    payload = 0x0123_4567_89AB_CDEF
    assert np.array_equal(convolutional.encode(pictures.message_bits(payload)), pictures.encode(payload))


@settings(max_examples=8, deadline=None)
@given(st.binary(min_size=1, max_size=40), payloads)
def test_a_pattern_raises_and_lowers_and_says_its_payload_under_any_key(secret: bytes, payload: int) -> None:
    pattern = SoundPattern(MarkKey("1", secret))
    tile = pattern.tile(payload)
    assert tile.shape == (PERIOD, BINS)
    assert set(np.unique(tile)) == {-1.0, 1.0}
    assert abs(float(tile.mean())) < 0.03
    assert code.decode(pattern.soft_bits(tile)) == payload


def test_every_coded_bit_has_its_share_of_cells_in_every_three_seconds() -> None:
    pattern = SoundPattern(MarkKey("1", b"any"))
    assert float((pattern.coded_bit < 0).mean()) == pytest.approx(SYNC_SHARE)
    some = pattern.coded_bit[40 : 40 + 94]
    counts = np.bincount(some[some >= 0], minlength=code.CODED_BITS)
    assert counts.min() > 60


def test_two_keys_share_nothing() -> None:
    one, other = (SoundPattern(MarkKey(name, name.encode())).tile(7) for name in "ab")
    assert abs(float((one * other).mean())) < 0.02


def test_a_pattern_stays_the_same_for_ever() -> None:
    # Marks must be readable for years: a change here makes every mark made before unreadable.
    pattern = SoundPattern(MarkKey("1", b"fixed"))
    tile = pattern.tile(0xDEADBEEF)

    assert hashlib.sha256(np.packbits(tile > 0).tobytes()).hexdigest()[:16] == "1c6289d74eb669f0"
