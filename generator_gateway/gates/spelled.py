"""Names that are written in pictures: on a sheet handed in, on a shirt in what was made."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence

from copyright_optout.api import SURE_NAME, OptOutReason
from generator_gateway.errors import GatewayReason
from generator_gateway.gates.claims import ClaimedWorks
from generator_gateway.gates.found_names import NameBooks, Named
from generator_gateway.gates.panel import clear
from generator_gateway.gates.scenes import Scene, scenes
from generator_gateway.ports import CaseView, GateReport
from generator_gateway.ports.reading import ReadLine, TextReader
from generator_gateway.service.people_findings import GALLERY
from likeness_guard.api import LikenessReason
from trust_kernel.decisions import Evidence, Finding, Outcome

MOST_SCENES = 6
"""Pictures read of one medium."""
SURE_READING = 0.8
"""Confidence of a line from which its letters are believed."""
_LEAST_OWN = 3


class SpelledGate:
    """Reads pictures and frames, and looks for names in what it read.

    Args:
        names: the matchers.
        reader: reads text.
        claimed: who may have what is claimed.
        worth_it: whether there is any name to look for; nothing is read where there is none.
        own: texts that this deployment itself writes onto videos: its visible mark and its labels.
    """

    name = "spelled:names"

    def __init__(
        self,
        names: NameBooks,
        reader: TextReader,
        claimed: ClaimedWorks,
        *,
        worth_it: Callable[[], bool],
        own: Iterable[str] = (),
    ) -> None:
        self._names = names
        self._reader = reader
        self._claimed = claimed
        self._worth_it = worth_it
        self._own = tuple(folded for folded in map(_folded, own) if folded)

    def look(self, view: CaseView) -> GateReport:
        """One finding for each name in each medium, the surest; or one that there is none."""
        findings: dict[tuple[str, str], Finding] = {}
        if self._reader.version and any(len(look.frames) for _, look in view.looks) and self._worth_it():
            known = self._names.of_prompt(view)
            for source, medium in view.looks:
                for scene in scenes(medium, MOST_SCENES):
                    for finding in self._in(view, source, scene, known):
                        key = (source, str(finding.about))
                        if key not in findings or _surer(finding, findings[key]):
                            findings[key] = finding
        made_with = {"text:reader": self._reader.version} if self._reader.version else {}
        found = tuple(findings.values()) or (clear(self, view, GatewayReason.GATE_CLEAR),)
        return GateReport(found, made_with=made_with)

    def _in(self, view: CaseView, source: str, scene: Scene, known: frozenset[str]) -> Iterator[Finding]:
        lines = [line for line in self._reader.read(scene.picture) if not self._is_own(line.text)]
        page = " ".join(line.text for line in lines)
        for hit in self._names.named(page):
            if hit.about not in known:
                yield self._finding(view, source, scene, hit, _touched(lines, hit.span))

    def _finding(self, view: CaseView, source: str, scene: Scene, hit: Named, lines: Sequence[ReadLine]) -> Finding:
        read = min((line.confidence for line in lines), default=0.0)
        sure = hit.score >= SURE_NAME and read >= SURE_READING
        outcome, reason = (Outcome.MATCH if sure else Outcome.UNSURE), _reason(hit, sure=sure)
        if hit.claim is not None:
            outcome, reason = self._claimed.outcome(view.request, hit.claim, outcome, reason)
        return Finding(
            gate=self.name,
            stage=view.stage,
            outcome=outcome,
            reason=reason,
            evidence=Evidence(source, seconds=scene.seconds, box=_around(lines), note=hit.note),
            score=round(min(hit.score, read), 3) if not sure else hit.score,
            threshold=SURE_NAME,
            about=hit.about,
            facts={"gallery": GALLERY} if hit.claim is None else self._claimed.facts(hit.claim),
        )

    def _is_own(self, text: str) -> bool:
        folded = _folded(text)
        return len(folded) >= _LEAST_OWN and any(folded in own for own in self._own)


def _reason(hit: Named, *, sure: bool) -> str:
    if hit.claim is None:
        return LikenessReason.TEXT_PICTURED if sure else LikenessReason.TEXT_UNSURE
    return OptOutReason.TEXT_PICTURED if sure else OptOutReason.TEXT_UNSURE


def _touched(lines: Sequence[ReadLine], span: tuple[int, int]) -> list[ReadLine]:
    """The lines that a span of the page, its lines joined by spaces, lies in."""
    found: list[ReadLine] = []
    start = 0
    for line in lines:
        end = start + len(line.text)
        if start < span[1] and span[0] < end:
            found.append(line)
        start = end + 1
    return found


def _around(lines: Sequence[ReadLine]) -> tuple[float, float, float, float] | None:
    if not lines:
        return None
    left, top = min(line.box[0] for line in lines), min(line.box[1] for line in lines)
    right = max(line.box[0] + line.box[2] for line in lines)
    bottom = max(line.box[1] + line.box[3] for line in lines)
    return (left, top, right - left, bottom - top)


def _surer(one: Finding, other: Finding) -> bool:
    return (one.outcome is Outcome.MATCH, one.score or 0.0) > (other.outcome is Outcome.MATCH, other.score or 0.0)


def _folded(text: str) -> str:
    """Letters and digits alone, lower case and without accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in decomposed if unicodedata.category(sign)[0] in "LN")
