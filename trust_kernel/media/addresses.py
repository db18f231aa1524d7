"""Which internet addresses a stranger's URL may lead to: public ones, and no spelling of any other.

Ranges: the IANA special-purpose registries for IPv4 (RFC 6890 and successors) and IPv6. They are written out, because
`ipaddress.is_global` changed between Python versions (CVE-2024-4032) and knows nothing of addresses inside addresses.
"""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

_CLOSED_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",
            "100.64.0.0/10",  # carrier-grade NAT
            "127.0.0.0/8",
            "169.254.0.0/16",  # link-local, and every cloud's metadata service
            "172.16.0.0/12",
            "192.0.0.0/24",  # protocol assignments
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",
            "198.18.0.0/15",  # benchmarking
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, broadcast
        ),
    )
)
_OPEN_V6 = IPv6Network("2000::/3")
_CLOSED_V6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarking
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: an IPv4 address inside
            "3fff::/20",  # documentation
        ),
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
_NUMBER = re.compile(r"(0[xX][0-9a-fA-F]*|[0-9]+)", re.ASCII)


def is_public(address: Address) -> bool:
    """Whether an address is one that the whole internet shares.

    IPv4 addresses inside IPv6 ones (mapped, or translated by NAT64) count as what is inside; 6to4 and Teredo never do.
    """
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_V4)
    if address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    if address in _NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    return address.scope_id is None and address in _OPEN_V6 and not any(address in network for network in _CLOSED_V6)


def literal(host: str) -> Address | None:
    """The address that a URL's host spells, without brackets; None for a name.

    ``localhost`` and all below it spell the loopback address, whatever a resolver says (RFC 6761, section 6.3).

    Raises:
        ValueError: a number or a short, octal or hexadecimal spelling (``2130706433``, ``0177.1``, ``0x7f.0.0.1``),
            which systems read in different ways. The rule is the URL standard's: a host whose last label is a number
            is meant as an IPv4 address (https://url.spec.whatwg.org/#ends-in-a-number-checker).
    """
    if f".{host.rstrip('.').lower()}".endswith(".localhost"):
        return IPv4Address("127.0.0.1")
    try:
        return ip_address(host)
    except ValueError:
        if ":" in host or _NUMBER.fullmatch(host.rstrip(".").rsplit(".", 1)[-1]):
            raise
        return None
