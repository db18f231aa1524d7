"""The benchmark of the indexes runs, and knows a wrong answer when it sees one."""

import json
from pathlib import Path

import numpy as np

from benchmarks import search


def test_our_index_is_measured_beside_others_and_misses_nobody(tmp_path: Path) -> None:
    search.main(["--quick", "--only", "faiss,numpy,rabitq", "--json", str(tmp_path / "search.json")])
    rows = {row["index"]: row for row in json.loads((tmp_path / "search.json").read_text())["sizes"]["3000"]}
    assert set(rows) == {"placet, faiss", "numpy", "faiss RaBitQ + 64 again"}
    assert rows["placet, faiss"]["mated @1"] == rows["placet, faiss"]["strangers @1"] == 1.0
    assert rows["placet, faiss"]["best too low by"] < 1e-5
    assert all(row["p50 ms"] > 0 and row["MB"] > 0 for row in rows.values())


def test_a_missed_person_is_counted_and_the_shortfall_told() -> None:
    probes = search.probes_of(search.Drawn(200, 32, even=False), 10)
    keys, scores = probes.keys.copy(), probes.scores.copy()
    assert search.exactness(keys, scores, probes)["mated @1"] == 1.0
    keys[0, 0], scores[0, 0] = -1, scores[0, 0] - 0.25
    found = search.exactness(keys, scores, probes)
    assert found["mated @1"] == 0.8
    assert found["best too low by"] == np.float32(0.25)


def test_drawn_faces_resemble_each_other_as_measured_ones_do() -> None:
    people = search.Drawn(2000, 128, even=False).people(2000, 0)
    cosines = (people @ people.T)[np.triu_indices(2000, 1)]
    assert abs(float(cosines.mean()) - 0.84) < 0.01
    assert 0.025 < float(cosines.std()) < 0.045
