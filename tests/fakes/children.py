"""Functions that tests run in a child process: well-behaved, greedy, stuck and dying ones."""

import errno
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trust_kernel.errors import Broken, InvalidInput, Unavailable


def echo(**arguments: Any) -> dict[str, Any]:
    return arguments


def double(*, samples: NDArray[np.float32]) -> dict[str, Any]:
    return {"samples": samples * 2, "nested": [{"n": samples.size}]}


def eat_memory() -> dict[str, Any]:
    return {"size": len(bytearray(8_000_000_000))}


def sleep(*, note: str) -> dict[str, Any]:
    Path(note).write_text(str(os.getpid()), encoding="ascii")
    time.sleep(3600)
    return {}


def spin() -> dict[str, Any]:
    while True:
        pass


def fork_and_sleep(*, note: str) -> dict[str, Any]:
    grandchild = os.fork()
    if grandchild == 0:
        time.sleep(3600)
    Path(note).write_text(str(grandchild), encoding="ascii")
    return {}


def segfault() -> dict[str, Any]:
    os.kill(os.getpid(), signal.SIGSEGV)
    return {}


def write_too_much(*, note: str) -> dict[str, Any]:
    with Path(note).open("wb") as file:
        while True:
            file.write(bytes(1_000_000))


def raise_value_error() -> dict[str, Any]:
    raise ValueError("not one of ours")


def raise_ours(*, kind: str) -> dict[str, Any]:
    kinds = {"InvalidInput": InvalidInput, "Unavailable": Unavailable, "Broken": Broken}
    raise kinds[kind]("said in the child", code="media:test:raised", field="image", limit="3 apples")


def give_back_an_object() -> dict[str, Any]:
    return {"value": object()}


def give_back_pickles() -> dict[str, Any]:
    """Plant an array file of pickled objects where the parent looks for an array, as a hijacked child would."""
    np.save("reply0.npy", np.array([{"evil": 1}], dtype=object), allow_pickle=True)
    Path("reply.json").write_text('{"value": {"array": {"$array": 0}}}', encoding="ascii")
    os._exit(0)


def give_back_a_lying_header() -> dict[str, Any]:
    """Plant an array whose header claims terabytes."""
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (9999999999999,), }"
    header += b" " * (117 - len(header)) + b"\n"
    Path("reply0.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    Path("reply.json").write_text('{"value": {"array": {"$array": 0}}}', encoding="ascii")
    os._exit(0)


def look_around() -> dict[str, Any]:
    """Say what the child has."""
    return {
        "environment": dict(os.environ),
        "arguments": sys.argv,
        "session": os.getsid(0) == os.getpid(),
        "folder": str(Path.cwd()),
        "status": Path("/proc/self/status").read_text(encoding="ascii"),
        "interfaces": _interfaces(),
    }


def _interfaces() -> list[str]:
    lines = Path("/proc/self/net/dev").read_text(encoding="ascii").splitlines()[2:]
    return [line.split(":")[0].strip() for line in lines]


def try_network(*, port: int) -> dict[str, Any]:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError as error:
        return {"refused": errno.errorcode[error.errno or 0]}
    return {"refused": None}


def try_program() -> dict[str, Any]:
    try:
        subprocess.run(["/bin/true"], check=False)
    except OSError as error:
        return {"refused": errno.errorcode[error.errno or 0]}
    return {"refused": None}


def touch(*, target: str, key: str) -> dict[str, Any]:
    Path(target).write_text(key, encoding="ascii")
    return {"size": len(key)}


def last_words_in_a_pipe(*, stderr: str) -> dict[str, Any]:
    """Put a pipe that nobody writes to in the place of its last words, and die."""
    Path(stderr).unlink()
    os.mkfifo(stderr)
    os._exit(1)


def leave_the_group() -> dict[str, Any]:
    """What the kernel says to a child that wants a session, or a group, of its own."""
    refused = []
    for call in (os.setsid, lambda: os.setpgid(0, 0)):
        pid = os.fork()
        if pid == 0:
            try:
                call()
            except PermissionError:
                os._exit(7)
            os._exit(0)
        refused.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7)
    return {"refused": refused}
