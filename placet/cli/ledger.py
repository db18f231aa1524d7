"""`placet ledger verify`: recompute the whole record."""

import sys
from pathlib import Path

import click

from placet.cli.options import data_option, settings_for


@click.group()
def ledger() -> None:
    """Check the public record."""


@ledger.command()
@data_option
def verify(data: Path | None) -> None:
    """Recompute every hash from the entries and check every checkpoint that was signed."""
    from placet.wiring import build_kernel

    kernel = build_kernel(settings_for(data))
    audit = kernel.ledger.verify()
    for problem in audit.problems:
        click.echo(f"  {problem}")
    click.echo(f"{audit.size} entries, {'every hash and checkpoint holds' if audit.ok else 'BROKEN'}")
    sys.exit(0 if audit.ok else 1)


@ledger.command()
@data_option
def checkpoint(data: Path | None) -> None:
    """Sign the record as it stands and print the note."""
    from placet.wiring import build_kernel

    click.echo(build_kernel(settings_for(data)).ledger.checkpoint(), nl=False)
