"""Stand-ins for what a verification asks: files whose marks, credentials and fingerprints are what a test says."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from copyright_optout.api import alike
from generator_gateway.api import Owner, ReleaseRecord, Sources, VerificationDesk
from generator_gateway.ports.bindings import Prints
from generator_gateway.ports.reports import Feedback, KeptReport
from generator_gateway.ports.verification import OnStep, Verification
from tests.factories.cases import NOON
from tests.fakes.bindings import FakeRelease, MemoryBindings, SpelledPrints
from trust_kernel.errors import InvalidInput
from watermark.api import (
    AiClaim,
    CredentialReason,
    CredentialReport,
    CredentialState,
    Geometry,
    MarkReading,
    MarksFound,
    SignerReport,
    SoundReading,
    Stretch,
)

SIGNER = SignerReport("Example Org", "Example Signer", trusted=True, signed_at="")
UNSIGNED = CredentialReport(CredentialState.NO_CREDENTIAL, AiClaim.UNKNOWN, "none", (CredentialReason.UNSIGNED,))
SECONDS = 10.0
UNMARKED = MarkReading(False, None, 1.0, 7.0, None, 240, SECONDS)
UNMARKED_SOUND = SoundReading(False, None, 1.0, 7.0, SECONDS)
SAME_PLACE = Geometry()


def a_credential(
    state: CredentialState = CredentialState.TRUSTED,
    ai: AiClaim = AiClaim.YES,
    *,
    label: str = "",
    reasons: tuple[CredentialReason, ...] = (),
    trusted: bool | None = None,
) -> CredentialReport:
    """What a file's credential could read."""
    readable = state not in {CredentialState.NO_CREDENTIAL, CredentialState.REMOTE_MANIFEST_ONLY}
    vouched = trusted if trusted is not None else state is CredentialState.TRUSTED
    signer = replace(SIGNER, trusted=vouched) if readable else None
    return CredentialReport(state, ai, "because", reasons, signer=signer, manifest_label=label)


def marked(
    *stretches: tuple[float, float, int], seconds: float = SECONDS, geometry: Geometry = SAME_PLACE
) -> MarkReading:
    """Pictures with marks: start, end and number of each."""
    found = tuple(Stretch(start, end, number, "1", 30.0) for start, end, number in stretches)
    return MarkReading(True, found[0].payload, 30.0, 7.0, geometry, 240, seconds, "1", found, 1e-12)


def sounding(*stretches: tuple[float, float, int], seconds: float = SECONDS, speed: float = 1.0) -> SoundReading:
    """Sound with marks: start, end and release number of each; the mark says its lowest 32 bits."""
    found = tuple(Stretch(start, end, number % (1 << 32), "1", 12.0) for start, end, number in stretches)
    return SoundReading(True, found[0].payload, 12.0, 7.0, seconds, speed, "1", found, 1e-12)


@dataclass
class SaidMarks:
    """Marks of files by their bytes; a file that it does not know cannot be decoded."""

    known: dict[bytes, MarksFound] = field(default_factory=dict)
    failing: Exception | None = None

    def read(self, path: Path, *, thorough: bool) -> MarksFound:
        assert thorough
        if self.failing is not None:
            raise self.failing
        found = self.known.get(path.read_bytes())
        if found is None:
            raise InvalidInput("no medium", code="watermark:video:unusable")
        return found


@dataclass
class SaidCredentials:
    """Credentials of files by their bytes, none where a test says nothing; `held` by stored manifest."""

    known: dict[bytes, CredentialReport] = field(default_factory=dict)
    held: dict[bytes, CredentialReport] = field(default_factory=dict)
    asked_with: list[tuple[Sequence[str], Sequence[str]]] = field(default_factory=list)

    def examine(
        self,
        path: Path,
        *,
        trust_anchors: Sequence[str] = (),
        tsa_anchors: Sequence[str] = (),
        manifest: bytes | None = None,
    ) -> CredentialReport:
        self.asked_with.append((trust_anchors, tsa_anchors))
        if manifest is not None:
            return self.held.get(manifest, a_credential(CredentialState.RECOVERED, AiClaim.YES, trusted=True))
        return self.known.get(path.read_bytes(), UNSIGNED)

    def crjson(self, path: Path, *, trust_anchors: Sequence[str] = (), tsa_anchors: Sequence[str] = ()) -> str | None:
        del trust_anchors, tsa_anchors
        return '{"manifests": []}' if path.read_bytes() in self.known else None


@dataclass
class ShelvedReleases:
    """Releases in a dictionary."""

    records: dict[str, ReleaseRecord] = field(default_factory=dict)

    def find(self, case_id: str) -> ReleaseRecord | None:
        return self.records.get(case_id)

    def by_number(self, release_number: int) -> ReleaseRecord | None:
        return next((record for record in self.records.values() if record.release_number == release_number), None)

    def by_manifest(self, manifest_label: str) -> ReleaseRecord | None:
        return next((record for record in self.records.values() if record.manifest_label == manifest_label), None)


@dataclass
class ProvenLedger:
    """A ledger that holds everything, unless a test says otherwise."""

    missing: set[int] = field(default_factory=set)

    def proves(self, index: int) -> bool:
        return index not in self.missing


class MemoryReports:
    """Kept reports and feedback in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, KeptReport] = {}
        self.feedback: list[tuple[Feedback, datetime]] = []
        self.released: dict[str, str] = {}

    def keep(self, report: KeptReport) -> None:
        self.kept[report.sha256] = report

    def find(self, sha256: str, now: datetime) -> KeptReport | None:
        found = self.kept.get(sha256)
        return found if found is not None and found.until > now else None

    def say(self, feedback: Feedback, until: datetime) -> None:
        self.feedback.append((feedback, until))

    def said(self, now: datetime, limit: int) -> tuple[Feedback, ...]:
        live = [feedback for feedback, until in self.feedback if until > now]
        return tuple(sorted(live, key=lambda one: one.at, reverse=True)[:limit])

    def forget(self, now: datetime) -> int:
        before = len(self.kept) + len(self.feedback)
        self.kept = {key: report for key, report in self.kept.items() if report.until > now}
        self.feedback = [(feedback, until) for feedback, until in self.feedback if until > now]
        return before - len(self.kept) - len(self.feedback)

    def released_as(self, sha256: str) -> str | None:
        return self.released.get(sha256)


class World:
    """A desk, and everything that it asks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.marks = SaidMarks()
        self.credentials = SaidCredentials()
        self.prints = SpelledPrints()
        self.bindings = MemoryBindings()
        self.releases = ShelvedReleases()
        self.ledger = ProvenLedger()
        self.desk = VerificationDesk(
            Sources(
                credentials=self.credentials,
                marks=self.marks,
                prints=self.prints,
                bindings=self.bindings,
                releases=self.releases,
                ledger=self.ledger,
                alike=alike,
                development="Placet development",
            )
        )

    def release(self, letter: str, number: int, *, people: int = 1, status: str = "released") -> ReleaseRecord:
        """A release whose frames all look like `letter`, and whose sound does too."""
        case_id, label = f"video_{letter}", f"urn:c2pa:{letter}"
        owners = [Owner("acct_ada", "requester", ("see",))]
        owners += [Owner(f"acct_{at}", "subject", ("see",), f"subj_{at}") for at in range(people)]
        record = ReleaseRecord(
            case_id=case_id,
            release_number=number,
            media_digest=letter * 64,
            manifest_label=label,
            fingerprints=looks(letter).pictures,
            status=status,
            released_at=NOON,
            ledger_index=number % 1000,
            owners=tuple(owners),
            withdrawn_at=NOON if status == "withdrawn" else None,
        )
        self.releases.records[case_id] = record
        self.bindings.releases[case_id] = FakeRelease(number, label)
        self.bindings.manifests[f"manifest {letter}"] = f"manifest {letter}".encode()
        self.bindings.register(case_id, looks(letter), f"manifest {letter}")
        return record

    def own_file(
        self,
        record: ReleaseRecord,
        *,
        picture: MarkReading | None = None,
        sound: SoundReading | None = None,
        prints: Prints | None = None,
    ) -> Path:
        """The very file that a release went out as, signed."""
        content = b"own " + record.case_id.encode()
        sha256 = hashlib.sha256(content).hexdigest()
        self.releases.records[record.case_id] = replace(record, media_digest=sha256)
        seen = picture or marked((0, SECONDS, record.release_number))
        credential = a_credential(label=record.manifest_label)
        return self.file(content, picture=seen, sound=sound, prints=prints, credential=credential)

    def withdraw(self, record: ReleaseRecord) -> None:
        """Take a release back."""
        self.releases.records[record.case_id] = replace(record, status="withdrawn", withdrawn_at=NOON)

    def file(
        self,
        content: bytes = b"film",
        *,
        picture: MarkReading | None = UNMARKED,
        sound: SoundReading | None = None,
        prints: Prints | None = None,
        credential: CredentialReport | None = None,
    ) -> Path:
        """A file with these marks, fingerprints and credential."""
        path = self.folder / "film.mp4"
        path.write_bytes(content)
        self.marks.known[content] = MarksFound(picture, sound)
        if prints is not None:
            self.prints.known[content] = prints
        if credential is not None:
            self.credentials.known[content] = credential
        return path

    def verify(self, path: Path, on_step: OnStep | None = None) -> Verification:
        """Ask the desk."""
        return self.desk.verify(path, on_step=on_step)


def looks(*letters: str, sounds: str = "", seconds: float = SECONDS) -> Prints:
    """Fingerprints of a video whose frames look like these letters one after the other, and which sounds like others.

    Args:
        letters: hexadecimal digits; each fills an equal share of the time.
        sounds: the same for the sound; as it looks unless told.
        seconds: its length.
    """
    frames, heard = 20, sounds or "".join(letters)
    pictures = tuple(_spread(letters[at * len(letters) // frames]) for at in range(frames))
    times = tuple(seconds * (at + 0.5) / frames for at in range(frames))
    steps = round(seconds / 0.032)
    sound = tuple(1 + int(heard[at * len(heard) // steps], 16) for at in range(steps))
    return Prints(pictures, sound, times=times)


def _spread(letter: str) -> str:
    """A frame hash; those of different digits differ in about half of their bits, mirrored or not."""
    return hashlib.sha256(letter.encode()).hexdigest()
