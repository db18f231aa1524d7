"""The releases that a claim touches, found by what is stored of them."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np

from copyright_optout.api import (
    CLAIM_ENDED,
    MATCH_DISTANCE,
    Claim,
    ClaimState,
    ClaimTraces,
    Footage,
    OptOutIndex,
    is_copy,
)
from generator_gateway.ports.bindings import Prints
from generator_gateway.ports.takedowns import Footing, Touched
from generator_gateway.service.bindings_search import Likeness, Words
from generator_gateway.service.depicting import ReadsWords, depiction_of
from generator_gateway.stages import Request
from trust_kernel.media.sound_search import KEPT_EVERY

HASH_BITS = 256
_OVER = CLAIM_ENDED | {ClaimState.DISPUTED}
"""States of claims for which nothing is taken down."""
_MOST_CANDIDATES = 2000
"""Releases that are held against one reference video frame by frame, those with most frames near first."""
_MOST_OF_A_FILM = 128
"""Frames of a reference video that are searched for, evenly; afterwards all of it is compared with what was found."""


class ReleasesOut(Protocol):
    """What is stored of requests and releases; `store.past.PastStore` is such."""

    def request(self, case_id: str) -> Request:
        """What was asked for; raises NotFound."""
        ...

    def released_prompts(self) -> Iterator[Sequence[tuple[str, str]]]:
        """(case id, prompt) of everything that is out."""
        ...

    def out(self, case_ids: Collection[str]) -> frozenset[str]:
        """Which of these are out."""
        ...

    def frames(self, case_ids: Collection[str]) -> Mapping[str, bytes]:
        """PDQ hashes of releases' frames, 32 bytes each, by case id."""
        ...


class FindsLikenesses(Protocol):
    """The search over all releases' fingerprints; `store.bindings.BindingStore` is such."""

    def showing(self, pictures: Words, within: int) -> Mapping[str, tuple[int, int]]:
        """Releases with a frame that is one of these pictures: bits of the nearest, and how many frames are."""
        ...

    def alike(self, prints: Prints) -> Sequence[Likeness]:
        """Releases that look or sound alike, the most similar first."""
        ...


class ReleaseTouches:
    """Implements `ports.takedowns.Touches`.

    Args:
        optouts: the claims.
        past: what is stored.
        likenesses: the search.
        words: reads in which settings somebody asked for something.
    """

    def __init__(
        self,
        optouts: OptOutIndex,
        past: ReleasesOut,
        likenesses: FindsLikenesses,
        words: ReadsWords,
    ) -> None:
        self._optouts = optouts
        self._past = past
        self._likenesses = likenesses
        self._words = words

    def by_claims(self, claim_ids: Collection[str]) -> Mapping[str, Sequence[Touched]]:
        """By claim id, releases that the claim would have stopped and that are out, the surest first.

        Prompts are read once for all claims; fingerprints are searched for each that has reference media.
        """
        claims = self._optouts.several(claim_ids)
        found: defaultdict[str, list[Touched]] = defaultdict(list)
        for claim_id, claim in claims.items():
            found[claim_id] += self._seen_or_heard(self._optouts.traces(claim))
        if claims:
            self._read(claims, found)
        return {claim_id: self._standing(claims[claim_id], touched) for claim_id, touched in found.items()}

    def waiting(self, claim_ids: Collection[str]) -> frozenset[str]:
        """Which of these begin at a later moment, and have not ended."""
        claims = self._optouts.several(claim_ids).values()
        later = (claim for claim in claims if self._optouts.begins_later(claim))
        return frozenset(claim.id for claim in later if self._footing(claim) is Footing.WAITS)

    def footing(self, claim_ids: Collection[str]) -> Mapping[str, Footing]:
        """Where each of these claims stands now."""
        claims = self._optouts.several(claim_ids)
        found = {claim_id: self._footing(claim) for claim_id, claim in claims.items()}
        return {**dict.fromkeys(claim_ids, Footing.ENDED), **found}

    def _footing(self, claim: Claim) -> Footing:
        if self._optouts.stands(claim):
            return Footing.STANDS
        # An active claim that neither stands nor begins later is over, though nobody has noted it yet.
        over = claim.state in _OVER or (claim.state is ClaimState.ACTIVE and not self._optouts.begins_later(claim))
        return Footing.ENDED if over else Footing.WAITS

    def titles(self, claim_ids: Collection[str]) -> Mapping[str, str]:
        """By claim id, its title as far as it may be told."""
        return {claim_id: claim.told_title for claim_id, claim in self._optouts.several(claim_ids).items()}

    def _read(self, claims: Mapping[str, Claim], found: defaultdict[str, list[Touched]]) -> None:
        sieve = self._optouts.sieve(claims.values())
        for page in self._past.released_prompts():
            for case_id, prompt in page:
                for claim_id, named in sieve.found(prompt).items():
                    found[claim_id].append(Touched(case_id, "prompt", round(named.score, 3), named.words))

    def _seen_or_heard(self, traces: ClaimTraces) -> Iterator[Touched]:
        for case_id, (bits, _) in self._likenesses.showing(traces.pictures, MATCH_DISTANCE).items():
            yield Touched(case_id, "picture", round(1 - bits / HASH_BITS, 3))
        for film in traces.films:
            yield from self._filmed(film)
        for words in traces.sounds:
            # Of a work, too, only every so many words are kept: each stands for those around it.
            query = Prints(sound=tuple(np.repeat(words, KEPT_EVERY).tolist()))
            yield from self._alike(query)

    def _filmed(self, film: Footage) -> Iterator[Touched]:
        _, wholes = np.unique(film.seconds, return_index=True)  # of each frame the whole comes first, then its parts
        hashes = film.hashes[wholes]
        if len(hashes) > _MOST_OF_A_FILM:
            hashes = hashes[np.linspace(0, len(hashes) - 1, _MOST_OF_A_FILM).round().astype(np.intp)]
        near = self._likenesses.showing(hashes, MATCH_DISTANCE)
        closest = sorted(near, key=lambda case_id: (-near[case_id][1], case_id))[:_MOST_CANDIDATES]
        for case_id, kept in self._past.frames(closest).items():
            frames = np.frombuffer(kept, ">u8").reshape(-1, 4).astype(np.uint64)
            if is_copy(frames, film):
                yield Touched(case_id, "video", round(1 - near[case_id][0] / HASH_BITS, 3))

    def _alike(self, prints: Prints) -> Iterator[Touched]:
        kinds = {"pictures": "picture", "sound": "sound", "iscc": "bytes"}
        for one in self._likenesses.alike(prints):
            yield Touched(one.case_id, kinds[one.by], one.similarity / 100)

    def _standing(self, claim: Claim, touched: Sequence[Touched]) -> Sequence[Touched]:
        """Those that are out and that the claim does not permit."""
        return [one for one in self._out(touched) if self._is_stopped(claim, one.case_id)]

    def _is_stopped(self, claim: Claim, case_id: str) -> bool:
        request = self._past.request(case_id)
        return self._optouts.permits(claim, request.account_id, depiction_of(request, self._words)) is None

    def _out(self, touched: Sequence[Touched]) -> Sequence[Touched]:
        """Of those that are out, the surest sight of each, the surest first."""
        out = self._past.out({one.case_id for one in touched})
        best: dict[str, Touched] = {}
        for one in sorted(touched, key=lambda one: (-one.score, one.case_id, one.found_by)):
            if one.case_id in out:
                best.setdefault(one.case_id, one)
        return list(best.values())
