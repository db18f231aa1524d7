"""The rows of this package."""

from copyright_optout.tables.claims import (
    OptOutAliasRow,
    OptOutClaimRow,
    OptOutConcernRow,
    OptOutFingerprintRow,
    OptOutGenerationRow,
)
from copyright_optout.tables.descriptions import OptOutVectorRow
from copyright_optout.tables.imports import OptOutImportReportRow, OptOutImportRow
from copyright_optout.tables.notices import (
    OptOutCounterRow,
    OptOutNoticeRow,
    OptOutNoticeTextRow,
    OptOutNoticeVideoRow,
)
from copyright_optout.tables.organisations import OptOutMemberRow, OptOutOrganisationRow
from copyright_optout.tables.references import OptOutReferenceRow, OptOutSoundRow
from copyright_optout.tables.rehearsals import OptOutRehearsalRow

__all__ = [
    "OptOutAliasRow",
    "OptOutClaimRow",
    "OptOutConcernRow",
    "OptOutCounterRow",
    "OptOutFingerprintRow",
    "OptOutGenerationRow",
    "OptOutImportReportRow",
    "OptOutImportRow",
    "OptOutMemberRow",
    "OptOutNoticeRow",
    "OptOutNoticeTextRow",
    "OptOutNoticeVideoRow",
    "OptOutOrganisationRow",
    "OptOutReferenceRow",
    "OptOutRehearsalRow",
    "OptOutSoundRow",
    "OptOutVectorRow",
]
