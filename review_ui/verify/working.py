"""What the page asks, and what it is told."""

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from generator_gateway.api import OnStep, ReportDesk, Verification, Wording
from generator_gateway.routes.apart import ThreadsApart
from generator_gateway.routes.verification_out import VerificationOut
from generator_gateway.routes.verify import told_and_kept
from trust_kernel.errors import PlacetError
from trust_kernel.web.rate import RateLimit

_LOG = logging.getLogger(__name__)


class Verifies(Protocol):
    """Takes files apart; `generator_gateway.api.VerificationDesk` is one."""

    def verify(self, path: Path, *, on_step: OnStep | None = None) -> Verification:
        """Say everything that is known about a file; keeps nothing."""
        ...

    def crjson(self, path: Path) -> str | None:
        """A file's credential as crJSON; None where none can be read."""
        ...


@dataclass(frozen=True, slots=True)
class VerifyServices:
    """What the page asks.

    Attributes:
        desk: takes files apart.
        reports: kept answers and feedback.
        limit: how often one address may ask; shared with the API.
        max_bytes: largest file.
        threads: where a page waits for its next step; shared with the API.
    """

    desk: Verifies
    reports: ReportDesk
    limit: RateLimit
    max_bytes: int
    threads: ThreadsApart = field(default_factory=ThreadsApart)


@dataclass(frozen=True, slots=True)
class Found:
    """What came of it.

    Attributes:
        out: the verification.
        crjson: the file's credential as crJSON; None where it has none that can be read.
    """

    out: VerificationOut
    crjson: str | None = None


def verified(services: VerifyServices, path: Path, words: Wording, on_step: OnStep, *, keep: bool) -> Found:
    """Verify a file.

    Args:
        services: what it asks.
        path: the file.
        words: of the answer.
        on_step: told each step.
        keep: whether the answer is to be kept under the file's digest.
    """
    found = services.desk.verify(path, on_step=on_step)
    out = told_and_kept(services.reports, found, words, keep=keep)
    return Found(out, _crjson(services.desk, path) if out.credential.manifest else None)


def _crjson(desk: Verifies, path: Path) -> str | None:
    try:
        return desk.crjson(path)
    except PlacetError:
        # A download less is no reason to withhold the answer.
        _LOG.warning("a credential could not be written as crJSON", exc_info=True)
        return None
