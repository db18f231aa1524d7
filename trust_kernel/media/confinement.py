"""What a child process gives up before it touches a stranger's file. Linux only; runs inside the child.

In order: the right to gain privileges (PR_SET_NO_NEW_PRIVS); the network, by a new user and network namespace where
the kernel lets us (unshare); every capability; then, on x86-64 and AArch64, the system calls that open sockets, trace
or read other processes, or start programs (a seccomp filter that answers EPERM). Containers often forbid the
namespace (Docker's default profile does): there the filter alone stands between a decoder gone wrong and the network.
Where neither can be had the child still runs, under resource limits, without an environment and under a new session:
`Confined` says what held, and deployments that need more run the workers in a network-less container.

The file system is not closed off: a child sees what its user sees. By convention it reads the paths it was given and
writes to its private folder and to the target path it was given, nowhere else.

Sources: prctl(2), unshare(2), capset(2), seccomp(2), linux/audit.h, and the kernel's system call tables.
"""

import contextlib
import ctypes
import math
import os
import platform
import resource
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_PR_SET_PDEATHSIG = 1
_PR_SET_SECCOMP = 22
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_MODE_FILTER = 2
_CAPABILITY_VERSION_3 = 0x20080522
_OPEN_FILES = 256
_PROCESSES = 64

_MACHINES = {
    # socket, ptrace, process_vm_readv, process_vm_writev, execve, execveat, io_uring_setup, pidfd_getfd,
    # and setpgid, setsid: a child of the child must not leave the group that is killed in the end
    "x86_64": (0xC000003E, (41, 101, 310, 311, 59, 322, 425, 438, 109, 112)),
    "aarch64": (0xC00000B7, (198, 117, 270, 271, 221, 281, 425, 438, 154, 157)),
}
"""Audit architecture and forbidden system calls of each machine."""


@dataclass(frozen=True, slots=True)
class Confined:
    """What of the confinement held.

    Attributes:
        namespace: the child is alone in a network namespace.
        filter: sockets, tracing and starting programs are refused by the kernel.
    """

    namespace: bool
    filter: bool


def give_up_rights() -> Confined:
    """Give up the network, every privilege and most system calls. Cannot be undone.

    To be called by a process of one thread, so before any numerical library is loaded: the kernel moves no process of
    several threads to a new user namespace, and a filter holds for the threads that are started after it.
    """
    libc = _libc()
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    namespace = _leave_network(libc)
    _drop_capabilities(libc)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES, _OPEN_FILES)
    _limit(resource.RLIMIT_CORE, 0, 0)
    if namespace:
        # The count is per user and user namespace: outside one of our own it would count the service's threads too.
        _limit(resource.RLIMIT_NPROC, _PROCESSES, _PROCESSES)
    return Confined(namespace, _filter_calls(libc))


def end_with(parent: int, signal_number: int) -> None:
    """Be sent a signal when the parent ends; end at once if it has already.

    The kernel means the *thread* that started this process: that thread must live for as long as this process is
    wanted. To be called after `give_up_rights`, because a change of credentials clears it.

    Args:
        parent: process id of who started this process.
        signal_number: what to be sent.

    Raises:
        SystemExit: it has ended.
    """
    _libc().prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
    if os.getppid() != parent:
        raise SystemExit(1)


def limit(*, cpu_seconds: int, memory_bytes: int, file_bytes: int, spent: float = 0.0) -> None:
    """Bound what this process may still use. Cannot be undone.

    Args:
        cpu_seconds: processor time over all threads; SIGXCPU when passed, SIGKILL a second later.
        memory_bytes: address space, with what is mapped already.
        file_bytes: size of any file written.
        spent: processor time, in seconds, that shall not count; rounded up, because the kernel counts whole seconds.
    """
    cpu_seconds += math.ceil(spent)
    _limit(resource.RLIMIT_AS, memory_bytes, memory_bytes)
    _limit(resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 1)
    _limit(resource.RLIMIT_FSIZE, file_bytes, file_bytes)


def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl.argtypes = (ctypes.c_int, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong)
    return libc


def _leave_network(libc: ctypes.CDLL) -> bool:
    user, group = os.getuid(), os.getgid()
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0:
        # Without a map the child would not know its own name; a refused write leaves it confined all the same.
        with contextlib.suppress(OSError):
            Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
        return True
    return bool(libc.unshare(_CLONE_NEWNET) == 0)


def _drop_capabilities(libc: ctypes.CDLL) -> None:
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    libc.capset(header, bytes(24))


def _limit(which: int, soft: int, hard: int) -> None:
    _, ceiling = resource.getrlimit(which)
    if ceiling != resource.RLIM_INFINITY:
        soft, hard = min(soft, ceiling), min(hard, ceiling)
    resource.setrlimit(which, (soft, hard))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def _filter_calls(libc: ctypes.CDLL) -> bool:
    known = _MACHINES.get(platform.machine())
    if known is None:
        return False
    code = _assemble(*known)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.addressof(buffer))
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(program), 0, 0) == 0)


def _assemble(architecture: int, forbidden: Sequence[int]) -> bytes:
    """A classic BPF program: EPERM for a foreign architecture, the x32 table and the forbidden calls; else allow."""
    load, equal, at_least, answer = 0x20, 0x15, 0x35, 0x06
    allow, refuse = 0x7FFF0000, 0x00050001
    last = len(forbidden) + 4  # index of the allowing instruction; the refusing one follows it
    lines = [
        (load, 0, 0, 4),
        (equal, 0, last + 1 - 2, architecture),
        (load, 0, 0, 0),
        (at_least, last + 1 - 4, 0, 0x40000000),
        *((equal, last + 1 - (place + 1), 0, number) for place, number in enumerate(forbidden, start=4)),
        (answer, 0, 0, allow),
        (answer, 0, 0, refuse),
    ]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)
