"""Faces and voices, in what is handed in and in what was made."""

from collections.abc import Sequence

from consent_registry.api import ConsentRegistry
from generator_gateway.errors import GatewayReason
from generator_gateway.gates.consents import Reply, ask, assurance_of, joined
from generator_gateway.gates.panel import clear
from generator_gateway.ports import CaseView, GateReport
from generator_gateway.service.people_findings import BLOCKLISTED, DOUBTFUL, LIKENESS_GATE, MILLION, THOUSAND
from generator_gateway.stages import Consent
from likeness_guard.api import Band, Gallery, LikenessGuard, LikenessReason, Modality, Sighting
from trust_kernel.decisions import Evidence, Finding, Outcome, Stage

_STRANGER = {Modality.FACE: LikenessReason.FACE_STRANGER, Modality.VOICE: LikenessReason.VOICE_STRANGER}
_NO_CONSENT = {Modality.FACE: LikenessReason.FACE_NO_CONSENT, Modality.VOICE: LikenessReason.VOICE_NO_CONSENT}
_CONSENTED = {Modality.FACE: LikenessReason.FACE_CONSENTED, Modality.VOICE: LikenessReason.VOICE_CONSENTED}


class LikenessGate:
    """Who is in this picture, this video, this voice, and did they say placet?"""

    name = LIKENESS_GATE

    def __init__(self, likeness: LikenessGuard, registry: ConsentRegistry) -> None:
        self._likeness = likeness
        self._registry = registry

    def look(self, view: CaseView) -> GateReport:
        """One finding for each face track and each voice, or one that there is none."""
        findings: list[Finding] = []
        consents: list[Consent] = []
        seen: list[str] = []
        made_with: dict[str, str] = {}
        output = view.stage is Stage.OUTPUT
        claims = _claims(view) if output else {}
        for source, medium in view.looks:
            # What was made is kept as tracks, so that people can be looked for in it later.
            keep_as = view.request.case_id if output else ""
            examination = self._likeness.examine(medium, claims=claims, keep_as=keep_as)
            made_with.update(examination.made_with)
            for track in _tracks(examination.sightings):
                said, granted = self._track(view, source, track)
                findings.extend(said)
                consents.extend(granted)
                # Whoever is recognised co-owns what is released; a doubtful likeness does not make an owner.
                seen.extend(s.about for s in track if s.about and s.gallery is Gallery.CAMEO and s.band is Band.MATCH)
        if not findings:
            findings.append(clear(self, view, GatewayReason.GATE_CLEAR))
        return GateReport(tuple(findings), joined(consents), made_with, tuple(dict.fromkeys(seen)))

    def _track(self, view: CaseView, source: str, track: Sequence[Sighting]) -> tuple[list[Finding], list[Consent]]:
        findings: list[Finding] = []
        consents: list[Consent] = []
        for sighting in track:
            outcome, reason, reply = self._judge(view, sighting)
            if reply is not None and reply.consent is not None:
                consents.append(reply.consent)
            findings.append(self._finding(view, source, sighting, outcome, reason, reply))
        if any(finding.outcome in {Outcome.CONSENTED, Outcome.AWAITING} for finding in findings):
            # The same face can't be two people: a sure match with somebody who agreed outweighs doubtful others.
            findings = [finding for finding in findings if finding.outcome is not Outcome.UNSURE]
        return findings, consents

    def _judge(self, view: CaseView, sighting: Sighting) -> tuple[Outcome, str, Reply | None]:
        modality = sighting.modality
        if sighting.gallery is Gallery.STRANGER:
            # Handed in, what looks drawn may be a photograph under a filter; in what was made here it is nobody.
            sure = sighting.band is Band.MATCH or (sighting.drawn and view.stage is Stage.OUTPUT)
            return (Outcome.MATCH if sure else Outcome.UNSURE), _STRANGER[modality], None
        if sighting.band is not Band.MATCH:
            return Outcome.UNSURE, DOUBTFUL[modality], None
        if sighting.gallery is Gallery.BLOCKLIST or sighting.about is None:
            return Outcome.MATCH, BLOCKLISTED[modality], None
        if view.stage is Stage.OUTPUT:
            # Only who was asked for may come out, verified 1:1: a grant for one person is no cover for another.
            claimed = sighting.claimed
            return (Outcome.CONSENTED, _CONSENTED[modality], None) if claimed else _uninvited(modality)
        return self._consent(view, sighting.about, modality)

    def _consent(self, view: CaseView, subject_id: str, modality: Modality) -> tuple[Outcome, str, Reply | None]:
        reply = ask(self._registry, view, subject_id, (modality.value,))[modality.value]
        if reply.outcome is Outcome.MATCH:
            return _uninvited(modality)
        waits = reply.outcome is Outcome.AWAITING
        return reply.outcome, (reply.reason if waits else _CONSENTED[modality]), reply

    def _finding(
        self, view: CaseView, source: str, sighting: Sighting, outcome: Outcome, reason: str, reply: Reply | None
    ) -> Finding:
        known = sighting.about is not None and sighting.gallery is Gallery.CAMEO
        return Finding(
            gate=self.name,
            stage=view.stage,
            outcome=outcome,
            reason=reason,
            evidence=Evidence(source, seconds=sighting.seconds, box=sighting.box),
            score=sighting.score,
            threshold=sighting.threshold,
            about=sighting.about,
            facts={
                "gallery": sighting.gallery.value,
                "modality": sighting.modality.value,
                "category": sighting.category,
                "claimed": sighting.claimed,
                "probability": round(sighting.probability * THOUSAND),
                "false_positives": round(sighting.fpir * MILLION),
                "assurance": assurance_of(self._registry, sighting.about) if known and sighting.about else "",
                **(reply.facts if reply else {}),
            },
        )


def _claims(view: CaseView) -> dict[Modality, list[str]]:
    """Whose cameo was admitted, by what of them."""
    return {
        modality: [consent.subject_id for consent in view.consents if modality.value in consent.modalities]
        for modality in Modality
    }


def _uninvited(modality: Modality) -> tuple[Outcome, str, None]:
    return Outcome.MATCH, _NO_CONSENT[modality], None


def _tracks(sightings: Sequence[Sighting]) -> list[list[Sighting]]:
    """Sightings of one face or one voice together."""
    tracks: dict[tuple[object, ...], list[Sighting]] = {}
    for sighting in sightings:
        tracks.setdefault((sighting.modality, sighting.seconds, sighting.box), []).append(sighting)
    return list(tracks.values())
