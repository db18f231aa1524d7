"""Resemblyzer's GE2E speaker encoder as ONNX: three LSTM layers, a projection, ReLU.

Source: Wan et al., "Generalized End-to-End Loss for Speaker Verification" (ICASSP 2018); the network and the weights
are Resemblyzer's (Apache-2.0).
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from likeness_guard.adapters.onnx_graph import Graph
from likeness_guard.adapters.torch_weights import read_checkpoint

MELS = 40
"""Mel channels that the network takes."""
_LAYERS = 3
_HIDDEN = 256


def convert_ge2e(source: Path, target: Path) -> None:
    """Write the ONNX twin of Resemblyzer's `pretrained.pt`.

    The network takes float32 ``mels`` of shape (n, frames, 40) and gives ``embeddings`` (n, 256) of unit length.

    Raises:
        Broken: the file is not a legacy torch checkpoint, or names code.
    """
    weights = read_checkpoint(source)["model_state"]
    graph = Graph("ge2e", {"mels": ("n", "frames", MELS)}, {"embeddings": ("n", _HIDDEN)})
    x = graph.add("Transpose", "mels", perm=[1, 0, 2])
    for layer in range(_LAYERS):
        arms = (weights[f"lstm.weight_ih_l{layer}"], weights[f"lstm.weight_hh_l{layer}"])
        biases = np.concatenate([_reordered(weights[f"lstm.bias_{arm}_l{layer}"]) for arm in ("ih", "hh")])
        feeds = [graph.constant(_reordered(arm)[None]) for arm in arms]
        final = layer == _LAYERS - 1
        # An ONNX LSTM gives the whole sequence, then the last hidden state.
        out = graph.add("LSTM", x, *feeds, graph.constant(biases[None]), outputs=2 if final else 1, hidden_size=_HIDDEN)
        x = graph.add("Squeeze", out, graph.constant(np.asarray([0 if final else 1], np.int64)))
    x = graph.add("MatMul", x, graph.constant(weights["linear.weight"].T))
    x = graph.relu(graph.add("Add", x, graph.constant(weights["linear.bias"])))
    length = graph.add("ReduceL2", x, graph.constant(np.asarray([1], np.int64)), keepdims=1)
    floor = graph.add("Max", length, graph.constant(np.asarray(1e-12, np.float32)))
    graph.add("Div", x, floor, output="embeddings")
    graph.save(target)


def _reordered(gates: NDArray[np.float32]) -> NDArray[np.float32]:
    """Gate order of torch (input, forget, cell, output) to that of ONNX (input, output, forget, cell)."""
    i, f, c, o = np.split(gates, 4)
    return np.concatenate([i, o, f, c])
