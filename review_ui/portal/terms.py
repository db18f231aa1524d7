"""The form in which somebody allows a use of their likeness, and what was wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from consent_registry.api import Audience, AudienceKind, GrantTerms, Modality, OnRevocation, Subject
from trust_kernel.errors import InvalidInput

_KINDS = {AudienceKind.PEOPLE.value, AudienceKind.MUTUALS.value, AudienceKind.EVERYONE.value}
_FIELDS = {"expires_at": "days", "modalities": "modality", "account_ids": "person", "max_uses": "uses"}
"""What the registry calls a field, and what this form calls it."""
_MOST_DAYS = 3660


@dataclass(frozen=True, slots=True)
class AllowForm:
    """What was typed, as it was typed."""

    audience: str = "people"
    person: str = ""
    modality: tuple[str, ...] = ("face",)
    days: str = "30"
    uses: str = ""
    remix: str = ""
    keep: str = ""
    note: str = ""

    def terms(self, now: datetime, friend: Subject | None) -> GrantTerms:
        """What was meant.

        Args:
            now: the moment from which days count.
            friend: whoever has the handle that was typed.

        Raises:
            InvalidInput: names the field as this form calls it.
        """
        known = {modality.value for modality in Modality}
        return GrantTerms(
            audience=self._audience(friend),
            modalities=frozenset(Modality(name) for name in self.modality if name in known),
            expires_at=now + timedelta(days=_whole(self.days, "days", "Give a whole number of days.")),
            max_uses=_whole(self.uses, "uses", "Give a whole number, or leave it empty.")
            if self.uses.strip()
            else None,
            on_revocation=OnRevocation.KEEP if self.keep == "yes" else OnRevocation.WITHDRAW,
            allows_remix=self.remix == "yes",
            note=self.note.strip(),
        )

    def _audience(self, friend: Subject | None) -> Audience:
        if self.audience not in _KINDS:
            raise InvalidInput("Choose whom it is for.", field="audience")
        if self.audience != AudienceKind.PEOPLE:
            return Audience(AudienceKind(self.audience))
        if not self.handle:
            raise InvalidInput("Say who: their handle.", field="person")
        if friend is None:
            raise InvalidInput(f"Nobody here is called @{self.handle}.", field="person")
        return Audience(AudienceKind.PEOPLE, frozenset({friend.account_id}))

    @property
    def handle(self) -> str:
        """The handle that was typed, without @."""
        return self.person.strip().removeprefix("@").lower()


@dataclass(frozen=True, slots=True)
class Faults:
    """What was wrong, by field."""

    by_field: Mapping[str, str] = field(default_factory=dict)

    def of(self, name: str) -> str:
        """What was wrong with a field; "" where nothing was."""
        return self.by_field.get(name, "")

    def __bool__(self) -> bool:
        return bool(self.by_field)


def faults_in(error: InvalidInput) -> Faults:
    """An error as a form shows it."""
    name = error.field or ""
    said = error.detail[:1].upper() + error.detail[1:]
    return Faults({_FIELDS.get(name, name): said.rstrip(".") + "."})


def _whole(text: str, name: str, problem: str) -> int:
    trimmed = text.strip()
    if not (trimmed.isascii() and trimmed.isdigit() and len(trimmed) <= 10):  # noqa: PLR2004 - past every limit
        raise InvalidInput(problem, field=name)
    number = int(trimmed)
    if name == "days" and not 1 <= number <= _MOST_DAYS:
        raise InvalidInput(f"Give 1 to {_MOST_DAYS} days.", field=name, limit=f"1 to {_MOST_DAYS}")
    return number
