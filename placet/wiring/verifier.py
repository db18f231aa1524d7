"""Verification, joined: the desk of a deployment, what belongs to it, and a verifier without a server."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from generator_gateway.api import ReportDesk, ReportTerms, Sources, VerificationDesk
from generator_gateway.ports import Releases
from generator_gateway.ports.bindings import Bindings, PrintMaker
from generator_gateway.ports.verification import Proves
from generator_gateway.store.reports import ReportStore
from trust_kernel.settings import Settings
from trust_kernel.web.rate import RateLimit, TokenBuckets
from watermark.adapters.certificates import DEVELOPMENT

if TYPE_CHECKING:
    from placet.wiring.guards import Guards
    from placet.wiring.kernel import Kernel


def build_desk(
    guards: "Guards", releases: Releases, bindings: Bindings, prints: PrintMaker, ledger: Proves
) -> VerificationDesk:
    """The desk of a deployment."""
    return VerificationDesk(
        Sources(
            credentials=guards.examining,
            marks=guards.reading,
            prints=prints,
            bindings=bindings,
            releases=releases,
            ledger=ledger,
            alike=guards.optouts.alike,
            development=DEVELOPMENT,
        )
    )


def build_reports(kernel: "Kernel", releases: Releases, ledger: Proves) -> ReportDesk:
    """Kept reports and feedback."""
    settings = kernel.settings
    terms = ReportTerms(settings.report_days, settings.feedback_address)
    return ReportDesk(ReportStore(kernel.database), releases, ledger, kernel.clock, terms)


def build_verify_limit(settings: Settings) -> RateLimit:
    """How often one address may have files verified; one for all doors, so that no door is a way round it.

    Raises:
        ValueError: a proxy's network cannot be read.
    """
    return RateLimit(TokenBuckets(settings.verify_per_minute), settings.proxy_networks)


@contextmanager
def open_verifier(settings: Settings) -> Iterator[VerificationDesk]:
    """A verifier without a server.

    With a deployment's data directory, or database, it knows that deployment's marks and releases; without one it
    reads credentials alone. Nothing is made on disk, and nothing that was started is left behind.
    """
    if not settings.database_url and not (settings.data_dir / "placet.db").exists():
        from placet.wiring.bare import bare_desk

        with bare_desk(settings) as desk:
            yield desk
        return
    from placet.wiring import build_house

    house = build_house(settings)
    try:
        yield house.gateway.verification
    finally:
        house.kernel.sandbox.close()
        house.kernel.strangers.close()
        house.kernel.database.engine.dispose()
