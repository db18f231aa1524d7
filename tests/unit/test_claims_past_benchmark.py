"""The benchmark of claims and the past starts, finds what was planted, and writes figures that can be read."""

import json
from pathlib import Path

from benchmarks import claims_past


def test_it_finds_what_was_planted(tmp_path: Path) -> None:
    claims_past.main(["--quick", "--json", str(tmp_path / "figures.json")])
    found = {row["what"]: row for row in json.loads((tmp_path / "figures.json").read_text("utf-8"))["rows"]}
    assert (found["dry run of one claim"]["over"], found["dry run of one claim"]["found"]) == (400, 2)
    assert found["pictures, one with its crops"]["found"] == 10
