"""The release path: its order, where it stops, and how it goes on after a crash."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from generator_gateway.pipeline import produce, withdraw
from generator_gateway.ports import Cause, Line
from generator_gateway.stages import Admitted, Draft, Logged, Marked, Opened, Passed, Released, Signed, Stopped
from generator_gateway.store import CaseJournal
from tests.factories.cases import (
    NOON,
    a_draft,
    a_logged,
    a_marked,
    a_passed,
    a_request,
    a_signed,
    an_admitted,
    an_opened,
    reached,
)
from tests.unit.generator_gateway.conftest import TTL, House, elsewhere
from trust_kernel.decisions import Verdict
from trust_kernel.errors import Conflict

STEPS = (
    ("ledger", "open"),
    ("request_gates", "judge"),
    ("backend", "render"),
    ("output_gates", "judge"),
    ("marker", "mark"),
    ("signer", "sign"),
    ("ledger", "seal"),
    ("vault", "release"),
)
STAGES: tuple[type, ...] = (Opened, Admitted, Draft, Passed, Marked, Signed, Logged, Released)
DENIED = Stopped("video_1", Verdict.DENY, ("likeness:face:no_consent",), "no")


@dataclass
class ScriptedLine:
    """A line whose steps give what a test says, and remember what they were given."""

    given: dict[tuple[str, str], object] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    handed: list[object] = field(default_factory=list)

    def __getattr__(self, part: str) -> object:
        return ScriptedPart(part, self)


@dataclass
class ScriptedPart:
    """One part of a scripted line."""

    name: str
    line: ScriptedLine

    def __getattr__(self, method: str) -> Callable[[object], object]:
        def step(value: object) -> object:
            self.line.calls.append((self.name, method))
            self.line.handed.append(value)
            return self.line.given.get((self.name, method), value)

        return step


def scripted(**outcomes: object) -> ScriptedLine:
    values: tuple[object, ...] = (
        an_opened(),
        an_admitted(),
        a_draft(),
        a_passed(),
        a_marked(),
        a_signed(),
        a_logged(),
        Released(a_logged(), NOON, ("acct_ada",)),
    )
    return ScriptedLine(
        {**dict(zip(STEPS, values, strict=True)), **{named(key): value for key, value in outcomes.items()}}
    )


def named(key: str) -> tuple[str, str]:
    return next(step for step in STEPS if "_".join(step) == key)


def test_the_steps_come_in_this_order_and_each_is_handed_what_the_one_before_made() -> None:
    line = scripted()
    ended = produce(a_request(), cast("Line", line))
    assert line.calls == list(STEPS)
    assert line.handed == [a_request(), *[line.given[step] for step in STEPS[:-1]]]
    assert ended is line.given["vault", "release"]


@pytest.mark.parametrize(
    ("where", "before"),
    [("request_gates_judge", STEPS[:2]), ("output_gates_judge", STEPS[:4])],
)
def test_a_stop_closes_the_case_and_nothing_runs_after_it(where: str, before: tuple[tuple[str, str], ...]) -> None:
    line = scripted(**{where: DENIED})
    ended = produce(a_request(), cast("Line", line))
    assert line.calls == [*before, ("ledger", "close")]
    assert line.handed[-1] is DENIED
    assert ended is DENIED


def test_a_stop_at_the_door_is_the_end() -> None:
    line = scripted(vault_release=DENIED)
    assert produce(a_request(), cast("Line", line)) is DENIED
    assert line.calls == list(STEPS)


def test_a_withdrawal_takes_back_exactly_what_the_cause_touches() -> None:
    class Touched:
        def touched_by(self, cause: Cause) -> tuple[str, ...]:
            return (f"video_of_{cause.subject_id}",)

        def take_back(self, case_ids: tuple[str, ...], cause: Cause) -> tuple[str, ...]:
            return (*case_ids, cause.reason)

    cause = Cause("consent:grant:revoked", subject_id="ada")
    assert withdraw(cause, Touched()) == ("video_of_ada", "consent:grant:revoked")


# --- the same path over the real parts: a worker dies, another goes on


class WorkerDiedError(Exception):
    """Stands for a killed process: nothing of the path may catch it."""


class Dying:
    """A part that dies before or after one of its methods."""

    def __init__(self, part: object, method: str, *, before: bool) -> None:
        self._part = part
        self._method = method
        self._before = before

    def __getattr__(self, name: str) -> Callable[[object], object]:
        real = getattr(self._part, name)

        def step(value: object) -> object:
            if name == self._method and self._before:
                raise WorkerDiedError
            result: object = real(value)
            if name == self._method:
                raise WorkerDiedError
            return result

        return step


class DyingJournal(CaseJournal):
    """Dies when one stage is to be kept: the work is done, and nobody knows."""

    dies_at: type | None = None

    def earn(self, case_id: str, value: Any) -> Any:
        if type(value) is self.dies_at:
            raise WorkerDiedError
        return super().earn(case_id, value)


def a_case_with_a_guest(house: House) -> str:
    house.give(house.person("bea"))
    house.person("ada")
    return house.submit("@bea waves").id


def work_done(house: House) -> dict[str, int]:
    return {
        "looks of gates": len(house.gate.views),
        "renders": len(house.backend.orders),
        "marks": len(house.marking.marked),
        "signatures": len(house.credentials.claims),
    }


ONCE = {"looks of gates": 2, "renders": 1, "marks": 1, "signatures": 3}


def assert_out_once(house: House, case_id: str) -> None:
    assert house.cases.get(case_id).status == "completed"
    assert house.kinds() == ["case:request:opened", "release:video:sealed", "release:video:released"]
    assert house.release(case_id).status == "released"
    bea = house.registry.by_handle("bea")
    assert bea is not None
    assert [house.uses(grant) for grant in house.registry.grants(bea.id)] == [1]
    assert len(house.notices("acct_bea", "likeness:use:drafted")) == 1
    assert len(house.notices("acct_bea", "likeness:use:released")) == 1


def test_a_case_walks_the_whole_path_once(house: House) -> None:
    case_id = a_case_with_a_guest(house)
    assert house.ended(house.cases.get(case_id)).case_id == case_id
    assert work_done(house) == ONCE
    assert_out_once(house, case_id)


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS, ids="-".join)
def test_a_crash_around_a_step_repeats_nothing_that_was_earned(
    house: House, step: tuple[str, str], before: bool
) -> None:
    case_id = a_case_with_a_guest(house)
    part, method = step
    dying = Dying(getattr(house.line, part), method, before=before)
    line = replace(house.line, **cast("dict[str, Any]", {part: dying}))
    house.claimed(case_id)
    with pytest.raises(WorkerDiedError):
        house.walk(house.cases.requested(case_id), line)
    # the dead worker's lease runs out and another one takes over; after the door closed there is nothing to take over
    house.clock.advance(seconds=TTL.total_seconds() + 1)
    ended = elsewhere(lambda: house.runner.run(case_id))
    assert isinstance(ended, Released) or step == STEPS[-1]
    assert work_done(house) == ONCE
    assert_out_once(house, case_id)


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.__name__)
def test_a_crash_before_a_stage_is_kept_leaves_no_half_done_record(house: House, stage: type) -> None:
    case_id = a_case_with_a_guest(house)
    journal = DyingJournal(house.database, house.clock, house.leases)
    journal.dies_at = stage
    house.claimed(case_id)
    with pytest.raises(WorkerDiedError):
        house.walk(house.cases.requested(case_id), house.line_with(journal))
    assert house.releases.find(case_id) is None
    house.clock.advance(seconds=TTL.total_seconds() + 1)
    assert isinstance(elsewhere(lambda: house.runner.run(case_id)), Released)
    assert_out_once(house, case_id)


@pytest.mark.parametrize("step", STEPS, ids="-".join)
def test_a_lost_lease_stops_the_work_at_its_next_step_and_leaves_no_trace(house: House, step: tuple[str, str]) -> None:
    case_id = a_case_with_a_guest(house)
    part, method = step
    real = getattr(house.line, part)

    class Overtaken(Dying):
        """Another worker takes the case just before this step."""

        def __getattr__(self, name: str) -> Callable[[object], object]:
            function = getattr(real, name)

            def run(value: object) -> object:
                if name == method:
                    house.clock.advance(seconds=TTL.total_seconds() + 1)
                    assert elsewhere(lambda: house.leases.claim(case_id)) is not None
                result: object = function(value)
                return result

            return run

    house.claimed(case_id)
    line = replace(house.line, **cast("dict[str, Any]", {part: Overtaken(real, method, before=True)}))
    before = set(reached(house.database, case_id))
    with pytest.raises(Conflict) as lost:
        house.walk(house.cases.requested(case_id), line)
    assert lost.value.code == "case:lease:lost"
    earned = {stage.__name__ for stage in STAGES[: STEPS.index(step)]}
    assert set(reached(house.database, case_id)) - before == earned
    assert house.releases.find(case_id) is None
    assert house.cases.get(case_id).status == "in_progress"
