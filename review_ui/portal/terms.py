"""The form in which somebody allows a use of their likeness."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TypeVar

from consent_registry.api import (
    Audience,
    AudienceKind,
    Context,
    GrantTerms,
    Modality,
    Mode,
    OnRevocation,
    Purpose,
    Scope,
    Subject,
    Trait,
)
from review_ui.portal.typed import whole
from review_ui.portal.words import CLOSED, OPEN
from trust_kernel.errors import InvalidInput

FIELDS: Mapping[str, str] = {
    "expires_at": "days",
    "starts_at": "start",
    "modalities": "modality",
    "account_ids": "person",
    "audience.group_ids": "groups",
    "max_uses": "uses",
    "daily_uses": "daily",
    "scope.purposes": "purpose",
    "scope.allowed_contexts": "open",
    "scope.forbidden_contexts": "close",
    "scope.unsaid": "unsaid",
    "scope.territories": "territories",
    "scope.languages": "languages",
}
"""What the registry calls a field, and what this form calls it."""
MORE = ("start", "daily", "open", "close", "unsaid", "fixed", "territories", "languages", "note")
"""Fields that are folded away until somebody wants more limits."""
_KINDS = frozenset({AudienceKind.PEOPLE, AudienceKind.GROUPS, AudienceKind.MUTUALS, AudienceKind.EVERYONE})
_WIDE = frozenset({AudienceKind.MUTUALS, AudienceKind.EVERYONE})
_MOST_DAYS = 3660
_Named = TypeVar("_Named", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class AllowForm:
    """What was typed, as it was typed.

    Attributes:
        person: handles of the people, apart from each other by commas or spaces.
        groups: ids of one's own groups.
        minors: "yes" where people under 18 are among everyone and mutuals.
        start: a day as browsers write it, from its first second in UTC; empty for at once.
        open: contexts that are closed unless opened.
        close: contexts that are open unless closed.
        unsaid: one word or phrase a line.
        fixed: traits that stay as they are.
    """

    audience: str = "people"
    person: str = ""
    modality: tuple[str, ...] = ("face",)
    days: str = "30"
    uses: str = ""
    remix: str = ""
    keep: str = ""
    note: str = ""
    groups: tuple[str, ...] = ()
    minors: str = ""
    purpose: tuple[str, ...] = (Purpose.PERSONAL.value,)
    mode: str = Mode.AUTOMATIC.value
    start: str = ""
    daily: str = ""
    open: tuple[str, ...] = ()
    close: tuple[str, ...] = ()
    unsaid: str = ""
    fixed: tuple[str, ...] = ()
    territories: str = ""
    languages: str = ""

    def terms(self, now: datetime, friends: Collection[Subject], groups: Collection[str] = ()) -> GrantTerms:
        """What was meant.

        Args:
            now: the moment from which days count, unless it begins later.
            friends: whoever has one of the handles that were typed.
            groups: ids of the person's own groups.

        Raises:
            InvalidInput: names the field as this form calls it.
        """
        starts = _day(self.start, now)
        days = _days(self.days)
        return GrantTerms(
            audience=self._audience(friends, groups),
            modalities=frozenset(_known(Modality, self.modality)),
            scope=self._scope(),
            mode=_mode(self.mode),
            starts_at=starts,
            expires_at=(starts or now) + timedelta(days=days),
            max_uses=_count(self.uses, "uses"),
            daily_uses=_count(self.daily, "daily"),
            on_revocation=OnRevocation.KEEP if self.keep == "yes" else OnRevocation.WITHDRAW,
            allows_remix=self.remix == "yes",
            note=self.note.strip(),
        )

    @property
    def handles(self) -> tuple[str, ...]:
        """The handles that were typed, without @, each once."""
        typed = re.split(r"[\s,;]+", self.person.strip())
        return tuple(dict.fromkeys(name.removeprefix("@").lower() for name in typed if name.removeprefix("@")))

    @property
    def more(self) -> bool:
        """Whether anything is said that is folded away at first."""
        return any(getattr(self, name) for name in MORE) or self.remix == "yes" or self.keep == "yes"

    def _audience(self, friends: Collection[Subject], groups: Collection[str]) -> Audience:
        kind = next((one for one in _KINDS if one == self.audience), None)
        if kind is None:
            raise InvalidInput("Choose whom it is for.", field="audience")
        if kind in _WIDE:
            return Audience(kind, minors=self.minors == "yes")
        if kind is AudienceKind.GROUPS:
            chosen = frozenset(self.groups) & frozenset(groups)
            if not chosen:
                raise InvalidInput("Choose one of your groups.", field="groups")
            return Audience(kind, group_ids=chosen)
        if not self.handles:
            raise InvalidInput("Say who: their handle.", field="person")
        found = {friend.handle: friend.account_id for friend in friends}
        missing = [handle for handle in self.handles if handle not in found]
        if missing:
            raise InvalidInput(f"Nobody here is called @{missing[0]}.", field="person")
        return Audience(kind, frozenset(found[handle] for handle in self.handles))

    def _scope(self) -> Scope:
        return Scope(
            purposes=frozenset(_known(Purpose, self.purpose)),
            allowed_contexts=frozenset(_known(Context, self.open)) & frozenset(CLOSED),
            forbidden_contexts=frozenset(_known(Context, self.close)) & frozenset(OPEN),
            unsaid=tuple(line.strip() for line in self.unsaid.splitlines() if line.strip()),
            fixed=frozenset(_known(Trait, self.fixed)),
            territories=_codes(self.territories),
            languages=_codes(self.languages),
        )


def _known(kind: type[_Named], names: Iterable[str]) -> list[_Named]:
    return [one for one in kind if one in set(names)]


def _mode(name: str) -> Mode:
    if name not in set(Mode):
        raise InvalidInput("Choose how it is used.", field="mode")
    return Mode(name)


def _codes(text: str) -> frozenset[str]:
    return frozenset(code for code in re.split(r"[\s,;]+", text) if code)


def _day(text: str, now: datetime) -> datetime | None:
    trimmed = text.strip()
    if not trimmed:
        return None
    try:
        first = datetime.combine(date.fromisoformat(trimmed), time(), UTC)
    except ValueError as error:
        raise InvalidInput("Give a day, as 2027-01-31.", field="start") from error
    if first < now - timedelta(days=1) or first > now + timedelta(days=_MOST_DAYS):
        raise InvalidInput("Give today or a day to come, within ten years.", field="start")
    return max(first, now)


def _count(text: str, name: str) -> int | None:
    return whole(text, name, "Give a whole number, or leave it empty.") if text.strip() else None


def _days(text: str) -> int:
    number = whole(text, "days", "Give a whole number of days.")
    if not 1 <= number <= _MOST_DAYS:
        raise InvalidInput(f"Give 1 to {_MOST_DAYS} days.", field="days", limit=f"1 to {_MOST_DAYS}")
    return number
