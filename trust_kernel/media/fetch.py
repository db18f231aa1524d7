"""Fetches what a URL from a stranger names, without becoming the stranger's hands inside our network.

Only public addresses are connected to, and the address that was checked is the one connected to: the name is resolved
once, here, and the connection is made by address, so a name that changes its answer between check and use (DNS
rebinding) gains nothing. Each redirect is a new URL and is checked like the first.
"""

import base64
import binascii
import contextlib
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import httpx

from trust_kernel.errors import InvalidInput, Unavailable
from trust_kernel.media.addresses import Address, is_public, literal
from trust_kernel.media.reasons import MediaReason

Resolver = Callable[[str], Sequence[str]]
"""Gives the addresses of a host name; raises OSError where there are none."""

FIELD = "image_url"
_PORTS = {"http": 80, "https": 443}
_MAX_REDIRECTS = 3
_MAX_URL = 2048
_CHUNK = 65_536
_NAME = re.compile(r"[a-z0-9_.-]{1,253}", re.ASCII)
"""A host name after IDNA."""
_HEADERS = {"User-Agent": "placet", "Accept": "image/*, video/*, audio/*", "Accept-Encoding": "identity"}
_OK = 200
_SERVER_ERROR = 500
_TOO_MANY_REQUESTS = 429


def system_resolver(host: str) -> Sequence[str]:
    """Addresses of a name as the operating system gives them. Its own time-out applies, not ours."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


@dataclass(frozen=True, slots=True)
class _Target:
    """A URL that may be fetched, and the addresses that were checked for it."""

    url: httpx.URL
    addresses: tuple[Address, ...]


class SafeFetcher:
    """A client for URLs that come from users or from inside files.

    Args:
        max_bytes: size of the answer's body, or of a decoded ``data:`` URL.
        timeout_seconds: time for everything after name resolution, redirects included.
        allow_hosts: hosts exempt from the address and port rules: an operator's own media server, as "host" or
            "host:port" (with a port, that port alone).
        resolve: where names are looked up.
        permits: which addresses may be connected to.
        verify: trust anchors for https; the usual public ones unless told otherwise.
    """

    def __init__(
        self,
        *,
        max_bytes: int,
        timeout_seconds: float,
        allow_hosts: frozenset[str] = frozenset(),
        resolve: Resolver = system_resolver,
        permits: Callable[[Address], bool] = is_public,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        self._max_bytes = max_bytes
        self._timeout = timeout_seconds
        self._allow_hosts = allow_hosts
        self._resolve = resolve
        self._permits = permits
        self._verify = verify

    def fetch(self, url: str) -> bytes:
        """The bytes that `url` names: ``https:``, ``http:``, or ``data:`` in base64.

        Raises:
            InvalidInput: `media:url:refused` for an address, port, scheme or spelling that is not fetched, or a
                redirect to one; `media:file:too_large`; `media:url:not_found` where the server says no.
            Unavailable: `media:url:unreachable`: no such name, no answer, not in time, or a server's error.
        """
        if url[:5].lower() == "data:":
            return self._unpack(url)
        deadline = time.monotonic() + self._timeout
        here = _parsed(url)
        for _ in range(_MAX_REDIRECTS + 1):
            answer = self._get(self._check(here), deadline)
            if isinstance(answer, bytes):
                return answer
            if here.scheme == "https" and answer.scheme == "http":
                raise _refused("the address leads from https to http")
            here = answer
        raise _refused("the address is redirected too often", limit=f"{_MAX_REDIRECTS} redirects")

    def _unpack(self, url: str) -> bytes:
        head, comma, body = url.partition(",")
        if not comma or not head.lower().endswith(";base64"):
            raise _refused("a data URL is taken in base64 only")
        if len(body) > self._max_bytes * 4 // 3 + 4:
            raise self._too_large()
        try:
            data = base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError) as error:
            raise _refused("the data URL is not base64") from error
        if len(data) > self._max_bytes:
            raise self._too_large()
        return data

    def _check(self, url: httpx.URL) -> _Target:
        if url.scheme not in _PORTS or not url.host:
            raise _refused("only https, http and data URLs are fetched")
        if url.userinfo:
            raise _refused("a URL with a name or password is not fetched")
        host = url.raw_host.decode("ascii")
        port = _PORTS[url.scheme] if url.port is None else url.port
        exempt = not self._allow_hosts.isdisjoint({host, f"{host}:{port}"})
        if port not in _PORTS.values() and not exempt:
            raise _refused("only ports 80 and 443 are fetched from")
        addresses = self._addresses(host)
        if not exempt and not all(self._permits(address) for address in addresses):
            raise _refused("the address is not a public one")
        return _Target(url, addresses)

    def _addresses(self, host: str) -> tuple[Address, ...]:
        try:
            spelled = literal(host)
        except ValueError as error:
            raise _refused("the address is spelled in an unusual way") from error
        if spelled is not None:
            return (spelled,)
        if not _NAME.fullmatch(host):
            raise _refused("the address is spelled in an unusual way")
        try:
            found = tuple(dict.fromkeys(ip_address(entry) for entry in self._resolve(host)))
        except (OSError, UnicodeError) as error:
            raise _unreachable() from error
        except ValueError as error:
            raise _refused("the address is not a public one") from error
        if not found:
            raise _unreachable()
        return found

    def _get(self, target: _Target, deadline: float) -> bytes | httpx.URL:
        """The body, or where it is said to be instead."""
        for address in target.addresses:
            try:
                return self._get_from(target.url, address, deadline)
            except httpx.ConnectError:
                continue  # the next address of the same name
            except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as error:
                raise _unreachable() from error
        raise _unreachable()

    def _get_from(self, url: httpx.URL, address: Address, deadline: float) -> bytes | httpx.URL:
        left = deadline - time.monotonic()
        if left <= 0:
            raise _unreachable()
        client = httpx.Client(
            verify=self._verify, trust_env=False, follow_redirects=False, timeout=left, headers=_HEADERS
        )
        request = client.build_request(
            "GET",
            url.copy_with(host=str(address), fragment=None),
            headers={"Host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        )
        with client, _cut_off(request, left) as cut:
            try:
                response = client.send(request, stream=True)
                with contextlib.closing(response):
                    answer = self._read(url, response)
            except OSError as error:
                raise _unreachable() from error
            if cut.is_set():  # a body without a stated length seems to end where it was cut off
                raise _unreachable()
            return answer

    def _read(self, url: httpx.URL, response: httpx.Response) -> bytes | httpx.URL:
        if response.has_redirect_location:
            return _parsed(response.headers["Location"], base=url)
        if response.status_code >= _SERVER_ERROR or response.status_code == _TOO_MANY_REQUESTS:
            raise _unreachable()
        if response.status_code != _OK:
            raise InvalidInput("the address gives nothing", code=MediaReason.URL_NOT_FOUND, field=FIELD)
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise _refused("the answer is packed, though it was asked for unpacked")
        declared = response.headers.get("Content-Length", "0")
        if declared.isdecimal() and int(declared[:20]) > self._max_bytes:
            raise self._too_large()
        data = bytearray()
        for chunk in response.iter_raw(_CHUNK):
            data += chunk
            if len(data) > self._max_bytes:
                raise self._too_large()
        return bytes(data)

    def _too_large(self) -> InvalidInput:
        limit = f"{self._max_bytes} bytes"
        return InvalidInput("the file is too large", code=MediaReason.FILE_TOO_LARGE, field=FIELD, limit=limit)


@contextmanager
def _cut_off(request: httpx.Request, seconds: float) -> Iterator[threading.Event]:
    """Break the request's connection after `seconds`, however busy it looks.

    Time-outs of single reads do not bound a whole answer: a server that sends a byte now and then never trips them.
    """
    lines: list[socket.socket] = []
    cut = threading.Event()

    def remember(event: str, facts: dict[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":
            # A duplicate stays valid when TLS takes the first descriptor over; shutting it down ends both.
            lines.append(facts["return_value"].get_extra_info("socket").dup())

    def cut_all() -> None:
        cut.set()
        for line in lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    request.extensions["trace"] = remember
    timer = threading.Timer(seconds, cut_all)
    timer.daemon = True
    timer.start()
    try:
        yield cut
    finally:
        timer.cancel()
        for line in lines:
            line.close()


def _parsed(url: str, base: httpx.URL | None = None) -> httpx.URL:
    if len(url) > _MAX_URL:
        raise _refused("the address is too long", limit=f"{_MAX_URL} characters")
    if "\\" in url:
        raise _refused("the address is spelled in an unusual way")
    try:
        return httpx.URL(url) if base is None else base.join(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise _refused("this is not a URL") from error


def _refused(detail: str, *, limit: str | None = None) -> InvalidInput:
    return InvalidInput(detail, code=MediaReason.URL_REFUSED, field=FIELD, limit=limit)


def _unreachable() -> Unavailable:
    return Unavailable("the address does not answer", code=MediaReason.URL_UNREACHABLE, field=FIELD)
