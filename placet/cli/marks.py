"""`placet marks keys|rotate`: the keys of the invisible marks."""

from pathlib import Path

import click

from placet.cli.options import data_option, settings_for


@click.group()
def marks() -> None:
    """Show and change the keys of the invisible marks."""


@marks.command()
@data_option
def keys(data: Path | None) -> None:
    """Which keys marks are read under; new ones are made under the first listed."""
    from placet.wiring import build_house

    for number, since in build_house(settings_for(data)).guards.mark_keys.in_use().items():
        click.echo(f"{number:>4}  {f'since {since:%Y-%m-%d %H:%M} UTC' if since else 'from the start'}")


@marks.command()
@data_option
def rotate(data: Path | None) -> None:
    """Mark under a new key from now on; what was marked before stays readable."""
    from placet.wiring import build_house

    click.echo(f"new marks are made under key {build_house(settings_for(data)).guards.mark_keys.rotate()}")
