"""Runs one function of ours in a child process of its own that can hurt nobody. Linux only.

Whatever reads bytes that a stranger made (decoders, demuxers, manifest parsers) runs here and nowhere else. A call
costs about 0.1 s, or a fifth of that where a spare child is ready (`spares`). A child starts with an empty environment,
in its own session and folder, gives up the network and its capabilities before it imports anything (`confinement`),
and most of its resources before it makes the call. It serves one call and ends.

What travels: arguments as JSON through a pipe, so a key passed as an argument is never seen in the process list, the
environment or a file; the answer as a JSON file; arrays both ways as .npy files in a private folder that is gone when
the call ends. Never pickle. JSON scalars, lists, dicts with string keys, and arrays of plain numbers may travel, in
both directions; a `Path` arrives as a string, so a function takes ``source: str`` and its caller may pass a Path.

A function that makes a large file takes a target path and writes it itself. By convention it writes there and in its
working directory (the private folder), nowhere else; and the caller checks what it finds at the target.
"""

import json
import logging
import os
import signal
import stat
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from trust_kernel import errors
from trust_kernel.errors import InvalidInput, PlacetError
from trust_kernel.media.reasons import DEFAULT_FIELD, MediaReason
from trust_kernel.media.spares import Child, ChildSetup, Spares
from trust_kernel.media.wire import ArrayFolder

Reply = dict[str, Any]
"""What a call gives back: JSON values and numpy arrays by name."""

_log = logging.getLogger(__name__)
_MAX_REPLY = 16_000_000
_LAST_WORDS = 2000
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


DECODING = (
    "trust_kernel.media.footage",
    "trust_kernel.media.pictures",
    "trust_kernel.media.previews",
    "av",
    "av.subtitles.stream",
    *(f"PIL.{name}ImagePlugin" for name in ("Avif", "Bmp", "Gif", "Jpeg", "Png", "Ppm", "WebP")),
)
"""What `Decoder` needs: our functions, PyAV, and the readers that Pillow would load when it opens a picture."""


class Sandbox:
    """Starts children.

    With `spares`, some are started ahead: a call of what is preloaded then costs some 20 ms instead of 130. A spare
    serves one call and ends, and is replaced in the background; where none is ready a fresh child is started. The
    first call in a process is what has the spares started, unless `prepare` was called.

    Args:
        python: interpreter; the one that runs us, unless told otherwise.
        at_once: how many children may run at a time; further calls wait for their turn.
        threads: cap on the threads of numerical libraries in a child.
        scratch: where private folders are made; the system's temporary directory, unless told otherwise.
        spares: children that wait beside those that run, at most `at_once`; each holds 22 MB of its own.
        preload: modules that a spare imports; those that are not installed are passed over.
    """

    def __init__(
        self,
        python: str = sys.executable,
        *,
        at_once: int = 8,
        threads: int = 2,
        scratch: Path | None = None,
        spares: int = 0,
        preload: Sequence[str] = DECODING,
    ) -> None:
        self._turns = threading.BoundedSemaphore(at_once)
        self._setup = ChildSetup(python, threads, scratch)
        self._count = min(spares, at_once)
        self._preload = tuple(preload)
        self._spares = self._new_spares()

    def call(
        self, function: Callable[..., Mapping[str, object]], /, *, limits: ChildLimits, **arguments: object
    ) -> Reply:
        """Call a module-level function in a child of its own and give back what it returned.

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
        started = time.monotonic()
        with self._turns:
            try:
                return self._answer(function, limits, arguments)
            finally:
                _log.debug("%s took %.2f s in a child", function.__qualname__, time.monotonic() - started)

    def prepare(self) -> None:
        """Have the spares started now, in the background; for a process that is about to serve. Not before a fork."""
        self._our_spares().refill()

    def close(self) -> None:
        """End the spares. Calls still work, in fresh children. Happens by itself when this is dropped and at exit."""
        self._our_spares().close()

    def _answer(self, function: Callable[..., object], limits: ChildLimits, arguments: dict[str, object]) -> Reply:
        spares = self._our_spares()
        spare = spares.take()
        if spare is not None:
            with spare:
                _ask(spare, function, limits, arguments, spares.refill)
                # One that died while it waited had nothing to do with the call: then it is asked of another.
                if spare.has_begun:
                    return _read_reply(spare, limits)
            _log.warning("a spare child ended before its call")
        with Child(self._setup) as fresh:
            _ask(fresh, function, limits, arguments, spares.refill)
            return _read_reply(fresh, limits)

    def _our_spares(self) -> Spares:
        if not self._spares.is_ours:
            # We are a fork. Two threads may both come here: the loser's are dropped when its call ends.
            self._spares = self._new_spares()
        return self._spares

    def _new_spares(self) -> Spares:
        setup, preload = self._setup, self._preload
        return Spares(lambda: Child(setup, preload), self._count)


def _ask(
    child: Child,
    function: Callable[..., object],
    limits: ChildLimits,
    arguments: dict[str, object],
    when_sent: Callable[[], None],
) -> None:
    """Have a child make a call, and wait for its end.

    Raises:
        InvalidInput: it took too long.
        TypeError: an argument cannot travel.
    """
    request = json.dumps(_request(function, limits, arguments, child.folder)).encode()
    deadline = time.monotonic() + limits.wall_seconds
    child.send(request, deadline)
    when_sent()
    if not child.wait(deadline):
        _too_costly(f"{limits.wall_seconds:g} seconds")


def _request(
    function: Callable[..., object], limits: ChildLimits, arguments: dict[str, object], folder: Path
) -> dict[str, object]:
    return {
        "module": function.__module__,
        "name": function.__qualname__,
        "arguments": ArrayFolder(folder, "argument").pack(arguments),
        "limits": {
            "cpu_seconds": max(1, -int(-limits.cpu_seconds // 1)),
            "memory_bytes": limits.memory_bytes,
            "file_bytes": limits.file_bytes,
        },
    }


def _read_reply(child: Child, limits: ChildLimits) -> Reply:
    if child.status != 0:
        _died(child.status, child.folder)
    place = child.folder / "reply.json"
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
        value = ArrayFolder(child.folder, "reply").unpack(reply["value"])
    except (ValueError, KeyError, TypeError, OSError) as error:
        _log.warning("a child's reply cannot be read: %s", error)
        _failed()
    if not isinstance(value, dict):
        _failed()
    return value


def _died(status: int, folder: Path) -> NoReturn:
    tail = _tail(folder / "stderr").decode("utf-8", "replace")
    _log.warning("a child ended with status %d", status)
    _log.debug("a child's last words: %s", tail)
    if -status in _COSTLY_SIGNALS:
        _too_costly("processor time or memory")
    _failed()


def _tail(path: Path) -> bytes:
    """The end of a file that the child could have put anything in place of: a pipe that never ends, say, or a link."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return b""
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            return b""
        file.seek(max(0, status.st_size - _LAST_WORDS))
        return file.read(_LAST_WORDS)


def _too_costly(limit: str) -> NoReturn:
    raise InvalidInput(
        "reading this takes more than it may", code=MediaReason.DECODE_TOO_COSTLY, field=DEFAULT_FIELD, limit=limit
    )


def _failed() -> NoReturn:
    raise InvalidInput("this cannot be read", code=MediaReason.DECODE_FAILED, field=DEFAULT_FIELD)
