"""Looks into an ONNX file before anything runs it.

ONNX Runtime itself refuses external data outside the model's folder (1.31: by "..", by an absolute path, by a symbolic
link), but reads any file beside the model: bytes that no hash pins. So every tensor must lie inside the file.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trust_kernel.errors import InvalidInput
from trust_kernel.inference.reasons import ModelReason

MAX_GRAPH_BYTES = 2_000_000_000
"""Protobuf's own limit is 2 GiB."""
_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})
"""Operators that ONNX Runtime ships; any other domain needs a shared library of a stranger."""
_OUTSIDE = frozenset({"EPContext"})
"""Operators of those domains that name files."""


def check_graph(path: Path) -> None:
    """Refuse an ONNX file that reaches beyond itself. Parses a stranger's bytes: call it in a sandbox.

    Raises:
        InvalidInput: ``model:graph:unreadable``, not an ONNX model; ``model:graph:external_data``;
            ``model:graph:custom_operator``.
    """
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # protobuf brings no types
    from onnx import ModelProto

    if path.stat().st_size > MAX_GRAPH_BYTES:
        raise InvalidInput(
            "the ONNX file is too large", code=ModelReason.GRAPH_UNREADABLE, limit=f"{MAX_GRAPH_BYTES} bytes"
        )
    model = ModelProto()
    try:
        model.ParseFromString(path.read_bytes())
    except DecodeError as error:
        raise InvalidInput("this is not an ONNX model", code=ModelReason.GRAPH_UNREADABLE) from error
    if not model.graph.node or not model.graph.input or not model.graph.output:
        raise InvalidInput("this ONNX model holds no network", code=ModelReason.GRAPH_UNREADABLE)
    own = {(function.domain, function.name) for function in model.functions}
    for message in _messages(model):
        kind = message.DESCRIPTOR.name
        if kind == "TensorProto" and (message.external_data or message.data_location):
            raise InvalidInput("the ONNX model keeps weights outside its file", code=ModelReason.GRAPH_EXTERNAL_DATA)
        if kind == "NodeProto" and not _known(message, own):
            raise InvalidInput(
                f"the ONNX model needs a foreign operator: {message.domain[:60]!r} {message.op_type[:60]!r}",
                code=ModelReason.GRAPH_CUSTOM_OPERATOR,
            )


def _known(node: Any, own: set[tuple[str, str]]) -> bool:
    if (node.domain, node.op_type) in own:
        return True
    return node.domain in _DOMAINS and node.op_type not in _OUTSIDE


def _messages(root: Any) -> Iterator[Any]:
    """Every message inside `root`, subgraphs, functions and training parts included. Plain numbers are not visited."""
    waiting = [root]
    while waiting:
        message = waiting.pop()
        yield message
        for field, value in message.ListFields():
            if field.message_type is not None:
                waiting.extend(value if _is_repeated(value) else [value])


def _is_repeated(value: Any) -> bool:
    return not hasattr(value, "DESCRIPTOR")
