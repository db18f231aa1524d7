"""The benchmark of lineage starts, finds whole chains by one statement, and writes figures that can be read."""

import json
from pathlib import Path

from benchmarks import lineage


def test_whole_chains_are_found_by_one_statement(tmp_path: Path) -> None:
    lineage.main(["--quick", "--json", str(tmp_path / "figures.json")])
    found = json.loads((tmp_path / "figures.json").read_text("utf-8"))
    assert (found["releases"], found["chain"], found["statements"]) == (200, 50, 1)
    assert found["people"] > 50
    assert 0 < found["p50_ms"] <= found["p95_ms"]
