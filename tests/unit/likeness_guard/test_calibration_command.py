"""`placet models calibrate`, from the command line to the file."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from placet.cli.calibrate import calibrate
from trust_kernel.errors import InvalidInput, NotFound


def squares(folder: Path, people: int) -> Path:
    """Pictures without any face."""
    (folder / "faces").mkdir(parents=True)
    with (folder / "faces_manifest.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "identity"])
        for number in range(people):
            Image.fromarray(np.zeros((40, 40, 3), np.uint8)).save(folder / "faces" / f"{number}.png")
            writer.writerow([f"{number}.png", f"p{number // 2}"])
    return folder


def run(tmp_path: Path, *more: str) -> Any:
    data = squares(tmp_path / "data", 4)
    wanted = ["--data", str(data), "--out", str(tmp_path / "out.json"), "--models", str(tmp_path / "models"), *more]
    return CliRunner().invoke(calibrate, wanted)


@pytest.mark.parametrize("rates", [("--fpir", "0"), ("--fpir", "0.1", "--unsure-fpir", "0.05"), ("--unsure-fmr", "1")])
def test_rates_that_make_no_sense_are_refused(tmp_path: Path, rates: tuple[str, ...]) -> None:
    found = run(tmp_path, *rates)
    assert isinstance(found.exception, InvalidInput)
    assert not (tmp_path / "out.json").exists()


def test_an_unknown_pack_is_refused(tmp_path: Path) -> None:
    assert isinstance(run(tmp_path, "--pack", "face-nobody").exception, NotFound)


def test_a_pack_that_makes_no_vectors_is_refused(tmp_path: Path) -> None:
    found = run(tmp_path, "--pack", "voice-silero")
    assert isinstance(found.exception, InvalidInput)
    assert "nothing to calibrate" in str(found.exception)


def test_the_file_and_the_summary_are_of_the_same_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from placet.wiring import calibrating

    asked: dict[str, Any] = {}

    def measured(_store: object, pack: str, data: Path, targets: object, note: str) -> calibrating.Measured:
        asked.update(pack=pack, data=data, targets=targets, note=note)
        return calibrating.Measured({"pack": pack}, ("good: 3 people",))

    monkeypatch.setattr(calibrating, "measure_pack", measured)
    found = run(tmp_path, "--fpir", "0.02", "--note", "our people")
    assert found.exit_code == 0
    assert found.output == "good: 3 people\n"
    assert json.loads((tmp_path / "out.json").read_text()) == {"pack": "face-dlib-resnet"}
    assert asked["targets"].fpir == 0.02
    assert (asked["note"], asked["data"]) == ("our people", tmp_path / "data")
