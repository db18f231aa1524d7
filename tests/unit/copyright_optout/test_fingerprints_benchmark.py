"""The benchmark of the matcher runs, finds what it must, and is never wrong about hashes."""

import json
from pathlib import Path

import pytest

from benchmarks import fingerprints


def test_copies_are_found_and_searches_answer_as_a_look_at_every_hash(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fingerprints.main(["--quick", "--json", str(tmp_path / "figures.json")])
    figures = json.loads((tmp_path / "figures.json").read_text())
    for row in figures["Pictures"]:
        assert (row["match"], row["false matches"]) == (row["pictures"], 0), row["edit"]
    assert figures["Sounds"]
    assert all((row["found"], row["wrong"]) == (row["sounds"], 0) for row in figures["Sounds"])
    searches = [*figures["Search among 20,000 hashes"], *figures["faiss, in the same run"]]
    assert [row["what"] for row in searches if row["wrong"]] == []
    assert "Freshness" in capsys.readouterr().out
