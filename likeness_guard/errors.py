"""Codes of errors: why reference media cannot become a template, and why a blocklist entry cannot be changed so."""

from enum import StrEnum


class EnrolmentFault(StrEnum):
    """Why reference media cannot become a template."""

    EMPTY = "likeness:enrolment:empty"
    NO_FACE = "likeness:enrolment:no_face"
    SEVERAL_FACES = "likeness:enrolment:several_faces"
    UNLIKE_FACES = "likeness:enrolment:unlike_faces"
    NOT_ALIVE = "likeness:enrolment:not_alive"
    VOICE_TOO_SHORT = "likeness:enrolment:voice_too_short"
    TOO_MANY = "likeness:enrolment:too_many"
    WRONG_KIND = "likeness:enrolment:wrong_kind"
    NAME_MISSING = "likeness:enrolment:name_missing"


class BlocklistFault(StrEnum):
    """Why a blocklist entry cannot be made, changed or lifted like this."""

    NOT_FOUND = "likeness:blocklist:not_found"
    MALFORMED = "likeness:blocklist:malformed"
    EXTERNAL_ID_TAKEN = "likeness:blocklist:external_id_taken"
    CHANGED_MEANWHILE = "likeness:blocklist:changed_meanwhile"
    REASON_MISSING = "likeness:blocklist:reason_missing"
    LIFTED_BY_NOBODY = "likeness:blocklist:lifted_by_nobody"
    WORD_MISSING = "likeness:blocklist:word_missing"
    TWO_NEEDED = "likeness:blocklist:two_needed"


class ImportFault(StrEnum):
    """Why a file, or a line of it, cannot be taken in."""

    UNREADABLE = "likeness:import:unreadable"
    COLUMN = "likeness:import:column"
    TOO_LARGE = "likeness:import:too_large"
    REPEATED = "likeness:import:repeated"
    FILE_MISSING = "likeness:import:file_missing"
    ALIASES_CUT = "likeness:import:aliases_cut"
