"""The composition root: settings in, a frozen house out. Nothing else knows which technology does what."""

from dataclasses import dataclass

from generator_gateway.service.withdrawing import RevocationWithdrawals
from placet.wiring.delivery import Delivery, build_delivery
from placet.wiring.gateway import Gateway, build_gateway
from placet.wiring.guards import Guards, build_guards, build_models
from placet.wiring.kernel import Kernel, build_kernel
from placet.wiring.leaving import LeaversShelves, build_departures
from placet.wiring.shelves import Shelves, build_shelves
from trust_kernel.settings import Settings

__all__ = ["Delivery", "Gateway", "Guards", "House", "Kernel", "Shelves", "build_house", "build_kernel", "build_models"]


@dataclass(frozen=True, slots=True)
class House:
    """One deployment in this process."""

    kernel: Kernel
    guards: Guards
    shelves: Shelves
    gateway: Gateway
    delivery: Delivery


def build_house(settings: Settings) -> House:
    """Join everything; opens no connection, loads no model and reads no media yet."""
    kernel = build_kernel(settings)
    shelves = build_shelves(kernel)
    leavers = LeaversShelves(shelves.cases, shelves.leases, shelves.journal, shelves.recall)
    # The registry calls this inside each revocation's transaction, knowing nothing of releases.
    guards = build_guards(
        kernel,
        lambda likeness: RevocationWithdrawals(shelves.recall, shelves.halting, likeness),
        shelves.uses,
        lambda likeness, registry: build_departures(kernel, registry, leavers, likeness),
    )
    delivery = build_delivery(kernel, guards.registry)
    return House(kernel, guards, shelves, build_gateway(kernel, guards, shelves), delivery)
