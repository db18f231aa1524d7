"""Recognising reference videos, sounds and looks of the claims that stand."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from copyright_optout.domain import (
    AS_IT_IS,
    OTHER_SPEEDS,
    Band,
    Claim,
    ClaimChange,
    Glimpse,
    HeardWork,
    LookAlike,
    Overlap,
    PicturedWork,
    Reference,
    ReferenceChange,
    Thresholds,
    overlap,
)
from copyright_optout.ports import (
    FingerprintIndex,
    Hashes,
    LooksEmbedder,
    ReferenceStore,
    SoundPrinter,
    WorkCodes,
    WorkPrinter,
)
from copyright_optout.service.looks_shelf import LooksShelf
from copyright_optout.service.scenes import Seen, scenes
from copyright_optout.service.sound_shelf import SoundHit, SoundShelf
from trust_kernel.media.refs import Look
from trust_kernel.media.sound_search import SoundScheme, SoundWords

_AT_ONCE = 2000
"""Claims read at a time."""
_MOST_CLOSE = 32
"""Reference videos that one medium is held against frame by frame, those with most frames near first."""

_NONE = np.zeros((0, 4), np.uint64)
Standing = Callable[[Collection[str]], Mapping[str, Claim]]
"""Of some claims those that stand now, by id."""


@dataclass(frozen=True, slots=True)
class ReferenceParts:
    """What keeping and recognising reference media needs.

    Attributes:
        index: of the frames of reference videos, this process's, empty.
        printers: of sound; each searches what it made itself. The first makes what `files` makes of a file's sound.
        files: fingerprints of whole files.
    """

    store: ReferenceStore
    index: FingerprintIndex
    printers: Sequence[SoundPrinter]
    looks: LooksEmbedder
    files: WorkPrinter
    codes: WorkCodes


class Watching:
    """Searches reference media of claims. Each search first reads what was committed, by whatever process.

    Args:
        parts: its surroundings.
        standing: confirms claims: what is in memory is a cache.
        thresholds: from where on something is taken for a claimed work.
    """

    def __init__(self, parts: ReferenceParts, standing: Standing, thresholds: Thresholds) -> None:
        self._parts = parts
        self._standing = standing
        self._thresholds = thresholds
        self._sounds = {
            printer.name: _Ears(SoundShelf(printer.scheme), SoundShelf(_hurried(printer.scheme)))
            for printer in parts.printers
        }
        self._looks = LooksShelf(parts.looks.dimensions)
        self._claims: dict[str, tuple[str, ...]] = {}
        self._generation = 0
        self._lock = Lock()

    @property
    def looks_searched(self) -> bool:
        """Whether look-alikes are searched: only with a model that the operator installed."""
        return self._parts.looks.is_installed

    @property
    def generation(self) -> int:
        """The last change in memory."""
        return self._generation

    def has_footage(self) -> bool:
        """Whether any claimed video is known, as of now."""
        self._catch_up()
        return len(self._parts.index) > 0

    def watched(self, frames: Sequence[Seen]) -> list[PicturedWork]:
        """Claimed videos that these frames show a part of; of what was read when `has_footage` was asked."""
        near = self._near(frames)
        closest = sorted(near, key=lambda key: (-len(near[key]), key))[:_MOST_CLOSE]
        references = self._parts.store.find([_reference_of(key) for key in closest])
        claims = self._standing({reference.claim_id for reference in references})
        works = []
        for reference in references:
            if reference.claim_id in claims and reference.footage is not None:
                glimpses = _glimpses(frames, near[_key(reference)])
                shared = overlap(glimpses, reference.footage, self._thresholds.match_distance)
                if shared.moments:
                    works.append(self._pictured(claims[reference.claim_id], shared, frames))
        return works

    def heard(self, look: Look) -> tuple[HeardWork, ...]:
        """Claimed sounds that a medium lets hear, the surest first; one for each claim.

        Raises:
            Unavailable: a printer did not answer.
        """
        self._catch_up()
        best: dict[str, tuple[SoundHit, str]] = {}
        for printer in self._parts.printers:
            ears = self._sounds[printer.name]
            if not len(ears.own) or not look.audio.size:
                continue
            words = printer.prints(look.audio)
            for hit in (*ears.own.search(words), *ears.other.search(words)):
                owner = _claim_of(hit.key)
                if owner not in best or hit.errors < best[owner][0].errors:
                    best[owner] = hit, printer.name
        claims = self._standing(set(best))
        found = [self._heard(claims[claim_id], *best[claim_id]) for claim_id in best if claim_id in claims]
        return tuple(sorted(found, key=lambda work: (-work.agreement, work.claim.id)))

    def resembled(self, look: Look) -> tuple[LookAlike, ...]:
        """Claims that something in a medium looks like; none where no model is installed."""
        looks = self._parts.looks
        if not looks.is_installed:
            return ()
        self._catch_up()
        if not len(self._looks) or not len(look.frames):
            return ()
        shown = list(scenes(look))
        best: dict[str, tuple[float, float, float]] = {}
        vectors = looks.embed([scene.picture for scene in shown])
        for scene, hits in zip(shown, self._looks.search(vectors, looks.threshold), strict=True):
            for key, score in hits:
                owner = _claim_of(key)
                before = best.get(owner, (score, scene.start, scene.end))
                best[owner] = max(score, before[0]), min(scene.start, before[1]), max(scene.end, before[2])
        claims = self._standing(set(best))
        found = [
            LookAlike(claims[claim_id], score, looks.threshold, (first, last), looks.version)
            for claim_id, (score, first, last) in best.items()
            if claim_id in claims
        ]
        return tuple(sorted(found, key=lambda work: (-work.score, work.claim.id)))

    def warm_up(self) -> None:
        """Read everything now."""
        self._catch_up()

    def _near(self, frames: Sequence[Seen]) -> Mapping[str, set[int]]:
        """Reference videos with a frame near one of these, and near which."""
        near: dict[str, set[int]] = {}
        for place, frame in enumerate(frames):
            for hit in self._parts.index.search(_once(frame.every_hash), self._thresholds.match_distance):
                near.setdefault(hit.claim_id, set()).add(place)
        return near

    def _pictured(self, claim: Claim, shared: Overlap, frames: Sequence[Seen]) -> PicturedWork:
        limits = self._thresholds
        nearest = min(shared.moments, key=lambda moment: moment.distance)
        by_start = {frame.scene.start: frame for frame in frames}
        first, last = shared.moments[0].second, by_start[shared.moments[-1].second].scene.end
        closest = by_start[nearest.second]
        match = shared.is_match(limits.least_share, limits.least_pictures)
        return PicturedWork(
            claim=claim,
            band=Band.MATCH if match else Band.UNSURE,
            distance=nearest.distance,
            threshold=limits.match_distance,
            seconds=(first, last),
            quality=max(closest.qualities + closest.spot_qualities),
            overlap=shared,
        )

    def _heard(self, claim: Claim, hit: SoundHit, printer: str) -> HeardWork:
        long_enough = hit.seconds[1] - hit.seconds[0] >= self._thresholds.least_seconds
        return HeardWork(
            claim=claim,
            band=Band.MATCH if long_enough else Band.UNSURE,
            agreement=1 - hit.errors,
            least=1 - self._sounds[printer].own.scheme.most_errors,
            seconds=hit.seconds,
            offset=hit.offset * _speed_of(hit.key) / AS_IT_IS,
            share=hit.share,
            printer=printer,
        )

    def _catch_up(self) -> None:
        with self._lock:
            while changes := self._parts.store.changes_since(self._generation, _AT_ONCE):
                self._apply(changes)
                self._generation = changes[-1].generation

    def _apply(self, changes: Sequence[ReferenceChange]) -> None:
        dropped = [key for change in changes for key in self._claims.pop(change.claim_id, ())]
        kept = {
            _key(reference): reference
            for change in changes
            for reference in change.references
            if reference.says_anything
        }
        for key in kept:
            self._claims[_claim_of(key)] = (*self._claims.get(_claim_of(key), ()), key)
        self._parts.index.apply(_frame_changes(dropped, kept))
        gone = [_at_speed(key, speed) for key in dropped for speed in (AS_IT_IS, *OTHER_SPEEDS)]
        for name, ears in self._sounds.items():
            ears.own.change(_sounds_by(name, kept, (AS_IT_IS,)), gone)
            ears.other.change(_sounds_by(name, kept, OTHER_SPEEDS), gone)
        version = self._parts.looks.version
        vectors = {
            key: reference.looks
            for key, reference in kept.items()
            if reference.looks is not None and version and reference.looks_by == version
        }
        self._looks.change(vectors, dropped)


def _glimpses(frames: Sequence[Seen], near: Collection[int]) -> list[Glimpse]:
    """The frames; of those that the index found far from a work, hashes need not be compared again."""
    return [
        Glimpse(frame.scene.start, _once(frame.every_hash) if place in near else _NONE, frame.scene.frames)
        for place, frame in enumerate(frames)
    ]


def _key(reference: Reference) -> str:
    """What a reference goes by in the shelves: whose it is can be told without looking it up."""
    return f"{reference.claim_id}/{reference.id}"


def _claim_of(key: str) -> str:
    return key.partition("/")[0]


def _reference_of(key: str) -> str:
    return key.partition("/")[2]


def _frame_changes(dropped: Iterable[str], kept: Mapping[str, Reference]) -> list[ClaimChange]:
    """Changes for the index of frames, in which each video goes by its key."""
    gone = [ClaimChange(key, 0, active=False) for key in dropped]
    return gone + [
        ClaimChange(key, 0, active=True, fingerprints=_hexed(_once(reference.footage.hashes)))
        for key, reference in kept.items()
        if reference.footage is not None
    ]


@dataclass(frozen=True, slots=True)
class _Ears:
    """Sounds by one printer: of works as they are, and of works played slower and faster."""

    own: SoundShelf
    other: SoundShelf


def _hurried(scheme: SoundScheme) -> SoundScheme:
    """The same with half as many anchors, for there are four times as many sounds; odd, as `anchor_step` wants it."""
    return replace(scheme, anchor_step=2 * scheme.anchor_step + 1)


def _at_speed(key: str, speed: int) -> str:
    """What a sound goes by in its shelf."""
    return f"{key}@{speed}"


def _speed_of(key: str) -> int:
    return int(key.rpartition("@")[2])


def _sounds_by(printer: str, kept: Mapping[str, Reference], speeds: Collection[int]) -> dict[str, SoundWords]:
    return {
        _at_speed(key, sound.speed): sound.words
        for key, reference in kept.items()
        for sound in reference.sounds
        if sound.printer == printer and sound.speed in speeds
    }


def _hexed(hashes: Hashes) -> tuple[str, ...]:
    return tuple(bytes(row).hex() for row in hashes.astype(">u8").view(np.uint8).reshape(-1, 32))


def _once(hashes: NDArray[np.uint64]) -> Hashes:
    return np.asarray(np.unique(hashes, axis=0), np.uint64)
