"""Background work of the gateway: run a case; find the cases that nobody runs."""

import logging
import threading
from collections.abc import Callable
from typing import Any, Protocol

from generator_gateway.ports import Queue
from generator_gateway.service.runner import CaseRunner
from trust_kernel.errors import PlacetError
from trust_kernel.jobs import register

PRODUCE = "gateway.produce"
_log = logging.getLogger(__name__)


class Abandoned(Protocol):
    """Finds open cases without a worker."""

    def abandoned(self, limit: int = 100) -> list[str]:
        """Their ids, oldest first."""
        ...


def register_jobs(app: Any, runner: CaseRunner) -> None:
    """Make running a case a task."""
    register(app, PRODUCE, runner.run)


class Sweeper:
    """Every few seconds: puts abandoned cases back on the queue, and does whatever else is due.

    Args:
        every: seconds between sweeps.
        chores: further things to do at each sweep, such as delivering webhooks.
    """

    def __init__(
        self, cases: Abandoned, queue: Queue, every: float, chores: tuple[Callable[[], object], ...] = ()
    ) -> None:
        self._cases = cases
        self._queue = queue
        self._every = every
        self._chores = chores
        self._done = threading.Event()
        self._thread: threading.Thread | None = None

    def sweep(self) -> list[str]:
        """Put abandoned cases back; gives their ids."""
        found = self._cases.abandoned()
        for case_id in found:
            self._queue.enqueue(case_id)
        for chore in self._chores:
            self._attempt(chore)
        return found

    def _attempt(self, chore: Callable[[], object]) -> None:
        """Do a chore, or a whole sweep; whatever it raises, the next one has its turn.

        In a thread of its own: what nobody foresaw ends that thread, its traceback on standard error, and not this one.
        """

        def run() -> None:
            try:
                chore()
            except PlacetError as error:
                _log.warning("a chore waits: %s", error.detail)

        attempt = threading.Thread(target=run, name="chore", daemon=True)
        attempt.start()
        attempt.join()

    def start(self) -> None:
        """Sweep in a thread until `stop`."""
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._done.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(self._every):
            self._attempt(self.sweep)
