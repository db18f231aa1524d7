"""Keys of marks: numbers are kept, secrets are derived."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from tests.factories.databases import sqlite
from trust_kernel.clock import SystemClock
from trust_kernel.db import Database
from trust_kernel.envelope import LocalKeyFile
from trust_kernel.errors import Conflict
from watermark.service.keys import PICTURES, SOUND, MarkKeyBook
from watermark.store import DatabaseKeyNumbers


class _Ledger:
    def __init__(self) -> None:
        self.entries: list[tuple[str, dict[str, str | int]]] = []

    def append(self, kind: str, body: Mapping[str, str | int]) -> object:
        self.entries.append((kind, dict(body)))
        return None


class _House:
    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.clock = SystemClock()
        self.ledger = _Ledger()
        self.keys = LocalKeyFile(folder / "root.key")

    def book(self) -> MarkKeyBook:
        numbers = DatabaseKeyNumbers(self.database)
        return MarkKeyBook(self.database, numbers, self.keys.derive, self.ledger, self.clock)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[_House]:
    with sqlite(tmp_path) as database:
        yield _House(database, tmp_path)


def test_a_new_deployment_marks_under_key_1(house: _House) -> None:
    keys = house.book().keys(PICTURES)
    assert (keys.current.id, keys.former) == ("1", ())
    assert len(keys.current.secret) == 32


def test_pictures_and_sound_have_different_secrets(house: _House) -> None:
    assert house.book().keys(PICTURES).current.secret != house.book().keys(SOUND).current.secret


def test_after_a_rotation_new_marks_use_the_new_key_and_old_ones_stay_readable(house: _House) -> None:
    before = house.book().keys(PICTURES).current
    assert house.book().rotate() == 2
    assert house.book().rotate() == 3
    keys = house.book().keys(PICTURES)
    assert [key.id for key in keys.all] == ["3", "2", "1"]
    assert keys.former[-1] == before
    assert len({key.secret for key in keys.all}) == 3


def test_a_rotation_is_on_the_ledger_without_the_secret(house: _House) -> None:
    house.book().rotate()
    assert house.ledger.entries == [("watermark:key:rotated", {"key": 2})]


def test_keys_are_listed_newest_first_with_their_age(house: _House) -> None:
    house.book().rotate()
    in_use = house.book().in_use()
    assert list(in_use) == [2, 1]
    since = in_use[2]
    assert since is not None
    assert house.clock.now() - since < timedelta(minutes=1)
    assert in_use[1] is None


def test_two_rotations_in_one_moment_do_not_make_the_same_key(house: _House) -> None:
    numbers = DatabaseKeyNumbers(house.database)
    numbers.take(2, house.clock.now())
    with pytest.raises(Conflict) as late:
        numbers.take(2, house.clock.now())
    assert late.value.code == "watermark:key:rotated"


def test_a_secret_does_not_show_in_a_log(house: _House) -> None:
    keys = house.book().keys(PICTURES)
    assert keys.current.secret.hex() not in repr(keys)
    assert "secret" not in repr(keys)
