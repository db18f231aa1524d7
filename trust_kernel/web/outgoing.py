"""Posting to addresses that strangers name, without reaching into our own network (SSRF)."""

from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx

from trust_kernel.errors import NotPermitted, Unavailable
from trust_kernel.media.addresses import is_public, literal
from trust_kernel.media.fetch import system_resolver

AddressPolicy = Callable[[str, int], Sequence[str]]
"""Resolves a host and port to the IP addresses that may be connected to; raises NotPermitted or Unavailable."""

_PORTS = {"https": 443, "http": 80}


def public_addresses(host: str, _port: int) -> Sequence[str]:
    """Resolve a host, of which every address must be on the public internet.

    Raises:
        NotPermitted: one address is private, loopback, link-local, multicast or otherwise not global.
        Unavailable: the name does not resolve.
    """
    try:
        spelled = literal(host)
        addresses = [str(spelled)] if spelled else system_resolver(host)
    except ValueError as error:
        raise NotPermitted("the host is spelled in an unusual way", code="webhook:host:private") from error
    except OSError as error:
        raise Unavailable("the host does not resolve", code="webhook:host:unknown") from error
    if not all(is_public(ip_address(address)) for address in addresses):
        raise NotPermitted("the host is not on the public internet", code="webhook:host:private")
    return list(dict.fromkeys(addresses))


class HttpxPoster:
    """Posts to the very address that was vetted, so that a name cannot change its mind in between (DNS rebinding).

    Args:
        policy: which addresses may be reached.
        seconds: for connecting and for each wait on the receiver.
        transport: replaces the network in tests.
    """

    def __init__(
        self,
        policy: AddressPolicy = public_addresses,
        seconds: float = 8.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._policy = policy
        # No proxy from the environment, no redirects: both would lead past the policy.
        self._client = httpx.Client(timeout=seconds, follow_redirects=False, trust_env=False, transport=transport)

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """POST; the HTTP status. The answer's body is not read.

        Raises:
            NotPermitted: the address may not be reached.
            Unavailable: nobody answered in time.
        """
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 443)
        address = self._policy(host, port)[0]
        vetted = httpx.URL(url).copy_with(host=address)
        sent = {**headers, "host": parts.netloc}
        extensions = {"sni_hostname": host} if parts.scheme == "https" else {}
        try:
            with self._client.stream("POST", vetted, headers=sent, content=body, extensions=extensions) as answer:
                return answer.status_code
        except httpx.HTTPError as error:
            raise Unavailable("the webhook's receiver does not answer", code="webhook:receiver:silent") from error

    def close(self) -> None:
        """Close kept connections."""
        self._client.close()
