"""What comes under protection while a video is made: found at the second look, and for the last time at the door."""

from typing import Any

import pytest

from copyright_optout.api import NamedWork
from generator_gateway.stages import Released, Stopped
from likeness_guard.api import NamedPerson
from tests.factories.claims import a_claim
from tests.unit.generator_gateway.conftest import House
from tests.unit.generator_gateway.test_gates_prompt import person
from tests.unit.generator_gateway.test_vault import at_the_door
from trust_kernel.decisions import Verdict

PROMPT = "Fennimore Fox greets Queen Mab"


def claimed(score: float = 1.0) -> NamedWork:
    return NamedWork(a_claim(), "Fennimore Fox", (0, 13), (), score)


def protect(house: House, new: NamedWork | NamedPerson) -> None:
    """A claim takes effect, or somebody is put on the blocklist."""
    if isinstance(new, NamedWork):
        house.optouts.names.append(new)
    else:
        house.likeness.names.append(new)


def drawn(house: House) -> str:
    """A case whose draft is there."""
    case = house.submit(PROMPT)
    house.claimed(case.id)
    line = house.line
    admitted = line.request_gates.judge(line.ledger.open(house.cases.requested(case.id)))
    assert not isinstance(admitted, Stopped)
    line.backend.render(admitted)
    return case.id


def second_look(house: House, case_id: str) -> object:
    line = house.line
    admitted = line.request_gates.judge(line.ledger.open(house.cases.requested(case_id)))
    assert not isinstance(admitted, Stopped)
    return line.output_gates.judge(line.backend.render(admitted))


@pytest.mark.parametrize("new", [claimed(), person(1.0)])
def test_what_is_protected_while_it_is_drawn_stops_it_at_the_second_look(
    house: House, new: NamedWork | NamedPerson
) -> None:
    case_id = drawn(house)
    protect(house, new)
    stopped = second_look(house, case_id)
    assert isinstance(stopped, Stopped)
    assert stopped.verdict is Verdict.DENY


def test_a_doubt_that_the_first_look_had_is_not_raised_again(house: House) -> None:
    protect(house, claimed(0.7))
    case = house.submit(PROMPT)
    house.runner.run(case.id)
    assert house.cases.get(case.id).status == "held"
    house.reviews.decide(case.id, "acct_rev", Verdict.ALLOW, "another fox")
    house.runner.run(case.id)
    assert house.cases.get(case.id).status == "completed"


@pytest.mark.parametrize("new", [claimed(), person(1.0)])
def test_what_is_protected_after_the_second_look_stops_it_at_the_door(
    house: House, new: NamedWork | NamedPerson
) -> None:
    logged = at_the_door(house, PROMPT)
    protect(house, new)
    stopped = house.line.vault.release(logged)
    assert isinstance(stopped, Stopped)
    assert (stopped.verdict, stopped.message) == (
        Verdict.DENY,
        "Something in it came under protection while this was being made, so it can't go out.",
    )
    assert house.cases.get(logged.case_id).status == "failed"


@pytest.mark.parametrize("new", [claimed(), person(1.0)])
def test_what_is_protected_while_its_locks_are_awaited_stops_it_too(
    house: House, new: NamedWork | NamedPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged = at_the_door(house, PROMPT)
    recheck = house.registry.recheck

    def late(*said: Any, **more: Any) -> Any:
        protect(house, new)
        return recheck(*said, **more)

    monkeypatch.setattr(house.registry, "recheck", late)
    assert isinstance(house.line.vault.release(logged), Stopped)


def test_the_prompt_is_not_read_again_under_lock_where_nothing_changed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged = at_the_door(house, PROMPT)
    read: list[bool] = []
    named = house.optouts.named

    def noted(text: str) -> tuple[NamedWork, ...]:
        read.append(house.database._session.get() is not None)
        return named(text)

    monkeypatch.setattr(house.optouts, "named", noted)
    assert isinstance(house.line.vault.release(logged), Released)
    assert read == [False]


def test_a_doubt_that_comes_up_at_the_door_lets_it_go(house: House) -> None:
    logged = at_the_door(house, PROMPT)
    protect(house, claimed(0.7))
    assert isinstance(house.line.vault.release(logged), Released)
