"""MTCNN's three networks as ONNX, from the weights inside the facenet-pytorch wheel (MIT).

Source: Zhang et al., "Joint Face Detection and Alignment Using Multi-task Cascaded Convolutional Networks" (2016).
Each takes float32 RGB ``pictures`` (n, 3, h, w), (v - 127.5) / 128, and gives ``offsets`` and ``faces`` (probability
maps or vectors); the last one also ``points``.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from likeness_guard.adapters.onnx_graph import Graph
from likeness_guard.adapters.torch_weights import read_checkpoint

_Weights = Mapping[str, NDArray[np.float32]]


def convert_pnet(source: Path, target: Path) -> None:
    """Write the proposal network: any size in, maps of stride 2 out."""
    weights: _Weights = read_checkpoint(source)
    graph = Graph(
        "pnet",
        {"pictures": ("n", 3, "h", "w")},
        {"offsets": ("n", 4, "mh", "mw"), "faces": ("n", 2, "mh", "mw")},
    )
    x = _pool(graph, _block(graph, "pictures", weights, 1), 2)
    x = _block(graph, _block(graph, x, weights, 2), weights, 3)
    graph.add("Identity", _conv(graph, x, weights, "conv4_2"), output="offsets")
    graph.add("Softmax", _conv(graph, x, weights, "conv4_1"), axis=1, output="faces")
    graph.save(target)


def convert_rnet(source: Path, target: Path) -> None:
    """Write the refining network: 24x24 in."""
    weights: _Weights = read_checkpoint(source)
    graph = Graph("rnet", {"pictures": ("n", 3, 24, 24)}, {"offsets": ("n", 4), "faces": ("n", 2)})
    x = _pool(graph, _block(graph, "pictures", weights, 1), 3)
    x = _block(graph, _pool(graph, _block(graph, x, weights, 2), 3), weights, 3)
    x = _hidden(graph, x, weights, 4)
    graph.add("Identity", _dense(graph, x, weights, "dense5_2"), output="offsets")
    graph.add("Softmax", _dense(graph, x, weights, "dense5_1"), axis=1, output="faces")
    graph.save(target)


def convert_onet(source: Path, target: Path) -> None:
    """Write the output network: 48x48 in; ``points`` holds five x, then five y, as shares of the box."""
    weights: _Weights = read_checkpoint(source)
    outputs = {"offsets": ("n", 4), "points": ("n", 10), "faces": ("n", 2)}
    graph = Graph("onet", {"pictures": ("n", 3, 48, 48)}, outputs)
    x = _pool(graph, _block(graph, "pictures", weights, 1), 3)
    x = _pool(graph, _block(graph, x, weights, 2), 3)
    x = _block(graph, _pool(graph, _block(graph, x, weights, 3), 2), weights, 4)
    x = _hidden(graph, x, weights, 5)
    graph.add("Identity", _dense(graph, x, weights, "dense6_2"), output="offsets")
    graph.add("Identity", _dense(graph, x, weights, "dense6_3"), output="points")
    graph.add("Softmax", _dense(graph, x, weights, "dense6_1"), axis=1, output="faces")
    graph.save(target)


def _conv(graph: Graph, x: str, weights: _Weights, name: str) -> str:
    return graph.conv(x, weights[f"{name}.weight"], weights[f"{name}.bias"])


def _block(graph: Graph, x: str, weights: _Weights, number: int) -> str:
    slope = graph.constant(weights[f"prelu{number}.weight"].reshape(-1, 1, 1))
    return graph.add("PRelu", _conv(graph, x, weights, f"conv{number}"), slope)


def _pool(graph: Graph, x: str, side: int) -> str:
    return graph.add("MaxPool", x, kernel_shape=[side, side], strides=[2, 2], ceil_mode=1)


def _hidden(graph: Graph, x: str, weights: _Weights, number: int) -> str:
    # The weights come from a column-major framework: width before height before channels.
    flat = graph.add("Flatten", graph.add("Transpose", x, perm=[0, 3, 2, 1]), axis=1)
    slope = graph.constant(weights[f"prelu{number}.weight"])
    return graph.add("PRelu", _dense(graph, flat, weights, f"dense{number}"), slope)


def _dense(graph: Graph, x: str, weights: _Weights, name: str) -> str:
    return graph.add(
        "Gemm", x, graph.constant(weights[f"{name}.weight"]), graph.constant(weights[f"{name}.bias"]), transB=1
    )
