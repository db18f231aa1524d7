"""The child process of `Sandbox`: reads one call from standard input, gives up its rights, makes it, answers, ends.

Run as a script, not imported. It answers by ``reply.json`` in the folder that it is given; see `sandbox` for what
may travel. Nothing but the standard library is imported before the process is confined.
"""

import errno
import importlib
import json
import sys
from functools import reduce
from pathlib import Path
from typing import Any

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})


def main() -> None:
    """Make the one call that standard input describes."""
    call = json.loads(sys.stdin.buffer.read())
    sys.stdin.close()
    if call["root"] not in sys.path:
        sys.path.append(call["root"])
    from trust_kernel.media.confinement import confine

    confine(**call["limits"])
    folder = Path(call["folder"])
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
