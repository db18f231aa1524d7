"""Names that are said, and words that somebody does not want to say. A person listens; nothing is refused for it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from consent_registry.api import ConsentReason, ConsentRegistry
from copyright_optout.api import SURE_NAME, OptOutReason
from generator_gateway.errors import GatewayReason
from generator_gateway.gates.claims import ClaimedWorks
from generator_gateway.gates.found_names import NameBooks, Named
from generator_gateway.gates.panel import clear
from generator_gateway.ports import CaseView, GateReport
from generator_gateway.ports.reading import HeardPhrase, SpeechReader
from generator_gateway.service.people_findings import GALLERY
from likeness_guard.api import LikenessReason
from trust_kernel.decisions import Evidence, Finding, Outcome, Stage
from trust_kernel.media.refs import Look

MOST_NAMES = 100
"""Names that are listened for at most, half of people and half of works: each can be misheard."""
_SILENT = 0.01
"""Peak below which there is nothing to hear."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is listened for.

    Attributes:
        names: names of people and works, as filed.
        unsaid: words that nobody is to say, by whom they were named.
    """

    names: tuple[str, ...] = ()
    unsaid: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def phrases(self) -> tuple[str, ...]:
        """Each once, in an order that stays the same."""
        return tuple(sorted({*self.names, *self.unsaid}))


class SpokenGate:
    """Listens for names in what is handed in and in what was made.

    What the speech reader hears is weak evidence: everything found here waits for a person.

    Args:
        names: the matchers.
        reader: listens.
        claimed: who may have what is claimed.
        registry: knows which words the people in it do not want to say.
        most_names: how many names are listened for; 0 for those words alone.
    """

    name = "spoken:names"

    def __init__(
        self,
        names: NameBooks,
        reader: SpeechReader,
        claimed: ClaimedWorks,
        registry: ConsentRegistry,
        *,
        most_names: int,
    ) -> None:
        self._names = names
        self._reader = reader
        self._claimed = claimed
        self._registry = registry
        self._most_names = most_names

    def look(self, view: CaseView) -> GateReport:
        """One finding for each name or word heard in each medium, or one that there is none."""
        found: tuple[Finding, ...] = ()
        sounding = [(source, look) for source, look in view.looks if _sounds(look)]
        if self._reader.version and sounding:
            wanted = self._wanted(view)
            if wanted.phrases:
                found = tuple(self._heard(view, wanted, sounding))
        made_with = {"speech:reader": self._reader.version} if self._reader.version else {}
        return GateReport(found or (clear(self, view, GatewayReason.GATE_CLEAR),), made_with=made_with)

    def _wanted(self, view: CaseView) -> _Wanted:
        names: tuple[str, ...] = ()
        if self._most_names:
            known = self._names.of_prompt(view)
            names = tuple(name for about, name in self._names.some(self._most_names) if about not in known)
        unsaid: dict[str, frozenset[str]] = {}
        if view.stage is Stage.OUTPUT:
            for consent in view.consents:
                grant = self._registry.grant_named(consent.grant_id) if consent.grant_id else None
                for phrase in grant.terms.scope.unsaid if grant else ():
                    unsaid[phrase] = unsaid.get(phrase, frozenset()) | {consent.subject_id}
        return _Wanted(names, unsaid)

    def _heard(self, view: CaseView, wanted: _Wanted, sounding: Iterable[tuple[str, Look]]) -> Iterator[Finding]:
        for source, look in sounding:
            surest: dict[tuple[str, str], Finding] = {}
            for heard in self._reader.spot(look.audio, wanted.phrases):
                for finding in self._findings(view, source, look, heard, wanted):
                    key = (finding.reason, str(finding.about))
                    if key not in surest or (finding.score or 0.0) > (surest[key].score or 0.0):
                        surest[key] = finding
            yield from surest.values()

    def _findings(
        self, view: CaseView, source: str, look: Look, heard: HeardPhrase, wanted: _Wanted
    ) -> Iterator[Finding]:
        evidence = Evidence(source, seconds=_moment(look, heard), note="heard by a machine that mishears")
        for subject_id in sorted(wanted.unsaid.get(heard.phrase, ())):
            yield self._finding(view, heard, evidence, subject_id, Outcome.UNSURE, ConsentReason.SCOPE_WORDS)
        if heard.phrase not in wanted.names:
            return
        for hit in self._names.named(heard.phrase):
            if hit.score < SURE_NAME:
                continue
            outcome, reason = self._outcome(view, hit)
            facts = {"gallery": GALLERY} if hit.claim is None else self._claimed.facts(hit.claim)
            yield self._finding(view, heard, evidence, hit.about, outcome, reason, facts)

    def _outcome(self, view: CaseView, hit: Named) -> tuple[Outcome, str]:
        if hit.claim is None:
            return Outcome.UNSURE, LikenessReason.NAME_HEARD
        return self._claimed.outcome(view.request, hit.claim, Outcome.UNSURE, OptOutReason.NAME_HEARD)

    def _finding(
        self,
        view: CaseView,
        heard: HeardPhrase,
        evidence: Evidence,
        about: str,
        outcome: Outcome,
        reason: str,
        facts: Mapping[str, str | int | bool] | None = None,
    ) -> Finding:
        return Finding(
            gate=self.name,
            stage=view.stage,
            outcome=outcome,
            reason=reason,
            evidence=evidence,
            score=heard.score,
            threshold=self._reader.threshold,
            about=about,
            facts=facts or {},
        )


def _sounds(look: Look) -> bool:
    return bool(look.audio.size) and float(np.abs(look.audio).max()) >= _SILENT


def _moment(look: Look, heard: HeardPhrase) -> tuple[float, float] | None:
    """When it is said; None where it lies in a channel that follows the mix (see `Look.audio`)."""
    return heard.seconds if heard.seconds[0] < look.duration else None
