"""Folders of known people: a manifest, pictures and sounds.

These files are the operator's own and are opened in this process, unlike what requests bring.
"""

import csv
from functools import partial
from pathlib import Path

import numpy as np

from likeness_guard.domain import Modality
from likeness_guard.ports import Picture, Sound
from likeness_guard.service.known_people import Recording
from trust_kernel.errors import InvalidInput
from trust_kernel.media.refs import SAMPLE_RATE

_NO_GROUP = {"file", "identity", "name", "kind", "derivation", "start_s", "end_s"}
_NO_GROUP_STARTS = ("source", "licence", "license")
_MOST_GROUPS = 24
"""Values of a column past which it names things, not groups."""


def recordings_in(folder: Path, modality: Modality) -> list[Recording]:
    """Every file that the manifest of a modality names (`faces_manifest.csv`, `voices_manifest.csv`), unopened.

    Columns `file` and `identity` are needed; any column but those of sources and licences is a group (sex, age).

    Raises:
        InvalidInput: there is no such manifest, a column is missing, it names nobody or a file that is not there.
    """
    kind = f"{modality.value}s"
    manifest = folder / f"{kind}_manifest.csv"
    if not manifest.is_file():
        raise InvalidInput(f"{manifest} is missing")
    with manifest.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"file", "identity"} <= rows[0].keys():
        raise InvalidInput(f"{manifest} needs the columns file and identity, and a row for each file")
    columns = _group_columns(rows)
    found = []
    for row in rows:
        path = folder / kind / row["file"]
        if not path.is_file():
            raise InvalidInput(f"{path} is named in the manifest, but is not there")
        groups = {name: (row.get(name) or "").strip() for name in columns}
        if modality is Modality.FACE:
            found.append(Recording(row["identity"], picture=partial(read_picture, path), groups=groups))
        else:
            found.append(Recording(row["identity"], sound=partial(read_sound, path), groups=groups))
    return found


def _group_columns(rows: list[dict[str, str]]) -> list[str]:
    names = [name for name in rows[0] if name and name.lower() not in _NO_GROUP]
    names = [name for name in names if not name.lower().startswith(_NO_GROUP_STARTS)]
    return [name for name in names if 1 < len({row.get(name) for row in rows}) <= _MOST_GROUPS]


def read_picture(path: Path) -> Picture:
    """uint8 RGB; raises InvalidInput where it is no picture."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(path) as stored:
            return np.asarray(ImageOps.exif_transpose(stored).convert("RGB"), np.uint8)
    except (UnidentifiedImageError, OSError) as error:
        raise InvalidInput(f"{path} is no picture: {error}") from error


def read_sound(path: Path) -> Sound:
    """float32 mono at 16 kHz; raises InvalidInput where it holds no sound."""
    import av

    try:
        with av.open(str(path)) as container:
            resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
            parts = [part.to_ndarray() for frame in container.decode(audio=0) for part in resampler.resample(frame)]
            parts += [part.to_ndarray() for part in resampler.resample(None)]
    except (av.FFmpegError, IndexError) as error:
        raise InvalidInput(f"{path} holds no sound: {error}") from error
    return np.asarray(np.concatenate(parts, axis=1)[0], np.float32) if parts else np.zeros(0, np.float32)
