"""`placet marks keys|rotate`: the keys of the invisible marks."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from placet.cli.options import data_option, settings_for

if TYPE_CHECKING:
    from watermark.api import MarkKeyBook


@click.group()
def marks() -> None:
    """Show and change the keys of the invisible marks."""


@marks.command()
@data_option
def keys(data: Path | None) -> None:
    """Which keys marks are read under; new ones are made under the first listed."""
    for number, since in _key_book(data).in_use().items():
        click.echo(f"{number:>4}  {f'since {since:%Y-%m-%d %H:%M} UTC' if since else 'from the start'}")


@marks.command()
@data_option
def rotate(data: Path | None) -> None:
    """Mark under a new key from now on; what was marked before stays readable."""
    click.echo(f"new marks are made under key {_key_book(data).rotate()}")


def _key_book(data: Path | None) -> "MarkKeyBook":
    """No more of the house than that: a stolen key is to be replaced whatever else is amiss."""
    from placet.wiring import build_kernel
    from placet.wiring.marks import build_mark_keys

    return build_mark_keys(build_kernel(settings_for(data)))
