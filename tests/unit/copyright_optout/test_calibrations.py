"""Thresholds come from files, and a file that does not hold is refused by what is wrong with it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from copyright_optout.adapters.calibrations import MOST_BYTES, load_thresholds
from copyright_optout.adapters.pdq import PdqHasher
from copyright_optout.domain import Thresholds
from trust_kernel.errors import Broken

VALUES = {
    "match_distance": 20,
    "unsure_distance": 40,
    "least_quality": 60,
    "least_share": 0.5,
    "least_pictures": 5,
    "least_seconds": 8.0,
    "least_spots": 3,
}


def written(path: Path, **changed: Any) -> Path:
    document = {"schema": 1, "hash": "pdq", "data": "twelve films", "thresholds": VALUES, **changed}
    path.write_text(json.dumps(document))
    return path


def test_the_file_that_ships_holds_the_published_defaults() -> None:
    found = load_thresholds()
    assert (found.match_distance, found.least_quality, found.least_share) == (31, 50, 0.8)
    assert found.unsure_distance == 47
    assert len(found.digest) == 64
    assert found == Thresholds(digest=found.digest)


def test_an_operators_file_takes_its_place_and_is_named_in_decisions(tmp_path: Path) -> None:
    found = load_thresholds(written(tmp_path / "own.json"))
    assert found == Thresholds(20, 40, 60, 0.5, 5, 8.0, 3, found.digest)
    assert found.made_with["optout:match_distance"] == "20"
    assert found.made_with["optout:calibration"] == found.digest
    assert "optout:calibration" not in Thresholds().made_with


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"schema": 2}, "schema"),
        ({"hash": "phash"}, "hash"),
        ({"data": ""}, "data"),
        ({"thresholds": {**VALUES, "match_distance": 65}}, "thresholds.match_distance"),
        ({"thresholds": {**VALUES, "match_distance": "20"}}, "thresholds.match_distance"),
        ({"thresholds": {**VALUES, "unsure_distance": 19}}, "unsure_distance is less than match_distance"),
        ({"thresholds": {**VALUES, "least_quality": 101}}, "thresholds.least_quality"),
        ({"thresholds": {**VALUES, "least_share": 0}}, "thresholds.least_share"),
        ({"thresholds": {**VALUES, "colour": 1}}, "thresholds.colour"),
        ({"thresholds": {"match_distance": 3}}, "thresholds.unsure_distance"),
        ({"more": 1}, "more"),
    ],
)
def test_a_file_that_does_not_hold_is_refused_by_the_field(tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(Broken) as refused:
        load_thresholds(written(tmp_path / "own.json", **changed))
    assert refused.value.code == "optout:calibration:malformed"
    assert said in refused.value.detail


def test_what_is_no_file_no_json_or_too_large_is_refused(tmp_path: Path) -> None:
    torn, large = tmp_path / "torn.json", tmp_path / "large.json"
    torn.write_text("{")
    large.write_bytes(b" " * (MOST_BYTES + 1))
    for path in (torn, large, tmp_path / "gone.json"):
        with pytest.raises(Broken):
            load_thresholds(path)


def test_the_quality_of_the_file_is_what_hashing_goes_by() -> None:
    strips = np.where(np.arange(160) // 20 % 2, 100, 120).astype(np.uint8)
    faint = np.tile(strips[None, :, None], (120, 1, 3))
    assert PdqHasher().views(faint) == []
    quality = PdqHasher().fingerprint(faint).quality
    assert 0 < quality < 50
    assert PdqHasher(quality).fingerprint(faint).is_usable
    assert PdqHasher(quality).views(faint) != []
