"""A model of looks made by code: one convolution of random weights."""

from pathlib import Path
from typing import Any

import numpy as np

from likeness_guard.adapters.onnx_graph import Graph
from tests.fakes.packs import manifest_of, write_manifest

SIDE = 32
LENGTH = 16


def looks_pack(folder: Path, *, trouble: str = "", tokens: bool = False, seed: int = 1, **fields: Any) -> Path:
    """A pack of looks. `trouble`: "nan", "constant" or "batch"; `tokens`: a vector for each of 17 parts."""
    folder.mkdir(parents=True, exist_ok=True)
    dice = np.random.default_rng(seed)
    shape: tuple[int | str, ...] = ("n", 17, LENGTH) if tokens else ("n", LENGTH)
    graph = Graph("looks", {"x": ("n", 3, SIDE, SIDE)}, {"y": shape})
    x = graph.conv("x", dice.normal(size=(8, 3, 8, 8)).astype(np.float32), np.zeros(8, np.float32), stride=8)
    if tokens:
        parts = graph.add("Transpose", graph.add("Reshape", x, graph.constant(np.array([0, 8, 16]))), perm=[0, 2, 1])
        own = graph.add("MatMul", parts, graph.constant(dice.normal(size=(8, LENGTH)).astype(np.float32)))
        first = graph.add("ReduceMean", own, graph.constant(np.array([1])), keepdims=1)
        x = graph.add("Concat", graph.add("Relu", first), own, axis=1)
    else:
        weights = dice.normal(size=(8 * 16, LENGTH)).astype(np.float32)
        x = graph.add("MatMul", graph.add("Flatten", x), graph.constant(weights))
    x = _troubled(graph, x, trouble)
    graph.add("Identity", x, output="y")
    graph.save(folder / "model.onnx")
    looks = {"kind": "looks-embedder", "adapter": "onnx-looks", "output": {"dimensions": LENGTH}}
    return write_manifest(folder, manifest_of(folder, **{**looks, **fields}))


def _troubled(graph: Graph, x: str, trouble: str) -> str:
    if trouble == "nan":
        return graph.add("Log", graph.add("Neg", graph.add("Abs", x)))
    if trouble == "constant":
        nothing = graph.add("Mul", x, graph.constant(np.zeros(1, np.float32)))
        return graph.add("Add", nothing, graph.constant(np.ones(1, np.float32)))
    if trouble == "batch":
        return graph.add("Add", x, graph.add("ReduceMean", x, graph.constant(np.array([0]))))
    return x
