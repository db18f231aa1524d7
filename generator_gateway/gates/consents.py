"""Asking the registry, in the terms of the release path."""

from dataclasses import dataclass

from consent_registry.api import ConsentAsk, ConsentReason, ConsentRegistry, Modality
from generator_gateway.ports import CaseView
from generator_gateway.stages import Consent


@dataclass(frozen=True, slots=True)
class Reply:
    """What the registry says of one modality of one subject.

    Attributes:
        consent: what release will check again; None where it was refused.
    """

    consent: Consent | None
    reason: ConsentReason


def ask(registry: ConsentRegistry, view: CaseView, subject_id: str, modality: str) -> Reply:
    """May this requester use this modality of this subject's cameo now?"""
    answer = registry.answer(
        ConsentAsk(
            account_id=view.request.account_id,
            subject_id=subject_id,
            modalities=frozenset({Modality(modality)}),
            remix=view.request.remix_of is not None,
            at=view.at,
        )
    )
    if not answer.permitted:
        return Reply(None, answer.reason)
    return Reply(Consent(subject_id, answer.epoch, answer.grant_id, frozenset({modality})), answer.reason)


def joined(consents: list[Consent]) -> tuple[Consent, ...]:
    """One consent for each subject and grant, modalities together, so that one use is counted once."""
    together: dict[tuple[str, str | None], Consent] = {}
    for consent in consents:
        key = (consent.subject_id, consent.grant_id)
        earlier = together.get(key)
        modalities = consent.modalities | (earlier.modalities if earlier else frozenset())
        epoch = min(consent.epoch, earlier.epoch) if earlier else consent.epoch
        together[key] = Consent(consent.subject_id, epoch, consent.grant_id, modalities)
    return tuple(together.values())
