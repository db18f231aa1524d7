"""Recognising claimed works in prompts and media."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from copyright_optout.domain import (
    MATCH_DISTANCE,
    MOST_FRAMES,
    UNSURE_DISTANCE,
    Band,
    Claim,
    IndexReadiness,
    NamedWork,
    PicturedWork,
)
from copyright_optout.ports import ClaimStore, FingerprintIndex, PictureHasher
from copyright_optout.service.namebook import NameBook
from trust_kernel.clock import Clock
from trust_kernel.media.refs import Look

_STILL = 1.0
_THUMB = 32


@dataclass(slots=True)
class _Sight:
    """The nearest that a claim came in one medium, so far."""

    distance: int
    quality: int
    first: float
    last: float


class Recognition:
    """Searches names and pictures of the claims that stand, as of now.

    Both searches first read every change committed so far, by any process, and afterwards confirm each hit against the
    claim itself: the indexes are caches (architecture, rule 3).
    """

    def __init__(self, store: ClaimStore, hasher: PictureHasher, index: FingerprintIndex, clock: Clock) -> None:
        self._store = store
        self._hasher = hasher
        self._index = index
        self._clock = clock
        self._names = NameBook()
        self._generation = 0
        self._lock = Lock()

    def named(self, text: str) -> tuple[NamedWork, ...]:
        """Claims that a text names, by place."""
        with self._lock:
            self._catch_up()
            hits = self._names.match(text)
        standing = self._standing({hit.entity for hit in hits})
        return tuple(
            NamedWork(standing[hit.entity], hit.alias, hit.span, hit.transformations, hit.score)
            for hit in hits
            if hit.entity in standing
        )

    def pictured(self, look: Look) -> tuple[PicturedWork, ...]:
        """Claims that a medium shows, nearest first."""
        with self._lock:
            self._catch_up()
            if not len(self._index):
                return ()
        sights: dict[str, _Sight] = {}
        for picture, start, end in _scenes(look):
            self._see(picture, start, end, sights)
        standing = self._standing(sights)
        works = [_pictured(standing[claim_id], sight) for claim_id, sight in sights.items() if claim_id in standing]
        return tuple(sorted(works, key=lambda work: (work.distance, work.claim_id)))

    def _see(self, picture: NDArray[np.uint8], start: float, end: float, sights: dict[str, _Sight]) -> None:
        views = self._hasher.views(picture)
        if not views:
            return
        queries = np.concatenate([view.turned for view in views])
        qualities = [view.quality for view in views for _ in range(len(view.turned))]
        for hit in self._index.search(queries, UNSURE_DISTANCE):
            sight = sights.setdefault(hit.claim_id, _Sight(hit.distance, qualities[hit.query], start, end))
            if hit.distance < sight.distance:
                sight.distance, sight.quality = hit.distance, qualities[hit.query]
            sight.first, sight.last = min(sight.first, start), max(sight.last, end)

    def fingerprints(self, look: Look) -> tuple[str, ...]:
        """PDQ hashes of up to 24 frames, hex, in time order; frames with too little in them are left out."""
        made = (self._hasher.fingerprint(look.frames[index]) for index in _sampled(len(look.frames)))
        return tuple(fingerprint.bits for fingerprint in made if fingerprint.is_usable)

    def readiness(self) -> IndexReadiness:
        """How far this process has read, without reading on."""
        return IndexReadiness(self._generation, self._store.latest_generation())

    def warm_up(self) -> None:
        """Read everything now, so that the first search does not have to."""
        with self._lock:
            self._catch_up()

    def _catch_up(self) -> None:
        changes = self._store.changes_since(self._generation)
        if changes:
            self._index.apply(changes)
            self._names.apply(changes)
            self._generation = changes[-1].generation

    def _standing(self, claim_ids: Mapping[str, object] | set[str]) -> Mapping[str, Claim]:
        now = self._clock.now()
        found = self._store.many(claim_ids) if claim_ids else {}
        return {claim_id: claim for claim_id, claim in found.items() if claim.stands(now)}


def _pictured(claim: Claim, sight: _Sight) -> PicturedWork:
    return PicturedWork(
        claim_id=claim.id,
        kind=claim.kind,
        title=claim.title,
        band=Band.MATCH if sight.distance <= MATCH_DISTANCE else Band.UNSURE,
        distance=sight.distance,
        threshold=MATCH_DISTANCE,
        seconds=(sight.first, sight.last),
        quality=sight.quality,
    )


def _sampled(count: int) -> Sequence[int]:
    """Up to MOST_FRAMES indices, evenly, first and last among them."""
    return (
        [int(index) for index in np.unique(np.linspace(0, count - 1, min(count, MOST_FRAMES)).round())] if count else []
    )


def _scenes(look: Look) -> Iterator[tuple[NDArray[np.uint8], float, float]]:
    """Sampled frames with first and last second; a picture that stands still is looked at once."""
    kept: tuple[NDArray[np.uint8], NDArray[np.float32], float] | None = None
    end = 0.0
    for index in _sampled(len(look.frames)):
        frame, moment = look.frames[index], float(look.times[index])
        thumb = _thumb(frame)
        if kept is not None and float(np.abs(thumb - kept[1]).max()) > _STILL:
            yield kept[0], kept[2], end
            kept = None
        kept = kept or (frame, thumb, moment)
        end = moment
    if kept is not None:
        yield kept[0], kept[2], end


def _thumb(frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Means over a grid of up to 32 by 32 cells, in grey levels."""
    height, width = frame.shape[:2]
    rows = np.linspace(0, height, min(height, _THUMB) + 1).astype(int)[:-1]
    columns = np.linspace(0, width, min(width, _THUMB) + 1).astype(int)[:-1]
    summed = np.add.reduceat(np.add.reduceat(frame.sum(axis=2, dtype=np.float32), rows, axis=0), columns, axis=1)
    cells = np.outer(np.diff([*rows, height]), np.diff([*columns, width])) * 3.0
    return np.asarray(summed / cells, dtype=np.float32)
