"""Bars, pauses, caps, reports, the lockdown and groups."""

from datetime import datetime

from pydantic import Field

from consent_registry.domain import (
    Bar,
    Group,
    Lockdown,
    PersonReport,
    ReportReason,
    SubjectRecord,
    TakeBack,
)
from consent_registry.schemas.shape import Shape


class Somebody(Shape):
    """Another person, by account or by handle."""

    account_id: str | None = Field(default=None, description="Their account; or say their handle.")
    handle: str | None = Field(default=None, description="Without @.")


class Ending(Shape):
    """What becomes of what exists."""

    take_back: TakeBack = Field(
        default=TakeBack.AS_GRANTED,
        description="As each grant says; or it stays, and nothing more is made; or it is taken back as well.",
    )


class NewBar(Somebody, Ending):
    """Somebody whom no grant is to cover any more."""


class BarOut(Shape):
    """Somebody who is barred."""

    account_id: str
    at: datetime

    @classmethod
    def of(cls, bar: Bar) -> "BarOut":
        """From the domain."""
        return cls(account_id=bar.account_id, at=bar.at)


class BarList(Shape):
    """Everybody who is barred, oldest first."""

    data: list[BarOut]


class NewCap(Shape):
    """How often others may use a likeness."""

    daily_uses: int | None = Field(description="Releases by all others together in 24 hours; null for any number.")


class SafetyOut(Shape):
    """What a person has set for all of their grants."""

    paused_at: datetime | None = Field(description="Since when nothing at all may be made; null where it may.")
    daily_uses: int | None

    @classmethod
    def of(cls, record: SubjectRecord) -> "SafetyOut":
        """From the domain."""
        return cls(paused_at=record.paused_at, daily_uses=record.daily_uses)


class NewReport(Somebody):
    """What the staff are told of somebody."""

    reason: ReportReason
    text: str = Field(description="In your words, 1 to 2,000 characters.")
    video_id: str | None = Field(default=None, description="A video that shows it.")


class ReportFiled(Shape):
    """A report, to whoever made it."""

    id: str
    at: datetime


class ReportOut(Shape):
    """A report, to staff."""

    id: str
    reporter: str
    reported: str
    reason: ReportReason
    text: str
    video_id: str | None
    at: datetime
    closed_at: datetime | None
    closed_by: str | None
    note: str

    @classmethod
    def of(cls, report: PersonReport) -> "ReportOut":
        """From the domain."""
        return cls(
            id=report.id,
            reporter=report.reporter,
            reported=report.reported,
            reason=report.reason,
            text=report.text,
            video_id=report.case_id,
            at=report.at,
            closed_at=report.closed_at,
            closed_by=report.closed_by,
            note=report.note,
        )


class ReportList(Shape):
    """A page of reports: open ones oldest first, closed ones newest first."""

    data: list[ReportOut]
    has_more: bool


class Decided(Shape):
    """What was done about a report."""

    note: str = Field(description="1 to 2,000 characters; for staff.")


class NewLockdown(Shape):
    """Whether everything is to stop."""

    on: bool
    reason: str = Field(description="For those who are told, 1 to 2,000 characters.")


class LockdownOut(Shape):
    """Whether every use of every likeness is stopped."""

    on: bool
    reason: str
    by: str
    at: datetime | None

    @classmethod
    def of(cls, lockdown: Lockdown) -> "LockdownOut":
        """From the domain."""
        return cls(on=lockdown.on, reason=lockdown.reason, by=lockdown.by, at=lockdown.at)


class NewGroup(Shape):
    """What a group is called."""

    name: str = Field(examples=["Family"], description="For your eyes alone, 1 to 80 characters.")


class GroupOut(Shape):
    """A group, to its owner."""

    id: str
    name: str
    account_ids: list[str]
    created_at: datetime

    @classmethod
    def of(cls, group: Group) -> "GroupOut":
        """From the domain."""
        return cls(id=group.id, name=group.name, account_ids=sorted(group.account_ids), created_at=group.created_at)


class GroupList(Shape):
    """All groups of a person, oldest first."""

    data: list[GroupOut]
