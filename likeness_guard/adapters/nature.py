"""The shipped numbers that tell drawn faces, fitted by `benchmarks/strangers.py`."""

import json
from importlib.resources import files
from pathlib import Path

from likeness_guard.service.nature import DrawnModel, drawn_model_of
from trust_kernel.errors import Broken


def load_drawn_model(path: Path | None = None) -> DrawnModel:
    """The model at `path`, or the one shipped for the embedded face network.

    Raises:
        Broken: ``likeness:nature:malformed``.
    """
    data = path.read_bytes() if path else (files("likeness_guard") / "nature.json").read_bytes()
    try:
        document = json.loads(data)
    except ValueError as error:
        raise Broken("the file that tells drawings cannot be read", code="likeness:nature:malformed") from error
    return drawn_model_of(document)
