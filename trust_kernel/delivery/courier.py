"""Carries everything that is due, every second, in a thread of the worker."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from trust_kernel.clock import Clock
from trust_kernel.db import Database
from trust_kernel.delivery.domain import Channel, DeliveryState, Sender
from trust_kernel.delivery.queue import DeliveryQueue
from trust_kernel.errors import PlacetError

EVERY = 1.0
"""Seconds between rounds."""
_HANDS = 4
"""Receivers that are sent to side by side: a slow one holds up one hand."""
_PRUNE_EVERY = 3600.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What one round did, in messages: taken, to be tried again, given up, no longer wanted."""

    delivered: int = 0
    retrying: int = 0
    dead: int = 0
    dropped: int = 0


class Courier:
    """Routes what happened and sends what is due; any number of processes may each have one.

    Args:
        senders: the channels that this process can send over.
        hands: threads that send.
    """

    def __init__(
        self, database: Database, clock: Clock, senders: Mapping[Channel, Sender], *, hands: int = _HANDS
    ) -> None:
        self._queue = DeliveryQueue(database, clock, senders)
        self._senders = senders
        self._hands = hands
        self._pruned = time.monotonic()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def round(self) -> DeliveryReport:
        """Route all that is new, then send until nothing is due.

        Raises:
            PlacetError: the database does not answer.
        """
        self._route()
        counted: Counter[DeliveryState] = Counter()
        if self._queue.is_due():
            with ThreadPoolExecutor(self._hands, thread_name_prefix="courier") as pool:
                for turn in [pool.submit(self._work_off) for _ in range(self._hands)]:
                    counted.update(turn.result())
        return DeliveryReport(
            counted[DeliveryState.SENT],
            counted[DeliveryState.WAITING],
            counted[DeliveryState.DEAD],
            counted[DeliveryState.DROPPED],
        )

    def start(self) -> None:
        """Run in a thread until `stop`."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self.run, args=(self._stopping,), name="courier", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the messages that are on their way, and stop."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def run(self, stop: threading.Event, every: float = EVERY) -> None:
        """Route and send until told to stop; an outage of the database is waited out.

        Hands that are busy with slow receivers hold up neither the routing nor the other hands.
        """
        with ThreadPoolExecutor(self._hands + 1, thread_name_prefix="courier") as pool:
            turns: list[Future[Any]] = []
            tending: Future[None] | None = None
            while not stop.wait(every):
                turns = [turn for turn in turns if not _is_over(turn)]
                if tending is None or _is_over(tending):
                    tending = pool.submit(self._tend)
                wait([tending], timeout=every)
                if self._has_work():
                    turns += [pool.submit(self._work_off, stop) for _ in range(self._hands - len(turns))]

    def _tend(self) -> None:
        self._route()
        if time.monotonic() - self._pruned >= _PRUNE_EVERY:
            self._pruned = time.monotonic()
            self._queue.prune()

    def _has_work(self) -> bool:
        try:
            return self._queue.is_due()
        except PlacetError as error:
            _log.warning("deliveries wait: %s", error.code)
            return False

    def _route(self) -> None:
        while self._queue.route():
            pass

    def _work_off(self, stop: threading.Event | None = None) -> Counter[DeliveryState]:
        ended: Counter[DeliveryState] = Counter()
        while stop is None or not stop.is_set():
            parcel = self._queue.claim()
            if parcel is None:
                break
            answer = self._senders[parcel.channel].send(parcel)
            ended[self._queue.settle(parcel, answer)] += 1
        return ended


def _is_over(turn: Future[Any]) -> bool:
    """Whether a turn has ended; what broke it is told by name alone, and the lease brings back what it held."""
    if not turn.done():
        return False
    broken = turn.exception()
    if broken is not None:
        _log.error("a delivery broke: %s", type(broken).__name__)
    return True
