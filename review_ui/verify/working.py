"""A verification that runs while its page is being written: steps as they begin, then the answer, without scripts."""

import logging
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from generator_gateway.api import ReportDesk, Step, Verification, Wording
from generator_gateway.routes.apart import ThreadsApart
from generator_gateway.routes.verification_out import VerificationOut
from generator_gateway.routes.verify import told_and_kept
from trust_kernel.errors import PlacetError, Unavailable
from trust_kernel.web.rate import RateLimit

_LOG = logging.getLogger(__name__)


class Verifies(Protocol):
    """Takes files apart; `generator_gateway.api.VerificationDesk` is one."""

    def verify(self, path: Path, *, on_step: Callable[[Step], None] | None = None) -> Verification:
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
        threads: where a page waits for its next step.
    """

    desk: Verifies
    reports: ReportDesk
    limit: RateLimit
    max_bytes: int
    threads: ThreadsApart = field(default_factory=ThreadsApart)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended.

    Attributes:
        found: None where it failed.
        crjson: the file's credential as crJSON; None where it has none that can be read.
        error: what stopped it; None beside a `found` of None means that something broke which nobody foresaw.
    """

    found: VerificationOut | None = None
    crjson: str | None = None
    error: PlacetError | None = None


class Working:
    """A verification in a thread of its own. It runs to its end even where nobody waits, so that nothing is left.

    Args:
        services: what it asks.
        path: the file.
        words: of the answer.
        keep: whether the answer is to be kept under the file's digest.
        cleanup: closed when it is over; removes the file.
    """

    def __init__(self, services: VerifyServices, path: Path, words: Wording, *, keep: bool, cleanup: ExitStack) -> None:
        self._services = services
        self._path = path
        self._words = words
        self._keep = keep
        self._cleanup = cleanup
        self._steps: queue.SimpleQueue[Step | None] = queue.SimpleQueue()
        self._outcome = Outcome()

    def start(self) -> None:
        """Begin."""
        threading.Thread(target=self._run, name="verify-page", daemon=True).start()

    def steps(self) -> Iterator[Step]:
        """Steps as they begin, but for the last, which only says that all is over; blocks until then."""
        for step in iter(self._steps.get, None):
            if step is not Step.DONE:
                yield step

    def outcome(self) -> Outcome:
        """How it ended; to be asked after the last step."""
        return self._outcome

    def _run(self) -> None:
        try:
            with self._cleanup:
                found = self._services.desk.verify(self._path, on_step=self._steps.put)
                out = told_and_kept(self._services.reports, found, self._words, keep=self._keep)
                self._outcome = Outcome(out, self._crjson(out))
        except PlacetError as error:
            if not isinstance(error, Unavailable):
                _LOG.exception("a verification failed: %s", error.code)
            self._outcome = Outcome(error=error)
        finally:
            self._steps.put(None)

    def _crjson(self, found: VerificationOut) -> str | None:
        if not found.credential.manifest:
            return None
        try:
            return self._services.desk.crjson(self._path)
        except PlacetError:
            # A download less is no reason to withhold the answer.
            _LOG.warning("a credential could not be written as crJSON", exc_info=True)
            return None
