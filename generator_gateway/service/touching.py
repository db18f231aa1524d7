"""The releases that a claim, a file or another release touches, found by what is stored of them."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from copyright_optout.api import MATCH_DISTANCE, Claim, ClaimTraces, Footage, OptOutIndex, is_copy
from generator_gateway.ports.bindings import PrintMaker, Prints
from generator_gateway.ports.takedowns import Touched
from generator_gateway.service.bindings_search import Likeness, Words
from generator_gateway.service.depicting import ReadsWords, depiction_of
from generator_gateway.stages import Request
from trust_kernel.media.sound_search import KEPT_EVERY

HASH_BITS = 256
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

    def with_bytes(self, sha256: str) -> frozenset[str]:
        """Releases whose file has this digest."""
        ...

    def digest(self, case_id: str) -> str:
        """SHA-256 of a release's video; empty where there is none."""
        ...


class FindsLikenesses(Protocol):
    """The search over all releases' fingerprints; `store.bindings.BindingStore` is such."""

    def showing(self, pictures: Words, within: int) -> Mapping[str, tuple[int, int]]:
        """Releases with a frame that is one of these pictures: bits of the nearest, and how many frames are."""
        ...

    def alike(self, prints: Prints) -> Sequence[Likeness]:
        """Releases that look or sound alike, the most similar first."""
        ...

    def prints_of(self, case_id: str) -> Prints:
        """What is kept of a release, as a query; empty where there is none."""
        ...


class ReleaseTouches:
    """Implements `ports.takedowns.Touches`.

    Args:
        optouts: the claims.
        past: what is stored.
        likenesses: the search.
        prints: makes fingerprints of files.
        words: reads in which settings somebody asked for something.
    """

    def __init__(
        self,
        optouts: OptOutIndex,
        past: ReleasesOut,
        likenesses: FindsLikenesses,
        prints: PrintMaker,
        words: ReadsWords,
    ) -> None:
        self._optouts = optouts
        self._past = past
        self._likenesses = likenesses
        self._prints = prints
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
        """Which of these begin at a later moment."""
        claims = self._optouts.several(claim_ids).values()
        return frozenset(claim.id for claim in claims if self._optouts.begins_later(claim))

    def titles(self, claim_ids: Collection[str]) -> Mapping[str, str]:
        """By claim id, its title as far as it may be told."""
        return {claim_id: claim.told_title for claim_id, claim in self._optouts.several(claim_ids).items()}

    def by_file(self, path: Path) -> Sequence[Touched]:
        """Releases that are this file, or look or sound like it."""
        with path.open("rb") as file:
            same = self._past.with_bytes(hashlib.file_digest(file, "sha256").hexdigest())
        return self._out([*_identical(same), *self._alike(self._prints.prints(path))])

    def copies_of(self, case_id: str) -> Sequence[Touched]:
        """Other releases with the same bytes, or that look or sound like this one."""
        digest = self._past.digest(case_id)
        same = self._past.with_bytes(digest) if digest else frozenset()
        found = [*_identical(same), *self._alike(self._likenesses.prints_of(case_id))]
        return self._out([one for one in found if one.case_id != case_id])

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


def _identical(case_ids: Collection[str]) -> list[Touched]:
    return [Touched(case_id, "digest") for case_id in sorted(case_ids)]
