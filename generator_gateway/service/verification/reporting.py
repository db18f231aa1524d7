"""Permalinks and feedback: what is kept of a verification, only where somebody asks, and never of the file itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from generator_gateway.ports import ReleaseRecord
from generator_gateway.ports.reports import Feedback, KeptReport, Reports
from generator_gateway.ports.verification import (
    Fact,
    Facts,
    FingerprintEvidence,
    FoundBy,
    Headline,
    MarkEvidence,
    MarkState,
    Proves,
    ReleaseEvidence,
    Tone,
    Verification,
    standing_notes,
    told,
)
from generator_gateway.service.verification.desk import evidence_of
from generator_gateway.service.verification.facts import consent_fact, fact
from generator_gateway.service.verification.sources import FindsReleases
from trust_kernel.clock import Clock
from watermark.api import AiClaim, CredentialReport, CredentialState


@dataclass(frozen=True, slots=True)
class ReportTerms:
    """What is kept, and where to write to.

    Attributes:
        days: how long a report, or feedback, is kept.
        contact: address for feedback that is shown beside every verification; empty: none.
    """

    days: int = 30
    contact: str = ""


class ReportDesk:
    """Keeps verifications for whoever asks, finds them by the file's digest, and takes feedback.

    Args:
        reports: rows.
        releases: what became of releases since.
        ledger: whether the public record holds them.
        clock: what the time is.
        terms: how long things are kept.
    """

    def __init__(
        self,
        reports: Reports,
        releases: FindsReleases,
        ledger: Proves,
        clock: Clock,
        terms: ReportTerms = ReportTerms(),
    ) -> None:
        self._reports = reports
        self._releases = releases
        self._ledger = ledger
        self._clock = clock
        self.terms = terms

    def keep(self, sha256: str, body: str) -> KeptReport:
        """Keep a verification, as the API gives it, until its days are over."""
        now = self._clock.now()
        report = KeptReport(sha256, body, now, now + timedelta(days=self.terms.days))
        self._reports.keep(report)
        return report

    def find(self, sha256: str) -> KeptReport | None:
        """A verification that was kept."""
        return self._reports.find(sha256, self._clock.now())

    def released(self, sha256: str) -> Verification | None:
        """What is known of a file by its digest alone: whether it is one that was released here, byte for byte."""
        case_id = self._reports.released_as(sha256)
        record = self._releases.find(case_id) if case_id is not None else None
        return _of_release(sha256, record, self._ledger) if record is not None else None

    def consent_now(self, found: Mapping[str, FoundBy]) -> tuple[ReleaseEvidence, ...]:
        """The releases of a kept verification as they stand now.

        Args:
            found: case ids with what led to each.
        """
        records = ((self._releases.find(case_id), found_by) for case_id, found_by in found.items())
        return tuple(evidence_of(record, by, self._ledger) for record, by in records if record is not None)

    def consent_fact(self, releases: tuple[ReleaseEvidence, ...]) -> Fact:
        """Whether the people in these releases still agree."""
        return consent_fact(releases)

    def say(self, sha256: str, *, right: bool, text: str) -> None:
        """Take what somebody says of a verification."""
        now = self._clock.now()
        self._reports.say(Feedback(sha256, right, text, now), now + timedelta(days=self.terms.days))

    def said(self, limit: int = 100) -> tuple[Feedback, ...]:
        """What people said, newest first; for staff."""
        return self._reports.said(self._clock.now(), limit)

    def sweep(self) -> int:
        """Delete what has run out; a sweeper's chore."""
        return self._reports.forget(self._clock.now())


def _of_release(sha256: str, record: ReleaseRecord, ledger: Proves) -> Verification:
    release = evidence_of(record, FoundBy.FILE, ledger)
    unread = MarkEvidence(MarkState.NOT_LOOKED)
    notes = list(standing_notes([release]))
    if not release.ledger_proved:
        notes.append(told("verify:note:not_in_ledger"))
    return Verification(
        sha256=sha256,
        size=0,
        headline=told(Headline.SIGNED_HERE),
        facts=Facts(
            signer=fact(Tone.GOOD, "signer", "here"),
            ai=fact(Tone.PLAIN, "ai", "made_here"),
            unchanged=fact(Tone.GOOD, "unchanged", "unchanged"),
            consent=consent_fact((release,)),
        ),
        credential=CredentialReport(CredentialState.TRUSTED, AiClaim.YES, "", (), manifest_label=record.manifest_label),
        picture=unread,
        sound=unread,
        fingerprint=FingerprintEvidence(MarkState.NOT_LOOKED),
        releases=(release,),
        notes=tuple(notes),
    )
