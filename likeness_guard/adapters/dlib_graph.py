"""dlib's face recognition ResNet (a .dat file) as ONNX.

The .dat is a plain walk of tensors in the order of the forward pass: a tag (``con_4``, ``affine_``, ``fc_2``), packed
integers, then float32. The architecture is the one published with dlib's `dnn_face_recognition_ex.cpp` (Boost licence):
a 7x7 convolution, 14 residual blocks, a global mean, and a 256x128 projection. Affine layers fold into the
convolutions before them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from likeness_guard.adapters.onnx_graph import Graph
from trust_kernel.errors import Broken

Floats = NDArray[np.float32]

CHIP = 150
"""Side of the aligned face in pixels."""
MEAN = (122.782, 117.001, 104.298)
"""Mean of the training pictures, RGB, from dlib's input_rgb_image_sized."""
SCALE = 256.0
# (filters, blocks, whether the first block halves the picture), from the input to the output
_LEVELS = ((32, 3, False), (64, 4, True), (128, 3, True), (256, 3, True), (256, 1, True))
_STEM = (32, 3, 7)
_DIMENSIONS = 128
_TAG = re.compile(rb"con_4|affine_|fc_2")
_NEGATIVE = 0x80
_LENGTH = 0x0F


def convert_dlib_resnet(source: Path, target: Path) -> None:
    """Write the ONNX twin of `dlib_face_recognition_resnet_model_v1.dat`.

    The network takes float32 RGB ``chips`` of shape (n, 3, 150, 150) in [0, 255] and gives ``embeddings`` (n, 128),
    not normalised: dlib's own output.

    Raises:
        Broken: ``model:dlib:malformed``, the file is not this network.
    """
    graph = Graph("dlib_resnet", {"chips": ("n", 3, CHIP, CHIP)}, {"embeddings": ("n", _DIMENSIONS)})
    mean = np.asarray(MEAN, np.float32).reshape(1, 3, 1, 1)
    centred = graph.add("Sub", "chips", graph.constant(mean))
    x = graph.add("Mul", centred, graph.constant(np.asarray(1.0 / SCALE, np.float32)))
    try:
        layers = iter(list(_folded(source.read_bytes())))
    except (IndexError, ValueError) as error:
        raise Broken("this is not dlib's face recognition network", code="model:dlib:malformed") from error
    x = graph.relu(graph.conv(x, *next(layers), stride=2))
    x = graph.add("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2])
    for _, blocks, halves in _LEVELS:
        for block in range(blocks):
            x = _residual(graph, x, layers, halve=halves and block == 0)
    x = graph.add("ReduceMean", x, graph.constant(np.asarray([2, 3], np.int64)), keepdims=0)
    projection, _ = next(layers)
    graph.add("MatMul", x, graph.constant(projection), output="embeddings")
    graph.save(target)


def _residual(graph: Graph, x: str, layers: Iterator[tuple[Floats, Floats]], *, halve: bool) -> str:
    if not halve:
        inner = graph.relu(graph.conv(x, *next(layers), pad=1))
        return graph.relu(graph.add("Add", graph.conv(inner, *next(layers), pad=1), x))
    weight, bias = next(layers)
    inner = graph.relu(graph.conv(x, weight, bias, stride=2))
    inner = graph.conv(inner, *next(layers), pad=1)
    shortcut = graph.add("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
    # dlib adds tensors of unlike size as if the smaller one were zero beyond its edge, in channels and in space.
    missing = weight.shape[0] - weight.shape[1]
    if missing:
        pads = np.asarray([0, 0, 0, 0, 0, missing, 0, 0], np.int64)
        shortcut = graph.add("Pad", shortcut, graph.constant(pads))
    return graph.relu(graph.add("Add", _grown(graph, inner, shortcut), shortcut))


def _grown(graph: Graph, small: str, large: str) -> str:
    difference = graph.add("Sub", graph.add("Shape", large), graph.add("Shape", small))
    ends = graph.add("Concat", graph.constant(np.zeros(4, np.int64)), difference, axis=0)
    return graph.add("Pad", small, ends)


@dataclass(frozen=True, slots=True)
class _Tensor:
    tag: bytes
    values: Floats


def _folded(data: bytes) -> Iterator[tuple[Floats, Floats]]:
    """Convolutions with their affine layers folded in, then the projection, in order."""
    tensors = list(_tensors(data))
    expected = 2 * (1 + 2 * sum(blocks for _, blocks, _ in _LEVELS)) + 1
    if len(tensors) != expected:
        raise Broken("this is not dlib's face recognition network", code="model:dlib:malformed")
    filters, channels, side = _STEM
    shapes = [(filters, channels, side)]
    for width, blocks, _ in _LEVELS:
        for _ in range(2 * blocks):
            shapes.append((width, shapes[-1][0], 3))
    for number, (width, depth, kernel) in enumerate(shapes):
        weights, affine = tensors[2 * number], tensors[2 * number + 1]
        count = width * depth * kernel * kernel
        if weights.tag != b"con_4" or affine.tag != b"affine_" or weights.values.size != count + width:
            raise Broken("this is not dlib's face recognition network", code="model:dlib:malformed")
        gamma, beta = affine.values[:width], affine.values[width:]
        kernels = weights.values[:count].reshape(width, depth, kernel, kernel)
        yield kernels * gamma.reshape(-1, 1, 1, 1), weights.values[count:] * gamma + beta
    yield tensors[-1].values.reshape(-1, _DIMENSIONS), np.zeros(0, np.float32)


def _tensors(data: bytes) -> Iterator[_Tensor]:
    position = 0
    while match := _TAG.search(data, position):
        cursor = match.end()
        if match.group() == b"fc_2":
            for _ in range(2):  # outputs and inputs, which the tensor's own shape repeats
                _, cursor = _packed(data, cursor)
        numbers: list[int] = []
        for _ in range(5):  # version, samples, channels, rows, columns
            number, cursor = _packed(data, cursor)
            numbers.append(number)
        size = int(np.prod(numbers[1:]))
        end = cursor + 4 * size
        if numbers[0] != 2 or end > len(data):  # noqa: PLR2004 - dlib writes tensors as version 2
            raise Broken("a tensor of this file cannot be read", code="model:dlib:malformed")
        yield _Tensor(match.group(), np.frombuffer(data[cursor:end], "<f4").astype(np.float32))
        position = end


def _packed(data: bytes, at: int) -> tuple[int, int]:
    """One of dlib's packed integers: a byte of sign and length, then that many little-endian bytes."""
    head = data[at]
    end = at + 1 + (head & _LENGTH)
    value = int.from_bytes(data[at + 1 : end], "little")
    return (-value if head & _NEGATIVE else value), end
