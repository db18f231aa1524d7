"""`placet feeds`: claims and hashes in the formats of others."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from placet.cli.options import data_option, settings_for

if TYPE_CHECKING:
    from copyright_optout.api import FeedDesk, OptOutIndex

_BY = "command-line"
_FORMATS = click.Choice(["tdmrep", "rsl", "tdmai", "pdq", "threatexchange"])
_SHOWN = 20


@click.group()
def feeds() -> None:
    """Exchange claims and hashes."""


@feeds.command("import")
@data_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--format", "form", type=_FORMATS, required=True, help="What the file is.")
@click.option("--organisation", required=True, help="Id of the rights holder whose claims they become.")
@click.option("--bank", default="", help="What a file of hashes is called.")
def take_in(data: Path | None, file: Path, form: str, organisation: str, bank: str) -> None:
    """Have a feed become drafts; again is fine, and adds nothing twice."""
    from copyright_optout.api import LARGEST_FEED, FeedFormat

    if file.stat().st_size > LARGEST_FEED:
        raise click.BadParameter(f"at most {LARGEST_FEED} bytes", param_hint="FILE")
    index = _opened(data)
    index.organisations.organisation(organisation)
    done = _desk(index).take_in(FeedFormat(form), file.read_bytes(), organisation_id=organisation, by=_BY, bank=bank)
    for note in done.notes[:_SHOWN]:
        said = note.trouble.detail if note.trouble else f"left out: {', '.join(sorted(note.lost))}"
        click.echo(f"  entry {note.number}: {said}", err=True)
    if done.job is not None:
        click.echo(f"{done.job.id}: a worker takes it in")
    elif done.claim_id:
        click.echo(f"{done.claim_id}: {done.added} hashes added")
    else:
        click.echo("nothing to take in")


@feeds.command("export")
@data_option
@click.option("--format", "form", type=_FORMATS, required=True, help="What to write.")
@click.option("--organisation", help="Claims of one rights holder alone.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The file to write.")
def give_out(data: Path | None, form: str, organisation: str | None, out: Path) -> None:
    """Write the claims that have not ended."""
    from copyright_optout.api import FeedFormat

    done = _desk(_opened(data)).give_out(FeedFormat(form), None if organisation is None else [organisation])
    out.write_bytes(done.document)
    click.echo(f"{done.claims} claims; left out: {', '.join(sorted(done.lost)) or 'nothing'}")


def _opened(data: Path | None) -> "OptOutIndex":
    from placet.wiring import build_house

    return build_house(settings_for(data)).guards.optouts


def _desk(index: "OptOutIndex") -> "FeedDesk":
    assert index.feeds is not None  # noqa: S101 - the house always has it
    return index.feeds
