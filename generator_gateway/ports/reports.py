"""Verifications that somebody asked to keep, and what people said of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class KeptReport:
    """A verification that somebody asked to keep. Nothing of the file is in it.

    Attributes:
        sha256: of the file, hex.
        body: the verification as the API gives it, as JSON; its sentences are put into the reader's language again
            whenever it is shown.
        at: when it was made.
        until: when it goes.
    """

    sha256: str
    body: str
    at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Feedback:
    """What somebody said of a verification.

    Attributes:
        sha256: of the file that was verified, hex.
        right: whether they think that it was right.
        text: why; may be empty.
    """

    sha256: str
    right: bool
    text: str
    at: datetime


class Reports(Protocol):
    """Kept verifications and what people said of them."""

    def keep(self, report: KeptReport) -> None:
        """Keep a report in place of an older one of the same file."""
        ...

    def find(self, sha256: str, now: datetime) -> KeptReport | None:
        """A report that has not run out."""
        ...

    def say(self, feedback: Feedback, until: datetime) -> None:
        """Keep what somebody said of a verification."""
        ...

    def said(self, now: datetime, limit: int) -> tuple[Feedback, ...]:
        """What people said and has not run out, newest first."""
        ...

    def forget(self, now: datetime) -> int:
        """Delete what has run out; gives how many rows."""
        ...

    def released_as(self, sha256: str) -> str | None:
        """The case whose released file has this digest."""
        ...
