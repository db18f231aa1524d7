"""Consent receipts: the fields of ISO/IEC TS 27560:2023 in the terms of the Data Privacy Vocabulary, as JSON-LD.

Shape: W3C DPVCG, "Consent Records and Receipts as per ISO/IEC TS 27560:2023 using DPV"
(https://w3id.org/dpv/guides/consent-27560). What DPV has no term for stands under ``placet:``; docs/receipts.md lists
those terms. A receipt holds no names, handles, account ids or media: people and groups are pseudonyms, and the
subject's free words are there as keyed digests only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from consent_registry.domain.grants import Grant, GrantState
from consent_registry.domain.people import Modality
from consent_registry.domain.scope import Purpose, Scope
from consent_registry.domain.terms import AudienceKind

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"
Pseudonym = Callable[[str], str]
"""Gives the same unlinkable stand-in for the same id."""

CONTEXT: dict[str, Json] = {
    "dct": "http://purl.org/dc/terms/",
    "dpv": "https://w3id.org/dpv#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "loc": "https://w3id.org/dpv/loc#",
    "pd": "https://w3id.org/dpv/pd#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "placet": "urn:placet:consent:",
}

_PERSONAL_DATA: dict[Modality, Json] = {
    Modality.FACE: {"@type": "pd:FacialPrint", "placet:modality": "face"},
    Modality.VOICE: {"@type": "pd:Biometric", "placet:modality": "voice"},
}

_BROADER: dict[Purpose, str] = {
    Purpose.PERSONAL: "dpv:NonCommercialPurpose",
    Purpose.COMMERCIAL: "dpv:CommercialPurpose",
}
"""What DPV 2 has above our purposes; the others stand under ``dpv:Purpose`` itself."""

ENDED: dict[GrantState, str] = {
    GrantState.REVOKED: "dpv:ConsentWithdrawn",
    GrantState.EXPIRED: "dpv:ConsentExpired",
    GrantState.EXHAUSTED: "dpv:ConsentExpired",
}
"""Status by how a grant ended. DPV's ``ConsentExpired`` covers the end of time and of what else limits a validity."""


@dataclass(frozen=True, slots=True)
class KeyEnd:
    """From when on a signing key is not to be trusted.

    Attributes:
        until: whole seconds; nothing that says it was issued at this moment or later is the issuer's.
        stolen: whether somebody else may hold it; else it was replaced, and no more.
    """

    until: datetime
    stolen: bool = False


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who keeps the consent records.

    Attributes:
        controller: IRI of the data controller, the operator.
        jurisdiction: DPV location term or plain text, "" where not stated.
    """

    controller: str
    jurisdiction: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """One signed receipt.

    Attributes:
        id: ``rcpt_…``.
        grant_id: the grant it speaks of.
        version: the grant's version it speaks of.
        compact: JWS compact serialisation (RFC 7515).
        issued_at: when it was signed.
    """

    id: str
    grant_id: str
    version: int
    compact: str
    issued_at: datetime


def document(
    receipt_id: str, grant: Grant, issuer: Issuer, pseudonym: Pseudonym, *, by: str, at: datetime
) -> dict[str, Json]:
    """What a receipt says of one version of one grant.

    Args:
        receipt_id: its own id.
        grant: as it stands after what the receipt is about.
        issuer: who keeps the record.
        pseudonym: stands in for every id of a person.
        by: id of whoever revoked it; the subject's own id where they did. Only a subject gives, and nobody expires.
        at: when the receipt is issued, and, where the grant ended by being used up, when that was.
    """
    record: dict[str, Json] = {
        "@id": f"placet:{grant.id}",
        "@type": "dpv:ConsentRecord",
        "dct:identifier": grant.id,
        "dct:conformsTo": "https://w3id.org/dpv/schema/dpv-27560#record",
        "dct:hasVersion": grant.version,
        "dct:created": _moment(grant.created_at),
        "dpv:hasDataSubject": {"@id": f"placet:{pseudonym(grant.subject_id)}", "@type": "dpv:DataSubject"},
        "dpv:hasDataController": issuer.controller,
        "dpv:hasLegalBasis": "dpv:ExplicitlyExpressedConsent",
        "dpv:hasProcess": _process(grant, pseudonym),
        "dpv:hasConsentStatus": _statuses(grant, pseudonym, by, at),
        "dpv:hasRight": {
            "@type": "eu-gdpr:A7-3",
            "placet:exercisedAt": f"{issuer.controller}/v1/grants/{grant.id}/revoke",
        },
        "placet:state": str(grant.state_at(at)),
    }
    if issuer.jurisdiction:
        record["dpv:hasJurisdiction"] = issuer.jurisdiction
    return {
        "@context": CONTEXT,
        "@id": f"placet:{receipt_id}",
        "@type": "dpv:ConsentReceipt",
        "dct:identifier": receipt_id,
        "dct:conformsTo": "https://w3id.org/dpv/schema/dpv-27560#receipt",
        "dct:created": _moment(at),
        "dct:publisher": issuer.controller,
        "dpv:hasRecordOfActivity": record,
    }


def _process(grant: Grant, pseudonym: Pseudonym) -> Json:
    terms = grant.terms
    process: dict[str, Json] = {
        "@type": "dpv:Process",
        "dpv:hasService": "placet:GenerateVideoWithLikeness",
        "dpv:hasPurpose": [_purpose(purpose) for purpose in sorted(terms.scope.purposes)],
        "dpv:hasProcessing": ["dpv:Generate", "dpv:MakeAvailable"],
        "dpv:hasPersonalData": [_PERSONAL_DATA[modality] for modality in sorted(terms.modalities)],
        "dpv:hasRecipient": _audience(grant, pseudonym),
        "dpv:hasDuration": _durations(grant),
        "dpv:hasConsentControl": "dpv:WithdrawConsent",
        "placet:startsAt": _moment(grant.starts_at),
        "placet:coversMinors": terms.audience.minors,
        "placet:mode": str(terms.mode),
        "placet:onRevocation": str(terms.on_revocation),
        "placet:allowsRemix": terms.allows_remix,
        "placet:noteDigest": pseudonym(f"note:{terms.note}") if terms.note else None,
        **_scope(terms.scope, pseudonym),
    }
    if terms.daily_uses is not None:
        process["dpv:hasFrequency"] = {"@type": "dpv:Frequency", "placet:usesPerPersonPerDay": terms.daily_uses}
    return process


def _purpose(purpose: Purpose) -> Json:
    return {"@id": f"placet:purpose:{purpose}", "skos:broader": _BROADER.get(purpose, "dpv:Purpose")}


def _scope(scope: Scope, pseudonym: Pseudonym) -> dict[str, Json]:
    return {
        "dpv:hasLocation": [f"loc:{code}" for code in sorted(scope.territories)] or ["placet:Anywhere"],
        "dct:language": [*sorted(scope.languages)],
        "placet:allowedContexts": [*sorted(map(str, scope.allowed_contexts))],
        "placet:forbiddenContexts": [*sorted(map(str, scope.forbidden_contexts))],
        "placet:fixedTraits": [*sorted(map(str, scope.fixed))],
        # sorted as digests, so that the order says nothing about the words
        "placet:unsaidDigests": [*sorted(pseudonym(f"unsaid:{phrase}") for phrase in scope.unsaid)],
    }


def _audience(grant: Grant, pseudonym: Pseudonym) -> Json:
    audience = grant.terms.audience
    named = audience.account_ids | audience.group_ids
    if audience.kind in {AudienceKind.PEOPLE, AudienceKind.GROUPS} and named:
        # sorted as pseudonyms, so that the order says nothing about the accounts behind them
        return [f"placet:{name}" for name in sorted(map(pseudonym, named))]
    return [f"placet:audience:{audience.kind}"]


def _durations(grant: Grant) -> Json:
    durations: list[Json] = [{"@type": "dpv:UntilTimeDuration", "rdf:value": _moment(grant.expires_at)}]
    if grant.terms.max_uses is not None:
        durations.append({"@type": "dpv:FixedOccurrencesDuration", "rdf:value": grant.terms.max_uses})
    return durations


def _statuses(grant: Grant, pseudonym: Pseudonym, by: str, at: datetime) -> Json:
    given: Json = {
        "@type": "dpv:ConsentGiven",
        "dpv:isIndicatedBy": f"placet:{pseudonym(grant.subject_id)}",
        "dpv:isIndicatedAtTime": _moment(grant.created_at),
    }
    state = grant.state_at(at)
    if state not in ENDED:
        return [given]
    ended: dict[str, Json] = {
        "@type": ENDED[state],
        "dpv:isIndicatedAtTime": _moment(_ended_at(grant, state, at)),
        "placet:usesMade": grant.uses,
    }
    if state is GrantState.REVOKED:
        ended["dpv:isIndicatedBy"] = f"placet:{pseudonym(by)}"
    return [given, ended]


def _ended_at(grant: Grant, state: GrantState, at: datetime) -> datetime:
    if state is GrantState.EXPIRED:
        return grant.expires_at
    return grant.revoked_at or at


def _moment(moment: datetime) -> Json:
    text = moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"@value": text, "@type": "xsd:dateTime"}
