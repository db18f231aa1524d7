"""How long a claim takes to be tried on the past, and to find what was released before it.

    python -m benchmarks.claims_past [--requests 100000] [--releases 1000000] [--url URL] [--json OUT]

Prompts are the innocent ones of `benchmarks.names_corpus`; one in two hundred names the claimed character, plainly, in
leetspeak or misspelled. Timed are a dry run of one claim with a title and four names over all requests; the search of
all releases' fingerprints, eight frames each, for 27 of the up to 49 hashes of a reference picture and for a reference
video (128), once they are in memory; the reading of the releases' prompts for one claim and for a thousand; and that of
a few thousand prompts for 20,000 people, as after a list of people to be blocked.
"""

import argparse
import json
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pydantic import TypeAdapter
from sqlalchemy import insert

from benchmarks.measure import machine
from benchmarks.names_corpus import innocent
from benchmarks.table import save, show
from consent_registry.adapters.lexicon import Lexicon
from copyright_optout.api import ClaimKind, ClaimTerms, FloodLimits, Organisation, Outcome, Thresholds
from copyright_optout.domain import Claim, ClaimState, Membership, Role
from copyright_optout.service.rehearsing import RehearsalParts, Rehearsals
from copyright_optout.store import DatabaseClaims, DatabaseOrganisations, DatabaseRehearsals
from generator_gateway.service.bindings_search import Kept, PrintIndex
from generator_gateway.stages import Request
from generator_gateway.store.past import PastStore
from generator_gateway.tables import CaseRow, ReleaseRow
from placet.wiring.rehearsing import PastCases
from trust_kernel.clock import SystemClock
from trust_kernel.db import Database
from trust_kernel.names.sieve import PromptSieve

_BATCH = 5_000
_FRAMES = 8
_NAMED = ("Fennimore Fox", "fenn1more f0x", "Fenimore Fox", "a plush of Fennimore  Fox")
_EVERY = 200
_DAYS = 7
_KEPT_AT_ONCE = 50_000
_HASH_BYTES = 32
_PEOPLE = (20_000, 5_000)
"""People who are looked for at once, and in how many prompts."""
_SYLLABLES = ("ka", "lo", "mi", "ren", "tor", "vas", "quen", "dra", "bel", "sho", "zi", "mar", "ten", "ul", "fi", "gor")
Given = TypeVar("Given")


def prompts(count: int) -> Iterator[str]:
    """Prompts, one in `_EVERY` of which names the character."""
    for number, (_, text) in enumerate(innocent(count, held_out=False)):
        yield f"{_NAMED[number // _EVERY % len(_NAMED)]} {text}" if number % _EVERY == 0 else text


def fill(database: Database, requests: int, now: datetime) -> None:
    """Requests of the last days, all of them released."""
    database.create_all()
    texts = prompts(requests)
    shape = TypeAdapter(Request).dump_python(Request("", "acct_ada", "", "animatic", 4, 640, 360, 1), mode="json")
    for start in range(0, requests, _BATCH):
        numbers = range(start, min(start + _BATCH, requests))
        cases = [_case(number, {**shape, "prompt": next(texts)}, now, requests) for number in numbers]
        with database.transaction() as session:
            session.connection().execute(insert(CaseRow), cases)
            session.connection().execute(insert(ReleaseRow), [_release(number, now) for number in numbers])


def _case(number: int, request: dict[str, Any], now: datetime, count: int) -> dict[str, Any]:
    case_id = f"video_{number:08}"
    return {
        "id": case_id,
        "account_id": "acct_ada",
        "status": "completed",
        "request": {**request, "case_id": case_id},
        "release_number": zlib.crc32(case_id.encode()) << 20 | number,
        "created_at": now - timedelta(days=_DAYS) * (1 - (number + 1) / (count + 1)),
        "reasons": [],
        "progress": 100,
        "outages": 0,
        "attempts": 0,
    }


def _release(number: int, now: datetime) -> dict[str, Any]:
    return {
        "case_id": f"video_{number:08}",
        "release_number": number,
        "media_digest": f"{number:064x}",
        "thumbnail_digest": "",
        "spritesheet_digest": "",
        "manifest_label": f"urn:c2pa:{number}",
        "fingerprints": [],
        "status": "released",
        "released_at": now,
        "ledger_index": number,
        "owners_digest": "",
    }


def a_claim(now: datetime) -> Claim:
    """A character with a title and four names."""
    terms = ClaimTerms(
        ClaimKind.CHARACTER, "Fennimore Fox", ("Fenni the Fox", "Zorro Fennimore", "Фенимор Лис", "Foxworth Fennimore")
    )
    return Claim("claim_1", "org_1", "acct_a", terms, ClaimState.SUBMITTED, now, now)


def dry_run(database: Database, requests: int, now: datetime) -> dict[str, Any]:
    """Try the claim on everything."""
    owner = Membership("org_1", "acct_a", Role.OWNER, now)
    organisations, claims = DatabaseOrganisations(database), DatabaseClaims(database)
    organisations.found(Organisation("org_1", "Foxworks", now), owner)
    claim = a_claim(now)
    claims.add([claim], {})
    parts = RehearsalParts(
        past=PastCases(PastStore(database), Lexicon.shipped()),
        rehearsals=DatabaseRehearsals(database),
        claims=claims,
        organisations=organisations,
        references=None,
        clock=SystemClock(),
        limits=FloodLimits(),
        thresholds=Thresholds(),
    )
    seconds, cpu, tally = timed(lambda: Rehearsals(parts).tally([claim], now - timedelta(days=_DAYS))["claim_1"])
    named = -(-requests // _EVERY)
    return {
        "what": "dry run of one claim",
        "over": tally.requests,
        "seconds": seconds,
        "cpu": cpu,
        "found": tally.counts.get(Outcome.DENIED, 0) + tally.counts.get(Outcome.HELD, 0),
        "of": named,
    }


def releases_named(database: Database, requests: int, now: datetime) -> Iterator[dict[str, Any]]:
    """Read every release's prompt for some claims at once."""
    many = [
        replace(a_claim(now), id=f"claim_{number}", terms=ClaimTerms(ClaimKind.CHARACTER, f"Zorblax Quinnip {number}"))
        for number in range(1000)
    ]
    for what, claims in (("prompts, one claim", [a_claim(now)]), ("prompts, a thousand claims", many)):
        pairs = [(claim.id, alias) for claim in claims for alias in claim.terms.aliases]
        seconds, cpu, found = timed(lambda pairs=pairs: _named(database, PromptSieve(pairs)))  # type: ignore[misc] # bound now
        yield {"what": what, "over": requests, "seconds": seconds, "cpu": cpu, "found": found, "of": ""}


def _named(database: Database, sieve: PromptSieve) -> int:
    return sum(bool(sieve.found(prompt)) for page in PastStore(database).released_prompts() for _, prompt in page)


def many_people(people: int, texts: int) -> dict[str, Any]:
    """Look for very many people at once: nearly every prompt has letters of some name."""
    dice = np.random.default_rng(2)
    words = ["".join(row).title() for row in dice.choice(_SYLLABLES, (2 * people, 3)).tolist()]
    sieve = PromptSieve((f"blk_{number}", f"{words[2 * number]} {words[2 * number + 1]}") for number in range(people))
    some = list(islice(prompts(texts), texts))
    seconds, cpu, found = timed(lambda: sum(bool(sieve.found(text)) for text in some))
    what = f"prompts, {people} people"
    return {"what": what, "over": texts, "seconds": seconds, "cpu": cpu, "found": found, "of": ""}


def fingerprints(releases: int) -> Iterator[dict[str, Any]]:
    """Search the frames of all releases."""
    dice = np.random.default_rng(1)
    index = PrintIndex()
    wanted = dice.integers(0, 1 << 63, (128, 4), dtype=np.uint64)
    planted = 10
    for start in range(0, releases, _KEPT_AT_ONCE):
        count = min(_KEPT_AT_ONCE, releases - start)
        hashes = dice.integers(0, 1 << 63, (count * _FRAMES, 4), dtype=np.uint64)
        if start == 0:
            hashes[: planted * _FRAMES : _FRAMES] = wanted[0] ^ np.uint64(7)
        raw = hashes.astype(">u8").tobytes()
        size = _FRAMES * _HASH_BYTES
        index.add([Kept(f"video_{start + one:08}", raw[one * size : (one + 1) * size], b"") for one in range(count)])
    for what, queries in (("pictures, one with its crops", wanted[:27]), ("pictures, a reference video", wanted)):
        seconds, cpu, found = timed(lambda queries=queries: index.showing(queries))  # type: ignore[misc] # bound now
        yield {"what": what, "over": releases, "seconds": seconds, "cpu": cpu, "found": len(found), "of": planted}


def timed(call: Callable[[], Given]) -> tuple[float, float, Given]:
    """Seconds on the clock, processor seconds, and what was given."""
    wall, cpu = time.perf_counter(), time.process_time()
    given = call()
    return time.perf_counter() - wall, time.process_time() - cpu, given


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=100_000, help="requests, each with a release")
    parser.add_argument("--releases", type=int, default=1_000_000, help="releases whose fingerprints are searched")
    parser.add_argument("--url", help="an empty database; SQLite in a temporary folder unless given")
    parser.add_argument("--quick", action="store_true", help="a little of it, to see that it runs")
    parser.add_argument("--json", type=Path, help="where the figures go")
    chosen = parser.parse_args(arguments)
    requests, releases = (400, 2_000) if chosen.quick else (chosen.requests, chosen.releases)
    people = (200, 100) if chosen.quick else _PEOPLE
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="placet-past-") as folder:
        database = Database(chosen.url or f"sqlite:///{Path(folder) / 'placet.db'}")
        fill(database, requests, now)
        found = [dry_run(database, requests, now), *releases_named(database, requests, now)]
        database.dispose()
    found += [many_people(*people), *fingerprints(releases)]
    show("claims and the past", found)
    save(chosen.json, json.loads(json.dumps({"machine": machine(), "rows": found})))


if __name__ == "__main__":
    main()
