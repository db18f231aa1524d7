"""Takes a file apart, layer by layer: credential, marks, fingerprint, ledger. Keeps nothing."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from generator_gateway.ports import ReleaseRecord, ReleaseState
from generator_gateway.ports.bindings import Prints
from generator_gateway.ports.verification import (
    FingerprintEvidence,
    FingerprintMatch,
    FoundBy,
    MarkEvidence,
    MarkState,
    OnStep,
    Proves,
    ReleaseEvidence,
    Step,
    Verification,
)
from generator_gateway.service.verification.facts import facts_of
from generator_gateway.service.verification.headline import Findings, headline_of
from generator_gateway.service.verification.notes import notes_of
from generator_gateway.service.verification.sources import Sources
from generator_gateway.service.verification.timeline import timeline_of
from generator_gateway.service.verification.tracing_marks import Known, Traced, trace_picture, trace_sound
from trust_kernel.errors import InvalidInput, Unavailable
from watermark.api import CredentialReport, CredentialState, MarksFound


@dataclass(frozen=True, slots=True)
class _Anchors:
    claims: tuple[str, ...]
    stamps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Marks:
    """What reading marks gave.

    Attributes:
        found: None where it could not be read.
        otherwise: the state of both marks then.
    """

    found: MarksFound | None
    otherwise: MarkState = MarkState.UNREADABLE


def _nobody(_step: Step) -> None:
    return


class VerificationDesk:
    """Takes files apart. Keeps nothing.

    Args:
        sources: what it asks.
    """

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def verify(
        self,
        path: Path,
        *,
        trust_anchors: tuple[str, ...] = (),
        tsa_anchors: tuple[str, ...] = (),
        on_step: OnStep | None = None,
    ) -> Verification:
        """Read the credential and the marks, compare fingerprints, find the release, say it plainly.

        Credential, marks and fingerprints are read side by side, each in a child process of its own.

        Args:
            path: any file.
            trust_anchors: further PEM roots for claim signers.
            tsa_anchors: further PEM roots for time-stamps.
            on_step: told when a step begins.

        Raises:
            Broken: the anchors cannot be read.
            Unavailable: the sandbox or the database does not answer.
        """
        tell = on_step or _nobody
        anchors = _Anchors(trust_anchors, tsa_anchors)
        tell(Step.RECEIVED)
        with ThreadPoolExecutor(3, "verify") as pool:
            reading, digest = pool.submit(self._read_marks, path), pool.submit(_digest, path)
            tell(Step.CREDENTIAL)
            credential = self._examine(path, anchors)
            claimed = self._claimed(credential)
            certain = claimed if claimed is not None and digest.result() in _digests(claimed) else None
            # Unless the credential settles it, a fingerprint is needed in any case: to confirm a mark, or to search.
            printing = pool.submit(self._prints, path) if certain is None else None
            tell(Step.MARKS)
            marks, sha256 = reading.result(), digest.result()
            tell(Step.FINGERPRINT)
            known, fingerprint = self._known(path, marks, certain, printing)
        picture, sound = self._traced(marks, known)
        named, recovered = (certain, None) if certain else self._held(path, credential, claimed, picture, anchors)
        tell(Step.LEDGER)
        releases = self._releases(named, picture, sound, fingerprint)
        findings = Findings(
            credential=credential,
            recovered=recovered,
            picture=picture.evidence,
            sound=sound.evidence,
            fingerprint=fingerprint,
            releases=releases,
            claimed=claimed.case_id if claimed is not None else None,
        )
        said = self._say(findings, sha256, path.stat().st_size)
        tell(Step.DONE)
        return said

    def crjson(
        self, path: Path, *, trust_anchors: tuple[str, ...] = (), tsa_anchors: tuple[str, ...] = ()
    ) -> str | None:
        """A file's content credential as crJSON, the C2PA's own JSON form, for downloading.

        Returns:
            JSON text of at most 8 MB; None where the file holds none that can be read.
        """
        return self._sources.credentials.crjson(path, trust_anchors=trust_anchors, tsa_anchors=tsa_anchors)

    def _say(self, findings: Findings, sha256: str, size: int) -> Verification:
        development = self._sources.development
        seconds = max(findings.picture.seconds, findings.sound.seconds)
        return Verification(
            sha256=sha256,
            size=size,
            headline=headline_of(findings),
            facts=facts_of(findings, development),
            credential=findings.credential,
            picture=findings.picture,
            sound=findings.sound,
            fingerprint=findings.fingerprint,
            recovered_credential=findings.recovered,
            releases=findings.releases,
            timeline=timeline_of(findings),
            seconds=seconds,
            notes=notes_of(findings, development),
        )

    def _examine(self, path: Path, anchors: _Anchors, manifest: bytes | None = None) -> CredentialReport:
        return self._sources.credentials.examine(
            path, trust_anchors=anchors.claims, tsa_anchors=anchors.stamps, manifest=manifest
        )

    def _claimed(self, credential: CredentialReport) -> ReleaseRecord | None:
        """The release that a trusted credential says this is.

        Anybody's signature could bear our label, so only those whom we trust are asked; and among them are many who
        are not us, so this is not believed yet.
        """
        if credential.state is not CredentialState.TRUSTED:
            return None
        releases = self._sources.releases
        claimed = releases.by_manifest(credential.manifest_label) if credential.manifest_label else None
        binding = credential.soft_binding
        if claimed is None and binding is not None and binding.release_number is not None:
            claimed = releases.by_number(binding.release_number)
        return claimed

    def _read_marks(self, path: Path) -> _Marks:
        try:
            return _Marks(self._sources.marks.read(path, thorough=True))
        except InvalidInput:
            return _Marks(None)
        except Unavailable:
            return _Marks(None, MarkState.NOT_LOOKED)

    def _known(
        self,
        path: Path,
        marks: _Marks,
        certain: ReleaseRecord | None,
        printing: "Future[tuple[Prints | None, MarkState]] | None",
    ) -> tuple[Known, FingerprintEvidence]:
        """Fingerprints, unless the file is byte for byte the release that its credential claims."""
        if certain is not None and self._only_of(certain, marks):
            return self._holding(None, certain), FingerprintEvidence(MarkState.NOT_LOOKED)
        prints, state = printing.result() if printing is not None else self._prints(path)
        nearest = self._sources.bindings.nearest(prints) if prints is not None else ()
        matches = tuple(FingerprintMatch(match.case_id, match.matched_by, match.similarity) for match in nearest)
        if state is MarkState.FOUND and not matches:
            state = MarkState.NOT_FOUND
        return self._holding(prints, certain), FingerprintEvidence(state, matches)

    def _holding(self, prints: Prints | None, named: ReleaseRecord | None) -> Known:
        certain = named.case_id if named is not None else None
        return Known(prints, certain, self._sources.bindings.fits, self._sources.alike)

    def _only_of(self, named: ReleaseRecord, marks: _Marks) -> bool:
        if marks.found is None:
            return True
        picture, sound = marks.found.picture, marks.found.sound
        seen = picture.payloads if picture is not None else ()
        heard = sound.payloads if sound is not None else ()
        return set(seen) <= {named.release_number} and all(
            named.case_id in {match.case_id for match in self._sources.bindings.by_sound_mark(number)}
            for number in heard
        )

    def _prints(self, path: Path) -> tuple[Prints | None, MarkState]:
        try:
            return self._sources.prints.prints(path), MarkState.FOUND
        except InvalidInput:
            return None, MarkState.UNREADABLE
        except Unavailable:
            return None, MarkState.NOT_LOOKED

    def _traced(self, marks: _Marks, known: Known) -> tuple[Traced, Traced]:
        if marks.found is None:
            none = Traced(MarkEvidence(marks.otherwise))
            return none, none
        picture = sound = Traced(MarkEvidence(MarkState.ABSENT))
        if marks.found.picture is not None:
            picture = trace_picture(marks.found.picture, self._sources.releases.by_number, known)
        if marks.found.sound is not None:
            shown = {record.case_id for record in picture.confirmed}
            sound = trace_sound(marks.found.sound, self._sounding, known, shown)
        return picture, sound

    def _sounding(self, number: int) -> tuple[ReleaseRecord, ...]:
        return self._records(match.case_id for match in self._sources.bindings.by_sound_mark(number))

    def _records(self, case_ids: Iterable[str]) -> tuple[ReleaseRecord, ...]:
        found = (self._sources.releases.find(case_id) for case_id in dict.fromkeys(case_ids))
        return tuple(record for record in found if record is not None)

    def _held(
        self,
        path: Path,
        own: CredentialReport,
        claimed: ReleaseRecord | None,
        picture: Traced,
        anchors: _Anchors,
    ) -> tuple[ReleaseRecord | None, CredentialReport | None]:
        """Hold stored credentials against this file.

        Gives the release that it still is where such a credential holds as a whole, for then nothing has changed that
        our signature covers, unless the file bears another credential instead; and that credential, or else what is
        left of that of the one release that the pictures are confirmed to be of.
        """
        sole = picture.confirmed[0] if len(picture.confirmed) == 1 else None
        is_bare = own.state is CredentialState.NO_CREDENTIAL
        recovered = None
        for record in filter(None, (claimed, sole if sole != claimed else None)):
            manifest = self._sources.bindings.manifest(record.manifest_label)
            if manifest is None:
                continue
            report = self._examine(path, anchors, manifest)
            if report.state is CredentialState.TRUSTED and (is_bare or record == claimed):
                return record, report
            if record == sole:
                recovered = report
        return None, recovered

    def _releases(
        self, named: ReleaseRecord | None, picture: Traced, sound: Traced, fingerprint: FingerprintEvidence
    ) -> tuple[ReleaseEvidence, ...]:
        """Every release once, by its strongest evidence."""
        found: dict[str, ReleaseEvidence] = {}
        layers: tuple[tuple[FoundBy, Sequence[ReleaseRecord]], ...] = (
            (FoundBy.CREDENTIAL, (named,) if named is not None else ()),
            (FoundBy.WATERMARK, picture.confirmed),
            (FoundBy.SOUND_WATERMARK, sound.confirmed),
            (FoundBy.FINGERPRINT, self._records(match.video_id for match in fingerprint.matches)),
        )
        for found_by, records in layers:
            for record in records:
                if record.case_id not in found:
                    found[record.case_id] = evidence_of(record, found_by, self._sources.ledger)
        return tuple(found.values())


_CONSENTS: Mapping[str, str] = {ReleaseState.WITHDRAWN: "withdrawn", ReleaseState.TAKEN_DOWN: "taken_down"}


def evidence_of(release: ReleaseRecord, found_by: FoundBy, ledger: Proves) -> ReleaseEvidence:
    """What may be told of a release: no names, no pseudonyms."""
    return ReleaseEvidence(
        found_by=found_by,
        video_id=release.case_id,
        consent=_CONSENTS.get(release.status, "active"),
        released_at=release.released_at,
        withdrawn_at=release.withdrawn_at,
        people=sum(owner.role == "subject" for owner in release.owners),
        ledger_index=release.ledger_index,
        ledger_proved=ledger.proves(release.ledger_index),
    )


def _digests(release: ReleaseRecord) -> frozenset[str]:
    """Of everything that went out of a release: the video and its stills."""
    return frozenset(release.digest_of(variant) for variant in ("video", "thumbnail", "spritesheet"))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
