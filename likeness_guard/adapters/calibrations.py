"""Calibration files: the ones shipped with the embedded packs, and operators' own."""

import hashlib
import json
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from likeness_guard.domain.calibration import MALFORMED, Calibration, Calibrations, calibration_of
from trust_kernel.errors import Broken

MOST_BYTES = 4_000_000
"""A calibration of eight conditions takes about 80 kB."""


def read_calibration(data: bytes) -> Calibration:
    """One calibration file.

    Raises:
        Broken: ``likeness:calibration:malformed``: too large, no JSON, or no calibration.
    """
    if len(data) > MOST_BYTES:
        raise Broken(f"the calibration file is larger than {MOST_BYTES} bytes", code=MALFORMED)
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Broken(f"the calibration file is no JSON: {error}", code=MALFORMED) from error
    return calibration_of(document, hashlib.sha256(data).hexdigest())


def shipped_calibrations() -> dict[str, bytes]:
    """The files that come with the product, by the pack that they were measured with."""
    folder = files("likeness_guard") / "calibration"
    found = sorted((one for one in folder.iterdir() if one.name.endswith(".json")), key=lambda one: one.name)
    return {one.name.removesuffix(".json"): one.read_bytes() for one in found}


def load_calibrations(further: Iterable[Path | bytes] = ()) -> Calibrations:
    """The shipped calibrations and `further` ones; a further one replaces a shipped one of the same pack.

    Raises:
        Broken: ``likeness:calibration:malformed``: one of them cannot be read.
    """
    known: dict[str, Calibration] = {}
    for source in (*shipped_calibrations().values(), *further):
        calibration = read_calibration(source if isinstance(source, bytes) else _bytes(source))
        known[calibration.pack] = calibration
    return Calibrations(known)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Broken(f"the calibration file {path} cannot be opened: {error}", code=MALFORMED) from error
