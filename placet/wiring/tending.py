"""What time does to enrolments, minors, estates and models."""

from collections.abc import Callable

from consent_registry.api import ConsentRegistry
from likeness_guard.api import LikenessGuard


def tending(likeness: LikenessGuard, registry: ConsentRegistry) -> Callable[[], object]:
    """A chore: new templates where media were kept, a question to those of whom none were, and what lapses."""

    def tend() -> None:
        # Only once nobody is left who can be renewed from kept media is everybody who still waits to be asked.
        waiting = () if likeness.renew() else likeness.waiting()
        registry.tend(waiting, likeness.models())

    return tend
