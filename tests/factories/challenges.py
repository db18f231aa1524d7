"""A desk of live challenges over SQLite, with the real networks, and portraits for recordings."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from consent_registry.adapters.pocketsphinx_digits import PocketSphinxDigits
from consent_registry.domain.challenges import Challenge, LiveEvidence, Turn
from consent_registry.domain.enrolments import EnrolmentAttempt, EnrolmentState
from consent_registry.domain.people import Assurance, SubjectRecord
from consent_registry.ports.challenges import DigitRecogniser, RecordingWatcher
from consent_registry.service.challenges import ChallengeDesk, ChallengeParts, Outcome
from consent_registry.store import SqlConsentStore
from consent_registry.store.challenges import SqlChallenges
from likeness_guard.adapters.calibrations import load_calibrations
from likeness_guard.adapters.mtcnn_heads import mtcnn_heads
from likeness_guard.adapters.stack import embedded_models
from likeness_guard.ports import Picture
from likeness_guard.service.senses import Senses
from likeness_guard.service.watching import Watcher
from tests.factories.databases import sqlite
from tests.factories.recordings import Portrait
from tests.fakes.consent import FakeClock
from tests.fakes.likeness import shared_models
from trust_kernel.db import Database
from trust_kernel.errors import PlacetError
from trust_kernel.inference.sessions import SessionFactory
from trust_kernel.media.decode import Decoder
from trust_kernel.media.sandbox import Sandbox


@dataclass
class FakeLiveEnroller:
    """Enrols whoever comes, and remembers with what.

    Attributes:
        state: what enrolments become.
        fault: raised instead.
        too_young: raised when a challenge is asked for.
    """

    state: EnrolmentState = EnrolmentState.ENROLLED
    fault: PlacetError | None = None
    too_young: PlacetError | None = None
    enrolled: list[LiveEvidence] = field(default_factory=list)

    def check_age(self, subject_id: str) -> None:
        del subject_id
        if self.too_young is not None:
            raise self.too_young

    def enrol_live(self, evidence: LiveEvidence, *, keep_reference: bool, label: str) -> EnrolmentAttempt:
        if self.fault is not None:
            raise self.fault
        self.enrolled.append(evidence)
        return EnrolmentAttempt(
            id="enr_1",
            subject_id=evidence.subject_id,
            assurance=Assurance.LIVE_CHALLENGE,
            state=self.state,
            label=label,
            keep_reference=keep_reference,
            proposed_by="acct_ada",
            created_at=evidence.at,
            until=evidence.at + timedelta(days=14),
        )


@dataclass
class Booth:
    """A desk and everything around it.

    Attributes:
        subject_id: somebody who can be challenged.
    """

    database: Database
    watcher: RecordingWatcher
    recogniser: DigitRecogniser
    clock: FakeClock = field(default_factory=FakeClock)
    enroller: FakeLiveEnroller = field(default_factory=FakeLiveEnroller)
    subject_id: str = ""

    def __post_init__(self) -> None:
        self.store = SqlChallenges(self.database)
        parts = ChallengeParts(
            unit=self.database,
            store=self.store,
            watcher=self.watcher,
            recogniser=self.recogniser,
            enroller=self.enroller,
            clock=self.clock,
            print_key=b"p" * 32,
        )
        self.desk = ChallengeDesk(parts)
        self.subject_id = self.person("ada")

    def person(self, name: str) -> str:
        """Register somebody."""
        subject_id = f"subj_{name}"
        record = SubjectRecord(subject_id, f"acct_{name}", name, name.title(), 0, 1980, self.clock.now())
        SqlConsentStore(self.database).add_subject(record, f"digest_{name}")
        return subject_id

    def challenge(self, digits: Sequence[int], turns: Sequence[str], subject_id: str = "") -> Challenge:
        """A challenge that asks for what a recording shows."""
        now = self.clock.now()
        made = Challenge(
            f"chal_{secrets.token_hex(8)}",
            subject_id or self.subject_id,
            "en",
            tuple(digits),
            tuple(Turn(turn) for turn in turns),
            now,
            now + timedelta(minutes=10),
        )
        self.store.add_challenge(made)
        return made

    def answer(self, recording: Path, digits: Sequence[int], turns: Sequence[str]) -> Outcome:
        """Answer a challenge of these digits and turns."""
        return self.desk.answer(self.challenge(digits, turns).id, recording, keep_reference=False)


def real_watcher(sandbox: Sandbox) -> RecordingWatcher:
    """The real networks behind the real sandbox."""
    from placet.wiring.watching import Recordings

    store, sessions = shared_models(), SessionFactory()
    models = embedded_models(store, sessions)
    senses = Senses(models.detector, models.activity, models.face_embedder, models.voice_embedder)
    calibration = load_calibrations(()).of(models.face_embedder.version)
    watcher = Watcher(senses, mtcnn_heads(store, sessions), lambda: calibration.verification)
    return Recordings(Decoder(sandbox), sandbox, watcher, 120.0)


@contextmanager
def real_booth(directory: Path) -> Iterator[Booth]:
    """A desk with everything real but the enrolment."""
    sandbox = Sandbox(threads=1)
    try:
        with sqlite(directory) as database:
            yield Booth(database, real_watcher(sandbox), PocketSphinxDigits())
    finally:
        sandbox.close()


def portrait_of(picture: Picture) -> Portrait:
    """A picture of one face as a portrait that can perform."""
    heads = mtcnn_heads(shared_models(), SessionFactory()).heads([picture])[0]
    return Portrait(picture, heads[0].points)


def iso(moment: datetime) -> str:
    """As containers write it."""
    return moment.astimezone(UTC).isoformat()
