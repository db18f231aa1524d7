"""Celery workers: in this process beside the server, or a process of its own."""

import threading
from collections.abc import Callable
from typing import Any

from placet.wiring import House


class EmbeddedWorker:
    """A Celery worker in threads of this process, on whatever transport is configured."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._controller: Any = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start working; returns at once."""
        self._house.guards.likeness.warm()
        self._house.guards.optouts.warm_up()
        app = self._house.gateway.celery
        self._controller = app.WorkController(
            concurrency=self._house.kernel.settings.worker_threads,
            pool_cls=_threads_of(app),
            loglevel="WARNING",
            without_heartbeat=True,
            without_mingle=True,
            without_gossip=True,
        )
        self._thread = threading.Thread(target=self._controller.start, name="worker", daemon=True)
        self._thread.start()
        self._house.gateway.sweeper.start()

    def stop(self) -> None:
        """Finish what runs and stop."""
        self._house.gateway.sweeper.stop()
        if self._controller is not None and self._thread is not None:
            self._controller.stop()
            self._thread.join(timeout=10)


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
    house.guards.likeness.warm()
    house.guards.optouts.warm_up()
    house.gateway.sweeper.start()
    settings = house.kernel.settings
    options = [
        "worker",
        "--pool=threads",
        f"--concurrency={settings.worker_threads}",
        "--loglevel=WARNING",
        "--without-mingle",
        "--without-gossip",
    ]
    house.gateway.celery.worker_main(options)
