"""From what detectors saw to which release is where in a file. A mark can be copied; a picture, or a sound, is seen.

A mark counts as ours only where the file's fingerprint is that of the release that the mark names. Where that cannot
be compared, the mark is unconfirmed; only where it was compared and differs is it called a copy.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from operator import itemgetter

from generator_gateway.ports import ReleaseRecord
from generator_gateway.ports.bindings import BindingMatch, Prints
from generator_gateway.ports.verification import Fit, MarkEvidence, MarkSpan, MarkState
from watermark.api import Geometry, MarkReading, SoundReading, Stretch

_WHOLE = 0.8
"""A mark on this share of what was looked at is on all of it: heavy compression leaves gaps."""
_SCALE, _DEGREES = 0.06, 2.0
"""How far a picture may be zoomed and turned for its fingerprint to stay the same."""
_SPEED = 0.01
_SHORT = 5.0
"""Seconds of sound below which a fingerprint that is not found says nothing."""
_PIECE = 5.0
"""Seconds of a piece of a long stretch, at least."""
_LEAST_PIECES, _MOST_PIECES = 3, 6
Fits = Callable[[str, Prints], tuple[BindingMatch, ...]]
"""The ways in which one release looks or sounds like some fingerprints."""


@dataclass(frozen=True, slots=True)
class Known:
    """What marks are held against.

    Attributes:
        prints: of this file; None where they could not be had, or were not needed.
        certain: case id of the release that this is byte for byte; its marks need no comparison.
        fits: whether a release looks or sounds like fingerprints.
        alike: whether two lists of frame hashes are of one video, or one of a part of the other: for releases whose
            fingerprints are on their own row alone.
    """

    prints: Prints | None
    certain: str | None
    fits: Fits
    alike: Callable[[tuple[str, ...], tuple[str, ...]], bool]

    def looks_like(self, record: ReleaseRecord, prints: Prints) -> bool:
        """Whether these frames are a release's."""
        if any(match.matched_by == "pictures" for match in self.fits(record.case_id, prints)):
            return True
        return self.alike(prints.pictures, record.fingerprints)

    def sounds_like(self, record: ReleaseRecord, prints: Prints) -> bool:
        """Whether this sound is a release's."""
        return any(match.matched_by == "sound" for match in self.fits(record.case_id, prints))


@dataclass(frozen=True, slots=True)
class Traced:
    """A mark's evidence, with the releases that it names.

    Attributes:
        evidence: to be shown.
        confirmed: releases that fit, in the order of their longest stretches.
    """

    evidence: MarkEvidence
    confirmed: tuple[ReleaseRecord, ...] = ()


def trace_picture(reading: MarkReading, releases: Callable[[int], ReleaseRecord | None], known: Known) -> Traced:
    """Say which release the marks in pictures name, and whether the pictures are its own.

    Args:
        reading: what the detector saw.
        releases: the release of a number, or None.
        known: what to hold it against.
    """
    altered = _altered(reading.geometry)
    spans, confirmed = [], {}
    for stretch in _stretches(reading):
        record = releases(stretch.payload)
        for piece, fit in _picture_fits(stretch, record, known, reading, altered=altered):
            if record is not None and fit is Fit.SAME:
                confirmed[record.case_id] = record
            spans.append(_span(piece, record, fit))
    return Traced(replace(_evidence(reading, spans), altered=altered), _longest_first(confirmed, spans))


def trace_sound(
    reading: SoundReading,
    candidates: Callable[[int], Sequence[ReleaseRecord]],
    known: Known,
    shown: Collection[str],
) -> Traced:
    """Say which release the marks in sound name, and whether the sound is its own.

    Args:
        reading: what the detector heard.
        candidates: the releases whose sound mark says a number; several may share one.
        known: what to hold it against.
        shown: case ids of the releases that the pictures are confirmed to be of; where several share a number, these
            are meant.
    """
    spans, confirmed = [], {}
    for stretch in _stretches(reading):
        prints = _within(known.prints, stretch, reading.seconds)
        record = _meant(candidates(stretch.payload), prints, known, shown)
        fit = _sound_fit(stretch, record, prints, known, reading.speed)
        if record is not None and fit is Fit.SAME:
            confirmed[record.case_id] = record
        spans.append(_span(stretch, record, fit))
    speed = reading.speed if spans else 1.0
    evidence = replace(_evidence(reading, spans), speed=speed, presence=reading.presence)
    return Traced(evidence, _longest_first(confirmed, spans))


def covers_all(spans: Sequence[MarkSpan], seconds: float) -> bool:
    """Whether marks are on all of what was looked at, give or take gaps that compression leaves."""
    return sum(span.end - span.start for span in spans) >= _WHOLE * seconds


def _evidence(reading: MarkReading | SoundReading, spans: Sequence[MarkSpan]) -> MarkEvidence:
    """What pictures and sound have in common."""
    return MarkEvidence(
        state=MarkState.FOUND if spans else MarkState.NOT_FOUND,
        confidence=reading.confidence,
        threshold=reading.threshold,
        chance=reading.chance if spans else None,
        spans=tuple(spans),
        seconds=reading.seconds,
    )


def _stretches(reading: MarkReading | SoundReading) -> tuple[Stretch, ...]:
    """Stretches; a detector that gives none (that of stills, say) found its mark in all that it looked at."""
    if not reading.found or reading.payload is None:
        return ()
    if reading.stretches:
        return tuple(sorted(reading.stretches, key=lambda stretch: stretch.start))
    return (Stretch(0.0, reading.seconds, reading.payload, reading.key_id or "", reading.confidence),)


def _span(stretch: Stretch, record: ReleaseRecord | None, fit: Fit) -> MarkSpan:
    video = record.case_id if record is not None else None
    return MarkSpan(stretch.start, stretch.end, fit, video, stretch.key_id, stretch.confidence)


def _picture_fit(
    stretch: Stretch, record: ReleaseRecord | None, known: Known, reading: MarkReading, *, altered: bool
) -> Fit:
    if record is None:
        return Fit.UNKNOWN
    if record.case_id == known.certain:
        return Fit.SAME
    prints = _within(known.prints, stretch, reading.seconds)
    if prints is None or not prints.pictures:
        return Fit.UNCONFIRMED
    if known.looks_like(record, prints):
        return Fit.SAME
    return Fit.UNCONFIRMED if altered else Fit.DIFFERS


def _picture_fits(
    stretch: Stretch, record: ReleaseRecord | None, known: Known, reading: MarkReading, *, altered: bool
) -> Iterator[tuple[Stretch, Fit]]:
    """Whether a stretch shows what its mark names; by pieces where most of a long one does not.

    A few seconds of a video made here, with its mark copied over a film around them, make nothing else of that film.
    """
    fit = _picture_fit(stretch, record, known, reading, altered=altered)
    if record is None or record.case_id == known.certain or fit is not Fit.SAME:
        yield stretch, fit
        return
    pieces = _pieces(stretch, known.prints)
    looked = [known.looks_like(record, prints) for _, prints in pieces]
    if 2 * sum(looked) >= len(looked):
        yield stretch, fit
        return
    for is_same, group in groupby(zip(looked, pieces, strict=True), key=itemgetter(0)):
        run = [piece for _, (piece, _) in group]
        yield replace(stretch, start=run[0].start, end=run[-1].end), Fit.SAME if is_same else Fit.UNCONFIRMED


def _pieces(stretch: Stretch, prints: Prints | None) -> list[tuple[Stretch, Prints]]:
    """A long stretch in a few pieces, each with fingerprints of its own; those without any are left out."""
    count = min(_MOST_PIECES, int((stretch.end - stretch.start) / _PIECE))
    if prints is None or count < _LEAST_PIECES:
        return []
    edges = [stretch.start + (stretch.end - stretch.start) * at / count for at in range(count + 1)]
    cut = [(replace(stretch, start=start, end=end), prints.between(start, end)) for start, end in pairwise(edges)]
    return [(piece, its) for piece, its in cut if its.pictures]


def _within(prints: Prints | None, stretch: Stretch, seconds: float) -> Prints | None:
    """Fingerprints of a stretch alone, so that a mark copied onto a part is not vouched for by the rest."""
    if prints is None or stretch.end - stretch.start >= _WHOLE * seconds:
        return prints
    return prints.between(stretch.start, stretch.end)


def _altered(geometry: Geometry | None) -> bool:
    if geometry is None:
        return False
    zoomed = abs(geometry.scale_x - 1) > _SCALE or abs(geometry.scale_y - 1) > _SCALE
    return zoomed or abs(geometry.rotation) > _DEGREES or geometry.mirrored


def _meant(
    records: Sequence[ReleaseRecord], prints: Prints | None, known: Known, shown: Collection[str]
) -> ReleaseRecord | None:
    """Which of several releases with one number is meant; None where that cannot be said."""
    if len(records) <= 1:
        return records[0] if records else None
    likely = [record for record in records if record.case_id == known.certain or record.case_id in shown]
    if not likely and prints is not None:
        likely = [record for record in records if known.sounds_like(record, prints)]
    return likely[0] if likely else None


def _sound_fit(
    stretch: Stretch, record: ReleaseRecord | None, prints: Prints | None, known: Known, speed: float
) -> Fit:
    if record is None:
        return Fit.UNKNOWN
    if record.case_id == known.certain:
        return Fit.SAME
    if prints is None or not prints.sound:
        return Fit.UNCONFIRMED
    if known.sounds_like(record, prints):
        return Fit.SAME
    as_it_was = abs(speed - 1) <= _SPEED and stretch.end - stretch.start >= _SHORT
    return Fit.DIFFERS if as_it_was else Fit.UNCONFIRMED


def _longest_first(confirmed: dict[str, ReleaseRecord], spans: Sequence[MarkSpan]) -> tuple[ReleaseRecord, ...]:
    lengths = dict.fromkeys(confirmed, 0.0)
    for span in spans:
        if span.video_id in lengths and span.fit is Fit.SAME:
            lengths[span.video_id] += span.end - span.start
    return tuple(confirmed[case_id] for case_id in sorted(lengths, key=lambda case_id: -lengths[case_id]))
