"""Recognising claimed works in prompts and media."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock

from copyright_optout.domain import (
    Band,
    Claim,
    HeardWork,
    IndexReadiness,
    LookAlike,
    NamedWork,
    PicturedWork,
    Thresholds,
)
from copyright_optout.ports import ClaimStore, FingerprintIndex, PictureHasher
from copyright_optout.service.scenes import Scene, Seen, sampled, seen
from copyright_optout.service.watching import ReferenceParts, Watching
from trust_kernel.clock import Clock
from trust_kernel.media.refs import Look
from trust_kernel.names import NameMatcher
from trust_kernel.names.shelves import Keeper, NameBook

_DEFAULTS = Thresholds()
_AT_ONCE = 5000
"""Claims read at a time."""


@dataclass(slots=True)
class _Sight:
    """The nearest that a claim came in one medium, so far.

    Attributes:
        match: whether that is enough.
    """

    distance: int
    quality: int
    first: float
    last: float
    match: bool = False


class Recognition:
    """Searches names and pictures of the claims that stand, as of now.

    All searches first read every change committed so far, by any process, and afterwards confirm each hit against the
    claim itself: the indexes are caches (architecture, rule 3).

    Args:
        store: the claims.
        hasher: makes fingerprints of pictures.
        index: of reference pictures, this process's, empty.
        spots: the same of windows round their spots.
        clock: the time.
        references: for videos, sounds and looks; None where they are not searched.
        thresholds: from where on something is taken for a claimed work.
        name_keeper: keeps many names in files; none: in memory.
    """

    def __init__(
        self,
        store: ClaimStore,
        hasher: PictureHasher,
        index: FingerprintIndex,
        spots: FingerprintIndex,
        clock: Clock,
        references: ReferenceParts | None = None,
        thresholds: Thresholds = _DEFAULTS,
        name_keeper: Keeper | None = None,
    ) -> None:
        self._store = store
        self._hasher = hasher
        self._index = index
        self._spots = spots
        self._clock = clock
        self._thresholds = thresholds
        self._watching = Watching(references, self._standing, thresholds) if references else None
        self._names = NameBook(NameMatcher, keeper=name_keeper)
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
        """Claims that a medium shows, by reference pictures or videos, the surest first and each once."""
        with self._lock:
            self._catch_up()
        # Asked in any case, because it reads what was committed meanwhile.
        watching = self._watching if self._watching and self._watching.has_footage() else None
        if not len(self._index) and not len(self._spots) and watching is None:
            return ()
        frames = seen(look, self._hasher)
        works = [*(watching.watched(frames) if watching else ()), *self._shown(frames)]
        best: dict[str, PicturedWork] = {}
        for work in sorted(works, key=lambda work: (work.band is not Band.MATCH, work.distance)):
            best.setdefault(work.claim.id, work)
        return tuple(sorted(best.values(), key=lambda work: (work.distance, work.claim.id)))

    def heard(self, look: Look) -> tuple[HeardWork, ...]:
        """Claims that a medium lets hear, the surest first and each once.

        Raises:
            Unavailable: what makes fingerprints of sound did not answer.
        """
        return self._watching.heard(look) if self._watching else ()

    def resembled(self, look: Look) -> tuple[LookAlike, ...]:
        """Claims that something in a medium looks like; none where `looks_searched` is False."""
        return self._watching.resembled(look) if self._watching else ()

    @property
    def looks_searched(self) -> bool:
        """Whether look-alikes are searched at all."""
        return self._watching is not None and self._watching.looks_searched

    def _shown(self, frames: Sequence[Seen]) -> list[PicturedWork]:
        """Claims of which a frame, or a part of one, is a reference picture."""
        sights: dict[str, _Sight] = {}
        for frame in frames:
            self._see(frame, sights)
            self._see_spots(frame, sights)
        standing = self._standing(sights)
        return [self._pictured(standing[claim_id], sights[claim_id]) for claim_id in sights if claim_id in standing]

    def _see(self, frame: Seen, sights: dict[str, _Sight]) -> None:
        for hit in self._index.search(frame.hashes, self._thresholds.unsure_distance):
            match = hit.distance <= self._thresholds.match_distance
            _add(sights, hit.claim_id, _at(frame.scene, hit.distance, frame.qualities[hit.query], match=match))

    def _see_spots(self, frame: Seen, sights: dict[str, _Sight]) -> None:
        windows: dict[str, set[int]] = {}
        for hit in self._spots.search(frame.spots, self._thresholds.match_distance):
            near = windows.setdefault(hit.claim_id, set())
            near.add(hit.query // 2)  # a window and its mirror image are one
            match = len(near) >= self._thresholds.least_spots
            _add(sights, hit.claim_id, _at(frame.scene, hit.distance, frame.spot_qualities[hit.query], match=match))

    def _pictured(self, claim: Claim, sight: _Sight) -> PicturedWork:
        threshold = self._thresholds.match_distance
        return PicturedWork(
            claim=claim,
            band=Band.MATCH if sight.match else Band.UNSURE,
            distance=sight.distance,
            threshold=threshold,
            seconds=(sight.first, sight.last),
            quality=sight.quality,
        )

    def fence(self) -> int:
        """Number of the last change of a claim, which stays the last until the caller's transaction ends."""
        return self._store.fence()

    def aliases(self, most: int) -> tuple[tuple[str, str], ...]:
        """(claim, alias) of so many aliases of active claims at most, unconfirmed."""
        with self._lock:
            self._catch_up()
            return self._names.some(most)

    def fingerprints(self, look: Look) -> tuple[str, ...]:
        """PDQ hashes of up to 24 frames, hex, in time order; frames with too little in them are left out."""
        made = (self._hasher.fingerprint(look.frames[index]) for index in sampled(len(look.frames)))
        return tuple(fingerprint.bits for fingerprint in made if fingerprint.is_usable)

    def readiness(self) -> IndexReadiness:
        """How far this process has read, without reading on."""
        reached = min(self._generation, self._watching.generation) if self._watching else self._generation
        return IndexReadiness(reached, self._store.latest_generation())

    def warm_up(self) -> None:
        """Read everything now, so that the first search does not have to."""
        with self._lock:
            self._catch_up()
        if self._watching:
            self._watching.warm_up()

    def _catch_up(self) -> None:
        reached, names = self._generation, dict[str, tuple[str, ...] | None]()
        while changes := self._store.changes_since(reached, _AT_ONCE):
            self._index.apply(changes)
            self._spots.apply([replace(one, fingerprints=one.spots) for one in changes])
            names |= {one.claim_id: one.aliases if one.active else None for one in changes}
            reached = changes[-1].generation
        if names:
            # All at once: what comes in pieces lies on many shelves first.
            self._names.apply(names)
            self._generation = reached

    def _standing(self, claim_ids: Collection[str]) -> Mapping[str, Claim]:
        now = self._clock.now()
        found = self._store.many(claim_ids) if claim_ids else {}
        return {claim_id: claim for claim_id, claim in found.items() if claim.stands(now)}


def _at(scene: Scene, distance: int, quality: int, *, match: bool) -> _Sight:
    return _Sight(distance, quality, scene.start, scene.end, match)


def _add(sights: dict[str, _Sight], claim_id: str, one: _Sight) -> None:
    """Take one sight of a claim together with those before."""
    sight = sights.setdefault(claim_id, one)
    if one.distance < sight.distance:
        sight.distance, sight.quality = one.distance, one.quality
    sight.first, sight.last = min(sight.first, one.first), max(sight.last, one.last)
    sight.match |= one.match
