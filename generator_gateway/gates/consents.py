"""Asking the registry, in the terms of the release path."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from consent_registry.api import ConsentAnswer, ConsentAsk, ConsentReason, ConsentRegistry, Modality, Mode
from generator_gateway.ports import CaseView
from generator_gateway.service.uses import use_of
from generator_gateway.stages import Consent
from trust_kernel.decisions import Outcome


@dataclass(frozen=True, slots=True)
class Reply:
    """What the registry says of one modality of one subject.

    Attributes:
        consent: what release will check again; None where there is none now.
        waits_for: the grant whose subject is yet to answer; None where nobody is asked.
    """

    consent: Consent | None
    reason: ConsentReason
    waits_for: str | None = None

    @property
    def outcome(self) -> Outcome:
        """As a finding has it."""
        if self.consent is not None:
            return Outcome.CONSENTED
        return Outcome.MATCH if self.waits_for is None else Outcome.AWAITING

    @property
    def facts(self) -> dict[str, str]:
        """What a finding carries of who is to be asked."""
        return {} if self.waits_for is None else {"grant": self.waits_for, "mode": str(Mode.ASK)}


def ask(registry: ConsentRegistry, view: CaseView, subject_id: str, modalities: Iterable[str]) -> Mapping[str, Reply]:
    """May this requester use these modalities of this subject's cameo now?

    One grant for all of them is taken where there is one, so that one use is counted once and the person is asked
    once; where each has a grant of its own that asks nobody, those are taken before anybody is asked.
    """
    wanted = tuple(dict.fromkeys(modalities))
    together = _answer(registry, view, subject_id, wanted)
    if together.permitted or len(wanted) == 1:
        return {modality: _reply(together, subject_id, modality) for modality in wanted}
    alone = {modality: _answer(registry, view, subject_id, (modality,)) for modality in wanted}
    if together.waiting and not all(answer.permitted for answer in alone.values()):
        return {modality: _reply(together, subject_id, modality) for modality in wanted}
    return {modality: _reply(answer, subject_id, modality) for modality, answer in alone.items()}


def _answer(registry: ConsentRegistry, view: CaseView, subject_id: str, modalities: Iterable[str]) -> ConsentAnswer:
    return registry.answer(
        ConsentAsk(
            account_id=view.request.account_id,
            subject_id=subject_id,
            modalities=frozenset(map(Modality, modalities)),
            remix=view.request.remix_of is not None,
            at=view.at,
            use=use_of(view.request),
            use_id=view.request.case_id,
        )
    )


def _reply(answer: ConsentAnswer, subject_id: str, modality: str) -> Reply:
    if answer.permitted:
        consent = Consent(subject_id, answer.epoch, answer.grant_id, frozenset({modality}))
        return Reply(consent, answer.reason)
    return Reply(None, answer.reason, answer.grant_id if answer.waiting else None)


def assurance_of(registry: ConsentRegistry, subject_id: str) -> str:
    """How it is known that a subject's cameo shows them, for policies; empty where they have none."""
    cameo = registry.cameo(subject_id)
    return str(cameo.assurance) if cameo else ""


def joined(consents: Iterable[Consent]) -> tuple[Consent, ...]:
    """One consent for each subject and grant, modalities together, so that one use is counted once."""
    together: dict[tuple[str, str | None], Consent] = {}
    for consent in consents:
        key = (consent.subject_id, consent.grant_id)
        earlier = together.get(key)
        modalities = consent.modalities | (earlier.modalities if earlier else frozenset())
        epoch = min(consent.epoch, earlier.epoch) if earlier else consent.epoch
        together[key] = Consent(consent.subject_id, epoch, consent.grant_id, modalities)
    return tuple(together.values())
