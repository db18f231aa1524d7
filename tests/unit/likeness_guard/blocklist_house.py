"""A blocklist on a real database over fake networks, with a ledger that remembers and a clock that is set by hand."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from likeness_guard.api import LikenessGuard
from likeness_guard.ports import NameMatcherMaker
from likeness_guard.service.blocklist import Blocklist
from likeness_guard.service.blocklist_similar import LookAlikes
from tests.fakes.likeness import fake_guard, shelves_of
from trust_kernel.db import Database

STARTS = datetime(2026, 11, 1, tzinfo=UTC)
MATCH, UNSURE = 0.95, 0.6


@dataclass
class HandClock:
    moment: datetime = STARTS

    def now(self) -> datetime:
        return self.moment

    def forward(self, **amount: float) -> None:
        self.moment += timedelta(**amount)


@dataclass
class House:
    """One process: its own caches over a database that others may share."""

    database: Database
    key_file: Path
    clock: HandClock = field(default_factory=HandClock)
    record: list[tuple[str, dict[str, str | int]]] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    lifted: list[str] = field(default_factory=list)
    make_matcher: NameMatcherMaker | None = None

    def __post_init__(self) -> None:
        self.guard: LikenessGuard = fake_guard(self.database, self.key_file)
        shelves, book = shelves_of(self.database), self.guard._book
        self.entries = shelves.entries
        self.list = Blocklist(
            shelves.templates,
            shelves.entries,
            book,
            self.guard._enrolment,
            self.make_matcher,
            record=self,
            clock=self.clock,
            similar=LookAlikes(shelves.entries, book, lambda _modality, _pack, _size: (MATCH, UNSURE)),
            blocked=lambda entry, _cause: self.blocked.append(entry),
            lifted=self.lifted.append,
        )

    def append(self, kind: str, body: object) -> None:
        """The ledger."""
        assert isinstance(body, dict)
        self.record.append((kind, dict(body)))

    @property
    def kinds(self) -> list[str]:
        """Kinds on record, oldest first."""
        return [kind for kind, _ in self.record]

    def names(self, text: str) -> list[str]:
        """Who is named in a text."""
        return [hit.name for hit in self.list.named(text)]
