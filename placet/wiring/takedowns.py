"""Staff's desk of what is taken down, and the search for what claims and people on the blocklist touch."""

from generator_gateway.adapters.cedar import CedarPolicy, default_policy
from generator_gateway.ports.takedowns import Touches
from generator_gateway.service.takedowns import TakedownDesk, TakedownParts
from generator_gateway.service.touching import ReleaseTouches
from generator_gateway.service.touching_people import PersonTouches
from generator_gateway.store.bindings import BindingStore
from generator_gateway.store.blocked import BlockedAppearances
from generator_gateway.store.ownership import ObjectionStore
from generator_gateway.store.past import PastStore
from generator_gateway.store.takedowns import TakedownStore
from placet.wiring.guards import Guards
from placet.wiring.kernel import Kernel
from placet.wiring.shelves import Shelves


def build_touches(kernel: Kernel, guards: Guards, bindings: BindingStore) -> ReleaseTouches:
    """Finds released videos by what is stored of them."""
    return ReleaseTouches(guards.optouts, PastStore(kernel.database), bindings, guards.registry)


def build_person_touches(kernel: Kernel, guards: Guards, shelves: Shelves) -> PersonTouches:
    """Finds released videos of people on the blocklist, and asks policy about each."""
    return PersonTouches(
        people=guards.likeness,
        past=PastStore(kernel.database),
        tracks=BlockedAppearances(kernel.database),
        policy=CedarPolicy(default_policy(), guards.registry),
        lifted=shelves.cases,
        journal=shelves.journal,
        clock=kernel.clock,
    )


def build_takedowns(kernel: Kernel, guards: Guards, shelves: Shelves, touches: Touches) -> TakedownDesk:
    """Staff's desk of what is taken down."""
    database = kernel.database
    return TakedownDesk(
        TakedownParts(
            database=database,
            clock=kernel.clock,
            batches=TakedownStore(database),
            releases=shelves.releases,
            objections=ObjectionStore(database),
            recall=shelves.recall,
            touches=touches,
            record=kernel.ledger,
            notices=kernel.outbox,
            hearers=guards.registry,
            people=build_person_touches(kernel, guards, shelves),
        )
    )
