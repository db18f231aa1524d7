"""What the registry needs of others, as roles."""

from typing import Protocol

from consent_registry.ports.ages import Ages, UnstatedAges
from consent_registry.ports.approvals import Approvals, ApprovalStore, AskedUse, AskedUses, Resumption
from consent_registry.ports.cameos import CameoStore
from consent_registry.ports.enrolments import EnrolmentStore
from consent_registry.ports.families import AgeRecord, FamilyStore
from consent_registry.ports.grants import GrantStore
from consent_registry.ports.groups import GroupStore
from consent_registry.ports.likeness import Enrolled, LikenessEnroller
from consent_registry.ports.people import PeopleStore
from consent_registry.ports.reading import ContextReader, UnreadWords, WordHit
from consent_registry.ports.receipts import ReceiptKeyNumbers, ReceiptSigner, ReceiptStore
from consent_registry.ports.safety import SafetyStore
from consent_registry.ports.staff import NoStaff, Staff
from consent_registry.ports.telling import Notifier, Record
from consent_registry.ports.units import UnitOfWork
from consent_registry.ports.uploads import UploadDecoder
from consent_registry.ports.withdrawals import Ending, Withdrawals


class ConsentStore(
    EnrolmentStore,
    FamilyStore,
    GroupStore,
    SafetyStore,
    PeopleStore,
    CameoStore,
    GrantStore,
    ApprovalStore,
    ReceiptStore,
    Protocol,
):
    """Everything that the registry keeps."""


__all__ = [
    "AgeRecord",
    "Ages",
    "ApprovalStore",
    "Approvals",
    "AskedUse",
    "AskedUses",
    "CameoStore",
    "ConsentStore",
    "ContextReader",
    "Ending",
    "Enrolled",
    "EnrolmentStore",
    "FamilyStore",
    "GrantStore",
    "GroupStore",
    "LikenessEnroller",
    "NoStaff",
    "Notifier",
    "PeopleStore",
    "ReceiptKeyNumbers",
    "ReceiptSigner",
    "ReceiptStore",
    "Record",
    "Resumption",
    "SafetyStore",
    "Staff",
    "UnitOfWork",
    "UnreadWords",
    "UnstatedAges",
    "UploadDecoder",
    "Withdrawals",
    "WordHit",
]
