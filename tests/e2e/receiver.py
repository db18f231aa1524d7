"""A web server of our own on this machine, to see who comes."""

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class Receiver:
    """What came.

    Attributes:
        requests: method and path of each.
        first: when each webhook came first, by its id, in seconds of `time.monotonic`.
    """

    port: int
    requests: list[tuple[str, str]] = field(default_factory=list)
    first: dict[str, float] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    """Listen until the block ends."""
    came: list[tuple[str, str]] = []
    first: dict[str, float] = {}

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", "0")))
            came.append((self.command, self.path))
            if "webhook-id" in self.headers:
                first.setdefault(self.headers["webhook-id"], time.monotonic())
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        do_GET = do_POST = _answer  # noqa: N815 - the names that http.server looks for

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - http.server's name
            del format, arguments

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield Receiver(server.server_address[1], came, first)
        finally:
            server.shutdown()
            thread.join()
