"""Receipts: one for each state that a grant reaches, and the keys that sign them.

Who gives or revokes gets the receipt in the same transaction (see `Change.issue_receipt`). A grant that is used up has
it from the release that used it up; one that expires, from a chore that runs every few seconds. A grant ends by itself
at most once: what was used up does not expire besides. It can still be revoked, to take back what was made under it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from consent_registry.domain import ConsentEvent, ConsentFault, Grant, GrantState, Json, KeyEnd, Receipt
from consent_registry.ports import ReceiptKeyNumbers, ReceiptSigner, Record, UnitOfWork
from consent_registry.service.parts import RegistryParts, changing, unknown_subject
from trust_kernel.clock import Clock
from trust_kernel.errors import InvalidInput, NotFound

BY_ITSELF = "itself"
"""Who ends a grant that expires or is used up."""
FIRST = 1
PURPOSE = "consent:receipts"
"""What signing keys are derived for."""
OVERLAP = timedelta(seconds=60)
"""How long a replaced key is still believed: a receipt may be on its way to being signed while another process rotates,
and clocks differ. It costs nothing, as whoever holds the key can write an earlier date anyway."""

_BY_ITSELF_ENDED = frozenset({GrantState.EXPIRED, GrantState.EXHAUSTED})


class Receipts:
    """Finds receipts, and issues those of states that nobody brings about."""

    def __init__(self, parts: RegistryParts) -> None:
        self._parts = parts

    def of(self, subject_id: str) -> tuple[Receipt, ...]:
        """All of a subject, newest first; raises NotFound where there is no such subject."""
        with self._parts.unit.reading():
            if self._parts.store.subject(subject_id) is None:
                raise unknown_subject()
            return tuple(self._parts.store.receipts(subject_id))

    def named(self, receipt_id: str) -> Receipt:
        """By id; raises NotFound."""
        with self._parts.unit.reading():
            return _there(self._parts.store.receipt_named(receipt_id))

    def of_grant(self, grant_id: str, version: int | None) -> str:
        """The receipt of a grant's version, or its newest one; raises NotFound."""
        with self._parts.unit.reading():
            return _there(self._parts.store.receipt(grant_id, version)).compact

    def used_up(self, grant_ids: Collection[str]) -> None:
        """Issue the receipts of those of some grants that have no use left, inside the transaction that used them.

        To be called once everything else that the transaction locks is locked: the ledger is the last lock.
        """
        for grant_id in sorted(grant_ids):
            with self._parts.unit.reading():
                grant = self._parts.store.grant(grant_id)
            if grant is not None:
                self._end(grant)

    def sweep(self, limit: int = 100) -> int:
        """Issue receipts of grants that ended by themselves meanwhile; gives how many. The chore of a worker."""
        with self._parts.unit.reading():
            due = self._parts.store.ended_silently(self._parts.clock.now(), limit)
        return sum(self._end(grant) for grant in due)

    def _end(self, seen: Grant) -> bool:
        """Whether a grant ended by itself just now, and this was the first to put that on record."""
        if not self._due(seen, self._parts.clock.now()):
            return False
        with changing(self._parts, seen.subject_id, BY_ITSELF) as change:
            # read again: it may have been revoked, or put on record, while we waited for the lock
            grant = self._parts.store.grant(seen.id)
            if grant is None or not self._due(grant, change.at):
                return False
            spent = grant.state_at(change.at) is GrantState.EXHAUSTED
            ended = replace(grant, version=grant.version + 1)
            self._parts.store.reach(ended.id, ended.version)
            receipt = change.issue_receipt(ended)
            change.record(
                ConsentEvent.GRANT_USED_UP if spent else ConsentEvent.GRANT_EXPIRED,
                {"grant": ended.id, "version": ended.version, "receipt": receipt},
            )
            told = ended.terms.audience.account_ids | {change.subject.account_id}
            payload: dict[str, str | int | bool] = {"grant_id": ended.id, "uses": ended.uses}
            change.tell(ConsentEvent.GRANT_USED_UP if spent else ConsentEvent.GRANT_EXPIRED, told, payload)
        return True

    def _due(self, grant: Grant, now: datetime) -> bool:
        return grant.version == 1 and grant.state_at(now) in _BY_ITSELF_ENDED


class ReceiptKeyBook:
    """The keys that sign receipts: the one in use, and former ones, whose public parts stay published.

    Secrets are derived from the deployment's root key, one a number; only the numbers are kept.

    Args:
        unit: joins the number and its ledger entry.
        numbers: which keys there are.
        derive: secret bytes for a purpose, the same every time.
        make: a signer from the secret in use, and former ones with their ends.
        record: the ledger.
        clock: says when.
    """

    def __init__(
        self,
        unit: UnitOfWork,
        numbers: ReceiptKeyNumbers,
        derive: Callable[[str], bytes],
        make: Callable[[bytes, Sequence[tuple[bytes, KeyEnd]]], ReceiptSigner],
        record: Record,
        clock: Clock,
    ) -> None:
        self._unit = unit
        self._numbers = numbers
        self._derive = derive
        self._make = make
        self._record = record
        self._clock = clock

    def sign(self, payload: Mapping[str, Json]) -> str:
        """Sign with the newest key."""
        return self._make(self._secret(max(self.in_use())), ()).sign(payload)

    def jwks(self) -> dict[str, Json]:
        """Every public key, the one in use first, former ones with their ends."""
        newest, *former = self.in_use()
        ends = self.ends()
        return self._make(self._secret(newest), [(self._secret(number), ends[number]) for number in former]).jwks()

    def in_use(self) -> Mapping[int, datetime | None]:
        """Every key's number and since when it signs, the newest first; None for the first, used from the start."""
        return {**dict(sorted(self._numbers.taken().items(), reverse=True)), FIRST: None}

    def ends(self) -> Mapping[int, KeyEnd]:
        """From when on each former key is not to be trusted."""
        stolen = self._numbers.stolen()
        replaced = {number - 1: _whole(since) + OVERLAP for number, since in self._numbers.taken().items()}
        return {
            number: KeyEnd(min(until, stolen.get(number, until)), number in stolen)
            for number, until in replaced.items()
        }

    def mark_stolen(self, number: int, since: datetime | None = None) -> KeyEnd:
        """Publish that a key is not to be trusted from a moment; where it is the one that signs, a new one does.

        Args:
            number: of the key.
            since: the first moment at which somebody else may have had it; None for now. A moment that was told
                earlier for the same key counts where it is before this one.

        Raises:
            InvalidInput: there is no such key, or the moment is still to come.
            Conflict: somebody else rotated, or told of it, in the same moment.
        """
        now = self._clock.now()
        moment = _whole(since or now)
        if number not in self.in_use():
            raise InvalidInput("there is no such key", field="stolen", limit=f"1 to {max(self.in_use())}")
        if since is not None and since > now:
            raise InvalidInput("a theft is told once it has happened", field="since", limit="now")
        with self._unit.transaction():
            if number == max(self.in_use()):
                self.rotate()
            self._numbers.mark_stolen(number, moment)
            end = self.ends()[number]
            self._record.append(
                ConsentEvent.RECEIPT_KEY_STOLEN, {"key": number, "until": f"{end.until:%Y-%m-%dT%H:%M:%SZ}"}
            )
        return end

    def rotate(self) -> int:
        """Sign with a new key from now on; gives its number. What was signed before stays checkable.

        Raises:
            Conflict: somebody else rotated in the same moment.
        """
        with self._unit.transaction():
            number = max(self.in_use()) + 1
            self._numbers.take(number, self._clock.now())
            self._record.append(ConsentEvent.RECEIPT_KEY_ROTATED, {"key": number})
        return number

    def _secret(self, number: int) -> bytes:
        # the first key is older than rotation, and its name stays what it was
        return self._derive(PURPOSE if number == FIRST else f"{PURPOSE}:{number}")


def _whole(moment: datetime) -> datetime:
    """The next whole second: receipts say theirs in whole seconds, and those of this one are its issuer's yet."""
    return moment if not moment.microsecond else moment.replace(microsecond=0) + timedelta(seconds=1)


def _there(receipt: Receipt | None) -> Receipt:
    if receipt is None:
        raise NotFound("there is no such receipt", code=ConsentFault.RECEIPT_UNKNOWN)
    return receipt
