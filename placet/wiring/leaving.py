"""Leaving: what is erased where, in every table that there is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlmodel import col, select

from consent_registry.api import ConsentRegistry
from consent_registry.ports.leaving import Departure
from generator_gateway.ports import Tracks
from generator_gateway.service.leaving import CaseLeaving
from generator_gateway.service.records import LedgerSteps
from generator_gateway.service.vault import ReleaseRecall
from generator_gateway.store import CaseJournal, CaseStore, LeaseBook, MediaUses
from generator_gateway.store.leaving import LeavingCases
from placet.wiring.kernel import Kernel
from placet.wiring.optouts import build_exit
from placet.wiring.owning import build_use_notices
from placet.wiring.tables import metadata
from trust_kernel.db import Database
from trust_kernel.erasing import Identity, Rules, erase, rewrite
from trust_kernel.ids import new_id
from trust_kernel.media.leaving import LeavingMedia
from trust_kernel.web.tables import AccountRow

STAY: Mapping[tuple[str, str], str] = {
    ("subjects", "id"): "the tombstone: neither the id nor the handle comes back as somebody else",
    ("data_keys", "key_id"): "the key's own tombstone: the id gets no new key",
    ("consent_grants", "subject_id"): "that a consent was given, to whom nobody can say, must stay provable",
}
"""Where a forgotten subject's id stays: it leads to nobody from there."""

_DROP = frozenset(
    {
        ("appearances", "owner"),
        ("case_consents", "subject_id"),
        ("deliveries", "account_id"),
        ("estate_disputes", "by"),
        ("estates", "account_id"),
        ("grant_uses", "subject_id"),
        ("guardians", "guardian"),
        ("guardians", "ward"),
        ("likeness_references", "owner"),
        ("likeness_searches", "owner"),
        ("outbox", "recipient"),
        ("share_links", "account_id"),
        ("webhook_endpoints", "account_id"),
    }
)
"""Rows that go though the person stands in no key of theirs."""

_REWRITE = frozenset({("appeals", "account_id"), ("cases", "account_id"), ("release_owners", "account_id")})
"""Rows that stay under a stand-in: others see what became of a video, and that it was withdrawn."""

_SEALED = frozenset({"ledger_leaves", "ledger_nodes", "ledger_head", "ledger_checkpoints"})
"""The public record holds pseudonyms and digests, and never changes."""


def rules_for(stand_in: str) -> Rules:
    """What is special about some tables, for one person.

    Args:
        stand_in: takes their place.
    """
    blank: dict[tuple[str, str], dict[str, Callable[[Any], Any]]] = {
        ("cases", "account_id"): {"request": _emptied, "idempotency_key": _nothing, "idempotency_digest": _nothing},
        # An account that stays must not be tied to the likeness that left it.
        ("release_owners", "subject_id"): {"account_id": lambda _account: stand_in},
        ("consent_approvals", "subject_id"): {"note": lambda _note: ""},
        ("appeals", "account_id"): dict.fromkeys(("statement", "evidence", "licence"), _unsaid),
    }
    return Rules(drop=_DROP, rewrite=_REWRITE, blank=blank, stay=STAY, sealed=_SEALED)


def _emptied(request: Any) -> Any:
    return {**request, "prompt": ""} if isinstance(request, dict) else request


def _unsaid(_text: Any) -> str:
    return ""


def _nothing(_value: Any) -> None:
    return None


class HouseDepartures:
    """The registry's `Departures` in a house with everybody in it."""

    def __init__(
        self, database: Database, cases: CaseLeaving, media: LeavingMedia, quit_organisations: Callable[[str], None]
    ) -> None:
        self._database = database
        self._cases = cases
        self._media = media
        self._quit_organisations = quit_organisations

    def prepare(self, departure: Departure) -> None:
        """Withdraw and delete what the account made; it acts for no rights holder any more."""
        if departure.with_account:
            self._cases.end_all(departure.account_id)
            self._quit_organisations(departure.account_id)

    def take_out(self, departure: Departure) -> None:
        """Media, tracks, and every row that says who it was."""
        account_id = departure.account_id if departure.with_account else None
        self._cases.let_go(departure.subject_id, departure.handle, account_id)
        stand_in = new_id("gone")
        with self._database.transaction() as session:
            session.flush()
            identity = Identity(self._ids(departure), departure.handle, stand_in)
            erase(session, metadata(), identity, rules_for(stand_in))
            self._media.note_rows()
            # What this session read before is no longer what stands there.
            session.expire_all()

    def finish(self) -> None:
        """Delete the files, and have the database's old pages overwritten."""
        self._media.sweep()
        self._database.scrub()

    def _ids(self, departure: Departure) -> frozenset[str]:
        if not departure.with_account:
            return frozenset({departure.subject_id})
        with self._database.reading() as session:
            email = session.exec(select(AccountRow.email).where(col(AccountRow.id) == departure.account_id)).first()
        return frozenset({departure.subject_id, departure.account_id, *([email] if email else [])})


def build_leaving_media(kernel: Kernel) -> LeavingMedia:
    """Media that are deleted once it has been decided."""
    return LeavingMedia(kernel.database, kernel.clock, kernel.blobs, LeavingCases(kernel.database).is_used, rewrite)


@dataclass(frozen=True, slots=True)
class LeaversShelves:
    """The gateway's rows that leaving changes."""

    cases: CaseStore
    leases: LeaseBook
    journal: CaseJournal
    recall: ReleaseRecall


def build_departures(
    kernel: Kernel, registry: ConsentRegistry, shelves: LeaversShelves, tracks: Tracks
) -> HouseDepartures:
    """What is erased when a person leaves.

    Args:
        kernel: what it stands on.
        registry: knows whom else to tell of a case that ends with it; it is asked about people, and erases nobody.
        shelves: rows of cases.
        tracks: faces and voices kept of what was made.
    """
    database, cases = kernel.database, shelves.cases
    media = build_leaving_media(kernel)
    notices = build_use_notices(kernel, registry, cases)
    appeals = timedelta(hours=kernel.settings.keep_media_hours)
    ledger = LedgerSteps(database, kernel.clock, shelves.journal, cases, kernel.ledger, kernel.outbox, notices, appeals)
    leaving = CaseLeaving(
        database,
        LeavingCases(database),
        cases,
        shelves.leases,
        ledger,
        shelves.recall,
        MediaUses(database),
        tracks,
        media,
    )
    return HouseDepartures(database, leaving, media, build_exit(kernel))
