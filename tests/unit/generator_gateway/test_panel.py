"""Every gate runs, whatever becomes of the others; whatever breaks is a hold."""

import threading
import time
from collections.abc import Iterator

import pytest

from generator_gateway.gates.panel import GatePanel
from generator_gateway.ports import CaseView, GateReport
from generator_gateway.stages import Consent
from tests.factories.cases import NOON, a_finding, a_request
from tests.fakes.gateway import SayingGate, look_of
from trust_kernel.decisions import Outcome, Stage
from trust_kernel.errors import Unavailable

VIEW = CaseView(Stage.REQUEST, a_request(), NOON)
UNAVAILABLE = "gate:panel:unavailable"


class HangingGate:
    """Says nothing until it is let go."""

    name = "test:hanging"

    def __init__(self) -> None:
        self.let_go = threading.Event()

    def look(self, view: CaseView) -> GateReport:
        self.let_go.wait(20)
        return GateReport((a_finding(stage=view.stage),))


class ReportingGate(SayingGate):
    """Gives a whole report."""

    def __init__(self, report: GateReport) -> None:
        super().__init__()
        self.report = report

    def look(self, view: CaseView) -> GateReport:  # noqa: ARG002 - the port's shape
        return self.report


@pytest.fixture
def hanging() -> Iterator[HangingGate]:
    gate = HangingGate()
    yield gate
    gate.let_go.set()


@pytest.mark.parametrize("error", [RuntimeError("bug"), Unavailable("down"), KeyError("x"), AssertionError()])
def test_a_gate_that_breaks_is_a_hold_and_the_others_are_heard(error: Exception) -> None:
    before, broken, after = SayingGate(name="a:a"), SayingGate(name="b:b", failing=error), SayingGate(name="c:c")
    report = GatePanel([before, broken, after]).look(VIEW)
    assert [finding.gate for finding in report.findings] == ["a:a", "b:b", "c:c"]
    assert [finding.outcome for finding in report.findings] == [Outcome.CLEAR, Outcome.UNAVAILABLE, Outcome.CLEAR]
    assert report.findings[1].reason == UNAVAILABLE
    assert report.findings[1].evidence.note == "broke"
    assert str(error) not in report.findings[1].evidence.note or not str(error)


def test_gates_that_hang_share_one_time_limit(hanging: HangingGate) -> None:
    started = time.monotonic()
    report = GatePanel([hanging] * 4, timeout=0.5).look(VIEW)
    assert time.monotonic() - started < 1.5
    assert [finding.outcome for finding in report.findings] == [Outcome.UNAVAILABLE] * 4


def test_a_gate_that_hangs_is_a_hold_after_its_time(hanging: HangingGate) -> None:
    started = time.monotonic()
    report = GatePanel([hanging, SayingGate()], timeout=0.2).look(VIEW)
    assert time.monotonic() - started < 5
    assert [finding.outcome for finding in report.findings] == [Outcome.UNAVAILABLE, Outcome.CLEAR]
    assert report.findings[0].reason == UNAVAILABLE
    assert report.findings[0].evidence.note == "took too long"


def test_a_gate_that_says_nothing_is_a_hold() -> None:
    report = GatePanel([ReportingGate(GateReport(())), SayingGate()]).look(VIEW)
    assert [finding.outcome for finding in report.findings] == [Outcome.UNAVAILABLE, Outcome.CLEAR]
    assert report.findings[0].evidence.note == "said nothing"


def test_gates_look_side_by_side() -> None:
    meeting = threading.Barrier(3)

    class Meeting(SayingGate):
        def look(self, view: CaseView) -> GateReport:
            meeting.wait(10)
            return super().look(view)

    report = GatePanel([Meeting(), Meeting(), Meeting()]).look(VIEW)
    assert {finding.outcome for finding in report.findings} == {Outcome.CLEAR}


def test_every_gate_is_shown_the_same_view() -> None:
    gates = [SayingGate(), SayingGate()]
    GatePanel(gates).look(VIEW)
    assert [gate.views for gate in gates] == [[VIEW], [VIEW]]


def test_a_panel_without_gates_finds_nothing() -> None:
    assert GatePanel([]).look(VIEW) == GateReport(())


def test_reports_are_joined_without_repeats() -> None:
    ada, bea = (Consent(who, 1, None, frozenset({"face"})) for who in ("ada", "bea"))
    one = GateReport((a_finding(),), (ada,), {"model:a": "1"}, ("ada",))
    two = GateReport((a_finding(),), (ada, bea), {"model:b": "2"}, ("bea", "ada"))
    report = GatePanel([ReportingGate(one), ReportingGate(two)]).look(VIEW)
    assert report.consents == (ada, bea)
    assert report.made_with == {"model:a": "1", "model:b": "2"}
    assert report.seen == ("ada", "bea")
    assert len(report.findings) == 2


@pytest.mark.parametrize(("source", "said"), [("output", "output"), ("ref_1", "request")])
def test_a_broken_gate_says_at_which_look_it_broke(source: str, said: str) -> None:
    stage = Stage.OUTPUT if source == "output" else Stage.REQUEST
    view = CaseView(stage, a_request(), NOON, ((source, look_of(b"x")),))
    finding = GatePanel([SayingGate(failing=RuntimeError())]).look(view).findings[0]
    assert finding.evidence.source == said
    assert finding.stage is stage
