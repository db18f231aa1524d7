"""Stand-ins for what the consent registry needs: a store in memory, and neighbours that remember what they heard."""

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from consent_registry.domain import Audience, Cameo, ConsentFault, Grant, GrantState, Receipt, Scope, SubjectRecord
from consent_registry.ports import Ending
from tests.fakes.approvals import FakeApprovals
from tests.fakes.enrolments import FakeEnrolments, FakeFamilies
from tests.fakes.safety import FakeGroups, FakeSafety
from trust_kernel.errors import Conflict, PlacetError

START = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


class FakeClock:
    """A clock that moves when told to."""

    def __init__(self, now: datetime = START) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time

    def advance(self, **step: float) -> None:
        self.time += timedelta(**step)


class FakeUnit:
    """Transactions one after another, that nothing rolls back."""

    def __init__(self) -> None:
        self._lock = threading.RLock()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._lock:
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        with self._lock:
            yield


class FakeConsentStore(FakeEnrolments, FakeFamilies, FakeSafety, FakeGroups, FakeApprovals):
    """`ConsentStore` in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._digests: set[str] = set()
        self._cameos: list[Cameo] = []
        self._media: dict[tuple[str, str], bytes] = {}
        self._receipts: list[Receipt] = []
        self._follows: set[tuple[str, str]] = set()

    def add_subject(self, record: SubjectRecord, handle_digest: str) -> None:
        if self.subject_of(record.account_id or ""):
            raise Conflict("this account has a subject already", code=ConsentFault.SUBJECT_EXISTS)
        if handle_digest in self._digests:
            raise Conflict("this handle is taken", code=ConsentFault.HANDLE_TAKEN, field="handle")
        self._digests.add(handle_digest)
        self._subjects[record.id] = record

    def subject(self, subject_id: str) -> SubjectRecord | None:
        return self._subjects.get(subject_id)

    def subject_of(self, account_id: str) -> SubjectRecord | None:
        return next((record for record in self._subjects.values() if record.account_id == account_id), None)

    def named(self, handles: Collection[str]) -> Sequence[SubjectRecord]:
        found = [record for record in self._subjects.values() if record.handle in handles]
        return sorted(found, key=lambda record: record.handle or "")

    def lock(self, subject_ids: Collection[str]) -> Mapping[str, SubjectRecord]:
        return {key: self._subjects[key] for key in sorted(subject_ids) if key in self._subjects}

    def set_epoch(self, subject_id: str, epoch: int) -> None:
        self._subjects[subject_id] = replace(self._subjects[subject_id], consent_epoch=epoch)

    def bury(self, subject_id: str, at: datetime) -> None:
        record = self._subjects[subject_id]
        self._subjects[subject_id] = replace(
            record, account_id=None, handle=None, display_name="", birth_year=None, forgotten_at=at
        )

    def follow(self, follower: str, followed: str, at: datetime) -> bool:  # noqa: ARG002 - the port's shape
        new = (follower, followed) not in self._follows
        self._follows.add((follower, followed))
        return new

    def unfollow(self, follower: str, followed: str) -> bool:
        known = (follower, followed) in self._follows
        self._follows.discard((follower, followed))
        return known

    def follows(self, follower: str, followed: str) -> bool:
        return (follower, followed) in self._follows

    def drop_follows(self, account_id: str) -> None:
        self._follows = {pair for pair in self._follows if account_id not in pair}

    def add_cameo(self, cameo: Cameo, attested_by: str) -> None:  # noqa: ARG002 - the port's shape
        self._cameos.append(cameo)

    def cameo(self, subject_id: str) -> Cameo | None:
        versions = [cameo for cameo in self._cameos if cameo.subject_id == subject_id]
        return max(versions, key=lambda cameo: cameo.version, default=None)

    def drop_cameos(self, subject_id: str) -> None:
        self._cameos = [cameo for cameo in self._cameos if cameo.subject_id != subject_id]

    def put_media(self, subject_id: str, part: str, sealed: bytes) -> None:
        self._media[subject_id, part] = sealed

    def media(self, subject_id: str, part: str) -> bytes | None:
        return self._media.get((subject_id, part))

    def drop_media(self, subject_id: str) -> None:
        self._media = {key: sealed for key, sealed in self._media.items() if key[0] != subject_id}

    def add_grant(self, grant: Grant) -> None:
        self._grants[grant.id] = grant

    def grant(self, grant_id: str) -> Grant | None:
        return self._grants.get(grant_id)

    def grants(self, subject_id: str) -> Sequence[Grant]:
        found = [grant for grant in self._grants.values() if grant.subject_id == subject_id]
        return sorted(found, key=lambda grant: (grant.created_at, grant.id))

    def mark_revoked(self, grant_id: str, at: datetime, version: int) -> None:
        self._grants[grant_id] = replace(self._grants[grant_id], revoked_at=at, version=version)

    def count_use(self, grant_id: str) -> bool:
        grant = self._grants.get(grant_id)
        if (
            grant is None
            or grant.revoked_at
            or (grant.terms.max_uses is not None and grant.uses >= grant.terms.max_uses)
        ):
            return False
        self._grants[grant_id] = replace(grant, uses=grant.uses + 1)
        return True

    def strip_grants(self, subject_id: str) -> None:
        for grant in self.grants(subject_id):
            bare = replace(grant.terms, note="", audience=Audience(grant.terms.audience.kind), scope=Scope())
            self._grants[grant.id] = replace(grant, terms=bare)

    def add_receipt(self, receipt: Receipt) -> None:
        self._receipts.append(receipt)

    def receipt(self, grant_id: str, version: int | None) -> Receipt | None:
        found = [one for one in self._receipts if one.grant_id == grant_id and version in {None, one.version}]
        return max(found, key=lambda one: one.version, default=None)

    def receipts(self, subject_id: str) -> Sequence[Receipt]:
        found = [one for one in self._receipts if self._grants[one.grant_id].subject_id == subject_id]
        return sorted(found, key=lambda one: (one.issued_at, one.id), reverse=True)

    def receipt_named(self, receipt_id: str) -> Receipt | None:
        return next((one for one in self._receipts if one.id == receipt_id), None)

    def ended_silently(self, now: datetime, limit: int) -> Sequence[Grant]:
        ended = {GrantState.EXPIRED, GrantState.EXHAUSTED}
        due = [one for one in self._grants.values() if one.version == 1 and one.state_at(now) in ended]
        return sorted(due, key=lambda one: (one.expires_at, one.id))[:limit]

    def reach(self, grant_id: str, version: int) -> None:
        self._grants[grant_id] = replace(self._grants[grant_id], version=version)


@dataclass(frozen=True)
class FakeEnrolled:
    """What came of a fake enrolment."""

    face_templates: int
    voice_templates: int
    portrait: NDArray[np.uint8] | None


@dataclass(frozen=True)
class FakeAlike:
    """Somebody who looks the same."""

    about: str
    gallery: str = "cameo"
    modality: str = "face"
    band: str = "match"
    score: float = 0.97
    name: str = ""


@dataclass(frozen=True)
class FakeScreened:
    """What a fake search said."""

    alike: Sequence[FakeAlike] = ()
    unlike_self: frozenset[str] = frozenset()


@dataclass(frozen=True)
class FakePrepared:
    """What a fake network made of media."""

    faces: Sequence[NDArray[np.uint8]]
    voices: Sequence[NDArray[np.float32]]


class FakeEnroller:
    """Counts what it is given; the portrait is the first picture.

    Attributes:
        says: what a search says.
        fault: raised in place of looking.
    """

    def __init__(self) -> None:
        self.forgotten: list[str] = []
        self.says = FakeScreened()
        self.fault: PlacetError | None = None
        self.prepared = 0
        self.kept: dict[str, dict[str, FakePrepared]] = {}

    def prepare(self, faces: Sequence[NDArray[np.uint8]], voices: Sequence[NDArray[np.float32]]) -> FakePrepared:
        self.prepared += 1
        if self.fault is not None:
            raise self.fault
        return FakePrepared(faces, voices)

    def screen(self, prepared: FakePrepared, *, besides: str) -> FakeScreened:
        del prepared, besides
        return self.says

    def keep(
        self,
        subject_id: str,
        prepared: FakePrepared,
        *,
        keep_reference: bool,  # noqa: ARG002 - the port's shape
        look: str = "",
    ) -> FakeEnrolled:
        self.kept.setdefault(subject_id, {})[look] = prepared
        faces = prepared.faces
        return FakeEnrolled(len(faces), len(prepared.voices), faces[0] if faces else None)

    def drop_look(self, subject_id: str, look: str) -> int:
        return int(self.kept[subject_id].pop(look, None) is not None)

    def template_versions(self, subject_id: str) -> dict[str, tuple[str, ...]]:
        return dict.fromkeys(self.kept.get(subject_id, {}), ("fake-1",))

    def forget(self, subject_id: str) -> None:
        self.forgotten.append(subject_id)


@dataclass
class FakeWithdrawals:
    """Withdraws what a test says is out: release id to grant id."""

    out: dict[str, str] = field(default_factory=dict)
    calls: list[Ending] = field(default_factory=list)
    failing: bool = False

    def withdraw_for(self, ending: Ending) -> tuple[str, ...]:
        if self.failing:
            raise RuntimeError("the vault fell over")
        self.calls.append(ending)
        grants = ending.taken_back
        return tuple(case for case, grant in sorted(self.out.items()) if grants is None or grant in grants)


@dataclass
class FakeRecord:
    """Remembers ledger entries."""

    entries: list[tuple[str, dict[str, str | int]]] = field(default_factory=list)

    def append(self, kind: str, body: Mapping[str, str | int]) -> object:
        self.entries.append((kind, dict(body)))
        return len(self.entries)


@dataclass
class FakeNotifier:
    """Remembers who was told what."""

    told: list[tuple[str, str, dict[str, str | int | bool | None]]] = field(default_factory=list)

    def emit(self, kind: str, recipient: str, payload: Mapping[str, str | int | bool | None]) -> object:
        self.told.append((kind, recipient, dict(payload)))
        return None
