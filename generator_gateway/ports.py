"""What the release path needs, as roles. `placet.wiring` joins them to technologies."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from generator_gateway.stages import (
    Admitted,
    Consent,
    Draft,
    Ended,
    Logged,
    Marked,
    Opened,
    Passed,
    Request,
    Signed,
    Stopped,
)
from trust_kernel.decisions import Decision, Finding, Stage, Verdict
from trust_kernel.media.refs import Look, MediaKind

Progress = Callable[[float], None]
"""Called with the share done, in [0, 1], in the thread that called `render`. It raises to abort."""


@dataclass(frozen=True, slots=True)
class CameoReference:
    """What a backend is given of a granted cameo.

    Attributes:
        handle: the subject's handle, without @.
        portrait: uint8 RGB (h, w, 3); None where the face was not granted or no reference was kept.
        voice: float32 mono 16 kHz; None where the voice was not granted or no reference was kept.
    """

    handle: str
    portrait: NDArray[np.uint8] | None
    voice: NDArray[np.float32] | None


@dataclass(frozen=True, slots=True)
class MediaInput:
    """An input reference, as bytes: a backend never gets a URL."""

    kind: MediaKind
    path: Path


@dataclass(frozen=True, slots=True)
class RenderOrder:
    """One video to make.

    Attributes:
        prompt: what the person wrote.
        width: pixels, even.
        height: pixels, even.
        seconds: whole seconds.
        seed: equal orders with equal seeds give equal bytes, where the backend promises that.
        cameos: granted likenesses.
        inputs: input references.
    """

    prompt: str
    width: int
    height: int
    seconds: int
    seed: int
    cameos: Sequence[CameoReference] = ()
    inputs: Sequence[MediaInput] = ()


class VideoBackend(Protocol):
    """Makes a video."""

    name: str

    def render(self, order: RenderOrder, target: Path, progress: Progress) -> None:
        """Write an MP4 to `target`.

        Raises:
            Unavailable: the backend does not answer; the case is tried again.
            InvalidInput: the order cannot be rendered.
        """
        ...


class CaseLedger(Protocol):
    """Puts a case on record."""

    def open(self, request: Request) -> Opened:
        """Record the intent before any work."""
        ...

    def seal(self, signed: Signed) -> Logged:
        """Record what is about to be released; gives the inclusion proof's place."""
        ...

    def close(self, stopped: Stopped) -> Stopped:
        """Record why a case goes no further."""
        ...


class RequestGates(Protocol):
    """Everything that looks at a request."""

    def judge(self, opened: Opened) -> Admitted | Stopped:
        """Run every gate, ask policy."""
        ...


class OutputGates(Protocol):
    """Everything that looks at what was made."""

    def judge(self, draft: Draft) -> Passed | Stopped:
        """Run every gate on the draft, ask policy."""
        ...


class Renderer(Protocol):
    """Renders an admitted case into quarantine."""

    def render(self, admitted: Admitted) -> Draft:
        """Make the draft."""
        ...


class Marker(Protocol):
    """Visible and invisible marks."""

    def mark(self, passed: Passed) -> Marked:
        """Mark the draft and read the mark back."""
        ...


class Signer(Protocol):
    """Content credentials."""

    def sign(self, marked: Marked) -> Signed:
        """Sign, then verify what was signed."""
        ...


class Vault(Protocol):
    """The door out."""

    def release(self, logged: Logged) -> Ended:
        """Re-check consent under lock and release, or stop, in one transaction."""
        ...


@dataclass(frozen=True, slots=True)
class Cause:
    """Why releases are taken back.

    Attributes:
        reason: reason code.
        subject_id: whose consent ended; None where the cause is not a person's.
        grant_ids: only releases made under these grants; None for every release that shows the subject.
        case_ids: these releases, whoever they show.
        actor: account that caused it.
    """

    reason: str
    subject_id: str | None = None
    grant_ids: frozenset[str] | None = None
    case_ids: frozenset[str] = frozenset()
    actor: str = ""


class Recall(Protocol):
    """Finds releases and takes them back."""

    def touched_by(self, cause: Cause) -> tuple[str, ...]:
        """Case ids of live releases that the cause touches, their rows locked in id order."""
        ...

    def take_back(self, case_ids: tuple[str, ...], cause: Cause) -> tuple[str, ...]:
        """Mark them withdrawn, put it on the ledger, tell every owner."""
        ...


@dataclass(frozen=True, slots=True)
class CaseView:
    """What a gate is shown: the request, and every medium that belongs to this look, decoded once.

    Attributes:
        looks: pairs of source ("output" or a reference's id) and look.
        consents: consents that already stand, for the output look.
        at: the moment that consent is asked for.
    """

    stage: Stage
    request: Request
    at: datetime
    looks: tuple[tuple[str, Look], ...] = ()
    consents: tuple[Consent, ...] = ()


@dataclass(frozen=True, slots=True)
class GateReport:
    """What one gate says.

    Attributes:
        findings: at least one.
        consents: consents that the gate relied on.
        made_with: versions of models and indexes.
        seen: subject ids recognised in the media.
    """

    findings: tuple[Finding, ...]
    consents: tuple[Consent, ...] = ()
    made_with: Mapping[str, str] = field(default_factory=dict)
    seen: tuple[str, ...] = ()


class Gate(Protocol):
    """Looks at one aspect of a case."""

    @property
    def name(self) -> str:
        """Stands in findings."""
        ...

    def look(self, view: CaseView) -> GateReport:
        """Say what is there. Whatever this raises becomes a hold."""
        ...


class Panel(Protocol):
    """All gates."""

    def look(self, view: CaseView) -> GateReport:
        """Every gate's findings together; none short-circuits."""
        ...


class Policy(Protocol):
    """Rules on findings."""

    def decide(self, view: CaseView, report: GateReport) -> Decision:
        """One ruling for each finding, by the active policy."""
        ...


Earned = TypeVar("Earned")


class Journal(Protocol):
    """Remembers what a case has earned."""

    def earned(self, case_id: str, stage: type[Earned]) -> Earned | None:
        """The stage, if the case got that far."""
        ...

    def earn(self, case_id: str, value: Earned) -> Earned:
        """Keep a stage.

        Raises:
            Conflict: another worker holds the case now.
        """
        ...


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a case until it runs out; a new one makes the old one worthless."""

    case_id: str
    token: str
    attempt: int


@dataclass(frozen=True, slots=True)
class CaseSummary:
    """A case as clients and reviewers see it.

    Attributes:
        status: "queued", "in_progress", "held", "completed" or "failed".
        progress: percent.
    """

    id: str
    account_id: str
    status: str
    request: Request
    progress: int
    created_at: datetime
    completed_at: datetime | None
    error_code: str | None
    error_message: str | None
    reasons: tuple[str, ...]
    deleted_at: datetime | None


MAX_LINEAGE = 64
"""Ancestors that a remix may have; longer chains are refused rather than walked."""


class Cases(Protocol):
    """The case rows, as the release path needs them."""

    def release_number(self, case_id: str) -> int:
        """The number drawn for this case when it was accepted."""
        ...

    def save_decision(self, case_id: str, decision: Decision) -> None:
        """Keep a decision with what it was made with."""
        ...

    def approved(self, case_id: str, stage: Stage) -> frozenset[str]:
        """Reason codes whose holds a reviewer lifted on this look."""
        ...

    def stop(self, stopped: Stopped) -> Request:
        """Set the case held or failed; needs the lease. Gives what was asked for."""
        ...

    def complete(self, case_id: str, at: datetime) -> None:
        """Set the case completed; needs the lease."""
        ...

    def advance(self, case_id: str, percent: int) -> None:
        """Tell how far the work is and renew the lease."""
        ...

    def lineage(self, case_id: str) -> tuple[str, ...]:
        """The parent, its parent, and so on; one more than MAX_LINEAGE where there are more."""
        ...


@dataclass(frozen=True, slots=True)
class Owner:
    """A co-owner of a release.

    Attributes:
        role: "requester" or "subject".
        rights: of "see", "download", "delete", "withdraw", "object".
        grant_ids: every grant that was used; one may cover the face and another the voice.
        modalities: of "face", "voice"; what of a subject is used.
    """

    account_id: str
    role: str
    rights: tuple[str, ...]
    subject_id: str | None = None
    grant_ids: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReleaseRecord:
    """A release as it stands.

    Attributes:
        status: "released" or "withdrawn".
    """

    case_id: str
    release_number: int
    media_digest: str
    manifest_label: str
    fingerprints: tuple[str, ...]
    status: str
    released_at: datetime
    ledger_index: int
    owners: tuple[Owner, ...]
    withdrawn_at: datetime | None = None
    withdrawn_reason: str | None = None


class Releases(Protocol):
    """The release rows."""

    def add(self, record: ReleaseRecord) -> None:
        """Insert a release with its owners, in the caller's transaction."""
        ...

    def find(self, case_id: str) -> ReleaseRecord | None:
        """The release of a case."""
        ...

    def stands(self, case_id: str) -> bool:
        """Whether a case's release is out, its row locked so that this stays so until commit."""
        ...

    def by_number(self, release_number: int) -> ReleaseRecord | None:
        """The release whose mark carries this number."""
        ...

    def by_manifest(self, manifest_label: str) -> ReleaseRecord | None:
        """The release that a manifest belongs to."""
        ...

    def lock_touched(self, cause: Cause) -> tuple[str, ...]:
        """Live releases that a cause touches, locked, in id order."""
        ...

    def mark_withdrawn(self, case_id: str, reason: str, at: datetime) -> ReleaseRecord:
        """Set a locked release withdrawn."""
        ...


class Record(Protocol):
    """The public ledger: digests and codes only."""

    def append(self, kind: str, body: Mapping[str, str | int]) -> "RecordedEntry":
        """Add an entry in the caller's transaction."""
        ...

    def checkpoint(self) -> str:
        """Sign the tree as it stands."""
        ...


class RecordedEntry(Protocol):
    """Where an entry landed."""

    @property
    def index(self) -> int: ...  # noqa: D102


class Notices(Protocol):
    """Tells people."""

    def emit(self, kind: str, recipient: str, payload: Mapping[str, str | int | bool | None]) -> object:
        """Queue a notice in the caller's transaction."""
        ...


class CaseShelf(Protocol):
    """The case rows, as clients and reviewers need them."""

    def accept(self, request: Request, key: str | None, digest: str | None) -> tuple[CaseSummary, bool]:
        """Keep a new case, or give the one that this idempotency key made (and False)."""
        ...

    def get(self, case_id: str) -> CaseSummary:
        """One case; raises NotFound."""
        ...

    def page(
        self, account_id: str | None, *, after: str | None, limit: int, ascending: bool, status: str | None = None
    ) -> tuple[list[CaseSummary], bool]:
        """Some cases, and whether there are more."""
        ...

    def delete(self, case_id: str) -> None:
        """Hide a case."""
        ...

    def decisions(self, case_id: str) -> Sequence[Decision]:
        """Every decision on a case, oldest first."""
        ...

    def review(self, case_id: str, reviewer: str, verdict: Verdict, note: str) -> None:
        """Keep what a person said of a held case."""
        ...


class Queue(Protocol):
    """Carries case ids to workers; may lose them, because the sweeper looks in the database."""

    def enqueue(self, case_id: str) -> None:
        """Ask some worker to run a case soon."""
        ...


class Line(Protocol):
    """The release path's parts."""

    @property
    def ledger(self) -> CaseLedger: ...  # noqa: D102
    @property
    def request_gates(self) -> RequestGates: ...  # noqa: D102
    @property
    def backend(self) -> Renderer: ...  # noqa: D102
    @property
    def output_gates(self) -> OutputGates: ...  # noqa: D102
    @property
    def marker(self) -> Marker: ...  # noqa: D102
    @property
    def signer(self) -> Signer: ...  # noqa: D102
    @property
    def vault(self) -> Vault: ...  # noqa: D102
