"""Writes small ONNX graphs by hand; the converters' shared pencil."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_OPSET = 18
_IR_VERSION = 10

Shape = Sequence[int | str]


class Graph:
    """A graph under construction.

    Args:
        name: of the graph.
        inputs: float32 inputs, by name; a string in a shape is a free dimension.
        outputs: float32 outputs, by name.
    """

    def __init__(self, name: str, inputs: Mapping[str, Shape], outputs: Mapping[str, Shape]) -> None:
        self._name = name
        self._inputs = inputs
        self._outputs = outputs
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._count = 0

    def constant(self, values: NDArray[Any]) -> str:
        """A constant; gives its name."""
        from onnx import numpy_helper

        name = self._next("c")
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def add(self, op: str, *inputs: str, output: str | None = None, outputs: int = 1, **attributes: Any) -> str:
        """A node; gives the name of its last output (`outputs` of them, the earlier ones unnamed where unused)."""
        from onnx import helper

        name = output or self._next("v")
        names = [""] * (outputs - 1) + [name]
        self._nodes.append(helper.make_node(op, list(inputs), names, **attributes))
        return name

    def conv(
        self, x: str, weight: NDArray[np.float32], bias: NDArray[np.float32], *, stride: int = 1, pad: int = 0
    ) -> str:
        """A square convolution with bias; weight (out, in, k, k)."""
        side = int(weight.shape[-1])
        return self.add(
            "Conv",
            x,
            self.constant(weight),
            self.constant(bias),
            kernel_shape=[side, side],
            strides=[stride, stride],
            pads=[pad] * 4,
        )

    def relu(self, x: str) -> str:
        """max(x, 0)."""
        return self.add("Relu", x)

    def save(self, path: Path) -> None:
        """Check the graph and write it."""
        import onnx
        from onnx import TensorProto, checker, helper

        def declared(shapes: Mapping[str, Shape]) -> list[Any]:
            return [helper.make_tensor_value_info(n, TensorProto.FLOAT, list(shape)) for n, shape in shapes.items()]

        graph = helper.make_graph(
            self._nodes, self._name, declared(self._inputs), declared(self._outputs), self._constants
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)
        checker.check_model(model)
        onnx.save(model, str(path))

    def _next(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}{self._count}"
