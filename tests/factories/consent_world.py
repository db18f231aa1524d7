"""A small world for the stateful test: people, grants, cases and workers over real transactions, media that are text.

Whatever a step does is done by the real registry, release path and vault on a real database. What holds is read from
the ledger afterwards: it is the one order that all transactions agree on, so replaying it says what was true at the
instant of each release, however the threads fell.
"""

import contextvars
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from consent_registry.api import Audience, AudienceKind, Grant, QuestionState, Subject, TakeBack
from generator_gateway.stages import Admitted, Draft, Ended, Logged, Marked, Opened, Passed, Signed, Stopped
from tests.factories.consent_replay import Replay
from tests.factories.databases import sqlite
from tests.unit.generator_gateway.conftest import House
from trust_kernel.db import Database
from trust_kernel.errors import Conflict, PlacetError

SUBJECTS = ("bea", "cyd")
ASKERS = ("acct_ada", "acct_bea", "acct_dan")
Step = Callable[[], object]


@dataclass
class Worker:
    """One worker on its way with one case: what it holds is held in a context of its own.

    Attributes:
        value: the last stage that it earned.
    """

    house: House
    case_id: str
    context: contextvars.Context
    seen: Counter[str]
    value: object = None
    ended: Ended | None = None
    lost: bool = False

    @property
    def done(self) -> bool:
        """Whether it will do nothing more."""
        return self.lost or self.ended is not None

    @property
    def at_the_door(self) -> bool:
        """Whether the next step is the release."""
        return not self.done and isinstance(self.value, Logged)

    def step(self) -> None:
        """Earn the next stage; whatever was taken from it, or stopped, ends the work."""
        try:
            self.context.run(self._step)
        except Conflict:
            self.lost = True
        self.seen[f"{type(self.ended).__name__} at the end" if self.ended else "lost" if self.lost else "step"] += 1

    def to_the_door(self) -> None:
        """Everything but the release."""
        while not self.done and not self.at_the_door:
            self.step()

    def _step(self) -> None:
        line, value = self.house.line, self.value
        if value is None:
            self.value = line.ledger.open(self.house.cases.requested(self.case_id))
        elif isinstance(value, Opened):
            self._take(line.request_gates.judge(value))
        elif isinstance(value, Admitted):
            self.value = line.backend.render(value)
        elif isinstance(value, Draft):
            self._take(line.output_gates.judge(value))
        elif isinstance(value, Passed):
            self.value = line.marker.mark(value)
        elif isinstance(value, Marked):
            self.value = line.signer.sign(value)
        elif isinstance(value, Signed):
            self.value = line.ledger.seal(value)
        elif isinstance(value, Logged):
            self.ended = line.vault.release(value)

    def _take(self, looked: Admitted | Passed | Stopped) -> None:
        if isinstance(looked, Stopped):
            self.ended = self.house.line.ledger.close(looked)
        else:
            self.value = looked


@dataclass
class World:
    """Everybody and everything, and how often what happened."""

    house: House
    people: dict[str, Subject]
    grants: list[Grant] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)
    workers: list[Worker] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.replay = Replay(self.house)

    # --- what people do

    def grant(self, name: str, audience: Audience, **terms: object) -> None:
        """Say yes to something."""
        self.grants.append(self.house.give(self.house.registry.subject(self.people[name].id), audience, **terms))

    def ask(self, account_id: str, names: tuple[str, ...], remix_of: str | None = None) -> None:
        """Ask for a video of some people, perhaps made of another one."""
        prompt = " meets ".join(f"@{name}" for name in names) or "a quiet harbour"
        self.attempt("ask", lambda: self.cases.append(self.house.submit(prompt, account_id, remix_of=remix_of).id))

    def take(self, case_id: str, steps: int) -> None:
        """A worker claims a case and goes some way."""
        context = contextvars.Context()
        if context.run(self.house.leases.claim, case_id) is None:
            return
        worker = Worker(self.house, case_id, context, self.seen)
        self.workers.append(worker)
        for _ in range(steps):
            if not worker.done:
                worker.step()

    def finish(self, case_id: str) -> None:
        """A worker takes a case to its end."""
        ended = contextvars.Context().run(self.house.runner.run, case_id)
        self.seen[type(ended).__name__ if ended else "busy"] += 1

    def attempt(self, what: str, act: Step) -> None:
        """Do something that may be refused, never break."""
        try:
            act()
        except PlacetError as error:
            self.seen[f"{what} refused: {error.code}"] += 1
        else:
            self.seen[what] += 1

    def race(self, *steps: tuple[str, Step]) -> None:
        """Do several things at once, each in a thread of its own; raises what broke in any."""
        start = threading.Barrier(len(steps))
        broke: list[BaseException] = []

        def run(what: str, act: Step) -> None:
            start.wait()
            try:
                self.attempt(what, act)
            except BaseException as error:  # noqa: BLE001 - raised again below
                broke.append(error)

        threads = [threading.Thread(target=run, args=step) for step in steps]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if broke:
            raise broke[0]

    def revoke(self, grant: Grant, take_back: TakeBack) -> Step:
        """End one grant."""
        self._note(take_back, [grant.id])
        return partial(self.house.registry.revoke, grant.id, actor="acct_staff", take_back=take_back)

    def revoke_all(self, name: str, take_back: TakeBack) -> Step:
        """End everything of a person."""
        everything = [grant.id for grant in self.grants if grant.subject_id == self.people[name].id]
        standing = {grant.id for grant in self.standing}
        every = take_back is TakeBack.TAKE_BACK
        self._note(take_back, [one for one in everything if every or one in standing])
        return partial(self.house.registry.revoke_all, self.people[name].id, actor=f"acct_{name}", take_back=take_back)

    def bar(self, name: str, account_id: str, take_back: TakeBack) -> Step:
        """Let nothing of a person's cover somebody."""
        subject_id, alone = self.people[name].id, frozenset({account_id})
        theirs = [grant for grant in self.standing if grant.subject_id == subject_id]
        self._note(take_back, [grant.id for grant in theirs if grant.terms.audience.account_ids == alone])
        return partial(self.house.registry.safety.bar, subject_id, account_id, f"acct_{name}", take_back)

    def _note(self, take_back: TakeBack, grant_ids: list[str]) -> None:
        """Remember what must become of releases; as granted, the terms say it."""
        if take_back is not TakeBack.AS_GRANTED:
            self.replay.taken_back.update(dict.fromkeys(grant_ids, take_back is TakeBack.TAKE_BACK))

    def share(self, account_id: str, case_id: str) -> None:
        """Make a link."""
        self.replay.links[self.house.sharing.share(account_id, case_id).token] = case_id

    # --- what there is to do it to

    @property
    def standing(self) -> list[Grant]:
        """Grants that nobody revoked."""
        ended = self.replay.revoked
        return [grant for grant in self.grants if grant.id not in ended]

    @property
    def out(self) -> list[str]:
        """Releases that are not withdrawn."""
        return sorted(self.replay.released.keys() - self.replay.withdrawn)

    @property
    def questions(self) -> list[tuple[str, str]]:
        """What people are asked and have not answered, with the account that may."""
        found = [(name, self.house.approvals.mine(f"acct_{name}", after=None, limit=5)) for name in SUBJECTS]
        return [
            (one.approval.id, f"acct_{name}")
            for name, asked in found
            for one in asked
            if one.state in {QuestionState.WAITING, QuestionState.APPROVED}
        ]

    @property
    def waiting(self) -> list[str]:
        """Cases that a worker could take."""
        return self.house.leases.abandoned()

    @property
    def at_the_door(self) -> list[Worker]:
        """Workers about to release."""
        return [worker for worker in self.workers if worker.at_the_door]

    @property
    def busy(self) -> list[Worker]:
        """Workers with something left to do."""
        return [worker for worker in self.workers if not worker.done]

    # --- what must hold

    def check(self) -> None:
        """Replay what the ledger says since the last time, and hold the database and the desk against it."""
        self.replay.catch_up()
        self.replay.check_database()
        self.replay.check_desk()
        self.workers = self.busy

    def close(self) -> None:
        """Check what is too dear for each step."""
        self.check()
        self.replay.check_desk(again=True)
        assert self.house.ledger.verify().ok, "the ledger does not add up"
        self.seen["released"] += len(self.replay.released)
        self.seen["withdrawn"] += len(self.replay.withdrawn)


def to(*accounts: str) -> Audience:
    """These people; everyone where nobody is named."""
    return Audience(AudienceKind.PEOPLE, frozenset(accounts)) if accounts else Audience(AudienceKind.EVERYONE)


def furnish(folder: Path) -> None:
    """Make what every world starts from, once: a database with its people in it."""
    with sqlite(folder) as database:
        house = House(database, folder)
        for name in SUBJECTS:
            house.person(name)
        database.scrub()
        path = Path(database.url.removeprefix("sqlite:///"))
    path.rename(folder / "start.db")


@contextmanager
def world(start: Path, folder: Path) -> Iterator[World]:
    """A new world, furnished as `furnish` left it."""
    path = folder / "world.db"
    shutil.copyfile(start / "start.db", path)
    shutil.copyfile(start / "root.key", folder / "root.key")
    database = Database(f"sqlite:///{path}")
    try:
        house = House(database, folder)
        people = {subject.handle: subject for subject in house.registry.subjects_named(SUBJECTS)}
        yield World(house, people)
    finally:
        database.dispose()
        for left in folder.glob("world.db*"):
            left.unlink()


__all__ = ["ASKERS", "SUBJECTS", "Step", "Worker", "World", "furnish", "to", "world"]
