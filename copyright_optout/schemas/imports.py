"""What the routes of imports give."""

from datetime import datetime

from pydantic import BaseModel

from copyright_optout.domain import ClaimKind, Concern
from copyright_optout.domain.imports import ClaimImport, ImportState, LineOutcome, LineReport, LineTrouble


class TroubleView(BaseModel):
    """Why a line was rejected, or a file not read to its end; `advice` says what to do."""

    code: str
    detail: str
    field: str
    limit: str
    advice: str

    @classmethod
    def of(cls, trouble: LineTrouble) -> "TroubleView":
        """The view of a trouble."""
        return cls(
            code=trouble.code, detail=trouble.detail, field=trouble.field, limit=trouble.limit, advice=trouble.advice
        )


class LineConcern(BaseModel):
    """What is to be known of a line's claim."""

    concern: Concern
    name: str


class LineView(BaseModel):
    """What became of a line; one line of the report."""

    line: int
    outcome: LineOutcome
    title: str
    reference: str
    claim_id: str
    trouble: TroubleView | None
    concerns: list[LineConcern]

    @classmethod
    def of(cls, report: LineReport) -> "LineView":
        """The view of a line."""
        return cls(
            line=report.line,
            outcome=report.outcome,
            title=report.title,
            reference=report.reference,
            claim_id=report.claim_id,
            trouble=TroubleView.of(report.trouble) if report.trouble else None,
            concerns=[LineConcern(concern=one.concern, name=one.name) for one in report.concerns],
        )


class ImportView(BaseModel):
    """An import: how far it has come, and how many lines became what."""

    id: str
    organisation_id: str
    by: str
    state: ImportState
    submit: bool
    kind: ClaimKind | None
    bytes: int
    bytes_read: int
    lines: int
    added: int
    changed: int
    unchanged: int
    rejected: int
    concerning: int
    failure: TroubleView | None
    activated: int
    left: int
    created_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, job: ClaimImport) -> "ImportView":
        """The view of an import."""
        counts = job.counts
        return cls(
            id=job.id,
            organisation_id=job.organisation_id,
            by=job.by,
            state=job.state,
            submit=job.submit,
            kind=ClaimKind(job.kind) if job.kind else None,
            bytes=job.size,
            bytes_read=job.read,
            lines=job.lines,
            added=counts.added,
            changed=counts.changed,
            unchanged=counts.unchanged,
            rejected=counts.rejected,
            concerning=counts.concerning,
            failure=TroubleView.of(job.failure) if job.failure else None,
            activated=job.activated,
            left=job.left,
            created_at=job.created_at,
            changed_at=job.changed_at,
        )


class ImportList(BaseModel):
    """Imports, newest first."""

    data: list[ImportView]
    has_more: bool
