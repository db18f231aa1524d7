"""Migrations make exactly the tables that the code knows, on both databases, once or twice or two at a time."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from placet.migrate import migrate
from placet.wiring import build_kernel
from placet.wiring.tables import metadata
from tests.factories.servers import empty_postgres
from tests.integration.deployments import ROOT, Place, settings, until


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A place without tables, on either database."""
    with ExitStack() as stack:
        url = stack.enter_context(empty_postgres()) if request.param == "postgres" else ""
        yield Place(tmp_path, url)


def _differences(place: Place) -> list[object]:
    database = build_kernel(settings(place.data, database_url=place.database_url)).database
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        found = compare_metadata(context, metadata())
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar_one() == 1
    database.dispose()
    return list(found)


def test_migrations_make_exactly_the_tables_that_the_code_knows(empty: Place) -> None:
    with empty.house():
        assert _differences(empty) == []


def test_migrating_again_changes_nothing(empty: Place) -> None:
    with empty.house() as house:
        house.kernel.accounts.register("ada@placet.test", "correct horse battery staple", ["requester"], "Ada")
        migrate(house.kernel)
        migrate(house.kernel)
        assert house.kernel.accounts.by_email("ada@placet.test") is not None
    assert _differences(empty) == []


def test_two_processes_may_migrate_at_once(empty: Place) -> None:
    with ExitStack() as stack:
        children = [stack.enter_context(empty.command("migrate", name=f"migrate-{number}")) for number in range(3)]
        for child in children:
            until(lambda: not child.runs, "the migration")  # noqa: B023 - waited for
        assert [child.status for child in children] == [0, 0, 0], [child.said()[-1000:] for child in children]
    assert _differences(empty) == []


def test_two_machines_may_migrate_at_once(postgres_place: Place, tmp_path: Path) -> None:
    # each has a data directory of its own, so that no lock file is shared
    places = [Place(tmp_path / name, postgres_place.database_url) for name in ("one", "two", "three")]
    with ExitStack() as stack:
        for place in places:
            place.folder.mkdir()
        children = [stack.enter_context(place.command("migrate", name="migrate")) for place in places]
        for child in children:
            until(lambda: not child.runs, "the migration")  # noqa: B023 - waited for
        assert [child.status for child in children] == [0, 0, 0], [child.said()[-1000:] for child in children]
    assert _differences(places[0]) == []


def test_a_migration_needs_none_of_our_code() -> None:
    for script in (ROOT / "migrations" / "versions").glob("[0-9]*.py"):
        lines = script.read_text().splitlines()
        imports = [line for line in lines if line.startswith(("import ", "from "))]
        assert set(imports) <= {
            "import sqlalchemy as sa",
            "from alembic import op",
            "from collections.abc import Sequence",
            "from sqlalchemy import Text",
            "from sqlalchemy.dialects import postgresql",
        }


def test_going_back_leaves_nothing(empty: Place) -> None:
    from alembic import command
    from alembic.config import Config

    with empty.house() as house, house.kernel.database.engine.connect() as connection:
        config = Config()
        config.set_main_option("script_location", str(ROOT / "migrations"))
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        assert set(inspect(connection).get_table_names()) == {"alembic_version"}
