"""The benchmarks start, run, and write figures that can be read."""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import decisions, imports, stages
from benchmarks.house import invented_names
from benchmarks.measure import Cost, Timing, repeated
from benchmarks.startup import LIMIT_BYTES, lean_weights
from benchmarks.table import show

COMMANDS = (
    "all",
    "animatic",
    "appearances",
    "audio_mark",
    "bindings",
    "blocklist",
    "c2pa",
    "challenge",
    "decisions",
    "descriptions",
    "detection",
    "false_marks",
    "fingerprints",
    "imports",
    "likeness",
    "scan",
    "search",
    "spelled",
    "spoken",
    "stages",
    "startup",
    "strangers",
    "turns",
    "verify",
    "voices",
    "watermark",
)


def figures(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    assert found["machine"]["cores"] >= 1
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_every_benchmark_explains_itself(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = importlib.import_module(f"benchmarks.{name}")
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    with pytest.raises(SystemExit) as ended:
        module.main()
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert said.startswith(f"usage: {name}")
    assert " ".join(str(module.__doc__).split())[:40] in " ".join(said.split())


def test_decisions_are_timed_beside_their_peers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    decisions.main(["--quick", "--json", str(tmp_path / "decisions.json")])
    found = figures(tmp_path / "decisions.json")["scales"]["20"]
    assert len(found["decisions"]) == 6
    assert all(timing["median"] > 0 for kind in found.values() for timing in kind.values())
    cedar = found["peers"]["peer: Cedar on one finding (two questions)"]["median"]
    assert cedar < found["decisions"]["words: nobody named"]["median"]
    assert "words: nobody named" in capsys.readouterr().out


def test_every_stage_is_timed_beside_a_plain_transcode(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stages.main(["--quick", "--json", str(tmp_path / "stages.json")])
    rows = {row["stage"]: row for row in figures(tmp_path / "stages.json")["rows"]}
    timed = [name for name in rows if not name.startswith(("peer", "output:", "all"))]
    assert len(timed) == 8
    assert rows["all"]["wall s"] == pytest.approx(sum(rows[name]["wall s"] for name in timed))
    assert rows[stages.TRANSCODE]["to transcode"] == 1.0
    assert "peer: plain transcode" in capsys.readouterr().out


def test_a_list_of_claims_is_taken_in_and_takes_effect() -> None:
    found = imports.measure(60, 20, ("sqlite",))["sqlite"]
    assert found["import_seconds"] > 0
    assert found["activate_seconds"] > 0


def test_the_lean_installation_stays_within_its_limit() -> None:
    weights = lean_weights()
    names = {weight.name for weight in weights}
    assert {"fastapi", "onnxruntime", "cryptography"} <= names
    assert not names & {"torch", "scipy", "pytest", "placet"}
    assert 100_000_000 < sum(weight.allotted for weight in weights) < LIMIT_BYTES


def test_warm_up_runs_and_preparation_are_not_counted() -> None:
    prepared: list[int] = []
    worked: list[int] = []

    def prepare() -> int:
        prepared.append(len(prepared))
        return prepared[-1]

    timing = repeated(prepare, worked.append, rounds=5, warm_up=3)
    assert timing.rounds == 5
    assert worked == prepared == list(range(8))


def test_the_95th_percentile_bounds_19_of_20_runs() -> None:
    timing = Timing.of([Cost(number / 1000, number / 2000) for number in range(1, 21)])
    assert timing.median == pytest.approx(10.5)
    assert timing.p95 == pytest.approx(19)
    assert timing.cpu == pytest.approx(5.25)


def test_invented_names_are_many_different_and_always_the_same() -> None:
    names = invented_names(500, seed=1)
    assert len(set(names)) == 500
    assert names == invented_names(500, seed=1)


def test_a_table_lines_words_up_left_and_numbers_right(capsys: pytest.CaptureFixture[str]) -> None:
    show("title", [{"what": "a", "n": 1.0}, {"what": "bcd", "n": 12345.0}])
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == ["  a          1", "  bcd   12,345"]
