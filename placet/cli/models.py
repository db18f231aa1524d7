"""`placet models`: weights are data, pinned by hash."""

from pathlib import Path

import click

from placet.cli.options import data_option, settings_for


@click.group()
def models() -> None:
    """List, fetch and describe model packs."""


@models.command("list")
@data_option
def list_packs(data: Path | None) -> None:
    """Every pack that this version knows."""
    from placet.wiring import build_models

    store = build_models(settings_for(data))
    for name in store.names():
        card = store.card(name)
        state = "installed" if card.installed else "-"
        click.echo(f"{name:20} {card.pack.kind:16} {card.pack.licence:12} {state}")


@models.command()
@data_option
@click.argument("names", nargs=-1)
def pull(data: Path | None, names: tuple[str, ...]) -> None:
    """Fetch packs ("default": all of the embedded default), check their hashes, convert them once."""
    from placet.wiring import build_models

    store = build_models(settings_for(data))
    for name in store.names() if names in {(), ("default",)} else names:
        click.echo(f"{name:20} {store.pull(name)}")


@models.command()
@data_option
@click.argument("name")
def card(data: Path | None, name: str) -> None:
    """What to know before relying on a pack."""
    from placet.wiring import build_models

    found = build_models(settings_for(data)).card(name)
    pack = found.pack
    rows = {
        "name": f"{pack.name} {pack.version}",
        "kind": pack.kind,
        "source": found.source,
        "licence": f"{pack.licence}{'' if pack.commercial else ' (not for commercial use)'}",
        "note": pack.licence_note,
        "takes": pack.takes,
        "gives": pack.gives,
        "sha256": found.sha256 or "not installed",
    }
    for name_, value in rows.items():
        click.echo(f"{name_:8} {value}")
