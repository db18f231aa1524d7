"""The benchmark of fingerprints runs and writes figures that can be read."""

import json
from pathlib import Path

import pytest

from benchmarks import bindings
from benchmarks.sounds import music, saved


def test_it_times_searches_and_finds_sound_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved(tmp_path / "tune.wav", music(9.0, seed=8))
    bindings.main(["--quick", "--audio", str(tmp_path), "--json", str(tmp_path / "figures.json")])
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["machine"]["cores"] >= 1
    plain = next(row for row in figures["Sound"] if row["attack"] == "none")
    assert (plain["sounds"], plain["found"], plain["wrong"]) == (2, 2, 0)
    (chance,) = figures["Different sounds"]
    assert chance["least"] > chance["match from"]
    assert "pictures of a release" in capsys.readouterr().out


def test_it_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        bindings.main(["--help"])
    assert ended.value.code == 0
    assert "--clips" in capsys.readouterr().out
