"""Proving that somebody is gone: every table, every file, and the index."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from sqlmodel import col, select

from consent_registry.tables import SubjectRow
from placet.wiring import House
from placet.wiring.leaving import STAY
from trust_kernel.envelope import DataKeyRow
from trust_kernel.errors import NotFound
from trust_kernel.residue import SHORTEST, Trace, search_files, search_tables
from trust_kernel.web.tables import AccountRow

_NOBODYS = ("keys", "models", "certificates", "trust")
"""Folders of the data directory that hold nobody's data; weights alone would take minutes to read."""


@dataclass(frozen=True, slots=True)
class Search:
    """What was searched, and what was found.

    Attributes:
        tables: columns by table.
        files: every file of the data directory that may hold somebody's data.
        key_left: whether the person's key can still open what it sealed.
        recognised: whether the probe is still recognised as them; None where none was given.
    """

    tables: tuple[Trace, ...]
    files: tuple[Trace, ...]
    key_left: bool
    recognised: bool | None

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        found = any(trace.found for trace in (*self.tables, *self.files))
        return not (found or self.key_left or self.recognised)

    def lines(self) -> list[tuple[str, int, int]]:
        """By table and folder: name, places with something found, rows that may stay."""
        return [*_summed(self.tables, "."), *_summed(self.files, "/")]

    def hits(self) -> list[Trace]:
        """Where something was found."""
        return [trace for trace in (*self.tables, *self.files) if trace.found]


def _summed(traces: Iterable[Trace], sign: str) -> list[tuple[str, int, int]]:
    def first(trace: Trace) -> str:
        return trace.place.split(sign)[0]

    grouped = groupby(sorted(traces, key=first), key=first)
    return [
        (name, sum(one.found for one in some), sum(one.kept for one in some))
        for name, some in ((name, list(group)) for name, group in grouped)
    ]


def words_of(house: House, subject_id: str, *, with_account: bool) -> tuple[str, ...]:
    """What a person can be known by today beside the id; nothing once they are forgotten."""
    found = _subject(house, subject_id)
    if found is None:
        return ()
    account_id, handle, name = found
    words = [f"@{handle}", f'"handle": "{handle}"']
    if _is_theirs_alone(house, name, subject_id, account_id if with_account else ""):
        words.append(name)
    if with_account:
        with house.kernel.database.reading() as session:
            email = session.exec(select(AccountRow.email).where(col(AccountRow.id) == account_id)).first()
        words += [account_id, *([email] if email else [])]
    return tuple(words)


def _is_theirs_alone(house: House, name: str, subject_id: str, leaving: str) -> bool:
    """Whether a name is no part of anybody else's, nor of an account that stays: else it would be found for good."""
    if len(name) < SHORTEST:
        return False
    others = select(SubjectRow.id).where(col(SubjectRow.id) != subject_id, col(SubjectRow.display_name).icontains(name))
    accounts = select(AccountRow.id).where(col(AccountRow.id) != leaving, col(AccountRow.name).icontains(name))
    with house.kernel.database.reading() as session:
        return session.exec(others).first() is None and session.exec(accounts).first() is None


def _subject(house: House, subject_id: str) -> tuple[str, str, str] | None:
    try:
        subject = house.guards.registry.subject(subject_id)
    except NotFound:
        return None
    return subject.account_id, subject.handle, subject.display_name


def search(house: House, subject_id: str, words: Sequence[str] = (), probe: Path | None = None) -> Search:
    """Look for somebody everywhere.

    Args:
        house: the deployment, as this process has just opened it: its index is loaded anew.
        subject_id: who; where the bare id may stay, it does not count.
        words: what else they were known by.
        probe: a picture or recording of them, for the index.
    """
    kernel = house.kernel
    kernel.database.scrub()
    by_id = search_tables(kernel.database, (subject_id,), STAY)
    by_word = search_tables(kernel.database, words, {}) if words else ()
    tables = tuple(
        Trace(one.place, one.found + other.found, one.kept, one.why)
        for one, other in zip(by_id, by_word or (Trace(one.place, 0) for one in by_id), strict=True)
    )
    # the bare id stands in the database's own file for good; in any other file it is residue
    files = [
        *search_files(kernel.settings.data_dir, words, (*_NOBODYS, "media")),
        *search_files(kernel.settings.data_dir / "media", (*words, subject_id)),
    ]
    return Search(tables, tuple(files), _key_left(house, subject_id), _recognised(house, subject_id, probe))


def _key_left(house: House, subject_id: str) -> bool:
    with house.kernel.database.reading() as session:
        row = session.get(DataKeyRow, subject_id)
        return row is not None and row.wrapped is not None


def _recognised(house: House, subject_id: str, probe: Path | None) -> bool | None:
    if probe is None:
        return None
    look = house.kernel.decoder.look(probe, house.kernel.reference_limits)
    return any(sighting.about == subject_id for sighting in house.guards.likeness.examine(look).sightings)
