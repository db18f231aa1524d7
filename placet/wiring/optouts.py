"""Claims: their rows, their fingerprints, and what they need to know of accounts and people."""

from collections.abc import Callable, Iterable, Mapping

from consent_registry.api import ConsentRegistry
from consent_registry.store import SqlConsentStore
from copyright_optout.adapters.calibrations import load_thresholds
from copyright_optout.adapters.claim_lists import ClaimFiles
from copyright_optout.adapters.energy_printer import EnergyPrinter
from copyright_optout.adapters.feeds import FeedFiles
from copyright_optout.adapters.fpcalc import FpcalcPrinter, find_fpcalc
from copyright_optout.adapters.hash_shelves import HashShelves
from copyright_optout.adapters.looks_packs import looks_embedder
from copyright_optout.adapters.pdq import PdqHasher
from copyright_optout.adapters.work_codes import IsccCodes
from copyright_optout.api import ImportParts, OptOutIndex, OptOutParts, ReferenceParts
from copyright_optout.service.organisations import OrganisationDesk
from copyright_optout.service.telling import ClaimNotices
from copyright_optout.store import DatabaseClaims, DatabaseImports, DatabaseOrganisations, DatabaseReferences
from generator_gateway.adapters.iscc import sum_code
from generator_gateway.adapters.prints import SandboxedPrints
from generator_gateway.service.finishing import pseudonym_with
from likeness_guard.adapters.packs import model_store
from placet.roles import ROLES
from placet.wiring.kernel import Kernel
from placet.wiring.rehearsing import LooksBack, build_past
from placet.wiring.staff import AccountStaff
from trust_kernel.audit.ledger import Ledger
from trust_kernel.errors import NotFound
from trust_kernel.names.kept import ShelfFolder
from trust_kernel.settings import Settings
from trust_kernel.web.accounts import Accounts

_LONGEST = 160
"""Pixels of a reference video's frames: PDQ looks at 64 by 64 points."""
_STEP = 0.25
"""Seconds from one kept frame of a reference video to the next: what moves fast is soon another picture."""
_MOST_FRAMES = 3600
"""Frames of a reference video that are kept: four a second for a quarter of an hour, fewer for what is longer."""


class KnownAccounts:
    """`Accounts` of claims: who may be taken into an organisation."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def exists(self, account_id: str) -> bool:
        """Whether there is such an account."""
        return self._found(account_id) is not None

    def called(self, account_id: str) -> str:
        """The name of an account; empty where there is none."""
        return self._found(account_id) or ""

    def _found(self, account_id: str) -> str | None:
        try:
            return self._accounts.account(account_id).name
        except NotFound:
            return None


class RegisteredPeople:
    """`People` of claims: names that are somebody's own.

    Args:
        store: who is registered.
        heard_by: who is told what an account is told.
    """

    def __init__(self, store: SqlConsentStore, heard_by: Callable[[str], Iterable[str]]) -> None:
        self._store = store
        self._heard_by = heard_by

    def called(self, folded: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """By folded name that is the name or handle of somebody registered: they, and a minor's guardians."""
        found = self._store.called(folded)
        return {
            name: frozenset[str]().union(*(self._heard_by(account) for account in accounts))
            for name, accounts in found.items()
        }


class ClaimRecord:
    """The ledger, on which accounts stand as pseudonyms: it is public, and never changes.

    Args:
        ledger: takes the entries.
        pseudonym: what an account is called there.
    """

    def __init__(self, ledger: Ledger, pseudonym: Callable[[str], str]) -> None:
        self._ledger = ledger
        self._pseudonym = pseudonym

    def append(self, kind: str, body: Mapping[str, str | int]) -> object:
        """Append inside the caller's transaction."""
        hidden = {name: self._pseudonym(str(body[name])) for name in _ACCOUNTS if name in body}
        return self._ledger.append(kind, {**body, **hidden})


_ACCOUNTS = ("actor", "member")
"""Members of entries that hold an account's id."""


def build_optouts(kernel: Kernel, registry: ConsentRegistry) -> OptOutIndex:
    """The claims, and this process's index of them."""
    thresholds = load_thresholds(kernel.settings.picture_calibration)
    hasher = PdqHasher(thresholds.least_quality)
    return OptOutIndex(
        OptOutParts(
            claims=DatabaseClaims(kernel.database),
            organisations=DatabaseOrganisations(kernel.database),
            hasher=hasher,
            index=HashShelves(kernel.settings.index_folder),
            spots=HashShelves(kernel.settings.index_folder),
            people=RegisteredPeople(SqlConsentStore(kernel.database), registry.heard_by),
            accounts=KnownAccounts(kernel.accounts),
            staff=AccountStaff(kernel.accounts, ROLES),
            record=claim_record(kernel),
            outbox=kernel.outbox,
            clock=kernel.clock,
            references=_references(kernel, hasher),
            thresholds=thresholds,
            past=build_past(kernel, registry),
            imports=ImportParts(DatabaseImports(kernel.database), kernel.blobs, ClaimFiles()),
            feeds=FeedFiles(),
            name_keeper=name_keeper(kernel.settings, "claims"),
        )
    )


def build_exit(kernel: Kernel) -> Callable[[str], None]:
    """Has an account that leaves act for no rights holder any more."""
    organisations, claims = DatabaseOrganisations(kernel.database), DatabaseClaims(kernel.database)
    notices = ClaimNotices(organisations, AccountStaff(kernel.accounts, ROLES), kernel.outbox)
    accounts, record = KnownAccounts(kernel.accounts), claim_record(kernel)
    after = LooksBack(kernel)
    return OrganisationDesk(organisations, claims, accounts, notices, record, kernel.clock, after).take_out


def claim_record(kernel: Kernel) -> ClaimRecord:
    """The ledger, as claims and notices write to it."""
    return ClaimRecord(kernel.ledger, pseudonym_with(kernel.keys.derive("optout:pseudonyms")))


def name_keeper(settings: Settings, book: str) -> ShelfFolder | None:
    """Where the names of a book are kept; None: in memory."""
    return ShelfFolder(settings.index_folder, book) if settings.index_folder else None


def _references(kernel: Kernel, hasher: PdqHasher) -> ReferenceParts:
    """What reference videos, sounds and looks are recognised with; Chromaprint where its program is installed."""
    settings, fpcalc = kernel.settings, find_fpcalc()
    return ReferenceParts(
        store=DatabaseReferences(kernel.database),
        index=HashShelves(settings.index_folder),
        printers=(EnergyPrinter(), *((FpcalcPrinter(fpcalc),) if fpcalc else ())),
        looks=looks_embedder(
            model_store(settings.effective_model_cache).added,
            settings.looks_pack,
            production=settings.environment == "production",
        ),
        files=SandboxedPrints(
            kernel.sandbox,
            hasher,
            kernel.verify_limits,
            sum_code,
            longest=_LONGEST,
            most=_MOST_FRAMES,
            step=_STEP,
            detailed=0,
        ),
        codes=IsccCodes(),
    )
