"""Places to deploy in: SQLite and PostgreSQL, with a real Redis."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.factories.servers import empty_postgres, redis_server
from tests.integration.deployments import Place


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A place with a broker, on either database."""
    with ExitStack() as stack:
        redis = stack.enter_context(redis_server())
        url = stack.enter_context(empty_postgres()) if request.param == "postgres" else ""
        yield Place(tmp_path, url, redis.url)


@pytest.fixture
def postgres_place(tmp_path: Path) -> Iterator[Place]:
    """PostgreSQL, jobs in the process."""
    with empty_postgres() as url:
        yield Place(tmp_path, url)


@pytest.fixture
def sqlite_place(tmp_path: Path) -> Place:
    """The embedded default."""
    return Place(tmp_path)


@pytest.fixture
def broker_place(tmp_path: Path) -> Iterator[Place]:
    """SQLite, with a broker."""
    with redis_server() as redis:
        yield Place(tmp_path, broker_url=redis.url)
