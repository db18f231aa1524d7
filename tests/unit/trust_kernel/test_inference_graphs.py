"""An ONNX file is looked into before it runs: it may not reach beyond itself."""

from pathlib import Path
from typing import Any

import pytest
from onnx import ModelProto, TensorProto, helper

from trust_kernel.errors import InvalidInput
from trust_kernel.inference.graphs import check_graph


def value(name: str) -> Any:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [4])


def outside(location: str) -> TensorProto:
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4], data_location=TensorProto.EXTERNAL)
    for key, said in (("location", location), ("offset", "0"), ("length", "16")):
        tensor.external_data.add(key=key, value=said)
    return tensor


def model(*nodes: Any, weights: tuple[TensorProto, ...] = (), functions: tuple[Any, ...] = ()) -> ModelProto:
    graph = helper.make_graph(list(nodes), "g", [value("x")], [value("y")], list(weights))
    opsets = [helper.make_opsetid("", 18)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10, functions=list(functions))


def refusal(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    with pytest.raises(InvalidInput) as refused:
        check_graph(path)
    return refused.value.code


def test_a_plain_network_passes(tmp_path: Path) -> None:
    weights = helper.make_tensor("w", TensorProto.FLOAT, [4], [1, 2, 3, 4])
    (tmp_path / "m.onnx").write_bytes(
        model(helper.make_node("Add", ["x", "w"], ["y"]), weights=(weights,)).SerializeToString()
    )
    check_graph(tmp_path / "m.onnx")


@pytest.mark.parametrize("location", ["w.bin", "../w.bin", "../../../../etc/passwd", "/etc/passwd", ""])
def test_weights_outside_the_file_are_refused_wherever_they_lie(tmp_path: Path, location: str) -> None:
    made = model(helper.make_node("Add", ["x", "w"], ["y"]), weights=(outside(location),))
    assert refusal(tmp_path / "m.onnx", made.SerializeToString()) == "model:graph:external_data"


def test_weights_outside_the_file_are_found_in_attributes_and_branches(tmp_path: Path) -> None:
    constant = helper.make_node("Constant", [], ["w"], value=outside("w.bin"))
    made = model(constant, helper.make_node("Add", ["x", "w"], ["y"]))
    assert refusal(tmp_path / "m.onnx", made.SerializeToString()) == "model:graph:external_data"
    branch = helper.make_graph([constant, helper.make_node("Identity", ["w"], ["z"])], "b", [], [value("z")])
    made = model(helper.make_node("If", ["x"], ["y"], then_branch=branch, else_branch=branch))
    assert refusal(tmp_path / "m.onnx", made.SerializeToString()) == "model:graph:external_data"


@pytest.mark.parametrize(
    ("domain", "operator"), [("evil", "Run"), ("ai.onnx.contrib", "PythonOp"), ("com.microsoft", "EPContext")]
)
def test_foreign_operators_are_refused(tmp_path: Path, domain: str, operator: str) -> None:
    made = model(helper.make_node(operator, ["x"], ["y"], domain=domain))
    assert refusal(tmp_path / "m.onnx", made.SerializeToString()) == "model:graph:custom_operator"


def test_a_models_own_functions_are_its_own(tmp_path: Path) -> None:
    opsets = [helper.make_opsetid("", 18)]
    own = helper.make_function("mine", "Twice", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])], opsets)
    call = helper.make_node("Twice", ["x"], ["y"], domain="mine")
    (tmp_path / "m.onnx").write_bytes(model(call, functions=(own,)).SerializeToString())
    check_graph(tmp_path / "m.onnx")
    bad = helper.make_function("mine", "Twice", ["a"], ["b"], [helper.make_node("X", ["a"], ["b"], domain="z")], opsets)
    made = model(call, functions=(bad,))
    assert refusal(tmp_path / "m.onnx", made.SerializeToString()) == "model:graph:custom_operator"


@pytest.mark.parametrize("data", [b"", b"ORTM" + bytes(64), b"\x80\x04\x95", b"{}", bytes(1000)])
def test_what_is_no_network_is_unreadable(tmp_path: Path, data: bytes) -> None:
    assert refusal(tmp_path / "m.onnx", data) == "model:graph:unreadable"
