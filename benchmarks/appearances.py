"""How long it takes to say which releases show a person, among very many of them.

    python -m benchmarks.appearances [--releases 100000] [--json OUT]

Every release has one face track and one voice track, sealed under a key of its own in SQLite, as the output gate keeps
them; vectors are random, but for people who appear in twenty releases each. Timed are `LikenessGuard.appearances` of
these people, of people who appear nowhere, and reading all tracks into the index when a process starts. A run of a
million releases needs 4 GB of disk.
"""

import argparse
import gc
import math
import resource
import secrets
import statistics
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from numpy.typing import NDArray
from sqlalchemy import insert

from benchmarks.measure import machine, once
from benchmarks.table import Row, save, show
from likeness_guard.adapters.calibrations import load_calibrations
from likeness_guard.adapters.faiss_index import FaissIndex
from likeness_guard.adapters.packs import model_store
from likeness_guard.adapters.reference_media import JpegAndPcm
from likeness_guard.adapters.stack import embedded_models
from likeness_guard.api import Gallery, LikenessGuard, Modality, Senses, Shelves
from likeness_guard.service.rotation import Rotations
from likeness_guard.service.templates import Likeness, TemplateBook, context_of
from likeness_guard.store import DatabaseEntryStore, DatabaseReferences, DatabaseSearches, DatabaseTemplateStore
from likeness_guard.tables import LikenessCounterRow, LikenessOutputRow
from trust_kernel.clock import SystemClock
from trust_kernel.db import Database
from trust_kernel.envelope import DatabaseKeyring, DataKeyRow, LocalKeyFile
from trust_kernel.inference.sessions import SessionFactory

_BATCH = 5_000
_SHOWN = 20
"""Releases in which a person appears."""
_ALIKE = 0.99
"""Cosine of their tracks with their template."""
_NONCE, _KEY = 12, 32


class _Unrecorded:
    """No ledger: nothing here changes the blocklist."""

    def append(self, kind: str, body: Mapping[str, str | int]) -> object:
        """Forget it."""
        del kind, body
        return None


@dataclass(frozen=True, slots=True)
class Town:
    """A deployment whose releases are searched.

    Attributes:
        people: who appears in some of them.
        strangers: who appears in none.
    """

    database: Database
    keys: LocalKeyFile
    senses: Senses
    people: tuple[str, ...]
    strangers: tuple[str, ...]

    def guard(self) -> LikenessGuard:
        """A process that has read nothing yet."""
        return LikenessGuard(
            senses=self.senses,
            shelves=self.shelves(),
            keyring=DatabaseKeyring(self.database, self.keys),
            keys=self.keys,
            codec=JpegAndPcm(),
            make_index=FaissIndex,
            calibrations=load_calibrations(),
            clock=SystemClock(),
            record=_Unrecorded(),
        )

    def shelves(self) -> Shelves:
        """Everything in one database."""
        database, clock = self.database, SystemClock()
        return Shelves(
            templates=DatabaseTemplateStore(database, clock),
            outputs=DatabaseTemplateStore(database, clock, LikenessOutputRow),
            entries=DatabaseEntryStore(database, clock),
            references=DatabaseReferences(database, clock),
            searches=DatabaseSearches(database, clock),
        )


def settle(folder: Path, people: int) -> Town:
    """A town without releases."""
    database = Database(f"sqlite:///{folder / 'placet.db'}")
    database.create_all()
    models = embedded_models(model_store(folder), SessionFactory())  # for their names: no network is loaded
    senses = Senses(models.detector, models.activity, models.face_embedder, models.voice_embedder)
    names = tuple(f"subj_{number}" for number in range(people))
    return Town(database, LocalKeyFile(folder / "root.key"), senses, names, tuple(f"{name}_nowhere" for name in names))


def enrol(town: Town, rng: np.random.Generator) -> dict[tuple[str, Modality], NDArray[np.float32]]:
    """Give everybody a template of face and voice; gives their vectors."""
    keyring = DatabaseKeyring(town.database, town.keys)
    book = TemplateBook(town.shelves().templates, keyring, Rotations(town.keys), FaissIndex, town.senses)
    made = {}
    for owner in (*town.people, *town.strangers):
        own = {modality: _units(rng, 1, dimensions)[0] for modality, _, dimensions in _sides(town.senses)}
        book.keep(owner, Gallery.CAMEO, [Likeness(side, pack, own[side]) for side, pack, _ in _sides(town.senses)])
        made.update({(owner, modality): vector for modality, vector in own.items()})
    return made


def release(town: Town, releases: int, rng: np.random.Generator) -> int:
    """Keep the tracks of so many releases; gives how many tracks."""
    enrolled = enrol(town, rng)
    shows = _cast(town.people, releases, rng)
    rotations, generation = Rotations(town.keys), 0
    for first in range(0, releases, _BATCH):
        numbers = range(first, min(releases, first + _BATCH))
        ciphers = [secrets.token_bytes(_KEY) for _ in numbers]
        rows: list[dict[str, Any]] = []
        for modality, pack, dimensions in _sides(town.senses):
            vectors = _units(rng, len(numbers), dimensions)
            for at, number in enumerate(numbers):
                if number in shows:
                    vectors[at] = _near(enrolled[(shows[number], modality)], vectors[at])
            turned = rotations.turned(vectors, pack)
            context = context_of(Gallery.OUTPUT, modality, pack)
            for at, number in enumerate(numbers):
                generation += 1
                sealed = _sealed(ciphers[at], _case(number), context, turned[at].tobytes())
                rows.append(_row(generation, _case(number), modality, pack, sealed))
        with town.database.transaction() as session:
            keys = [
                {"key_id": _case(n), "wrapped": town.keys.wrap(key)} for n, key in zip(numbers, ciphers, strict=True)
            ]
            session.connection().execute(insert(DataKeyRow), keys)
            session.connection().execute(insert(LikenessOutputRow), rows)
    with town.database.transaction() as session:
        session.add(LikenessCounterRow(name="outputs", value=generation))
    return generation


def _cast(people: Sequence[str], releases: int, rng: np.random.Generator) -> dict[int, str]:
    """Who appears in which release."""
    each = min(_SHOWN, releases // len(people))
    numbers = rng.choice(releases, size=each * len(people), replace=False)
    return {int(number): people[at % len(people)] for at, number in enumerate(numbers)}


def _sides(senses: Senses) -> Iterator[tuple[Modality, str, int]]:
    yield Modality.FACE, senses.face.version, senses.face.dimensions
    yield Modality.VOICE, senses.voice.version, senses.voice.dimensions


def _units(rng: np.random.Generator, count: int, dimensions: int) -> NDArray[np.float32]:
    vectors = rng.standard_normal((count, dimensions), np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def _near(own: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """A unit vector at the cosine `_ALIKE` from `own`."""
    aside = other - own * float(own @ other)
    aside /= np.linalg.norm(aside)
    return np.asarray(_ALIKE * own + math.sqrt(1 - _ALIKE**2) * aside, np.float32)


def _case(number: int) -> str:
    return f"video_{number:011x}"


def _sealed(key: bytes, owner: str, context: str, data: bytes) -> bytes:
    """As `DatabaseKeyring.seal` does it, without a query for each."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, data, f"{owner}/{context}".encode())


def _row(generation: int, owner: str, modality: Modality, pack: str, sealed: bytes) -> dict[str, Any]:
    return {
        "generation": generation,
        "owner": owner,
        "key_id": owner,
        "gallery": Gallery.OUTPUT.value,
        "modality": modality.value,
        "pack": pack,
        "sealed": sealed,
        "removed": False,
        "at": datetime(2026, 1, 1, tzinfo=UTC),
    }


def resident() -> float:
    """Megabytes of this process in memory now; the most ever where the system does not say."""
    status = Path("/proc/self/status")
    lines = status.read_text("ascii").splitlines() if status.exists() else []
    found = [int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")]
    return found[0] if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(town: Town, releases: int, tracks: int, rounds: int) -> dict[str, Any]:
    """Start a process over the town, and look for its people."""
    guard = town.guard()
    gc.collect()
    before = resident()
    _, warming = once(guard.warm_outputs)
    after = resident()
    shown = _timed(guard, town.people, rounds)
    nowhere = _timed(guard, town.strangers, rounds)
    found = [len({one.case_id for one in guard.appearances(person)}) for person in town.people]
    return {
        "releases": releases,
        "tracks": tracks,
        "warm-up s": warming.wall,
        "warm-up cpu s": warming.cpu,
        "rows/s": tracks / warming.wall,
        "memory MB": after - before,
        "found of": [min(found), min(_SHOWN, releases // len(town.people))],
        "seen in some": shown,
        "seen in none": nowhere,
    }


def _timed(guard: LikenessGuard, people: Sequence[str], rounds: int) -> dict[str, float]:
    looks = [partial(guard.appearances, person) for person in people]
    for look in looks:
        look()
    costs = [once(look)[1] for _ in range(rounds) for look in looks]
    walls = sorted(cost.wall * 1000 for cost in costs)
    return {
        "p50 ms": statistics.median(walls),
        "p99 ms": walls[math.ceil(len(walls) * 0.99) - 1],
        "cpu ms": statistics.median(cost.cpu * 1000 for cost in costs),
        "looks": len(walls),
    }


def _tell(found: dict[str, Any]) -> None:
    common: Row = {
        name: found[name] for name in ("releases", "tracks", "warm-up s", "warm-up cpu s", "rows/s", "memory MB")
    }
    show("reading every track into the index", [common])
    rows: list[Row] = [{"of a person": kind, **found[kind]} for kind in ("seen in some", "seen in none")]
    least, most = found["found of"]
    show(f"which releases show a person; at least {least} of {most} releases found", rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--releases", type=int, default=100_000, help="how many releases were made")
    parser.add_argument("--people", type=int, default=20, help="how many people are looked for, and as many strangers")
    parser.add_argument("--rounds", type=int, default=10, help="how often each of them is looked for")
    parser.add_argument("--folder", type=Path, help="where the database is made; a temporary folder unless given")
    parser.add_argument("--quick", action="store_true", help="a little of everything, to see that it runs")
    parser.add_argument("--json", type=Path, help="where the figures go")
    chosen = parser.parse_args(arguments)
    releases, people, rounds = (400, 2, 2) if chosen.quick else (chosen.releases, chosen.people, chosen.rounds)
    with tempfile.TemporaryDirectory(prefix="placet-appearances-", dir=chosen.folder) as folder:
        town = settle(Path(folder), people)
        tracks = release(town, releases, np.random.default_rng(1))
        found = measure(town, releases, tracks, rounds)
        town.database.dispose()
    _tell(found)
    save(chosen.json, {"machine": machine(), **found})


if __name__ == "__main__":
    main()
