"""The question that the release path asks, and the rules of what grants say to it. Pure: no clock, no database."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from consent_registry.domain.ages import AgeBand
from consent_registry.domain.approvals import WAITING, Approval, ApprovalState, Mode, standing
from consent_registry.domain.grants import Grant, GrantState
from consent_registry.domain.people import Modality
from consent_registry.domain.reasons import ConsentReason
from consent_registry.domain.scope import ADULTS_ALONE, Use, outside
from consent_registry.domain.terms import Asker


@dataclass(frozen=True, slots=True)
class ConsentAsk:
    """May this account use this likeness, in these ways, now?

    Attributes:
        account_id: who asks.
        subject_id: whose likeness.
        modalities: what of it; an empty set is never permitted to anybody but the subject.
        remix: whether the use is a remix of an earlier release.
        at: the moment, timezone-aware.
        use: what for.
        use_id: what an answer that is asked for each time belongs to; empty where nobody can be asked.
    """

    account_id: str
    subject_id: str
    modalities: frozenset[Modality]
    remix: bool
    at: datetime
    use: Use = field(default_factory=Use)
    use_id: str = ""


@dataclass(frozen=True, slots=True)
class ConsentAnswer:
    """What the registry says to an ask.

    Attributes:
        permitted: whether it may go on now.
        reason: the true cause, permitted or not.
        grant_id: the grant that permits, or whose subject is yet to answer; None for the subject's own use, and where
            refused.
        epoch: the subject's consent epoch that the answer holds for; 0 where there is no such subject.
        modalities: what was asked about and, where permitted, may be used.
    """

    permitted: bool
    reason: ConsentReason
    grant_id: str | None
    epoch: int
    modalities: frozenset[Modality]

    @property
    def waiting(self) -> bool:
        """Whether the person themselves can still say yes."""
        return self.reason in WAITING


@dataclass(frozen=True, slots=True)
class ConsentSnapshot:
    """A consent as it stood at admission.

    Attributes:
        epoch: the subject's consent epoch then.
        grant_id: the grant used; None for the subject's own use.
        modalities: "face", "voice".
    """

    subject_id: str
    epoch: int
    grant_id: str | None
    modalities: frozenset[str]


@dataclass(frozen=True, slots=True)
class Permit:
    """This grant permits it."""

    grant_id: str


@dataclass(frozen=True, slots=True)
class Waits:
    """This grant would permit it if the person said yes."""

    grant_id: str
    reason: ConsentReason


@dataclass(frozen=True, slots=True)
class Refused:
    """Not permitted, for this reason."""

    reason: ConsentReason


Said = Permit | Waits | Refused


@dataclass(frozen=True, slots=True)
class Tally:
    """What was used and answered so far, by grant id.

    Attributes:
        today: releases that the asker made under each grant in the last 24 hours.
        approvals: the person's answer about this very use.
    """

    today: Mapping[str, int] = field(default_factory=dict)
    approvals: Mapping[str, Approval] = field(default_factory=dict)

    @property
    def refused(self) -> bool:
        """Whether the person said no to this use, which no other grant of theirs can overrule."""
        return any(approval.answer is ApprovalState.REFUSED for approval in self.approvals.values())


_ENDED = {
    GrantState.SCHEDULED: ConsentReason.NOT_STARTED,
    GrantState.REVOKED: ConsentReason.GRANT_REVOKED,
    GrantState.EXPIRED: ConsentReason.GRANT_EXPIRED,
    GrantState.EXHAUSTED: ConsentReason.GRANT_EXHAUSTED,
}


def permits(grant: Grant, ask: ConsentAsk, asker: Asker, tally: Tally) -> Said:
    """What one grant says to one ask.

    The audience comes first: to somebody whom a grant was never for, it is as if it did not exist, so a refusal tells
    nobody what was granted to others.
    """
    if grant.subject_id != ask.subject_id or not grant.terms.audience.covers(asker):
        return Refused(ConsentReason.GRANT_NONE)
    against = _against(grant, ask, tally)
    return Refused(against) if against is not None else _answered(grant, ask, tally)


def _against(grant: Grant, ask: ConsentAsk, tally: Tally) -> ConsentReason | None:
    """What in the terms stands against an ask; None where nothing does."""
    state = grant.state_at(ask.at)
    if state is not GrantState.ACTIVE:
        return _ENDED[state]
    if not _modalities_fit(grant, ask.modalities):
        return ConsentReason.MODALITY_NOT_GRANTED
    if ask.remix and not grant.terms.allows_remix:
        return ConsentReason.REMIX_FORBIDDEN
    return outside(grant.terms.scope, ask.use) or (ConsentReason.DAY_SPENT if _day_spent(grant, tally) else None)


def _answered(grant: Grant, ask: ConsentAsk, tally: Tally) -> Said:
    """What the person says of this very use, where the grant has them asked before anything is made."""
    if grant.terms.mode is not Mode.ASK:  # who wants to see what was made first has nothing to see yet
        return Permit(grant.id)
    reason = standing(Mode.ASK, tally.approvals.get(grant.id), ask.at)
    if reason is None:
        return Permit(grant.id)
    return Waits(grant.id, reason) if reason in WAITING and ask.use_id else Refused(reason)


def why_not(grant: Grant, snapshot: ConsentSnapshot, asker: Asker, tally: Tally, now: datetime) -> ConsentReason | None:
    """Why a grant that permitted a case at admission does not permit its release now; None where it does.

    Terms never change, so the rules of remix and scope need not be asked again.
    """
    if grant.subject_id != snapshot.subject_id:
        return ConsentReason.GRANT_NONE
    state = grant.state_at(now)
    if state is not GrantState.ACTIVE:
        return _ENDED[state]
    if not grant.terms.audience.covers(asker):
        return ConsentReason.GRANT_NONE
    if not _modalities_fit(grant, snapshot.modalities):
        return ConsentReason.MODALITY_NOT_GRANTED
    if _day_spent(grant, tally):
        return ConsentReason.DAY_SPENT
    # Asked under another grant, they may have said no to this very use.
    unsaid = ConsentReason.APPROVAL_REFUSED if tally.refused else None
    return standing(grant.terms.mode, tally.approvals.get(grant.id), now) or unsaid


def closed_to_minors(use: Use, *ages: AgeBand) -> bool:
    """Whether a use is in a context that is closed because somebody concerned is, or may be, under 18."""
    return any(age.minor for age in ages) and bool(use.shown & ADULTS_ALONE)


def choose(grants: Collection[Grant], ask: ConsentAsk, asker: Asker, tally: Tally) -> Said:
    """The grant to use among several, or the most telling reason why none can be.

    Of those that permit: one without a count before a counted one, then the one that lasts longest, then the newest.
    Then one whose subject can still be asked. Of those that refuse: one still in force says more than one that has
    ended, one whose terms would have fitted more than one whose terms never did, and the newest is the subject's last
    word. Where they said no to this very use, that is the answer, whatever else they granted.
    """
    covering = [grant for grant in grants if grant.terms.audience.covers(asker)]
    if not covering:
        return Refused(ConsentReason.GRANT_NONE)
    if tally.refused:
        return Refused(ConsentReason.APPROVAL_REFUSED)
    said = {grant.id: permits(grant, ask, asker, tally) for grant in covering}
    for kind in (Permit, Waits):
        open_ones = [grant for grant in covering if isinstance(said[grant.id], kind)]
        if open_ones:
            return said[max(open_ones, key=_preferred).id]
    return said[max(covering, key=lambda grant: _tells(grant, ask)).id]


def _preferred(grant: Grant) -> tuple[bool, datetime, datetime, str]:
    return grant.terms.max_uses is None, grant.expires_at, grant.created_at, grant.id


def _tells(grant: Grant, ask: ConsentAsk) -> tuple[bool, bool, datetime, str]:
    live = grant.state_at(ask.at) is GrantState.ACTIVE
    return live, _modalities_fit(grant, ask.modalities), grant.created_at, grant.id


def _modalities_fit(grant: Grant, asked: Collection[str]) -> bool:
    return bool(asked) and set(asked) <= grant.terms.modalities


def _day_spent(grant: Grant, tally: Tally) -> bool:
    return grant.terms.daily_uses is not None and tally.today.get(grant.id, 0) >= grant.terms.daily_uses
