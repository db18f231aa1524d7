"""Manifest stores taken apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watermark.domain.jumbf import only_manifest


def box(kind: bytes, body: bytes) -> bytes:
    return (8 + len(body)).to_bytes(4, "big") + kind + body


def described(label: str, *children: bytes, toggles: int = 3) -> bytes:
    return box(b"jumb", box(b"jumd", b"u" * 16 + bytes([toggles]) + label.encode() + b"\0") + b"".join(children))


OLD, NEW = described("urn:c2pa:old", box(b"cbor", b"1")), described("urn:c2pa:new", box(b"cbor", b"22"))


def test_one_manifest_is_taken_out_of_a_store_by_its_label() -> None:
    store = described("c2pa", OLD, NEW)
    assert only_manifest(store, "urn:c2pa:new") == described("c2pa", NEW)
    assert only_manifest(store, "urn:c2pa:old") == described("c2pa", OLD)
    assert only_manifest(store, "urn:c2pa:none") is None


def test_a_manifest_without_a_label_is_not_taken_for_another() -> None:
    assert only_manifest(described("c2pa", described("urn:c2pa:new", toggles=1)), "urn:c2pa:new") is None
    assert only_manifest(described("c2pa", box(b"jumb", b""), box(b"free", b"")), "urn:c2pa:new") is None


def test_long_and_open_ended_boxes_are_read() -> None:
    long = b"\0\0\0\1jumb" + (16 + len(NEW) - 8).to_bytes(8, "big") + NEW[8:]
    store = described("c2pa", long)
    assert only_manifest(store, "urn:c2pa:new") == described("c2pa", long)
    assert only_manifest(b"\0\0\0\0" + described("c2pa", NEW)[4:], "urn:c2pa:new") == described("c2pa", NEW)


@pytest.mark.parametrize(
    "store", [b"", b"\0\0\0\x08free", described("c2pa", NEW)[:-1], b"\0\0\0\4jumb", b"\0\0\0\1jumb"]
)
def test_what_is_no_store_is_refused(store: bytes) -> None:
    with pytest.raises(ValueError, match=r"store|box"):
        only_manifest(store, "urn:c2pa:new")


@given(cut=st.integers(0, 200), junk=st.binary(max_size=40))
def test_a_damaged_store_never_fails_otherwise(cut: int, junk: bytes) -> None:
    store = described("c2pa", OLD, NEW)
    try:
        only_manifest(store[:cut] + junk + store[cut:], "urn:c2pa:new")
    except ValueError:
        return
