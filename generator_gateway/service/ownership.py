"""What owners do about a release when they disagree: take it back, object, lift an objection; and what staff decide."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction

from consent_registry.api import ConsentRegistry
from generator_gateway.errors import GatewayReason
from generator_gateway.pipeline import withdraw
from generator_gateway.ports import CaseSummary, Cause, Notices, Owner, Recall, Record, ReleaseRecord, ReleaseState
from generator_gateway.ports.ownership import Objection, Objections, ObjectionState
from generator_gateway.ports.releases import Releases
from generator_gateway.service.entitlement import entitle
from generator_gateway.service.owning import OBJECTION_DAYS, Act, Role, canonical, decide
from generator_gateway.service.telling import OwnerNotices
from trust_kernel.clock import Clock
from trust_kernel.db import Database
from trust_kernel.errors import Conflict, InvalidInput, NotFound, NotPermitted

MAX_NOTE = 500
"""Characters of what somebody says who objects."""

See = Callable[[str, str], CaseSummary]
"""A case that an account may see; raises NotFound for any other."""


@dataclass(frozen=True, slots=True)
class OwnerEntry:
    """One owner as the others see them.

    Attributes:
        pseudonym: what the release's credential and the ledger's list call them.
        handle: None for a maker who has none.
        you: whether it is the one who looks.
    """

    pseudonym: str
    role: str
    handle: str | None
    you: bool
    rights: tuple[str, ...]
    modalities: tuple[str, ...]
    share: Fraction


@dataclass(frozen=True, slots=True)
class Ownership:
    """Whose a release is, as one of its owners sees it.

    Attributes:
        canonical: the list as the ledger has its digest: SHA-256 of this text in UTF-8 is `digest`.
        ledger_index: the entry that holds the digest.
        may: what the one who looks may do now.
    """

    case_id: str
    state: ReleaseState
    owners: tuple[OwnerEntry, ...]
    canonical: str
    digest: str
    ledger_index: int
    objections: tuple[Objection, ...]
    may: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnershipParts:
    """What the desk is made of.

    Attributes:
        see: a case that an account may see; raises NotFound for any other.
        pseudonym: what credentials and the ledger's lists of owners call people.
    """

    database: Database
    clock: Clock
    releases: Releases
    objections: Objections
    see: See
    recall: Recall
    registry: ConsentRegistry
    record: Record
    notices: Notices
    pseudonym: Callable[[str], str]


class OwnershipDesk:
    """The owners' side of releases, and the staff's where owners do not come to terms.

    Every step locks the release first, then the log's head, then its own rows; see `service.owning` for the rules.
    """

    def __init__(self, parts: OwnershipParts) -> None:
        self._parts = parts
        self._owners = OwnerNotices(parts.notices, parts.registry)

    # --- looking

    def owners(self, account_id: str, case_id: str) -> Ownership:
        """Whose a release is; raises NotFound for whoever is not among them, Conflict where it is not finished."""
        self._parts.see(account_id, case_id)
        return self._shown(self._finished(self._parts.releases.find(case_id)), account_id)

    def _shown(self, release: ReleaseRecord, account_id: str) -> Ownership:
        pseudonym = self._parts.pseudonym
        return Ownership(
            case_id=release.case_id,
            state=ReleaseState(release.status),
            owners=tuple(self._entry(owner, account_id) for owner in release.owners),
            canonical=canonical(release.case_id, release.owners, pseudonym),
            digest=release.owners_digest,
            ledger_index=release.ledger_index,
            objections=tuple(self._parts.objections.of(release.case_id)),
            may=tuple(act.value for act in Act if _may(act, release, account_id)),
        )

    def _entry(self, owner: Owner, account_id: str) -> OwnerEntry:
        subject = self._parts.registry.subject_of(owner.account_id)
        return OwnerEntry(
            pseudonym=self._parts.pseudonym(owner.subject_id or owner.account_id),
            role=owner.role,
            handle=subject.handle if subject else None,
            you=owner.account_id == account_id,
            rights=owner.rights,
            modalities=owner.modalities,
            share=owner.share,
        )

    def handle_of(self, account_id: str) -> str | None:
        """The handle that an account goes by, where it has one."""
        subject = self._parts.registry.subject_of(account_id)
        return subject.handle if subject else None

    def _finished(self, release: ReleaseRecord | None) -> ReleaseRecord:
        if release is None:
            raise Conflict("this video is not finished", code=GatewayReason.CASE_UNFINISHED)
        return release

    # --- taking back and objecting

    def withdraw(self, account_id: str, case_id: str) -> Ownership:
        """Take a release back for everybody, for good. A second time changes nothing.

        Raises:
            NotFound: the caller does not own it.
            Conflict: it is not finished.
        """
        with self._own(account_id, case_id) as release:
            if release.status != ReleaseState.WITHDRAWN:
                entitle(Act.WITHDRAW, release, account_id)
                shown = Role.SUBJECT.value in release.roles_of(account_id)
                reason = (
                    GatewayReason.RELEASE_WITHDRAWN_BY_SUBJECT if shown else GatewayReason.RELEASE_WITHDRAWN_BY_MAKER
                )
                withdraw(Cause(reason, case_ids=frozenset({case_id}), actor=account_id), self._parts.recall)
        return self.owners(account_id, case_id)

    def object(self, account_id: str, case_id: str, note: str = "") -> Ownership:
        """Have a release that one appears in held back from everybody but those who appear in it.

        The owners then have `OBJECTION_DAYS` to come to terms; after that staff decide.

        Raises:
            NotFound: the caller does not own it.
            NotPermitted: they do not appear in it.
            InvalidInput: the note is too long.
            Conflict: it is not finished, or staff decided about their objection before.
            Gone: it was withdrawn.
        """
        if len(note) > MAX_NOTE:
            raise InvalidInput(
                "the note is too long", code=GatewayReason.OBJECTION_NOTE, field="note", limit=f"{MAX_NOTE} characters"
            )
        with self._own(account_id, case_id) as release:
            entitle(Act.OBJECT, release, account_id)
            known = self._of(case_id, account_id)
            if known is not None and known.state is ObjectionState.DISMISSED:
                raise Conflict(
                    "staff decided about this objection; you may still withdraw the video",
                    code=GatewayReason.OBJECTION_DECIDED,
                )
            if known is None or known.state is not ObjectionState.STANDING:
                self._hold(release, account_id, note)
        return self.owners(account_id, case_id)

    def _hold(self, release: ReleaseRecord, account_id: str, note: str) -> None:
        parts, now = self._parts, self._parts.clock.now()
        until = now + timedelta(days=OBJECTION_DAYS)
        parts.releases.set_state(release.case_id, ReleaseState.OBJECTED)
        parts.record.append("release:video:objected", self._said(release, account_id))
        parts.objections.put(Objection(release.case_id, account_id, note, ObjectionState.STANDING, at=now, until=until))
        payload = {"video_id": release.case_id, "handle": self.handle_of(account_id), "until": until.isoformat()}
        self._owners.tell("release:video:objected", release, payload)

    def lift(self, account_id: str, case_id: str) -> Ownership:
        """Take one's own objection back; the video is out again where no other stands.

        Raises:
            NotFound: the caller does not own it, or has no objection that stands.
            Gone: it was withdrawn meanwhile, which nothing undoes.
        """
        parts = self._parts
        with self._own(account_id, case_id) as release:
            entitle(Act.OBJECT, release, account_id)
            own = self._of(case_id, account_id)
            if own is None or own.state is not ObjectionState.STANDING:
                raise NotFound("you have no objection that stands", code=GatewayReason.OBJECTION_UNKNOWN)
            parts.record.append("release:objection:lifted", self._said(release, account_id))
            parts.objections.put(replace(own, state=ObjectionState.LIFTED, decided_at=parts.clock.now()))
            free = not self._standing(case_id)
            if free:
                parts.releases.set_state(case_id, ReleaseState.RELEASED)
            payload = {"video_id": case_id, "handle": self.handle_of(account_id), "out": free}
            self._owners.tell("release:objection:lifted", release, payload)
        return self.owners(account_id, case_id)

    # --- staff

    def open_objections(self, *, due: bool, after: str | None, limit: int) -> tuple[list[Ownership], bool]:
        """Releases that are held back, for staff: those whose owners ran out of time, or all."""
        due_by = self._parts.clock.now() if due else None
        ids, more = self._parts.objections.standing(due_by=due_by, after=after, limit=limit)
        return [self.for_staff(case_id) for case_id in ids], more

    def for_staff(self, case_id: str) -> Ownership:
        """Whose a release is and who objects, for staff; raises NotFound where nothing was released."""
        release = self._parts.releases.find(case_id)
        if release is None:
            raise NotFound("there is no such video", code=GatewayReason.VIDEO_UNKNOWN)
        return self._shown(release, "")

    def decide(self, reviewer: str, case_id: str, *, uphold: bool) -> Ownership:
        """Take the video back for everybody, or let it out again.

        Raises:
            NotFound: nothing was released.
            NotPermitted: the reviewer owns it.
            Conflict: nobody objects, or the owners still have time to come to terms.
        """
        parts = self._parts
        self.for_staff(case_id)
        with parts.database.transaction():
            release = self._finished(parts.releases.lock(case_id))
            if release.roles_of(reviewer):
                raise NotPermitted("somebody else has to look at what concerns you", code=GatewayReason.REVIEW_OWN)
            standing = self._standing(case_id) if release.status == ReleaseState.OBJECTED else []
            self._check_due(standing)
            # Let out again, a video stays held back for whoever objected later and still has time.
            now = parts.clock.now()
            settled = standing if uphold else [one for one in standing if one.until <= now]
            if uphold:
                withdraw(
                    Cause(GatewayReason.OBJECTION_UPHELD, case_ids=frozenset({case_id}), actor=reviewer), parts.recall
                )
            out = not uphold and len(settled) == len(standing)
            if out:
                parts.releases.set_state(case_id, ReleaseState.RELEASED)
            kind = "review:objection:upheld" if uphold else "review:objection:dismissed"
            parts.record.append(kind, {"case": case_id})
            state = ObjectionState.UPHELD if uphold else ObjectionState.DISMISSED
            for one in settled:
                parts.objections.put(replace(one, state=state, decided_by=reviewer, decided_at=now))
            self._owners.tell(kind, release, {"video_id": case_id, "out": out})
        return self.for_staff(case_id)

    def _check_due(self, standing: Sequence[Objection]) -> None:
        if not standing:
            raise Conflict("nobody objects to this video", code=GatewayReason.OBJECTION_UNKNOWN)
        due = min(one.until for one in standing)
        if self._parts.clock.now() < due:
            raise Conflict(
                f"its owners have until {due:%Y-%m-%d %H:%M} UTC to come to terms", code=GatewayReason.OBJECTION_EARLY
            )

    def sweep(self) -> int:
        """Tell the owners of whatever was not settled in time that staff decide now; gives how many releases."""
        parts = self._parts
        waiting = parts.objections.to_escalate(parts.clock.now())
        for case_id in waiting:
            with parts.database.transaction():
                self._escalate(self._finished(parts.releases.lock(case_id)))
        return len(waiting)

    def _escalate(self, release: ReleaseRecord) -> None:
        parts, now = self._parts, self._parts.clock.now()
        due = [one for one in self._standing(release.case_id) if one.until <= now and one.escalated_at is None]
        if release.status != ReleaseState.OBJECTED or not due:
            return  # settled, or told by another worker, while this one waited for the row
        parts.record.append("release:objection:escalated", {"case": release.case_id})
        for one in due:
            parts.objections.put(replace(one, escalated_at=now))
        self._owners.tell("release:objection:escalated", release, {"video_id": release.case_id})

    # --- what they share

    @contextmanager
    def _own(self, account_id: str, case_id: str) -> Iterator[ReleaseRecord]:
        """A finished release that an account may see, locked while the block lasts, in one transaction."""
        self._parts.see(account_id, case_id)
        with self._parts.database.transaction():
            yield self._finished(self._parts.releases.lock(case_id))

    def _of(self, case_id: str, account_id: str) -> Objection | None:
        return next((one for one in self._parts.objections.of(case_id) if one.account_id == account_id), None)

    def _standing(self, case_id: str) -> list[Objection]:
        return [one for one in self._parts.objections.of(case_id) if one.state is ObjectionState.STANDING]

    def _said(self, release: ReleaseRecord, account_id: str) -> dict[str, str | int]:
        """What the ledger says of a step that somebody who appears in a release took."""
        subject = next(
            (one.subject_id for one in release.owners if one.account_id == account_id and one.subject_id), ""
        )
        return {"case": release.case_id, "by": self._parts.pseudonym(subject or account_id)}


def _may(act: Act, release: ReleaseRecord, account_id: str) -> bool:
    entries = [owner for owner in release.owners if owner.account_id == account_id]
    return decide(act, entries, ReleaseState(release.status)) is None
