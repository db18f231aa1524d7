"""Running a generator ahead in a thread, so that decoding goes on while a frame is marked."""

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Ahead(Generic[T]):
    """An iterator over what a generator gives, made ahead in a thread; to be closed.

    What the generator raises is raised where its next value would have come. Closing waits for the thread, so nothing
    runs on behind a caller's back.

    Args:
        make: gives the generator; called in the thread.
        depth: values that may wait.
    """

    def __init__(self, make: Callable[[], Iterator[T]], depth: int) -> None:
        self._values: queue.Queue[tuple[T] | BaseException | None] = queue.Queue(depth)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(make,), daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[T]:
        while True:
            item = self._values.get()
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            yield item[0]

    def close(self) -> None:
        """Stop, and wait for the thread's end."""
        self._stop.set()
        while self._thread.is_alive():
            try:
                self._values.get(timeout=0.05)
            except queue.Empty:
                continue

    def __enter__(self) -> "Ahead[T]":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, make: Callable[[], Iterator[T]]) -> None:
        try:
            for value in make():
                self._values.put((value,))
                if self._stop.is_set():
                    break
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is raised again in the thread that asked
            self._values.put(error)
        self._values.put(None)
