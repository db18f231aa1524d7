"""Which seconds carry what, as rows to be drawn: pictures and sound apart. Pure."""

from collections.abc import Iterator, Mapping

from generator_gateway.ports.verification import Fit, MarkEvidence, MarkState, Segment, Statement, Track, told
from generator_gateway.service.verification.headline import Findings

_GAP = 0.25
"""Seconds; shorter gaps between marks are not drawn."""
_WORDS: Mapping[Fit, str] = {
    Fit.SAME: "verify:segment:made_here",
    Fit.DIFFERS: "verify:segment:copied",
    Fit.UNCONFIRMED: "verify:segment:unconfirmed",
    Fit.UNKNOWN: "verify:segment:unknown",
}


def timeline_of(found: Findings) -> tuple[Segment, ...]:
    """Both tracks, to the last second looked at; nothing for what was not looked at, or is a still."""
    numbers = {release.video_id: at for at, release in enumerate(found.releases, start=1)}
    rows = ((Track.PICTURE, found.picture), (Track.SOUND, found.sound))
    return tuple(segment for track, evidence in rows for segment in _row(track, evidence, numbers))


def _row(track: Track, evidence: MarkEvidence, numbers: Mapping[str, int]) -> Iterator[Segment]:
    if evidence.state not in {MarkState.FOUND, MarkState.NOT_FOUND} or not evidence.seconds:
        return
    at = 0.0
    for span in evidence.spans:
        if span.start - at > _GAP:
            yield _empty(track, at, span.start)
        if span.end > span.start:
            number = numbers.get(span.video_id or "", 0)
            code = _WORDS[span.fit]
            label: Statement = told(f"{code}_numbered", number=number) if number else told(code)
            yield Segment(track, span.start, span.end, span.fit, number, label)
        at = max(at, span.end)
    if evidence.seconds - at > _GAP:
        yield _empty(track, at, evidence.seconds)


def _empty(track: Track, start: float, end: float) -> Segment:
    return Segment(track, start, end, None, 0, told("verify:segment:nothing"))
