"""Brings a database to the newest schema, with Alembic."""

from pathlib import Path

import migrations
from placet.wiring.kernel import Kernel


def migrate(kernel: Kernel) -> None:
    """Run every migration that this database has not seen. Two processes that start at once take turns."""
    from alembic import command
    from alembic.config import Config

    from trust_kernel.inference.packs import locked

    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    settings = kernel.settings
    with locked(settings.data_dir / "migration.lock"), kernel.database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
