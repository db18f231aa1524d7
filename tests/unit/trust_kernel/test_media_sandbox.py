import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.fakes import children
from trust_kernel.errors import Broken, InvalidInput, PlacetError, Unavailable
from trust_kernel.media.reasons import MediaReason
from trust_kernel.media.sandbox import ChildLimits, Sandbox

LIMITS = ChildLimits(wall_seconds=20, cpu_seconds=10)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def sandbox(scratch: Path) -> Sandbox:
    return Sandbox(scratch=scratch)


def running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_values_travel_both_ways(sandbox: Sandbox) -> None:
    sent = {"text": "è €", "number": 3, "share": 0.5, "nothing": None, "yes": True, "deep": [{"list": [1, 2]}, []]}
    assert sandbox.call(children.echo, limits=LIMITS, **sent) == sent


def test_arrays_travel_both_ways_with_their_shape_and_type(sandbox: Sandbox) -> None:
    samples = np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4)
    reply = sandbox.call(children.double, limits=LIMITS, samples=samples)
    assert reply["samples"].dtype == np.float32
    np.testing.assert_array_equal(reply["samples"], samples * 2)
    assert reply["nested"] == [{"n": 12}]


def test_an_empty_array_travels(sandbox: Sandbox) -> None:
    reply = sandbox.call(children.echo, limits=LIMITS, frames=np.zeros((0, 4, 4, 3), np.uint8))
    assert reply["frames"].shape == (0, 4, 4, 3)


def test_a_path_arrives_as_its_string_and_the_child_may_write_there(sandbox: Sandbox, tmp_path: Path) -> None:
    target = tmp_path / "target"
    sandbox.call(children.touch, limits=LIMITS, target=target, key="k")
    assert target.read_text(encoding="ascii") == "k"


@pytest.mark.parametrize("value", [b"bytes", {1: 2}, {"$array": 0}, {1, 2}, np.array([object()])])
def test_what_cannot_travel_is_refused_before_any_child_starts(sandbox: Sandbox, value: object) -> None:
    with pytest.raises(TypeError):
        sandbox.call(children.echo, limits=LIMITS, value=value)


def test_a_function_without_an_importable_name_is_refused(sandbox: Sandbox) -> None:
    def nested() -> dict[str, Any]:
        return {}

    with pytest.raises(ValueError, match="cannot be imported"):
        sandbox.call(nested, limits=LIMITS)


def test_a_secret_argument_is_in_no_place_that_others_can_read(sandbox: Sandbox) -> None:
    seen = sandbox.call(children.look_around, limits=LIMITS)
    assert len(seen["arguments"]) == 1  # the script's own path
    assert set(seen["environment"]) == {
        "PATH",
        "LANG",
        "TMPDIR",
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
    }


def test_our_environment_does_not_reach_the_child(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACET_SECRET", "hush")
    assert "PLACET_SECRET" not in sandbox.call(children.look_around, limits=LIMITS)["environment"]


def test_the_child_has_its_own_session_and_folder_and_no_privileges(sandbox: Sandbox, scratch: Path) -> None:
    seen = sandbox.call(children.look_around, limits=LIMITS)
    assert seen["session"] is True
    assert Path(seen["folder"]).parent == scratch
    assert "NoNewPrivs:\t1" in seen["status"]
    assert "CapEff:\t0000000000000000" in seen["status"]


def test_the_child_cannot_reach_the_network(sandbox: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        reply = sandbox.call(children.try_network, limits=LIMITS, port=server.getsockname()[1])
    assert reply["refused"] in {"EPERM", "ENETUNREACH"}


def test_the_child_sees_no_interface_but_its_own_loopback_where_the_kernel_allows(sandbox: Sandbox) -> None:
    attempt = "import ctypes, sys; sys.exit(ctypes.CDLL(None).unshare(0x50000000) != 0)"
    if subprocess.run([sys.executable, "-c", attempt], check=False).returncode != 0:
        pytest.skip("this machine grants no network namespaces")
    assert sandbox.call(children.look_around, limits=LIMITS)["interfaces"] == ["lo"]


def test_the_child_cannot_start_programs(sandbox: Sandbox) -> None:
    assert sandbox.call(children.try_program, limits=LIMITS)["refused"] == "EPERM"


GREEDY = ChildLimits(wall_seconds=1.0, cpu_seconds=1, memory_bytes=1_000_000_000, file_bytes=5_000_000)


@pytest.mark.parametrize("function", [children.eat_memory, children.sleep, children.write_too_much])
def test_passing_a_limit_is_a_clear_error_that_names_it(
    sandbox: Sandbox, scratch: Path, tmp_path: Path, function: Callable[..., dict[str, Any]]
) -> None:
    arguments = {} if function is children.eat_memory else {"note": tmp_path / "note"}
    with pytest.raises(InvalidInput) as refusal:
        sandbox.call(function, limits=GREEDY, **arguments)
    assert refusal.value.code == MediaReason.DECODE_TOO_COSTLY
    assert refusal.value.field == "input_reference"
    assert refusal.value.limit
    assert not list(scratch.iterdir())


def test_processor_time_is_limited_too(sandbox: Sandbox) -> None:
    with pytest.raises(InvalidInput) as refusal:
        sandbox.call(children.spin, limits=ChildLimits(wall_seconds=30, cpu_seconds=1))
    assert refusal.value.code == MediaReason.DECODE_TOO_COSTLY


def test_a_child_that_sleeps_for_ever_is_dead_when_the_error_arrives(sandbox: Sandbox, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    started = time.monotonic()
    with pytest.raises(InvalidInput):
        sandbox.call(children.sleep, limits=ChildLimits(wall_seconds=1.0), note=note)
    assert time.monotonic() - started < 5
    assert not Path("/proc", note.read_text(encoding="ascii")).exists()


def test_what_a_child_leaves_running_is_killed(sandbox: Sandbox, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    sandbox.call(children.fork_and_sleep, limits=LIMITS, note=note)
    grandchild = int(note.read_text(encoding="ascii"))
    deadline = time.monotonic() + 5
    while running(grandchild) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not running(grandchild)


@pytest.mark.parametrize(
    "function",
    [
        children.segfault,
        children.raise_value_error,
        children.give_back_an_object,
        children.give_back_pickles,
        children.give_back_a_lying_header,
    ],
)
def test_a_child_that_dies_or_lies_is_a_clear_error_and_leaves_nothing(
    sandbox: Sandbox, scratch: Path, function: Callable[..., dict[str, Any]]
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        sandbox.call(function, limits=LIMITS)
    assert refusal.value.code == MediaReason.DECODE_FAILED
    assert refusal.value.field == "input_reference"
    assert not list(scratch.iterdir())


@pytest.mark.parametrize("kind", [InvalidInput, Unavailable, Broken])
def test_our_own_errors_come_through_whole(sandbox: Sandbox, kind: type[PlacetError]) -> None:
    with pytest.raises(kind) as error:
        sandbox.call(children.raise_ours, limits=LIMITS, kind=kind.__name__)
    facts = (error.value.detail, error.value.code, error.value.field, error.value.limit)
    assert facts == ("said in the child", "media:test:raised", "image", "3 apples")


def test_a_call_costs_well_under_a_second(sandbox: Sandbox) -> None:
    sandbox.call(children.echo, limits=LIMITS)
    started = time.monotonic()
    sandbox.call(children.echo, limits=LIMITS)
    assert time.monotonic() - started < 1.0
