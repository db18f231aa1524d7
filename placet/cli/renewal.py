"""`placet models renew|retire`: after a change of model."""

import sys
from pathlib import Path

import click

from placet.cli.options import data_option, settings_for

_AT_ONCE = 50


@click.command()
@data_option
def renew(data: Path | None) -> None:
    """Make templates by the models in use for everybody who has none; the server does so in the background too."""
    from placet.wiring import build_house

    likeness = build_house(settings_for(data)).guards.likeness
    made = 0
    while now := likeness.renew(_AT_ONCE):
        made += now
        click.echo(f"{made} renewed")
    waiting = likeness.waiting()
    click.echo(f"{made} renewed; {len(waiting)} known by a former model alone")
    for owner in waiting:
        click.echo(f"  {owner} let no media be kept: ask them to enrol again")
    sys.exit(1 if waiting else 0)


@click.command()
@data_option
@click.argument("version")
def retire(data: Path | None, version: str) -> None:
    """Drop every template that a former model made; refused while somebody is known by it alone."""
    from placet.wiring import build_house

    dropped = build_house(settings_for(data)).guards.likeness.retire(version)
    click.echo(f"{dropped} templates of {version} dropped")
