"""Rows of questions to people about single uses."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from trust_kernel.columns import moment


class ApprovalRow(SQLModel, table=True):
    """One question to one person about one use, and the answer."""

    __tablename__ = "consent_approvals"
    __table_args__ = (
        UniqueConstraint("use_id", "subject_id", "grant_id"),
        Index("consent_approvals_subject", "subject_id", "answer"),
        Index("consent_approvals_due", "answer", "until"),
    )

    id: str = Field(primary_key=True)
    use_id: str
    subject_id: str = Field(foreign_key="subjects.id")
    grant_id: str = Field(foreign_key="consent_grants.id")
    account_id: str
    mode: str
    asked_at: datetime = moment()
    until: datetime = moment()
    answer: str | None = None
    answered_at: datetime | None = moment(nullable=True)
    note: str = ""
    shown: str = ""
