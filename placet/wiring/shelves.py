"""The gateway's rows, and what withdraws them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from consent_registry.api import FamilyHearers
from consent_registry.store import SqlConsentStore
from generator_gateway.jobs import PRODUCE
from generator_gateway.service.awaiting import CaseUses
from generator_gateway.service.halting import Halting
from generator_gateway.service.vault import ReleaseRecall
from generator_gateway.store import (
    AppearanceStore,
    CaseConsentBook,
    CaseJournal,
    CaseStore,
    LeaseBook,
    ReleaseStore,
)
from generator_gateway.store.bindings import BindingStore
from placet.wiring.approvals import build_uses
from placet.wiring.kernel import Kernel
from trust_kernel.jobs import CeleryQueue, make_celery


@dataclass(frozen=True, slots=True)
class Shelves:
    """The gateway's rows; the recall needs no guard, so that the registry can be built on it."""

    leases: LeaseBook
    cases: CaseStore
    journal: CaseJournal
    releases: ReleaseStore
    recall: ReleaseRecall
    halting: Halting
    celery: Any
    queue: CeleryQueue
    uses: CaseUses
    appearances: AppearanceStore
    bindings: BindingStore


def build_shelves(kernel: Kernel) -> Shelves:
    """Build the stores and the recall."""
    database, clock = kernel.database, kernel.clock
    leases = LeaseBook(database, clock, timedelta(seconds=kernel.settings.lease_seconds))
    releases, cases = ReleaseStore(database), CaseStore(database, clock, leases)
    celery = make_celery(kernel.settings.broker_url)
    queue = CeleryQueue(celery, PRODUCE)
    return Shelves(
        leases=leases,
        cases=cases,
        journal=CaseJournal(database, clock, leases),
        releases=releases,
        recall=ReleaseRecall(
            database,
            clock,
            releases,
            kernel.ledger,
            kernel.outbox,
            FamilyHearers(database, SqlConsentStore(database), clock),
        ),
        halting=Halting(database, CaseConsentBook(database), kernel.ledger),
        celery=celery,
        queue=queue,
        uses=build_uses(cases, queue),
        appearances=AppearanceStore(database),
        bindings=BindingStore(database, kernel.blobs),
    )
