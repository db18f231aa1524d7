"""Grants, uses and notices as the portal shows them: in words, at one moment."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from consent_registry.api import Audience, AudienceKind, Grant, GrantState, Modality, OnRevocation
from generator_gateway.api import ReleaseRecord

_STATES = {
    GrantState.ACTIVE: "holds",
    GrantState.REVOKED: "revoked",
    GrantState.EXPIRED: "has run out",
    GrantState.EXHAUSTED: "used up",
}
Handle = Callable[[str], str | None]
"""The handle of an account, where it has one."""


@dataclass(frozen=True, slots=True)
class GrantView:
    """A grant in words.

    Attributes:
        who: whom it lets, as the subject of a sentence.
        what: "face and voice".
        uses: "2 of 5".
        tone: state as a style: "active", "revoked", "expired", "exhausted".
        state: the same in words.
        on_end: what becomes of videos made under it if it is revoked.
        revocable: whether revoking it still changes anything; of an expired grant it withdraws what is out.
    """

    id: str
    who: str
    what: str
    until: datetime
    uses: str
    remix: str
    note: str
    tone: str
    state: str
    on_end: str
    given: datetime
    revoked: datetime | None
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


def grant_view(grant: Grant, now: datetime, handle: Handle) -> GrantView:
    """A grant as it stands at `now`."""
    state = grant.state_at(now)
    keeps = grant.on_revocation is OnRevocation.KEEP
    return GrantView(
        id=grant.id,
        who=audience(grant.audience, handle),
        what=modalities(grant.modalities),
        until=grant.expires_at,
        uses=str(grant.uses) if grant.max_uses is None else f"{grant.uses} of {grant.max_uses}",
        remix="Remixes of these videos are allowed." if grant.allows_remix else "Remixes are not allowed.",
        note=grant.note,
        tone=state.value,
        state=_STATES[state],
        on_end="stay out" if keeps else "are withdrawn",
        given=grant.created_at,
        revoked=grant.revoked_at,
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


def audience(who: Audience, handle: Handle) -> str:
    """Whom a grant is for."""
    if who.kind is AudienceKind.PEOPLE:
        return _people([handle(account) for account in sorted(who.account_ids)])
    return {
        AudienceKind.ONLY_ME: "Only you",
        AudienceKind.MUTUALS: "People who follow you and whom you follow",
        AudienceKind.EVERYONE: "Everyone",
    }[who.kind]


def _people(handles: Sequence[str | None]) -> str:
    named = [f"@{name}" for name in handles if name]
    others = len(handles) - len(named)
    if others:
        named.append("somebody without a handle" if others == 1 else f"{others} people without a handle")
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
