"""The gateway: gates, policy, backend, the release path and its desks."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from copyright_optout.api import NoticeDesk
from generator_gateway.adapters.cedar import CedarPolicy, default_policy
from generator_gateway.adapters.iscc import sum_code
from generator_gateway.adapters.prints import SandboxedPrints
from generator_gateway.gates.cameos import CameosGate
from generator_gateway.gates.claims import ClaimedWorks
from generator_gateway.gates.likeness import LikenessGate
from generator_gateway.gates.names import NamesGate
from generator_gateway.gates.panel import GatePanel
from generator_gateway.gates.previews import PreviewsGate
from generator_gateway.gates.remix import RemixGate
from generator_gateway.gates.standing import StandingGate
from generator_gateway.gates.works import WorksGate
from generator_gateway.jobs import Sweeper, register_jobs
from generator_gateway.ports import Gate, VideoBackend
from generator_gateway.service.bindings import SoftBindings
from generator_gateway.service.finishing import Finishing, MarkingStep, SigningStep
from generator_gateway.service.judging import Bench, OutputJudge, RequestJudge
from generator_gateway.service.line import ReleaseLine
from generator_gateway.service.newcomers import Newcomers
from generator_gateway.service.previews import PreviewDesk
from generator_gateway.service.records import LedgerSteps
from generator_gateway.service.rendering import DraftRenderer
from generator_gateway.service.reviewing import ReviewDesk
from generator_gateway.service.runner import CaseRunner
from generator_gateway.service.takedown_asking import AskedSearches
from generator_gateway.service.takedowns import TakedownDesk
from generator_gateway.service.touching import ReleaseTouches
from generator_gateway.service.tracing import AppearanceDesk
from generator_gateway.service.vault import ReleaseVault
from generator_gateway.service.verification import ReportDesk, VerificationDesk
from generator_gateway.service.videos import VideoDesk, VideoRules
from generator_gateway.store.locating import LocatingStore
from generator_gateway.store.ownership import HiddenVideoStore
from likeness_guard.store import DatabaseEntryStore
from placet.wiring.appeals import Appeals, build_appeals
from placet.wiring.approvals import build_awaiting, build_preview_maker, build_previews
from placet.wiring.backends import build_backend
from placet.wiring.chores import IMPORT_SECONDS, NoCases, apart, imports, routine, searches
from placet.wiring.guards import Guards
from placet.wiring.kernel import Kernel
from placet.wiring.notices import ReleasedVideos, build_notice_limit, build_notices
from placet.wiring.owning import Owning, build_owning, build_pseudonyms, build_use_notices
from placet.wiring.reading import build_reading
from placet.wiring.shelves import Shelves
from placet.wiring.takedowns import build_takedowns, build_touches
from placet.wiring.verifier import build_desk, build_reports, build_verify_limit
from trust_kernel.audit.ledger import Ledger
from trust_kernel.audit.merkle import root_from_inclusion
from trust_kernel.audit.notes import TreeHead
from trust_kernel.jobs import CeleryQueue
from trust_kernel.media.sandbox import Sandbox
from trust_kernel.web.rate import RateLimit


@dataclass(frozen=True, slots=True)
class Gateway:
    """The gateway, joined."""

    line: ReleaseLine
    runner: CaseRunner
    celery: Any
    queue: CeleryQueue
    sweeper: Sweeper
    searcher: Sweeper
    importer: Sweeper
    apart: tuple[Sweeper, ...]
    videos: VideoDesk
    owning: Owning
    reviews: ReviewDesk
    appeals: Appeals
    takedowns: TakedownDesk
    takedown_searches: AskedSearches
    notices: NoticeDesk
    notice_limit: RateLimit
    touches: ReleaseTouches
    previews: PreviewDesk
    appearances: AppearanceDesk
    verification: VerificationDesk
    reports: ReportDesk
    verify_limit: RateLimit
    soft_bindings: SoftBindings

    @property
    def sweepers(self) -> tuple[Sweeper, ...]:
        """Everything that a worker does again and again, a thread each."""
        return (self.sweeper, self.searcher, self.importer, *self.apart)


def build_line(kernel: Kernel, guards: Guards, shelves: Shelves) -> ReleaseLine:
    """Join the release path."""
    bench = _bench(kernel, guards, shelves)
    uses = build_use_notices(kernel, guards.registry, shelves.cases)
    ledger = LedgerSteps(
        kernel.database,
        kernel.clock,
        shelves.journal,
        shelves.cases,
        kernel.ledger,
        kernel.outbox,
        uses,
        timedelta(hours=kernel.settings.keep_media_hours),
    )
    limits = kernel.output_limits
    return ReleaseLine(
        ledger=ledger,
        request_gates=RequestJudge(bench, kernel.reference_limits),
        backend=DraftRenderer(
            kernel.database,
            shelves.journal,
            shelves.cases,
            _backends(kernel),
            guards.registry,
            kernel.blobs,
            kernel.decoder,
            uses,
            limits,
        ),
        output_gates=OutputJudge(
            bench, limits, guards.optouts, build_preview_maker(kernel, shelves.journal, shelves.cases, guards.marking)
        ),
        marker=MarkingStep(shelves.journal, shelves.cases, guards.marking, kernel.blobs),
        signer=SigningStep(
            Finishing(
                journal=shelves.journal,
                cases=shelves.cases,
                marking=guards.marking,
                credentials=guards.credentials,
                blobs=kernel.blobs,
                disclosure=guards.disclosure,
                stills=kernel.decoder,
                pseudonym=build_pseudonyms(kernel),
            )
        ),
        vault=ReleaseVault(
            kernel.database,
            kernel.clock,
            shelves.journal,
            shelves.cases,
            shelves.releases,
            shelves.bindings,
            kernel.blobs,
            build_prints(kernel, kernel.sandbox, guards),
            guards.registry,
            kernel.ledger,
            kernel.outbox,
            ledger,
            uses,
            build_pseudonyms(kernel),
            Newcomers(
                _names_gate(guards, shelves),
                (guards.optouts, guards.likeness),
                shelves.cases,
                bench.policy,
                kernel.clock,
            ),
        ),
    )


def build_gateway(kernel: Kernel, guards: Guards, shelves: Shelves) -> Gateway:
    """Join the gateway."""
    settings = kernel.settings
    line = build_line(kernel, guards, shelves)
    patience = timedelta(hours=settings.outage_hours)
    runner = CaseRunner(line, shelves.leases, shelves.cases, max_attempts=settings.max_attempts, patience=patience)
    proof, prints = LedgerProof(kernel.ledger), build_prints(kernel, kernel.strangers, guards)
    reports = build_reports(kernel, shelves.releases, proof)
    celery, queue = shelves.celery, shelves.queue
    videos = _videos(kernel, shelves)
    owning = build_owning(kernel, guards, shelves.cases, shelves.releases, shelves.recall, videos)
    touches = build_touches(kernel, guards, shelves.bindings)
    taken_down = build_takedowns(kernel, guards, shelves, touches)
    soft_bindings = SoftBindings(shelves.bindings, prints, guards.reading)
    known = ReleasedVideos(LocatingStore(kernel.database), shelves.bindings, prints, soft_bindings)
    notices = build_notices(kernel, guards, taken_down, known)
    appeals = build_appeals(
        kernel, guards, shelves.cases, shelves.journal, shelves.releases, queue, videos, taken_down, notices
    )
    chores = (*routine(kernel, guards), reports.sweep, owning.ownership.sweep, appeals.desk.sweep, taken_down.sweep)
    chores = (*chores, notices.bench.tend, notices.bench.forget)
    register_jobs(celery, runner)
    looking = searches(kernel, guards, shelves, taken_down)
    return Gateway(
        line=line,
        runner=runner,
        celery=celery,
        queue=queue,
        sweeper=Sweeper(shelves.leases, queue, settings.sweep_seconds, chores),
        searcher=Sweeper(NoCases(), queue, settings.sweep_seconds, looking),
        importer=Sweeper(NoCases(), queue, min(IMPORT_SECONDS, settings.sweep_seconds), imports(guards)),
        apart=tuple(Sweeper(NoCases(), queue, settings.sweep_seconds, (chore,)) for chore in apart(guards, notices)),
        videos=videos,
        owning=owning,
        reviews=ReviewDesk(
            kernel.database,
            shelves.cases,
            shelves.journal,
            kernel.blobs,
            kernel.ledger,
            kernel.outbox,
            queue,
            guards.approvals,
            timedelta(hours=settings.keep_media_hours),
        ),
        appeals=appeals,
        takedowns=taken_down,
        takedown_searches=AskedSearches(taken_down, guards.optouts, guards.likeness),
        notices=notices,
        notice_limit=build_notice_limit(settings),
        touches=touches,
        previews=build_previews(kernel, guards.approvals, shelves.journal, shelves.cases),
        appearances=AppearanceDesk(
            kernel.database,
            kernel.clock,
            shelves.appearances,
            shelves.cases,
            guards.registry,
            shelves.recall,
            kernel.ledger,
            kernel.outbox,
            _entry_name(kernel),
        ),
        verification=build_desk(guards, shelves.releases, shelves.bindings, prints, proof),
        reports=reports,
        verify_limit=build_verify_limit(settings),
        soft_bindings=soft_bindings,
    )


def build_prints(kernel: Kernel, sandbox: Sandbox, guards: Guards) -> SandboxedPrints:
    """Makes the fingerprints by which releases are found again."""
    return SandboxedPrints(sandbox, guards.optouts, kernel.verify_limits, sum_code)


class LedgerProof:
    """Checks an entry's inclusion the way a stranger would: leaf, path, signed root."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def proves(self, index: int) -> bool:
        """Whether the entry is included in a tree whose head we signed."""
        head = self._head(self._ledger.published_checkpoint())
        if head is None or head.size <= index:
            head = self._head(self._ledger.checkpoint())
        if head is None or head.size <= index:
            return False
        entry, proof = self._ledger.entry(index), self._ledger.inclusion(index, head.size)
        return root_from_inclusion(index, head.size, entry.leaf_hash, proof.path) == head.root

    def _head(self, note: str) -> TreeHead | None:
        text = self._ledger.key.open(note)
        return TreeHead.parse(text) if text is not None else None


def _names_gate(guards: Guards, shelves: Shelves) -> NamesGate:
    return NamesGate(guards.likeness, guards.optouts, ClaimedWorks(guards.optouts, guards.registry), shelves.cases)


def _bench(kernel: Kernel, guards: Guards, shelves: Shelves) -> Bench:
    claimed = ClaimedWorks(guards.optouts, guards.registry)
    gates: tuple[Gate, ...] = (
        _names_gate(guards, shelves),
        CameosGate(guards.registry),
        LikenessGate(guards.likeness, guards.registry),
        WorksGate(guards.optouts, claimed),
        PreviewsGate(guards.approvals, shelves.journal),
        RemixGate(guards.registry, shelves.releases),
        StandingGate(guards.registry),
        *build_reading(kernel, guards, claimed),
    )
    return Bench(
        database=kernel.database,
        clock=kernel.clock,
        journal=shelves.journal,
        cases=shelves.cases,
        panel=GatePanel(gates, kernel.settings.gate_seconds),
        policy=CedarPolicy(default_policy(), guards.registry),
        decoder=kernel.decoder,
        blobs=kernel.blobs,
        awaiting=build_awaiting(kernel, guards.approvals),
    )


def _videos(kernel: Kernel, shelves: Shelves) -> VideoDesk:
    return VideoDesk(
        kernel.database,
        kernel.clock,
        shelves.cases,
        shelves.releases,
        HiddenVideoStore(kernel.database),
        shelves.recall,
        kernel.blobs,
        kernel.decoder,
        shelves.queue,
        _rules(kernel),
    )


def _entry_name(kernel: Kernel) -> Callable[[str], str | None]:
    entries = DatabaseEntryStore(kernel.database, kernel.clock)

    def name(entry_id: str) -> str | None:
        entry = entries.entry(entry_id)
        return entry.name if entry else None

    return name


def _names(kernel: Kernel) -> tuple[str, ...]:
    return (kernel.settings.backend, *kernel.settings.model_aliases)


def _backends(kernel: Kernel) -> dict[str, VideoBackend]:
    backend = build_backend(kernel)
    return dict.fromkeys(_names(kernel), backend)


def _rules(kernel: Kernel) -> VideoRules:
    settings = kernel.settings
    sizes = {size: (int(size.split("x")[0]), int(size.split("x")[1])) for size in settings.sizes}
    return VideoRules(frozenset(_names(kernel)), sizes, settings.max_seconds, kernel.reference_limits)
