"""Who may lift a block or loosen it: pure rules."""

from datetime import datetime, timedelta

from likeness_guard.domain.people import STRICTNESS, Category, Entry, LiftedBy, LiftProposal

PROPOSAL_STANDS = timedelta(days=14)
"""A lift that nobody confirmed for so long must be proposed again."""


def authority(entry: Entry) -> LiftedBy:
    """Who may lift a block: what the entry says, but a minor's never less than two people."""
    if entry.category is Category.MINOR:
        return stricter(entry.lifted_by, LiftedBy.TWO_STAFF)
    return entry.lifted_by


def stricter(one: LiftedBy, other: LiftedBy) -> LiftedBy:
    """The stricter of two."""
    return max(one, other, key=STRICTNESS.index)


def asks_for_word(entry: Entry) -> LiftedBy | None:
    """Whose request staff must have in hand: the person's or the estate's; None where nobody's."""
    wanted = authority(entry)
    return wanted if wanted in {LiftedBy.PERSON, LiftedBy.ESTATE} else None


def word_serves(given: LiftedBy | None, wanted: LiftedBy | None) -> bool:
    """Whether the word that staff have is the one that is needed; the person's own is good for the estate's."""
    return wanted is None or given is wanted or (wanted is LiftedBy.ESTATE and given is LiftedBy.PERSON)


def confirms(by: str, proposal: LiftProposal | None, now: datetime) -> bool:
    """Whether somebody's lift is the second of two different people."""
    return proposal is not None and proposal.by != by and now - proposal.at < PROPOSAL_STANDS


def loosened(before: Entry, after: Entry) -> tuple[str, ...]:
    """Fields by which a changed entry blocks less than it did, or is easier to lift."""
    found = []
    if set(before.names) - set(after.names):
        found.append("aliases" if before.name in after.names else "name")
    if STRICTNESS.index(authority(after)) < STRICTNESS.index(authority(before)):
        found.append("category" if after.lifted_by is before.lifted_by else "lifted_by")
    elif before.category is Category.MINOR and after.category is not Category.MINOR:
        found.append("category")
    if _later(after.starts_at, before.starts_at):
        found.append("starts_at")
    if _sooner(after.ends_at, before.ends_at):
        found.append("ends_at")
    return tuple(found)


def _later(after: datetime | None, before: datetime | None) -> bool:
    return after is not None and (before is None or after > before)


def _sooner(after: datetime | None, before: datetime | None) -> bool:
    return after is not None and (before is None or after < before)
