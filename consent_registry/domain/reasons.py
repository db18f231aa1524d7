"""Every code that this package gives: why consent stands or not, what was wrong with an input, what happened."""

from enum import StrEnum


class ConsentReason(StrEnum):
    """Why a use is permitted, refused, or withdrawn."""

    OWN = "consent:subject:own"
    GRANT_ACTIVE = "consent:grant:active"
    GRANT_NONE = "consent:grant:none"
    """No grant of this subject ever covered the person who asks."""
    GRANT_REVOKED = "consent:grant:revoked"
    GRANT_EXPIRED = "consent:grant:expired"
    GRANT_EXHAUSTED = "consent:grant:exhausted"
    MODALITY_NOT_GRANTED = "consent:modality:not_granted"
    REMIX_FORBIDDEN = "consent:grant:remix_forbidden"
    CAMEO_UNKNOWN = "consent:cameo:unknown"
    """No such subject, nobody enrolled yet, or the subject was forgotten."""
    EPOCH_CHANGED = "consent:epoch:changed"
    """A snapshot is newer than the subject's row: the database went back in time, so nothing can be relied on."""
    SUBJECT_FORGOTTEN = "consent:subject:forgotten"


class ConsentFault(StrEnum):
    """What was wrong with an input."""

    HANDLE_MALFORMED = "consent:handle:malformed"
    HANDLE_TAKEN = "consent:handle:taken"
    NAME_MALFORMED = "consent:name:malformed"
    ACCOUNT_MALFORMED = "consent:account:malformed"
    BIRTH_YEAR_IMPOSSIBLE = "consent:birth_year:impossible"
    SUBJECT_EXISTS = "consent:subject:exists"
    SUBJECT_UNKNOWN = "consent:subject:unknown"
    GRANT_UNKNOWN = "consent:grant:unknown"
    GRANT_BY_OTHER = "consent:grant:by_other"
    """Only the person themselves can consent; others may at most end a consent."""
    RECEIPT_UNKNOWN = "consent:receipt:unknown"
    AUDIENCE_MALFORMED = "consent:audience:malformed"
    MODALITY_MISSING = "consent:modality:missing"
    EXPIRY_MALFORMED = "consent:expiry:malformed"
    EXPIRY_PAST = "consent:expiry:past"
    EXPIRY_TOO_FAR = "consent:expiry:too_far"
    USES_OUT_OF_RANGE = "consent:uses:out_of_range"
    NOTE_TOO_LONG = "consent:note:too_long"
    NOTE_MALFORMED = "consent:note:malformed"
    FOLLOW_SELF = "consent:follow:self"
    ENROLMENT_EMPTY = "consent:enrolment:empty"
    ENROLMENT_MALFORMED = "consent:enrolment:malformed"
    ENROLMENT_TOO_MUCH = "consent:enrolment:too_much"


class ConsentEvent(StrEnum):
    """What happened: kinds of ledger entries and of notices."""

    CAMEO_ENROLLED = "consent:cameo:enrolled"
    GRANT_GIVEN = "consent:grant:given"
    GRANT_REVOKED = "consent:grant:revoked"
    SUBJECT_FORGOTTEN = "consent:subject:forgotten"
