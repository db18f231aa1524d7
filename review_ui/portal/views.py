"""Grants, uses and notices as the portal shows them: in words, at one moment."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from consent_registry.api import Audience, AudienceKind, Grant, GrantState, Modality, Mode, OnRevocation
from generator_gateway.api import ReleaseRecord
from review_ui.portal.words import listed, scope_lines

_STATES = {
    GrantState.SCHEDULED: "has yet to begin",
    GrantState.ACTIVE: "holds",
    GrantState.REVOKED: "revoked",
    GrantState.EXPIRED: "has run out",
    GrantState.EXHAUSTED: "used up",
}
_ASKS = {
    Mode.ASK: "You are asked each time before anything is made.",
    Mode.PREVIEW: "You see each video first; nobody gets it until you say yes.",
}
Handle = Callable[[str], str | None]
"""The handle of an account, where it has one."""


@dataclass(frozen=True, slots=True)
class GrantView:
    """A grant in words.

    Attributes:
        who: whom it lets, as the subject of a sentence.
        what: "face and voice".
        asks: whether the person is asked each time, in words; "" where they are not.
        uses: "2 of 5".
        daily: "3 a day for each of them"; "" without a limit.
        lines: what it covers and what it does not, as pairs.
        tone: state as a style: "scheduled", "active", "revoked", "expired", "exhausted".
        state: the same in words.
        keeps: whether videos made under it stay out if it is revoked, as it was given.
        holds: whether it permits anything, now or later.
        revocable: whether revoking it still changes anything; of an expired grant it withdraws what is out.
    """

    id: str
    who: str
    what: str
    asks: str
    start: datetime
    until: datetime
    uses: str
    daily: str
    lines: tuple[tuple[str, str], ...]
    remix: str
    note: str
    tone: str
    state: str
    keeps: bool
    given: datetime
    revoked: datetime | None
    holds: bool
    revocable: bool


@dataclass(frozen=True, slots=True)
class UseView:
    """A video that shows somebody.

    Attributes:
        by: the maker's handle or, without one, "somebody"; "you" for oneself.
        watchable: whether it is out at this moment.
    """

    video_id: str
    by: str
    what: str
    released: datetime
    withdrawn: datetime | None
    watchable: bool


def grant_view(grant: Grant, now: datetime, handle: Handle, groups: Mapping[str, str] | None = None) -> GrantView:
    """A grant as it stands at `now`; with the names of one's groups by id, where they are to be told."""
    state, terms = grant.state_at(now), grant.terms
    return GrantView(
        id=grant.id,
        who=audience(terms.audience, handle, groups),
        what=modalities(terms.modalities),
        asks=_ASKS.get(terms.mode, ""),
        start=grant.starts_at,
        until=grant.expires_at,
        uses=str(grant.uses) if terms.max_uses is None else f"{grant.uses} of {terms.max_uses}",
        daily="" if terms.daily_uses is None else f"at most {terms.daily_uses} a day for each of them",
        lines=scope_lines(terms.scope),
        remix="allowed" if terms.allows_remix else "not allowed",
        note=terms.note,
        tone=state.value,
        state=_STATES[state],
        keeps=terms.on_revocation is OnRevocation.KEEP,
        given=grant.created_at,
        revoked=grant.revoked_at,
        holds=state in {GrantState.SCHEDULED, GrantState.ACTIVE},
        revocable=state is not GrantState.REVOKED,
    )


def use_view(release: ReleaseRecord, account_id: str, subject_id: str, handle: Handle) -> UseView:
    """A release as one of the people in it sees it."""
    maker = next((owner.account_id for owner in release.owners if owner.role == "requester"), "")
    named = handle(maker)
    own = [owner for owner in release.owners if owner.subject_id == subject_id]
    return UseView(
        video_id=release.case_id,
        by="you" if maker == account_id else f"@{named}" if named else "somebody without a handle",
        what=modalities(Modality(name) for owner in own for name in owner.modalities),
        released=release.released_at,
        withdrawn=release.withdrawn_at,
        watchable=release.status == "released",
    )


def under(grant_id: str, releases: Iterable[ReleaseRecord]) -> list[ReleaseRecord]:
    """The releases that were made under a grant."""
    return [release for release in releases if any(grant_id in owner.grant_ids for owner in release.owners)]


def modalities(found: Iterable[str]) -> str:
    """Face, voice or both."""
    return " and ".join(sorted({str(name) for name in found}))


def audience(who: Audience, handle: Handle, groups: Mapping[str, str] | None = None) -> str:
    """Whom a grant is for; groups by name where names are given."""
    if who.kind is AudienceKind.PEOPLE:
        return _people([handle(account) for account in sorted(who.account_ids)])
    if who.kind is AudienceKind.GROUPS:
        named = sorted((groups or {}).get(group_id, "") for group_id in who.group_ids)
        return f"People in {listed(f'“{name}”' for name in named)}" if all(named) else "People in your groups"
    others = "" if who.minors else ", adults only"
    return {
        AudienceKind.ONLY_ME: "Only you",
        AudienceKind.MUTUALS: f"People who follow you and whom you follow{others}",
        AudienceKind.EVERYONE: f"Everyone{others}",
    }[who.kind]


def _people(handles: Sequence[str | None]) -> str:
    named = [f"@{name}" for name in handles if name]
    others = len(handles) - len(named)
    if others:
        named.append("somebody without a handle" if others == 1 else f"{others} people without a handle")
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
