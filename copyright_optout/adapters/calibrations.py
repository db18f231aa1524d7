"""Calibration files of the picture, video and sound matcher: the one that ships, and an operator's own."""

import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from copyright_optout.domain import HASH_BITS, OptOutFault, Thresholds
from trust_kernel.errors import Broken

MOST_BYTES = 100_000
_SHIPPED = "pdq.json"


class _Values(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    match_distance: int = Field(ge=0, le=HASH_BITS // 4)
    unsure_distance: int = Field(ge=0, le=HASH_BITS // 4)
    least_quality: int = Field(ge=0, le=100)
    least_share: float = Field(gt=0, le=1)
    least_pictures: int = Field(ge=1, le=100)
    least_seconds: float = Field(ge=0, le=60)
    least_spots: int = Field(ge=1, le=24)


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_: Literal[1] = Field(alias="schema")
    hash: Literal["pdq"]
    data: str = Field(min_length=1, max_length=2000)
    measured: dict[str, float] = {}
    thresholds: _Values


def load_thresholds(path: Path | None = None) -> Thresholds:
    """The thresholds of a calibration file; of the one that ships where None.

    A file says its `schema` (1), the `hash` that it is for (pdq), the `data` that it was measured on, in words, what
    was `measured` there, by name, and the `thresholds`.

    Raises:
        Broken: ``optout:calibration:malformed``: it cannot be read, or a field is missing, unknown or out of range.
    """
    try:
        data = path.read_bytes() if path else (files("copyright_optout") / "calibration" / _SHIPPED).read_bytes()
    except OSError as error:
        raise _malformed(f"it cannot be opened: {error}") from error
    if len(data) > MOST_BYTES:
        raise _malformed(f"it is larger than {MOST_BYTES} bytes")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _malformed(f"it is no JSON: {error}") from error
    return _thresholds(document, hashlib.sha256(data).hexdigest())


def _thresholds(document: Any, digest: str) -> Thresholds:
    try:
        values = _Document.model_validate(document).thresholds
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _malformed(f"{where or 'the file'}: {first['msg']}"[:300]) from error
    if values.unsure_distance < values.match_distance:
        raise _malformed("unsure_distance is less than match_distance")
    return Thresholds(**values.model_dump(), digest=digest)


def _malformed(detail: str) -> Broken:
    return Broken(f"the calibration of pictures does not hold: {detail}", code=OptOutFault.CALIBRATION)
