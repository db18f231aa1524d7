"""`placet blocklist`: people to be blocked, in bulk."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click

from placet.cli.options import data_option, settings_for

_BY = "command-line"
_SHOWN = 20
_OUTCOMES = ("added", "updated", "unchanged", "rejected")


@click.group()
def blocklist() -> None:
    """People who may not be generated."""


@blocklist.command("import")
@data_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--pictures",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the pictures and sounds that the file names.",
)
@click.option("--source", default="", help="Where the facts come from, for lines that do not say.")
@click.option("--dry-run", is_flag=True, help="Check everything, keep nothing.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Write what became of each line.")
def take_in(
    data: Path | None, file: Path, pictures: Path | None, source: str, dry_run: bool, report: Path | None
) -> None:
    """Take in a table (CSV) or a Wikidata document (JSON); again is fine, and brings entries up to date."""
    from likeness_guard.jobs import import_people
    from placet.wiring import build_house

    house = build_house(settings_for(data))
    lines = import_people(
        house.guards.likeness.blocklist,
        file,
        _BY,
        pictures=pictures,
        decoder=house.kernel.decoder,
        limits=house.kernel.reference_limits,
        source=source,
        dry_run=dry_run,
    )
    counts: Counter[str] = Counter()
    with _written(report) as out:
        for line, plain in lines:
            if out is not None:
                out.write(f"{',' if counts else '['}\n{line.model_dump_json()}")
            counts[line.outcome.value] += 1
            counts["to look at"] += not plain
            if line.outcome.value == "rejected" and counts["rejected"] <= _SHOWN:
                why = "; ".join(f"{trouble.detail} ({trouble.code})" for trouble in line.troubles)
                click.echo(f"  line {line.line}: {why}", err=True)
    told = ", ".join(f"{counts[name]} {name}" for name in (*_OUTCOMES, "to look at"))
    click.echo(f"{'would be: ' if dry_run else ''}{told}")
    sys.exit(1 if counts["rejected"] else 0)


@blocklist.command()
def categories() -> None:
    """Say which categories there are, and who usually may lift a block."""
    from likeness_guard.jobs import category_lines

    for category, lifted_by, text in category_lines():
        click.echo(f"{category:<26}{lifted_by:<13}{text}")


@contextmanager
def _written(report: Path | None) -> Iterator[TextIO | None]:
    """The file of the report: an array, one line of it for each line of the list."""
    if report is None:
        yield None
        return
    with report.open("w", encoding="utf-8") as out:
        yield out
        out.write("\n]\n" if out.tell() else "[]\n")
