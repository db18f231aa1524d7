"""ONNX Runtime sessions on the CPU, loaded once a process."""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Session(Protocol):
    """A loaded network."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs, in the file's order."""
        ...

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[np.float32]]:
        """Run the network; gives every output, in the file's order."""
        ...


class OnnxSession:
    """One network in ONNX Runtime.

    Args:
        path: the .onnx file.
        threads: intra-op threads; one a worker and more workers beat more threads.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._inputs = tuple(str(entry.name) for entry in self._session.get_inputs())

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs."""
        return self._inputs

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[np.float32]]:
        """Run the network; thread-safe."""
        return list(self._session.run(None, dict(feeds)))


class SessionFactory:
    """Loads each file once and shares the session.

    Args:
        threads: intra-op threads of every session.
    """

    def __init__(self, threads: int = 1) -> None:
        self._threads = threads
        self._sessions: dict[Path, OnnxSession] = {}
        self._lock = threading.Lock()

    def load(self, path: Path) -> Session:
        """The session of a file, loaded on first use."""
        with self._lock:
            if path not in self._sessions:
                self._sessions[path] = OnnxSession(path, self._threads)
            return self._sessions[path]
