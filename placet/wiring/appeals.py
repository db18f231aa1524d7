"""Appeals: what they need of claims, of people, and of the release path."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from consent_registry.api import ConsentRegistry
from copyright_optout.api import NoticeDesk, OptOutIndex, Role
from generator_gateway.gates.claims import ClaimedWorks
from generator_gateway.ports.appeals import ClaimFacts
from generator_gateway.ports.takedowns import Batch
from generator_gateway.service.appeal_deciding import AppealReview
from generator_gateway.service.appeal_holders import AppealHearing
from generator_gateway.service.appeal_parts import AppealParts
from generator_gateway.service.appeals import AppealDesk
from generator_gateway.service.takedowns import TakedownDesk
from generator_gateway.service.videos import VideoDesk
from generator_gateway.stages import Request
from generator_gateway.store import CaseJournal, CaseStore, ReleaseStore
from generator_gateway.store.appeals import AppealStore
from placet.roles import ROLES
from placet.wiring.guards import Guards
from placet.wiring.kernel import Kernel
from placet.wiring.staff import AccountStaff
from trust_kernel.errors import NotFound
from trust_kernel.jobs import CeleryQueue

_STAFF = ""
"""Stands for whoever asks where staff's view is wanted."""


@dataclass(frozen=True, slots=True)
class Appeals:
    """The desks of appeals: of whoever appeals, of staff, of rights holders."""

    desk: AppealDesk
    review: AppealReview
    hearing: AppealHearing


class ClaimsAppealed:
    """`ClaimHolders`: claims of the opt-out registry.

    Args:
        optouts: the claims.
        claimed: what may be made of them.
    """

    def __init__(self, optouts: OptOutIndex, claimed: ClaimedWorks) -> None:
        self._optouts = optouts
        self._claimed = claimed

    def claims(self, ids: Collection[str]) -> Mapping[str, ClaimFacts]:
        """Those of these ids that are claims."""
        found = self._optouts.several(ids)
        return {one.id: ClaimFacts(one.id, one.organisation_id, one.terms.title) for one in found.values()}

    def members(self, organisation_id: str) -> frozenset[str]:
        """Accounts that act for an organisation."""
        try:
            found = self._optouts.organisations.members(organisation_id, _STAFF, staff=True)
        except NotFound:
            return frozenset()
        return frozenset(one.account_id for one in found)

    def organisations(self, account_id: str, *, acting: bool) -> frozenset[str]:
        """For which an account looks, or acts."""
        needed = Role.AGENT if acting else Role.VIEWER
        seats = self._optouts.organisations.seats(account_id)
        return frozenset(seat.organisation.id for seat in seats if seat.role.may(needed))

    def stands_against(self, claim_id: str, request: Request) -> bool:
        """Whether a claim still stops a request; one that is gone does not."""
        try:
            claim = self._optouts.claim(claim_id)
        except NotFound:
            return False
        return self._claimed.stops(request, claim)


class TakenDownBatches:
    """`TakenDown`: batches, of which a notice gives back what it took down.

    Args:
        desk: the batches.
        notices: what they may be about.
    """

    def __init__(self, desk: TakedownDesk, notices: NoticeDesk) -> None:
        self._desk = desk
        self._notices = notices

    def of_cases(self, case_ids: Collection[str]) -> Mapping[str, Sequence[Batch]]:
        """Batches that took releases down, newest first, by release."""
        return self._desk.of_cases(case_ids)

    def keep(self, batch_id: str, until: datetime) -> Batch:
        """Have a batch stay undoable until a moment."""
        return self._desk.keep(batch_id, until)

    def spare(self, batch: Batch, case_id: str, by: str) -> None:
        """Let one release of a batch out again."""
        if batch.cause.of_notice:
            self._notices.appeals.lift(batch.cause.about, case_id, by)
        else:
            self._desk.spare(batch.id, [case_id], by)

    def giver(self, batch: Batch) -> str | None:
        """Account that gave the notice that a batch is about."""
        return self._notices.appeals.giver(batch.cause.about) if batch.cause.of_notice else None


class PeopleConcerned:
    """`People`: subjects, and who looks after minors."""

    def __init__(self, registry: ConsentRegistry) -> None:
        self._registry = registry

    def concerned(self, account_id: str, ids: Collection[str]) -> bool:
        """Whether one of these is their own subject, or a minor's whom they look after."""
        own = self._registry.subject_of(account_id)
        if own is not None and own.id in ids:
            return True
        return any(account_id in self._guardians(one) for one in ids)

    def _guardians(self, subject_id: str) -> frozenset[str]:
        try:
            return self._registry.guardians(subject_id)
        except NotFound:  # a claim, a blocked figure, a parent; or somebody who was forgotten
            return frozenset()


def build_appeals(
    kernel: Kernel,
    guards: Guards,
    cases: CaseStore,
    journal: CaseJournal,
    releases: ReleaseStore,
    queue: CeleryQueue,
    videos: VideoDesk,
    takedowns: TakedownDesk,
    notices: NoticeDesk,
) -> Appeals:
    """Join the desks."""
    settings = kernel.settings
    claimed = ClaimedWorks(guards.optouts, guards.registry)
    parts = AppealParts(
        database=kernel.database,
        clock=kernel.clock,
        appeals=AppealStore(kernel.database),
        cases=cases,
        reopens=cases,
        journal=journal,
        stages=journal,
        releases=releases,
        takedowns=TakenDownBatches(takedowns, notices),
        claims=ClaimsAppealed(guards.optouts, claimed),
        people=PeopleConcerned(guards.registry),
        staff=AccountStaff(kernel.accounts, ROLES),
        record=kernel.ledger,
        notices=kernel.outbox,
        queue=queue,
        see=videos.see,
        keep=timedelta(hours=settings.keep_media_hours),
        answer=timedelta(days=settings.appeal_days),
    )
    return Appeals(AppealDesk(parts), AppealReview(parts), AppealHearing(parts))
