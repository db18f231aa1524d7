"""`placet lockdown on|off|status`: the switch that stops every use of every likeness, where no browser is."""

from pathlib import Path

import click

from placet.cli.operators import house_at, named_option, operator
from placet.cli.options import data_option


@click.group()
def lockdown() -> None:
    """Stop every use of every likeness, and let uses go on."""


@lockdown.command()
@data_option
@named_option
def on(data: Path | None, by: str, reason: str) -> None:
    """Stop every use of every likeness at once. Videos that are out stay out."""
    _switch(data, by, reason, on=True)


@lockdown.command()
@data_option
@named_option
def off(data: Path | None, by: str, reason: str) -> None:
    """Let uses go on, as people allowed them."""
    _switch(data, by, reason, on=False)


@lockdown.command()
@data_option
def status(data: Path | None) -> None:
    """Say whether everything is stopped, since when, by whom and why."""
    from trust_kernel.errors import NotFound

    house = house_at(data)
    now = house.guards.registry.safety.lockdown()
    click.echo("everything is stopped" if now.on else "uses go on")
    if now.at is not None:
        try:
            name = house.kernel.accounts.account(now.by).name
        except NotFound:  # the account was deleted since
            name = now.by
        click.echo(f"  since   {now.at:%Y-%m-%d %H:%M:%S} UTC\n  by      {name}\n  reason  {now.reason}")


def _switch(data: Path | None, by: str, reason: str, *, on: bool) -> None:
    from review_ui.staff.lockdown import SET

    house = house_at(data)
    account = operator(house, by, SET)
    safety = house.guards.registry.safety
    was = safety.lockdown().on
    safety.set_lockdown(account.id, on=on, reason=reason)
    said = "everything is stopped" if on else "uses go on"
    click.echo(f"{said}{' already; nothing was changed' if was is on else ''}")
