"""What the claims need of their surroundings."""

from dataclasses import dataclass

from copyright_optout.domain import Thresholds
from copyright_optout.domain.rehearsals import FloodLimits
from copyright_optout.ports import (
    Accounts,
    ClaimStore,
    FingerprintIndex,
    OrganisationStore,
    Outbox,
    People,
    PictureHasher,
    Record,
    Staff,
)
from copyright_optout.ports.feeds import Feeds
from copyright_optout.ports.rehearsing import Aftermath, PastRequests, RehearsalStore
from copyright_optout.service.imports import ImportParts
from copyright_optout.service.watching import ReferenceParts
from trust_kernel.clock import Clock
from trust_kernel.names.shelves import Keeper

_DEFAULTS = Thresholds()


@dataclass(frozen=True, slots=True)
class PastParts:
    """What trying claims on the past needs.

    Attributes:
        past: the requests that were made.
        limits: what a claim may stop without a person's look.
        aftermath: told where a claim takes effect.
    """

    past: PastRequests
    rehearsals: RehearsalStore
    limits: FloodLimits
    aftermath: Aftermath


@dataclass(frozen=True, slots=True)
class OptOutParts:
    """What the package needs of its surroundings.

    Attributes:
        index: this process's search index of pictures; empty, it fills itself.
        spots: the same of windows round their spots.
        record: the ledger.
        references: for reference videos, sounds and looks; None where there are none.
        thresholds: from where on something is taken for a claimed work.
        imports: for long lists of claims; None where there are none.
        past: for dry runs and the flood guard; None where there are no requests to look at.
        feeds: for what others exchange; None where nothing is, or no lists are taken in.
        name_keeper: keeps the names of claims in files where they are many; None: in memory.
    """

    claims: ClaimStore
    organisations: OrganisationStore
    hasher: PictureHasher
    index: FingerprintIndex
    spots: FingerprintIndex
    people: People
    accounts: Accounts
    staff: Staff
    record: Record
    outbox: Outbox
    clock: Clock
    references: ReferenceParts | None = None
    thresholds: Thresholds = _DEFAULTS
    imports: ImportParts | None = None
    past: PastParts | None = None
    feeds: Feeds | None = None
    name_keeper: Keeper | None = None
