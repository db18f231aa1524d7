"""Two cores for what is done to many windows or at many geometries, none of which knows of another."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")
_THREADS = 2
"""Nearly all that they do is OpenCV's, which lets other threads run meanwhile."""


def at_once(work: Callable[[Given], Made], items: Iterable[Given]) -> list[Made]:
    """What `work` makes of every item, in their order."""
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(work, items))
