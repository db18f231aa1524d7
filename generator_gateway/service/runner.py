"""Runs one case to its end in this worker, or gives it back."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Protocol

from generator_gateway.errors import GatewayReason
from generator_gateway.pipeline import produce
from generator_gateway.ports import Lease, Line
from generator_gateway.stages import Ended, Request, Stopped
from trust_kernel.decisions import Verdict
from trust_kernel.errors import Conflict, InvalidInput, PlacetError, Unavailable

_log = logging.getLogger(__name__)


class Leases(Protocol):
    """Who works on what."""

    ttl: timedelta

    def claim(self, case_id: str) -> Lease | None:
        """Take a case, or None."""
        ...

    def renew(self, lease: Lease) -> None:
        """Keep it; called from another thread than `claim`."""
        ...

    def let_go(self, lease: Lease, rest: timedelta | None = None, *, outage: bool = False) -> None:
        """Give it back; an outage does not count as an attempt."""
        ...


class Accepted(Protocol):
    """Reads what was asked for."""

    def requested(self, case_id: str) -> Request:
        """The request of a case."""
        ...


class CaseRunner:
    """Claims a case, keeps the claim alive, walks the release path.

    Args:
        max_attempts: workers that may die or fail on a case before it is given up.
        rest: how long a case rests after a failure or an outage; doubled with every further one, up to `longest_rest`.
        longest_rest: the longest rest.
        patience: how long a case waits for what does not answer, a time-stamp authority for example, before it is
            given up.
    """

    def __init__(
        self,
        line: Line,
        leases: Leases,
        accepted: Accepted,
        *,
        max_attempts: int = 5,
        rest: timedelta = timedelta(seconds=2),
        longest_rest: timedelta = timedelta(minutes=5),
        patience: timedelta = timedelta(hours=24),
    ) -> None:
        self._line = line
        self._leases = leases
        self._accepted = accepted
        self._max_attempts = max_attempts
        self._rest = rest
        self._longest_rest = longest_rest
        self._patience = patience

    def run(self, case_id: str) -> Ended | None:
        """Take a case as far as it goes now; None where somebody else has it, or it must rest."""
        lease = self._leases.claim(case_id)
        if lease is None:
            return None
        # Whatever breaks in a way that nobody foresaw rests too; only a case that came to its end need not.
        rest: timedelta | None = self._rest_after(lease)
        outage = False
        try:
            with self._alive(lease):
                ended = self._produce(lease)
            rest = None
            return ended  # noqa: TRY300 - the rest is only waived once the end is on record
        except Conflict as error:
            if error.code != GatewayReason.CASE_LEASE_LOST:
                raise
            _log.warning("case %s was taken over by another worker", case_id)
            return None
        except Unavailable as error:
            outage = True
            _log.warning("case %s rests for %s: %s", case_id, rest, error.detail)
            return None
        finally:
            self._leases.let_go(lease, rest, outage=outage)

    def _rest_after(self, lease: Lease) -> timedelta:
        times = min(lease.attempt - 1 + lease.outages, 16)
        return min(self._rest * (1 << times), self._longest_rest)

    def _produce(self, lease: Lease) -> Ended:
        request = self._accepted.requested(lease.case_id)
        if lease.attempt > self._max_attempts or lease.waited > self._patience:
            return self._give_up(lease.case_id, GatewayReason.CASE_EXHAUSTED, _EXHAUSTED)
        try:
            return produce(request, self._line)
        except InvalidInput as error:
            return self._give_up(lease.case_id, error.code, error.detail)
        except (Conflict, Unavailable):
            raise
        except PlacetError as error:
            # Trying again would not help; the operator's log has the cause, the client a code.
            _log.exception("case %s broke", lease.case_id)
            code = error.code if error.code.startswith(("watermark:", "case:")) else GatewayReason.CASE_BROKEN
            return self._give_up(lease.case_id, code, _BROKEN)

    def _give_up(self, case_id: str, code: str, message: str) -> Stopped:
        return self._line.ledger.close(Stopped(case_id, Verdict.DENY, (str(code),), message))

    @contextmanager
    def _alive(self, lease: Lease) -> Iterator[None]:
        done = threading.Event()
        pulse = threading.Thread(target=self._beat, args=(lease, done), name=f"lease-{lease.case_id}", daemon=True)
        pulse.start()
        try:
            yield
        finally:
            done.set()
            pulse.join()

    def _beat(self, lease: Lease, done: threading.Event) -> None:
        while not done.wait(self._leases.ttl.total_seconds() / 3):
            try:
                self._leases.renew(lease)
            except Conflict:
                return
            except Unavailable:
                continue


_EXHAUSTED = "This could not be finished after several tries. Please send it again."
_BROKEN = "Something is wrong on our side, and nothing was let out. Please tell the operator the video's id."
