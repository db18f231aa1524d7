"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from trust_kernel.settings import Settings


def data_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--data DIR``: the data directory of the embedded defaults."""
    decorate = click.option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        default=None,
        help="Data directory. [default: PLACET_DATA_DIR or ./placet-data]",
    )
    return decorate(command)


def settings_for(data: Path | None, **changes: object) -> "Settings":
    """Settings from the environment, with what the command line says instead."""
    from trust_kernel.settings import Settings

    settings = Settings()
    chosen = {"data_dir": data, **changes} if data is not None else changes
    settings = settings.model_copy(update=chosen)
    return settings.model_copy(update={"data_dir": settings.data_dir.resolve()})
