"""The command itself: quick to start, plain about what it wants."""

import http.client
import statistics
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from tests.e2e.deployment import PLACET, Server, command, environment

HEAVY = ("numpy", "fastapi", "sqlalchemy", "sqlmodel", "onnxruntime", "faiss", "cv2", "av", "c2pa", "celery", "dlib")


def test_help_comes_at_once(tmp_path: Path) -> None:
    took = []
    for _ in range(5):
        started = time.perf_counter()
        subprocess.run([PLACET, "--help"], check=True, capture_output=True, cwd=tmp_path, env=environment())
        took.append(time.perf_counter() - started)
    assert statistics.median(took) < 1.5, took


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", PLACET, "--help"],
        check=True, capture_output=True, text=True, cwd=tmp_path, env=environment(),
    )  # fmt: skip
    imported = {line.rsplit("|", 1)[1].strip().split(".")[0] for line in done.stderr.splitlines() if "|" in line}
    assert "click" in imported
    assert imported.isdisjoint(HEAVY)


def test_help_lists_every_command(tmp_path: Path) -> None:
    listed = command("--help", cwd=tmp_path).stdout
    for name in ("serve", "worker", "migrate", "verify", "ledger", "models", "account", "demo"):
        assert f"  {name} " in listed
        assert command(name, "--help", cwd=tmp_path).returncode == 0, name


def test_a_command_that_is_none_is_a_usage_error(tmp_path: Path) -> None:
    done = command("frobnicate", cwd=tmp_path)
    assert (done.returncode, "No such command" in done.stderr) == (2, True)


def test_an_unknown_model_pack_is_said_plainly(tmp_path: Path) -> None:
    done = command("models", "card", "nothing", "--data", str(tmp_path / "data"), cwd=tmp_path)
    assert done.returncode in {2, 3}
    assert done.stderr.startswith("placet: ")
    assert "Traceback" not in done.stderr


def test_an_account_and_its_key_can_be_made_by_command(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "data"))
    assert command("migrate", *data, cwd=tmp_path).returncode == 0
    made = command(
        "account", "create", "eve@e2e.example.org", *data,
        "--name", "Eve", "--role", "requester", "--password", "correct horse battery", cwd=tmp_path,
    )  # fmt: skip
    assert made.stdout.startswith("acct_"), made.stderr
    assert command("account", "key", "eve@e2e.example.org", *data, cwd=tmp_path).stdout.startswith("plc_")
    weak = command(
        "account", "create", "x@e2e.example.org", *data,
        "--name", "X", "--role", "requester", "--password", "short", cwd=tmp_path,
    )  # fmt: skip
    assert (weak.returncode, "Traceback" in weak.stderr) == (2, False)
    assert command("account", "key", "nobody@e2e.example.org", *data, cwd=tmp_path).returncode == 3


def test_a_connection_that_rests_longer_than_clients_keep_one_still_serves(server: Server) -> None:
    """httpx, and so the stock client, sends its next request on a connection that was unused for up to 5 seconds."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=5)
    connection.request("GET", "/healthz")
    connection.getresponse().read()
    kept = connection.sock
    time.sleep(6)
    connection.request("GET", "/healthz")
    assert (connection.getresponse().status, connection.sock) == (200, kept)
