"""Whole deployments for integration tests: a house over a real database, people in it, and processes around it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consent_registry.api import Audience, AudienceKind, Grant, GrantTerms, Modality, OnRevocation
from generator_gateway.api import CaseSummary, NewVideo
from placet.demo.deployment import shared_model_cache
from placet.demo.people import Person, people
from placet.migrate import migrate
from placet.wiring import House, build_house
from trust_kernel.settings import Settings

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery staple"
PATIENCE = 120.0
MAKES = "@bruno waves from a ferry at sunrise"
_PLACET = "from placet.cli.main import main; main()"


def settings(data: Path, **changes: object) -> Settings:
    """Settings of a test's deployment; the model packs are shared."""
    known: dict[str, Any] = {"data_dir": data, "model_cache": shared_model_cache(), **changes}
    return Settings(_env_file=None, **known)


@contextmanager
def house(data: Path, **changes: object) -> Iterator[House]:
    """A migrated house in this process."""
    built = build_house(settings(data, **changes))
    migrate(built.kernel)
    try:
        yield built
    finally:
        built.kernel.database.dispose()


@cache
def bruno() -> Person:
    """The person whose likeness the tests use."""
    return next(person for person in people(shared_model_cache()) if person.handle == "bruno")


@cache
def bruno_speech() -> NDArray[np.float32]:
    """What Bruno says at enrolment."""
    return bruno().consent_speech()


@dataclass(frozen=True, slots=True)
class Consented:
    """Ada asks, Bruno is enrolled and lets her.

    Attributes:
        ada: account id.
        bruno: account id.
        staff: account id.
        subject: Bruno's subject id.
    """

    ada: str
    bruno: str
    staff: str
    subject: str
    grant: Grant


def settle(house: House) -> Consented:
    """Make the accounts, enrol Bruno, let Ada use his face and voice."""
    accounts, registry = house.kernel.accounts, house.guards.registry
    ada = accounts.register("ada@placet.test", PASSWORD, ["requester"], "Ada").id
    other = accounts.register("bruno@placet.test", PASSWORD, ["subject"], "Bruno").id
    staff = accounts.register("staff@placet.test", PASSWORD, ["admin"], "Staff").id
    subject = registry.register_subject(other, "bruno", "Bruno").id
    registry.enrol_attested(
        subject,
        attested_by=staff,
        pictures=bruno().looks[:3],
        recordings=[bruno_speech()],
        keep_reference=True,
    )
    return Consented(ada, other, staff, subject, allow(house, subject, ada, other))


def allow(house: House, subject: str, friend: str, actor: str) -> Grant:
    """A grant of face and voice to one account, withdrawn on revocation."""
    terms = GrantTerms(
        audience=Audience(AudienceKind.PEOPLE, frozenset({friend})),
        modalities=frozenset({Modality.FACE, Modality.VOICE}),
        expires_at=datetime.now(UTC) + timedelta(days=1),
        max_uses=1000,
        on_revocation=OnRevocation.WITHDRAW,
        allows_remix=True,
        note="",
    )
    return house.guards.registry.grant(subject, terms, actor=actor)


def ask(house: House, account: str, prompt: str = MAKES) -> CaseSummary:
    """Ask for a short, small video."""
    return house.gateway.videos.submit(account, NewVideo(prompt, "animatic", seconds="1", size="640x360"))


def until(true: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Wait for something; raises AssertionError where it does not come."""
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, f"waited {patience:g} s for {what}"
        time.sleep(0.03)


def finished(house: House, case_id: str) -> bool:
    """Whether a case came to an end or waits for a person."""
    return house.shelves.cases.get(case_id).status in {"completed", "failed", "held"}


class Child:
    """A process of the test's, in a group of its own, its output in a file."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], output: Path) -> None:
        self.output = output
        with output.open("ab") as sink:
            self._process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env={**os.environ, **environment},
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def runs(self) -> bool:
        """Whether it lives."""
        return self._process.poll() is None

    @property
    def status(self) -> int | None:
        """Its exit status, once it ended."""
        return self._process.poll()

    def kill(self) -> None:
        """SIGKILL: no handler runs, nothing is cleaned up."""
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def said(self) -> str:
        """Everything that it wrote so far."""
        return self.output.read_text(errors="replace")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a deployment's processes find each other.

    Attributes:
        folder: of the test; the data directory, temporary files and outputs are in it.
        database_url: empty for SQLite in the data directory.
    """

    folder: Path
    database_url: str = ""
    broker_url: str = "memory://"

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.folder / "data"

    def house(self, **changes: object) -> AbstractContextManager[House]:
        """A house in this process."""
        return house(self.data, database_url=self.database_url, broker_url=self.broker_url, **changes)

    @contextmanager
    def running(self, *arguments: str, name: str, **changes: object) -> Iterator[Child]:
        """A Python process with this deployment's settings, killed at the end of the block."""
        scratch = self.folder / "scratch"
        scratch.mkdir(exist_ok=True)
        known: dict[str, object] = {
            "data_dir": self.data,
            "model_cache": shared_model_cache(),
            "database_url": self.database_url,
            "broker_url": self.broker_url,
            "lease_seconds": 2,
            "sweep_seconds": 0.3,
            **changes,
        }
        environment = {f"PLACET_{key.upper()}": str(value) for key, value in known.items()}
        child = Child(arguments, {**environment, "TMPDIR": str(scratch)}, self.folder / f"{name}.log")
        try:
            yield child
        finally:
            child.kill()

    @contextmanager
    def command(self, *arguments: str, name: str, **changes: object) -> Iterator[Child]:
        """The `placet` command, killed at the end of the block."""
        with self.running("-c", _PLACET, *arguments, name=name, **changes) as child:
            yield child
