"""`placet export SUBJECT -o FILE`: everything about a person, as one archive."""

import shutil
from pathlib import Path

import click

from placet.cli.options import data_option, settings_for


@click.command()
@data_option
@click.argument("subject", metavar="SUBJECT")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="A new ZIP file.")
def export(data: Path | None, subject: str, output: Path) -> None:
    """Write everything about SUBJECT (subj_...) into one archive, with an index to read.

    It holds what nobody else may see: the file is readable by its owner alone.
    """
    from placet.wiring import build_house
    from placet.wiring.exporting import build_export
    from trust_kernel.errors import InvalidInput

    house = build_house(settings_for(data))
    with build_export(house.kernel, house.guards, house.shelves).archive(subject) as path:
        try:
            output.touch(mode=0o600, exist_ok=False)
        except OSError as error:
            raise InvalidInput(f"{output} cannot be made: {error.strerror}", field="output") from error
        shutil.copyfile(path, output)
    click.echo(f"{output}: {output.stat().st_size} bytes")
