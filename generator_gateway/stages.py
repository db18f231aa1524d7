"""What a case has earned so far. Each value is made from the one before it, and holds ids and digests, never bytes.

A crashed worker resumes after the last stage that was journalled, so these are all that a step may rely on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from trust_kernel.decisions import Verdict
from trust_kernel.media.refs import MediaRef


@dataclass(frozen=True, slots=True)
class Reference:
    """A medium that a request hands in.

    Attributes:
        id: ``ref_…``, what findings point at.
        media: the stored bytes.
        role: "input_reference" is the only one today.
    """

    id: str
    media: MediaRef
    role: str = "input_reference"


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for.

    Attributes:
        case_id: ``video_…``; the client's video id and our case id are one.
        account_id: who asks.
        prompt: as sent, 1 to 32,000 characters.
        model: backend name.
        seconds: length asked for.
        width: pixels.
        height: pixels.
        seed: what makes a render repeatable.
        references: media handed in.
        characters: cameo ids named in the request (handles in the prompt are found by the gates).
        remix_of: the parent video's id.
        purpose: what it is for, in the terms of grants.
        territories: where it is to be shown, ISO 3166-1 alpha-2; empty where not said, which means everywhere.
        languages: what is to be spoken, ISO 639; empty where not said, which means any.
        contexts: what it shows, as declared, in the terms of grants.
    """

    case_id: str
    account_id: str
    prompt: str
    model: str
    seconds: int
    width: int
    height: int
    seed: int
    references: tuple[Reference, ...] = ()
    characters: tuple[str, ...] = ()
    remix_of: str | None = None
    purpose: str = "personal"
    territories: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    contexts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent as it stood at admission; release checks that it still stands.

    Attributes:
        subject_id: whose likeness.
        epoch: the subject's consent epoch at that time.
        grant_id: the grant used; None where the requester is the subject.
        modalities: "face", "voice".
    """

    subject_id: str
    epoch: int
    grant_id: str | None
    modalities: frozenset[str]


@dataclass(frozen=True, slots=True)
class Opened:
    """Intent is on record.

    Attributes:
        ledger_index: where in the ledger.
        release_number: what the watermark will carry, if it comes to that.
    """

    request: Request
    opened_at: datetime
    ledger_index: int
    release_number: int

    @property
    def case_id(self) -> str:
        """The case's id."""
        return self.request.case_id


@dataclass(frozen=True, slots=True)
class Stopped:
    """The case goes no further: held for a person, or denied.

    Attributes:
        decision_id: None where the machine failed before deciding.
        reasons: reason codes, worst first.
        message: for the person who asked.
        appealable: whether something that stopped it can be overturned on appeal, should it be denied.
    """

    case_id: str
    verdict: Verdict
    reasons: tuple[str, ...]
    message: str
    decision_id: str | None = None
    appealable: bool = False


@dataclass(frozen=True, slots=True)
class Admitted:
    """The request may be generated, under these consents."""

    opened: Opened
    decision_id: str
    consents: tuple[Consent, ...]

    @property
    def case_id(self) -> str:
        """The case's id."""
        return self.opened.case_id


@dataclass(frozen=True, slots=True)
class Draft:
    """The backend rendered something; it is in quarantine."""

    admitted: Admitted
    media: MediaRef
    backend: str

    @property
    def case_id(self) -> str:
        """The case's id."""
        return self.admitted.case_id


@dataclass(frozen=True, slots=True)
class Previewed:
    """A draft that somebody in it wants to see first, marked for their eyes. Beside the path: nothing is made from it.

    Attributes:
        media: the marked copy.
    """

    draft: Draft
    media: MediaRef

    @property
    def case_id(self) -> str:
        """The case's id."""
        return self.draft.case_id


@dataclass(frozen=True, slots=True)
class Passed:
    """What was made holds nobody and nothing that did not say placet.

    Attributes:
        seen: subject ids that the output scan recognised; they co-own, named in the request or not.
        sensed: the same people with what of them was recognised: pairs of subject id and "face" or "voice".
        fingerprints: PDQ hashes of sampled frames, hex; what a recovered watermark is checked against.
        visible_mark: "standard", "strong" or "off", as policy says.
        visible_mark_policy: ``@id`` of the policy that says so; empty where none does.
    """

    draft: Draft
    decision_id: str
    seen: tuple[str, ...]
    fingerprints: tuple[str, ...]
    visible_mark: str = "standard"
    visible_mark_policy: str = ""
    sensed: tuple[tuple[str, str], ...] = ()

    @property
    def case_id(self) -> str:
        """The case's id."""
        return self.draft.case_id


@dataclass(frozen=True, slots=True)
class Marked:
    """Marked, and the mark was read back.

    Attributes:
        report: what the marker measured, by name (psnr_y, sync_z, ...).
    """

    passed: Passed
    media: MediaRef
    report: Mapping[str, float]

    @property
    def case_id(self) -> str:
        """The case's id."""
        return self.passed.case_id


@dataclass(frozen=True, slots=True)
class Signed:
    """Carries a C2PA manifest that verified after signing.

    Attributes:
        manifest_label: URN of the active manifest.
        manifest: digest of the stored manifest store, for recovery through a mark.
        thumbnail: a signed still of the marked video.
        spritesheet: signed stills of the marked video, on one sheet.
    """

    marked: Marked
    media: MediaRef
    manifest_label: str
    manifest: str
    thumbnail: MediaRef
    spritesheet: MediaRef

    @property
    def kept(self) -> tuple[str, ...]:
        """Digests of everything that is stored with this stage."""
        return (self.manifest, self.thumbnail.digest, self.spritesheet.digest)

    @property
    def case_id(self) -> str:
        """The case's id."""
        return self.marked.case_id


@dataclass(frozen=True, slots=True)
class Logged:
    """On the ledger, with a proof of inclusion."""

    signed: Signed
    ledger_index: int
    checkpoint: str

    @property
    def case_id(self) -> str:
        """The case's id."""
        return self.signed.case_id


@dataclass(frozen=True, slots=True)
class Released:
    """Out, owned by everyone in it.

    Attributes:
        owners: account ids: the requester first, then each subject's.
    """

    logged: Logged
    released_at: datetime
    owners: tuple[str, ...]

    @property
    def case_id(self) -> str:
        """The case's id."""
        return self.logged.case_id


Ended = Released | Stopped
