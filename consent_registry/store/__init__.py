"""The registry's only queries."""

from consent_registry.store.approvals import ApprovalRows
from consent_registry.store.cameos import CameoRows
from consent_registry.store.enrolments import SqlEnrolments
from consent_registry.store.families import SqlFamilies
from consent_registry.store.grants import GrantRows
from consent_registry.store.groups import GroupRows
from consent_registry.store.people import PeopleRows
from consent_registry.store.receipts import DatabaseReceiptKeys, ReceiptRows
from consent_registry.store.safety import SafetyRows


class SqlConsentStore(
    SqlEnrolments, SqlFamilies, GroupRows, SafetyRows, ApprovalRows, PeopleRows, CameoRows, GrantRows, ReceiptRows
):
    """`ConsentStore` on SQLite or PostgreSQL."""


__all__ = ["DatabaseReceiptKeys", "SqlConsentStore"]
