"""Bars, reports, the lockdown and uses, as they are kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from consent_registry.domain import Bar, GrantUse, Lockdown, PersonReport


class SafetyStore(Protocol):
    """Keeps what keeps people safe. Every method joins the transaction that is open."""

    def add_bar(self, bar: Bar) -> bool:
        """Insert; False where they are barred already. The subject is locked."""
        ...

    def drop_bar(self, subject_id: str, account_id: str) -> bool:
        """Undo `add_bar`; False where there was nothing to undo."""
        ...

    def drop_bars(self, subject_id: str) -> None:
        """Delete what a subject barred; who barred them goes on doing so."""
        ...

    def bars(self, subject_id: str) -> Sequence[Bar]:
        """Whom a subject barred, oldest first."""
        ...

    def barred(self, subject_id: str, account_id: str) -> bool:
        """Whether a subject barred an account."""
        ...

    def set_pause(self, subject_id: str, at: datetime | None) -> None:
        """Write when a locked subject stopped every use; None for no longer."""
        ...

    def set_daily_uses(self, subject_id: str, uses: int | None) -> None:
        """Write how often a locked subject's likeness may be used by others in 24 hours."""
        ...

    def lockdown(self) -> Lockdown:
        """The switch as it stands."""
        ...

    def lockdown_held(self, *, to_change: bool) -> Lockdown:
        """The switch, which nobody can change until the transaction ends; `to_change` waits for all who hold it."""
        ...

    def set_lockdown(self, lockdown: Lockdown) -> None:
        """Write the held switch."""
        ...

    def add_use(self, use: GrantUse) -> None:
        """Note one release under one grant; twice changes nothing. The subject is locked."""
        ...

    def uses_by(self, subject_id: str, account_id: str, since: datetime) -> Mapping[str, int]:
        """Releases with a subject's likeness that an account made since a moment, by grant."""
        ...

    def uses_of(self, subject_id: str, since: datetime) -> int:
        """Releases with a subject's likeness that others made since a moment."""
        ...

    def uses_made(self, account_id: str, since: datetime) -> int:
        """Releases with anybody else's likeness that an account made since a moment."""
        ...

    def hold_requester(self, account_id: str) -> None:
        """Have every other release of an account wait until the transaction ends."""
        ...

    def add_report(self, report: PersonReport) -> None:
        """Insert."""
        ...

    def report(self, report_id: str) -> PersonReport | None:
        """By id."""
        ...

    def reports(self, *, closed: bool, after: str | None, limit: int) -> Sequence[PersonReport]:
        """Open ones oldest first, or closed ones newest first; those after the one with that id."""
        ...

    def reports_by(self, account_id: str, since: datetime) -> int:
        """How many an account made since a moment."""
        ...

    def close_report(self, report_id: str, by: str, at: datetime, note: str) -> bool:
        """Write a decision; False where there was one."""
        ...
