"""Child processes of `Sandbox`, fresh or started ahead of the call that they will serve. Linux only.

A `Child` is one process with its private folder. `Spares` keeps a few of them ready: each has given up its rights,
has imported what decoding needs, has seen no stranger's byte, serves one call and ends.

They are started by one thread that lives as long as they may be wanted, because the kernel ends a child with the
*thread* that started it (prctl(2), PR_SET_PDEATHSIG). A spare belongs to the process that made
it: a fork makes its own.
"""

import contextlib
import json
import logging
import os
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self

_log = logging.getLogger(__name__)
_SCRIPT = Path(__file__).with_name("child.py")
_ROOT = str(Path(__file__).resolve().parents[2])
_JOIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class ChildSetup:
    """How children are started.

    Attributes:
        python: interpreter.
        threads: cap on the threads of numerical libraries.
        scratch: where private folders are made; the system's temporary directory where None.
    """

    python: str
    threads: int
    scratch: Path | None


class Child:
    """A child process that waits for its one call, and its private folder. Ends and vanishes with the `with` block.

    The thread that makes it must outlive it.

    Args:
        setup: how to start it.
        preload: modules that it imports before the call comes; those that are not installed are passed over.

    Raises:
        OSError: the machine has no room for another process.
    """

    def __init__(self, setup: ChildSetup, preload: Sequence[str] = ()) -> None:
        # Not a TemporaryDirectory: a fork of ours that ends would remove it under the child's feet.
        self.folder = Path(tempfile.mkdtemp(prefix="placet-child-", dir=setup.scratch))
        with contextlib.ExitStack() as undo:
            undo.callback(shutil.rmtree, self.folder, ignore_errors=True)
            self._process, self._stdin = _started(setup, self.folder)
            undo.callback(self._end)
            self.pidfd = os.pidfd_open(self._process.pid)
            undo.pop_all()
        about = {"root": _ROOT, "folder": str(self.folder), "parent": os.getpid(), "preload": list(preload)}
        with contextlib.suppress(BrokenPipeError):
            self._stdin.write(json.dumps(about).encode() + b"\n")  # far less than a pipe takes at once
        os.set_blocking(self._stdin.fileno(), False)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether the process is over, by itself or killed."""
        return _ready(self.pidfd)

    @property
    def has_begun(self) -> bool:
        """Whether it got its call whole."""
        return (self.folder / "begun").exists()

    def send(self, request: bytes, deadline: float) -> None:
        """Give it its call, for as long as it reads and `deadline` (of `time.monotonic`) has not passed."""
        left = memoryview(request + b"\n")
        poll = select.poll()
        poll.register(self.pidfd, select.POLLIN)
        poll.register(self._stdin, select.POLLOUT)
        with contextlib.suppress(BrokenPipeError):
            while left:
                happened = dict(poll.poll(_milliseconds(deadline)))
                if self._stdin.fileno() not in happened:
                    return
                left = left[self._stdin.write(left) or 0 :]
        self._stdin.close()

    @property
    def status(self) -> int:
        """How it ended, as `subprocess` gives it. After `wait`."""
        return int(self._process.returncode)

    def wait(self, deadline: float) -> bool:
        """Wait for its end, then kill whatever is left of its group; say whether it ended by itself in time."""
        ended = _ready(self.pidfd, _milliseconds(deadline))
        self._end()
        return ended

    def _end(self) -> None:
        if self._process.returncode is None:
            # Before the child is reaped: until then its group's number cannot be given to anybody else.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def close(self) -> None:
        """Kill it and its group, and remove its folder."""
        self._end()
        self.let_go()
        shutil.rmtree(self.folder, ignore_errors=True)

    def let_go(self) -> None:
        """Close this process's ends of it and leave it alone: what a fork does with its parent's children."""
        self._stdin.close()
        if self.pidfd >= 0:
            os.close(self.pidfd)
            self.pidfd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _started(setup: ChildSetup, folder: Path) -> tuple[subprocess.Popen[bytes], FileIO]:
    caps = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TMPDIR": str(folder)}
    theirs, ours = os.pipe()
    # A pipe of our own: what Popen makes of one would be closed by us and by it.
    with contextlib.ExitStack() as undo, (folder / "stderr").open("wb") as stderr:
        stdin = undo.enter_context(FileIO(ours, "wb"))
        try:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own script
                [setup.python, "-I", "-B", str(_SCRIPT)],
                stdin=theirs,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                cwd=folder,
                env={**environment, **dict.fromkeys(caps, str(setup.threads))},
                start_new_session=True,
                umask=0o077,
            )
        finally:
            os.close(theirs)
        undo.pop_all()
    return process, stdin


class Spares:
    """Children that wait for their call. Threads may share it; a fork may not (`is_ours`).

    Nothing is started before the first `refill`, so a process that is forked before it calls has nothing to share.

    Args:
        start: starts one.
        count: how many to keep ready.
    """

    def __init__(self, start: Callable[[], Child], count: int) -> None:
        self._shelf = _Shelf(start, count)
        self._starting = threading.Lock()
        self._stop = weakref.finalize(self, _Shelf.stop, self._shelf)

    @property
    def is_ours(self) -> bool:
        """Whether this process made it."""
        return self._shelf.owner == os.getpid()

    def take(self) -> Child | None:
        """A spare to be used and closed by the caller, if one is there."""
        while True:
            try:
                child = self._shelf.idle.popleft()
            except IndexError:
                return None
            if not child.has_ended:
                return child
            child.close()

    def refill(self) -> None:
        """Have the missing ones started, in the background."""
        if not self._shelf.count or self._shelf.stopped:
            return
        # A machine without room for a thread goes without spares.
        with self._starting, contextlib.suppress(RuntimeError):
            if self._shelf.thread is None:
                thread = threading.Thread(target=self._shelf.tend, name="placet-spares", daemon=True)
                thread.start()
                self._shelf.thread = thread
        self._shelf.wake()

    def close(self) -> None:
        """End the spares and their thread, for good. Happens by itself when this is dropped and at exit."""
        self._stop()


class _Shelf:
    """What the thread holds, so that `Spares` can be collected while it runs. Its deque is all that is shared."""

    def __init__(self, start: Callable[[], Child], count: int) -> None:
        self.count = count
        self.owner = os.getpid()
        self.idle: deque[Child] = deque()
        self.stopped = False
        self.thread: threading.Thread | None = None
        self._start = start
        self._bell = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)

    def __del__(self) -> None:
        # Not sooner: the thread, or a call that ends right now, may still ring it.
        os.close(self._bell)

    def wake(self) -> None:
        os.eventfd_write(self._bell, 1)

    def tend(self) -> None:
        while not self.stopped:
            poll = select.poll()
            for descriptor in (self._bell, *(child.pidfd for child in tuple(self.idle))):
                # One that was taken meanwhile may be closed by now; poll says so, or wakes us once for nothing.
                if descriptor >= 0:
                    poll.register(descriptor, select.POLLIN)
            poll.poll()
            self._bury()
            with contextlib.suppress(BlockingIOError):
                os.eventfd_read(self._bell)
                # Only when a call was made: a spare that dies as soon as it starts is not started again and again.
                self._fill()
        self._clear()

    def _bury(self) -> None:
        for child in tuple(self.idle):
            # Where somebody takes it at this very moment it is theirs to find dead.
            with contextlib.suppress(ValueError, OSError):
                if child.has_ended:
                    self.idle.remove(child)
                    _log.warning("a spare child ended before its call")
                    child.close()

    def _fill(self) -> None:
        while len(self.idle) < self.count and not self.stopped:
            try:
                self.idle.append(self._start())
            except OSError as error:
                _log.warning("no spare child can be started: %s", error)
                return

    def stop(self) -> None:
        """End everything; in a fork, where the children are the parent's, only let go."""
        self.stopped = True
        if self.owner != os.getpid():
            while self.idle:
                self.idle.pop().let_go()
        else:
            self.wake()
            if self.thread is not None and self.thread is not threading.current_thread():
                self.thread.join(_JOIN_SECONDS)
            self._clear()

    def _clear(self) -> None:
        while True:
            try:
                self.idle.pop().close()
            except IndexError:
                return


def _ready(descriptor: int, milliseconds: int = 0) -> bool:
    # poll, not select: a busy server's descriptors have numbers that select cannot take.
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return any(event & select.POLLIN for _, event in poll.poll(milliseconds))


def _milliseconds(deadline: float) -> int:
    return max(0, round((deadline - time.monotonic()) * 1000))
