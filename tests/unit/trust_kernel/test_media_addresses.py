from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trust_kernel.media.addresses import is_public, literal

PRIVATE = [
    "0.0.0.0",  # noqa: S104 - refused, not bound
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "2001:0:4136:e378::1",
    "2001:db8::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("spelling", PRIVATE)
def test_an_address_that_is_not_public_is_not_permitted(spelling: str) -> None:
    assert not is_public(ip_address(spelling))


@pytest.mark.parametrize(
    "spelling",
    ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_a_public_address_is_permitted(spelling: str) -> None:
    assert is_public(ip_address(spelling))


@given(st.ip_addresses(v=4))
def test_no_ipv4_address_is_public_that_python_calls_private(address: IPv4Address) -> None:
    if (
        address.is_private
        or address.is_loopback
        or address.is_multicast
        or address.is_link_local
        or address.is_reserved
    ):
        assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_wrapping_an_address_in_ipv6_changes_nothing(address: IPv4Address) -> None:
    for prefix in (0xFFFF << 32, 0x64FF9B << 96):
        assert is_public(IPv6Address(prefix | int(address))) is is_public(address)
    assert not is_public(IPv6Address(0x2002 << 112 | int(address) << 80 | 1))


@given(st.ip_addresses(v=6))
def test_no_ipv6_address_is_public_outside_the_global_range(address: IPv6Address) -> None:
    if is_public(address) and address.ipv4_mapped is None and int(address) >> 32 != 0x64FF9B << 64:
        assert int(address) >> 125 == 1
        assert not address.is_private


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "127.1", "127.0.1", "1.2.3.4.5", "127.0.0.1.", "a.1"],
)
def test_a_number_in_an_unusual_spelling_is_no_host(host: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        literal(host)


def test_names_are_names_and_addresses_addresses() -> None:
    assert literal("example.org") is None
    assert literal("10.0.0.1") == IPv4Address("10.0.0.1")
    assert literal("::1") == IPv6Address("::1")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "localhost.", "a.localhost", "x.y.localhost."])
def test_localhost_is_the_loopback_address_whatever_a_resolver_says(host: str) -> None:
    assert literal(host) == IPv4Address("127.0.0.1")


@pytest.mark.parametrize("host", ["localhost.example", "notlocalhost", "mylocalhost.org"])
def test_a_name_that_only_looks_like_localhost_is_a_name(host: str) -> None:
    assert literal(host) is None
