"""Staff's desk of what is taken down, and the search for what a claim touches."""

from generator_gateway.ports import Recall
from generator_gateway.ports.bindings import PrintMaker
from generator_gateway.ports.takedowns import Touches
from generator_gateway.service.takedowns import TakedownDesk, TakedownParts
from generator_gateway.service.touching import ReleaseTouches
from generator_gateway.store import ReleaseStore
from generator_gateway.store.bindings import BindingStore
from generator_gateway.store.ownership import ObjectionStore
from generator_gateway.store.past import PastStore
from generator_gateway.store.takedowns import TakedownStore
from placet.wiring.guards import Guards
from placet.wiring.kernel import Kernel


def build_touches(kernel: Kernel, guards: Guards, bindings: BindingStore, prints: PrintMaker) -> ReleaseTouches:
    """Finds released videos by what is stored of them."""
    return ReleaseTouches(guards.optouts, PastStore(kernel.database), bindings, prints, guards.registry)


def build_takedowns(
    kernel: Kernel, guards: Guards, releases: ReleaseStore, recall: Recall, touches: Touches
) -> TakedownDesk:
    """Staff's desk of what is taken down."""
    database = kernel.database
    return TakedownDesk(
        TakedownParts(
            database=database,
            clock=kernel.clock,
            batches=TakedownStore(database),
            releases=releases,
            objections=ObjectionStore(database),
            recall=recall,
            touches=touches,
            record=kernel.ledger,
            notices=kernel.outbox,
            hearers=guards.registry,
        )
    )
