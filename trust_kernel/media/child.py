"""The child process of `Sandbox`: gives up its rights, reads one call from standard input, makes it, answers, ends.

Run as a script, not imported. Standard input is a line of JSON that says where it lives and what to import, then,
whenever the call comes, the call as another line, then its end. Nothing but the standard library is imported before
the process has given up its rights. It answers by ``reply.json`` in the folder that it is given; see `sandbox` for
what may travel. Where no call comes, because the parent is gone, it removes the folder and ends.
"""

import contextlib
import errno
import importlib
import json
import os
import shutil
import signal
import sys
import time
from functools import reduce
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})


def main() -> None:
    """Prepare, wait for the one call, and make it."""
    line = sys.stdin.buffer.readline()
    if not line:
        return
    setup = json.loads(line)
    sys.path.append(setup["root"])
    folder = Path(setup["folder"])
    text = _prepared_and_called(setup)
    if not text.endswith(b"\n"):
        # Without its end the call is not whole: whoever wrote it is gone, and nobody else knows of the folder.
        shutil.rmtree(folder, ignore_errors=True)
        return
    (folder / "begun").touch()
    _make(json.loads(text), folder, setup)
    # Not by the interpreter's long way: there is nothing left to tidy up, and somebody waits for our end.
    os._exit(0)


def _prepared_and_called(setup: dict[str, Any]) -> bytes:
    """Give up every right, import what a call will need, and wait for it; nothing of it where the parent ended."""
    from trust_kernel.media.confinement import end_with, give_up_rights

    try:
        signal.signal(signal.SIGHUP, _orphaned)
        give_up_rights()
        end_with(setup["parent"], signal.SIGHUP)
        importlib.import_module("trust_kernel.media.wire")
        for name in setup["preload"]:
            # A package that is not installed is the call's to miss.
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
        text = sys.stdin.buffer.read()
        sys.stdin.close()
        # A dead parent's pipe closes first and the signal comes afterwards: it may still be under way.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    except SystemExit:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        return b""
    return text


def _orphaned(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit


def _make(call: dict[str, Any], folder: Path, setup: dict[str, Any]) -> None:
    from trust_kernel.media.confinement import end_with, limit

    end_with(setup["parent"], signal.SIGKILL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    # What a fresh child imports is the call's own expense; what a spare imported was nobody's.
    limit(**call["limits"], spent=time.process_time() if setup["preload"] else 0.0)
    try:
        reply = _answer(call, folder)
    except MemoryError:
        reply = {"costly": "memory"}
    except OSError as error:
        reply = _machine_trouble(error)
    text = json.dumps(reply)
    # Named only when whole, so that a reply that exists is a reply that can be read.
    (folder / "reply.part").write_text(text, encoding="utf-8")
    (folder / "reply.part").rename(folder / "reply.json")


def _machine_trouble(error: OSError) -> dict[str, Any]:
    """Tell a limit that was passed, and a full disk, from everything else, which goes on up."""
    if error.errno == errno.ENOMEM:
        return {"costly": "memory"}
    if error.errno == errno.EFBIG:
        return {"costly": "file"}
    if error.errno in _NO_SPACE:
        from trust_kernel.media.reasons import MediaReason

        facts = {"code": MediaReason.DECODE_NO_SPACE.value, "field": None, "limit": None}
        return {"error": "Unavailable", "detail": "there is no room for decoding", **facts}
    raise error


def _answer(call: dict[str, Any], folder: Path) -> dict[str, Any]:
    from trust_kernel.errors import PlacetError
    from trust_kernel.media.wire import ArrayFolder

    module = importlib.import_module(call["module"])
    function = reduce(getattr, call["name"].split("."), module)
    arguments = ArrayFolder(folder, "argument").unpack(call["arguments"])
    try:
        value = function(**arguments)  # type: ignore[operator]  # the caller named a function of ours
    except PlacetError as error:
        facts = {"code": error.code, "field": error.field, "limit": error.limit}
        return {"error": type(error).__name__, "detail": error.detail, **facts}
    return {"value": ArrayFolder(folder, "reply").pack(value)}


if __name__ == "__main__":
    main()
