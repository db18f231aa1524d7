"""Stand-ins for copyright_optout's ports."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from PIL import Image

from copyright_optout.api import OptOutParts
from copyright_optout.domain import (
    Claim,
    ClaimChange,
    ClaimState,
    Concerning,
    Fingerprint,
    Membership,
    OptOutFault,
    Organisation,
)
from copyright_optout.errors import UnknownClaim
from copyright_optout.ports import ClaimStore, Hashes, IndexHit, OrganisationStore, Outbox, People, Record
from trust_kernel.clock import Clock
from trust_kernel.errors import Conflict, NotFound
from trust_kernel.media.refs import Look, MediaKind, MediaLimits, MediaRef
from trust_kernel.names.plain import fold_name


@dataclass
class MemoryRecord:
    """A ledger that remembers."""

    entries: list[tuple[str, dict[str, str | int]]] = field(default_factory=list)

    def append(self, kind: str, body: Mapping[str, str | int]) -> None:
        self.entries.append((kind, dict(body)))


class MemoryClaims:
    """Claims in a dictionary.

    Args:
        organisations: says which of them let nothing be made without a licence.
    """

    def __init__(self, organisations: "MemoryOrganisations | None" = None) -> None:
        self._organisations = organisations or MemoryOrganisations()
        self._claims: dict[str, Claim] = {}
        self._bits: dict[str, tuple[Fingerprint, ...]] = {}
        self._concerns: dict[str, tuple[Concerning, ...]] = {}
        self._generations: dict[str, int] = {}

    @contextmanager
    def transaction(self) -> Iterator[None]:
        kept = (self._claims, self._bits, self._concerns, self._generations)
        before = [dict(one) for one in kept]
        try:
            yield
        except BaseException:
            self._claims, self._bits, self._concerns, self._generations = before  # type: ignore[assignment] # copies
            raise

    def add(self, claims: Sequence[Claim], concerns: Mapping[str, Sequence[Concerning]]) -> None:
        for claim in claims:
            if claim.reference and self.by_reference(claim.organisation_id, [claim.reference]):
                raise Conflict("you have a claim with this reference already", code=OptOutFault.REFERENCE_TAKEN)
            self._claims[claim.id] = claim
            self._concerns[claim.id] = tuple(concerns.get(claim.id, ()))

    def add_prints(self, claim_id: str, fingerprints: Iterable[Fingerprint]) -> None:
        self._bits[claim_id] = (*self._bits.get(claim_id, ()), *fingerprints)

    def prints(self, claim_id: str) -> Sequence[str]:
        return [made.bits for made in self._bits.get(claim_id, ()) if not made.spot]

    def get(self, claim_id: str, *, lock: bool = False) -> Claim | None:
        del lock
        return self.many([claim_id]).get(claim_id)

    def replace(self, claim: Claim) -> None:
        if claim.id not in self._claims:
            raise UnknownClaim("there is no such claim")
        self._claims[claim.id] = claim
        self._generations[claim.id] = self.latest_generation() + 1

    def hold_generation(self) -> None:
        pass

    def replace_many(self, claims: Sequence[Claim]) -> None:
        generation = self.latest_generation() + 1
        for claim in claims:
            self.replace(claim)
            self._generations[claim.id] = generation

    def page(
        self,
        organisation_ids: Collection[str] | None,
        *,
        states: Collection[ClaimState] = (),
        after: str | None = None,
        limit: int = 100,
    ) -> Sequence[Claim]:
        found = [
            claim
            for claim in self.many(self._claims).values()
            if (organisation_ids is None or claim.organisation_id in organisation_ids)
            and (not states or claim.state in states)
            and (after is None or claim.id < after)
        ]
        return sorted(found, key=lambda claim: claim.id, reverse=True)[:limit]

    def many(self, claim_ids: Iterable[str], *, lock: bool = False) -> Mapping[str, Claim]:
        del lock
        found = {claim_id: self._claims[claim_id] for claim_id in claim_ids if claim_id in self._claims}
        strict = self._organisations.strict
        return {key: replace(claim, only_licensed=claim.organisation_id in strict) for key, claim in found.items()}

    def by_reference(self, organisation_id: str, references: Iterable[str]) -> Mapping[str, Claim]:
        theirs = {c.reference: c for c in self._claims.values() if c.organisation_id == organisation_id}
        return {reference: theirs[reference] for reference in references if reference in theirs}

    def called(self, folded: Iterable[str]) -> Mapping[str, Sequence[Claim]]:
        ended = {ClaimState.WITHDRAWN, ClaimState.EXPIRED}
        found = {
            name: [c for c in self._claims.values() if c.state not in ended and name in map(fold_name, c.terms.aliases)]
            for name in folded
        }
        return {name: claims for name, claims in found.items() if claims}

    def concerns(self, claim_ids: Iterable[str]) -> Mapping[str, Sequence[Concerning]]:
        return {key: self._concerns[key] for key in claim_ids if self._concerns.get(key)}

    def set_concerns(self, claim_id: str, concerns: Sequence[Concerning]) -> None:
        self._concerns[claim_id] = tuple(concerns)

    def expired(self, at: datetime, limit: int) -> Sequence[str]:
        lapsing = {ClaimState.ACTIVE, ClaimState.QUARANTINED, ClaimState.DISPUTED}
        over = [
            (claim.terms.expires_at, claim.id)
            for claim in self._claims.values()
            if claim.state in lapsing and claim.terms.expires_at is not None and claim.terms.expires_at <= at
        ]
        return [claim_id for _, claim_id in sorted(over)][:limit]

    def fence(self) -> int:
        return self.latest_generation()

    def latest_generation(self) -> int:
        return max(self._generations.values(), default=0)

    def changes_since(self, generation: int, most: int) -> Sequence[ClaimChange]:
        later = sorted((number, claim_id) for claim_id, number in self._generations.items() if number > generation)
        last = later[most - 1][0] if len(later) >= most else None
        return [self._change(claim_id, number) for number, claim_id in later if last is None or number <= last]

    def _change(self, claim_id: str, number: int) -> ClaimChange:
        claim = self._claims[claim_id]
        if claim.state is not ClaimState.ACTIVE:
            return ClaimChange(claim_id, number, active=False)
        terms, kept = claim.terms, self._bits.get(claim_id, ())
        bits, spots = (tuple(made.bits for made in kept if made.spot is spot) for spot in (False, True))
        return ClaimChange(claim_id, number, True, terms.aliases, terms.descriptions, bits, spots)


class MemoryOrganisations:
    """Organisations in dictionaries."""

    def __init__(self) -> None:
        self._organisations: dict[str, Organisation] = {}
        self._members: dict[tuple[str, str], Membership] = {}

    @property
    def strict(self) -> frozenset[str]:
        """Those that let nothing be made without a licence."""
        return frozenset(one.id for one in self._organisations.values() if one.only_licensed)

    def found(self, organisation: Organisation, owner: Membership) -> None:
        self._organisations[organisation.id] = organisation
        self.put_member(owner)

    def organisation(self, organisation_id: str, *, lock: bool = False) -> Organisation | None:
        del lock
        return self._organisations.get(organisation_id)

    def organisations(self, organisation_ids: Iterable[str]) -> Mapping[str, Organisation]:
        return {key: self._organisations[key] for key in organisation_ids if key in self._organisations}

    def change(self, organisation: Organisation) -> None:
        if organisation.id not in self._organisations:
            raise NotFound("there is no such organisation", code=OptOutFault.ORGANISATION_UNKNOWN)
        self._organisations[organisation.id] = organisation

    def of_account(self, account_id: str) -> Sequence[Membership]:
        return self._of_account(account_id, accepted=True)

    def members(self, organisation_id: str) -> Sequence[Membership]:
        return self._of_organisation(organisation_id, accepted=True)

    def invitations(self, account_id: str) -> Sequence[Membership]:
        return self._of_account(account_id, accepted=False)

    def invited(self, organisation_id: str) -> Sequence[Membership]:
        return self._of_organisation(organisation_id, accepted=False)

    def _of_account(self, account_id: str, *, accepted: bool) -> Sequence[Membership]:
        theirs = [one for one in self._members.values() if (one.account_id, one.accepted) == (account_id, accepted)]
        return sorted(theirs, key=lambda one: (one.since, one.organisation_id))

    def _of_organisation(self, organisation_id: str, *, accepted: bool) -> Sequence[Membership]:
        wanted = (organisation_id, accepted)
        theirs = [one for one in self._members.values() if (one.organisation_id, one.accepted) == wanted]
        return sorted(theirs, key=lambda one: (one.since, one.account_id))

    def put_member(self, membership: Membership) -> None:
        self._members[membership.organisation_id, membership.account_id] = membership

    def drop_member(self, organisation_id: str, account_id: str) -> None:
        self._members.pop((organisation_id, account_id), None)


@dataclass
class KnownNames:
    """People who are registered, by folded name, and whoever is told for them."""

    names: dict[str, str] = field(default_factory=dict)

    def called(self, folded: Iterable[str]) -> Mapping[str, frozenset[str]]:
        return {name: frozenset({self.names[name]}) for name in set(folded) & self.names.keys()}


@dataclass
class FixedStaff:
    """Whoever decides on claims."""

    accounts: tuple[str, ...] = ("acct_s",)

    def who_may(self, permission: str) -> Collection[str]:
        return self.accounts if permission == "optout:activate" else ()


@dataclass
class EveryAccount:
    """Accounts of which each exists but those said to be gone."""

    gone: set[str] = field(default_factory=set)

    def exists(self, account_id: str) -> bool:
        return account_id not in self.gone

    def called(self, account_id: str) -> str:
        return "" if account_id in self.gone else account_id.removeprefix("acct_").capitalize()


@dataclass
class MemoryOutbox:
    """Notices that were put out."""

    sent: list[tuple[str, str, dict[str, str | int | bool | None]]] = field(default_factory=list)

    def emit(self, kind: str, recipient: str, payload: Mapping[str, str | int | bool | None]) -> None:
        self.sent.append((kind, recipient, dict(payload)))


def optout_parts(
    claims: ClaimStore | None = None,
    organisations: OrganisationStore | None = None,
    *,
    record: Record | None = None,
    clock: Clock | None = None,
    people: People | None = None,
    outbox: Outbox | None = None,
) -> OptOutParts:
    """Real fingerprints and indexes, everything else in memory unless given."""
    from copyright_optout.adapters.bit_matrix import BitMatrix
    from copyright_optout.adapters.pdq import PdqHasher

    kept = MemoryOrganisations()
    return OptOutParts(
        claims=claims or MemoryClaims(kept),
        organisations=organisations or kept,
        hasher=PdqHasher(),
        index=BitMatrix(),
        spots=BitMatrix(),
        people=people or KnownNames(),
        accounts=EveryAccount(),
        staff=FixedStaff(),
        record=record or MemoryRecord(),
        outbox=outbox or MemoryOutbox(),
        clock=clock or SetClock(),
    )


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

    def identify(self, path: Path, limits: MediaLimits, *, field: str = "pictures") -> MediaRef:
        return MediaRef("00" * 32, self.look(path, limits, field=field).kind, "image/png", path.stat().st_size)

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
