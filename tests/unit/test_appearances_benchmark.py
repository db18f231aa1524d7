"""The benchmark of searching releases starts, finds everybody, and writes figures that can be read."""

import json
from pathlib import Path

import pytest

from benchmarks import appearances


def test_everybody_who_appears_is_found_and_timed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    appearances.main(["--quick", "--folder", str(tmp_path), "--json", str(tmp_path / "figures.json")])
    found = json.loads((tmp_path / "figures.json").read_text("utf-8"))
    assert (found["releases"], found["tracks"], found["found of"]) == (400, 800, [20, 20])
    assert found["machine"]["cores"] >= 1
    for kind in ("seen in some", "seen in none"):
        assert 0 < found[kind]["p50 ms"] <= found[kind]["p99 ms"]
    assert found["rows/s"] > 0
    assert "seen in none" in capsys.readouterr().out
