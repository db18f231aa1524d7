"""Posting to addresses that strangers name, without reaching into our own network (SSRF)."""

import asyncio
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
        seconds: for the whole exchange; a receiver that sends a byte now and then is not waited for any longer.
        transport: replaces the network in tests.
    """

    def __init__(
        self,
        policy: AddressPolicy = public_addresses,
        seconds: float = 8.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._policy = policy
        self._seconds = seconds
        self._transport = transport
        self._context = httpx.create_ssl_context(trust_env=False)

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
        request = httpx.Request("POST", vetted, headers=sent, content=body, extensions=extensions)
        try:
            return asyncio.run(self._exchange(request))
        except (httpx.HTTPError, TimeoutError) as error:
            raise Unavailable("the webhook's receiver does not answer", code="webhook:receiver:silent") from error

    async def _exchange(self, request: httpx.Request) -> int:
        # A client's own time-outs are for each wait, so only a task that can be cancelled has an end.
        async with asyncio.timeout(self._seconds), self._client() as client:
            answer = await client.send(request, stream=True)
            await answer.aclose()
            return answer.status_code

    def _client(self) -> httpx.AsyncClient:
        # No proxy from the environment, no redirects: both would lead past the policy.
        return httpx.AsyncClient(
            verify=self._context,
            timeout=self._seconds,
            follow_redirects=False,
            trust_env=False,
            transport=self._transport,
        )
