"""Celery workers: in this process beside the server, or a process of its own."""

import logging
import threading
from collections.abc import Callable
from typing import Any

from placet.wiring import House

_log = logging.getLogger(__name__)
_REST = 1.0
"""Seconds before a worker that broke starts again."""


class EmbeddedWorker:
    """A Celery worker in threads of this process, on whatever transport is configured."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._controller: Any = None
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    def start(self) -> None:
        """Start working; returns at once."""
        self._house.guards.likeness.warm()
        self._house.guards.optouts.warm_up()
        self._stopping.clear()
        self._controller = self._made()
        self._thread = threading.Thread(target=self._work, name="worker", daemon=True)
        self._thread.start()
        for sweeper in self._house.gateway.sweepers:
            sweeper.start()
        self._house.delivery.courier.start()

    def stop(self) -> None:
        """Finish what runs and stop."""
        for sweeper in self._house.gateway.sweepers:
            sweeper.stop()
        self._house.delivery.courier.stop()
        self._stopping.set()
        if self._controller is not None and self._thread is not None:
            self._controller.stop()
            self._thread.join(timeout=10)

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._controller.start()  # returns when stopped, and when it breaks
            if not _ended(self._stopping):
                self._controller = self._made()

    def _made(self) -> Any:
        app = self._house.gateway.celery
        return app.WorkController(
            concurrency=self._house.kernel.settings.worker_threads,
            pool_cls=_threads_of(app),
            loglevel="WARNING",
            without_heartbeat=True,
            without_mingle=True,
            without_gossip=True,
        )


def _threads_of(app: Any) -> type[Any]:
    """A thread pool that works for this application.

    Celery's threads look tasks up in whichever application is current in them, by default one that knows none of ours;
    a worker of its own process makes its application current everywhere, which a process with two houses cannot.
    """
    from celery.concurrency.thread import TaskPool

    class Threads(TaskPool):  # type: ignore[misc]  # celery has no types
        def on_apply(self, target: Callable[..., object], *args: Any, **options: Any) -> Any:
            def run(*given: Any, **named: Any) -> object:
                app.set_current()
                return target(*given, **named)

            return super().on_apply(run, *args, **options)

    return Threads


def run_worker(house: House) -> None:
    """Work in this process until a signal ends it."""
    from celery.signals import worker_shutting_down

    house.guards.likeness.warm()
    house.guards.optouts.warm_up()
    house.kernel.sandbox.prepare()
    for sweeper in house.gateway.sweepers:
        sweeper.start()
    house.delivery.courier.start()
    settings = house.kernel.settings
    options = [
        "worker",
        "--pool=threads",
        f"--concurrency={settings.worker_threads}",
        "--loglevel=WARNING",
        "--without-mingle",
        "--without-gossip",
    ]
    stopping = threading.Event()

    def asked(**_facts: object) -> None:
        stopping.set()

    worker_shutting_down.connect(asked)
    while True:
        house.gateway.celery.worker_main(options)
        if _ended(stopping):
            return


def _ended(stopping: threading.Event) -> bool:
    """Whether a worker that returned was asked to; waits a moment where it was not.

    Celery's worker gives up where the broker goes while a message is not acknowledged yet (kombu 5.7 closes a Redis
    channel twice, and the second time fails to restore the message). Whatever ended it, cases wait for a worker.
    """
    if stopping.is_set():
        return True
    _log.error("the worker broke; it starts again")
    return stopping.wait(_REST)
