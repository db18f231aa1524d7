"""A registry over SQLite with neighbours that remember, and people in it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent_registry.adapters.jws import Ed25519Receipts
from consent_registry.api import (
    Audience,
    AudienceKind,
    ConsentAnswer,
    ConsentAsk,
    ConsentReason,
    ConsentRegistry,
    ConsentSnapshot,
    Grant,
    GrantTerms,
    Issuer,
    Modality,
    RegistryParts,
    Subject,
)
from consent_registry.domain.guardians import GuardianLink, GuardianState
from consent_registry.store import SqlConsentStore
from tests.factories.databases import postgres, sqlite
from tests.fakes.consent import FakeClock, FakeEnroller, FakeNotifier, FakeRecord, FakeWithdrawals
from trust_kernel.db import Database
from trust_kernel.envelope import DatabaseKeyring, LocalKeyFile
from trust_kernel.ids import new_id

FACE = frozenset({Modality.FACE})
VOICE = frozenset({Modality.VOICE})
BOTH = FACE | VOICE
EVERYONE = Audience(AudienceKind.EVERYONE)


def people(*account_ids: str) -> Audience:
    return Audience(AudienceKind.PEOPLE, frozenset(account_ids))


@dataclass
class House:
    """A registry and everything around it."""

    database: Database
    directory: Path
    clock: FakeClock = field(default_factory=FakeClock)
    enroller: FakeEnroller = field(default_factory=FakeEnroller)
    withdrawals: FakeWithdrawals = field(default_factory=FakeWithdrawals)
    record: FakeRecord = field(default_factory=FakeRecord)
    notifier: FakeNotifier = field(default_factory=FakeNotifier)
    signing_key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def __post_init__(self) -> None:
        self.keyring = DatabaseKeyring(self.database, LocalKeyFile(self.directory / "root.key"))
        self.parts = RegistryParts(
            unit=self.database,
            store=SqlConsentStore(self.database),
            enroller=self.enroller,
            keyring=self.keyring,
            withdrawals=self.withdrawals,
            record=self.record,
            notifier=self.notifier,
            signer=Ed25519Receipts(self.signing_key),
            clock=self.clock,
            pseudonym_key=b"k" * 32,
            issuer=Issuer("https://placet.example", "EU"),
        )
        self.registry = ConsentRegistry(self.parts)

    def person(self, name: str, *, enrolled: bool = True, birth_year: int | None = None) -> Subject:
        made = self.registry.register_subject(f"acct_{name}", name, name.title(), birth_year=birth_year)
        if enrolled:
            self.registry.enrol_attested(
                made.id,
                attested_by="acct_staff",
                pictures=[np.zeros((4, 4, 3), np.uint8)],
                recordings=[],
                keep_reference=False,
            )
        return self.registry.subject(made.id)

    def guard(self, guardian: str, ward: Subject) -> None:
        """Have an adult be a minor's verified guardian."""
        now = self.clock.now()
        link = GuardianLink(new_id("guard"), guardian, ward.account_id, guardian, GuardianState.VERIFIED, now, now)
        self.parts.store.add_guardian(link)

    def give(self, subject: Subject, audience: Audience = EVERYONE, *, by: str = "", **terms: object) -> Grant:
        fields = {"modalities": BOTH, **terms}
        made = GrantTerms(audience, **fields)  # type: ignore[arg-type] # terms by their fields
        return self.registry.grant(subject.id, made, actor=by or subject.account_id)

    def ask(
        self, who: str, subject: Subject, modalities: frozenset[Modality] = FACE, *, remix: bool = False
    ) -> ConsentAnswer:
        return self.registry.answer(ConsentAsk(who, subject.id, modalities, remix, self.clock.now()))

    def admit(self, who: str, subject: Subject) -> ConsentSnapshot:
        """What a case would keep of a permitted ask."""
        answer = self.ask(who, subject)
        assert answer.permitted, answer.reason
        return ConsentSnapshot(subject.id, answer.epoch, answer.grant_id, answer.modalities)

    def release(self, who: str, *snapshots: ConsentSnapshot) -> ConsentReason | None:
        with self.database.transaction():
            return self.registry.recheck(snapshots, account_id=who, at=self.clock.now())

    def uses(self, grant: Grant) -> int:
        return self.registry.grant_named(grant.id).uses


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with sqlite(tmp_path) as database:
        yield House(database, tmp_path)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def any_house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A house on each kind of database, for what depends on locks."""
    with ExitStack() as stack:
        opened: AbstractContextManager[Database] = sqlite(tmp_path) if request.param == "sqlite" else postgres()
        yield House(stack.enter_context(opened), tmp_path)
