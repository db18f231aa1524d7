"""Stand-ins for what the release path needs: guards that see what a test says is there, and steps without media."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from copyright_optout.api import (
    ANYTHING,
    Claim,
    Depiction,
    HeardWork,
    LookAlike,
    NamedWork,
    OptOutIndex,
    OptOutReason,
    PicturedWork,
)
from generator_gateway.errors import GatewayReason
from generator_gateway.ports import CaseView, GateReport, MarkRuling, MediaInput, Prints, Progress, RenderOrder
from likeness_guard.api import Claims, Examination, Gallery, LikenessGuard, NamedPerson, Sighting
from trust_kernel.decisions import Decision, Evidence, Finding, Outcome, Ruling, Verdict
from trust_kernel.envelope import Sealed
from trust_kernel.errors import Broken, InvalidInput, NotFound
from trust_kernel.media.refs import Look, MediaKind, MediaLimits, MediaRef, Stills
from watermark.api import (
    AiClaim,
    CredentialClaim,
    CredentialReport,
    CredentialService,
    CredentialState,
    Made,
    MarkingService,
    MarkReading,
    MarkReport,
    MarksFound,
    SignedCredential,
    Stretch,
    Visibility,
)

_KINDS = {b"image": MediaKind.IMAGE, b"sound": MediaKind.AUDIO}
_SILENCE = np.zeros(0, np.float32)


def look_of(content: bytes) -> Look:
    """A look whose only frame spells the file's bytes, so that fake guards know what they see."""
    frame = np.repeat(np.frombuffer(content, np.uint8), 3).reshape(1, 1, -1, 3)
    return Look(_kind(content), 1, 1, 1.0, frame, np.zeros(1), _SILENCE)


def content_of(look: Look) -> bytes:
    """The bytes that a look spells."""
    return look.frames[0, 0, :, 0].tobytes()


def _kind(content: bytes) -> MediaKind:
    return _KINDS.get(content[:5], MediaKind.VIDEO)


class SpellingDecoder:
    """Decodes any bytes into a look that spells them; what begins with "broken" is refused."""

    def __init__(self) -> None:
        self.looked = 0

    def identify(self, path: Path, limits: MediaLimits) -> MediaRef:
        content = path.read_bytes()
        if content.startswith(b"broken") or len(content) > limits.max_bytes:
            raise InvalidInput("not a medium", code="media:file:unrecognised", field="input_reference")
        return MediaRef(hashlib.sha256(content).hexdigest(), _kind(content), "video/mp4", len(content))

    def look(self, path: Path, limits: MediaLimits) -> Look:
        self.identify(path, limits)
        self.looked += 1
        return look_of(path.read_bytes())

    def stills(self, path: Path) -> Stills:
        content = path.read_bytes()
        return Stills(b"poster of " + content, b"small poster", b"sheet of " + content)


class SeeingLikeness(LikenessGuard):
    """Sees in a medium whom a test put there, and reads the names that it was told of."""

    def __init__(self) -> None:
        self.shown: dict[bytes, tuple[Sighting, ...]] = {}
        self.names: list[NamedPerson] = []
        self.examined: list[bytes] = []
        self.kept: list[str] = []

    def examine(self, look: Look, *, claims: Claims | None = None, keep_as: str = "") -> Examination:
        """A sighting of somebody who was asked for is a verified claim."""
        content = content_of(look)
        self.examined.append(content)
        self.kept += [keep_as] * bool(keep_as)
        seen = next((seen for key, seen in self.shown.items() if key in content), ())
        asked = {(modality, subject) for modality, subjects in (claims or {}).items() for subject in subjects}
        sightings = tuple(
            replace(one, claimed=one.gallery is Gallery.CAMEO and (one.modality, one.about) in asked) for one in seen
        )
        return Examination(sightings, len(sightings), 0.0, {"likeness:face": "fake-1"})

    def named(self, text: str) -> tuple[NamedPerson, ...]:
        return tuple(hit for hit in self.names if hit.alias in text)

    def fence(self) -> int:
        return len(self.names)

    def aliases(self, most: int) -> tuple[tuple[str, str], ...]:
        return tuple((hit.entry_id, hit.alias) for hit in self.names)[:most]


class SeeingOptOuts(OptOutIndex):
    """Recognises the works that a test put there."""

    def __init__(self) -> None:
        self.shown: dict[bytes, tuple[PicturedWork, ...]] = {}
        self.sounding: dict[bytes, tuple[HeardWork, ...]] = {}
        self.resembling: dict[bytes, tuple[LookAlike, ...]] = {}
        self.names: list[NamedWork] = []
        self.licences: set[tuple[str, str]] = set()

    def named(self, text: str) -> tuple[NamedWork, ...]:
        return tuple(hit for hit in self.names if hit.alias in text)

    def fence(self) -> int:
        return len(self.names)

    def aliases(self, most: int) -> tuple[tuple[str, str], ...]:
        return tuple((hit.claim.id, hit.alias) for hit in self.names)[:most]

    def pictured(self, look: Look) -> tuple[PicturedWork, ...]:
        content = content_of(look)
        return next((works for key, works in self.shown.items() if key in content), ())

    @property
    def made_with(self) -> Mapping[str, str]:
        return {"optout:hash": "fake-1"}

    def heard(self, look: Look) -> tuple[HeardWork, ...]:
        content = content_of(look)
        return next((works for key, works in self.sounding.items() if key in content), ())

    def resembled(self, look: Look) -> tuple[LookAlike, ...]:
        content = content_of(look)
        return next((works for key, works in self.resembling.items() if key in content), ())

    def permits(self, claim: Claim, account_id: str, depiction: Depiction = ANYTHING) -> OptOutReason | None:
        if (claim.id, account_id) in self.licences:
            return OptOutReason.LICENSED
        return None if claim.blocks(depiction) else OptOutReason.NOT_BLOCKED

    def fingerprints(self, look: Look) -> tuple[str, ...]:
        return (hashlib.sha256(content_of(look).rsplit(b"|", 1)[-1]).hexdigest(),)

    def alike(self, left: Sequence[str], right: Sequence[str]) -> bool:
        return tuple(left) == tuple(right)


class LookPrints:
    """A `PrintMaker` by the fake decoder and the fake hashes: what spells the same looks the same."""

    def __init__(self, decoder: SpellingDecoder, hashes: SeeingOptOuts) -> None:
        self._decoder = decoder
        self._hashes = hashes

    def prints(self, path: Path) -> Prints:
        return Prints(self._hashes.fingerprints(self._decoder.look(path, MediaLimits())))


class SayingDisclosure:
    """A disclosure that writes who made it behind the bytes."""

    def __init__(self) -> None:
        self.made: list[tuple[str, Made]] = []

    def state(self, path: Path, media_type: str, made: Made) -> tuple[tuple[str, Mapping[str, object]], ...]:
        self.made.append((media_type, made))
        path.write_bytes(path.read_bytes() + b"|told=" + made.identifier.encode())
        return (("com.placet.disclosure", {"identifier": made.identifier}),)


class WritingMarks(MarkingService):
    """Writes the payload in front of the bytes; `failing` is raised instead."""

    def __init__(self) -> None:
        self.failing: Exception | None = None
        self.marked: list[int] = []
        self.shown: list[Visibility] = []
        self.searches: list[bool] = []

    def mark(
        self, source: Path, target: Path, *, payload: int, visibility: Visibility = Visibility.STANDARD
    ) -> MarkReport:
        if self.failing is not None:
            raise self.failing
        self.marked.append(payload)
        self.shown.append(visibility)
        target.write_bytes(b"mark=%d|" % payload + source.read_bytes())
        return MarkReport(44.0, 1.1, self._read(target, thorough=False), 0.1, length=1.0)

    def mark_still(
        self, source: Path, target: Path, *, payload: int, visibility: Visibility = Visibility.STANDARD
    ) -> MarkReport:
        del visibility
        target.write_bytes(b"mark=%d|" % payload + source.read_bytes())
        return MarkReport(44.0, 1.0, self._read(target, thorough=False), 0.1)

    def read(self, path: Path, *, thorough: bool) -> MarksFound:
        return MarksFound(self._read(path, thorough=thorough), None)

    def _read(self, path: Path, *, thorough: bool) -> MarkReading:
        if self.failing is not None:
            raise self.failing
        self.searches.append(thorough)
        if path.read_bytes().startswith((b"image", b"sound", b"broken")):
            raise InvalidInput("no video", code="watermark:video:unusable")
        for part in path.read_bytes().split(b"|"):
            name, _, value = part.partition(b"=")
            if name == b"mark" or (name == b"deep" and thorough):
                stretch = Stretch(0.0, 1.0, int(value), "1", 30.0)
                return MarkReading(True, int(value), 30.0, 7.0, None, 24, 1.0, "1", (stretch,), 1e-12)
        return MarkReading(False, None, 1.0, 7.0, None, 24, 1.0)


class WritingCredentials(CredentialService):
    """Writes a label in front of the bytes and believes it; a test can say what a file's credential is worth."""

    def __init__(self) -> None:
        self.claims: list[CredentialClaim] = []
        self.reports: dict[bytes, CredentialReport] = {}

    def sign(self, source: Path, target: Path, claim: CredentialClaim) -> SignedCredential:
        self.claims.append(claim)
        label = f"urn:c2pa:{claim.release_number}"
        target.write_bytes(b"label=" + label.encode() + b"|" + source.read_bytes())
        return SignedCredential(label, "0" * 64, target.stat().st_size, b"manifest")

    def examine(
        self,
        path: Path,
        *,
        trust_anchors: Sequence[str] = (),  # noqa: ARG002 - the service's shape
        tsa_anchors: Sequence[str] = (),  # noqa: ARG002
        manifest: bytes | None = None,  # noqa: ARG002
    ) -> CredentialReport:
        content = path.read_bytes()
        for key, report in self.reports.items():
            if key in content:
                return report
        if not content.startswith(b"label="):
            return CredentialReport(CredentialState.NO_CREDENTIAL, AiClaim.UNKNOWN, "none", ())
        label = content.split(b"|", 1)[0].removeprefix(b"label=").decode()
        return CredentialReport(CredentialState.TRUSTED, AiClaim.YES, "intact", (), manifest_label=label)


class WritingBackend:
    """Writes what a test says that it draws."""

    name = "fake"

    def __init__(self, content: bytes = b"drawn") -> None:
        self.content = content
        self.failing: Exception | None = None
        self.orders: list[RenderOrder] = []
        self.inputs: list[bytes] = []

    def render(self, order: RenderOrder, target: Path, progress: Progress) -> None:
        self.orders.append(order)
        self.inputs = [_read(medium) for medium in order.inputs]
        if self.failing is not None:
            raise self.failing
        for share in (0.0, 0.5, 1.0):
            progress(share)
        target.write_bytes(self.content)


def _read(medium: MediaInput) -> bytes:
    return medium.path.read_bytes()


class SayingGate:
    """Says what it is told to, and counts how often it was asked."""

    def __init__(self, *findings: Finding, name: str = "test:gate", failing: Exception | None = None) -> None:
        self.name = name
        self.findings = findings
        self.failing = failing
        self.views: list[CaseView] = []

    def look(self, view: CaseView) -> GateReport:
        self.views.append(view)
        if self.failing is not None:
            raise self.failing
        clear = Finding(self.name, view.stage, Outcome.CLEAR, GatewayReason.GATE_CLEAR, Evidence("request"))
        return GateReport(self.findings or (clear,))


class WordyPolicy:
    """A `Policy` without Cedar: what is clear or consented passes, what is doubtful is held, the rest is denied."""

    version = "wordy-1"

    def __init__(self, shown: MarkRuling = MarkRuling()) -> None:  # noqa: B008 - frozen
        self.shown = shown

    def visible_mark(self, view: CaseView) -> MarkRuling:
        del view
        return self.shown

    def decide(self, view: CaseView, report: GateReport) -> Decision:
        rulings = tuple(self._ruling(finding) for finding in report.findings)
        return Decision("dec_wordy", view.stage, rulings, self.version, dict(report.made_with))

    def _ruling(self, finding: Finding) -> Ruling:
        verdicts: Mapping[Outcome, Verdict] = {
            Outcome.CLEAR: Verdict.ALLOW,
            Outcome.CONSENTED: Verdict.ALLOW,
            Outcome.UNSURE: Verdict.HOLD,
            Outcome.UNAVAILABLE: Verdict.HOLD,
        }
        verdict = verdicts.get(finding.outcome, Verdict.DENY)
        return Ruling(finding, verdict, "wordy", finding.reason, "because")


class RecordingQueue:
    """Remembers what was put on it."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def enqueue(self, case_id: str) -> None:
        self.sent.append(case_id)


class RecordingFetcher:
    """Fetches nothing and says what it was asked for."""

    def __init__(self, body: bytes = b"image fetched") -> None:
        self.urls: list[str] = []
        self.body = body

    def fetch(self, url: str) -> bytes:
        self.urls.append(url)
        return self.body


class InMemoryKeyring:
    """Keys in a dict; None once shredded."""

    def __init__(self) -> None:
        self._keys: dict[str, bytes | None] = {}

    def seal(self, key_id: str, plaintext: bytes, context: str) -> bytes:
        key = self._keys.setdefault(key_id, secrets.token_bytes(32))
        if key is None:
            raise NotFound("shredded", code="kernel:key:shredded")
        nonce = secrets.token_bytes(12)
        return nonce + AESGCM(key).encrypt(nonce, plaintext, context.encode())

    def open(self, key_id: str, sealed: bytes, context: str) -> bytes:
        key = self._keys.get(key_id)
        if key is None:
            raise NotFound("shredded", code="kernel:key:shredded")
        try:
            return AESGCM(key).decrypt(sealed[:12], sealed[12:], context.encode())
        except InvalidTag as error:
            raise Broken("does not open", code="kernel:key:mismatch") from error

    def open_many(self, sealed: Sequence[Sealed]) -> list[bytes | None]:
        return [
            self.open(one.key_id, one.sealed, one.context) if self._keys.get(one.key_id) else None for one in sealed
        ]

    def shred(self, key_id: str) -> None:
        self._keys[key_id] = None
