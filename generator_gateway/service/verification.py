"""Is this video AI-made, and do the people in it still agree? Evidence kept apart; one plain sentence first.

What is found is said, with how sure it is; what is not found is never turned into "not AI".
"""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from generator_gateway.ports import ReleaseRecord, Releases
from generator_gateway.service.judging import Decodes, Fingerprints
from trust_kernel.errors import InvalidInput, Unavailable
from trust_kernel.media.refs import MediaLimits
from watermark.api import AiClaim, CredentialReport, CredentialService, CredentialState, MarkingService, MarkReading


class Compares(Fingerprints, Protocol):
    """Fingerprints that can be compared."""

    def alike(self, left: tuple[str, ...], right: tuple[str, ...]) -> bool:
        """Whether two sets of frame hashes are of one video."""
        ...


class Proves(Protocol):
    """The ledger, read."""

    def proves(self, index: int) -> bool:
        """Whether the entry is included in the signed tree."""
        ...


@dataclass(frozen=True, slots=True)
class MarkEvidence:
    """What was found of a watermark.

    Attributes:
        state: "found", "not_found", "not_looked" (the detector is not available), "unreadable" (no pictures).
        matches_picture: whether the fingerprint of the release that it names fits this file; None where not compared.
            A mark alone proves nothing: it can be copied onto another video.
    """

    state: str
    confidence: float | None = None
    threshold: float | None = None
    matches_picture: bool | None = None


@dataclass(frozen=True, slots=True)
class ReleaseEvidence:
    """The release that this file is, or comes from. No names.

    Attributes:
        found_by: "credential" or "watermark".
        consent: "active" or "withdrawn".
        people: how many people appear and co-own.
        ledger_proved: whether the ledger holds the release.
    """

    found_by: str
    video_id: str
    consent: str
    released_at: datetime
    withdrawn_at: datetime | None
    people: int
    ledger_index: int
    ledger_proved: bool


@dataclass(frozen=True, slots=True)
class Verification:
    """Everything that is known about a file."""

    sentence: str
    credential: CredentialReport
    watermark: MarkEvidence
    release: ReleaseEvidence | None
    recovered: bool
    notes: tuple[str, ...] = field(default=())


class VerificationDesk:
    """Takes files apart. Keeps nothing.

    Args:
        limits: what may be looked at; past them only the credential is read.
        development: organisation that stands in certificates which nobody outside can trust; a note says so.
    """

    def __init__(
        self,
        credentials: CredentialService,
        marking: MarkingService,
        decoder: Decodes,
        prints: Compares,
        releases: Releases,
        ledger: Proves,
        limits: MediaLimits,
        development: str = "",
    ) -> None:
        self._credentials = credentials
        self._marking = marking
        self._decoder = decoder
        self._prints = prints
        self._releases = releases
        self._ledger = ledger
        self._limits = limits
        self._development = development

    def verify(
        self, path: Path, *, trust_anchors: tuple[str, ...] = (), tsa_anchors: tuple[str, ...] = ()
    ) -> Verification:
        """Read the credential, look for the mark, find the release, say it plainly.

        Args:
            path: any file.
            trust_anchors: further PEM roots for claim signers.
            tsa_anchors: further PEM roots for time-stamps.
        """
        credential = self._credentials.examine(path, trust_anchors=trust_anchors, tsa_anchors=tsa_anchors)
        named = self._by_credential(credential)
        mark, marked = self._mark(path, known=named is not None)
        release = named or marked
        found_by = "credential" if named else "watermark"
        recovered = named is None and marked is not None
        evidence = self._evidence(release, found_by) if release else None
        sentence = say(credential, mark, evidence)
        notes = _notes(credential, mark)
        if credential.signer is not None and credential.signer.organisation == self._development:
            notes.append(_DEVELOPMENT)
        return Verification(sentence, credential, mark, evidence, recovered, tuple(notes))

    def _by_credential(self, credential: CredentialReport) -> ReleaseRecord | None:
        """Only a signer whom we trust is believed about which release it is: anybody can sign our label over a fake."""
        if credential.state is not CredentialState.TRUSTED:
            return None
        return self._releases.by_manifest(credential.manifest_label) if credential.manifest_label else None

    def _mark(self, path: Path, *, known: bool) -> tuple[MarkEvidence, ReleaseRecord | None]:
        try:
            reading = self._marking.read(path, thorough=not known)
        except InvalidInput:
            return MarkEvidence("unreadable"), None
        except Unavailable:
            return MarkEvidence("not_looked"), None
        if not reading.found or reading.payload is None:
            return MarkEvidence("not_found", reading.confidence, reading.threshold), None
        return self._confirm(path, reading)

    def _confirm(self, path: Path, reading: MarkReading) -> tuple[MarkEvidence, ReleaseRecord | None]:
        """Hold the file's pictures against the release that the mark names: a mark can be copied, a picture is seen."""
        release = self._releases.by_number(reading.payload or 0)
        if release is None:
            return MarkEvidence("found", reading.confidence, reading.threshold), None
        try:
            prints = self._prints.fingerprints(self._decoder.look(path, self._limits))
        except InvalidInput:
            return MarkEvidence("found", reading.confidence, reading.threshold), None
        same = self._prints.alike(prints, release.fingerprints)
        evidence = MarkEvidence("found", reading.confidence, reading.threshold, matches_picture=same)
        return evidence, release if same else None

    def _evidence(self, release: ReleaseRecord, found_by: str) -> ReleaseEvidence:
        return ReleaseEvidence(
            found_by=found_by,
            video_id=release.case_id,
            consent="active" if release.status == "released" else "withdrawn",
            released_at=release.released_at,
            withdrawn_at=release.withdrawn_at,
            people=sum(owner.role == "subject" for owner in release.owners),
            ledger_index=release.ledger_index,
            ledger_proved=self._ledger.proves(release.ledger_index),
        )


def say(credential: CredentialReport, mark: MarkEvidence, release: ReleaseEvidence | None) -> str:
    """The one plain sentence. Pure; ordered from the strongest evidence to none."""
    ending = ""
    if release is not None and release.consent == "withdrawn":
        ending = " Consent to it was withdrawn: it should no longer be shown or shared."
    if release is not None and release.found_by == "watermark":
        return f"{_RECOVERED}{ending}"
    if credential.state is CredentialState.TAMPERED:
        return "This file carries a content credential that does not fit it: it was changed after it was signed."
    intact = credential.state in {CredentialState.TRUSTED, CredentialState.VALID_UNTRUSTED}
    if intact and credential.ai is AiClaim.YES:
        trusted = credential.state is CredentialState.TRUSTED
        signer = "a signer that this verifier trusts" if trusted else "a signer that nobody here vouches for"
        return f"This says that it was made with AI, and its content credential, by {signer}, is intact.{ending}"
    if mark.state == "found":
        return _OTHER_PICTURE if mark.matches_picture is False else _UNKNOWN_MARK
    if intact:
        return _NO_CLAIM
    return _NOTHING.get(credential.state, _NOTHING_FOUND)


_DEVELOPMENT = "Signed with a development certificate: only the deployment that made it can trust it."
_RECOVERED = "This was made with AI here. Its label was removed or broken, and this file differs from the one signed."
_OTHER_PICTURE = "This carries a watermark of an AI video made here, but its picture does not match that video."
_UNKNOWN_MARK = "This carries a watermark like those of AI videos made here; which video it is could not be confirmed."
_NO_CLAIM = (
    "This carries an intact content credential that makes no claim of AI. That does not prove that none was used."
)
_NOTHING_FOUND = "Nothing was found that says how this was made. That does not prove anything either way."
_NOTHING = {
    CredentialState.MALFORMED: "This file can't be read as media, so nothing can be said about it.",
    CredentialState.REMOTE_MANIFEST_ONLY: (
        "This file only points to a content credential elsewhere. It was not fetched, so nothing can be said about it."
    ),
}


def _notes(credential: CredentialReport, mark: MarkEvidence) -> list[str]:
    notes = [
        f"Something that this was made from does not hold: "
        f"{fault.title or fault.relationship} ({', '.join(fault.faults)})."
        for fault in credential.ingredient_faults
    ]
    if mark.state == "found" and mark.matches_picture is False:
        notes.append("The watermark names a video whose pictures differ from these; marks can be copied.")
    if credential.state is CredentialState.NO_CREDENTIAL:
        notes.append("No content credential. Most files have none; many services strip them.")
    return notes
