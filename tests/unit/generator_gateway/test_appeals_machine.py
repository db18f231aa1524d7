"""Whatever happens around an appeal, in whatever order: no person's no is passed over, and nothing comes out twice."""

import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from generator_gateway.ports.appeals import AppealState
from generator_gateway.stages import Released
from tests.factories.appeals import ADA, HOLDER, LEO, OTHER, SAID, STAFF, claim
from tests.factories.databases import sqlite
from tests.unit.generator_gateway.conftest import House
from trust_kernel.db import Database
from trust_kernel.decisions import Verdict
from trust_kernel.errors import PlacetError

NAMED = "optout:character:named"
WON = {AppealState.OVERTURNED, AppealState.LICENSED}
STEPS = (
    "consent",
    "refuse",
    "work",
    "appeal",
    "overturn",
    "overturn",
    "uphold",
    "permit",
    "take_back",
    "sweep",
    "later",
)
"""What people, staff, workers and time may do to one case that names a claimed lion and somebody who may say no."""


class Story:
    """One case of Ada's with Bea and a claimed lion in it."""

    def __init__(self, house: House) -> None:
        claim(house)
        self.house = house
        self.bea = house.person("bea")
        self.grants: list[str] = []
        self.case_id = house.submit("Leo walks with @bea").id
        self.out = 0

    @property
    def agreed(self) -> bool:
        return bool(self.grants)

    @property
    def appeal_id(self) -> str:
        known = self.house.appeals.own(ADA, self.case_id).appeals
        return known[0].id if known else "appeal_none"

    def do(self, step: str) -> None:
        acts: dict[str, Callable[[], object]] = {
            "consent": lambda: self.grants.append(self.house.give(self.bea).id),
            "refuse": self._refuse,
            "work": self._work,
            "appeal": lambda: self.house.appeals.file(ADA, self.case_id, SAID),
            "overturn": lambda: self.house.appeal_review.overturn(self.appeal_id, STAFF, "Another lion."),
            "uphold": lambda: self.house.appeal_review.uphold(self.appeal_id, OTHER, "It is that lion."),
            "permit": lambda: self.house.appeal_hearing.permit(HOLDER, self.appeal_id, LEO),
            "take_back": lambda: self.house.appeals.withdraw(ADA, self.case_id),
            "sweep": self.house.appeals.sweep,
            "later": lambda: self.house.clock.advance(hours=30),
        }
        try:
            acts[step]()
        except PlacetError:
            return  # said no, in words

    def _refuse(self) -> None:
        while self.grants:
            self.house.registry.revoke(self.grants.pop(), actor=self.bea.account_id)

    def _work(self) -> None:
        """A worker takes the case as far as it goes; what comes out came out with everybody's yes."""
        before = self.agreed
        if isinstance(self.house.runner.run(self.case_id), Released):
            assert before
            states = {one.state for one in self.house.appeals.own(ADA, self.case_id).appeals}
            assert states & WON, "a claim was passed over that nobody lifted"
            self.out += 1

    def check(self) -> None:
        assert self.out <= 1
        assert self.house.kinds().count("release:video:released") == self.out
        lifted = [
            ruling
            for decision in self.house.cases.decisions(self.case_id)
            for ruling in decision.rulings
            if ruling.policy == "appeal"
        ]
        assert {(ruling.reason, ruling.finding.about) for ruling in lifted} <= {(NAMED, LEO)}
        assert all(ruling.verdict is Verdict.ALLOW for ruling in lifted)


def _memory() -> str | None:
    """Where files are kept in memory: many databases are made here, and none needs to last."""
    shared = "/dev/shm"  # noqa: S108 - a folder with a random name in it
    return shared if os.access(shared, os.W_OK) else None


@cache
def _start() -> tuple["tempfile.TemporaryDirectory[str]", Path]:
    """A database with all tables, copied for each example."""
    folder = tempfile.TemporaryDirectory(prefix="placet-appeals-", dir=_memory())
    with sqlite(Path(folder.name)) as database:
        file = Path(str(database.engine.url.database))
    return folder, file


@given(steps=st.lists(st.sampled_from(STEPS), min_size=3, max_size=9))
@example(steps=["refuse", "overturn", "work", "consent", "overturn"])
@example(steps=["overturn", "refuse", "work", "consent", "appeal", "permit"])
@example(steps=["permit", "work", "overturn", "permit", "sweep"])
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_persons_no_is_passed_over_and_nothing_comes_out_twice(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="placet-appeal-", dir=_memory()) as folder:
        file = Path(folder) / "placet.db"
        shutil.copyfile(_start()[1], file)
        database = Database(f"sqlite:///{file}")
        try:
            story = Story(House(database, Path(folder)))
            for step in ("consent", "work", "appeal", *steps, "work"):
                story.do(step)
                story.check()
        finally:
            database.dispose()
