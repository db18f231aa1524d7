"""A worker is killed in the middle of a list: what was committed stays, and the next one goes on behind it."""

import io
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from copyright_optout.api import ClaimKind, Declaration, Ground, ImportOrder, Proof
from copyright_optout.domain.imports import ImportState
from placet.migrate import migrate
from placet.wiring import build_house
from trust_kernel.settings import Settings

CLAIMS = 60
DYING = """
import os, signal, sys
from copyright_optout.service import import_batches, imports
from placet.wiring import build_house
from trust_kernel.settings import Settings

imports.BATCH = 10
keep, left = import_batches.Intake.keep, [3]

def dying(self, batch):
    left[0] -= 1
    reports = keep(self, batch)
    if not left[0]:  # the batch is written, and not committed
        os.kill(os.getpid(), signal.SIGKILL)
    return reports

import_batches.Intake.keep = dying
build_house(Settings(data_dir=sys.argv[1])).guards.optouts.imports.work(sys.argv[2])
"""


def test_a_killed_import_is_resumed_without_losing_or_doubling_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = build_house(Settings(data_dir=tmp_path.resolve()))
    migrate(house.kernel)
    desk, index = house.guards.optouts.imports, house.guards.optouts
    assert desk is not None
    own = index.organisations.own("acct_a").id
    order = ImportOrder(own, "acct_a", True, ClaimKind.WORK, Proof(Ground.OWNER, "ours"), frozenset(Declaration))
    lines = "".join(f"Foxwort Number{number},ref-{number}\n" for number in range(CLAIMS))
    job = desk.start(order, io.BytesIO(f"title,reference\n{lines}".encode()))
    command = [sys.executable, "-c", DYING, str(tmp_path.resolve()), job.id]
    assert subprocess.run(command, check=False, timeout=120).returncode == -signal.SIGKILL
    half = desk.found(job.id)
    assert (half.state, half.lines, half.counts.added) == (ImportState.RUNNING, 20, 20)
    monkeypatch.setattr(type(house.kernel.clock), "now", _later(house.kernel.clock.now() + timedelta(seconds=61)))
    house.gateway.importer.sweep()  # what a worker does every second
    done = desk.found(job.id)
    assert (done.state, done.lines, done.counts.added) == (ImportState.DONE, CLAIMS, CLAIMS)
    assert [line.line for line in desk.report(done)] == list(range(2, CLAIMS + 2))
    assert len(index.page_of(own, limit=500)) == CLAIMS


def _later(moment: object) -> object:
    return lambda _self: moment
