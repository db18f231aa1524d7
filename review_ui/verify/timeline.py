"""The strip of seconds: where each stretch lies, in per cent of the whole, and the same as rows of a table. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from generator_gateway.routes.verification_out import SegmentOut, VerificationOut
from review_ui.verify.words import Speech

_TRACKS = ("picture", "sound")
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
_MOST_TICKS = 6
_MOST = 200
"""Stretches of a row that are drawn; a stranger's file may have thousands."""
_HUES = 3
_ROOM = 6.0
"""Per cent of the width that a number needs."""
_LAST = 96.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch.

    Attributes:
        left: per cent of the whole.
        width: per cent of the whole, above 0.
        kind: same, differs, unconfirmed, unknown or none.
        hue: which colour, 1 to 3; 0 where the kind alone says it.
        number: which video, as text; empty where none is known or there is no room.
        said: what is there and when.
    """

    left: float
    width: float
    kind: str
    hue: int
    number: str
    said: str

    @property
    def middle(self) -> float:
        """Per cent of the whole."""
        return self.left + self.width / 2


@dataclass(frozen=True, slots=True)
class Row:
    """Pictures, or sound."""

    name: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A moment on the axis; `anchor` is SVG's text-anchor."""

    at: float
    anchor: str
    said: str


@dataclass(frozen=True, slots=True)
class Key:
    """An entry of the legend."""

    kind: str
    hue: int
    number: str
    said: str


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table."""

    track: str
    start: str
    end: str
    said: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The strip, its legend and its table.

    Attributes:
        more: stretches that are left out of the table.
    """

    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    keys: tuple[Key, ...]
    lines: tuple[Line, ...]
    about: str
    more: int


def timeline_of(found: VerificationOut, speech: Speech) -> Timeline | None:
    """Lay a verification's stretches out; None where there is nothing to show."""
    whole = max([found.seconds, *(segment.end for segment in found.timeline)])
    if whole <= 0 or not found.timeline:
        return None
    by_track = {track: [segment for segment in found.timeline if segment.track == track] for track in _TRACKS}
    rows = tuple(
        Row(speech.say(f"verify:label:{track}"), tuple(_bar(segment, whole, speech) for segment in segments[:_MOST]))
        for track, segments in by_track.items()
        if segments
    )
    shown = [segment for segments in by_track.values() for segment in segments[:_MOST]]
    return Timeline(
        rows,
        tuple(_ticks(whole, speech)),
        tuple(_keys(shown, speech)),
        tuple(_line(segment, speech) for segment in shown),
        speech.say("page:time:about", seconds=whole),
        len(found.timeline) - len(shown),
    )


def _bar(segment: SegmentOut, whole: float, speech: Speech) -> Bar:
    left = round(100 * max(segment.start, 0) / whole, 3)
    width = round(max(100 * (segment.end - max(segment.start, 0)) / whole, 0.2), 3)
    said = f"{segment.label.sentence}, {speech.moment(segment.start)} – {speech.moment(segment.end)}"
    number = str(segment.number) if segment.number and width >= _ROOM else ""
    return Bar(left, width, segment.fit or "none", _hue(segment), number, said)


def _hue(segment: SegmentOut) -> int:
    return (max(segment.number, 1) - 1) % _HUES + 1 if segment.fit == "same" else 0


def _ticks(whole: float, speech: Speech) -> Iterator[Tick]:
    step = next((step for step in _STEPS if whole / step <= _MOST_TICKS), whole / _MOST_TICKS)
    for count in range(int(whole / step) + 1):
        at = round(100 * count * step / whole, 3)
        anchor = "start" if count == 0 else "end" if at > _LAST else "middle"
        yield Tick(at, anchor, speech.moment(count * step))


def _keys(segments: Sequence[SegmentOut], speech: Speech) -> Iterator[Key]:
    seen = set()
    for segment in segments:
        kind, number = segment.fit or "none", str(segment.number) if segment.number else ""
        if (kind, number) not in seen:
            seen.add((kind, number))
            yield Key(kind, _hue(segment), number, speech.say(f"page:time:kind:{kind}"))


def _line(segment: SegmentOut, speech: Speech) -> Line:
    return Line(
        speech.say(f"verify:label:{segment.track}"),
        speech.moment(segment.start),
        speech.moment(segment.end),
        segment.label.sentence,
    )
