import base64
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from trust_kernel.errors import InvalidInput, Unavailable
from trust_kernel.media.addresses import Address
from trust_kernel.media.fetch import SafeFetcher
from trust_kernel.media.reasons import MediaReason

BODY = b"picture" * 100
Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Site:
    """A real server on the loopback, and what it was asked."""

    server: ThreadingHTTPServer
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    @property
    def port(self) -> int:
        return self.server.server_port

    def url(self, path: str, host: str = "media.example") -> str:
        return f"http://{host}:{self.port}{path}"


def say(status: int, body: bytes = b"", **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@pytest.fixture
def site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here.asked.append((self.headers["Host"], self.path))
            here.answers[self.path](self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    here = Site(server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield here
    server.shutdown()
    server.server_close()
    thread.join()


class Names:
    """A name server under the test's thumb: each name answers with its next entry, and stays at its last."""

    def __init__(self, **entries: Sequence[str]) -> None:
        self.entries = {name.replace("_", "."): list(found) for name, found in entries.items()}
        self.asked: list[str] = []

    def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        found = self.entries.get(host)
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [found.pop(0) if len(found) > 1 else found[0]]


def at_port(
    site: Site, names: Names | None = None, *, timeout_seconds: float = 5.0, max_bytes: int = 10_000
) -> SafeFetcher:
    """A fetcher that takes media.example, and it alone, to the loopback server."""
    return SafeFetcher(
        max_bytes=max_bytes,
        timeout_seconds=timeout_seconds,
        allow_hosts=frozenset({f"media.example:{site.port}"}),
        resolve=names or Names(media_example=["127.0.0.1"]),
    )


def plain(names: Callable[[str], Sequence[str]] | None = None) -> SafeFetcher:
    return SafeFetcher(max_bytes=10_000, timeout_seconds=1.0, resolve=names or Names())


def refused(fetcher: SafeFetcher, url: str) -> InvalidInput:
    with pytest.raises(InvalidInput) as refusal:
        fetcher.fetch(url)
    assert refusal.value.field == "image_url"
    return refusal.value


def test_what_a_url_names_is_fetched(site: Site) -> None:
    site.answers["/a.png?x=1"] = say(200, BODY)
    assert at_port(site).fetch(site.url("/a.png?x=1")) == BODY
    assert site.asked == [(f"media.example:{site.port}", "/a.png?x=1")]


def test_a_redirect_within_the_rules_is_followed(site: Site) -> None:
    site.answers["/a"] = say(302, Location="/b")
    site.answers["/b"] = say(200, BODY)
    assert at_port(site).fetch(site.url("/a")) == BODY


@pytest.mark.parametrize(
    "place", ["http://127.0.0.1:{port}/b", "http://127.0.0.1/b", "//[::1]:{port}/b", "file:///etc/passwd"]
)
def test_a_redirect_to_the_inside_is_refused(site: Site, place: str) -> None:
    site.answers["/a"] = say(302, Location=place.format(port=site.port))
    site.answers["/b"] = say(200, BODY)
    assert refused(at_port(site), site.url("/a")).code == MediaReason.URL_REFUSED
    assert [path for _, path in site.asked] == ["/a"]


def test_a_redirect_to_a_name_of_the_inside_is_refused(site: Site) -> None:
    site.answers["/a"] = say(302, Location="http://inside.example/b")
    names = Names(media_example=["127.0.0.1"], inside_example=["10.0.0.7"])
    assert refused(at_port(site, names), site.url("/a")).code == MediaReason.URL_REFUSED


def test_a_circle_of_redirects_ends(site: Site) -> None:
    site.answers["/a"] = say(302, Location="/a")
    assert refused(at_port(site), site.url("/a")).limit == "3 redirects"
    assert len(site.asked) == 4


def test_the_address_that_was_checked_is_the_one_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: a name that changes its answer gains nothing, for it is asked once."""
    names = Names(rebind_example=["93.184.215.14", "127.0.0.1"])
    connected: list[tuple[str, int]] = []

    def record(address: tuple[str, int], *_: object, **__: object) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", record)
    with pytest.raises(Unavailable):
        plain(names).fetch("http://rebind.example/")
    assert names.asked == ["rebind.example"]
    assert connected == [("93.184.215.14", 80)]


def test_every_redirect_looks_its_name_up_and_checks_it_anew(site: Site) -> None:
    site.answers["/a"] = say(302, Location="http://media.example/b")  # port 80, where nothing is exempt
    names = Names(media_example=["127.0.0.1", "10.0.0.7"])
    assert refused(at_port(site, names), site.url("/a")).code == MediaReason.URL_REFUSED
    assert names.asked == ["media.example"] * 2


def certificate_for(name: str, folder: Path) -> Path:
    """A self-signed certificate and its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / "server.pem"
    path.write_bytes(pem + builder.sign(key, SHA256()).public_bytes(Encoding.PEM))
    return path


@pytest.mark.parametrize(("name", "taken"), [("media.example", True), ("other.example", False)])
def test_tls_is_checked_against_the_name_and_not_the_address(
    site: Site, tmp_path: Path, name: str, taken: bool
) -> None:
    pem = certificate_for(name, tmp_path)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(pem)
    site.server.socket = serving.wrap_socket(site.server.socket, server_side=True)
    site.answers["/a"] = say(200, BODY)
    fetcher = SafeFetcher(
        max_bytes=10_000,
        timeout_seconds=5.0,
        allow_hosts=frozenset({"media.example"}),
        resolve=Names(media_example=["127.0.0.1"]),
        verify=ssl.create_default_context(cafile=str(pem)),
    )
    url = f"https://media.example:{site.port}/a"
    if taken:
        assert fetcher.fetch(url) == BODY
    else:
        with pytest.raises(Unavailable):
            fetcher.fetch(url)
    assert bool(site.asked) is taken


def test_one_inside_address_among_outside_ones_is_enough_to_refuse() -> None:
    def names(host: str) -> Sequence[str]:
        assert host == "mixed.example"
        return ["93.184.215.14", "192.168.0.1"]

    assert refused(plain(names), "http://mixed.example/").code == MediaReason.URL_REFUSED


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "0.0.0.0",  # noqa: S104 - refused, not bound
        "0",
        "2130706433",
        "0177.0.0.1",
        "0x7f.1",
        "127.1",
        "169.254.169.254",
        "100.100.100.200",
        "10.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[2002:7f00:1::]",
        "[64:ff9b::7f00:1]",
        "[fe80::1]",
        "metadata.example",
    ],
)
def test_no_spelling_of_the_inside_is_fetched(host: str) -> None:
    names = Names(localhost=["127.0.0.1"], metadata_example=["169.254.169.254"])
    assert refused(plain(names), f"http://{host}/").code == MediaReason.URL_REFUSED


@given(st.ip_addresses().filter(lambda address: address.is_private or address.is_multicast))
def test_no_private_address_is_ever_connected_to(address: Address) -> None:
    host = f"[{address}]" if address.version == 6 else str(address)
    assert refused(plain(), f"http://{host}/").code == MediaReason.URL_REFUSED
    assert refused(plain(lambda _: [str(address)]), "https://name.example/").code == MediaReason.URL_REFUSED


@pytest.mark.parametrize(
    "url",
    [
        "ftp://media.example/",
        "file:///etc/passwd",
        "gopher://media.example/",
        "http://user:secret@media.example/",
        "http://media.example:22/",
        "http://media.example:0/",
        "http://media.example:6379/",
        "http:///nothing",
        "http://media.example\\@127.0.0.1/",
        "//media.example/",
        "media.example",
        "",
        "http://" + "a" * 3000,
        "http://media.example:99999/",
        "http://exa mple/",
    ],
)
def test_unusual_urls_are_refused_before_any_name_is_looked_up(url: str) -> None:
    names = Names(media_example=["93.184.215.14"])
    assert refused(plain(names), url).code == MediaReason.URL_REFUSED
    assert not names.asked


def test_a_stated_size_past_the_limit_is_not_read(site: Site) -> None:
    site.answers["/a"] = say(200, Content_Length="99999999")
    refusal = refused(at_port(site), site.url("/a"))
    assert (refusal.code, refusal.limit) == (MediaReason.FILE_TOO_LARGE, "10000 bytes")


def test_an_answer_without_a_stated_size_is_cut_at_the_limit(site: Site) -> None:
    def pour(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(bytes(10_000))
        except OSError:
            pass

    site.answers["/a"] = pour
    assert refused(at_port(site), site.url("/a")).code == MediaReason.FILE_TOO_LARGE


def test_a_packed_answer_is_refused(site: Site) -> None:
    site.answers["/a"] = say(200, b"\x1f\x8b", Content_Encoding="gzip")
    assert refused(at_port(site), site.url("/a")).code == MediaReason.URL_REFUSED


@pytest.mark.parametrize("part", ["headers", "body", "body without a stated size"])
def test_a_server_that_drips_does_not_hold_us_past_the_deadline(site: Site, part: str) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        start = {"headers": "", "body": "Content-Length: 500\r\n\r\n"}.get(part, "\r\n")
        try:
            handler.wfile.write(b"HTTP/1.0 200 OK\r\n" + start.encode())
            for _ in range(100):
                handler.wfile.write(b"x" if part != "headers" else b"X-Drip: 1\r\n")
                time.sleep(0.1)
        except OSError:
            pass

    site.answers["/a"] = drip
    started = time.monotonic()
    with pytest.raises(Unavailable) as error:
        at_port(site, timeout_seconds=0.5).fetch(site.url("/a"))
    assert error.value.code == MediaReason.URL_UNREACHABLE
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_server_in_trouble_may_be_asked_again(site: Site, status: int) -> None:
    site.answers["/a"] = say(status)
    with pytest.raises(Unavailable):
        at_port(site).fetch(site.url("/a"))


@pytest.mark.parametrize("status", [404, 403, 206, 304])
def test_a_server_that_says_no_is_the_callers_matter(site: Site, status: int) -> None:
    site.answers["/a"] = say(status)
    assert refused(at_port(site), site.url("/a")).code == MediaReason.URL_NOT_FOUND


def test_a_cut_off_answer_is_not_taken_for_a_whole_one(site: Site) -> None:
    site.answers["/a"] = say(200, b"short", Content_Length="500")
    with pytest.raises(Unavailable):
        at_port(site).fetch(site.url("/a"))


def test_a_name_that_does_not_exist_is_unreachable() -> None:
    with pytest.raises(Unavailable) as error:
        plain().fetch("https://nowhere.example/")
    assert error.value.code == MediaReason.URL_UNREACHABLE


def test_the_environments_proxy_is_not_asked(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    site.answers["/a"] = say(200, BODY)
    assert at_port(site).fetch(site.url("/a")) == BODY


@given(st.binary(max_size=2000))
def test_a_data_url_gives_its_bytes(data: bytes) -> None:
    url = "data:image/png;base64," + base64.b64encode(data).decode()
    assert plain().fetch(url) == data


def test_a_data_url_past_the_limit_is_refused() -> None:
    url = "data:image/png;base64," + base64.b64encode(bytes(10_001)).decode()
    assert refused(plain(), url).code == MediaReason.FILE_TOO_LARGE
    url = "data:image/png;base64," + base64.b64encode(bytes(100_000)).decode()
    assert refused(plain(), url).code == MediaReason.FILE_TOO_LARGE


@pytest.mark.parametrize("url", ["data:image/png,abc", "data:image/png;base64", "data:;base64,****", "data:;base64,è"])
def test_any_other_data_url_is_refused(url: str) -> None:
    assert refused(plain(), url).code == MediaReason.URL_REFUSED
