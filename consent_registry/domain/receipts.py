"""Consent receipts: the fields of ISO/IEC TS 27560:2023 in the terms of the Data Privacy Vocabulary, as JSON-LD.

Shape: W3C DPVCG, "Consent Records and Receipts as per ISO/IEC TS 27560:2023 using DPV"
(https://w3id.org/dpv/guides/consent-27560). A receipt holds no names, handles, account ids or media: people are
pseudonyms, and the subject's free words are there as a keyed digest only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from consent_registry.domain.grants import AudienceKind, Grant
from consent_registry.domain.people import Modality

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"
Pseudonym = Callable[[str], str]
"""Gives the same unlinkable stand-in for the same id."""

CONTEXT: dict[str, Json] = {
    "dct": "http://purl.org/dc/terms/",
    "dpv": "https://w3id.org/dpv#",
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
        by: id of whoever revoked it; the subject's own id where they did. Only a subject gives.
        at: when the receipt is issued.
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
        "dpv:hasConsentStatus": _statuses(grant, pseudonym, by),
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
    return {
        "@type": "dpv:Process",
        "dpv:hasPurpose": {"@id": "placet:GenerateVideoWithLikeness", "skos:broader": "dpv:ServiceProvision"},
        "dpv:hasProcessing": ["dpv:Generate", "dpv:MakeAvailable"],
        "dpv:hasPersonalData": [_PERSONAL_DATA[modality] for modality in sorted(grant.modalities)],
        "dpv:hasRecipient": _audience(grant, pseudonym),
        "dpv:hasDuration": _durations(grant),
        "dpv:hasConsentControl": "dpv:WithdrawConsent",
        "placet:onRevocation": str(grant.on_revocation),
        "placet:allowsRemix": grant.allows_remix,
        "placet:noteDigest": pseudonym(f"note:{grant.note}") if grant.note else None,
    }


def _audience(grant: Grant, pseudonym: Pseudonym) -> Json:
    if grant.audience.kind is AudienceKind.PEOPLE:
        # sorted as pseudonyms, so that the order says nothing about the accounts behind them
        return [f"placet:{name}" for name in sorted(map(pseudonym, grant.audience.account_ids))]
    return [f"placet:audience:{grant.audience.kind}"]


def _durations(grant: Grant) -> Json:
    durations: list[Json] = [{"@type": "dpv:UntilTimeDuration", "rdf:value": _moment(grant.expires_at)}]
    if grant.max_uses is not None:
        durations.append({"@type": "dpv:FixedOccurrencesDuration", "rdf:value": grant.max_uses})
    return durations


def _statuses(grant: Grant, pseudonym: Pseudonym, by: str) -> Json:
    subject = f"placet:{pseudonym(grant.subject_id)}"
    given: Json = {
        "@type": "dpv:ConsentGiven",
        "dpv:isIndicatedBy": subject,
        "dpv:isIndicatedAtTime": _moment(grant.created_at),
    }
    if grant.revoked_at is None:
        return [given]
    ended: Json = {
        "@type": "dpv:ConsentWithdrawn",
        "dpv:isIndicatedBy": f"placet:{pseudonym(by)}",
        "dpv:isIndicatedAtTime": _moment(grant.revoked_at),
        "placet:usesMade": grant.uses,
    }
    return [given, ended]


def _moment(moment: datetime) -> Json:
    return {"@value": moment.isoformat(timespec="seconds").replace("+00:00", "Z"), "@type": "xsd:dateTime"}
