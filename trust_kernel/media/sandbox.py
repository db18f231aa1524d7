"""Runs one function of ours in a fresh child process that can hurt nobody. Linux only.

Whatever reads bytes that a stranger made (decoders, demuxers, manifest parsers) runs here and nowhere else. A call
costs about 0.1 s. The child starts with an empty environment, in its own session and folder, gives up the network,
its capabilities and most of its resources (`confinement`), and only then imports the function's module.

What travels: arguments as JSON on standard input, so a key passed as an argument is never seen in the process list or
the environment; the answer as a JSON file; arrays both ways as .npy files in a private folder that is gone when the
call ends. Never pickle. JSON scalars, lists, dicts with string keys, and arrays of plain numbers may travel, in both
directions; a `Path` arrives as a string, so a function takes ``source: str`` and its caller may pass a Path.

A function that makes a large file takes a target path and writes it itself. By convention it writes there and in its
working directory (the private folder), nowhere else; and the caller checks what it finds at the target.
"""

import json
import logging
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from trust_kernel import errors
from trust_kernel.errors import InvalidInput, PlacetError
from trust_kernel.media.reasons import DEFAULT_FIELD, MediaReason
from trust_kernel.media.wire import ArrayFolder

Reply = dict[str, Any]
"""What a call gives back: JSON values and numpy arrays by name."""

_log = logging.getLogger(__name__)
_CHILD = Path(__file__).with_name("child.py")
_ROOT = str(Path(__file__).resolve().parents[2])
_MAX_REPLY = 16_000_000
_COSTLY_SIGNALS = frozenset({signal.SIGKILL, signal.SIGXCPU})
"""SIGXCPU and SIGKILL are how the kernel ends what passed its processor time or the machine's memory."""
_ERRORS: dict[str, type[PlacetError]] = {
    kind.__name__: kind
    for kind in (
        errors.InvalidInput,
        errors.NotFound,
        errors.NotPermitted,
        errors.Conflict,
        errors.Unavailable,
        errors.Broken,
    )
}


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What a child process may use.

    Attributes:
        wall_seconds: time until its whole process group is killed.
        cpu_seconds: processor time over all its threads, rounded up to a whole second.
        memory_bytes: address space; numpy, PyAV and their threads alone map some 0.4 GB.
        file_bytes: size of any one file that it writes, the arrays of its reply among them.
    """

    wall_seconds: float = 30.0
    cpu_seconds: float = 60.0
    memory_bytes: int = 3_000_000_000
    file_bytes: int = 1_000_000_000


class Sandbox:
    """Starts children.

    Args:
        python: interpreter; the one that runs us, unless told otherwise.
        at_once: how many children may run at a time; further calls wait for their turn.
        threads: cap on the threads of numerical libraries in a child.
        scratch: where private folders are made; the system's temporary directory, unless told otherwise.
    """

    def __init__(
        self, python: str = sys.executable, *, at_once: int = 8, threads: int = 2, scratch: Path | None = None
    ) -> None:
        self._python = python
        self._turns = threading.BoundedSemaphore(at_once)
        self._threads = threads
        self._scratch = scratch

    def call(
        self, function: Callable[..., Mapping[str, object]], /, *, limits: ChildLimits, **arguments: object
    ) -> Reply:
        """Call a module-level function in a fresh child and give back what it returned.

        Args:
            function: importable by its module and name; a lambda or a nested function is not.
            limits: what the child may use.
            arguments: JSON values, paths and arrays.

        Raises:
            InvalidInput: the function raised it; or `media:decode:too_costly` where a limit was passed; or
                `media:decode:failed` where the child died or raised anything that is not ours.
            PlacetError: the function raised Unavailable, Broken, NotFound, NotPermitted or Conflict.
            TypeError: an argument cannot travel.
            ValueError: the function cannot be named.
        """
        if "<" in function.__qualname__ or function.__module__ == "__main__":
            raise ValueError(f"{function.__qualname__} cannot be imported by a child process")
        with self._turns, tempfile.TemporaryDirectory(prefix="placet-child-", dir=self._scratch) as name:
            folder = Path(name)
            request = json.dumps(self._request(function, limits, arguments, folder)).encode()
            started = time.monotonic()
            try:
                self._run(request, folder, limits.wall_seconds)
                return _read_reply(folder, limits)
            finally:
                _log.debug("%s took %.2f s in a child", function.__qualname__, time.monotonic() - started)

    def _request(
        self, function: Callable[..., object], limits: ChildLimits, arguments: dict[str, object], folder: Path
    ) -> dict[str, object]:
        return {
            "root": _ROOT,
            "module": function.__module__,
            "name": function.__qualname__,
            "arguments": ArrayFolder(folder, "argument").pack(arguments),
            "folder": str(folder),
            "limits": {
                "cpu_seconds": max(1, -int(-limits.cpu_seconds // 1)),
                "memory_bytes": limits.memory_bytes,
                "file_bytes": limits.file_bytes,
                "parent": os.getpid(),
            },
        }

    def _run(self, request: bytes, folder: Path, wall_seconds: float) -> None:
        # The request lies in memory, not in a pipe: a child that never reads cannot block us, and nothing is on disk.
        descriptor = os.memfd_create("placet-call", os.MFD_CLOEXEC)
        with os.fdopen(descriptor, "wb") as stdin, (folder / "stderr").open("wb") as stderr:
            stdin.write(request)
            stdin.flush()
            stdin.seek(0)
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own script
                [self._python, "-I", "-B", str(_CHILD)],
                stdin=stdin,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                cwd=folder,
                env=self._environment(folder),
                start_new_session=True,
                umask=0o077,
            )
            in_time = _wait(process, wall_seconds)
        if not in_time:
            _too_costly(f"{wall_seconds:g} seconds")
        if process.returncode != 0:
            _died(process.returncode, folder)

    def _environment(self, folder: Path) -> dict[str, str]:
        caps = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
        return {
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "TMPDIR": str(folder),
            **dict.fromkeys(caps, str(self._threads)),
        }


def _wait(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait for the child's end, then kill whatever is left of its group; say whether it ended by itself in time."""
    try:
        pidfd = os.pidfd_open(process.pid)
        try:
            ended = bool(select.select([pidfd], [], [], seconds)[0])
        finally:
            os.close(pidfd)
    finally:
        # Before the child is reaped: until then its group's number cannot be given to anybody else.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return ended


def _read_reply(folder: Path, limits: ChildLimits) -> Reply:
    place = folder / "reply.json"
    if not place.is_file() or place.is_symlink() or place.stat().st_size > _MAX_REPLY:
        _failed()
    try:
        reply = json.loads(place.read_bytes())
        if "costly" in reply:
            _too_costly(
                f"{limits.memory_bytes} bytes of memory"
                if reply["costly"] == "memory"
                else f"{limits.file_bytes} bytes"
            )
        if "error" in reply:
            raise _ERRORS.get(reply["error"], InvalidInput)(
                str(reply["detail"]), code=reply["code"], field=reply["field"], limit=reply["limit"]
            )
        value = ArrayFolder(folder, "reply").unpack(reply["value"])
    except (ValueError, KeyError, TypeError, OSError) as error:
        _log.warning("a child's reply cannot be read: %s", error)
        _failed()
    if not isinstance(value, dict):
        _failed()
    return value


def _died(status: int, folder: Path) -> NoReturn:
    tail = (folder / "stderr").read_bytes()[-2000:].decode("utf-8", "replace")
    _log.warning("a child ended with status %d", status)
    _log.debug("a child's last words: %s", tail)
    if -status in _COSTLY_SIGNALS:
        _too_costly("processor time or memory")
    _failed()


def _too_costly(limit: str) -> NoReturn:
    raise InvalidInput(
        "reading this takes more than it may", code=MediaReason.DECODE_TOO_COSTLY, field=DEFAULT_FIELD, limit=limit
    )


def _failed() -> NoReturn:
    raise InvalidInput("this cannot be read", code=MediaReason.DECODE_FAILED, field=DEFAULT_FIELD)
