"""Rows of the gateway. The database is where the truth about a case lives; the queue only carries its id."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from trust_kernel.columns import moment


class CaseRow(SQLModel, table=True):
    """One generation request and where it stands."""

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("account_id", "idempotency_key", name="cases_idempotency"),
        Index("cases_account", "account_id", "id"),
        Index("cases_open", "status", "lease_until"),
        Index("cases_created", "created_at", "id"),
    )

    id: str = Field(primary_key=True)
    account_id: str
    status: str
    request: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    release_number: int = Field(sa_column=Column(BigInteger, nullable=False, unique=True))
    remix_of: str | None = Field(default=None, index=True)
    progress: int = 0
    created_at: datetime
    completed_at: datetime | None = None
    error_code: str | None = None
    error_message: str | None = None
    reasons: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    idempotency_key: str | None = None
    idempotency_digest: str | None = None
    lease: str | None = None
    lease_until: datetime | None = None
    outages: int = 0
    outage_since: datetime | None = None
    attempts: int = 0
    not_before: datetime | None = None
    deleted_at: datetime | None = None


class StageRow(SQLModel, table=True):
    """A stage that a case has earned."""

    __tablename__ = "case_stages"

    case_id: str = Field(primary_key=True)
    stage: str = Field(primary_key=True)
    body: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    at: datetime


class MediaUseRow(SQLModel, table=True):
    """A stored medium that a case uses: a reference, a draft, a marked or a signed video."""

    __tablename__ = "media_uses"

    digest: str = Field(primary_key=True)
    case_id: str = Field(primary_key=True, index=True)


class DecisionRow(SQLModel, table=True):
    """A decision with everything that it was made with, so that it can be replayed."""

    __tablename__ = "decisions"
    __table_args__ = (Index("decisions_case", "case_id", "at"), Index("decisions_at", "at"))

    id: str = Field(primary_key=True)
    case_id: str
    stage: str
    verdict: str
    policy_version: str
    made_with: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    rulings: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    at: datetime


class CaseStopRow(SQLModel, table=True):
    """A request that a claim stopped: what the flood watch counts, without reading decisions; gone after a day."""

    __tablename__ = "case_stops"
    __table_args__ = (Index("case_stops_asked", "asked_at"),)

    case_id: str = Field(primary_key=True)
    claim_id: str = Field(primary_key=True)
    account_id: str
    asked_at: datetime = moment()


class ReviewRow(SQLModel, table=True):
    """What a person said of a held case."""

    __tablename__ = "reviews"
    __table_args__ = (Index("reviews_case", "case_id"),)

    id: str = Field(primary_key=True)
    case_id: str
    stage: str
    reviewer: str
    verdict: str
    reasons: list[str] = Field(sa_column=Column(JSON, nullable=False))
    note: str = ""
    at: datetime


class ReleaseRow(SQLModel, table=True):
    """An output that went out."""

    __tablename__ = "releases"

    case_id: str = Field(primary_key=True)
    release_number: int = Field(sa_column=Column(BigInteger, nullable=False, unique=True))
    media_digest: str = Field(index=True)
    thumbnail_digest: str = ""
    spritesheet_digest: str = ""
    manifest_label: str = Field(index=True)
    fingerprints: list[str] = Field(sa_column=Column(JSON, nullable=False))
    status: str
    released_at: datetime
    ledger_index: int = Field(sa_column=Column(BigInteger, nullable=False))
    withdrawn_at: datetime | None = None
    withdrawn_reason: str | None = None
    owners_digest: str = ""


class OwnerRow(SQLModel, table=True):
    """One co-owner of a release: its maker, or somebody who appears in it."""

    __tablename__ = "release_owners"
    __table_args__ = (Index("release_owners_subject", "subject_id"), Index("release_owners_account", "account_id"))

    case_id: str = Field(primary_key=True)
    account_id: str = Field(primary_key=True)
    role: str = Field(primary_key=True)
    subject_id: str | None = None
    modalities: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    rights: list[str] = Field(sa_column=Column(JSON, nullable=False))
    share_numerator: int = 0
    share_denominator: int = 1


class HiddenVideoRow(SQLModel, table=True):
    """A released video that one of its owners deleted: the others still see what became of it."""

    __tablename__ = "hidden_videos"

    case_id: str = Field(primary_key=True)
    account_id: str = Field(primary_key=True, index=True)
    at: datetime


class ObjectionRow(SQLModel, table=True):
    """Somebody who appears in a release objects to it."""

    __tablename__ = "release_objections"
    __table_args__ = (Index("release_objections_state", "state", "until"),)

    case_id: str = Field(primary_key=True)
    account_id: str = Field(primary_key=True)
    note: str = ""
    state: str
    at: datetime
    until: datetime
    escalated_at: datetime | None = None
    decided_by: str = ""
    decided_at: datetime | None = None


class ShareLinkRow(SQLModel, table=True):
    """A link by which anybody who has it watches a release; the token itself is nowhere."""

    __tablename__ = "share_links"

    id: str = Field(primary_key=True)
    case_id: str = Field(index=True)
    account_id: str
    token_hash: str = Field(unique=True)
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    revoked_by: str = ""


class ToldUseRow(SQLModel, table=True):
    """A subject was told this of a case: once, however often the case comes by."""

    __tablename__ = "told_uses"

    case_id: str = Field(primary_key=True)
    subject_id: str = Field(primary_key=True, index=True)
    kind: str = Field(primary_key=True)


class ReleaseGrantRow(SQLModel, table=True):
    """One grant that a release was made under; its revocation finds the release by it."""

    __tablename__ = "release_grants"

    case_id: str = Field(primary_key=True)
    grant_id: str = Field(primary_key=True, index=True)
    subject_id: str


class CaseConsentRow(SQLModel, table=True):
    """A consent that an open case goes by, or waits for; a revocation finds the case by it. Gone when the case ends.

    Attributes:
        grant_id: empty where somebody uses their own likeness.
        account_id: who asked.
    """

    __tablename__ = "case_consents"
    __table_args__ = (Index("case_consents_subject", "subject_id", "account_id"),)

    case_id: str = Field(primary_key=True)
    subject_id: str = Field(primary_key=True)
    grant_id: str = Field(primary_key=True, index=True)
    account_id: str


class AppearanceRow(SQLModel, table=True):
    """An enrolled or blocked person who was found in a release later. Its case was released: others are not kept."""

    __tablename__ = "appearances"
    __table_args__ = (
        UniqueConstraint("owner", "case_id", "modality", name="appearances_once"),
        Index("appearances_state", "state", "id"),
        Index("appearances_case", "case_id"),
        Index("appearances_batch", "batch_id", "case_id"),
    )

    id: str = Field(primary_key=True)
    owner: str
    case_id: str
    modality: str
    band: str
    score: float
    probability: float
    fpir: float
    cause: str
    state: str
    at: datetime
    decided_by: str = ""
    decided_at: datetime | None = None
    note: str = ""
    disputed_at: datetime | None = None
    batch_id: str = ""


class BindingRow(SQLModel, table=True):
    """What a release is bound to beside its bytes, so that a file without its credential leads back to it.

    Attributes:
        ledger_index: of the release; entries commit in order, so an index that follows it misses nothing.
        manifest_digest: blob of the release's manifest store; empty where it was not kept.
        pictures: PDQ hashes, 32 bytes each, in time order.
        sound: sub-fingerprints, 4 bytes each, big-endian, every fourth of `Prints.sound`.
        iscc: composite code; empty where there is none.
        details: of a few frames, see `service.bindings_details.kept_of`; a crop of the release is known by them.
    """

    __tablename__ = "release_bindings"

    case_id: str = Field(primary_key=True)
    ledger_index: int = Field(sa_column=Column(BigInteger, nullable=False, unique=True))
    sound_number: int = Field(sa_column=Column(BigInteger, nullable=False, index=True))
    manifest_digest: str
    pictures: bytes
    sound: bytes
    iscc: str = ""
    details: bytes = b""


class VerificationReportRow(SQLModel, table=True):
    """A verification that somebody asked to keep, under the digest of the file; nothing of the file is in it."""

    __tablename__ = "verification_reports"

    sha256: str = Field(primary_key=True)
    body: str
    at: datetime
    until: datetime = Field(index=True)


class VerificationFeedbackRow(SQLModel, table=True):
    """What somebody said of a verification: whether it was right, and why."""

    __tablename__ = "verification_feedback"

    id: str = Field(primary_key=True)
    sha256: str = Field(index=True)
    right: bool
    text: str
    at: datetime
    until: datetime = Field(index=True)


class TakedownRow(SQLModel, table=True):
    """What one cause takes down."""

    __tablename__ = "takedowns"
    __table_args__ = (Index("takedowns_state", "state", "undo_until"), Index("takedowns_about", "about"))

    id: str = Field(primary_key=True)
    reason: str
    about: str
    title: str
    state: str
    found: int = 0
    opened_by: str
    opened_at: datetime = moment()
    confirmed_by: str = ""
    confirmed_at: datetime | None = moment(nullable=True)
    undo_until: datetime | None = moment(nullable=True)
    ended_by: str = ""
    ended_at: datetime | None = moment(nullable=True)
    note: str = ""
    groundless_since: datetime | None = moment(nullable=True)


class TakedownItemRow(SQLModel, table=True):
    """One release of a batch."""

    __tablename__ = "takedown_items"

    takedown_id: str = Field(primary_key=True, foreign_key="takedowns.id")
    case_id: str = Field(primary_key=True, index=True)
    about: str = ""
    found_by: str
    score: float
    what: str
    state: str


class TakedownMatterRow(SQLModel, table=True):
    """One of the claims or people that a batch is about, where it is about several."""

    __tablename__ = "takedown_matters"

    takedown_id: str = Field(primary_key=True, foreign_key="takedowns.id")
    about: str = Field(primary_key=True, index=True)


class AppealRow(SQLModel, table=True):
    """One appeal.

    Attributes:
        lifts: pairs of reason and what it is about, lifted or proposed to be.
    """

    __tablename__ = "appeals"
    __table_args__ = (
        UniqueConstraint("case_id", "decision_id", name="appeals_once"),
        Index("appeals_state", "state", "due_at"),
    )

    id: str = Field(primary_key=True)
    case_id: str
    kind: str
    decision_id: str
    stage: str
    draft: str = ""
    account_id: str = Field(index=True)
    statement: str
    evidence: str = ""
    licence: str = ""
    state: str
    filed_at: datetime = moment()
    due_at: datetime = moment()
    escalated_at: datetime | None = moment(nullable=True)
    proposed_by: str = ""
    lifts: list[list[str]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    decided_by: str = ""
    decided_at: datetime | None = moment(nullable=True)
    note: str = ""


class AppealVoiceRow(SQLModel, table=True):
    """What a rights holder concerned says of an appeal; there from the start, empty while they say nothing."""

    __tablename__ = "appeal_voices"

    appeal_id: str = Field(primary_key=True, foreign_key="appeals.id")
    claim_id: str = Field(primary_key=True)
    organisation_id: str = Field(index=True)
    reasons: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    comment: str = ""
    permits: bool = False
    by: str = ""
    at: datetime | None = moment(nullable=True)
