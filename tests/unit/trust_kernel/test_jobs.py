"""Jobs carry an id; a broker that is out loses nothing, and an outage is tried again."""

import threading
from functools import partial

import pytest
from celery.contrib.testing.worker import start_worker
from celery.exceptions import Retry

from trust_kernel.errors import Broken, Unavailable
from trust_kernel.jobs import QUEUE, CeleryQueue, make_celery, register


def test_an_id_that_is_enqueued_reaches_the_task() -> None:
    app = make_celery("memory://")
    arrived, ids = threading.Event(), []

    def produce(case_id: str) -> None:
        ids.append(case_id)
        arrived.set()

    register(app, "test.produce", produce)
    with start_worker(app, perform_ping_check=False, pool="solo", shutdown_timeout=10):
        CeleryQueue(app, "test.produce").enqueue("video_1")
        assert arrived.wait(10)
    assert ids == ["video_1"]


def test_a_broker_that_is_out_is_no_failure_of_the_request() -> None:
    CeleryQueue(make_celery("redis://127.0.0.1:1/0"), "test.produce").enqueue("video_1")


def test_messages_are_acknowledged_after_the_work_unless_told_otherwise() -> None:
    assert make_celery("memory://").conf.task_acks_late is True
    assert make_celery("memory://", eager_ack=True).conf.task_acks_late is False


def test_nothing_but_json_is_taken_off_the_wire() -> None:
    conf = make_celery("memory://").conf
    assert (conf.task_serializer, list(conf.accept_content), conf.task_default_queue) == ("json", ["json"], QUEUE)


def test_two_applications_in_one_process_run_their_own_tasks() -> None:
    ran: list[str] = []
    apps = [make_celery("memory://") for _ in range(2)]
    for app, name in zip(apps, ("one", "two"), strict=True):
        register(app, "test.produce", partial(lambda who, case_id: ran.append(f"{who} {case_id}"), name))
    for app in apps:
        app.tasks["test.produce"]("video_1")
    assert ran == ["one video_1", "two video_1"]


@pytest.mark.parametrize(("error", "raised"), [(Unavailable("out"), Retry), (Broken("odd"), Broken)])
def test_only_an_outage_is_tried_again(error: Exception, raised: type[Exception]) -> None:
    app = make_celery("memory://")

    def produce(_case_id: str) -> None:
        raise error

    register(app, "test.produce", produce)
    task = app.tasks["test.produce"]
    task.push_request(called_directly=False, retries=0, delivery_info={}, id="1", args=["video_1"], kwargs={})
    try:
        with pytest.raises(raised):
            task.run("video_1")
    finally:
        task.pop_request()
