"""How keys, looks and readings cross to the sandbox's child and back: as JSON and arrays."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from watermark.domain.marks import (
    Geometry,
    MarkKey,
    MarkKeys,
    MarkReading,
    MarksFound,
    OpeningLabel,
    SoundReading,
    Stretch,
)
from watermark.domain.visible_look import VisibleLook


def packed_keys(keys: MarkKeys) -> list[list[str]]:
    """Ids and secrets in hex, the current one first."""
    return [[key.id, key.secret.hex()] for key in keys.all]


def keys_of(packed: list[list[str]]) -> MarkKeys:
    """The inverse of `packed_keys`."""
    current, *former = (MarkKey(name, bytes.fromhex(secret)) for name, secret in packed)
    return MarkKeys(current, tuple(former))


def packed_look(look: VisibleLook) -> dict[str, Any]:
    """A look; its logo is an array."""
    logo = np.frombuffer(look.logo_png, np.uint8) if look.logo_png is not None else None
    return {"text": look.text, "logo": logo, "opening": asdict(look.opening) if look.opening is not None else None}


def look_of(packed: Mapping[str, Any]) -> VisibleLook:
    """The inverse of `packed_look`."""
    logo, opening = packed["logo"], packed["opening"]
    return VisibleLook(
        packed["text"],
        logo.tobytes() if logo is not None else None,
        OpeningLabel(**opening) if opening is not None else None,
    )


def packed_found(found: MarksFound) -> dict[str, Any]:
    """What a file carries."""
    return asdict(found)


def found_of(packed: Mapping[str, Any]) -> MarksFound:
    """The inverse of `packed_found`."""
    picture, sound = packed["picture"], packed["sound"]
    return MarksFound(
        MarkReading(**{**picture, "geometry": _geometry(picture["geometry"]), "stretches": _stretches(picture)})
        if picture is not None
        else None,
        SoundReading(**{**sound, "stretches": _stretches(sound)}) if sound is not None else None,
    )


def _geometry(packed: Mapping[str, Any] | None) -> Geometry | None:
    return Geometry(**packed) if packed is not None else None


def _stretches(packed: Mapping[str, Any]) -> tuple[Stretch, ...]:
    return tuple(Stretch(**stretch) for stretch in packed["stretches"])
