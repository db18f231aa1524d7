"""How long after the activation of a claim the next request on another process is stopped; and that none slips by.

On PostgreSQL there are two API processes (`placet serve --no-worker`) and two workers, each a process. Round after
round, staff activate a claim through the first API process; once its answer is there, a request that names the claim is
sent to the second, and a worker takes it through the real gates. A request that is not refused for the claim is a
miss. Then the claim is withdrawn, and a search that still finds it is stale.

Milliseconds are from the answer to the activation: to the end of the worker's first search, and to the end of the case.

Run: python -m benchmarks.freshness [--rounds N] [--claims M] [--quick] [--json OUT]
"""

import argparse
import multiprocessing
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from benchmarks.measure import machine
from benchmarks.revocation import api_process
from benchmarks.table import save, show
from copyright_optout.api import Claim, ClaimKind, ClaimState, ClaimTerms, Declaration, Filing, Ground, Proof
from copyright_optout.store import DatabaseClaims
from placet.wiring import House, build_house
from tests.factories.servers import empty_postgres
from tests.integration.deployments import PASSWORD, Place
from trust_kernel.decisions import Verdict
from trust_kernel.ids import new_id
from trust_kernel.settings import Settings

ROUNDS = 200
QUICK = 20
CLAIMS = 10_000
WORKERS = 2
_CHUNK = 1000
_NEVER = 36_000.0
"""Seconds between sweeps: nobody but our workers takes the cases."""
_SYLLABLES = ("zor", "bla", "kem", "tiv", "nul", "wex", "pod", "gri", "yab", "fen")
_spawn = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a worker is told to do: to search for words, and to take a case through, where there is one."""

    words: str
    case_id: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it.

    Attributes:
        found: claims that the words name, as the worker's process sees it.
        searched: when the search ended, as `time.monotonic` counts in every process of a machine.
        refused_for: what the case was refused for; nothing where there was none.
        ended: when the case ended.
    """

    found: tuple[str, ...]
    searched: float
    refused_for: tuple[str, ...]
    ended: float


def measured(rounds: int, claims: int) -> dict[str, Any]:
    """All rounds on PostgreSQL."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="placet-freshness-")))
        place = Place(folder, stack.enter_context(empty_postgres()))
        house = stack.enter_context(place.house(sweep_seconds=_NEVER))
        staff, holder, asker = (_key(house, role) for role in ("admin", "rights_holder", "requester"))
        organisation = house.guards.optouts.organisations.own(holder[0]).id
        _fill(house, organisation, holder[0], claims)
        urls = [stack.enter_context(api_process(place, number)) for number in range(2)]
        deciding = stack.enter_context(_client(urls[0], staff[1]))
        asking = stack.enter_context(_client(urls[1], asker[1]))
        workers = [_started(stack, house.kernel.settings) for _ in range(WORKERS)]
        site = _Site(house, organisation, holder[0], deciding, asking)
        found = [site.round(workers[number % WORKERS]) for number in range(rounds)]
    return {
        "claims": claims,
        "rounds": rounds,
        "misses": sum(one.missed for one in found),
        "stale": sum(one.stale for one in found),
        **_shares("search", [one.search_ms for one in found]),
        **_shares("refused", [one.refused_ms for one in found]),
        **_shares("activation", [one.activation_ms for one in found]),
        "load": round(os.getloadavg()[1], 1),
    }


@dataclass(frozen=True, slots=True)
class _Round:
    missed: bool
    stale: bool
    activation_ms: float
    search_ms: float
    refused_ms: float


class _Site:
    """One rights holder's claims, staff at one API process, a requester at the other."""

    def __init__(
        self, house: House, organisation: str, holder: str, deciding: httpx.Client, asking: httpx.Client
    ) -> None:
        self._house = house
        self._organisation = organisation
        self._holder = holder
        self._deciding = deciding
        self._asking = asking

    def round(self, worker: Connection) -> _Round:
        """Activate a claim, ask for it, withdraw it."""
        name = _name()
        claim = self._house.guards.optouts.desk.file(
            Filing(
                self._organisation,
                self._holder,
                ClaimTerms(ClaimKind.CHARACTER, name),
                Proof(Ground.AUTHOR, "made for this run"),
                frozenset(Declaration),
            )
        )
        words, looked = f"{name} walks along a harbour", {"seen": claim.changed_at.isoformat()}
        began = time.monotonic()
        self._deciding.post(f"/v1/optouts/{claim.id}/activate", json=looked).raise_for_status()
        active = time.monotonic()
        asked = self._asking.post("/v1/videos", data={"prompt": words, "seconds": "1", "size": "640x360"})
        answer = _told(worker, Asked(words, asked.raise_for_status().json()["id"]))
        self._deciding.post(f"/v1/optouts/{claim.id}/withdraw").raise_for_status()
        after = _told(worker, Asked(words))
        return _Round(
            missed=claim.id not in answer.found or claim.id not in answer.refused_for,
            stale=claim.id in after.found,
            activation_ms=(active - began) * 1000,
            search_ms=(answer.searched - active) * 1000,
            refused_ms=(answer.ended - active) * 1000,
        )


def _told(worker: Connection, asked: Asked) -> Answer:
    worker.send(asked)
    answer: Answer = worker.recv()
    return answer


def _started(stack: ExitStack, settings: Settings) -> Connection:
    ours, theirs = _spawn.Pipe()
    process = _spawn.Process(target=_work, args=(settings, theirs), daemon=True)
    process.start()
    stack.callback(process.join)
    stack.callback(ours.close)
    assert ours.recv() == "ready"
    return ours


def _work(settings: Settings, orders: Connection) -> None:
    house = build_house(settings)
    house.guards.optouts.warm_up()
    orders.send("ready")
    for asked in _orders(orders):
        found = tuple(work.claim.id for work in house.guards.optouts.named(asked.words))
        searched = time.monotonic()
        if asked.case_id:
            house.gateway.runner.run(asked.case_id)
        orders.send(Answer(found, searched, _refused_for(house, asked.case_id), time.monotonic()))


def _refused_for(house: House, case_id: str) -> tuple[str, ...]:
    rulings = (ruling for decision in house.shelves.cases.decisions(case_id) for ruling in decision.rulings)
    return tuple(ruling.finding.about or "" for ruling in rulings if ruling.verdict is Verdict.DENY)


def _orders(orders: Connection) -> Iterator[Asked]:
    while True:
        try:
            yield orders.recv()
        except EOFError:
            return


def _key(house: House, role: str) -> tuple[str, str]:
    """An account, and a key that may do all that its role may."""
    accounts = house.kernel.accounts
    account = accounts.register(f"{role}@placet.test", PASSWORD, [role], role.capitalize()).id
    return account, accounts.issue_key(account, "benchmark", accounts.permissions(account)).plaintext


@contextmanager
def _client(url: str, key: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
        yield client


def _fill(house: House, organisation: str, holder: str, claims: int) -> None:
    """Claims that stand already, so that there is something to search through."""
    store, now = DatabaseClaims(house.kernel.database), datetime.now(UTC)
    for start in range(0, claims, _CHUNK):
        made = [
            Claim(
                new_id("claim"),
                organisation,
                holder,
                ClaimTerms(ClaimKind.WORK, _name()),
                ClaimState.ACTIVE,
                now,
                now,
            )
            for _ in range(min(_CHUNK, claims - start))
        ]
        with store.transaction():
            store.add(made, {})
            for claim in made:
                store.replace(claim)


def _name() -> str:
    """A name of two words that nobody has."""
    return " ".join("".join(secrets.choice(_SYLLABLES) for _ in range(3)).capitalize() for _ in range(2))


def _shares(what: str, values: Sequence[float]) -> dict[str, float]:
    return {f"{what}_p50_ms": _share(values, 50), f"{what}_p99_ms": _share(values, 99)}


def _share(values: Sequence[float], percent: int) -> float:
    return round(float(np.percentile(values, percent)), 1)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, show, and fail where anything slipped by."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--claims", type=int, default=CLAIMS, help="that stand already")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} rounds")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args(arguments)
    figures = measured(QUICK if chosen.quick else chosen.rounds, chosen.claims)
    show("Freshness: milliseconds from the answer to an activation", [figures])
    save(chosen.json, {"machine": machine(), **figures})
    if figures["misses"] or figures["stale"]:
        sys.exit("a request slipped by, or a withdrawn claim was found")


if __name__ == "__main__":
    main()
