"""What whoever asked is told of the claim that stopped them: no more than the claim itself lets them know."""

from collections.abc import Mapping
from types import MappingProxyType

from trust_kernel.decisions import Finding, Outcome

CLAIM = "claim_"
"""Facts of a finding that begin so are for the one who asked: ``claim_kind``, ``claim_title``, ``claim_holder``."""
TELLS = f"{CLAIM}told"
"""Whether a finding is about a claim."""

_KINDS = MappingProxyType(
    {
        "character": "a character",
        "work": "a work",
        "franchise": "a franchise",
        "style": "an artist's style",
        "music": "a piece of music",
    }
)
_PLACES = MappingProxyType({"prompt": "your words", "output": "what was made"})


def facts_of(told: Mapping[str, str]) -> Mapping[str, str | int | bool]:
    """A finding's facts, of what a claim lets be told: ``kind``, ``title`` and ``holder``, each if it may."""
    return {TELLS: True, **{f"{CLAIM}{name}": said for name, said in told.items()}}


def disclosed(finding: Finding) -> str:
    """A sentence about the claim that was surely found, and where; "" where nothing claimed was."""
    facts = finding.facts
    if not facts.get(TELLS) or finding.outcome is not Outcome.MATCH:
        return ""
    place = _PLACES.get(finding.evidence.source, "a reference")
    kind, title, holder = (facts.get(f"{CLAIM}{name}") for name in ("kind", "title", "holder"))
    if kind is None:
        return f"It was found in {place}."
    said = _KINDS.get(str(kind), "something claimed")
    said += f', "{title}"' if title is not None else ""
    said += f", claimed by {holder}" if holder is not None else ""
    return f"Found in {place}: {said}."
