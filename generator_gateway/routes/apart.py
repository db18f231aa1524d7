"""Threads for what takes long, apart from those on which every other answer is made.

The web server has some 40 threads for all blocking work. Were verifications to wait in those, forty strangers' files
would keep everybody from signing in, and from saying no.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from trust_kernel.errors import Unavailable

T = TypeVar("T")
_MOST = 32


class ThreadsApart:
    """Waits for long work in threads that are counted by themselves.

    Args:
        most: that run at once; what comes after them waits without a thread. Also how many places there are.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._limiter = CapacityLimiter(most)
        self._places = BoundedSemaphore(most)

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place for one file that is looked at, with whatever threads that takes, until the block ends.

        Taken when the file is there, not while it comes in: else a few slow senders would keep everybody out.

        Raises:
            Unavailable: every place is taken.
        """
        if not self._places.acquire(blocking=False):
            raise Unavailable("many files are being looked at; try again in a moment")
        try:
            yield
        finally:
            self._places.release()

    async def run(self, work: Callable[[], T]) -> T:
        """Do it, and give what it gives."""
        return await to_thread.run_sync(work, limiter=self._limiter)

    async def pieces(self, made: Iterator[str]) -> AsyncIterator[str]:
        """Hand on what an iterator makes, each piece as soon as it is there."""
        while (piece := await self.run(lambda: next(made, None))) is not None:
            yield piece
