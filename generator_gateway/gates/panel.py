"""Runs every gate, whatever the others say, and turns whatever breaks into a hold."""

import logging
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as LateError
from contextlib import ExitStack

from generator_gateway.errors import GatewayReason
from generator_gateway.ports import CaseView, Gate, GateReport
from trust_kernel.decisions import Evidence, Finding, Outcome

_log = logging.getLogger(__name__)


class GatePanel:
    """All gates, side by side.

    Args:
        gates: run on every look; each says at least one thing.
        timeout: seconds that a look may take; gates that have not answered by then count as unavailable.
    """

    def __init__(self, gates: Sequence[Gate], timeout: float = 60.0) -> None:
        self._gates = tuple(gates)
        self._timeout = timeout

    def look(self, view: CaseView) -> GateReport:
        """Every gate's findings, in the order of the gates."""
        with ExitStack() as stack:
            pool = ThreadPoolExecutor(max(1, len(self._gates)), thread_name_prefix="gate")
            # A gate that hangs must not hold up the answer; its thread is left to end by itself.
            stack.callback(pool.shutdown, wait=False, cancel_futures=True)
            running = [(gate, pool.submit(gate.look, view)) for gate in self._gates]
            deadline = time.monotonic() + self._timeout
            reports = [self._await(gate, future, view, deadline) for gate, future in running]
        return GateReport(
            findings=tuple(finding for report in reports for finding in report.findings),
            consents=tuple(dict.fromkeys(consent for report in reports for consent in report.consents)),
            made_with={name: version for report in reports for name, version in report.made_with.items()},
            seen=tuple(dict.fromkeys(subject for report in reports for subject in report.seen)),
        )

    def _await(self, gate: Gate, future: "Future[GateReport]", view: CaseView, deadline: float) -> GateReport:
        try:
            report = future.result(max(0.0, deadline - time.monotonic()))
        except LateError:
            _log.warning("gate %s took longer than %s s", gate.name, self._timeout)
            return _unavailable(gate, view, "took too long")
        except Exception:  # noqa: BLE001 - the one of the house: a gate that breaks is a hold, never a pass
            _log.exception("gate %s broke", gate.name)
            return _unavailable(gate, view, "broke")
        return report if report.findings else _unavailable(gate, view, "said nothing")


def _unavailable(gate: Gate, view: CaseView, note: str) -> GateReport:
    finding = Finding(
        gate=gate.name,
        stage=view.stage,
        outcome=Outcome.UNAVAILABLE,
        reason=GatewayReason.GATE_UNAVAILABLE,
        evidence=Evidence("output" if view.looks and view.looks[0][0] == "output" else "request", note=note),
    )
    return GateReport((finding,))


def clear(gate: Gate, view: CaseView, reason: str, source: str = "request") -> Finding:
    """What a gate says when it looked and found nothing."""
    return Finding(gate.name, view.stage, Outcome.CLEAR, reason, Evidence(source))
