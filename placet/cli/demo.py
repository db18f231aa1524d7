"""`placet demo`: the guided demo, and its people as files."""

import sys
from pathlib import Path

import click


@click.group()
def demo() -> None:
    """Watch requests be allowed, held and refused."""


@demo.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("demo-out"), show_default=True)
def run(out: Path) -> None:
    """Run every scene on the embedded default; ends with a table, exit status 0 if all went as it ought to."""
    from placet.demo.run import run as run_demo

    sys.exit(0 if run_demo(out, click.echo) else 1)


@demo.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
def assets(out: Path) -> None:
    """Write the demo's pictures and voices as files."""
    from placet.demo.deployment import shared_model_cache
    from placet.demo.people import write_assets

    for name, path in write_assets(out, shared_model_cache()).items():
        click.echo(f"{name:24} {path}")
