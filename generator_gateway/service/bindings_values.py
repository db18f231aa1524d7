"""Soft-binding algorithms that are answered here, and how a value of each is written.

Names: `io.iscc.v0` is on the public list (github.com/c2pa-org/softbinding-algorithm-list). The others are private, in
reverse-domain form, as the list's own rules ask of what is not on it.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from generator_gateway.ports.bindings import BindingReason, ByteCodes, Prints
from generator_gateway.service.bindings_iscc import read_code, read_units
from trust_kernel.errors import InvalidInput

_HASH_BYTES, _WORD_BYTES = 32, 4
_MARK_BYTES = 8
MOST_TEXT = 400_000
"""Characters of a value: more than the sub-fingerprints of two hours, were they every fourth."""


class Binding(StrEnum):
    """What a value is."""

    MARK = "mark"
    """The mark in pictures: the release number, 8 bytes, big-endian."""
    SOUND_MARK = "sound_mark"
    """The mark in sound: the number's lowest 32 bits, 4 bytes, big-endian."""
    PICTURES = "pictures"
    """PDQ hashes of frames in time order, 32 bytes each."""
    SOUND = "sound"
    """Sub-fingerprints of sound, 4 bytes each, big-endian, 32 ms apart, 0 where there is silence."""
    ISCC = "iscc"
    """ISCC units end to end (IEP-0020), or a code as it is written."""


WATERMARKS = (Binding.MARK, Binding.SOUND_MARK)
FINGERPRINTS = (Binding.PICTURES, Binding.SOUND, Binding.ISCC)


@dataclass(frozen=True, slots=True)
class Algorithms:
    """Names of the algorithms.

    Attributes:
        mark: as credentials say it in their soft-binding assertion.
        sound_mark: the same for sound.
    """

    mark: str = "com.placet.mark.1"
    sound_mark: str = "com.placet.sound.1"
    pictures: str = "com.placet.pdq.1"
    sound: str = "com.placet.sound-print.1"
    iscc: str = "io.iscc.v0"

    def name(self, binding: Binding) -> str:
        """What a binding's algorithm is called."""
        named: str = getattr(self, binding.value)
        return named

    def binding(self, name: str) -> Binding:
        """What a name stands for.

        Raises:
            InvalidInput: it is not answered here.
        """
        for binding in Binding:
            if self.name(binding) == name:
                return binding
        raise InvalidInput("this algorithm is not answered here", code=BindingReason.ALGORITHM, field="alg")


@dataclass(frozen=True, slots=True)
class Query:
    """A value, read. Exactly what its kind needs is set."""

    number: int = 0
    prints: Prints = field(default_factory=Prints)
    codes: ByteCodes = field(default_factory=ByteCodes)


def read_value(binding: Binding, text: str) -> Query:
    """Read a value of an algorithm from base64, of either alphabet, padded or not.

    Raises:
        InvalidInput: it is none.
    """
    if len(text) > MOST_TEXT:
        raise InvalidInput(
            "the value is too long", code=BindingReason.VALUE, field="value", limit=f"{MOST_TEXT} characters"
        )
    try:
        return _READERS[binding](_decoded(text))
    except (ValueError, binascii.Error) as error:
        raise InvalidInput("this is no value of that algorithm", code=BindingReason.VALUE, field="value") from error


def _decoded(text: str) -> bytes:
    # A plus sign that a client did not escape arrives as a space.
    plain = text.strip("\r\n\t").replace(" ", "+").replace("-", "+").replace("_", "/").rstrip("=")
    raw = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    if not raw:
        raise ValueError("there is nothing in it")
    return raw


def _number(size: int) -> Callable[[bytes], Query]:
    def read(raw: bytes) -> Query:
        # A credential holds the value as base64 text, which a client may have encoded once more.
        plain = raw if len(raw) == size else base64.b64decode(raw, validate=True)
        if len(plain) != size:
            raise ValueError(f"a number has {size} bytes")
        return Query(number=int.from_bytes(plain, "big"))

    return read


def _pictures(raw: bytes) -> Query:
    if len(raw) % _HASH_BYTES:
        raise ValueError("a hash has 32 bytes")
    hashes = (raw[start : start + _HASH_BYTES].hex() for start in range(0, len(raw), _HASH_BYTES))
    return Query(prints=Prints(pictures=tuple(hashes)))


def _sound(raw: bytes) -> Query:
    if len(raw) % _WORD_BYTES:
        raise ValueError("a sub-fingerprint has 4 bytes")
    return Query(prints=Prints(sound=tuple(np.frombuffer(raw, ">u4").tolist())))


def _iscc(raw: bytes) -> Query:
    written = raw.isascii() and raw.lstrip()[:5].upper() == b"ISCC:"
    codes = read_code(raw.decode("ascii")) if written else read_units(raw)
    if not codes.data and not codes.instance:
        raise ValueError("neither a Data- nor an Instance-Code is in it")
    return Query(codes=codes)


_READERS: Mapping[Binding, Callable[[bytes], Query]] = {
    Binding.MARK: _number(_MARK_BYTES),
    Binding.SOUND_MARK: _number(_WORD_BYTES),
    Binding.PICTURES: _pictures,
    Binding.SOUND: _sound,
    Binding.ISCC: _iscc,
}
