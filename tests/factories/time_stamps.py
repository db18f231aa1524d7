"""A time-stamp authority (RFC 3161) that really runs, on a loopback address, and can be made to misbehave."""

import contextlib
import http.server
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from watermark.adapters.certificates import SigningIdentity

OPENSSL = shutil.which("openssl") or ""
_CONFIGURATION = """
[tsa]
default_tsa = ours
[ours]
serial = {folder}/serial
signer_cert = {folder}/leaf.pem
certs = {folder}/chain.pem
signer_key = {folder}/key.pem
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256, sha384, sha512
ess_cert_id_alg = sha256
"""


@dataclass
class StampServer:
    """Where it answers, and how it shall.

    Attributes:
        url: address of the authority.
        mood: "well", "garbage", "rejects", "error" (HTTP 500), "replays" (stamps something else), "silent" (says
            nothing for `patience` seconds), "drips" (one byte a second), or "huge" (an answer without end).
        patience: seconds for which it stays silent.
        asked: requests so far.
        answers: requests after which it answers with an error, however well it means; None: never.
    """

    url: str
    mood: str = "well"
    patience: float = 60.0
    asked: int = 0
    answers: int | None = None
    gone: threading.Event = field(default_factory=threading.Event)


@contextlib.contextmanager
def running_authority(identity: SigningIdentity) -> Iterator[StampServer]:
    """Run an authority that stamps with an identity; OpenSSL makes the stamps."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _prepare(folder, identity)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = self.rfile.read(int(self.headers["Content-Length"]))
                server.asked += 1
                with contextlib.suppress(OSError):  # whoever asked may have given up
                    _answer(self, server, folder, query)

            def log_message(self, *_: object) -> None:
                return

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
            listening.daemon_threads = True
            server = StampServer(f"http://127.0.0.1:{listening.server_address[1]}/stamp")
            threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
            yield server
            server.gone.set()
            listening.shutdown()


def _prepare(folder: Path, identity: SigningIdentity) -> None:
    leaf, _, rest = identity.chain_pem.partition("-----END CERTIFICATE-----\n")
    (folder / "leaf.pem").write_text(leaf + "-----END CERTIFICATE-----\n")
    (folder / "chain.pem").write_text(rest)
    (folder / "key.pem").write_bytes(identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(_CONFIGURATION.format(folder=folder))


def _answer(handler: http.server.BaseHTTPRequestHandler, server: StampServer, folder: Path, query: bytes) -> None:
    if server.mood == "silent":
        server.gone.wait(server.patience)
        return
    if server.mood == "error" or (server.answers is not None and server.asked > server.answers):
        handler.send_error(500)
        return
    handler.send_response(200)
    handler.send_header("Content-Type", "application/timestamp-reply")
    if server.mood in {"drips", "huge"}:
        handler.end_headers()
        _without_end(handler, server)
        return
    reply = _reply(server.mood, folder, query)
    handler.send_header("Content-Length", str(len(reply)))
    handler.end_headers()
    handler.wfile.write(reply)


def _without_end(handler: http.server.BaseHTTPRequestHandler, server: StampServer) -> None:
    end = time.monotonic() + server.patience
    while time.monotonic() < end and not server.gone.is_set():
        handler.wfile.write(b"0" if server.mood == "drips" else b"0" * 1_000_000)
        handler.wfile.flush()
        if server.mood == "drips":
            server.gone.wait(1.0)


def _reply(mood: str, folder: Path, query: bytes) -> bytes:
    if mood == "garbage":
        return b"<html>Service moved</html>" * 20
    if mood == "rejects":
        return bytes.fromhex("30053003020102")  # TimeStampResp with PKIStatus 2, rejection, and no token
    if mood == "replays":
        # The digest is the one octet string of 32 bytes (SHA-256) in a query.
        at = query.index(b"\x04\x20") + 2
        query = query[:at] + bytes(32) + query[at + 32 :]
    (folder / "query").write_bytes(query)
    subprocess.run(
        [
            OPENSSL,
            "ts",
            "-reply",
            "-config",
            folder / "tsa.cnf",
            "-queryfile",
            folder / "query",
            "-out",
            folder / "reply",
        ],
        check=True,
        capture_output=True,
    )
    return (folder / "reply").read_bytes()
