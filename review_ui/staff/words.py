"""What staff's pages call things."""

from collections.abc import Mapping

PROOFS: Mapping[str, str] = {
    "in_person": "the person, seen together with the recording",
    "passport": "a passport",
    "identity_card": "an identity card",
    "driving_licence": "a driving licence",
    "residence_permit": "a residence permit",
    "birth_certificate": "a birth certificate",
    "court_order": "a court order",
    "death_certificate": "a death certificate",
    "will": "a will",
    "references": "pictures or recordings from a source that can be trusted",
}
DOUBTS: Mapping[str, str] = {
    "consent:enrolment:already_enrolled": "They are like somebody who is enrolled here already.",
    "consent:enrolment:public_figure": "They are like somebody whom the blocklist protects.",
    "consent:enrolment:unsure": "They may be like somebody who is enrolled here or on the blocklist.",
    "consent:enrolment:unlike_before": "They are not like what they enrolled before.",
}
"""Why staff look at an enrolment."""
ENROLMENTS: Mapping[str, str] = {
    "examined": "to confirm",
    "with_guardian": "with their guardian",
    "to_review": "to decide",
    "enrolled": "enrolled",
    "refused": "refused",
    "lapsed": "nobody decided in time",
    "withdrawn": "taken back",
}
ASSURANCES: Mapping[str, str] = {
    "live_challenge": "a live challenge: they said digits and turned their head as asked",
    "staff_attested": "seen in person by two members of staff",
    "document": "by a document, seen by two members of staff",
    "estate": "a dead person, from references that two members of staff vouch for",
}
REPORTED: Mapping[str, str] = {
    "harassment": "harassment",
    "impersonation": "pretends to be somebody else",
    "sexual": "sexual content",
    "violence": "violence",
    "minor_at_risk": "a minor at risk",
    "fraud": "fraud",
    "other": "something else",
}


def proof(kind: str) -> str:
    """What a member of staff has seen."""
    return PROOFS.get(kind, kind)


def doubt(code: str | None) -> str:
    """Why staff look at an enrolment, as a sentence."""
    return DOUBTS.get(code or "", code or "")


def enrolment(state: str) -> str:
    """Where an enrolment stands."""
    return ENROLMENTS.get(state, state)


def assurance(level: str) -> str:
    """How sure an enrolment is."""
    return ASSURANCES.get(level, level)


def reported(reason: str) -> str:
    """What somebody is reported for."""
    return REPORTED.get(reason, reason)
