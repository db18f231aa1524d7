import gc
import os
import platform
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.fakes import children
from trust_kernel.errors import Broken, InvalidInput, PlacetError, Unavailable
from trust_kernel.media.reasons import MediaReason
from trust_kernel.media.sandbox import ChildLimits, Sandbox
from trust_kernel.media.spares import Child, ChildSetup

LIMITS = ChildLimits(wall_seconds=20, cpu_seconds=10)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def until(holds: Callable[[], bool], seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def idle(sandbox: Sandbox) -> list[Child]:
    return list(sandbox._spares._shelf.idle)


def with_spares(scratch: Path, count: int = 1, *, at_once: int = 8) -> Sandbox:
    """A sandbox whose spares are there."""
    sandbox = Sandbox(scratch=scratch, spares=count, at_once=at_once, preload=("trust_kernel.media.pictures",))
    sandbox.prepare()
    assert until(lambda: len(idle(sandbox)) == min(count, at_once))
    return sandbox


@pytest.fixture(params=[0, 1], ids=["fresh", "spare"])
def sandbox(request: pytest.FixtureRequest, scratch: Path) -> Iterator[Sandbox]:
    """What a sandbox promises holds in a fresh child and in a spare."""
    sandbox = with_spares(scratch, request.param)
    yield sandbox
    sandbox.close()


@pytest.fixture
def spared(scratch: Path) -> Iterator[Sandbox]:
    sandbox = with_spares(scratch)
    yield sandbox
    sandbox.close()


def pid_of_call(sandbox: Sandbox) -> int:
    status = sandbox.call(children.look_around, limits=LIMITS)["status"]
    return int(status.split("\nPid:\t")[1].split()[0])


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
def test_what_cannot_travel_is_refused(sandbox: Sandbox, value: object) -> None:
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
    sandbox.close()
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
    assert until(lambda: not running(grandchild))


def test_a_child_of_the_child_cannot_leave_the_group_that_is_killed(sandbox: Sandbox) -> None:
    if platform.machine() not in {"x86_64", "aarch64"}:
        pytest.skip("the filter knows x86-64 and AArch64")
    assert sandbox.call(children.leave_the_group, limits=LIMITS) == {"refused": [True, True]}


def test_a_pipe_in_the_place_of_its_last_words_holds_nobody_up(sandbox: Sandbox) -> None:
    begun = time.monotonic()
    with pytest.raises(InvalidInput):
        sandbox.call(children.last_words_in_a_pipe, limits=LIMITS, stderr="stderr")
    assert time.monotonic() - begun < LIMITS.wall_seconds


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
    sandbox.close()
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


def test_an_argument_larger_than_a_pipe_travels(sandbox: Sandbox) -> None:
    text = "a" * 3_000_000
    assert sandbox.call(children.echo, limits=LIMITS, text=text) == {"text": text}


def test_a_spare_serves_exactly_one_call(spared: Sandbox) -> None:
    waiting = idle(spared)[0].pid
    assert pid_of_call(spared) == waiting
    assert until(lambda: bool(idle(spared)))
    assert idle(spared)[0].pid != waiting
    assert not Path("/proc", str(waiting)).exists()


def test_without_prepare_the_first_call_has_the_spares_started(scratch: Path) -> None:
    sandbox = Sandbox(scratch=scratch, spares=1, preload=())
    assert not idle(sandbox)
    pid_of_call(sandbox)
    assert until(lambda: len(idle(sandbox)) == 1)
    sandbox.close()


def test_there_are_never_more_spares_than_calls_at_once(scratch: Path) -> None:
    sandbox = with_spares(scratch, 5, at_once=2)
    for _ in range(3):
        sandbox.prepare()
    time.sleep(0.1)
    assert len(idle(sandbox)) == 2
    sandbox.close()


def test_a_spare_has_nothing_of_ours_and_has_given_up_its_rights_while_it_waits(spared: Sandbox, scratch: Path) -> None:
    child = idle(spared)[0]
    place = Path("/proc", str(child.pid))
    # The filter is the last of what it gives up.
    assert until(lambda: "Seccomp:\t2" in (place / "status").read_text(encoding="ascii"))
    status = (place / "status").read_text(encoding="ascii")
    assert "CapEff:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert f"TMPDIR={child.folder}".encode() in (place / "environ").read_bytes().split(b"\0")
    assert len((place / "environ").read_bytes().strip(b"\0").split(b"\0")) == 7
    assert (place / "cwd").readlink().parent == scratch
    standing = {link.name: str(link.readlink()) for link in (place / "fd").iterdir() if int(link.name) < 3}
    assert standing["0"].startswith("pipe:")
    assert standing["1"] == "/dev/null"
    assert standing["2"] == str(child.folder / "stderr")
    assert until(lambda: {link.name for link in (place / "fd").iterdir()} == {"0", "1", "2"})


def test_a_spare_that_died_is_gone_without_a_trace_and_the_call_does_not_notice(spared: Sandbox) -> None:
    child = idle(spared)[0]
    os.kill(child.pid, signal.SIGKILL)
    assert until(lambda: not Path("/proc", str(child.pid)).exists())  # reaped: a zombie would still be there
    assert until(lambda: not child.folder.exists())
    assert pid_of_call(spared) != child.pid
    assert until(lambda: len(idle(spared)) == 1)


def test_a_spare_that_dies_as_it_is_taken_is_not_the_call_s_fault(spared: Sandbox) -> None:
    child = idle(spared)[0]
    # As if it died between the look at it and the first byte of the call.
    spared._spares._shelf.idle.clear()
    spared._spares.take = lambda: child  # type: ignore[method-assign]
    os.kill(child.pid, signal.SIGKILL)
    assert spared.call(children.echo, limits=LIMITS, text="a" * 200_000)["text"]


def test_a_call_that_kills_its_spare_is_not_made_again(spared: Sandbox, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    answer: list[BaseException] = []

    def call() -> None:
        try:
            spared.call(children.sleep, limits=LIMITS, note=note)
        except InvalidInput as error:
            answer.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    assert until(lambda: note.exists() and bool(note.read_text(encoding="ascii")))
    os.kill(int(note.read_text(encoding="ascii")), signal.SIGSEGV)
    thread.join(10)
    assert [error.code for error in answer if isinstance(error, InvalidInput)] == [MediaReason.DECODE_FAILED]


def test_a_spare_that_never_reads_does_not_block_the_call(spared: Sandbox) -> None:
    os.kill(idle(spared)[0].pid, signal.SIGSTOP)
    with pytest.raises(InvalidInput) as refusal:
        spared.call(children.echo, limits=ChildLimits(wall_seconds=0.5), text="a" * 3_000_000)
    assert refusal.value.code == MediaReason.DECODE_TOO_COSTLY


def test_calls_at_once_get_children_of_their_own(scratch: Path) -> None:
    sandbox = with_spares(scratch)
    with ThreadPoolExecutor(4) as pool:
        pids = list(pool.map(lambda _: pid_of_call(sandbox), range(8)))
    assert len(set(pids)) == 8
    sandbox.close()
    assert not list(scratch.iterdir())


def test_a_spare_outlives_the_thread_whose_call_had_it_started(scratch: Path) -> None:
    sandbox = Sandbox(scratch=scratch, spares=1, preload=())
    thread = threading.Thread(target=pid_of_call, args=(sandbox,))
    thread.start()
    thread.join()
    assert until(lambda: len(idle(sandbox)) == 1)
    waiting = idle(sandbox)[0].pid
    time.sleep(0.2)
    assert pid_of_call(sandbox) == waiting
    sandbox.close()


def test_a_spare_with_a_module_that_is_not_installed_serves_all_the_same(scratch: Path) -> None:
    sandbox = Sandbox(scratch=scratch, spares=1, preload=("no_such_package.at_all",))
    sandbox.prepare()
    assert until(lambda: len(idle(sandbox)) == 1)
    waiting = idle(sandbox)[0].pid
    assert pid_of_call(sandbox) == waiting
    sandbox.close()


def test_a_sandbox_without_room_for_spares_still_serves(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = Sandbox(scratch=scratch, spares=1, preload=())

    def refuse() -> Child:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(sandbox._spares._shelf, "_start", refuse)
    assert pid_of_call(sandbox)
    assert pid_of_call(sandbox)
    assert not idle(sandbox)
    sandbox.close()


def test_after_close_calls_are_served_by_fresh_children(spared: Sandbox, scratch: Path) -> None:
    waiting = idle(spared)[0].pid
    spared.close()
    assert not Path("/proc", str(waiting)).exists()
    assert pid_of_call(spared)
    assert not list(scratch.iterdir())


def test_a_dropped_sandbox_leaves_nothing(scratch: Path) -> None:
    waiting = idle(with_spares(scratch))
    gc.collect()
    assert not Path("/proc", str(waiting[0].pid)).exists()
    assert not list(scratch.iterdir())


def test_a_fork_has_spares_of_its_own_and_leaves_ours_alone(spared: Sandbox) -> None:
    waiting = idle(spared)[0].pid
    child = os.fork()
    if child == 0:
        try:
            theirs = {pid_of_call(spared)}
            spared.prepare()
            until(lambda: len(idle(spared)) == 1)
            theirs.add(pid_of_call(spared))
            spared.close()
            os._exit(0 if len(theirs) == 2 and waiting not in theirs else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert pid_of_call(spared) == waiting


PARENT = """
    import os, sys, time
    from pathlib import Path
    from trust_kernel.media.sandbox import Sandbox
    sandbox = Sandbox(scratch=Path(sys.argv[1]), spares=2, preload=("numpy",))
    sandbox.prepare()
    while len(sandbox._spares._shelf.idle) < 2:
        time.sleep(0.01)
    if sys.argv[2] == "forked" and os.fork() == 0:
        time.sleep(3600)  # holds our ends of the pipes open
    time.sleep(0.5)
    print(*(child.pid for child in sandbox._spares._shelf.idle), flush=True)
    if sys.argv[2] != "ends":
        time.sleep(3600)
"""


@pytest.mark.parametrize("how", ["ends", "killed", "forked"])
def test_when_the_parent_ends_or_is_killed_its_spares_and_their_folders_are_gone(scratch: Path, how: str) -> None:
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-c", textwrap.dedent(PARENT), str(scratch), how]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root, start_new_session=True) as parent:
        assert parent.stdout is not None
        pids = [int(word) for word in parent.stdout.readline().split()]
        assert len(pids) == 2
        if how != "ends":
            os.kill(parent.pid, signal.SIGKILL)
        parent.wait(20)
        assert until(lambda: not any(running(pid) for pid in pids), 5)
        assert until(lambda: not list(scratch.iterdir()), 5)
        if how == "forked":
            os.killpg(parent.pid, signal.SIGKILL)


def waits_for_its_call(child: Child) -> bool:
    status = Path(f"/proc/{child.pid}/status").read_text(encoding="ascii")
    return "State:\tS" in status and bool(int(status.split("SigCgt:\t")[1].split()[0], 16) & 1)  # 1: SIGHUP


def test_a_spare_whose_pipe_closes_just_before_the_signal_removes_its_folder_all_the_same(scratch: Path) -> None:
    # What the kernel does when a parent dies, at every distance that the two may have.
    spares = [Child(ChildSetup(sys.executable, 1, scratch)) for _ in range(24)]
    for child, microseconds in zip(spares, range(0, 240, 10), strict=True):
        assert until(lambda child=child: waits_for_its_call(child))  # type: ignore[misc]
        child._stdin.close()
        due = time.perf_counter() + microseconds / 1e6
        while time.perf_counter() < due:
            pass
        os.kill(child.pid, signal.SIGHUP)
        assert child.wait(time.monotonic() + 20)
    assert not list(scratch.iterdir())
    for child in spares:
        child.close()


def test_a_call_s_own_processor_time_is_what_is_limited() -> None:
    script = """
        import resource
        from trust_kernel.media.confinement import limit
        limit(cpu_seconds=3, memory_bytes=2_000_000_000, file_bytes=5, spent=1.2)
        print(*resource.getrlimit(resource.RLIMIT_CPU))
    """
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], cwd=root, capture_output=True, check=True)
    assert done.stdout.split() == [b"5", b"6"]
