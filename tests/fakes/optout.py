"""Stand-ins for copyright_optout's ports."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from PIL import Image

from copyright_optout.domain import Claim, ClaimChange, ClaimState, Fingerprint
from copyright_optout.errors import UnknownClaim
from copyright_optout.ports import Hashes, IndexHit
from trust_kernel.media.refs import Look, MediaKind, MediaLimits


@dataclass
class MemoryRecord:
    """A ledger that remembers."""

    entries: list[tuple[str, dict[str, str | int]]] = field(default_factory=list)

    def append(self, kind: str, body: Mapping[str, str | int]) -> None:
        self.entries.append((kind, dict(body)))


class MemoryClaims:
    """Claims in a dictionary."""

    def __init__(self) -> None:
        self._claims: dict[str, Claim] = {}
        self._bits: dict[str, tuple[str, ...]] = {}
        self._generations: dict[str, int] = {}

    @contextmanager
    def transaction(self) -> Iterator[None]:
        before = dict(self._claims), dict(self._bits), dict(self._generations)
        try:
            yield
        except BaseException:
            self._claims, self._bits, self._generations = before
            raise

    def add(self, claim: Claim, fingerprints: Iterable[Fingerprint]) -> None:
        self._claims[claim.id] = claim
        self._bits[claim.id] = tuple(made.bits for made in fingerprints)

    def get(self, claim_id: str, *, lock: bool = False) -> Claim | None:
        del lock
        return self._claims.get(claim_id)

    def replace(self, claim: Claim) -> None:
        if claim.id not in self._claims:
            raise UnknownClaim("there is no such claim")
        self._claims[claim.id] = claim
        self._generations[claim.id] = self.latest_generation() + 1

    def of_holder(self, rights_holder: str | None) -> Sequence[Claim]:
        mine = [claim for claim in self._claims.values() if rights_holder in {None, claim.rights_holder}]
        return sorted(mine, key=lambda claim: (claim.created_at, claim.id), reverse=True)

    def many(self, claim_ids: Iterable[str]) -> Mapping[str, Claim]:
        return {claim_id: self._claims[claim_id] for claim_id in claim_ids if claim_id in self._claims}

    def latest_generation(self) -> int:
        return max(self._generations.values(), default=0)

    def changes_since(self, generation: int) -> Sequence[ClaimChange]:
        later = sorted((number, claim_id) for claim_id, number in self._generations.items() if number > generation)
        return [self._change(claim_id, number) for number, claim_id in later]

    def _change(self, claim_id: str, number: int) -> ClaimChange:
        claim = self._claims[claim_id]
        if claim.state is not ClaimState.ACTIVE:
            return ClaimChange(claim_id, number, active=False)
        return ClaimChange(claim_id, number, active=True, aliases=claim.aliases, fingerprints=self._bits[claim_id])


class SlowIndex:
    """Fingerprints searched one by one, with whole numbers."""

    def __init__(self) -> None:
        self._bits: dict[str, list[int]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._bits.values()))

    def apply(self, changes: Sequence[ClaimChange]) -> None:
        for change in changes:
            self._bits[change.claim_id] = [int(bits, 16) for bits in change.fingerprints] if change.active else []

    def search(self, queries: Hashes, within: int) -> Sequence[IndexHit]:
        hits: list[IndexHit] = []
        for number, query in enumerate(queries):
            wanted = int("".join(f"{int(word):016x}" for word in query), 16)
            for claim_id, held in self._bits.items():
                distance = min(((wanted ^ each).bit_count() for each in held), default=257)
                if distance <= within:
                    hits.append(IndexHit(number, claim_id, distance))
        return hits


@dataclass
class SetClock:
    """A clock that stands until it is set."""

    moment: datetime = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


class PillowDecoder:
    """Decodes pictures in this process: for tests of routes only."""

    def look(self, path: Path, limits: MediaLimits, *, field: str = "pictures") -> Look:
        del limits, field
        with Image.open(path) as picture:
            return look_at(np.asarray(picture.convert("RGB")))


def look_at(*frames: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], seconds: float = 0.5) -> Look:
    """A look at a picture, or at a video of several frames, `seconds` apart."""
    kind = MediaKind.IMAGE if len(frames) == 1 else MediaKind.VIDEO
    height, width = frames[0].shape[:2]
    times = np.arange(len(frames), dtype=np.float64) * seconds
    silence = np.empty(0, dtype=np.float32)
    duration = 0.0 if len(frames) == 1 else seconds * len(frames)
    return Look(kind, width, height, duration, np.stack(frames), times, silence)
