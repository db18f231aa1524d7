"""Why reference media cannot become a template: codes of `trust_kernel.errors.InvalidInput`."""

from enum import StrEnum


class EnrolmentFault(StrEnum):
    """Why reference media cannot become a template."""

    EMPTY = "likeness:enrolment:empty"
    NO_FACE = "likeness:enrolment:no_face"
    SEVERAL_FACES = "likeness:enrolment:several_faces"
    UNLIKE_FACES = "likeness:enrolment:unlike_faces"
    VOICE_TOO_SHORT = "likeness:enrolment:voice_too_short"
    TOO_MANY = "likeness:enrolment:too_many"
    WRONG_KIND = "likeness:enrolment:wrong_kind"
    NAME_MISSING = "likeness:enrolment:name_missing"
