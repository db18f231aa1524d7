"""`placet verify FILE`: the verifier without a server. It keeps nothing."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from placet.cli.options import data_option, settings_for

if TYPE_CHECKING:
    from generator_gateway.api import Verification


@click.command()
@data_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON.")
@click.option("--trust-anchor", "trust", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--tsa-anchor", "tsa", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def verify(data: Path | None, file: Path, *, as_json: bool, trust: tuple[Path, ...], tsa: tuple[Path, ...]) -> None:
    """Say what FILE carries: content credential, watermark, release, consent."""
    from placet.wiring.verifier import build_verifier

    anchors, stamps = _pem(trust, "--trust-anchor"), _pem(tsa, "--tsa-anchor")
    found = build_verifier(settings_for(data)).verify(file, trust_anchors=anchors, tsa_anchors=stamps)
    if as_json:
        from generator_gateway.routes.verify import verification_out

        click.echo(json.dumps(verification_out(found).model_dump(), indent=2))
    else:
        _tell(found)


def _pem(paths: Sequence[Path], option: str) -> tuple[str, ...]:
    from trust_kernel.errors import InvalidInput

    try:
        return tuple(path.read_text("ascii") for path in paths)
    except UnicodeDecodeError as error:
        raise InvalidInput("an anchor is a PEM file", field=option) from error


def _tell(found: "Verification") -> None:
    click.echo(found.sentence)
    click.echo(f"  credential  {found.credential.state}: {found.credential.explanation}")
    click.echo(f"  AI claim    {found.credential.ai}")
    mark = {key: value for key, value in asdict(found.watermark).items() if value is not None}
    click.echo(f"  watermark   {', '.join(f'{key} {value}' for key, value in mark.items())}")
    if found.release is not None:
        click.echo(f"  release     {found.release.video_id}, found by its {found.release.found_by}")
        click.echo(f"  consent     {found.release.consent}")
        proved = "proved" if found.release.ledger_proved else "not proved"
        click.echo(f"  ledger      entry {found.release.ledger_index}, {proved}")
    for note in found.notes:
        click.echo(f"  note        {note}")
