"""The registry's rows."""

from consent_registry.tables.approvals import ApprovalRow
from consent_registry.tables.cameos import CameoMediaRow, CameoRow
from consent_registry.tables.challenges import ChallengeRow, RecordingPrintRow
from consent_registry.tables.enrolments import AttestationRow, EnrolmentMediaRow, EnrolmentRow, LookRow, RenewalAskRow
from consent_registry.tables.families import AgeRow, EstateDisputeRow, EstateRow, GuardianRow
from consent_registry.tables.grants import GrantRow, ReceiptRow
from consent_registry.tables.groups import GroupMemberRow, GroupRow
from consent_registry.tables.people import FollowRow, SubjectRow
from consent_registry.tables.receipts import ReceiptKeyRow, StolenReceiptKeyRow
from consent_registry.tables.safety import BarRow, GrantUseRow, LockdownRow, PersonReportRow, RequesterRow

__all__ = [
    "AgeRow",
    "ApprovalRow",
    "AttestationRow",
    "BarRow",
    "CameoMediaRow",
    "CameoRow",
    "ChallengeRow",
    "EnrolmentMediaRow",
    "EnrolmentRow",
    "EstateDisputeRow",
    "EstateRow",
    "FollowRow",
    "GrantRow",
    "GrantUseRow",
    "GroupMemberRow",
    "GroupRow",
    "GuardianRow",
    "LockdownRow",
    "LookRow",
    "PersonReportRow",
    "ReceiptKeyRow",
    "ReceiptRow",
    "RecordingPrintRow",
    "RenewalAskRow",
    "RequesterRow",
    "StolenReceiptKeyRow",
    "SubjectRow",
]
