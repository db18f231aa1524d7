"""What the use cases share: their parts, pseudonyms, and how a change of consent is made."""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from consent_registry.domain import ConsentEvent, ConsentFault, Grant, Issuer, Receipt, RequesterCaps, Subject, document
from consent_registry.domain.enrolments import EnrolmentRules
from consent_registry.ports import (
    Ages,
    ConsentStore,
    ContextReader,
    LikenessEnroller,
    NoStaff,
    Notifier,
    ReceiptSigner,
    Record,
    Staff,
    UnitOfWork,
    UnreadWords,
    UnstatedAges,
    Withdrawals,
)
from consent_registry.ports.leaving import Departures, NobodyElse
from consent_registry.service.families import heard_by
from trust_kernel.clock import Clock
from trust_kernel.envelope import Keyring
from trust_kernel.errors import NotFound
from trust_kernel.events import tell_hearers
from trust_kernel.ids import new_id


@dataclass(frozen=True, slots=True)
class RegistryParts:
    """What a registry is made of.

    Attributes:
        unit: where transactions are opened; the same one that every other part joins.
        pseudonym_key: secret bytes; receipts and ledger entries name people by HMAC under it.
        issuer: who keeps the consent records.
        ages: how old people are who ask.
        reader: reads contexts and changes of appearance in words.
        staff: who is told of a lockdown and of reports.
        caps: how much of others somebody may make in a day, by age.
        rules: how old somebody has to be to be enrolled, and how long an enrolment waits.
        departures: erases what others hold of a person who leaves.
    """

    unit: UnitOfWork
    store: ConsentStore
    enroller: LikenessEnroller
    keyring: Keyring
    withdrawals: Withdrawals
    record: Record
    notifier: Notifier
    signer: ReceiptSigner
    clock: Clock
    pseudonym_key: bytes
    issuer: Issuer
    ages: Ages = field(default_factory=UnstatedAges)
    reader: ContextReader = field(default_factory=UnreadWords)
    caps: RequesterCaps = field(default_factory=RequesterCaps)
    staff: Staff = field(default_factory=NoStaff)
    rules: EnrolmentRules = field(default_factory=EnrolmentRules)
    departures: Departures = field(default_factory=NobodyElse)

    def pseudonym(self, identity: str) -> str:
        """A stand-in for an id: the same one every time, of no use without the key (HMAC-SHA256, 128 bits)."""
        return "psn_" + self.digest(identity)[:32]

    def digest(self, text: str) -> str:
        """HMAC-SHA256 under the pseudonym key, 64 hex digits."""
        return hmac.new(self.pseudonym_key, text.encode(), hashlib.sha256).hexdigest()


@dataclass
class Change:
    """A change of one subject's consent under way: the row is locked, the epoch already raised.

    Attributes:
        subject: as locked, with the new epoch.
        at: the moment that the change counts from.
    """

    parts: RegistryParts
    subject: Subject
    actor: str
    at: datetime

    def record(self, kind: ConsentEvent, body: Mapping[str, str | int]) -> None:
        """Put it on the ledger; people stand there as pseudonyms."""
        common: dict[str, str | int] = {
            "subject": self.parts.pseudonym(self.subject.id),
            "actor": self.parts.pseudonym(self._actor_identity),
            "epoch": self.subject.consent_epoch,
        }
        self.parts.record.append(str(kind), {**common, **body})

    def tell(self, kind: ConsentEvent, recipients: frozenset[str], payload: Mapping[str, str | int | bool]) -> None:
        """Tell some accounts; a minor's guardians hear what the minor does, as ``whom`` says to them."""
        heard = dict.fromkeys(recipients, "")
        if self.subject.account_id in recipients:
            heard = {**heard_by(self.parts.store, self.subject.account_id, self.at), **heard}
        body = {"subject_id": self.subject.id, "handle": self.subject.handle, **payload}
        tell_hearers(self.parts.notifier, str(kind), heard, body)

    def issue_receipt(self, grant: Grant) -> str:
        """Sign and keep the receipt of a grant's version; its SHA-256, for the ledger."""
        receipt_id = new_id("rcpt")
        parts = self.parts
        payload = document(receipt_id, grant, parts.issuer, parts.pseudonym, by=self._actor_identity, at=self.at)
        compact = parts.signer.sign(payload)
        parts.store.add_receipt(Receipt(receipt_id, grant.id, grant.version, compact, self.at))
        return hashlib.sha256(compact.encode()).hexdigest()

    @property
    def _actor_identity(self) -> str:
        # the account and the subject are one person, so they have one pseudonym
        return self.subject.id if self.actor == self.subject.account_id else self.actor


@contextmanager
def changing(parts: RegistryParts, subject_id: str, actor: str) -> Iterator[Change]:
    """Change a subject's consent: one transaction, the row locked, the epoch raised.

    Locks are taken in one order everywhere, so that nobody waits for somebody who waits for them: subjects by id, then
    what others lock (releases, templates, keys), and the ledger last, because everybody appends to that.

    Raises:
        NotFound: no such subject, or forgotten.
    """
    with parts.unit.transaction():
        record = parts.store.lock([subject_id]).get(subject_id)
        # the time is taken under the lock, so that changes of one subject have the order of their times
        now = parts.clock.now()
        current = record.as_of(now) if record else None
        if record is None or current is None:
            raise unknown_subject()
        epoch = record.consent_epoch + 1
        parts.store.set_epoch(subject_id, epoch)
        raised = Subject(current.id, current.account_id, current.handle, current.display_name, epoch, current.minor)
        yield Change(parts, raised, actor, now)


def unknown_subject() -> NotFound:
    """The error for a subject that is not there, or that the caller may not know of."""
    return NotFound("there is no such subject", code=ConsentFault.SUBJECT_UNKNOWN)


def unknown_grant() -> NotFound:
    """The error for a grant that is not there, or that the caller may not know of."""
    return NotFound("there is no such grant", code=ConsentFault.GRANT_UNKNOWN)
