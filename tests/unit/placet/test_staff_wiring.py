"""Who is told as staff."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from placet.roles import ROLES
from placet.wiring.staff import AccountStaff
from tests.factories.databases import postgres, sqlite
from trust_kernel.clock import SystemClock
from trust_kernel.db import Database
from trust_kernel.web.accounts import Accounts
from trust_kernel.web.tables import AccountRow

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with sqlite(tmp_path) if request.param == "sqlite" else postgres() as made:
        yield made


def registered(database: Database, *people: tuple[str, list[str], bool]) -> AccountStaff:
    rows = [
        {
            "id": name,
            "email": name,
            "name": name,
            "password_hash": "",
            "roles": roles,
            "disabled": disabled,
            "created_at": NOW + timedelta(seconds=number),
        }
        for number, (name, roles, disabled) in enumerate(people)
    ]
    with database.transaction() as session:
        session.execute(insert(AccountRow), rows)
    return AccountStaff(Accounts(database, SystemClock(), ROLES), ROLES)


def test_staff_are_found_however_many_accounts_are_older(database: Database) -> None:
    crowd = [(f"member_{number}", ["requester", "subject"], False) for number in range(1200)]
    staff = registered(
        database, *crowd, ("grace", ["reviewer"], False), ("ada", ["requester", "admin"], False), ("nobody", [], False)
    )
    assert list(staff.who_may("optout:activate")) == ["grace", "ada"]
    assert list(staff.who_may("lockdown:set")) == ["ada"]


def test_who_left_or_holds_a_role_that_is_only_called_alike_is_not_told(database: Database) -> None:
    staff = registered(database, ("gone", ["admin"], True), ("alike", ["sub-admin", "admins", "%"], False))
    assert list(staff.who_may("optout:activate")) == []
    assert list(staff.who_may("no:such")) == []
