"""Brings a database to the newest schema, with Alembic."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, text

import migrations
from placet.wiring.kernel import Kernel

_TURN = 0x706C61636574
"""Number of the PostgreSQL advisory lock that migrations hold: "placet" in ASCII."""


def migrate(kernel: Kernel) -> None:
    """Run every migration that this database has not seen.

    Processes that start at once take turns: on one machine by a lock file, on many by the server's advisory lock.
    """
    from alembic import command
    from alembic.config import Config

    from trust_kernel.files import locked

    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    settings = kernel.settings
    with locked(settings.data_dir / "migration.lock"), kernel.database.engine.connect() as connection:
        config.attributes["connection"] = connection
        with _turn(connection):
            command.upgrade(config, "head")


@contextmanager
def _turn(connection: Connection) -> Iterator[None]:
    if connection.dialect.name != "postgresql":
        yield
        return
    connection.execute(text("SELECT pg_advisory_lock(:turn)"), {"turn": _TURN})
    connection.commit()  # the lock is the session's, and outlives this transaction
    try:
        yield
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:turn)"), {"turn": _TURN})
        connection.commit()
