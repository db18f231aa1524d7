"""Recognising claimed works that a prompt describes without naming them."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from copyright_optout.domain import Claim, ClaimChange
from copyright_optout.domain.describing import DescribedWork, digest_of, parts_of
from copyright_optout.ports import ClaimStore
from copyright_optout.ports.descriptions import (
    Described,
    KeptVectors,
    NothingKept,
    SentenceEmbedder,
    Vector,
    Vectors,
)
from trust_kernel.clock import Clock
from trust_kernel.errors import Unavailable

_AT_ONCE = 64
"""Descriptions embedded in one pass."""
_CLAIMS = 500
"""Claims read at a time: what was made of them is kept before the next are read."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Shelf:
    """Attributes: vectors (n, d) of all descriptions; owners: the claim of each."""

    vectors: Vectors
    owners: tuple[str, ...]


class DescriptionIndex:
    """Every description of every active claim, as a vector: made once, and searched whole.

    Each search first reads every change committed so far, and confirms what it finds against the claim itself: the
    index is a cache (architecture, rule 3). A hundred thousand descriptions are 150 MB.

    Args:
        store: the claims.
        embedder: compares texts.
        clock: the time.
        kept: what some process made of descriptions before.
    """

    def __init__(
        self, store: ClaimStore, embedder: SentenceEmbedder, clock: Clock, kept: KeptVectors | None = None
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._clock = clock
        self._kept = kept or NothingKept()
        self._held: dict[str, tuple[tuple[str, ...], Vectors]] = {}
        self._shelf = _Shelf(np.zeros((0, 0), np.float32), ())
        self._generation = 0
        self._lock = Lock()

    @property
    def version(self) -> str:
        """Which model compares; empty where descriptions are not searched."""
        return self._embedder.version

    def __len__(self) -> int:
        """Descriptions held."""
        return len(self._shelf.owners)

    def described(self, text: str) -> tuple[DescribedWork, ...]:
        """Active claims that a text may describe, the likeliest first; nothing where no claim has a description.

        Raises:
            Unavailable: the model is not installed, and there are descriptions to search.
        """
        parts = parts_of(text)
        if not self._embedder.version or not parts:
            return ()
        with self._lock:
            self._catch_up()
            shelf = self._shelf
        if not shelf.owners:
            return ()
        nearest = (self._embedder.embed(parts) @ shelf.vectors.T).max(axis=0)
        threshold = self._embedder.threshold(len(shelf.owners))
        best = _best(nearest, shelf.owners, threshold)
        works = (DescribedWork(claim, best[claim_id], threshold) for claim_id, claim in self._standing(best).items())
        return tuple(sorted(works, key=lambda work: (-work.score, work.claim.id)))

    def warm_up(self) -> None:
        """Embed what was committed until now, so that the next prompt does not wait for it. Raises as `described`."""
        if self._embedder.version:
            with self._lock:
                self._catch_up()

    def _catch_up(self) -> None:
        reached = self._generation
        while changes := self._store.changes_since(reached, _CLAIMS):
            self._take(changes)
            reached = changes[-1].generation
        if reached == self._generation:
            return
        rows = [(claim_id, vectors) for claim_id, (_, vectors) in self._held.items()]
        owners = tuple(claim_id for claim_id, vectors in rows for _ in range(len(vectors)))
        vectors = np.concatenate([vectors for _, vectors in rows]) if rows else np.zeros((0, 0), np.float32)
        self._shelf = _Shelf(vectors, owners)
        self._generation = reached

    def _take(self, changes: Iterable[ClaimChange]) -> None:
        """Take in what is new; a claim whose descriptions stayed the same keeps its vectors."""
        wanted = {change.claim_id: change.descriptions if change.active else () for change in changes}
        before = {claim_id: self._held.get(claim_id, ((), _NONE))[0] for claim_id in wanted}
        new = {owner: texts for owner, texts in wanted.items() if texts and before[owner] != texts}
        vectors = self._vectors(new)
        for owner, texts in wanted.items():
            if not texts:
                self._held.pop(owner, None)
        for owner, texts in new.items():
            self._held[owner] = (texts, np.stack([vectors[owner, digest_of(text)] for text in texts]))

    def _vectors(self, new: Mapping[str, Sequence[str]]) -> Mapping[Described, Vector]:
        """What the model makes of these claims' descriptions; of what it was never asked before, it is asked now."""
        known = dict(self._kept.of_claims(new, self._embedder.version)) if new else {}
        texts = {(owner, digest_of(text)): text for owner, texts in new.items() for text in texts}
        missing = [(key, text) for key, text in texts.items() if key not in known]
        made: dict[Described, Vector] = {}
        for start in range(0, len(missing), _AT_ONCE):
            part = missing[start : start + _AT_ONCE]
            vectors = self._embedder.embed([text for _, text in part])
            made |= {key: vector for (key, _), vector in zip(part, vectors, strict=True)}
        self._keep(made)
        return known | made

    def _keep(self, made: Mapping[Described, Vector]) -> None:
        try:
            if made:
                self._kept.keep(self._embedder.version, made)
        except Unavailable:
            # Not what a prompt must wait for, or fail of: whoever starts next makes them again.
            _log.warning("%d descriptions could not be kept as vectors", len(made))

    def _standing(self, claim_ids: Iterable[str]) -> dict[str, Claim]:
        wanted, now = list(claim_ids), self._clock.now()
        found = self._store.many(wanted) if wanted else {}
        return {claim_id: claim for claim_id, claim in found.items() if claim.stands(now)}


_NONE = np.zeros((0, 0), np.float32)


def _best(scores: NDArray[np.float32], owners: tuple[str, ...], threshold: float) -> dict[str, float]:
    """The best score of each claim that reaches the threshold."""
    best: dict[str, float] = {}
    for row in np.flatnonzero(scores >= threshold):
        owner, score = owners[row], float(scores[row])
        best[owner] = max(score, best.get(owner, -1.0))
    return best
