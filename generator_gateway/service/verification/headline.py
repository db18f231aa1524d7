"""The one plain sentence. Pure; ordered from the strongest evidence to none."""

from collections.abc import Mapping
from dataclasses import dataclass

from generator_gateway.ports.verification import (
    FingerprintEvidence,
    Fit,
    FoundBy,
    Headline,
    MarkEvidence,
    MarkSpan,
    MarkState,
    ReleaseEvidence,
    Statement,
    told,
)
from generator_gateway.service.verification.tracing_marks import covers_all
from watermark.api import AiClaim, CredentialReason, CredentialReport, CredentialState

HOLDS = frozenset({CredentialState.RECOVERED, CredentialState.TRUSTED})
"""A stored credential that fits the file but for its bytes, or altogether."""
_SILENT = frozenset({MarkState.UNREADABLE, MarkState.ABSENT})
_NOTHING: Mapping[CredentialState, Headline] = {
    CredentialState.REMOTE_MANIFEST_ONLY: Headline.REMOTE_ONLY,
    CredentialState.MALFORMED: Headline.CREDENTIAL_UNREADABLE,
}


@dataclass(frozen=True, slots=True)
class Findings:
    """Every layer's answer, before it is put into a sentence; see `Verification` for each.

    Attributes:
        claimed: the release that a trusted credential names; None where none does. Anybody who is trusted may name one.
    """

    credential: CredentialReport
    recovered: CredentialReport | None
    picture: MarkEvidence
    sound: MarkEvidence
    fingerprint: FingerprintEvidence
    releases: tuple[ReleaseEvidence, ...]
    claimed: str | None = None

    @property
    def contradicted(self) -> bool:
        """A trusted credential names a release that this file could not be confirmed to be of."""
        return self.claimed is not None and self.claimed not in self._in_pictures

    @property
    def signed_here(self) -> ReleaseEvidence | None:
        """The release that the file's own credential is of."""
        return next((release for release in self.releases if release.found_by is FoundBy.CREDENTIAL), None)

    @property
    def shown(self) -> tuple[ReleaseEvidence, ...]:
        """Releases whose pictures these are, found through their marks."""
        return tuple(release for release in self.releases if release.found_by is FoundBy.WATERMARK)

    @property
    def shown_throughout(self) -> bool:
        """All that was looked at, give or take what compression leaves out, is of such releases."""
        return covers_all([span for span in self.picture.spans if span.fit is Fit.SAME], self.picture.seconds)

    @property
    def foreign_sound(self) -> tuple[MarkSpan, ...]:
        """Seconds whose sound is confirmed to be of a video made here that these pictures are not of."""
        own = self._in_pictures
        return tuple(span for span in self.sound.spans if span.fit is Fit.SAME and span.video_id not in own)

    @property
    def unreadable(self) -> bool:
        """Neither pictures nor sound could be decoded."""
        return {self.picture.state, self.sound.state} <= _SILENT

    @property
    def _in_pictures(self) -> frozenset[str]:
        by = {FoundBy.CREDENTIAL, FoundBy.WATERMARK}
        return frozenset(release.video_id for release in self.releases if release.found_by in by)


def headline_of(found: Findings) -> Statement:
    """Choose the sentence."""
    return _made_here(found) or _by_credential(found) or _by_mark(found) or _resembling(found) or _nothing(found)


def _made_here(found: Findings) -> Statement | None:
    if found.signed_here is not None:
        return told(Headline.SIGNED_HERE)
    if not found.shown:
        return None
    if len(found.shown) > 1:
        return told(Headline.SPLICED, count=len(found.shown))
    if not found.shown_throughout:
        span = next(span for span in found.picture.spans if span.fit is Fit.SAME)
        return told(Headline.PART_MADE_HERE, start=span.start, end=span.end)
    held = found.recovered is not None and found.recovered.state in HOLDS
    return told(Headline.RECOVERED if held else Headline.MADE_HERE)


def _by_credential(found: Findings) -> Statement | None:
    credential = found.credential
    if credential.state is CredentialState.TAMPERED:
        return told(Headline.TAMPERED)
    if credential.is_sound and credential.ai is AiClaim.YES:
        trusted = credential.state is CredentialState.TRUSTED
        return told(Headline.AI_TRUSTED if trusted else Headline.AI_UNTRUSTED)
    return None


def _by_mark(found: Findings) -> Statement | None:
    if found.foreign_sound:
        first, last = found.foreign_sound[0], found.foreign_sound[-1]
        return told(Headline.SOUND_FROM_HERE, start=first.start, end=last.end)
    fits = (found.picture.fit, found.sound.fit)
    if found.picture.fit is Fit.DIFFERS:
        return told(Headline.COPIED_MARK)
    if found.sound.fit is Fit.DIFFERS:
        return told(Headline.COPIED_SOUND_MARK)
    if {Fit.UNCONFIRMED, Fit.UNKNOWN} & set(fits):
        return told(Headline.UNCONFIRMED_MARK)
    return None


def _resembling(found: Findings) -> Statement | None:
    known = {release.video_id for release in found.releases}
    by = {match.by for match in found.fingerprint.matches if match.video_id in known}
    if not by:
        return None
    return told(Headline.SOUNDS_LIKE if by == {"sound"} else Headline.LOOKS_LIKE)


def _nothing(found: Findings) -> Statement:
    credential = found.credential
    if credential.is_sound:
        trusted = credential.state is CredentialState.TRUSTED
        return told(Headline.NO_CLAIM_TRUSTED if trusted else Headline.NO_CLAIM_UNTRUSTED)
    if CredentialReason.TOO_COSTLY in credential.reasons:
        return told(Headline.TOO_COSTLY)
    if found.unreadable and credential.state in {CredentialState.MALFORMED, CredentialState.NO_CREDENTIAL}:
        return told(Headline.MALFORMED)
    return told(_NOTHING.get(credential.state, Headline.NOTHING))
