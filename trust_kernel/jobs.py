"""Jobs by Celery. A message carries an id and nothing else: state is in the database, and a lost message is no loss."""

import logging
from collections.abc import Callable
from typing import Any

from trust_kernel.errors import Unavailable

QUEUE = "placet"
_log = logging.getLogger(__name__)


def make_celery(broker_url: str, *, eager_ack: bool = False) -> Any:
    """A Celery application.

    Args:
        broker_url: ``memory://`` (in process), ``redis://…`` or ``amqp://…``.
        eager_ack: acknowledge before the work; the default acknowledges after it, so that a dead worker's message
            comes back. Either way the sweeper finds what was lost.
    """
    from celery import Celery

    app = Celery("placet", broker=broker_url, set_as_current=False)
    app.conf.update(
        task_default_queue=QUEUE,
        task_ignore_result=True,
        task_acks_late=not eager_ack,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        broker_connection_timeout=3,
        broker_transport_options={"visibility_timeout": 3600, "polling_interval": 0.1, "max_retries": 1},
        task_serializer="json",
        accept_content=["json"],
    )
    return app


class CeleryQueue:
    """Sends one kind of job with one id.

    Args:
        app: from `make_celery`.
        task: the registered task's name.
    """

    def __init__(self, app: Any, task: str) -> None:
        self._app = app
        self._task = task

    def enqueue(self, case_id: str) -> None:
        """Ask a worker to run this soon. A broker that is out is no failure: the sweeper will find the row."""
        try:
            self._app.send_task(self._task, args=[case_id], retry=False)
        except self._outages() as error:
            _log.warning("the broker does not answer: %s", type(error).__name__)

    def _outages(self) -> tuple[type[Exception], ...]:
        """What this broker's transport raises; kombu wraps only failures to connect, not of a connection that broke."""
        from kombu.exceptions import OperationalError

        with self._app.connection_for_write() as unopened:
            return (OperationalError, *unopened.connection_errors)


def register(app: Any, name: str, function: Callable[[str], object]) -> None:
    """Make a function that takes an id a task of an application. It runs again where it raises Unavailable."""

    def run(identity: str) -> None:
        function(identity)

    # Not shared: Celery gives shared tasks to every application of the process, and the first one would run all cases.
    app.task(run, name=name, shared=False, autoretry_for=(Unavailable,), retry_backoff=True, max_retries=5)
