"""A gateway over a real database, registry and ledger, with guards that see what a test says is there."""

import contextvars
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import placet.wiring.tables  # noqa: F401 - every table is known before a database is made
from consent_registry.adapters.jws import Ed25519Receipts
from consent_registry.api import (
    ApprovalDesk,
    Audience,
    AudienceKind,
    ConsentRegistry,
    FamilyHearers,
    Grant,
    GrantTerms,
    Issuer,
    Modality,
    RegistryParts,
    Subject,
)
from consent_registry.store import SqlConsentStore
from generator_gateway.adapters.cedar import CedarPolicy, default_policy
from generator_gateway.gates.cameos import CameosGate
from generator_gateway.gates.claims import ClaimedWorks
from generator_gateway.gates.likeness import LikenessGate
from generator_gateway.gates.names import NamesGate
from generator_gateway.gates.panel import GatePanel
from generator_gateway.gates.previews import PreviewsGate
from generator_gateway.gates.remix import RemixGate
from generator_gateway.gates.works import WorksGate
from generator_gateway.pipeline import produce
from generator_gateway.ports import CaseSummary, CaseView, Lease, ReleaseRecord
from generator_gateway.service.appeal_deciding import AppealReview
from generator_gateway.service.appeal_holders import AppealHearing
from generator_gateway.service.appeal_parts import AppealParts
from generator_gateway.service.appeals import AppealDesk
from generator_gateway.service.awaiting import Awaiting, CaseUses
from generator_gateway.service.finishing import Finishing, MarkingStep, SigningStep, pseudonym_with
from generator_gateway.service.halting import Halting
from generator_gateway.service.judging import Bench, OutputJudge, RequestJudge
from generator_gateway.service.line import ReleaseLine
from generator_gateway.service.lineage import LineageDesk
from generator_gateway.service.newcomers import Newcomers
from generator_gateway.service.ownership import OwnershipDesk, OwnershipParts
from generator_gateway.service.previews import PreviewDesk, PreviewMaker
from generator_gateway.service.records import LedgerSteps
from generator_gateway.service.rendering import DraftRenderer
from generator_gateway.service.reviewing import ReviewDesk
from generator_gateway.service.runner import CaseRunner
from generator_gateway.service.sharing import SharingDesk
from generator_gateway.service.takedowns import TakedownDesk, TakedownParts
from generator_gateway.service.telling import UseNotices
from generator_gateway.service.vault import ReleaseRecall, ReleaseVault
from generator_gateway.service.verification import Sources, VerificationDesk
from generator_gateway.service.videos import NewVideo, VideoDesk, VideoRules
from generator_gateway.service.whereabouts import WhereaboutsDesk
from generator_gateway.service.withdrawing import RevocationWithdrawals
from generator_gateway.stages import Ended, Request
from generator_gateway.store import CaseConsentBook, CaseJournal, CaseStore, LeaseBook, ReleaseStore
from generator_gateway.store.appeals import AppealStore
from generator_gateway.store.bindings import BindingStore
from generator_gateway.store.ownership import HiddenVideoStore, ObjectionStore, ToldUseStore
from generator_gateway.store.sharing import ShareLinkStore
from generator_gateway.store.takedowns import TakedownStore
from generator_gateway.store.whereabouts import WhereaboutsStore
from likeness_guard.api import Band, Gallery, Sighting
from likeness_guard.api import Modality as SeenModality
from placet.wiring.appeals import PeopleConcerned
from tests.factories.databases import postgres, sqlite
from tests.fakes.appeals import BatchesAlone, HousesStaff, KnownHolders, NothingTouched
from tests.fakes.consent import FakeClock, FakeEnroller
from tests.fakes.gateway import (
    LookPrints,
    RecordingQueue,
    SayingDisclosure,
    SayingGate,
    SeeingLikeness,
    SeeingOptOuts,
    SpellingDecoder,
    WritingBackend,
    WritingCredentials,
    WritingMarks,
    look_of,
)
from tests.fakes.media import InMemoryBlobs
from tests.fakes.tracing import KnowingFinder
from trust_kernel.audit.ledger import Ledger
from trust_kernel.audit.notes import NoteSigner
from trust_kernel.db import Database
from trust_kernel.decisions import Stage
from trust_kernel.envelope import DatabaseKeyring, LocalKeyFile
from trust_kernel.events import Event, Outbox
from trust_kernel.media.refs import MediaLimits

ORIGIN = "placet.test/ledger"
PSEUDONYM = pseudonym_with(b"secret")
TTL = timedelta(seconds=30)
PATIENCE = timedelta(hours=72)
KEEP = timedelta(hours=72)
ANSWER = timedelta(days=7)
LIMITS = MediaLimits(max_bytes=1_000)
FACE = frozenset({Modality.FACE})
VOICE = frozenset({Modality.VOICE})
BOTH = FACE | VOICE
EVERYONE = Audience(AudienceKind.EVERYONE)
T = TypeVar("T")


class LedgerProves:
    """The ledger holds every entry that it has."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def proves(self, index: int) -> bool:
        return index < self._ledger.size()


@dataclass
class House:
    """The gateway and everything around it."""

    database: Database
    directory: Path
    clock: FakeClock = field(default_factory=FakeClock)
    likeness: SeeingLikeness = field(default_factory=SeeingLikeness)
    optouts: SeeingOptOuts = field(default_factory=SeeingOptOuts)
    marking: WritingMarks = field(default_factory=WritingMarks)
    credentials: WritingCredentials = field(default_factory=WritingCredentials)
    backend: WritingBackend = field(default_factory=WritingBackend)
    decoder: SpellingDecoder = field(default_factory=SpellingDecoder)
    blobs: InMemoryBlobs = field(default_factory=InMemoryBlobs)
    queue: RecordingQueue = field(default_factory=RecordingQueue)
    gate: SayingGate = field(default_factory=SayingGate)
    disclosure: SayingDisclosure = field(default_factory=SayingDisclosure)
    enroller: FakeEnroller = field(default_factory=FakeEnroller)

    def __post_init__(self) -> None:
        database, clock = self.database, self.clock
        self.ledger = Ledger(database, clock, NoteSigner(ORIGIN, Ed25519PrivateKey.generate()), ORIGIN)
        self.outbox = Outbox(database, clock)
        self.leases = LeaseBook(database, clock, TTL)
        self.cases = CaseStore(database, clock, self.leases)
        self.journal = CaseJournal(database, clock, self.leases)
        self.releases = ReleaseStore(database)
        self.bindings = BindingStore(database, self.blobs)
        self.prints = LookPrints(self.decoder, self.optouts)
        hearers = FamilyHearers(database, SqlConsentStore(database), clock)
        self.recall = ReleaseRecall(database, clock, self.releases, self.ledger, self.outbox, hearers)
        self.halting = Halting(database, CaseConsentBook(database), self.ledger)
        self.finder = KnowingFinder(database, clock)
        parts = self._parts()
        self.registry = ConsentRegistry(parts)
        self.approvals = ApprovalDesk(parts, CaseUses(self.cases, self.queue), PATIENCE)
        self.previews = PreviewDesk(self.approvals, self.journal, self.cases, self.blobs)
        self.policy = CedarPolicy(default_policy(), self.registry)
        self.line = self.line_with(self.journal)
        self.runner = CaseRunner(self.line, self.leases, self.cases)
        rules = VideoRules(frozenset({"fake", "sora-2"}), {"640x360": (640, 360), "720x1280": (720, 1280)}, 10, LIMITS)
        self.desk = VideoDesk(
            database,
            clock,
            self.cases,
            self.releases,
            HiddenVideoStore(database),
            self.recall,
            self.blobs,
            self.decoder,
            self.queue,
            rules,
        )
        self.ownership = OwnershipDesk(self._ownership_parts())
        self.sharing = SharingDesk(
            database,
            clock,
            self.releases,
            ShareLinkStore(database),
            self.desk.see,
            self.cases.get,
            self.blobs,
            self.outbox,
            self.registry,
        )
        self.lineage = LineageDesk(self.releases, self.registry, self.desk.see)
        self.whereabouts = WhereaboutsDesk(self.registry, self.finder, WhereaboutsStore(database, self.releases))
        self.reviews = ReviewDesk(
            database, self.cases, self.journal, self.blobs, self.ledger, self.outbox, self.queue, self.approvals, KEEP
        )
        self.holders = KnownHolders()
        self.staff = HousesStaff()
        self.takedowns = TakedownDesk(self._takedown_parts())
        self.batches = BatchesAlone(self.takedowns)
        appealing = self._appeal_parts()
        self.appeals = AppealDesk(appealing)
        self.appeal_review = AppealReview(appealing)
        self.appeal_hearing = AppealHearing(appealing)
        self.verification = VerificationDesk(
            Sources(
                credentials=self.credentials,
                marks=self.marking,
                prints=self.prints,
                bindings=self.bindings,
                releases=self.releases,
                ledger=LedgerProves(self.ledger),
                alike=self.optouts.alike,
            )
        )

    def _parts(self) -> RegistryParts:
        return RegistryParts(
            unit=self.database,
            store=SqlConsentStore(self.database),
            enroller=self.enroller,
            keyring=DatabaseKeyring(self.database, LocalKeyFile(self.directory / "root.key")),
            withdrawals=RevocationWithdrawals(self.recall, self.halting, self.finder),
            record=self.ledger,
            notifier=self.outbox,
            signer=Ed25519Receipts(Ed25519PrivateKey.generate()),
            clock=self.clock,
            pseudonym_key=b"k" * 32,
            issuer=Issuer("https://placet.example"),
        )

    def _ownership_parts(self) -> OwnershipParts:
        return OwnershipParts(
            database=self.database,
            clock=self.clock,
            releases=self.releases,
            objections=ObjectionStore(self.database),
            see=self.desk.see,
            recall=self.recall,
            registry=self.registry,
            record=self.ledger,
            notices=self.outbox,
            pseudonym=PSEUDONYM,
        )

    def _takedown_parts(self) -> TakedownParts:
        return TakedownParts(
            database=self.database,
            clock=self.clock,
            batches=TakedownStore(self.database),
            releases=self.releases,
            objections=ObjectionStore(self.database),
            recall=self.recall,
            touches=NothingTouched(),
            record=self.ledger,
            notices=self.outbox,
            hearers=self.registry,
        )

    def _appeal_parts(self) -> AppealParts:
        return AppealParts(
            database=self.database,
            clock=self.clock,
            appeals=AppealStore(self.database),
            cases=self.cases,
            reopens=self.cases,
            journal=self.journal,
            stages=self.journal,
            releases=self.releases,
            takedowns=self.batches,
            claims=self.holders,
            people=PeopleConcerned(self.registry),
            staff=self.staff,
            record=self.ledger,
            notices=self.outbox,
            queue=self.queue,
            see=self.desk.see,
            keep=KEEP,
            answer=ANSWER,
        )

    @property
    def claimed_works(self) -> ClaimedWorks:
        """What may be made of claimed works."""
        return ClaimedWorks(self.optouts, self.registry)

    def names_gate(self) -> NamesGate:
        return NamesGate(self.likeness, self.optouts, self.claimed_works, self.cases)

    def panel(self) -> GatePanel:
        gates = (
            self.names_gate(),
            CameosGate(self.registry),
            LikenessGate(self.likeness, self.registry),
            WorksGate(self.optouts, self.claimed_works),
            PreviewsGate(self.approvals, self.journal),
            RemixGate(self.registry, self.releases),
            self.gate,
        )
        return GatePanel(gates, 20.0)

    def line_with(self, journal: CaseJournal) -> ReleaseLine:
        """The release path over this journal, joined as an installation joins it."""
        database, clock = self.database, self.clock
        awaiting = Awaiting(self.approvals, CaseConsentBook(database))
        bench = Bench(
            database, clock, journal, self.cases, self.panel(), self.policy, self.decoder, self.blobs, awaiting
        )
        uses = UseNotices(self.registry, self.cases, ToldUseStore(database), self.outbox)
        ledger = LedgerSteps(database, clock, journal, self.cases, self.ledger, self.outbox, uses, KEEP)
        blobs, decoder = self.blobs, self.decoder
        return ReleaseLine(
            ledger=ledger,
            request_gates=RequestJudge(bench, LIMITS),
            backend=DraftRenderer(
                database,
                journal,
                self.cases,
                {"fake": self.backend},
                self.registry,
                blobs,
                decoder,
                uses,
                LIMITS,
            ),
            output_gates=OutputJudge(
                bench, LIMITS, self.optouts, PreviewMaker(journal, self.cases, self.marking, self.blobs)
            ),
            marker=MarkingStep(journal, self.cases, self.marking, blobs),
            signer=SigningStep(
                Finishing(
                    journal=journal,
                    cases=self.cases,
                    marking=self.marking,
                    credentials=self.credentials,
                    blobs=blobs,
                    disclosure=self.disclosure,
                    stills=decoder,
                    pseudonym=PSEUDONYM,
                )
            ),
            vault=ReleaseVault(
                database,
                clock,
                journal,
                self.cases,
                self.releases,
                self.bindings,
                blobs,
                self.prints,
                self.registry,
                self.ledger,
                self.outbox,
                ledger,
                uses,
                PSEUDONYM,
                Newcomers(self.names_gate(), (self.optouts, self.likeness), self.cases, self.policy, clock),
            ),
        )

    # --- people

    def person(self, name: str, *, enrolled: bool = True) -> Subject:
        made = self.registry.register_subject(f"acct_{name}", name, name.title())
        if enrolled:
            self.registry.enrol_attested(
                made.id,
                attested_by="acct_staff",
                pictures=[np.zeros((4, 4, 3), np.uint8)],
                recordings=[np.zeros(16_000, np.float32)],
                keep_reference=True,
            )
        return self.registry.subject(made.id)

    def give(self, subject: Subject, audience: Audience = EVERYONE, **terms: object) -> Grant:
        fields = {"modalities": BOTH, **terms}
        made = GrantTerms(audience, **fields)  # type: ignore[arg-type] # terms by their fields
        return self.registry.grant(subject.id, made, actor=subject.account_id)

    # --- cases

    def submit(self, prompt: str = "a quiet harbour", account_id: str = "acct_ada", **fields: object) -> CaseSummary:
        new = NewVideo(prompt=prompt, model="fake", size="640x360", **fields)  # type: ignore[arg-type] # by field
        return self.desk.submit(account_id, new)

    def accept(self, request: Request) -> Request:
        """Keep a request as it is."""
        self.cases.accept(request)
        return request

    def claimed(self, case_id: str) -> Lease:
        lease = self.leases.claim(case_id)
        assert lease is not None
        return lease

    def ended(self, case: CaseSummary) -> Ended:
        """Run a case to its end."""
        ended = self.runner.run(case.id)
        assert ended is not None
        return ended

    def released(self, prompt: str = "a quiet harbour", account_id: str = "acct_ada", **fields: object) -> str:
        """Make a video that is out; gives its id."""
        case = self.submit(prompt, account_id, **fields)
        ended = self.ended(case)
        assert self.cases.get(case.id).status == "completed", ended
        return case.id

    def walk(self, request: Request, line: ReleaseLine | None = None) -> Ended:
        """Walk the path as a worker that dies where the path breaks: nobody gives the lease back."""
        return produce(request, line or self.line)

    def release(self, case_id: str) -> ReleaseRecord:
        found = self.releases.find(case_id)
        assert found is not None
        return found

    # --- what is on record

    def kinds(self) -> list[str]:
        """Kinds of ledger entries of the gateway, in order."""
        kinds = [entry.kind for entry in self.ledger.entries(0, self.ledger.size())]
        return [kind for kind in kinds if not kind.startswith("consent:")]

    def notices(self, account_id: str, kind: str | None = None) -> list[Event]:
        """What an account was told, oldest first."""
        events = self.outbox.for_recipient(account_id)
        return [event for event in reversed(events) if kind in {None, event.type}]

    def uses(self, grant: Grant) -> int:
        return self.registry.grant_named(grant.id).uses


def elsewhere(function: Callable[[], T]) -> T:
    """Call as another worker would: what this thread holds is not held there."""
    return contextvars.Context().run(function)


def view_of(
    request: Request,
    clock: FakeClock,
    *media: tuple[str, bytes],
    stage: Stage = Stage.REQUEST,
) -> CaseView:
    """A view of a request with media that spell these bytes."""
    return CaseView(stage, request, clock.now(), tuple((source, look_of(content)) for source, content in media))


def seen(
    about: str | None,
    *,
    gallery: Gallery = Gallery.CAMEO,
    band: Band = Band.MATCH,
    modality: SeenModality = SeenModality.FACE,
    box: tuple[float, float, float, float] | None = (0.1, 0.1, 0.2, 0.2),
    category: str = "",
) -> Sighting:
    """Somebody in a medium."""
    score = 0.9 if band is Band.MATCH else 0.6
    return Sighting(
        modality,
        gallery,
        about,
        band,
        score,
        0.8,
        0.5,
        (0.0, 1.0),
        box,
        0.9,
        probability=0.998,
        fpir=0.00012,
        category=category,
    )


def reasons(findings: Sequence[object]) -> list[str]:
    """The reason codes of findings."""
    return [str(getattr(finding, "reason", "")) for finding in findings]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with sqlite(tmp_path) as database:
        yield House(database, tmp_path)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def any_house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A house on each kind of database, for what depends on locks."""
    with sqlite(tmp_path) if request.param == "sqlite" else postgres() as database:
        yield House(database, tmp_path)
