"""`placet erase SUBJECT`: forget a person, and prove that they are gone.

Exit status: 0 nothing of them was found; 1 something was; 2 and 3 bad usage.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from placet.cli.options import data_option, settings_for

if TYPE_CHECKING:
    from placet.wiring.erased import Search

_SHOWN = 40


@click.command(epilog="Exit status: 0 nothing of them is left, 1 something is.")
@data_option
@click.argument("subject", metavar="SUBJECT")
@click.option("--check", is_flag=True, help="Erase nothing; only search.")
@click.option("--with-account", is_flag=True, help="The account goes too, with every video that it made.")
@click.option("--also", multiple=True, metavar="WORD", help="What else they were known by: handle, name, e-mail.")
@click.option("--probe", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A picture of them.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(
    data: Path | None,
    subject: str,
    also: tuple[str, ...],
    probe: Path | None,
    *,
    check: bool,
    with_account: bool,
    yes: bool,
) -> None:
    """Forget SUBJECT (subj_...) for good, then search every table, file and the index for them.

    With --check nothing is changed: before an erasure it shows where they are, after it that they are nowhere. What
    they were called is gone by then, so name it with --also.
    """
    from placet.wiring import build_house
    from placet.wiring.erased import search, words_of

    house = build_house(settings_for(data))
    words = (*words_of(house, subject, with_account=with_account), *also)
    if not check:
        if not yes:
            click.confirm(f"Forget {subject} for good?", abort=True)
        withdrawn = house.guards.registry.forget(subject, actor="command line", with_account=with_account)
        click.echo(f"{subject} is forgotten; {len(withdrawn)} videos were withdrawn")
    found = search(house, subject, words, probe)
    _show(found)
    sys.exit(0 if found.clean else 1)


def _show(found: "Search") -> None:
    click.echo(f"{'searched':<32} {'found':>7} {'may stay':>9}")
    for name, hits, kept in found.lines():
        click.echo(f"{name:<32} {hits:>7} {kept:>9}")
    click.echo(f"{len(found.tables)} columns and {len(found.files)} files were searched")
    click.echo("the key can still open what it sealed" if found.key_left else "the key is destroyed, or never was")
    if found.recognised is not None:
        click.echo("the probe is still recognised" if found.recognised else "the index does not know the probe")
    for trace in found.hits()[:_SHOWN]:
        click.echo(f"  found in {trace.place}: {trace.found}")
    click.echo("nothing of them is left" if found.clean else "something of them is left")
