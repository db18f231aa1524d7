"""People on the blocklist and the gateway's past: what was released before they were blocked."""

from collections.abc import Sequence

from generator_gateway.errors import GatewayReason
from generator_gateway.service.takedown_search import SYSTEM, look_for_several
from generator_gateway.store.takedowns import TakedownStore
from likeness_guard.api import Entry
from placet.wiring.kernel import Kernel


class LooksForPeople:
    """The likeness guard's `Aftermath`: has the releases looked for that name or show whoever is blocked."""

    def __init__(self, kernel: Kernel) -> None:
        self._batches = TakedownStore(kernel.database)
        self._clock = kernel.clock

    def blocked(self, entries: Sequence[Entry]) -> None:
        """Put them on the worker's list as one search, in the caller's transaction."""
        abouts = [entry.id for entry in entries]
        look_for_several(self._batches, self._clock, GatewayReason.TAKEN_DOWN_FOR_PERSON, abouts, SYSTEM)
