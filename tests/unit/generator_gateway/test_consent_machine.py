"""Whatever people do, in whatever order and at once: nothing goes out without consent, nothing withdrawn is served."""

import os
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import cache, partial, wraps
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from consent_registry.api import ApprovalState, Audience, Mode, OnRevocation, Safety, TakeBack
from tests.factories.consent_world import ASKERS, SUBJECTS, Step, Worker, World, furnish, to, world

Rule = Callable[..., None]
EXAMPLES = 30
STEPS = 6
LONG = 16
"""Steps of an example here, and where there is time for longer ones."""
DOOR = 7
"""Steps of a worker that bring a case to the door out; one more lets it out."""
SEEN: Counter[str] = Counter()
"""What happened in all examples of this process."""
_PLACE = st.integers(0, 11)
_NAMES = st.sampled_from(SUBJECTS)
_CASTS = st.sampled_from([(), SUBJECTS[:1], SUBJECTS[1:], SUBJECTS])
_TAKE_BACK = st.sampled_from(TakeBack)
_AUDIENCES = (to(), to("acct_ada"), to("acct_ada", "acct_dan"))


@cache
def _start() -> "tempfile.TemporaryDirectory[str]":
    """What every example starts from; gone when this process ends."""
    folder = tempfile.TemporaryDirectory(prefix="placet-machine-", dir=_memory())
    furnish(Path(folder.name))
    return folder


def _memory() -> str | None:
    """Where files are kept in memory: thousands of databases are made here, and none needs to last."""
    shared = "/dev/shm"  # noqa: S108 - a folder with a random name in it
    return shared if os.access(shared, os.W_OK) else None


def when(holds: Callable[["ConsentMachine"], object]) -> Callable[[Rule], Rule]:
    """Do a step where there is something to do it to.

    Not a precondition: those decide what is drawn next, and how a race ends would decide them, so that hypothesis could
    not repeat an example. As it is, what is drawn never depends on what happened.
    """

    def around(step: Rule) -> Rule:
        @wraps(step)
        def act(self: "ConsentMachine", **drawn: Any) -> None:
            if holds(self):
                step(self, **drawn)

        return act

    return around


class ConsentMachine(RuleBasedStateMachine):
    """People who grant, ask, revoke and delete, and workers that go on meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="placet-world-", dir=_memory())
        self.opened = world(Path(_start().name), Path(self.folder.name))
        self.world: World = self.opened.__enter__()

    def teardown(self) -> None:
        try:
            self.world.close()
            SEEN.update(self.world.seen)
            SEEN["examples"] += 1
        finally:
            self.opened.__exit__(None, None, None)
            self.folder.cleanup()

    @initialize(
        names=st.sampled_from([SUBJECTS[:1], SUBJECTS]),
        keeps=st.sampled_from(OnRevocation),
        ready=st.lists(st.sampled_from(ASKERS), min_size=1, max_size=1),
    )
    def something_is_out_and_more_is_on_its_way(
        self, names: tuple[str, ...], keeps: OnRevocation, ready: list[str]
    ) -> None:
        for name in names:
            self.world.grant(name, to(), allows_remix=True, on_revocation=keeps)
        self._made(ASKERS[0], names, DOOR + 1)
        for account in ready:
            self._made(account, names, DOOR)

    # --- consent

    @rule(
        name=_NAMES,
        audience=st.sampled_from(_AUDIENCES),
        hours=st.sampled_from([1, 48]),
        terms=st.fixed_dictionaries(
            {
                "max_uses": st.sampled_from([None, 1, 2]),
                "daily_uses": st.sampled_from([None, 1]),
                "on_revocation": st.sampled_from(OnRevocation),
                "allows_remix": st.booleans(),
                "mode": st.sampled_from([Mode.AUTOMATIC, Mode.AUTOMATIC, Mode.ASK, Mode.PREVIEW]),
            }
        ),
    )
    def grant(self, name: str, audience: Audience, hours: int, terms: dict[str, object]) -> None:
        expires_at = self.world.house.clock.now() + timedelta(hours=hours)
        self.world.grant(name, audience, expires_at=expires_at, **terms)

    @rule(
        name=_NAMES,
        mode=st.sampled_from([Mode.ASK, Mode.PREVIEW]),
        account=st.sampled_from(ASKERS),
        said=st.sampled_from([None, ApprovalState.APPROVED, ApprovalState.APPROVED, ApprovalState.REFUSED]),
    )
    def somebody_wants_to_be_asked(self, name: str, mode: Mode, account: str, said: ApprovalState | None) -> None:
        self.world.revoke_all(name, TakeBack.AS_GRANTED)()
        self.world.grant(name, to(), mode=mode, allows_remix=True)
        self._made(account, (name,), DOOR)
        if said is not None:
            for asked, owner in self.world.questions:
                self.world.attempt(
                    f"answer {said}", partial(self.world.house.approvals.answer, asked, said, actor=owner)
                )
            self.world.finish(self.world.cases[-1])

    @rule(place=_PLACE, take_back=_TAKE_BACK)
    @when(lambda self: self.world.standing)
    def revoke(self, place: int, take_back: TakeBack) -> None:
        self.world.attempt("revoke", self._revocation(place, take_back))

    @rule(name=_NAMES, take_back=_TAKE_BACK)
    @when(lambda self: self.world.standing)
    def revoke_everything(self, name: str, take_back: TakeBack) -> None:
        self.world.attempt("revoke everything", self.world.revoke_all(name, take_back))

    @rule(
        name=_NAMES,
        account=st.sampled_from(ASKERS),
        take_back=_TAKE_BACK,
        what=st.sampled_from(["bar", "unbar", "pause", "resume", "lock", "unlock"]),
    )
    def stop_or_go_on(self, name: str, account: str, take_back: TakeBack, what: str) -> None:
        acts: dict[str, Callable[[], Step]] = {
            "bar": lambda: self.world.bar(name, account, take_back),
            "unbar": lambda: partial(self._safety.unbar, self.world.people[name].id, account, f"acct_{name}"),
            "pause": lambda: self._pause(name, paused=True),
            "resume": lambda: self._pause(name, paused=False),
            "lock": lambda: self._lockdown(on=True),
            "unlock": lambda: self._lockdown(on=False),
        }
        self.world.attempt(what, acts[what]())

    @rule()
    def everything_goes_on(self) -> None:
        for name in SUBJECTS:
            self._pause(name, paused=False)()
        self._lockdown(on=False)()

    @rule(place=_PLACE, said=st.sampled_from([ApprovalState.APPROVED, ApprovalState.APPROVED, ApprovalState.REFUSED]))
    @when(lambda self: self.world.questions)
    def answer(self, place: int, said: ApprovalState) -> None:
        asked, account = self.world.questions[place % len(self.world.questions)]
        self.world.attempt(f"answer {said}", partial(self.world.house.approvals.answer, asked, said, actor=account))

    @rule()
    def silence_ends(self) -> None:
        self.world.house.approvals.sweep()

    @rule(hours=st.sampled_from([1, 12, 36]))
    def time_passes(self, hours: int) -> None:
        self.world.house.clock.advance(hours=hours)

    # --- cases

    @rule(account=st.sampled_from(ASKERS), names=_CASTS, steps=st.sampled_from([0, 2, DOOR, DOOR, DOOR + 1]))
    def ask(self, account: str, names: tuple[str, ...], steps: int) -> None:
        self._made(account, names, steps)

    @rule(place=_PLACE, steps=st.sampled_from([0, DOOR, DOOR + 1]))
    @when(lambda self: self.world.out)
    def remix(self, place: int, steps: int) -> None:
        parent, account = self._owned(place)
        self._made(account, (), steps, remix_of=parent)

    @rule(place=_PLACE, steps=st.integers(1, 7))
    @when(lambda self: self.world.waiting)
    def a_worker_goes_some_way(self, place: int, steps: int) -> None:
        waiting = self.world.waiting
        self.world.take(waiting[place % len(waiting)], steps)

    @rule(place=_PLACE)
    @when(lambda self: self.world.waiting)
    def a_worker_goes_all_the_way(self, place: int) -> None:
        waiting = self.world.waiting
        self.world.finish(waiting[place % len(waiting)])

    @rule(place=_PLACE)
    @when(lambda self: self.world.busy)
    def a_worker_goes_on(self, place: int) -> None:
        worker = self.world.busy[place % len(self.world.busy)]
        worker.to_the_door()
        worker.step()

    @rule(place=_PLACE)
    @when(lambda self: self.world.out)
    def delete(self, place: int) -> None:
        self.world.attempt("delete", self._deletion(place))

    @rule(place=_PLACE, what=st.sampled_from(["withdraw", "object", "lift", "share"]))
    @when(lambda self: self.world.out)
    def owners_disagree(self, place: int, what: str) -> None:
        case_id, account_id = self._owned(place)
        desk = self.world.house.ownership
        acts = {"withdraw": desk.withdraw, "object": desk.object, "lift": desk.lift, "share": self.world.share}
        self.world.attempt(what, partial(acts[what], account_id, case_id))

    # --- at once

    @rule(place=_PLACE, other=_PLACE, take_back=_TAKE_BACK)
    @when(lambda self: self.world.busy and self.world.standing)
    def a_release_races_a_revocation(self, place: int, other: int, take_back: TakeBack) -> None:
        worker = self._worker_at_the_door(place)
        self.world.race(("release", worker.step), ("revoke", self._revocation(other, take_back)))

    @rule(place=_PLACE, name=_NAMES, account=st.sampled_from(ASKERS), which=st.sampled_from(["bar", "pause", "lock"]))
    @when(lambda self: self.world.busy)
    def a_release_races_a_stop(self, place: int, name: str, account: str, which: str) -> None:
        worker = self._worker_at_the_door(place)
        stops = {
            "bar": self.world.bar(name, account, TakeBack.STOP_NEW) if which == "bar" else None,
            "pause": self._pause(name, paused=True),
            "lock": self._lockdown(on=True),
        }
        self.world.race(("release", worker.step), (which, stops[which] or worker.step))

    @rule()
    @when(lambda self: len(self.world.at_the_door) > 1)
    def releases_race_each_other(self) -> None:
        self.world.race(*(("release", worker.step) for worker in self.world.at_the_door[:3]))

    @rule(place=_PLACE, other=_PLACE)
    @when(lambda self: self.world.busy and self.world.out)
    def a_release_races_a_deletion(self, place: int, other: int) -> None:
        worker = self._worker_at_the_door(place)
        self.world.race(("release", worker.step), ("delete", self._deletion(other)))

    # --- what they do

    def _made(self, account: str, names: tuple[str, ...], steps: int, remix_of: str | None = None) -> None:
        """Ask, and have a worker take it so many steps."""
        before = len(self.world.cases)
        self.world.ask(account, names, remix_of)
        if steps and len(self.world.cases) > before:
            self.world.take(self.world.cases[-1], steps)

    @property
    def _safety(self) -> Safety:
        return self.world.house.registry.safety

    def _worker_at_the_door(self, place: int) -> Worker:
        worker = self.world.busy[place % len(self.world.busy)]
        worker.to_the_door()
        return worker

    def _revocation(self, place: int, take_back: TakeBack) -> Step:
        return self.world.revoke(self.world.standing[place % len(self.world.standing)], take_back)

    def _pause(self, name: str, *, paused: bool) -> Step:
        return partial(self._safety.pause, self.world.people[name].id, f"acct_{name}", paused=paused)

    def _lockdown(self, *, on: bool) -> Step:
        return partial(self._safety.set_lockdown, "acct_staff", on=on, reason="a drill")

    def _deletion(self, place: int) -> Step:
        case_id, account_id = self._owned(place)
        return partial(self.world.house.desk.delete, account_id, case_id)

    def _owned(self, place: int) -> tuple[str, str]:
        case_id = self.world.out[place % len(self.world.out)]
        owners = self.world.house.release(case_id).owners
        return case_id, owners[place % len(owners)].account_id

    @invariant()
    def everything_holds(self) -> None:
        self.world.check()


TestConsentMachine = ConsentMachine.TestCase
TestConsentMachine.settings = settings(
    max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
)
