"""`placet models calibrate`: thresholds and error rates from an operator's own data."""

import json
from pathlib import Path

import click

from placet.cli.options import settings_for


@click.command()
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="Folder with faces/ and faces_manifest.csv, or voices/ and voices_manifest.csv (columns file, identity).",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The calibration file.")
@click.option("--pack", default="face-dlib-resnet", show_default=True, help="Face or voice embedder.")
@click.option("--fpir", default=0.01, show_default=True, help="Strangers taken for somebody, a match (1:N).")
@click.option("--unsure-fpir", default=0.05, show_default=True, help="Strangers that somebody must look at (1:N).")
@click.option("--fmr", default=0.001, show_default=True, help="Strangers taken for one given person, a match (1:1).")
@click.option("--unsure-fmr", default=0.01, show_default=True, help="Likewise, somebody must look (1:1).")
@click.option(
    "--models",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where packs are kept. [default: that of the deployment]",
)
@click.option("--note", default="", help="What the data is; goes into the model card.")
def calibrate(
    data: Path,
    out: Path,
    pack: str,
    fpir: float,
    unsure_fpir: float,
    fmr: float,
    unsure_fmr: float,
    models: Path | None,
    note: str,
) -> None:
    """Measure a pack on people whom you know: error rates, and thresholds per gallery size, quality and length.

    Nothing of the people themselves goes into the file, only rates.
    """
    from placet.wiring import build_models
    from placet.wiring.calibrating import chosen_targets, measure_pack

    targets = chosen_targets(fpir, unsure_fpir, fmr, unsure_fmr)
    chosen = {"model_cache": models} if models is not None else {}
    found = measure_pack(build_models(settings_for(None, **chosen)), pack, data, targets, note)
    out.write_text(json.dumps(found.document, separators=(",", ":")) + "\n", encoding="utf-8")
    for line in found.summary:
        click.echo(line)
