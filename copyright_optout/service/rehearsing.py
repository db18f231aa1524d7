"""Trying claims on the requests of the past: before they take effect, and while they do."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from copyright_optout.domain import (
    AS_IT_IS,
    EVERYTHING,
    HASH_BITS,
    SURE_NAME,
    UNSURE_DISTANCE,
    Claim,
    Footage,
    Glimpse,
    Thresholds,
    overlap,
)
from copyright_optout.domain.reasons import OptOutFault
from copyright_optout.domain.rehearsals import (
    MOST_DAYS,
    MOST_EXAMPLES,
    Example,
    FloodLimits,
    Outcome,
    Rehearsal,
    RehearsalState,
    Tally,
    check_days,
    percent,
)
from copyright_optout.ports import ClaimStore, Hashes, OrganisationStore, ReferenceStore
from copyright_optout.ports.rehearsing import PastRequest, PastRequests, RehearsalStore
from trust_kernel.clock import Clock
from trust_kernel.errors import Conflict
from trust_kernel.ids import new_id
from trust_kernel.names.sieve import NameFound, PromptSieve

AT_ONCE = 2000
"""Requests that are looked at while somebody waits; more are for the worker."""
MOST_LOOKED_AT = 20_000
"""Requests, the newest, that the flood guard looks at before a claim takes effect."""
_SWEEP = 5
_DEFAULTS = Thresholds()
_PAIRS = 1 << 18


@dataclass(frozen=True, slots=True)
class RehearsalParts:
    """What trying claims needs.

    Attributes:
        references: reference videos of claims; None where there are none.
    """

    past: PastRequests
    rehearsals: RehearsalStore
    claims: ClaimStore
    organisations: OrganisationStore
    references: ReferenceStore | None
    clock: Clock
    limits: FloodLimits
    thresholds: Thresholds


class Rehearsals:
    """Dry runs of claims, and the guard that keeps a claim from stopping too much."""

    def __init__(self, parts: RehearsalParts) -> None:
        self._parts = parts

    @property
    def limits(self) -> FloodLimits:
        """What is too much."""
        return self._parts.limits

    def ask(self, claim: Claim, days: int, *, by: str) -> Rehearsal:
        """Try a claim on the requests of some days: at once where there are few, else by a worker.

        A claim waits for one at a time, and its last one is kept.

        Raises:
            InvalidInput: not 1 to 90 days.
            Conflict: one is waiting already.
        """
        parts, now = self._parts, self._parts.clock.now()
        last = parts.rehearsals.latest(claim.id)
        if last is not None and last.state is RehearsalState.WAITING:
            raise Conflict("this claim is being tried already", code=OptOutFault.REHEARSAL_WAITS)
        asked = Rehearsal(new_id("rehearsal"), claim.id, by, check_days(days), RehearsalState.WAITING, now)
        if parts.past.count(now - timedelta(days=days)) <= AT_ONCE:
            asked = self._rehearsed(asked, claim)
        parts.rehearsals.add(asked)
        return asked

    def latest(self, claim_id: str) -> Rehearsal | None:
        """The last rehearsal of a claim; None where there was none."""
        return self._parts.rehearsals.latest(claim_id)

    def sweep(self) -> int:
        """Do what was asked for, and forget what is old; a worker's chore. Gives how many."""
        self._parts.rehearsals.drop_older(self._parts.clock.now() - timedelta(days=MOST_DAYS))
        waiting = self._parts.rehearsals.waiting(_SWEEP)
        known = self._parts.claims.many(one.claim_id for one in waiting)
        for one in waiting:
            if one.claim_id in known:
                self._parts.rehearsals.done(self._rehearsed(one, known[one.claim_id]))
        return len(waiting)

    def _rehearsed(self, asked: Rehearsal, claim: Claim) -> Rehearsal:
        tally = self.tally([claim], asked.asked_at - timedelta(days=asked.days), licences=False)[claim.id]
        return replace(asked, state=RehearsalState.DONE, done_at=self._parts.clock.now(), tally=tally)

    def flood(self, claim: Claim) -> str | None:
        """The share in percent that a claim would stop, where that is too much."""
        return self.floods([claim]).get(claim.id)

    def floods(self, claims: Sequence[Claim]) -> Mapping[str, str]:
        """The same of many claims, in one pass; those that would not stop too much are left out."""
        limits, since = self._parts.limits, self._parts.clock.now() - timedelta(days=self._parts.limits.days)
        if not claims or self._parts.past.count(since) < limits.least:
            return {}
        found = self.tally(claims, since, MOST_LOOKED_AT)
        return {
            claim_id: percent(tally.stopped, tally.requests)
            for claim_id, tally in found.items()
            if limits.exceeded(tally.stopped, tally.requests)
        }

    def tally(
        self, claims: Sequence[Claim], since: datetime, most: int | None = None, *, licences: bool = True
    ) -> Mapping[str, Tally]:
        """What each claim would have done to the requests since a moment, or to the newest `most` of them.

        Args:
            claims: which.
            since: how far back.
            most: requests that are looked at.
            licences: leave out what licensees and members asked for. Not where a rights holder sees the figures: a
                licence for somebody would tell whether they asked.
        """
        trials = {claim.id: self._trial(claim, licences=licences) for claim in claims}
        names = PromptSieve((claim.id, alias) for claim in claims for alias in claim.terms.aliases)
        requests = 0
        for some in self._parts.past.since(since, most):
            requests += len(some)
            for request in some:
                for claim_id, found in names.found(request.prompt).items():
                    trials[claim_id].name(request, found)
            for trial in trials.values():
                trial.look(some)
        return {claim_id: trial.tally(requests) for claim_id, trial in trials.items()}

    def _trial(self, claim: Claim, *, licences: bool) -> "_Trial":
        marks = traces_of(claim, self._parts.claims, self._parts.references)
        if not licences:
            bare = replace(claim, terms=replace(claim.terms, licences=()))
            return _Trial(bare, frozenset(), marks, self._parts.past, self._parts.thresholds)
        members = self._parts.organisations.members(claim.organisation_id)
        accounts = frozenset(one.account_id for one in members)
        return _Trial(claim, accounts, marks, self._parts.past, self._parts.thresholds)


@dataclass(frozen=True, slots=True, eq=False)
class ClaimTraces:
    """What a claim is recognised by in what is stored of videos.

    Attributes:
        pictures: uint64 (n, 4), hashes of reference pictures.
        films: reference videos.
        sounds: words of reference sounds by the first printer, whose kin are kept of releases.
    """

    pictures: Hashes
    films: tuple[Footage, ...] = ()
    sounds: tuple[NDArray[np.uint32], ...] = ()


def traces_of(claim: Claim, claims: ClaimStore, references: ReferenceStore | None, printer: str = "") -> ClaimTraces:
    """What a claim is recognised by; sounds as far as they were made by one printer, of the work at its own speed."""
    known = references.of_claim(claim.id) if references is not None else ()
    return ClaimTraces(
        pictures=_words(claims.prints(claim.id)),
        films=tuple(one.footage for one in known if one.footage is not None and len(one.footage.hashes)),
        sounds=tuple(
            sound.words for one in known for sound in one.sounds if sound.printer == printer and sound.speed == AS_IT_IS
        ),
    )


@dataclass(slots=True)
class _Trial:
    """One claim on its way through the past."""

    claim: Claim
    members: frozenset[str]
    traces: ClaimTraces
    past: PastRequests
    limits: Thresholds
    _touched: dict[str, Example] = field(default_factory=dict)
    _counts: "Counter[Outcome]" = field(default_factory=Counter)
    _days: "defaultdict[date, Counter[Outcome]]" = field(default_factory=lambda: defaultdict(Counter))
    _examples: "defaultdict[Outcome, list[Example]]" = field(default_factory=lambda: defaultdict(list))

    def name(self, request: PastRequest, found: NameFound) -> None:
        """Note that a prompt names it."""
        outcome = Outcome.DENIED if found.score >= SURE_NAME else Outcome.HELD
        self._touch(
            request,
            Example(
                request.case_id,
                request.at,
                outcome,
                "prompt",
                found.words,
                found.transformations,
                round(found.score, 3),
            ),
        )

    def look(self, some: Sequence[PastRequest]) -> None:
        """Look at what was made of some requests; ends what is known of them."""
        for request, outcome, score in self._pictured([one for one in some if one.pictures]):
            self._touch(request, Example(request.case_id, request.at, outcome, "picture", score=round(score, 3)))
        for request in some:
            touched = self._touched.pop(request.case_id, None)
            settled = self._settled(request, touched.outcome) if touched is not None else None
            if touched is not None and settled is not None:
                self._count(replace(touched, outcome=settled))

    def tally(self, requests: int) -> Tally:
        """What came of it."""
        return Tally(
            requests,
            dict(self._counts),
            [(day, dict(self._days[day])) for day in sorted(self._days)],
            [example for outcome in Outcome for example in self._examples[outcome]],
        )

    def _touch(self, request: PastRequest, example: Example) -> None:
        known = self._touched.get(request.case_id)
        if known is None or (known.outcome is Outcome.HELD and example.outcome is Outcome.DENIED):
            self._touched[request.case_id] = example

    def _count(self, example: Example) -> None:
        self._counts[example.outcome] += 1
        self._days[example.at.astimezone(UTC).date()][example.outcome] += 1
        if len(self._examples[example.outcome]) < MOST_EXAMPLES:
            self._examples[example.outcome].append(example)

    def _settled(self, request: PastRequest, found: Outcome) -> Outcome | None:
        """What it comes to, for whoever asked, as `OptOutIndex.permits` would have said; None where they may."""
        claim = self.claim
        if request.account_id in self.members:
            return None
        licensed = any(one.account_id == request.account_id for one in claim.terms.licences)
        if not licensed and (claim.only_licensed or claim.terms.blocks == EVERYTHING):
            return found
        depiction = self.past.depiction(request.case_id)
        if claim.licenses(request.account_id, depiction, request.at):
            return None
        return found if claim.blocks(depiction) else Outcome.LEFT_OPEN

    def _pictured(self, some: Sequence[PastRequest]) -> Iterator[tuple[PastRequest, Outcome, float]]:
        if not some or not (len(self.traces.pictures) or self.traces.films):
            return
        frames = [np.frombuffer(one.pictures, ">u8").reshape(-1, 4).astype(np.uint64) for one in some]
        starts = np.cumsum([0, *map(len, frames)])
        apart = distances(np.concatenate(frames), self.traces.pictures)
        films = [distances(np.concatenate(frames), film.hashes) for film in self.traces.films]
        for place, request in enumerate(some):
            mine = slice(starts[place], starts[place + 1])
            nearest = int(apart[mine].min()) if starts[place] < starts[place + 1] else HASH_BITS
            shown = (
                film
                for film, near in zip(self.traces.films, films, strict=True)
                if (near[mine] <= self.limits.match_distance).any()
            )
            outcome = self._of(nearest, frames[place], shown)
            if outcome is not None:
                yield request, outcome, 1 - nearest / HASH_BITS

    def _of(self, nearest: int, frames: Hashes, films: Iterable[Footage]) -> Outcome | None:
        if nearest <= self.limits.match_distance:
            return Outcome.DENIED
        found = [is_copy(frames, film, self.limits) for film in films]
        if any(found):
            return Outcome.DENIED
        return Outcome.HELD if found or nearest <= self.limits.unsure_distance else None


def is_copy(frames: Hashes, film: Footage, limits: Thresholds = _DEFAULTS) -> bool:
    """Whether frames are of a claimed film, or enough of it, as the gates would say.

    Args:
        frames: uint64 (n, 4), hashes in time order.
        film: what is claimed.
        limits: from where on it is.
    """
    glimpses = [Glimpse(float(second), frame ^ TURNS) for second, frame in enumerate(frames)]
    return overlap(glimpses, film, limits.match_distance).is_match(limits.least_share, limits.least_pictures)


def distances(frames: Hashes, references: Hashes) -> NDArray[np.int64]:
    """For each frame, bits to the nearest reference, however it is flipped; `HASH_BITS` where none is near.

    Exact up to `UNSURE_DISTANCE`; what lies further may be given as `HASH_BITS`.
    """
    nearest = np.full(len(frames), HASH_BITS, np.int64)
    if not len(references) or not len(frames):
        return nearest
    queries = np.unique(np.concatenate([references ^ turn for turn in TURNS]), axis=0)
    step = max(1, _PAIRS // len(queries))
    for start in range(0, len(frames), step):
        part = frames[start : start + step]
        half = np.bitwise_count(queries[:, 0, None] ^ part[None, :, 0])
        half += np.bitwise_count(queries[:, 1, None] ^ part[None, :, 1])
        query, frame = np.nonzero(half <= UNSURE_DISTANCE)
        if len(query):
            bits = np.bitwise_count(queries[query] ^ part[frame]).sum(axis=1, dtype=np.int64)
            np.minimum.at(nearest, frame + start, bits)
    return nearest


def _turns() -> Hashes:
    """What a mirrored, upside down or turned picture changes in its hash: every other column or row of its DCT."""
    mirrored, upside_down = "5" * 64, ("0" * 4 + "f" * 4) * 8
    return _words(["0" * 64, mirrored, upside_down, f"{int(mirrored, 16) ^ int(upside_down, 16):064x}"])


def _words(bits: Iterable[str]) -> Hashes:
    raw = b"".join(bytes.fromhex(one) for one in bits)
    return np.frombuffer(raw, ">u8").reshape(-1, 4).astype(np.uint64)


TURNS = _turns()
