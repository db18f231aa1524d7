"""Uses that wait for the person's own answer: the registry's questions, joined to the gateway's cases."""

from datetime import timedelta

from consent_registry.api import ApprovalDesk, AskedUses
from consent_registry.service import RegistryParts
from generator_gateway.service.awaiting import Awaiting, CaseUses
from generator_gateway.service.previews import PreviewDesk, PreviewMaker
from generator_gateway.store import CaseConsentBook, CaseJournal, CaseStore
from placet.wiring.kernel import Kernel
from trust_kernel.jobs import CeleryQueue
from watermark.api import MarkingService


def build_uses(cases: CaseStore, queue: CeleryQueue) -> CaseUses:
    """What people are asked about."""
    return CaseUses(cases, queue)


def build_approvals(kernel: Kernel, parts: RegistryParts, uses: AskedUses) -> ApprovalDesk:
    """The questions."""
    return ApprovalDesk(parts, uses, timedelta(hours=kernel.settings.approval_hours))


def build_awaiting(kernel: Kernel, approvals: ApprovalDesk) -> Awaiting:
    """What puts them."""
    return Awaiting(approvals, CaseConsentBook(kernel.database))


def build_preview_maker(
    kernel: Kernel, journal: CaseJournal, cases: CaseStore, marking: MarkingService
) -> PreviewMaker:
    """What marks a draft for those who want to see it first."""
    return PreviewMaker(journal, cases, marking, kernel.blobs)


def build_previews(kernel: Kernel, approvals: ApprovalDesk, journal: CaseJournal, cases: CaseStore) -> PreviewDesk:
    """What shows it to them."""
    return PreviewDesk(approvals, journal, cases, kernel.blobs)
