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
    """Settings from the environment, with what the command line says instead.

    Raises:
        InvalidInput: one cannot be read.
    """
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    from trust_kernel.errors import InvalidInput
    from trust_kernel.settings import Settings

    try:
        settings = Settings()
    except ValidationError as error:
        # Without the values: one of them may be a secret.
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise InvalidInput(f"the settings cannot be used: {faults}", field="settings") from error
    except SettingsError as error:
        raise InvalidInput(f"the settings cannot be read (lists are JSON): {error}", field="settings") from error
    chosen = {"data_dir": data, **changes} if data is not None else changes
    settings = settings.model_copy(update=chosen)
    return settings.model_copy(update={"data_dir": settings.data_dir.resolve()})
