"""`placet trust list|update`: whom verification believes besides ourselves."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from placet.cli.options import data_option, settings_for

_DIGEST = 12
"""Hex digits of a certificate's SHA-256 that are shown."""


@click.group()
def trust() -> None:
    """The C2PA trust lists: whose signatures and time stamps verification believes."""


@trust.command("list")
@data_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object, with whole digests.")
def show(data: Path | None, as_json: bool) -> None:
    """Every authority: what it vouches for, until when, and its name."""
    from placet.wiring.trust import build_trust

    lists = build_trust(settings_for(data)).load()
    if as_json:
        click.echo(json.dumps(lists.document(), indent=2, ensure_ascii=False))
        return
    click.echo(f"C2PA trust lists of {lists.date}, {'shipped' if lists.shipped else 'fetched'}, from {lists.source}")
    now = datetime.now(UTC)
    for authority in lists.authorities:
        state = "" if authority.is_valid_at(now) else "  NOT VALID NOW"
        sort = "root" if authority.is_root else "issuing"
        click.echo(
            f"{authority.kind:7} {sort:8} until {authority.not_after:%Y-%m-%d}  "
            f"{authority.digest[:_DIGEST]}  {authority.subject}{state}"
        )


@trust.command()
@data_option
@click.option(
    "--from",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Take the two files of the C2PA from this folder, and fetch nothing.",
)
@click.option("--force", is_flag=True, help="Take lists that lack more than half of the authorities known.")
def update(data: Path | None, folder: Path | None, force: bool) -> None:
    """Fetch the newest lists from the C2PA, check every certificate, and say what changed."""
    from placet.wiring.trust import build_trust, build_trust_fetch

    settings = settings_for(data)
    store = build_trust(settings)
    if folder is None:
        change = store.update(build_trust_fetch(settings), force=force)
    else:
        change = store.take(folder, force=force)
    for sign, authorities in (("+", change.added), ("-", change.removed)):
        for authority in authorities:
            click.echo(f"{sign} {authority.kind:7} {authority.digest[:_DIGEST]}  {authority.subject}")
    click.echo(
        f"{len(change.now.authorities)} authorities, {len(change.added)} new, {len(change.removed)} gone; "
        "processes that run now take them up when they start again"
    )
