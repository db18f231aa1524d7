"""What the worker does beside cases: routine, imports, searches, and what must wait for none of these."""

from collections.abc import Callable
from datetime import timedelta

from copyright_optout.api import NoticeDesk
from generator_gateway.service.retention import Retention
from generator_gateway.service.takedowns import TakedownDesk
from generator_gateway.service.tracing import Tracer
from generator_gateway.store import MediaUses
from placet.wiring.guards import Guards
from placet.wiring.kernel import Kernel
from placet.wiring.leaving import build_leaving_media
from placet.wiring.shelves import Shelves
from placet.wiring.tending import tending

IMPORT_SECONDS = 1.0
"""From one look for imports to the next: somebody waits for each."""


def routine(kernel: Kernel, guards: Guards) -> tuple[Callable[[], object], ...]:
    """What is soon done, between two looks for abandoned cases."""
    keep = timedelta(hours=kernel.settings.keep_media_hours)
    retention = Retention(MediaUses(kernel.database), kernel.blobs, kernel.clock, keep, guards.likeness)
    return (
        retention.sweep,
        guards.approvals.sweep,
        guards.challenges.sweep,
        guards.registry.sweep_receipts,
        guards.optouts.tend,
        build_leaving_media(kernel).sweep,
        kernel.ledger.published_checkpoint,
        kernel.database.scrub,
    )


def imports(guards: Guards) -> tuple[Callable[[], object], ...]:
    """What takes a minute for a hundred thousand claims, in a thread of its own."""
    return () if guards.optouts.imports is None else (guards.optouts.imports.tend,)


def apart(guards: Guards, notices: NoticeDesk) -> tuple[Callable[[], object], ...]:
    """What has a thread each, so that none keeps another waiting.

    A mail server may take a minute for each mail, a dry run minutes, and the flood watch is there for the minute in
    which a claim goes wrong.
    """
    return (notices.mails.post, guards.optouts.guard, guards.optouts.rehearse)


class NoCases:
    """Nothing is abandoned: for a sweeper that has chores alone."""

    def abandoned(self, limit: int = 100) -> list[str]:
        """No case."""
        del limit
        return []


def searches(
    kernel: Kernel, guards: Guards, shelves: Shelves, takedowns: TakedownDesk
) -> tuple[Callable[[], object], ...]:
    """What may take minutes, in a thread of its own: the first load of a million tracks, new templates for many."""
    likeness = guards.likeness
    tracer = Tracer(
        kernel.database, kernel.clock, likeness, shelves.appearances, guards.registry, kernel.ledger, kernel.outbox
    )
    tended = tending(likeness, guards.registry)
    return (
        guards.descriptions.warm_up,
        likeness.warm_outputs,
        shelves.bindings.warm_up,
        tracer.sweep,
        takedowns.search,
        tended,
    )
