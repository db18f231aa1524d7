"""`placet notices clocks`: what runs out next."""

from pathlib import Path

import click

from placet.cli.options import data_option, settings_for


@click.group()
def notices() -> None:
    """Notices under a statute."""


@notices.command()
@data_option
def clocks(data: Path | None) -> None:
    """Print everything that runs for notices, what runs out next first."""
    from placet.wiring import build_house

    house = build_house(settings_for(data))
    now = house.kernel.clock.now()
    found = house.gateway.notices.bench.clocks()
    for clock in found:
        hours = (clock.due - now).total_seconds() / 3600
        left = f"in {hours:.0f} h" if hours >= 0 else f"{-hours:.0f} h ago"
        click.echo(
            f"{clock.due:%Y-%m-%d %H:%M} UTC  {left:>9}  {clock.kind:<12}  {clock.statute:<12}  {clock.notice_id}"
        )
    click.echo(f"{len(found)} clocks run")
