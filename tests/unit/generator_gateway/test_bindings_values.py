"""Values of soft bindings and ISCC codes taken apart."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator_gateway.ports.bindings import BindingReason, ByteCodes
from generator_gateway.service.bindings_iscc import read_code, read_units
from generator_gateway.service.bindings_values import MOST_TEXT, Algorithms, Binding, read_value
from trust_kernel.errors import InvalidInput

DATA = bytes.fromhex("57cddd9bfc91b981bd43a8737f072297")
INSTANCE = bytes.fromhex("916e1409b7f711463cb3cbd86a7dd930")
WIDE = "ISCC:K4AFPTO5TP6JDOMBXVB2Q437A4RJPELOCQE3P5YRIY6LHS6YNJ65SMA"
PLAIN = "ISCC:KUAFPTO5TP6JDOMBSFXBICNX64IUM"
DATA_UNIT = "ISCC:GADVPTO5TP6JDOMBXVB2Q437A4RJPXFPAOI2KPVDQUAERTMQEBLRKEY"
INSTANCE_UNIT = "ISCC:IADZC3QUBG37OEKGHSZ4XWDKPXMTAIA35T6MZTZUEHR3BIRW4OJTODQ"


def text_of(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def bytes_of(code: str) -> bytes:
    body = code.removeprefix("ISCC:")
    return base64.b32decode(body + "=" * (-len(body) % 8))


def test_a_wide_composite_code_holds_128_bits_of_each_unit() -> None:
    assert read_code(WIDE) == ByteCodes(DATA, INSTANCE)
    assert read_code(WIDE.removeprefix("ISCC:").lower()) == ByteCodes(DATA, INSTANCE)


def test_a_plain_composite_code_holds_64() -> None:
    assert read_code(PLAIN) == ByteCodes(DATA[:8], INSTANCE[:8])


def test_single_units_are_read_by_their_kind() -> None:
    assert read_code(DATA_UNIT) == ByteCodes(data=DATA)
    assert read_code(INSTANCE_UNIT) == ByteCodes(instance=INSTANCE)


def test_units_follow_each_other_and_others_are_passed_over() -> None:
    content = bytes((0x20, 0x01)) + bytes(8)
    assert read_units(bytes_of(DATA_UNIT) + content + bytes_of(INSTANCE_UNIT)) == ByteCodes(DATA, INSTANCE)


# The last four are rejected by IEP-0020 too: a composite code, an ISCC-ID, a body cut off, a byte too many.
@pytest.mark.parametrize(
    "raw",
    ["", "20", "2801000000000000", "50050000000000000000", "6010000000000000000000", "3000000000", "30000000000000"],
)
def test_what_is_no_sequence_of_units_is_refused(raw: str) -> None:
    with pytest.raises(ValueError, match=r"ISCC|unit"):
        read_units(bytes.fromhex(raw))


@pytest.mark.parametrize("text", ["", "ISCC:", "ISCC:K4A", "hello world", "ISCC:K4AFPTO5", "ISCC:1111"])
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="ISCC"):
        read_code(text)


@given(raw=st.binary(max_size=80))
def test_no_bytes_make_reading_units_fail_otherwise(raw: bytes) -> None:
    try:
        found = read_units(raw)
    except ValueError:
        return
    assert len(found.data) <= 16
    assert len(found.instance) <= 16


@given(number=st.integers(0, (1 << 64) - 1))
def test_any_release_number_is_read_from_its_eight_bytes(number: int) -> None:
    raw = number.to_bytes(8, "big")
    for written in (text_of(raw), text_of(raw).rstrip("="), base64.urlsafe_b64encode(raw).decode()):
        assert read_value(Binding.MARK, written).number == number


def test_a_number_that_was_encoded_twice_is_read() -> None:
    assert read_value(Binding.MARK, text_of(text_of((5).to_bytes(8, "big")).encode())).number == 5


def test_an_unescaped_plus_sign_is_understood() -> None:
    raw = b"\xfb\xef\xbe\xfb"
    assert "+" in text_of(raw)
    assert read_value(Binding.SOUND_MARK, text_of(raw).replace("+", " ")).number == int.from_bytes(raw, "big")


def test_hashes_words_and_codes_are_read_in_order() -> None:
    assert read_value(Binding.PICTURES, text_of(b"\x01" * 32 + b"\x02" * 32)).prints.pictures == ("01" * 32, "02" * 32)
    assert read_value(Binding.SOUND, text_of(b"\0\0\0\1\xff\xff\xff\xff")).prints.sound == (1, 0xFFFFFFFF)
    units = bytes_of(DATA_UNIT) + bytes_of(INSTANCE_UNIT)
    assert read_value(Binding.ISCC, text_of(units)).codes == ByteCodes(DATA, INSTANCE)
    assert read_value(Binding.ISCC, text_of(WIDE.encode())).codes == ByteCodes(DATA, INSTANCE)


@pytest.mark.parametrize("binding", list(Binding))
@pytest.mark.parametrize("value", ["", "?", "AAA=A", text_of(b"\0" * 7), text_of(b"\xff" * 33), "A" * (MOST_TEXT + 1)])
def test_no_other_value_is_taken(binding: Binding, value: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_value(binding, value)
    assert refused.value.code == BindingReason.VALUE
    assert refused.value.field == "value"


@given(binding=st.sampled_from(Binding), text=st.text(max_size=60))
def test_no_text_makes_reading_a_value_fail_otherwise(binding: Binding, text: str) -> None:
    try:
        read_value(binding, text)
    except InvalidInput as refused:
        assert refused.code == BindingReason.VALUE  # noqa: PT017 - any other exception fails the test


def test_every_algorithm_has_a_name_of_its_own() -> None:
    names = Algorithms()
    assert len({names.name(binding) for binding in Binding}) == len(Binding)
    assert all(names.binding(names.name(binding)) is binding for binding in Binding)
    with pytest.raises(InvalidInput) as refused:
        names.binding("com.example.other")
    assert refused.value.code == BindingReason.ALGORITHM
