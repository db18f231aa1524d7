"""A verification that tells its steps as they begin."""

import logging
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Generic, TypeVar

from generator_gateway.ports.verification import OnStep, Step
from trust_kernel.errors import Broken, PlacetError
from trust_kernel.web.documents import failed_here
from trust_kernel.web.problems import status_of

T = TypeVar("T")
_LOG = logging.getLogger(__name__)


class Aloud(Generic[T]):
    """A verification in a thread of its own. It runs to its end even where nobody listens, so that nothing is left.

    Args:
        work: does it; is given whom to tell steps.
        cleanup: closed when it is over; removes the file.
    """

    def __init__(self, work: Callable[[OnStep], T], cleanup: ExitStack) -> None:
        self._work = work
        self._cleanup = cleanup
        self._steps: queue.SimpleQueue[Step | None] = queue.SimpleQueue()
        self._outcome: T | PlacetError = Broken("something broke here")
        threading.Thread(target=self._run, name="verify-aloud", daemon=True).start()

    def steps(self) -> Iterator[Step]:
        """Steps as they begin; blocks until the next one, and ends when all is over."""
        # iter() with a sentinel: the thread's None ends it.
        return iter(self._steps.get, None)

    def outcome(self) -> T | PlacetError:
        """What it gave, or what stopped it; to be asked after the last step."""
        return self._outcome

    def _run(self) -> None:
        try:
            with self._cleanup:
                self._outcome = self._work(self._steps.put)
        except PlacetError as error:
            if failed_here(status_of(error)):
                _LOG.exception("a verification failed: %s", error.code)
            self._outcome = error
        finally:
            # Even where something broke that nobody foresaw, which the thread's end writes into the log.
            self._steps.put(None)
