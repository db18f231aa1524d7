"""How often somebody without an account may ask: token buckets by address, in this process, in bounded memory."""

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TypeAlias

from fastapi import Depends, Request, params
from starlette.datastructures import Headers
from starlette.types import Scope

from trust_kernel.web.domain import Throttled

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
_HOUSEHOLD = 64
"""An IPv6 customer has a whole /64; a limit for each address of it would be none."""
_MOST_HOPS = 20
_MINUTE = 60.0


class TooOften(Throttled):
    """An address asked too often.

    Attributes:
        retry_after: whole seconds until one more request is welcome.
    """

    def __init__(self, retry_after: int, per_minute: int) -> None:
        super().__init__("too many requests from this address; wait a moment", limit=f"{per_minute} a minute")
        self.retry_after = retry_after


class TokenBuckets:
    """A bucket for each key: it holds a minute's worth of requests and fills evenly.

    Args:
        per_minute: requests; also how many may come at once.
        most: keys that are remembered; the one that asked longest ago is forgotten first.
        stopwatch: seconds on a clock that never goes back.
    """

    def __init__(self, per_minute: int, most: int = 50_000, stopwatch: Callable[[], float] = time.monotonic) -> None:
        if per_minute < 1 or most < 1:
            raise ValueError("a limit is at least one")
        self.per_minute = per_minute
        self._most = most
        self._stopwatch = stopwatch
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._buckets)

    def take(self, key: str) -> float:
        """Take one token; 0 where there was one, else the seconds until there is. Nothing is taken then."""
        now = self._stopwatch()
        rate = self.per_minute / _MINUTE
        with self._lock:
            tokens, since = self._buckets.pop(key, (float(self.per_minute), now))
            tokens = min(float(self.per_minute), tokens + (now - since) * rate)
            allowed = tokens >= 1
            self._buckets[key] = (tokens - 1 if allowed else tokens, now)
            if len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - tokens) / rate


class RateLimit:
    """A dependency that refuses an address which asks too often.

    Args:
        buckets: how often is too often.
        proxies: networks of proxies that are believed about whom they speak for (``X-Forwarded-For``); none: the
            header is not looked at, because anybody can send it.
    """

    def __init__(self, buckets: TokenBuckets, proxies: Sequence[Network] = ()) -> None:
        self._buckets = buckets
        self._proxies = tuple(proxies)

    async def __call__(self, request: Request) -> None:
        """Count a request.

        Raises:
            TooOften: there have been too many.
        """
        wait = self._buckets.take(client_key(request.scope, self._proxies))
        if wait:
            raise TooOften(max(1, math.ceil(wait)), self._buckets.per_minute)

    def guard(self) -> params.Depends:
        """For a route's ``dependencies``."""
        made: params.Depends = Depends(self)
        return made


def client_key(scope: Scope, proxies: Sequence[Network] = ()) -> str:
    """Whom a request comes from: an IPv4 address, or the /64 of an IPv6 one.

    Args:
        scope: the request.
        proxies: networks whose word is taken. The header is read from its end, which the nearest proxy wrote, to the
            first address that is not a proxy's.
    """
    client = scope.get("client")
    peer = str(client[0]) if client else ""
    address = _parsed(peer)
    if address is None:
        return peer
    if _within(address, proxies):
        for word in reversed(",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")[-_MOST_HOPS:]):
            named = _parsed(_without_port(word.strip()))
            if named is None:
                break
            address = named
            if not _within(named, proxies):
                break
    return _household(address)


def _without_port(text: str) -> str:
    """As some proxies write it: ``192.0.2.1:4711``, ``[2001:db8::1]:4711``."""
    if text.startswith("[") and "]" in text:
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _parsed(text: str) -> _Address | None:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _within(address: _Address, networks: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _household(address: _Address) -> str:
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, _HOUSEHOLD), strict=False))
    return str(address)
