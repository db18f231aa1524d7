"""The names of all claims that stand, searchable, and cheap to change."""

from collections.abc import Iterable, Mapping, Sequence

from copyright_optout.domain import ClaimChange
from trust_kernel.names import NameHit, NameMatcher

_SMALL = 64
_SHARE = 10


class NameBook:
    """A large matcher that is rebuilt seldom, and a small one with what has changed since.

    Not safe for use by several threads without a lock; `Recognition` holds one while it changes the book.
    """

    def __init__(self) -> None:
        self._aliases: dict[str, tuple[str, ...]] = {}
        self._base = NameMatcher(())
        self._changed: frozenset[str] = frozenset()
        self._recent = NameMatcher(())

    def apply(self, changes: Sequence[ClaimChange]) -> None:
        """Take in changes, in order."""
        for change in changes:
            if change.active:
                self._aliases[change.claim_id] = change.aliases
            else:
                self._aliases.pop(change.claim_id, None)
        changed = self._changed | {change.claim_id for change in changes}
        if len(changed) > max(_SMALL, len(self._aliases) // _SHARE):
            self._base, self._recent, self._changed = self._matcher(self._aliases), NameMatcher(()), frozenset()
        else:
            self._recent, self._changed = self._matcher(changed), changed

    def _matcher(self, claim_ids: Iterable[str]) -> NameMatcher:
        known: Mapping[str, tuple[str, ...]] = self._aliases
        return NameMatcher((claim_id, alias) for claim_id in claim_ids for alias in known.get(claim_id, ()))

    def match(self, text: str) -> tuple[NameHit, ...]:
        """Every claim named in a text; `NameHit.entity` is the claim's id."""
        stale = self._changed
        old = (hit for hit in self._base.match(text) if hit.entity not in stale)
        return tuple(sorted((*old, *self._recent.match(text)), key=lambda hit: (hit.span, -hit.score)))
